//! Civil time in a zone, and windows of it.

use super::time::{DAY_S, civil_from_days, days_from_civil, days_in_month, weekday_of};
use crate::image::{WindowImage, YearlySwitch, ZoneImage, ZoneRule};

/// Local date and time of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// Days since the epoch.
    pub date: i32,
    /// Seconds since local midnight.
    pub second_of_day: u32,
    /// 0 is Monday.
    pub weekday: u8,
}

/// Offset from UTC in seconds, east positive, that holds at an instant.
pub fn offset_at(zone: &ZoneImage, instant_ms: i64) -> i64 {
    let after = zone.transitions.partition_point(|(at, _)| *at <= instant_ms);
    let past_table = after == zone.transitions.len();
    if let (true, Some(rule)) = (past_table, zone.rule) {
        return i64::from(rule_offset(&rule, instant_ms));
    }
    let offset = match after.checked_sub(1).and_then(|index| zone.transitions.get(index)) {
        Some((_, offset)) => *offset,
        None => zone.initial_offset_s,
    };
    i64::from(offset)
}

/// Local date and time of an instant in a zone.
pub fn civil_at(zone: &ZoneImage, instant_ms: i64) -> Civil {
    let local_s = instant_ms.div_euclid(1000).saturating_add(offset_at(zone, instant_ms));
    let days = local_s.div_euclid(DAY_S);
    Civil {
        date: i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }),
        second_of_day: u32::try_from(local_s.rem_euclid(DAY_S)).unwrap_or(0),
        weekday: weekday_of(days),
    }
}

/// Whether an instant lies in a window, given the window's zone.
pub fn window_contains(window: &WindowImage, zone: &ZoneImage, instant_ms: i64) -> bool {
    let civil = civil_at(zone, instant_ms);
    let seconds = civil.second_of_day;
    if window.from_s < window.until_s {
        return window.from_s <= seconds && seconds < window.until_s && day_fits(window, civil.date, civil.weekday);
    }
    let evening = seconds >= window.from_s && day_fits(window, civil.date, civil.weekday);
    // Past midnight: the window's day is the one before.
    let yesterday = civil.weekday.checked_sub(1).unwrap_or(6);
    evening || (seconds < window.until_s && day_fits(window, civil.date.saturating_sub(1), yesterday))
}

/// Whether a day is one of the window's.
fn day_fits(window: &WindowImage, date: i32, weekday: u8) -> bool {
    let named = window.days.checked_shr(u32::from(weekday)).unwrap_or(0) & 1 == 1;
    named && window.first_date.is_none_or(|first| first <= date) && window.last_date.is_none_or(|last| date <= last)
}

/// The offset a yearly rule gives at an instant.
fn rule_offset(rule: &ZoneRule, instant_ms: i64) -> i32 {
    let utc_s = instant_ms.div_euclid(1000);
    let standard_s = utc_s.saturating_add(i64::from(rule.standard_offset_s));
    let (year, _, _) = civil_from_days(standard_s.div_euclid(DAY_S));
    let begins = switch_utc_s(&rule.begins, year, rule.standard_offset_s);
    let ends = switch_utc_s(&rule.ends, year, rule.daylight_offset_s);
    let daylight = match (begins, ends) {
        (Some(begins), Some(ends)) if begins <= ends => begins <= utc_s && utc_s < ends,
        // South of the equator daylight time spans the new year.
        (Some(begins), Some(ends)) => !(ends <= utc_s && utc_s < begins),
        _ => false,
    };
    if daylight { rule.daylight_offset_s } else { rule.standard_offset_s }
}

/// The UTC second of a yearly switch, which is stated in local time of the given offset.
fn switch_utc_s(switch: &YearlySwitch, year: i64, offset_s: i32) -> Option<i64> {
    let first = i64::from(days_from_civil(year, switch.month, 1)?);
    let length = i64::from(days_in_month(year, switch.month)?);
    let to_weekday = i64::from(switch.weekday).saturating_sub(i64::from(weekday_of(first))).rem_euclid(7);
    let weeks = i64::from(switch.week).saturating_sub(1);
    let mut day = to_weekday.saturating_add(weeks.saturating_mul(7));
    if day >= length {
        day = day.saturating_sub(7);
    }
    let local_s = first.saturating_add(day).saturating_mul(DAY_S).saturating_add(i64::from(switch.time_s));
    Some(local_s.saturating_sub(i64::from(offset_s)))
}

#[cfg(test)]
mod tests {
    use super::super::time::{parse_date, parse_instant};
    use super::*;
    use crate::ids::ZoneId;
    use alloc::string::ToString;
    use alloc::vec;

    fn berlin() -> ZoneImage {
        let switch = |month, time_s| YearlySwitch { month, week: 5, weekday: 6, time_s };
        ZoneImage {
            name: "Europe/Berlin".to_string(),
            initial_offset_s: 3600,
            transitions: vec![
                (parse_instant("2026-03-29T01:00:00Z").unwrap(), 7200),
                (parse_instant("2026-10-25T01:00:00Z").unwrap(), 3600),
            ],
            rule: Some(ZoneRule {
                standard_offset_s: 3600,
                daylight_offset_s: 7200,
                begins: switch(3, 7200),
                ends: switch(10, 10_800),
            }),
        }
    }

    #[test]
    fn table_and_rule_agree_on_the_same_switches() {
        let zone = berlin();
        let only_rule = ZoneImage { transitions: vec![], ..zone.clone() };
        for text in [
            "2026-01-01T00:00:00Z",
            "2026-03-29T00:59:59Z",
            "2026-03-29T01:00:00Z",
            "2026-10-25T00:59:59Z",
            "2026-10-25T01:00:00Z",
            "2026-12-31T23:59:59Z",
        ] {
            let at = parse_instant(text).unwrap();
            assert_eq!(offset_at(&zone, at), offset_at(&only_rule, at), "{text}");
        }
        assert_eq!(offset_at(&zone, parse_instant("2050-07-01T00:00:00Z").unwrap()), 7200);
    }

    #[test]
    fn southern_daylight_spans_the_new_year() {
        let switch = |month, week, time_s| YearlySwitch { month, week, weekday: 6, time_s };
        let rule = ZoneRule {
            standard_offset_s: 36_000,
            daylight_offset_s: 39_600,
            begins: switch(10, 1, 7200),
            ends: switch(4, 1, 10_800),
        };
        let zone = ZoneImage { rule: Some(rule), ..ZoneImage::default() };
        assert_eq!(offset_at(&zone, parse_instant("2026-01-01T00:00:00Z").unwrap()), 39_600);
        assert_eq!(offset_at(&zone, parse_instant("2026-07-01T00:00:00Z").unwrap()), 36_000);
    }

    #[test]
    fn windows_know_their_day_across_midnight() {
        let zone = berlin();
        let night = WindowImage {
            zone: ZoneId(0),
            days: 0b0000_0001,
            from_s: 22 * 3600,
            until_s: 6 * 3600,
            first_date: None,
            last_date: None,
        };
        let at = |text| window_contains(&night, &zone, parse_instant(text).unwrap());
        assert!(at("2026-03-02T22:30:00+01:00"), "Monday night");
        assert!(at("2026-03-03T05:59:00+01:00"), "still Monday's");
        assert!(!at("2026-03-03T06:00:00+01:00"));
        assert!(!at("2026-03-02T05:00:00+01:00"), "Sunday's");
    }

    #[test]
    fn date_windows_are_inclusive() {
        let zone = berlin();
        let day = parse_date("2026-03-02").unwrap();
        let window = WindowImage {
            zone: ZoneId(0),
            days: 0x7f,
            from_s: 0,
            until_s: 86_400,
            first_date: Some(day),
            last_date: Some(day),
        };
        assert!(window_contains(&window, &zone, parse_instant("2026-03-01T23:00:00Z").unwrap()));
        assert!(window_contains(&window, &zone, parse_instant("2026-03-02T22:59:59Z").unwrap()));
        assert!(!window_contains(&window, &zone, parse_instant("2026-03-02T23:00:00Z").unwrap()));
    }
}
