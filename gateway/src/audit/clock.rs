//! The clock, and times as records write them.

use mcpz_bytecode::value::time;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC with milliseconds: `2026-03-02T10:00:00.000Z`.
pub fn text(at_ms: i64) -> String {
    let (days, in_day) = (at_ms.div_euclid(time::DAY_MS), at_ms.rem_euclid(time::DAY_MS));
    let seconds = u32::try_from(in_day / 1000).unwrap_or_default();
    format!("{}T{}.{:03}Z", time::date_text(days), time::clock_text(seconds), in_day % 1000)
}

/// Milliseconds since the Unix epoch of a time in RFC 3339.
pub fn unix_ms(text: &str) -> Option<i64> {
    time::parse_instant(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        for (ms, written) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_123, "2000-02-29T00:00:00.123Z"),
            (1_772_445_600_000, "2026-03-02T10:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(text(ms), written);
            assert_eq!(unix_ms(written), Some(ms));
        }
        assert_eq!(unix_ms("yesterday"), None);
    }
}
