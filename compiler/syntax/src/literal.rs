//! Literals: from the text of a token to its value.
//!
//! Terms. The *decoded* text of a string is what its escapes stand for; a [`StringValue`] remembers where each decoded byte came
//! from, so that an error inside a pattern, path or URL points inside the literal.

use crate::chars::offset_of;
use crate::error::{SyntaxError, codes};
use rowan::{TextRange, TextSize};

/// The decoded text of a string literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringValue {
    /// The text that the literal stands for.
    pub text: String,
    /// (offset in `text`, offset in the source): one entry for each place where the distance between the two changes.
    map: Vec<(usize, TextSize)>,
}

impl StringValue {
    /// The source offset of a byte offset of the decoded text.
    pub fn source_offset(&self, decoded: usize) -> TextSize {
        let index = self.map.partition_point(|(offset, _)| *offset <= decoded).saturating_sub(1);
        match self.map.get(index) {
            Some((offset, source)) => *source + offset_of(decoded.saturating_sub(*offset)),
            None => TextSize::from(0),
        }
    }

    /// The source range of a byte range of the decoded text.
    pub fn source_range(&self, decoded: std::ops::Range<usize>) -> TextRange {
        let start = self.source_offset(decoded.start);
        TextRange::new(start, self.source_offset(decoded.end).max(start))
    }
}

/// A day of the calendar, as written; the month and day are in range, the day of the month is the checker's to verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateParts {
    /// 0 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A time of day: 00:00:00 to 23:59:59, or 24:00:00, the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeParts {
    /// 0 to 24.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

/// An instant as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstantParts {
    /// The local date.
    pub date: DateParts,
    /// The local time.
    pub time: TimeParts,
    /// Digits after the second, cut off at nanoseconds.
    pub nanosecond: u32,
    /// Minutes east of UTC.
    pub offset_minutes: i16,
}

/// The value of a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiteralValue {
    /// `true`, `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// `1_000`.
    Int(i64),
    /// `12.50`: the exact text without underscores.
    Decimal(String),
    /// `"text"` or `r"raw"`.
    String(StringValue),
    /// `1h30m`, in milliseconds.
    Duration(i64),
    /// `64KiB`, in bytes.
    Size(i64),
    /// `09:00`.
    Time(TimeParts),
    /// `2026-03-02`.
    Date(DateParts),
    /// `2026-03-02T10:00:00Z`.
    Instant(InstantParts),
}

/// Decodes a quoted or raw string token that starts at `start`. Bad escapes, which the lexer has reported, are kept as written.
pub(crate) fn decode_string(token: &str, start: TextSize) -> StringValue {
    let raw = token.starts_with('r');
    let open_len = if raw { 2 } else { 1 };
    let body = token.get(open_len..).unwrap_or("");
    let close = if token.starts_with('\'') { '\'' } else { '"' };
    let body =
        if raw || close == '\'' || token_is_closed(token) { body.strip_suffix(close).unwrap_or(body) } else { body };
    let mut value = StringValue { text: String::new(), map: vec![(0, start + offset_of(open_len))] };
    if raw || close == '\'' {
        value.text.push_str(body);
        return value;
    }
    let mut rest = body;
    while let Some(backslash) = rest.find('\\') {
        value.text.push_str(&rest[..backslash]);
        rest = &rest[backslash..];
        let (decoded, len) = match escape(rest) {
            Ok(found) => found,
            Err(len) => ('\\', len.min(1)),
        };
        value.text.push(decoded);
        rest = &rest[len..];
        let source = start + offset_of(open_len + body.len() - rest.len());
        value.map.push((value.text.len(), source));
    }
    value.text.push_str(rest);
    value
}

fn token_is_closed(token: &str) -> bool {
    let body = token.strip_suffix('"').filter(|body| !body.is_empty());
    body.is_some_and(|body| (body.len() - body.trim_end_matches('\\').len()).is_multiple_of(2))
}

/// The character that the escape at the start of `text` stands for and the escape's length, or the length of what is no escape.
fn escape(text: &str) -> Result<(char, usize), usize> {
    let Some(letter) = text[1..].chars().next() else {
        return Err(1);
    };
    let simple = match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        '\\' => '\\',
        '"' => '"',
        '/' => '/',
        'u' => return unicode_escape(text),
        other => return Err(1 + other.len_utf8()),
    };
    Ok((simple, 2))
}

/// `\u{1F600}`: one to six hexadecimal digits of a Unicode scalar value.
fn unicode_escape(text: &str) -> Result<(char, usize), usize> {
    let Some(braced) = text[2..].strip_prefix('{') else {
        return Err(2);
    };
    let digits = braced.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(braced.len());
    if !(1..=6).contains(&digits) || !braced[digits..].starts_with('}') {
        return Err(3);
    }
    let len = 3 + digits + 1;
    let scalar = u32::from_str_radix(&braced[..digits], 16).ok().and_then(char::from_u32);
    scalar.map(|c| (c, len)).ok_or(len)
}

/// One error for each bad escape of a quoted string token that starts at `start`.
pub(crate) fn escape_errors(token: &str, start: TextSize) -> Vec<SyntaxError> {
    let mut errors = Vec::new();
    let mut position = 1;
    let end = token.len().saturating_sub(1);
    while let Some(found) = token.get(position..end).and_then(|rest| rest.find('\\')) {
        let at = position + found;
        match escape(&token[at..end]) {
            Ok((_, len)) => position = at + len,
            Err(len) => {
                let range = TextRange::at(start + offset_of(at), offset_of(len));
                let text = &token[at..at + len];
                let fix = format!("\\{text}");
                errors.push(
                    SyntaxError::new(codes::BAD_ESCAPE, range, format!("`{text}` is no escape"))
                        .with_help("escapes are `\\n \\t \\r \\0 \\\\ \\\" \\/` and `\\u{1F600}`; a pattern is easier as `r\"...\"`")
                        .with_fix(range, fix),
                );
                position = at + len;
            }
        }
    }
    errors
}

fn number_error(range: TextRange, message: String) -> SyntaxError {
    SyntaxError::new(codes::BAD_NUMBER, range, message)
}

/// An integer token's value.
pub(crate) fn int(text: &str, range: TextRange) -> Result<i64, SyntaxError> {
    text.replace('_', "").parse().map_err(|_| number_error(range, format!("`{text}` is too large for an integer")))
}

/// Milliseconds of a duration token such as `1h30m`.
pub(crate) fn duration_ms(text: &str, range: TextRange) -> Result<i64, SyntaxError> {
    let too_long = || number_error(range, format!("`{text}` is too long for a duration"));
    let mut total: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (digits, tail) = rest.split_at(unit_at);
        let next = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(next);
        let factor_ms: i64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => 604_800_000,
        };
        let count: i64 = digits.replace('_', "").parse().map_err(|_| too_long())?;
        total = count.checked_mul(factor_ms).and_then(|part| total.checked_add(part)).ok_or_else(too_long)?;
        rest = tail;
    }
    Ok(total)
}

/// Bytes of a size token such as `64KiB`.
pub(crate) fn size_bytes(text: &str, range: TextRange) -> Result<i64, SyntaxError> {
    let too_large = || number_error(range, format!("`{text}` is too large for a size"));
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(unit_at);
    let factor: i64 = match unit {
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => 1,
    };
    let count: i64 = digits.replace('_', "").parse().map_err(|_| too_large())?;
    count.checked_mul(factor).ok_or_else(too_large)
}

fn digits<T: std::str::FromStr>(text: &str, from: usize, len: usize) -> Option<T> {
    text.get(from..from + len)?.parse().ok()
}

/// The parts of a date token `2026-03-02`.
pub(crate) fn date(text: &str, range: TextRange) -> Result<DateParts, SyntaxError> {
    let parts = || {
        let date = DateParts { year: digits(text, 0, 4)?, month: digits(text, 5, 2)?, day: digits(text, 8, 2)? };
        ((1..=12).contains(&date.month) && (1..=31).contains(&date.day)).then_some(date)
    };
    parts().ok_or_else(|| {
        number_error(range, format!("`{text}` is no date")).with_help("a date is year-month-day: `2026-03-02`")
    })
}

/// The parts of a time token `09:00` or `09:00:30`.
pub(crate) fn time(text: &str, range: TextRange) -> Result<TimeParts, SyntaxError> {
    let parts = || {
        let second = if text.len() > 5 { digits(text, 6, 2)? } else { 0 };
        let time = TimeParts { hour: digits(text, 0, 2)?, minute: digits(text, 3, 2)?, second };
        let ends_day = time == TimeParts { hour: 24, minute: 0, second: 0 };
        (ends_day || (time.hour < 24 && time.minute < 60 && time.second < 60)).then_some(time)
    };
    parts().ok_or_else(|| {
        number_error(range, format!("`{text}` is no time of day")).with_help("times run from `00:00` to `24:00`")
    })
}

/// The parts of an instant token `2026-03-02T10:00:00Z`.
pub(crate) fn instant(text: &str, range: TextRange) -> Result<InstantParts, SyntaxError> {
    let bad = || {
        number_error(range, format!("`{text}` is no instant"))
            .with_help("an instant is a date, `T`, a time and a zone: `2026-03-02T10:00:00Z`")
    };
    let (day, clock) = text.split_once('T').ok_or_else(bad)?;
    let zone_at = clock.find(['Z', '+', '-']).ok_or_else(bad)?;
    let (clock, zone) = clock.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let nanosecond = format!("{fraction:0<9}").get(..9).and_then(|nine| nine.parse().ok()).ok_or_else(bad)?;
    let offset_minutes = zone_offset_minutes(zone).ok_or_else(bad)?;
    Ok(InstantParts { date: date(day, range)?, time: time(clock, range)?, nanosecond, offset_minutes })
}

fn zone_offset_minutes(zone: &str) -> Option<i16> {
    if zone == "Z" {
        return Some(0);
    }
    let hours: i16 = digits(zone, 1, 2)?;
    let minutes: i16 = digits(zone, 4, 2)?;
    if hours > 23 || minutes > 59 {
        return None;
    }
    let total = hours * 60 + minutes;
    Some(if zone.starts_with('-') { -total } else { total })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anywhere() -> TextRange {
        TextRange::empty(TextSize::from(0))
    }

    #[test]
    fn decoded_offsets_point_into_the_literal() {
        let value = decode_string(r#""a\n\u{41}b""#, TextSize::from(10));
        assert_eq!(value.text, "a\nAb");
        let sources: Vec<u32> = (0..=4).map(|offset| value.source_offset(offset).into()).collect();
        assert_eq!(sources, [11, 12, 14, 20, 21]);
    }

    #[test]
    fn open_and_raw_strings_decode() {
        assert_eq!(decode_string(r#"r"\d+""#, TextSize::from(0)).text, r"\d+");
        assert_eq!(decode_string(r#""open"#, TextSize::from(0)).text, "open");
        assert_eq!(decode_string("\"", TextSize::from(0)).text, "");
        assert_eq!(decode_string(r#""a\""#, TextSize::from(0)).text, "a\"");
    }

    #[test]
    fn escapes_are_scalar_values() {
        assert!(escape_errors(r#""\u{10FFFF}\u{000041}\/""#, TextSize::from(0)).is_empty());
        for bad in [r#""\u{D800}""#, r#""\u{110000}""#, r#""\u{}""#, r#""\d""#, r#""\u0041""#] {
            assert_eq!(escape_errors(bad, TextSize::from(0)).len(), 1, "{bad}");
        }
    }

    #[test]
    fn durations_sizes_and_instants_have_values() {
        assert_eq!(duration_ms("1h30m", anywhere()), Ok(5_400_000));
        assert_eq!(duration_ms("250ms", anywhere()), Ok(250));
        assert!(duration_ms("99999999999999w", anywhere()).is_err());
        assert_eq!(size_bytes("64KiB", anywhere()), Ok(65_536));
        assert!(time("24:01", anywhere()).is_err());
        assert!(time("24:00", anywhere()).is_ok());
        assert!(date("2026-13-01", anywhere()).is_err());
        let instant = instant("2026-03-02T10:00:00.5-05:30", anywhere()).unwrap();
        assert_eq!((instant.nanosecond, instant.offset_minutes), (500_000_000, -330));
    }
}
