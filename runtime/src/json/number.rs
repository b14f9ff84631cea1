//! Numbers as exact decimals: an `i128` of units of 10^-18, below 10^20 in absolute value.
//!
//! Integers of up to 18 digits, which is nearly all numbers, are read eight digits at a time and
//! kept as they are.

use super::{FaultKind, widen};

/// Units of the number 1.
pub(super) const ONE: i128 = 1_000_000_000_000_000_000;
/// 10^20 in units: every number is smaller.
const BOUND: i128 = 100_000_000_000_000_000_000 * ONE;
/// Digits after the point.
const FRACTION_DIGITS: i64 = 18;
/// So many digits always fit an `i64`.
const SHORT: usize = 18;

/// A number as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// An integer of few digits.
    Integer(i64),
    /// Units of 10^-18.
    Units(i128),
}

/// Reads the number at `start`; also where the text goes on.
///
/// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
#[inline(always)]
pub(super) fn number(text: &[u8], start: usize) -> Result<(Number, usize), (FaultKind, usize)> {
    let negative = text.get(start) == Some(&b'-');
    let integer = start.wrapping_add(usize::from(negative));
    let Some(digits) = text.get(integer..).and_then(|rest| rest.first_chunk::<8>()) else {
        return long(text, start);
    };
    let (value, count) = up_to_eight(*digits);
    let end = integer.wrapping_add(count);
    let goes_on = matches!(text.get(end), Some(b'.' | b'e' | b'E' | b'0'..=b'9'));
    let leading_zero = count > 1 && digits.first() == Some(&b'0');
    if count == 0 || goes_on || leading_zero {
        return long(text, start);
    }
    let value = i64::from(value);
    Ok((Number::Integer(if negative { value.wrapping_neg() } else { value }), end))
}

/// The value of the leading digits, and how many they are.
#[inline(always)]
fn up_to_eight(bytes: [u8; 8]) -> (u32, usize) {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // Digits become 0 to 9; a byte above sets its high bit, and may disturb the bytes behind it only.
    let digits = u64::from_le_bytes(bytes) ^ 0x3030_3030_3030_3030;
    let others = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & HIGH;
    let bits = if others == 0 { 64 } else { others.trailing_zeros() & !7 };
    if bits == 0 {
        return (0, 0);
    }
    // Zeros in front, then pairs, fours and all eight at once.
    let aligned = digits.wrapping_shl(64_u32.wrapping_sub(bits));
    let pairs = aligned.wrapping_mul(10).wrapping_add(aligned.wrapping_shr(8));
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let high = (pairs.wrapping_shr(16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    let value = low.wrapping_add(high).wrapping_shr(32);
    (u32::try_from(value).unwrap_or(u32::MAX), widen(bits.wrapping_shr(3)))
}

/// As [`number`], digit by digit.
#[cold]
fn long(text: &[u8], start: usize) -> Result<(Number, usize), (FaultKind, usize)> {
    let negative = text.get(start) == Some(&b'-');
    let (integer, mut end) = digits(text, start.saturating_add(usize::from(negative)))?;
    if integer.len() > 1 && integer.first() == Some(&b'0') {
        return Err((FaultKind::Syntax, end.saturating_sub(integer.len())));
    }
    let mut fraction: &[u8] = &[];
    if text.get(end) == Some(&b'.') {
        (fraction, end) = digits(text, end.saturating_add(1))?;
    }
    let mut exponent: &[u8] = &[];
    let mut exponent_negative = false;
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = text.get(end.saturating_add(1)).filter(|byte| matches!(byte, b'+' | b'-'));
        exponent_negative = sign == Some(&b'-');
        (exponent, end) = digits(text, end.saturating_add(1).saturating_add(usize::from(sign.is_some())))?;
    }
    let is_integer = fraction.is_empty() && exponent.is_empty();
    let short = if integer.len().saturating_add(fraction.len()) <= SHORT && exponent.is_empty() {
        short_value(integer, fraction, negative)
    } else {
        None
    };
    let number = match short {
        Some(value) if is_integer => Number::Integer(value),
        Some(value) => Number::Units(i128::from(value).wrapping_mul(scale(fraction.len()))),
        None => {
            let parts = Parts { negative, integer, fraction, exponent_negative, exponent };
            Number::Units(units(&parts).ok_or((FaultKind::NumberInexact, start))?)
        }
    };
    Ok((number, end))
}

/// The digits at `start`, at least one, and what follows them.
fn digits(text: &[u8], start: usize) -> Result<(&[u8], usize), (FaultKind, usize)> {
    let rest = text.get(start..).unwrap_or_default();
    let count = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    if count == 0 {
        return Err((FaultKind::Syntax, start));
    }
    Ok((rest.get(..count).unwrap_or_default(), start.saturating_add(count)))
}

/// The number that the digits of both parts write together.
fn short_value(integer: &[u8], fraction: &[u8], negative: bool) -> Option<i64> {
    let mut value = 0_i64;
    for digit in integer.iter().chain(fraction) {
        value = value.checked_mul(10)?.checked_add(i64::from(digit.checked_sub(b'0')?))?;
    }
    if negative { value.checked_neg() } else { Some(value) }
}

/// 10^(18 - digits).
fn scale(fraction_digits: usize) -> i128 {
    let power = SHORT.saturating_sub(fraction_digits);
    10_i128.saturating_pow(u32::try_from(power).unwrap_or(0))
}

/// The parts of a number that JSON's grammar accepted.
struct Parts<'a> {
    negative: bool,
    integer: &'a [u8],
    fraction: &'a [u8],
    exponent_negative: bool,
    exponent: &'a [u8],
}

/// The value in units; `None` when it cannot be told exactly.
///
/// Zeros at either end of the digits count for nothing: `1.50000000000000000000000` is 1.5.
fn units(parts: &Parts<'_>) -> Option<i128> {
    let mut significant: i128 = 0;
    let mut pending_zeros: u32 = 0;
    // The power of ten of the digit at hand, and of the last digit that is not zero.
    let mut power = i64::try_from(parts.integer.len()).ok()?;
    let mut last_power = 0_i64;
    for digit in parts.integer.iter().chain(parts.fraction) {
        power = power.checked_sub(1)?;
        let value = i128::from(digit.checked_sub(b'0')?);
        if value == 0 {
            pending_zeros = pending_zeros.checked_add(1)?;
            continue;
        }
        if significant != 0 {
            let shift = 10_i128.checked_pow(pending_zeros.checked_add(1)?)?;
            significant = significant.checked_mul(shift)?;
        }
        significant = significant.checked_add(value)?;
        pending_zeros = 0;
        last_power = power;
    }
    if significant == 0 {
        return Some(0);
    }
    let shift = last_power.checked_add(exponent(parts)?)?.checked_add(FRACTION_DIGITS)?;
    let shift = u32::try_from(shift).ok()?;
    let units = significant.checked_mul(10_i128.checked_pow(shift)?)?;
    if units >= BOUND {
        return None;
    }
    if parts.negative { units.checked_neg() } else { Some(units) }
}

fn exponent(parts: &Parts<'_>) -> Option<i64> {
    let mut value = 0_i64;
    for digit in parts.exponent {
        value = value.checked_mul(10)?.checked_add(i64::from(digit.checked_sub(b'0')?))?;
    }
    if parts.exponent_negative { value.checked_neg() } else { Some(value) }
}
