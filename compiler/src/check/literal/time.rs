//! Points in time, civil dates and times, weekdays and zones.

use super::LiteralError;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZoneDatabase;

/// Names of the days, Monday first.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// An RFC 3339 instant with its offset, in milliseconds since the epoch.
pub fn instant(text: &str) -> Result<i64, LiteralError> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp.as_millisecond());
    }
    let error = LiteralError::whole(text, format!("`{text}` is not an instant"));
    Err(error.help("write date, time and offset: `2026-03-02T10:00:00Z`"))
}

/// A date, in days since the epoch.
pub fn date(text: &str) -> Result<i32, LiteralError> {
    let bad =
        || LiteralError::whole(text, format!("`{text}` is not a date")).help("write year, month and day: `2026-03-02`");
    let parsed: Date = text.parse().map_err(|_| bad())?;
    let days = parsed.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
    i32::try_from(days).map_err(|_| bad())
}

/// A time of day, in seconds since midnight.
pub fn time_of_day(text: &str) -> Result<u32, LiteralError> {
    let bad =
        || LiteralError::whole(text, format!("`{text}` is not a time of day")).help("write `09:00` or `09:00:00`");
    if text == "24:00" || text == "24:00:00" {
        return Ok(86_400);
    }
    let parsed: Time = text.parse().map_err(|_| bad())?;
    let seconds = i32::from(parsed.hour()) * 3600 + i32::from(parsed.minute()) * 60 + i32::from(parsed.second());
    u32::try_from(seconds).map_err(|_| bad())
}

/// A day of the week, 0 for Monday: `mon` or `monday`.
pub fn weekday(text: &str) -> Result<u8, LiteralError> {
    let lower = text.to_ascii_lowercase();
    let found = DAYS.iter().zip(0u8..).find(|(day, _)| **day == lower || day.get(..3) == Some(lower.as_str()));
    if let Some((_, index)) = found {
        return Ok(index);
    }
    let error = LiteralError::whole(text, format!("`{text}` is not a day of the week"));
    let near = crate::diagnostics::suggest::nearest(&lower, DAYS.iter().map(|day| &day[..3]).chain(DAYS));
    match near {
        Some(near) => Err(error.replacement(near)),
        None => Err(error.help("the days are mon, tue, wed, thu, fri, sat, sun")),
    }
}

/// A zone of the IANA database.
pub fn zone(text: &str) -> Result<String, LiteralError> {
    let database = TimeZoneDatabase::bundled();
    if let Ok(zone) = database.get(text) {
        return Ok(zone.iana_name().unwrap_or(text).to_owned());
    }
    let names: Vec<String> = database.available().map(|name| name.as_str().to_owned()).collect();
    let error = LiteralError::whole(text, format!("`{text}` is not a time zone"));
    match crate::diagnostics::suggest::nearest(text, names.iter().map(String::as_str)) {
        Some(near) => Err(error.replacement(near)),
        None => Err(error.help("write a name of the IANA database: `Europe/Berlin`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_time() {
        assert_eq!(instant("1970-01-01T00:00:01Z"), Ok(1_000));
        assert!(instant("2026-03-02T10:00:00").is_err());
        assert_eq!(date("1970-01-02"), Ok(1));
        assert_eq!(date("1969-12-31"), Ok(-1));
        assert!(date("2026-02-30").is_err());
        assert_eq!(time_of_day("09:30"), Ok(34_200));
        assert_eq!(time_of_day("24:00"), Ok(86_400));
        assert!(time_of_day("25:00").is_err());
    }

    #[test]
    fn names() {
        assert_eq!(weekday("Tue"), Ok(1));
        assert_eq!(weekday("sunday"), Ok(6));
        assert_eq!(weekday("tues").unwrap_err().replacement.as_deref(), Some("tue"));
        assert_eq!(zone("Europe/Berlin").as_deref(), Ok("Europe/Berlin"));
        assert_eq!(zone("Europe/Berln").unwrap_err().replacement.as_deref(), Some("Europe/Berlin"));
    }
}
