//! Client certificates: the SPIFFE id in them, and their digest.
//!
//! TLS has verified the certificate; here it is only read. An X.509-SVID has exactly one URI among its names.

use super::reason::Reason;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use webpki::EndEntityCert;

/// Longest SPIFFE id, in bytes.
const MAX_ID_BYTES: usize = 2048;
/// Longest trust domain, in bytes.
const MAX_DOMAIN_BYTES: usize = 255;

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
    id.len() <= MAX_ID_BYTES
        && (1..=MAX_DOMAIN_BYTES).contains(&domain.len())
        && domain.bytes().all(in_domain)
        && path.split('/').all(|part| !matches!(part, "" | "." | "..") && part.bytes().all(in_path))
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
        }
    }
}
