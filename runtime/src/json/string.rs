//! Strings: found in the text, decoded into the side buffer when they hold escapes.

use super::document::StringRef;
use super::{FaultKind, narrow};
use alloc::string::String;

/// A fault and the byte it was seen at.
type Fault = (FaultKind, usize);

/// Reads the string whose opening quote stands before `start`. Returns it and where the text goes on.
pub(super) fn string(text: &str, start: usize, decoded: &mut String) -> Result<(StringRef, usize), Fault> {
    let end = run_end(text, start)?;
    if text.as_bytes().get(end) == Some(&b'"') {
        let string = StringRef { start: narrow(start), end: narrow(end), decoded: false };
        return Ok((string, end.saturating_add(1)));
    }
    let decoded_start = decoded.len();
    let mut position = start;
    loop {
        let end = run_end(text, position)?;
        decoded.push_str(text.get(position..end).unwrap_or_default());
        if text.as_bytes().get(end) == Some(&b'"') {
            let string = StringRef { start: narrow(decoded_start), end: narrow(decoded.len()), decoded: true };
            return Ok((string, end.saturating_add(1)));
        }
        let (character, next) = escape(text.as_bytes(), end.saturating_add(1))?;
        decoded.push(character);
        position = next;
    }
}

/// Where the next quote or backslash stands.
fn run_end(text: &str, start: usize) -> Result<usize, Fault> {
    let bytes = text.as_bytes().get(start..).unwrap_or_default();
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' => return Ok(start.saturating_add(index)),
            0..=0x1f => return Err((FaultKind::Syntax, start.saturating_add(index))),
            _ => {}
        }
    }
    Err((FaultKind::Syntax, text.len()))
}

/// Decodes the escape behind the backslash before `at`.
fn escape(bytes: &[u8], at: usize) -> Result<(char, usize), Fault> {
    let next = at.saturating_add(1);
    let character = match bytes.get(at) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(bytes, next),
        _ => return Err((FaultKind::Syntax, at)),
    };
    Ok((character, next))
}

fn unicode_escape(bytes: &[u8], at: usize) -> Result<(char, usize), Fault> {
    let first = hexadecimal(bytes, at)?;
    let next = at.saturating_add(4);
    if let Some(character) = char::from_u32(first) {
        return Ok((character, next));
    }
    let lone = (FaultKind::LoneSurrogate, at);
    let is_high = (0xd800..0xdc00).contains(&first);
    let is_pair = is_high && bytes.get(next) == Some(&b'\\') && bytes.get(next.saturating_add(1)) == Some(&b'u');
    if !is_pair {
        return Err(lone);
    }
    let second_at = next.saturating_add(2);
    let second = hexadecimal(bytes, second_at)?;
    if !(0xdc00..0xe000).contains(&second) {
        return Err(lone);
    }
    let high = first.wrapping_sub(0xd800).wrapping_mul(0x400);
    let code = high.wrapping_add(second.wrapping_sub(0xdc00)).wrapping_add(0x1_0000);
    let character = char::from_u32(code).ok_or(lone)?;
    Ok((character, second_at.saturating_add(4)))
}

fn hexadecimal(bytes: &[u8], at: usize) -> Result<u32, Fault> {
    let digits = bytes.get(at..at.saturating_add(4)).ok_or((FaultKind::Syntax, bytes.len()))?;
    let mut value = 0_u32;
    for (index, digit) in digits.iter().enumerate() {
        let digit = char::from(*digit).to_digit(16).ok_or((FaultKind::Syntax, at.saturating_add(index)))?;
        value = value.wrapping_mul(16).wrapping_add(digit);
    }
    Ok(value)
}
