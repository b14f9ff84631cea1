//! Many bytes at a time: where a string stops being plain, and what the bytes of a block are.
//!
//! Sixteen bytes are compared at once (`wide` takes SSE2, NEON or simd128 where the target has them);
//! a comparison becomes a mask with one bit per byte, the first byte lowest.

use wide::u8x16;

/// The largest control byte.
const LAST_CONTROL: u8 = 0x1f;

/// The first byte from `start` on that is a quote, a backslash or a control byte; the length of the
/// text when there is none.
#[inline(always)]
pub(super) fn plain_end(text: &[u8], start: usize) -> usize {
    let Some(chunk) = text.get(start..).and_then(|rest| rest.first_chunk::<16>()) else {
        return plain_end_by_byte(text, start);
    };
    let special = special(chunk);
    if special != 0 {
        return start.wrapping_add(first(u64::from(special)));
    }
    plain_end_by_block(text, start.wrapping_add(16))
}

/// As [`plain_end`], for long strings.
#[inline(never)]
fn plain_end_by_block(text: &[u8], start: usize) -> usize {
    let mut position = start;
    let rest = text.get(start..).unwrap_or_default();
    let (blocks, _) = rest.as_chunks::<64>();
    for block in blocks {
        let special = by_sixteen(block, special);
        if special != 0 {
            return position.wrapping_add(first(special));
        }
        position = position.wrapping_add(64);
    }
    while let Some(chunk) = text.get(position..).and_then(|rest| rest.first_chunk::<16>()) {
        let special = special(chunk);
        if special != 0 {
            return position.wrapping_add(first(u64::from(special)));
        }
        position = position.wrapping_add(16);
    }
    plain_end_by_byte(text, position)
}

#[cold]
#[inline(never)]
fn plain_end_by_byte(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=LAST_CONTROL));
    found.map_or(text.len(), |index| start.wrapping_add(index))
}

/// Quotes, backslashes and control bytes of sixteen bytes.
#[inline(always)]
fn special(chunk: &[u8; 16]) -> u32 {
    let bytes = u8x16::new(*chunk);
    (is(bytes, b'"') | is(bytes, b'\\') | is_control(bytes)).to_bitmask()
}

/// What the bytes of a block are; one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    /// `"`
    pub(super) quote: u64,
    /// `\`
    pub(super) backslash: u64,
    /// What stands behind a backslash most often: `"`, `\`, `n`, `r` or `t`.
    pub(super) common: u64,
    /// Whether a byte is below U+0020.
    pub(super) has_control: bool,
}

impl Block {
    /// Looks at 64 bytes.
    #[inline(always)]
    pub(super) fn of(block: &[u8; 64]) -> Block {
        let mut control = u8x16::splat(u8::MAX);
        for chunk in block.as_chunks::<16>().0 {
            control = control.min(u8x16::new(*chunk));
        }
        let common = |chunk: &[u8; 16]| {
            let bytes = u8x16::new(*chunk);
            let letters = is(bytes, b'n') | is(bytes, b'r') | is(bytes, b't');
            (letters | is(bytes, b'"') | is(bytes, b'\\')).to_bitmask()
        };
        Block {
            quote: by_sixteen(block, |chunk| is(u8x16::new(*chunk), b'"').to_bitmask()),
            backslash: by_sixteen(block, |chunk| is(u8x16::new(*chunk), b'\\').to_bitmask()),
            common: by_sixteen(block, common),
            has_control: is_control(control).to_bitmask() != 0,
        }
    }
}

/// The bytes of a block below U+0020.
#[cold]
pub(super) fn controls(block: &[u8; 64]) -> u64 {
    by_sixteen(block, |chunk| is_control(u8x16::new(*chunk)).to_bitmask())
}

#[inline(always)]
fn is(bytes: u8x16, byte: u8) -> u8x16 {
    bytes.simd_eq(u8x16::splat(byte))
}

#[inline(always)]
fn is_control(bytes: u8x16) -> u8x16 {
    is(bytes.max(u8x16::splat(LAST_CONTROL)), LAST_CONTROL)
}

/// The masks of the four sixteenths, joined.
#[inline(always)]
fn by_sixteen(block: &[u8; 64], mask: impl Fn(&[u8; 16]) -> u32) -> u64 {
    let mut joined = 0_u64;
    for chunk in block.as_chunks::<16>().0.iter().rev() {
        joined = joined.wrapping_shl(16) | u64::from(mask(chunk));
    }
    joined
}

/// The position of the lowest bit.
#[inline(always)]
pub(super) fn first(mask: u64) -> usize {
    super::widen(mask.trailing_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn the_first_special_byte_is_found_at_every_place() {
        for length in 0..200 {
            let plain = vec![b'a'; length];
            assert_eq!(plain_end(&plain, 0), length);
            for at in 0..length {
                for byte in [b'"', b'\\', 0, 0x1f] {
                    let mut text = plain.clone();
                    text[at] = byte;
                    assert_eq!(plain_end(&text, 0), at);
                    assert_eq!(plain_end(&text, at), at);
                    assert_eq!(plain_end(&text, at + 1), length);
                }
            }
        }
    }

    #[test]
    fn every_byte_is_classed_alike_at_every_place() {
        for byte in 0..=u8::MAX {
            for at in 0..64 {
                let mut block = [b' '; 64];
                block[at] = byte;
                let bit = |holds: bool| u64::from(holds) << at;
                let expected = Block {
                    quote: bit(byte == b'"'),
                    backslash: bit(byte == b'\\'),
                    common: bit(b"\"\\nrt".contains(&byte)),
                    has_control: byte < 0x20,
                };
                assert_eq!(controls(&block), bit(byte < 0x20));
                assert_eq!(Block::of(&block), expected, "byte {byte} at {at}");
            }
        }
    }
}
