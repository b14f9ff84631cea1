//! Instants, civil time in a zone, and time windows.

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;
use mcpz_compiler::hir::Window;

/// Days from the Unix epoch, day of the week (Monday is 0) and second of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// Days since 1970-01-01.
    pub date: i32,
    /// 0 is Monday.
    pub weekday: u8,
    /// Seconds since midnight.
    pub second: u32,
}

/// The civil time of an instant in a zone; `None` beyond the calendar or for an unknown zone.
pub fn civil(instant_ms: i64, zone: &str) -> Option<Civil> {
    let zone = TimeZone::get(zone).ok()?;
    let local = Timestamp::from_millisecond(instant_ms).ok()?.to_zoned(zone);
    Some(Civil {
        date: days(local.date())?,
        weekday: u8::try_from(local.weekday().to_monday_zero_offset()).ok()?,
        second: u32::try_from(local.hour()).ok()? * 3600
            + u32::try_from(local.minute()).ok()? * 60
            + u32::try_from(local.second()).ok()?,
    })
}

fn days(date: civil::Date) -> Option<i32> {
    let epoch = civil::date(1970, 1, 1);
    Some(epoch.until(date).ok()?.get_days())
}

/// Whether an instant lies in a window.
pub fn in_window(instant_ms: i64, window: &Window) -> Option<bool> {
    let now = civil(instant_ms, &window.zone)?;
    let yesterday = Civil { date: now.date - 1, weekday: (now.weekday + 6) % 7, second: now.second };
    if window.from_s < window.until_s {
        let within = window.from_s <= now.second && now.second < window.until_s;
        return Some(within && day_fits(now, window));
    }
    let evening = now.second >= window.from_s && day_fits(now, window);
    let morning = now.second < window.until_s && day_fits(yesterday, window);
    Some(evening || morning)
}

fn day_fits(day: Civil, window: &Window) -> bool {
    window.days & (1 << day.weekday) != 0
        && window.first_date.is_none_or(|first| first <= day.date)
        && window.last_date.is_none_or(|last| day.date <= last)
}

/// RFC 3339 with an offset, to the millisecond; finer digits are cut off.
pub fn parse_instant(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let shape = |at: usize, byte: u8| bytes.get(at) == Some(&byte);
    let separators = shape(4, b'-') && shape(7, b'-') && shape(13, b':') && shape(16, b':');
    if !separators || !matches!(bytes.get(10), Some(b'T' | b't')) || !text.is_ascii() {
        return None;
    }
    let date = parse_date(&text[..10])?;
    let second = parse_clock(&text[11..19])?;
    let mut rest = &text[19..];
    let mut millis = 0_i64;
    if let Some(after) = rest.strip_prefix('.') {
        let count = after.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 || count > 18 {
            return None;
        }
        let padded = format!("{:0<3}", &after[..count]);
        millis = padded[..3].parse().ok()?;
        rest = &after[count..];
    }
    let offset_s = parse_offset(rest)?;
    let seconds = i64::from(date) * 86_400 + i64::from(second) - offset_s;
    let ms = seconds * 1000 + millis;
    Timestamp::from_millisecond(ms).ok().map(|_| ms)
}

/// `Z`, `+02:00`, `-05:30`: seconds east.
fn parse_offset(text: &str) -> Option<i64> {
    if text == "Z" || text == "z" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text[1..].split_once(':')?;
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    if hours > 23 || minutes > 59 { None } else { Some(sign * i64::from(hours * 3600 + minutes * 60)) }
}

fn two_digits(text: &str) -> Option<u32> {
    let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// `2026-03-02`: days since the epoch.
pub fn parse_date(text: &str) -> Option<i32> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let month = i8::try_from(two_digits(month)?).ok()?;
    let day = i8::try_from(two_digits(day)?).ok()?;
    days(civil::Date::new(year.parse().ok()?, month, day).ok()?)
}

/// `09:00:30` as seconds since midnight.
fn parse_clock(text: &str) -> Option<u32> {
    let mut parts = text.split(':');
    let (hour, minute, second) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let fits = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    fits.then_some(hour * 3600 + minute * 60 + second)
}

/// `09:00` or `09:00:30`.
pub fn parse_time(text: &str) -> Option<u32> {
    if text.len() == 5 { parse_clock(&format!("{text}:00")) } else { parse_clock(text) }
}

/// `mon` to `sun`, or in full.
pub fn parse_weekday(text: &str) -> Option<u8> {
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let at = names.iter().position(|name| *name == text || &name[..3] == text)?;
    u8::try_from(at).ok()
}

/// `15m`, `1h30m`: milliseconds, in the spelling of the language.
pub fn parse_duration(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total = 0_i64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let amount: i64 = rest.get(..digits)?.parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_lowercase).count();
        let unit = match &rest[..letters] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return None,
        };
        rest = &rest[letters..];
        total = total.checked_add(amount.checked_mul(unit)?)?;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants() {
        assert_eq!(parse_instant("1970-01-01T00:00:01.5Z"), Some(1500));
        assert_eq!(parse_instant("1970-01-01T01:00:00+01:00"), Some(0));
        for bad in ["1970-01-01", "1970-01-01T00:00:00", "1970-02-30T00:00:00Z", "1970-01-01T24:00:00Z", "x"] {
            assert_eq!(parse_instant(bad), None, "{bad}");
        }
    }

    #[test]
    fn windows_across_midnight_belong_to_the_day_they_start_on() {
        let night = Window {
            zone: "UTC".to_string(),
            days: 0b1,
            from_s: 22 * 3600,
            until_s: 6 * 3600,
            first_date: None,
            last_date: None,
        };
        let at = |text| in_window(parse_instant(text).unwrap(), &night).unwrap();
        assert!(at("2026-03-02T23:00:00Z"), "Monday evening");
        assert!(at("2026-03-03T05:00:00Z"), "Tuesday morning");
        assert!(!at("2026-03-02T05:00:00Z"), "Monday morning");
        assert!(!at("2026-03-03T23:00:00Z"), "Tuesday evening");
    }
}
