//! Civil time: dates, times of day, weekdays, instants and durations, and their texts.

use crate::ErrorCode;
use alloc::format;
use alloc::string::String;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;
/// Milliseconds of a week.
const WEEK_MS: i64 = 7 * DAY_MS;
/// First instant of the calendar, in milliseconds.
pub const MIN_INSTANT_MS: i64 = -377_705_023_201_000;
/// Last instant of the calendar, in milliseconds.
pub const MAX_INSTANT_MS: i64 = 253_402_207_200_999;
/// Seconds of a day.
pub const DAY_S: i64 = 86_400;

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar; years 0 to 9999.
pub fn days_from_civil(year: i64, month: u8, day: u8) -> Option<i32> {
    if !(0..=9999).contains(&year) || day == 0 || day > days_in_month(year, month)? {
        return None;
    }
    // Years start in March, so that the leap day is the last day.
    let (month, day) = (i64::from(month), i64::from(day));
    let shifted_year = if month <= 2 { year.saturating_sub(1) } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let shifted_month = month.saturating_add(9).rem_euclid(12);
    let day_of_year =
        shifted_month.saturating_mul(153).saturating_add(2).div_euclid(5).saturating_add(day).saturating_sub(1);
    let day_of_era = year_of_era
        .saturating_mul(365)
        .saturating_add(year_of_era.div_euclid(4))
        .saturating_sub(year_of_era.div_euclid(100))
        .saturating_add(day_of_year);
    let days = era.saturating_mul(146_097).saturating_add(day_of_era).saturating_sub(719_468);
    i32::try_from(days).ok()
}

/// Year, month and day of days since 1970-01-01.
pub fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = day_of_era
        .saturating_sub(day_of_era.div_euclid(1_460))
        .saturating_add(day_of_era.div_euclid(36_524))
        .saturating_sub(day_of_era.div_euclid(146_096))
        .div_euclid(365);
    let before = year_of_era
        .saturating_mul(365)
        .saturating_add(year_of_era.div_euclid(4))
        .saturating_sub(year_of_era.div_euclid(100));
    let day_of_year = day_of_era.saturating_sub(before);
    let shifted_month = day_of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
    let day =
        day_of_year.saturating_sub(shifted_month.saturating_mul(153).saturating_add(2).div_euclid(5)).saturating_add(1);
    let month = if shifted_month < 10 { shifted_month.saturating_add(3) } else { shifted_month.saturating_sub(9) };
    let year = year_of_era.saturating_add(era.saturating_mul(400)).saturating_add(i64::from(month <= 2));
    (year, u8::try_from(month).unwrap_or(1), u8::try_from(day).unwrap_or(1))
}

/// Days of a month; `None` when there is no such month.
pub fn days_in_month(year: i64, month: u8) -> Option<u8> {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// Day of the week of days since the epoch: 0 is Monday.
pub fn weekday_of(days: i64) -> u8 {
    u8::try_from(days.saturating_add(3).rem_euclid(7)).unwrap_or(0)
}

/// `2026-03-02` as days since the epoch.
pub fn parse_date(text: &str) -> Result<i32, ErrorCode> {
    let bytes = text.as_bytes();
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = bytes else {
        return Err(ErrorCode::Time);
    };
    let year = digits(&[*y0, *y1, *y2, *y3])?;
    let month = digits(&[*m0, *m1])?;
    let day = digits(&[*d0, *d1])?;
    let month = u8::try_from(month).map_err(|_| ErrorCode::Time)?;
    let day = u8::try_from(day).map_err(|_| ErrorCode::Time)?;
    days_from_civil(year, month, day).ok_or(ErrorCode::Time)
}

/// `09:00` or `09:00:30` as seconds since midnight.
pub fn parse_time(text: &str) -> Result<u32, ErrorCode> {
    let seconds = match text.as_bytes() {
        [h0, h1, b':', m0, m1] => clock(&[*h0, *h1], &[*m0, *m1], b"00")?,
        [h0, h1, b':', m0, m1, b':', s0, s1] => clock(&[*h0, *h1], &[*m0, *m1], &[*s0, *s1])?,
        _ => return Err(ErrorCode::Time),
    };
    u32::try_from(seconds).map_err(|_| ErrorCode::Time)
}

/// Seconds since midnight of hours, minutes and seconds.
fn clock(hours: &[u8], minutes: &[u8], seconds: &[u8]) -> Result<i64, ErrorCode> {
    let (hours, minutes, seconds) = (digits(hours)?, digits(minutes)?, digits(seconds)?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return Err(ErrorCode::Time);
    }
    Ok(hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60)).saturating_add(seconds))
}

/// The number of a few ASCII digits.
fn digits(bytes: &[u8]) -> Result<i64, ErrorCode> {
    bytes.iter().try_fold(0_i64, |value, byte| {
        if !byte.is_ascii_digit() {
            return Err(ErrorCode::Time);
        }
        Ok(value.saturating_mul(10).saturating_add(i64::from(byte.saturating_sub(b'0'))))
    })
}

/// RFC 3339 with an offset as milliseconds since the epoch. Digits beyond the millisecond are cut off.
pub fn parse_instant(text: &str) -> Result<i64, ErrorCode> {
    let date = parse_date(text.get(..10).ok_or(ErrorCode::Time)?)?;
    let rest = text.get(10..).ok_or(ErrorCode::Time)?;
    let rest = rest.strip_prefix(['T', 't']).ok_or(ErrorCode::Time)?;
    let clock_s = parse_time(rest.get(..8).ok_or(ErrorCode::Time)?)?;
    let rest = rest.get(8..).ok_or(ErrorCode::Time)?;
    let (fraction_ms, rest) = parse_fraction(rest)?;
    let offset_s = parse_offset(rest)?;
    let seconds = i64::from(date).saturating_mul(DAY_S).saturating_add(i64::from(clock_s)).saturating_sub(offset_s);
    let instant_ms = seconds.saturating_mul(1000).saturating_add(fraction_ms);
    if in_calendar(instant_ms) { Ok(instant_ms) } else { Err(ErrorCode::Time) }
}

/// Whether civil time is defined for an instant.
pub fn in_calendar(instant_ms: i64) -> bool {
    (MIN_INSTANT_MS..=MAX_INSTANT_MS).contains(&instant_ms)
}

/// `.123` as milliseconds, and the text after it.
fn parse_fraction(text: &str) -> Result<(i64, &str), ErrorCode> {
    let Some(rest) = text.strip_prefix('.') else {
        return Ok((0, text));
    };
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (fraction, rest) = rest.split_at_checked(length).ok_or(ErrorCode::Time)?;
    if fraction.is_empty() || fraction.len() > 18 {
        return Err(ErrorCode::Time);
    }
    let mut milliseconds: i64 = 0;
    for position in 0..3 {
        let digit = fraction.as_bytes().get(position).map_or(0, |byte| byte.saturating_sub(b'0'));
        milliseconds = milliseconds.saturating_mul(10).saturating_add(i64::from(digit));
    }
    Ok((milliseconds, rest))
}

/// `Z` or `+02:00` as seconds east of UTC.
fn parse_offset(text: &str) -> Result<i64, ErrorCode> {
    match text.as_bytes() {
        [b'Z' | b'z'] => Ok(0),
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => {
            let seconds = clock(&[*h0, *h1], &[*m0, *m1], b"00")?;
            Ok(if *sign == b'-' { seconds.saturating_neg() } else { seconds })
        }
        _ => Err(ErrorCode::Time),
    }
}

/// `15m`, `1h30m`, `250ms` as milliseconds. Units: `ms s m h d w`.
pub fn parse_duration(text: &str) -> Result<i64, ErrorCode> {
    let mut rest = text;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at_checked(length).ok_or(ErrorCode::Time)?;
        let number: i64 = number.parse().map_err(|_| ErrorCode::Time)?;
        let length = after.bytes().take_while(u8::is_ascii_lowercase).count();
        let (unit, after) = after.split_at_checked(length).ok_or(ErrorCode::Time)?;
        let factor = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => DAY_MS,
            "w" => WEEK_MS,
            _ => return Err(ErrorCode::Time),
        };
        total = number.checked_mul(factor).and_then(|part| total.checked_add(part)).ok_or(ErrorCode::Time)?;
        rest = after;
    }
    if text.is_empty() { Err(ErrorCode::Time) } else { Ok(total) }
}

/// Days of the week.
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// `mon` or `monday` and so on: 0 is Monday.
pub fn parse_weekday(text: &str) -> Result<u8, ErrorCode> {
    let found = WEEKDAYS.iter().position(|name| text == *name || Some(text) == name.get(..3));
    found.and_then(|index| u8::try_from(index).ok()).ok_or(ErrorCode::Time)
}

/// `monday` is 0; `None` when there is no such day.
pub fn weekday_name(day: u8) -> Option<&'static str> {
    WEEKDAYS.get(usize::from(day)).copied()
}

/// `1h30m`: the largest units that write it exactly.
pub fn duration_text(ms: i64) -> String {
    const UNITS: [(u64, &str); 5] =
        [(DAY_MS.unsigned_abs(), "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    let mut rest = ms.unsigned_abs();
    let mut text = String::from(if ms < 0 { "-" } else { "" });
    for (unit, name) in UNITS {
        let count = rest.checked_div(unit).unwrap_or_default();
        rest = rest.checked_rem(unit).unwrap_or_default();
        if count > 0 {
            text.push_str(&format!("{count}{name}"));
        }
    }
    if ms == 0 { "0s".into() } else { text }
}

/// `2026-03-02T10:00:00Z`, with milliseconds where there are some.
pub fn instant_text(ms: i64) -> String {
    let seconds = u32::try_from(ms.rem_euclid(DAY_MS).div_euclid(1000)).unwrap_or_default();
    let fraction = match ms.rem_euclid(1000) {
        0 => String::new(),
        fraction => format!(".{fraction:03}"),
    };
    format!("{}T{}{fraction}Z", date_text(ms.div_euclid(DAY_MS)), clock_text(seconds))
}

/// `2026-03-02` of days since 1970-01-01.
pub fn date_text(days: i64) -> String {
    let (year, month, day) = civil_from_days(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `10:00:00` of seconds since midnight.
pub fn clock_text(seconds: u32) -> String {
    let (hours, minutes) = (seconds.div_euclid(3600), seconds.div_euclid(60).rem_euclid(60));
    format!("{hours:02}:{minutes:02}:{:02}", seconds.rem_euclid(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_goes_there_and_back() {
        let mut expected = days_from_civil(1800, 1, 1).unwrap();
        for year in 1800..2200 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month).unwrap() {
                    let days = days_from_civil(year, month, day).unwrap();
                    assert_eq!(days, expected);
                    assert_eq!(civil_from_days(i64::from(days)), (year, month, day));
                    expected += 1;
                }
            }
        }
        assert_eq!(days_from_civil(1970, 1, 1), Some(0));
        assert_eq!(weekday_of(0), 3, "1970-01-01 was a Thursday");
    }

    #[test]
    fn instants_need_an_offset_and_a_real_date() {
        assert_eq!(parse_instant("1970-01-01T00:00:00Z"), Ok(0));
        assert_eq!(parse_instant("2026-03-02T10:00:00.250+02:00"), Ok(1_772_438_400_250));
        assert_eq!(parse_instant("2026-03-02t08:00:00.2509z"), Ok(1_772_438_400_250));
        for text in [
            "2026-03-02T10:00:00",
            "2026-02-29T10:00:00Z",
            "2026-03-02 10:00:00Z",
            "2026-03-02T24:00:00Z",
            "2026-03-02T10:00:60Z",
            "2026-03-02T10:00:00.Z",
            "",
            "2026-03-02T10:00Z",
            "２026-03-02T10:00:00Z",
        ] {
            assert_eq!(parse_instant(text), Err(ErrorCode::Time), "{text}");
        }
    }

    #[test]
    fn durations_combine() {
        assert_eq!(parse_duration("15m"), Ok(900_000));
        assert_eq!(parse_duration("1h30m"), Ok(5_400_000));
        assert_eq!(parse_duration("1w2d"), Ok(9 * DAY_MS));
        for text in ["", "m", "15", "1.5h", "-1m", "99999999999w", "1H"] {
            assert_eq!(parse_duration(text), Err(ErrorCode::Time), "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_as_it_was() {
        for ms in [0, 1, -1, 1_772_438_400_250, -62_167_219_200_000, 253_402_207_200_999] {
            assert_eq!(parse_instant(&instant_text(ms)), Ok(ms), "{}", instant_text(ms));
        }
        for ms in [0, 1, 999, 5_400_000, 30 * DAY_MS + 250] {
            assert_eq!(parse_duration(&duration_text(ms)), Ok(ms), "{}", duration_text(ms));
        }
        for seconds in [0, 59, 3600, 86_399] {
            assert_eq!(parse_time(&clock_text(seconds)), Ok(seconds));
        }
        for days in [-719_528, -1, 0, 20_514] {
            assert_eq!(parse_date(&date_text(i64::from(days))), Ok(days));
        }
        assert_eq!(duration_text(-90_000), "-1m30s");
        assert!((0..7).all(|day| weekday_name(day).map(parse_weekday) == Some(Ok(day))));
        assert_eq!(weekday_name(7), None);
    }

    #[test]
    fn weekdays_have_two_spellings() {
        assert_eq!(parse_weekday("mon"), Ok(0));
        assert_eq!(parse_weekday("sunday"), Ok(6));
        assert_eq!(parse_weekday("mo"), Err(ErrorCode::Time));
    }
}
