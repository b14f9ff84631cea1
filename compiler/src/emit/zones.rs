//! Time zones: the transition tables of the IANA database that the compiler carries.
//!
//! The table lists every change of offset until 2037. After that most zones follow a yearly rule;
//! it is found by looking for the rule that gives exactly the database's changes of the years
//! after. A zone whose later changes follow no such rule has them listed instead.

use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use mcpz_bytecode::image::{YearlySwitch, ZoneImage, ZoneRule};
use mcpz_bytecode::limits::MAX_ZONE_TRANSITIONS;

/// Last year of which changes are listed when a rule holds after.
const LAST_LISTED_YEAR: i16 = 2037;
/// Last year that is looked at.
const LAST_YEAR: i16 = 2100;

/// A change of offset.
#[derive(Clone, Copy)]
struct Change {
    at_ms: i64,
    offset_s: i32,
    before_s: i32,
    is_daylight: bool,
    /// Wall clock just before the change.
    local: DateTime,
}

/// The zone of this name; `None` when the database has none.
pub fn zone(name: &str) -> Option<ZoneImage> {
    let zone = TimeZoneDatabase::bundled().get(name).ok()?;
    let initial = zone.to_offset(Timestamp::MIN).seconds();
    let changes = changes(&zone, initial);
    let (listed, later): (Vec<Change>, Vec<Change>) =
        changes.iter().partition(|change| change.local.year() <= LAST_LISTED_YEAR);
    let rule = yearly_rule(&later);
    let kept = if rule.is_some() || later.is_empty() { &listed } else { &changes };
    Some(ZoneImage {
        name: name.to_string(),
        initial_offset_s: initial,
        transitions: kept.iter().take(MAX_ZONE_TRANSITIONS).map(|change| (change.at_ms, change.offset_s)).collect(),
        rule,
    })
}

/// All changes of offset, oldest first. Changes of name alone are left out.
fn changes(zone: &TimeZone, initial_s: i32) -> Vec<Change> {
    let mut found: Vec<Change> = Vec::new();
    let mut before_s = initial_s;
    for transition in zone.following(Timestamp::MIN) {
        let offset_s = transition.offset().seconds();
        let at = transition.timestamp();
        let before = jiff::tz::Offset::from_seconds(before_s).unwrap_or(jiff::tz::Offset::UTC);
        let local = before.to_datetime(at);
        if local.year() > LAST_YEAR {
            break;
        }
        if offset_s != before_s {
            let is_daylight = transition.dst().is_dst();
            found.push(Change { at_ms: at.as_millisecond(), offset_s, before_s, is_daylight, local });
        }
        before_s = offset_s;
    }
    found
}

/// The rule that gives exactly these changes, two a year.
fn yearly_rule(changes: &[Change]) -> Option<ZoneRule> {
    let begins = changes.iter().find(|change| change.is_daylight)?;
    let (to_daylight, to_standard): (Vec<Change>, Vec<Change>) = changes.iter().partition(|change| change.is_daylight);
    let same_offsets = to_daylight
        .iter()
        .all(|change| change.offset_s == begins.offset_s && change.before_s == begins.before_s)
        && to_standard.iter().all(|change| change.offset_s == begins.before_s && change.before_s == begins.offset_s);
    let years = usize::from(LAST_YEAR.abs_diff(LAST_LISTED_YEAR));
    if !same_offsets || to_daylight.len() != years || to_standard.len() != years {
        return None;
    }
    Some(ZoneRule {
        standard_offset_s: begins.before_s,
        daylight_offset_s: begins.offset_s,
        begins: yearly_switch(&to_daylight)?,
        ends: yearly_switch(&to_standard)?,
    })
}

/// The moment of the year that all these changes stand at.
fn yearly_switch(changes: &[Change]) -> Option<YearlySwitch> {
    (1..=5)
        .filter_map(|week| switch_of(changes.first()?, week))
        .find(|candidate| changes.iter().all(|change| switch_of(change, candidate.week).as_ref() == Some(candidate)))
}

/// The moment of a change, if it is in this week of its month (5: the last).
fn switch_of(change: &Change, week: u8) -> Option<YearlySwitch> {
    let date = change.local.date();
    let day = date.day();
    let fits = if week == 5 { day + 7 > date.days_in_month() } else { (day - 1) / 7 + 1 == i8::try_from(week).ok()? };
    fits.then(|| YearlySwitch {
        month: u8::try_from(date.month()).unwrap_or(1),
        week,
        weekday: weekday_number(date.weekday()),
        time_s: i32::from(change.local.hour()) * 3600
            + i32::from(change.local.minute()) * 60
            + i32::from(change.local.second()),
    })
}

/// 0 is Monday.
fn weekday_number(weekday: Weekday) -> u8 {
    u8::try_from(weekday.to_monday_zero_offset()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpz_bytecode::image::YearlySwitch;

    #[test]
    fn european_zones_follow_the_last_sundays_of_march_and_october() {
        let berlin = zone("Europe/Berlin").expect("the zone exists");
        let rule = berlin.rule.expect("it has a rule");
        assert_eq!((rule.standard_offset_s, rule.daylight_offset_s), (3600, 7200));
        assert_eq!(rule.begins, YearlySwitch { month: 3, week: 5, weekday: 6, time_s: 7200 });
        assert_eq!(rule.ends, YearlySwitch { month: 10, week: 5, weekday: 6, time_s: 10_800 });
        let last = berlin.transitions.last().expect("it has changes");
        assert_eq!(last.1, 3600, "the last listed change is to standard time");
    }

    #[test]
    fn zones_without_daylight_time_have_no_rule() {
        for name in ["UTC", "Asia/Tokyo", "Asia/Kolkata"] {
            let found = zone(name).expect(name);
            assert_eq!(found.rule, None, "{name}");
        }
        assert_eq!(zone("Asia/Tokyo").expect("exists").transitions.last().map(|change| change.1), Some(9 * 3600));
    }

    #[test]
    fn southern_zones_begin_daylight_time_late_in_the_year() {
        let rule = zone("Australia/Sydney").and_then(|zone| zone.rule).expect("it has a rule");
        assert_eq!(rule.begins, YearlySwitch { month: 10, week: 1, weekday: 6, time_s: 7200 });
        assert_eq!(rule.ends, YearlySwitch { month: 4, week: 1, weekday: 6, time_s: 10_800 });
    }

    #[test]
    fn an_unknown_zone_is_none() {
        assert_eq!(zone("Europe/Atlantis"), None);
    }

    #[test]
    fn tables_give_the_offsets_of_the_database() {
        let names = [
            "Europe/Berlin",
            "Europe/Dublin",
            "Africa/Casablanca",
            "America/New_York",
            "America/Nuuk",
            "Asia/Jerusalem",
            "Asia/Gaza",
            "Pacific/Chatham",
            "Antarctica/Troll",
            "Australia/Lord_Howe",
        ];
        let first: Timestamp = "1900-01-01T00:00:00Z".parse().expect("an instant");
        let last: Timestamp = "2099-12-31T00:00:00Z".parse().expect("an instant");
        for name in names {
            let table = zone(name).expect(name);
            let database = TimeZoneDatabase::bundled().get(name).expect(name);
            let mut at = first.as_second();
            while at < last.as_second() {
                let instant = Timestamp::from_second(at).expect("in range");
                let wanted = i64::from(database.to_offset(instant).seconds());
                let found = mcpz_bytecode::value::zone::offset_at(&table, at * 1000);
                assert_eq!(found, wanted, "{name} at {instant}");
                // Not a whole number of days, so that changes are met at many times of day.
                at += 3 * 86_400 + 4_321;
            }
        }
    }
}
