//! Values that stand on a line: numbers, and points and spans of time.
//!
//! Each kind has an order, and each value a place in it, which is a whole number. Trees part rules by intervals of places.

use super::decimal::Decimal;
use super::time;
use alloc::format;
use alloc::string::{String, ToString};

/// A kind of value that has an order, and what its places are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// Numbers, in units of 10^-18.
    Number,
    /// Spans of time, in milliseconds.
    Duration,
    /// Points in time, in milliseconds since the Unix epoch.
    Instant,
    /// Dates, in days since the Unix epoch.
    Date,
    /// Times of day, in seconds since midnight.
    Time,
    /// Days of the week; 0 is Monday.
    Weekday,
}

impl Line {
    /// What stands at a place, as it is written; the bare number where nothing can stand.
    pub fn text(self, place: i128) -> String {
        let narrow = || i64::try_from(place).ok();
        let text = match self {
            Line::Number => Decimal::from_units(place).ok().map(|number| number.to_string()),
            Line::Duration => narrow().map(time::duration_text),
            Line::Instant => narrow().filter(|ms| time::in_calendar(*ms)).map(time::instant_text),
            Line::Date => narrow().filter(|days| i32::try_from(*days).is_ok()).map(time::date_text),
            Line::Time => u32::try_from(place).ok().map(time::clock_text),
            Line::Weekday => u8::try_from(place).ok().and_then(time::weekday_name).map(str::to_string),
        };
        text.unwrap_or_else(|| place.to_string())
    }

    /// An interval to which both ends belong, as ranges are written; an end is left out where the interval is open there.
    pub fn interval_text(self, low: i128, high: i128) -> String {
        let end = |place: i128| if place == i128::MIN || place == i128::MAX { String::new() } else { self.text(place) };
        match high {
            _ if low == high => end(low),
            i128::MAX => format!("{}..", end(low)),
            _ => format!("{}..={}", end(low), end(high)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::decimal::ONE;

    #[test]
    fn places_are_written_as_what_stands_there() {
        let text = |line: Line, place: i128| line.text(place);
        assert_eq!(text(Line::Number, ONE / 2), "0.5");
        assert_eq!(text(Line::Duration, 5_400_000), "1h30m");
        assert_eq!(text(Line::Instant, 1_772_438_400_250), "2026-03-02T08:00:00.250Z");
        assert_eq!(text(Line::Date, 20_514), "2026-03-02");
        assert_eq!(text(Line::Time, 34_200), "09:30:00");
        assert_eq!(text(Line::Weekday, 6), "sunday");
        assert_eq!((text(Line::Weekday, 7), text(Line::Time, -1)), ("7".into(), "-1".into()), "nothing stands there");
    }

    #[test]
    fn intervals_are_written_as_ranges() {
        let text = |low: i128, high: i128| Line::Date.interval_text(low, high);
        assert_eq!(text(0, 1), "1970-01-01..=1970-01-02");
        assert_eq!(text(1, 1), "1970-01-02");
        assert_eq!((text(i128::MIN, 0), text(0, i128::MAX)), ("..=1970-01-01".into(), "1970-01-01..".into()));
        assert_eq!(text(i128::MIN, i128::MAX), "..");
    }
}
