//! Numbers of a schema as exact decimals, in units of 10^-18.

use serde_json::Number;

/// A number of a schema against the domain of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Units {
    /// Its exact value.
    Exact(i128),
    /// Above every number of the language.
    TooLarge,
    /// Below every number of the language.
    TooSmall,
    /// It needs more than 18 digits after the point.
    Inexact,
}

const FRACTION_DIGITS: i64 = 18;
const DIGITS: usize = 38;

/// The value of a number as it is written shortest.
pub(super) fn units(number: &Number) -> Units {
    let text = number.to_string();
    let (text, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text.as_str(), false),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.trim_start_matches('+').parse().unwrap_or(i64::from(i32::MAX));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{integer}{fraction}");
    let digits = all.trim_end_matches('0');
    let trimmed = i64::try_from(all.len() - digits.len()).unwrap_or(i64::MAX);
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Units::Exact(0);
    }
    let power = exponent + trimmed - i64::try_from(fraction.len()).unwrap_or(i64::MAX) + FRACTION_DIGITS;
    let out_of_range = if negative { Units::TooSmall } else { Units::TooLarge };
    let Ok(power) = usize::try_from(power) else {
        return Units::Inexact;
    };
    if digits.len() + power > DIGITS {
        return out_of_range;
    }
    let text = format!("{digits}{}", "0".repeat(power));
    match text.parse::<i128>() {
        Ok(value) if negative => Units::Exact(-value),
        Ok(value) => Units::Exact(value),
        Err(_) => out_of_range,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Units {
        units(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn numbers_are_exact() {
        assert_eq!(of("1"), Units::Exact(10_i128.pow(18)));
        assert_eq!(of("-0.5"), Units::Exact(-5 * 10_i128.pow(17)));
        assert_eq!(of("1e19"), Units::Exact(10_i128.pow(37)));
        assert_eq!(of("0.0"), Units::Exact(0));
        assert_eq!(of("1e-18"), Units::Exact(1));
        assert_eq!(of("1e-19"), Units::Inexact);
        assert_eq!(of("1e300"), Units::TooLarge);
        assert_eq!(of("-1e20"), Units::TooSmall);
        assert_eq!(of("9223372036854775807"), Units::Exact(9_223_372_036_854_775_807 * 10_i128.pow(18)));
    }
}
