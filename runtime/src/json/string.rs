//! Strings: where they end, whether their escapes are sound, and what they decode to.
//!
//! A string without escapes is a piece of the text. One with escapes is checked 64 bytes at a time
//! and decoded only when somebody reads it; what is not sound is walked escape by escape to name
//! the first fault.

use super::FaultKind;
use super::scan::{Block, controls, first, plain_end};
use alloc::string::String;

/// A fault and the byte it was seen at.
pub(super) type Fault = (FaultKind, usize);

/// The closing quote of a string that is plain up to `at`, which is not a quote.
pub(super) fn escaped_end(text: &[u8], at: usize) -> Result<usize, Fault> {
    match sound_end(text, at) {
        Some(end) => Ok(end),
        None => walked_end(text, at),
    }
}

/// The closing quote, when all escapes on the way are sound.
fn sound_end(text: &[u8], at: usize) -> Option<usize> {
    let mut position = at;
    // Whether the first byte of the next block stands behind a backslash.
    let mut carried = 0_u64;
    // Escapes that begin before this have been looked at: it stands behind a surrogate pair.
    let mut checked = at;
    loop {
        let rest = text.get(position..).filter(|rest| !rest.is_empty())?;
        let last;
        let bytes = match rest.first_chunk::<64>() {
            Some(bytes) => bytes,
            None => {
                last = padded(rest);
                &last
            }
        };
        let block = Block::of(bytes);
        let escaped = escaped(block.backslash, &mut carried);
        let end = block.quote & !escaped;
        // All bits below the end.
        let inside = (end & end.wrapping_neg()).wrapping_sub(1);
        if block.has_control && controls(bytes) & inside != 0 {
            return None;
        }
        let mut rare = escaped & inside & !block.common;
        while rare != 0 {
            let letter = position.wrapping_add(first(rare));
            if letter >= checked {
                checked = escape(text, letter).ok()?.1;
            }
            rare &= rare.wrapping_sub(1);
        }
        if end != 0 {
            return Some(position.wrapping_add(first(end)));
        }
        position = position.wrapping_add(64);
    }
}

/// The last block, filled up with control bytes, which no string holds.
#[cold]
fn padded(rest: &[u8]) -> [u8; 64] {
    let mut block = [0_u8; 64];
    block.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    block
}

/// The bytes that stand behind a backslash that is itself not escaped. Runs of backslashes are told
/// apart by where they begin: subtracting carries through each run, which flips it from its start.
#[inline(always)]
fn escaped(backslash: u64, carried: &mut u64) -> u64 {
    const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
    let starts = backslash & !*carried;
    let series = (starts.wrapping_shl(1) | ODD).wrapping_sub(starts) ^ ODD;
    let escaped = series ^ (backslash | *carried);
    *carried = (series & backslash).wrapping_shr(63);
    escaped
}

/// The closing quote, or the first fault, escape by escape.
#[cold]
fn walked_end(text: &[u8], at: usize) -> Result<usize, Fault> {
    let mut position = at;
    loop {
        position = plain_end(text, position);
        match text.get(position) {
            Some(b'"') => return Ok(position),
            Some(b'\\') => position = escape(text, position.wrapping_add(1))?.1,
            _ => return Err((FaultKind::Syntax, position)),
        }
    }
}

/// Appends what the inside of a string that has been checked decodes to.
pub(super) fn decode(inside: &str, out: &mut String) {
    out.reserve(inside.len());
    let bytes = inside.as_bytes();
    let mut position = 0;
    loop {
        let end = plain_end(bytes, position);
        out.push_str(inside.get(position..end).unwrap_or_default());
        let Ok((character, next)) = escape(bytes, end.wrapping_add(1)) else {
            return;
        };
        out.push(character);
        position = next;
    }
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
