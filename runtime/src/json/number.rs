//! Numbers as exact decimals: an `i128` of units of 10^-18, below 10^20 in absolute value.

/// Units of the number 1.
pub(super) const ONE: i128 = 1_000_000_000_000_000_000;
/// 10^20 in units: every number is smaller.
const BOUND: i128 = 100_000_000_000_000_000_000 * ONE;
/// Digits after the point.
const FRACTION_DIGITS: i64 = 18;

/// The parts of a number that JSON's grammar accepted.
pub(super) struct Parts<'a> {
    pub(super) negative: bool,
    pub(super) integer: &'a [u8],
    pub(super) fraction: &'a [u8],
    pub(super) exponent_negative: bool,
    pub(super) exponent: &'a [u8],
}

/// The value in units; `None` when it cannot be told exactly.
///
/// Zeros at either end of the digits count for nothing: `1.50000000000000000000000` is 1.5.
pub(super) fn units(parts: &Parts<'_>) -> Option<i128> {
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
