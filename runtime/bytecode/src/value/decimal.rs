//! Exact decimals: 18 digits after the point, magnitude below 10^20.
//!
//! A [`Decimal`] is an `i128` times 10^-18. Integers of the language are decimals whose fraction is
//! zero. Nothing is ever rounded: what has no exact result is an error.

use crate::ErrorCode;
use core::fmt;

/// One, in units of 10^-18.
pub const ONE: i128 = 1_000_000_000_000_000_000;
/// Magnitudes stay below this many units.
pub const BOUND: i128 = 100_000_000_000_000_000_000_000_000_000_000_000_000;
/// Digits after the point.
const SCALE: i64 = 18;
/// Longest number text that is read.
const MAX_NUMBER_BYTES: usize = 400;

/// An exact decimal, in units of 10^-18. INVARIANT: its magnitude is below [`BOUND`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(i128);

/// The largest integer up to so many units.
pub fn floor(units: i128) -> i128 {
    // Units are 10^-18, which is 2^-18 * 5^-18: most numbers are divided in 64 bits.
    match i64::try_from(units >> 18) {
        Ok(short) => i128::from(short.checked_div_euclid(FIVES).unwrap_or_default()),
        Err(_) => units.checked_div_euclid(ONE).unwrap_or_default(),
    }
}

/// 5^18.
const FIVES: i64 = 3_814_697_265_625;

/// The whole number that so many units are, when it fits.
pub fn whole(units: i128) -> Option<i64> {
    Decimal::from_units(units).ok().and_then(Decimal::to_int)
}

impl Decimal {
    /// Zero.
    pub const ZERO: Decimal = Decimal(0);

    /// The decimal of this many units of 10^-18.
    pub fn from_units(units: i128) -> Result<Decimal, ErrorCode> {
        if units.unsigned_abs() < BOUND.unsigned_abs() { Ok(Decimal(units)) } else { Err(ErrorCode::Overflow) }
    }

    /// An integer. Every `i64` fits.
    pub fn from_int(value: i64) -> Decimal {
        Decimal(i128::from(value).saturating_mul(ONE))
    }

    /// Units of 10^-18.
    pub fn units(self) -> i128 {
        self.0
    }

    /// Its integral value, when it has no fraction and fits.
    pub fn to_int(self) -> Option<i64> {
        if self.0.checked_rem(ONE) != Some(0) {
            return None;
        }
        self.0.checked_div(ONE).and_then(|whole| i64::try_from(whole).ok())
    }

    /// `self + other`, exact.
    pub fn checked_add(self, other: Decimal) -> Result<Decimal, ErrorCode> {
        self.0.checked_add(other.0).ok_or(ErrorCode::Overflow).and_then(Decimal::from_units)
    }

    /// `self - other`, exact.
    pub fn checked_sub(self, other: Decimal) -> Result<Decimal, ErrorCode> {
        self.0.checked_sub(other.0).ok_or(ErrorCode::Overflow).and_then(Decimal::from_units)
    }

    /// `self * other`, exact: a product with more than 18 digits after the point is an error.
    pub fn checked_mul(self, other: Decimal) -> Result<Decimal, ErrorCode> {
        let negative = (self.0 < 0) != (other.0 < 0);
        let limbs = widening_mul(self.0.unsigned_abs(), other.0.unsigned_abs());
        let magnitude = divide_by_one(limbs).ok_or(ErrorCode::Overflow)?;
        let magnitude = i128::try_from(magnitude).map_err(|_| ErrorCode::Overflow)?;
        Decimal::from_units(if negative { magnitude.saturating_neg() } else { magnitude })
    }

    /// Reads a number of JSON's grammar (sign, digits, fraction, exponent), exactly or not at all.
    /// [`ErrorCode::Range`] when it has no exact form, [`ErrorCode::Type`] when it is no number.
    pub fn parse(text: &str) -> Result<Decimal, ErrorCode> {
        if text.len() > MAX_NUMBER_BYTES {
            return Err(ErrorCode::Range);
        }
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (rest.get(..at).unwrap_or(""), parse_exponent(rest.get(at.saturating_add(1)..).unwrap_or(""))?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(ErrorCode::Type),
            None => (mantissa, ""),
        };
        if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) {
            return Err(ErrorCode::Type);
        }
        let units = scale_digits(whole, fraction, exponent)?;
        Decimal::from_units(if negative { units.saturating_neg() } else { units }).map_err(|_| ErrorCode::Range)
    }
}

/// The exponent of a number; far out ones are capped, which keeps them out of range.
fn parse_exponent(text: &str) -> Result<i64, ErrorCode> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or("")),
        Some(b'+') => (false, text.get(1..).unwrap_or("")),
        _ => (false, text),
    };
    if digits.is_empty() {
        return Err(ErrorCode::Type);
    }
    let mut value: i64 = 0;
    for byte in digits.bytes() {
        let digit = digit_of(byte)?;
        value = value.saturating_mul(10).saturating_add(i64::from(digit)).min(1_000_000);
    }
    Ok(if negative { value.saturating_neg() } else { value })
}

/// The value of an ASCII digit.
fn digit_of(byte: u8) -> Result<u8, ErrorCode> {
    if byte.is_ascii_digit() { Ok(byte.saturating_sub(b'0')) } else { Err(ErrorCode::Type) }
}

/// Units of `whole.fraction * 10^exponent`.
fn scale_digits(whole: &str, fraction: &str, exponent: i64) -> Result<i128, ErrorCode> {
    let mut digits: i128 = 0;
    // `zeros` trailing zeros are held back, so that long exact numbers like 1000e-3 stay exact.
    let mut zeros: i64 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = digit_of(byte)?;
        if digit == 0 {
            zeros = zeros.saturating_add(1);
            continue;
        }
        digits = shift(digits, zeros.saturating_add(1))?.checked_add(i128::from(digit)).ok_or(ErrorCode::Range)?;
        zeros = 0;
    }
    if digits == 0 {
        return Ok(0);
    }
    let fraction_digits = i64::try_from(fraction.len()).map_err(|_| ErrorCode::Range)?;
    let power = exponent.saturating_sub(fraction_digits).saturating_add(zeros).saturating_add(SCALE);
    if power < 0 { Err(ErrorCode::Range) } else { shift(digits, power) }
}

/// `digits * 10^power`.
fn shift(digits: i128, power: i64) -> Result<i128, ErrorCode> {
    if digits == 0 {
        return Ok(0);
    }
    let power = u32::try_from(power).map_err(|_| ErrorCode::Range)?;
    10_i128.checked_pow(power).and_then(|factor| digits.checked_mul(factor)).ok_or(ErrorCode::Range)
}

/// The 64-bit halves of a number, low half first.
fn halves(value: u128) -> (u128, u128) {
    (value & u128::from(u64::MAX), value >> 64)
}

/// The product as four 64-bit limbs, lowest first.
fn widening_mul(a: u128, b: u128) -> [u128; 4] {
    let (a0, a1) = halves(a);
    let (b0, b1) = halves(b);
    // Products of 64-bit halves fit 128 bits; sums of three 64-bit halves do so too.
    let (p00, p01, p10, p11) = (a0.wrapping_mul(b0), a0.wrapping_mul(b1), a1.wrapping_mul(b0), a1.wrapping_mul(b1));
    let (l0, c0) = halves(p00);
    let (m01, h01) = halves(p01);
    let (m10, h10) = halves(p10);
    let (l1, c1) = halves(c0.wrapping_add(m01).wrapping_add(m10));
    let (m11, h11) = halves(p11);
    let (l2, c2) = halves(c1.wrapping_add(h01).wrapping_add(h10).wrapping_add(m11));
    let l3 = h11.wrapping_add(c2);
    [l0, l1, l2, l3]
}

/// The number of four limbs divided by 10^18, when that is exact and fits 128 bits.
fn divide_by_one(limbs: [u128; 4]) -> Option<u128> {
    let divisor = ONE.unsigned_abs();
    let mut remainder: u128 = 0;
    let mut quotient: u128 = 0;
    for limb in limbs.into_iter().rev() {
        // The remainder is below 2^60, so the shifted sum fits.
        let current = (remainder << 64) | limb;
        let digit = current.checked_div(divisor)?;
        remainder = current.checked_rem(divisor)?;
        if quotient >> 64 != 0 {
            return None;
        }
        quotient = (quotient << 64).checked_add(digit)?;
    }
    (remainder == 0).then_some(quotient)
}

impl fmt::Display for Decimal {
    /// Canonical text: no exponent, no trailing zeros, no `-0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let whole = magnitude.checked_div(ONE.unsigned_abs()).unwrap_or(0);
        let mut fraction = magnitude.checked_rem(ONE.unsigned_abs()).unwrap_or(0);
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{whole}")?;
        if fraction == 0 {
            return Ok(());
        }
        let mut width: usize = 18;
        while fraction.checked_rem(10) == Some(0) {
            fraction = fraction.checked_div(10).unwrap_or(0);
            width = width.saturating_sub(1);
        }
        write!(f, ".{fraction:0width$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn dec(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_rounded_alike_in_any_width() {
        let large = 9_000_000_000_000 * ONE;
        for units in
            [0, 1, -1, ONE, ONE - 1, ONE + 1, -ONE, -ONE - 1, 7 * ONE / 2, large, large - 1, -large, -large - 1]
        {
            assert_eq!(floor(units), units.div_euclid(ONE), "{units}");
        }
    }

    #[test]
    fn texts_of_one_number_are_one_value() {
        for text in
            ["1", "1.0", "1e0", "10e-1", "0.1e1", "1000e-3", "1.000000000000000000", "1E+0", "1.0000000000000000000000"]
        {
            assert_eq!(dec(text), Decimal::from_int(1), "{text}");
        }
        assert_eq!(dec("-0"), dec("0"));
        assert_eq!(dec("0e999999999999"), Decimal::ZERO);
    }

    #[test]
    fn inexact_and_far_numbers_are_refused() {
        for text in ["1e-19", "0.1234567890123456789", "1e20", "100000000000000000000", "-1e20", "1e400", "1e-400"] {
            assert_eq!(Decimal::parse(text), Err(ErrorCode::Range), "{text}");
        }
        assert_eq!(
            dec("99999999999999999999.999999999999999999").to_string(),
            "99999999999999999999.999999999999999999"
        );
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", "+1", "01", ".5", "5.", "1e", "1e+", "0x1", "NaN", "1_0", " 1", "1 ", "--1", "1.-5"] {
            assert!(Decimal::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arithmetic_is_exact_or_an_error() {
        assert_eq!(dec("0.1").checked_add(dec("0.2")).unwrap(), dec("0.3"));
        assert_eq!(dec("12.5").checked_mul(dec("-0.04")).unwrap(), dec("-0.5"));
        assert_eq!(dec("9999999999").checked_mul(dec("9999999999")).unwrap(), dec("99999999980000000001"));
        assert_eq!(dec("0.000000001").checked_mul(dec("0.000000001")).unwrap(), dec("0.000000000000000001"));
        assert_eq!(dec("0.0000000001").checked_mul(dec("0.000000001")), Err(ErrorCode::Overflow));
        assert_eq!(dec("1e10").checked_mul(dec("1e10")), Err(ErrorCode::Overflow));
        assert_eq!(dec("9e19").checked_add(dec("9e19")), Err(ErrorCode::Overflow));
        assert_eq!(dec("-9e19").checked_sub(dec("9e19")), Err(ErrorCode::Overflow));
    }

    #[test]
    fn text_is_canonical_and_reads_back() {
        for text in ["0", "-1", "12.5", "-0.000000000000000001", "9223372036854775807", "100"] {
            assert_eq!(dec(text).to_string(), text);
        }
        assert_eq!(dec("9223372036854775807").to_int(), Some(i64::MAX));
        assert_eq!(dec("9223372036854775808").to_int(), None);
        assert_eq!(dec("1.5").to_int(), None);
    }
}
