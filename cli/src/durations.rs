//! Times and spans of time, read from and written for people.

use crate::exit::Failure;
use mcpz_bytecode::value::time::parse_duration;
pub use mcpz_bytecode::value::time::{duration_text, instant_text};

/// Milliseconds of `500ms`, `90s`, `5m`, `2h`, `7d`, `1w`, or several together: `1h30m`.
pub fn duration_ms(text: &str) -> Result<i64, Failure> {
    let wrong = |_| Failure::input(format!("`{text}` is no span of time: write 30s, 5m or 1h30m"));
    parse_duration(text.trim()).map_err(wrong)
}

/// Milliseconds since the Unix epoch of an RFC 3339 time with offset.
pub fn instant_ms(text: &str) -> Result<i64, Failure> {
    let timestamp: jiff::Timestamp = text
        .parse()
        .map_err(|_| Failure::input(format!("`{text}` is no point in time: write 2026-03-02T10:00:00Z")))?;
    Ok(timestamp.as_millisecond())
}

/// The clock. Only the command line reads it; the compiler and the runtime never do.
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, ms) in [("30s", 30_000), ("1h30m", 5_400_000), ("500ms", 500), ("2d", 172_800_000)] {
            assert_eq!(duration_ms(text).unwrap(), ms);
            assert_eq!(duration_text(ms), text);
        }
        for wrong in ["", "5", "m", "5x", "99999999999999w"] {
            assert!(duration_ms(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn instants_need_an_offset() {
        assert_eq!(instant_ms("1970-01-01T01:00:00+01:00").unwrap(), 0);
        assert!(instant_ms("2026-03-02T10:00:00").is_err());
        assert_eq!(instant_text(0), "1970-01-01T00:00:00Z");
    }
}
