//! Exact decimal numbers: the value times 10^18 in an `i128`, |x| < 10^20.
//!
//! Numbers are read from their text, never through a float, so that `0.1` is a tenth and a number
//! that does not fit the domain is noticed instead of rounded.

/// Ten to the eighteenth: one, in scaled units.
pub const ONE: i128 = 1_000_000_000_000_000_000;

/// The first scaled value beyond the domain: 10^20 times 10^18.
pub const BEYOND: i128 = 100_000_000_000_000_000_000 * ONE;

/// Integers with a larger magnitude are not exact in a double.
pub const SAFE_INTEGER: i128 = (1 << 53) - 1;

/// Reads the text of a JSON number (which must follow the JSON grammar). `None` when the number is
/// outside the domain.
pub fn parse(text: &str) -> Option<i128> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = [whole, fraction].concat();
    let digits = digits.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    let dropped = digits.len() - significant.len();
    let exponent = clamped_exponent(exponent);
    let scale = exponent + 18 + to_i64(dropped) - to_i64(fraction.len());
    if !(0..=38).contains(&scale) || significant.len() > 38 {
        return None;
    }
    let magnitude: i128 = significant.parse().ok()?;
    let scaled = magnitude.checked_mul(10_i128.checked_pow(u32::try_from(scale).ok()?)?)?;
    in_domain(if negative { -scaled } else { scaled })
}

/// An exponent as a number; one too long to matter is clamped.
fn clamped_exponent(text: &str) -> i64 {
    let negative = text.starts_with('-');
    let digits = text.trim_start_matches(['+', '-']).trim_start_matches('0');
    let magnitude: i64 = match digits.len() {
        0 => 0,
        1..=9 => digits.parse().unwrap_or(1_000_000_000),
        _ => 1_000_000_000,
    };
    if negative { -magnitude } else { magnitude }
}

fn to_i64(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX / 4)
}

/// The value itself when it is within the domain.
pub fn in_domain(scaled: i128) -> Option<i128> {
    (-BEYOND < scaled && scaled < BEYOND).then_some(scaled)
}

/// The integer, when the number is integral.
pub fn integral(scaled: i128) -> Option<i128> {
    (scaled % ONE == 0).then_some(scaled / ONE)
}

/// An integer as a number.
pub fn from_int(value: i64) -> i128 {
    i128::from(value) * ONE
}

/// The sum, within the domain.
pub fn add(a: i128, b: i128) -> Option<i128> {
    in_domain(a.checked_add(b)?)
}

/// The difference, within the domain.
pub fn subtract(a: i128, b: i128) -> Option<i128> {
    in_domain(a.checked_sub(b)?)
}

/// The product, when it is exact and within the domain. `a * b / ONE` is integral just when
/// `ONE / gcd(a, ONE)` divides `b`.
pub fn multiply(a: i128, b: i128) -> Option<i128> {
    let common = gcd(a.unsigned_abs(), ONE.unsigned_abs());
    let common = i128::try_from(common).ok()?;
    let rest = ONE / common;
    if b % rest != 0 {
        return None;
    }
    in_domain((a / common).checked_mul(b / rest)?)
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The shortest decimal text of a number.
pub fn text(scaled: i128) -> String {
    let sign = if scaled < 0 { "-" } else { "" };
    let magnitude = scaled.unsigned_abs();
    let one = ONE.unsigned_abs();
    let fraction = format!("{:018}", magnitude % one);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", magnitude / one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_by_value() {
        assert_eq!(parse("1"), Some(ONE));
        assert_eq!(parse("1.0"), Some(ONE));
        assert_eq!(parse("10e-1"), Some(ONE));
        assert_eq!(parse("0.1"), Some(ONE / 10));
        assert_eq!(parse("-0"), Some(0));
        assert_eq!(parse("0e999999999999999999999"), Some(0));
        assert_eq!(parse("99999999999999999999"), Some(BEYOND - ONE));
        assert_eq!(parse("100000000000000000000"), None);
        assert_eq!(parse("1e20"), None);
        assert_eq!(parse("1e-18"), Some(1));
        assert_eq!(parse("1e-19"), None);
        assert_eq!(parse("1.10e-18"), None);
        assert_eq!(parse("1e99999999999"), None);
    }

    #[test]
    fn multiplies_exactly() {
        assert_eq!(multiply(parse("0.5").unwrap(), parse("0.25").unwrap()), parse("0.125"));
        assert_eq!(multiply(parse("1e-10").unwrap(), parse("1e-9").unwrap()), None);
        assert_eq!(multiply(parse("2e-10").unwrap(), parse("5e-9").unwrap()), Some(1));
        assert_eq!(multiply(parse("1e10").unwrap(), parse("1e10").unwrap()), None);
        assert_eq!(multiply(parse("-1e10").unwrap(), parse("9e9").unwrap()), parse("-9e19"));
    }

    #[test]
    fn writes_the_shortest_text() {
        for sample in ["0", "-1.5", "12.000000000000000001", "99999999999999999999"] {
            assert_eq!(text(parse(sample).unwrap()), sample);
        }
    }
}
