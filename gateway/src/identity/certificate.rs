//! Client certificates: the SPIFFE id in them, when they end, and their digest.
//!
//! TLS has verified the certificate; here it is only read. An X.509-SVID has exactly one URI among its names.

use super::reason::Reason;
use crate::audit::clock;
use crate::verified::MAX_SUBJECT_BYTES;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use webpki::EndEntityCert;

/// Longest trust domain, in bytes.
const MAX_DOMAIN_BYTES: usize = 255;
/// Tags of DER.
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// The SPIFFE id of a certificate.
pub fn spiffe(der: &[u8]) -> Result<String, Reason> {
    let der = CertificateDer::from(der);
    let certificate = EndEntityCert::try_from(&der).map_err(|_| Reason::Certificate)?;
    let mut names = certificate.valid_uri_names();
    match (names.next(), names.next()) {
        (Some(id), None) if is_spiffe(id) => Ok(id.to_owned()),
        _ => Err(Reason::Certificate),
    }
}

/// Whether a text is a SPIFFE id of a workload, in its one spelling.
fn is_spiffe(id: &str) -> bool {
    let Some((domain, path)) = id.strip_prefix("spiffe://").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let in_domain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    let in_path = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    id.len() <= MAX_SUBJECT_BYTES
        && (1..=MAX_DOMAIN_BYTES).contains(&domain.len())
        && domain.bytes().all(in_domain)
        && path.split('/').all(|part| !matches!(part, "" | "." | "..") && part.bytes().all(in_path))
}

/// When a certificate ends (`notAfter`), milliseconds since the Unix epoch; `None` when it does not say so in the form
/// that RFC 5280, 4.1, asks for.
pub fn ends_ms(der: &[u8]) -> Option<i64> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut fields, _) = element(certificate, SEQUENCE)?;
    if let Some((_, rest)) = element(fields, VERSION) {
        fields = rest;
    }
    // Serial number, algorithm, issuer.
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        (_, fields) = element(fields, tag)?;
    }
    let (validity, _) = element(fields, SEQUENCE)?;
    let (_, after) = element(validity, UTC_TIME).or_else(|| element(validity, GENERALIZED_TIME))?;
    match (element(after, UTC_TIME), element(after, GENERALIZED_TIME)) {
        (Some((text, _)), _) => time_ms(text, 2),
        (None, Some((text, _))) => time_ms(text, 4),
        (None, None) => None,
    }
}

/// The content of the element that bytes begin with, if it has this tag; and what stands behind it.
fn element(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        long @ 0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (digits.iter().fold(0_usize, |length, digit| (length << 8) | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    (*tag == wanted).then(|| rest.split_at_checked(length))?
}

/// `YYMMDDhhmmssZ`, or with a year of four digits.
fn time_ms(text: &[u8], year_digits: usize) -> Option<i64> {
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if digits.len() != year_digits.saturating_add(10) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = digits.split_at_checked(year_digits)?;
    let century = match year_digits {
        2 if year < "50" => "20",
        2 => "19",
        _ => "",
    };
    let part = |from: usize| rest.get(from..from.saturating_add(2)).unwrap_or_default();
    let (month, day, hour, minute, second) = (part(0), part(2), part(4), part(6), part(8));
    let text = format!("{century}{year}-{month}-{day}T{hour}:{minute}:{second}.000Z");
    // There is no thirteenth month.
    clock::unix_ms(&text).filter(|ms| clock::text(*ms) == text)
}

/// The digest that tokens are bound to: `x5t#S256`.
pub fn digest(der: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(der))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spiffe_ids_have_one_spelling() {
        for good in ["spiffe://acme.example/agents/batch", "spiffe://a/B-1_2.3"] {
            assert!(is_spiffe(good), "{good}");
        }
        for bad in [
            "spiffe://acme.example",
            "spiffe://acme.example/",
            "spiffe://acme.example/a/",
            "spiffe://acme.example//a",
            "spiffe://acme.example/a/../b",
            "spiffe://acme.example/./b",
            "spiffe://Acme.example/a",
            "spiffe://user@acme.example/a",
            "spiffe://acme.example:443/a",
            "spiffe://acme.example/a?b",
            "spiffe://acme.example/a#b",
            "spiffe://acme.example/a%2e",
            "SPIFFE://acme.example/a",
            "https://acme.example/a",
            "spiffe:///a",
        ] {
            assert!(!is_spiffe(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_identity() {
        for bad in [&b""[..], b"0", &[0x30, 0x82, 0xff, 0xff], b"-----BEGIN CERTIFICATE-----"] {
            assert_eq!(spiffe(bad), Err(Reason::Certificate));
            assert_eq!(ends_ms(bad), None);
        }
    }

    #[test]
    fn certificates_say_when_they_end() {
        let whole = include_bytes!("../../tests/identity/spiffe.der");
        // 2126-10-28 14:50:07, as `openssl x509 -enddate` says.
        assert_eq!(ends_ms(whole), Some(4_948_872_607_000));
        for length in 0..whole.len() {
            assert_eq!(ends_ms(whole.get(..length).unwrap()), None, "cut to {length} bytes");
        }
        assert_eq!(time_ms(b"491231235959Z", 2), Some(2_524_607_999_000));
        assert_eq!(time_ms(b"500101000000Z", 2), Some(-631_152_000_000));
        for bad in [&b"4912312359Z"[..], b"491231235959", b"49123123595xZ", b"491331235959Z", b""] {
            assert_eq!(time_ms(bad, 2), None);
        }
    }
}
