//! Proof of possession (DPoP, RFC 9449): that who shows a token has the key it is bound to.
//!
//! A proof is a small token of its own, signed by the key that stands in its header, for one method and one URL, a moment
//! ago, and shown once.

use super::crypto;
use super::header;
use super::keys::{curve_fits, public};
use super::reason::Reason;
use super::strict::Unverified;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcpz_runtime::json::{Document, NodeId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// How old a proof may be, and how far in the future, seconds.
pub const WINDOW_S: i64 = 60;
/// Most proofs remembered; when there are more within the window, new ones are refused.
const MAX_PROOFS: usize = 100_000;

/// What a proof must be of.
#[derive(Debug, Clone, Copy)]
pub struct Of<'a> {
    /// The token.
    pub token: &'a str,
    /// The thumbprint of the key that the token is bound to.
    pub thumbprint: &'a str,
    /// The method.
    pub method: &'a str,
    /// The URL, without query and fragment.
    pub url: &'a str,
    /// Now, seconds.
    pub now_s: i64,
}

/// Proofs that were shown.
#[derive(Debug, Default)]
pub struct Shown {
    until: Mutex<BTreeMap<[u8; 32], i64>>,
}

impl Shown {
    /// Remembers a proof; whether it was new.
    fn is_new(&self, proof: [u8; 32], now_s: i64) -> Result<bool, Reason> {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() >= MAX_PROOFS {
            until.retain(|_, end| *end > now_s);
            if until.len() >= MAX_PROOFS {
                return Err(Reason::Proof);
            }
        }
        Ok(until.insert(proof, now_s.saturating_add(2 * WINDOW_S + 1)).is_none_or(|end| end <= now_s))
    }
}

/// Checks a proof.
pub fn check(proof: &str, of: &Of<'_>, shown: &Shown) -> Result<(), Reason> {
    let read = Unverified::read(proof).map_err(|_| Reason::Proof)?;
    let thumbprint = signed_by(&read, proof)?;
    let claims = read.claims();
    let says = |name: &str, wanted: &str| claims.text_of(name).is_ok_and(|text| text == wanted);
    let issued_s = claims.seconds("iat").map_err(|_| Reason::Proof)?;
    let id = claims.text_of("jti").map_err(|_| Reason::Proof)?;
    let of_token = URL_SAFE_NO_PAD.encode(Sha256::digest(of.token));
    let is_now = (of.now_s.saturating_sub(issued_s)).saturating_abs() <= WINDOW_S;
    let fits = thumbprint == of.thumbprint
        && says("htm", of.method)
        && claims.text_of("htu").is_ok_and(|url| without_query(url) == without_query(of.url))
        && says("ath", &of_token)
        && is_now;
    if !fits {
        return Err(Reason::Proof);
    }
    let name: [u8; 32] = Sha256::new().chain_update(&thumbprint).chain_update(id).finalize().into();
    if shown.is_new(name, of.now_s)? { Ok(()) } else { Err(Reason::ProofReplayed) }
}

/// Checks the signature by the key in the header; gives the key's thumbprint.
fn signed_by(read: &Unverified, proof: &str) -> Result<String, Reason> {
    let header = read.header();
    let malformed = |_| Reason::Proof;
    header::refuse_members(header, &["jku", "x5u", "x5c"]).map_err(malformed)?;
    header::type_is(header, "dpop+jwt").map_err(malformed)?;
    let algorithm = header::algorithm(header).map_err(malformed)?;
    let (view, node) = header.get("jwk").map(|node| (header.view(), node)).ok_or(Reason::Proof)?;
    let is_secret = ["d", "p", "q", "k"].iter().any(|name| view.get(node, name).is_some());
    let key = public(view, node).filter(|_| !is_secret).ok_or(Reason::Proof)?;
    if key.family() != algorithm.family() || !curve_fits(view, node, algorithm) {
        return Err(Reason::Proof);
    }
    crypto::verify(algorithm, &key, read.signed(proof), read.signature()).map_err(malformed)?;
    thumbprint(view, node).ok_or(Reason::Proof)
}

/// The thumbprint of a key (RFC 7638): SHA-256 over its necessary members in their order.
pub fn thumbprint(view: Document<'_>, key: NodeId) -> Option<String> {
    let text = |name: &str| view.get(key, name).and_then(|node| view.str(node));
    let members: &[&str] = match text("kty")? {
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        "RSA" => &["e", "kty", "n"],
        _ => return None,
    };
    let written: Option<Vec<String>> =
        members.iter().map(|name| text(name).map(|value| format!("\"{name}\":\"{value}\""))).collect();
    let canonical = format!("{{{}}}", written?.join(","));
    Some(URL_SAFE_NO_PAD.encode(Sha256::digest(canonical)))
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::super::strict::Object;
    use super::*;
    use mcpz_runtime::json::Limits;

    #[test]
    fn thumbprints_are_those_of_the_documents() {
        // RFC 8037, appendix A.3.
        let text = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let key = Object::read(text.as_bytes().to_vec(), &Limits::DEFAULT).unwrap();
        let view = key.view();
        assert_eq!(thumbprint(view, view.root()).unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_proof_is_new_once() {
        let shown = Shown::default();
        assert_eq!(shown.is_new([1; 32], 100), Ok(true));
        assert_eq!(shown.is_new([1; 32], 160), Ok(false));
        assert_eq!(shown.is_new([2; 32], 160), Ok(true));
    }
}
