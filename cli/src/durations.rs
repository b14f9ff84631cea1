//! Times and spans of time, read from and written for people.

use crate::exit::Failure;
pub use mcpz_bytecode::value::time::duration_text;

/// Milliseconds of `500ms`, `90s`, `5m`, `2h`, `7d`, `1w`, or several together: `1h30m`.
pub fn duration_ms(text: &str) -> Result<i64, Failure> {
    let wrong = || Failure::input(format!("`{text}` is no span of time: write 30s, 5m or 1h30m"));
    let mut rest = text.trim();
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: i64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let unit_length = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit: i64 = match &rest[..unit_length] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return Err(wrong()),
        };
        total = number.checked_mul(unit).and_then(|ms| total.checked_add(ms)).ok_or_else(wrong)?;
        rest = &rest[unit_length..];
    }
    if text.trim().is_empty() { Err(wrong()) } else { Ok(total) }
}

/// Milliseconds since the Unix epoch of an RFC 3339 time with offset.
pub fn instant_ms(text: &str) -> Result<i64, Failure> {
    let timestamp: jiff::Timestamp = text
        .parse()
        .map_err(|_| Failure::input(format!("`{text}` is no point in time: write 2026-03-02T10:00:00Z")))?;
    Ok(timestamp.as_millisecond())
}

/// RFC 3339, in UTC.
pub fn instant_text(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms} ms"), |t| t.to_string())
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
