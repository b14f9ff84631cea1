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
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// How old a proof may be, and how far in the future, seconds.
pub const WINDOW_S: i64 = 60;
/// Most proofs remembered of all keys; when there are more within the window, new ones are refused.
const MAX_PROOFS: usize = 200_000;
/// Most proofs remembered of one key: a client that shows more has its own refused, not those of others.
const MAX_PROOFS_OF_KEY: usize = 20_000;

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

/// Proofs that were shown, as long as they could be shown again.
#[derive(Debug)]
pub struct Shown {
    seen: Mutex<Seen>,
    /// Most of one key, and of all.
    bounds: (usize, usize),
}

/// A digest.
type Name = [u8; 32];

#[derive(Debug, Default)]
struct Seen {
    /// The proofs, by name.
    names: BTreeSet<Name>,
    /// When each ends, with its name and the name of its key: the first to end stands first.
    ends: BTreeSet<(i64, Name, Name)>,
    /// How many there are of each key.
    of_key: BTreeMap<Name, usize>,
}

impl Default for Shown {
    fn default() -> Shown {
        Shown { seen: Mutex::default(), bounds: (MAX_PROOFS_OF_KEY, MAX_PROOFS) }
    }
}

impl Shown {
    /// Remembers a proof of a key until the second in which it is not good any more; whether it was new.
    fn is_new(&self, proof: Name, key: Name, end_s: i64, now_s: i64) -> Result<bool, Reason> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget(now_s);
        let (of_key, of_all) = self.bounds;
        if seen.names.contains(&proof) {
            return Ok(false);
        }
        if seen.names.len() >= of_all || seen.of_key.get(&key).is_some_and(|count| *count >= of_key) {
            return Err(Reason::Proof);
        }
        seen.names.insert(proof);
        seen.ends.insert((end_s, proof, key));
        let count = seen.of_key.entry(key).or_default();
        *count = count.saturating_add(1);
        Ok(true)
    }
}

impl Seen {
    /// Forgets what has ended.
    fn forget(&mut self, now_s: i64) {
        while let Some((_, proof, key)) = self.ends.first().copied().filter(|(end, ..)| *end <= now_s) {
            self.ends.pop_first();
            self.names.remove(&proof);
            if let Some(count) = self.of_key.get_mut(&key) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.of_key.remove(&key);
                }
            }
        }
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
    let name: Name = Sha256::new().chain_update(&thumbprint).chain_update(id).finalize().into();
    let key: Name = Sha256::digest(&thumbprint).into();
    let end_s = issued_s.saturating_add(WINDOW_S + 1);
    if shown.is_new(name, key, end_s, of.now_s)? { Ok(()) } else { Err(Reason::ProofReplayed) }
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
        assert_eq!(shown.is_new([1; 32], [0; 32], 161, 100), Ok(true));
        assert_eq!(shown.is_new([1; 32], [0; 32], 161, 160), Ok(false));
        assert_eq!(shown.is_new([2; 32], [0; 32], 221, 160), Ok(true));
    }

    #[test]
    fn a_client_that_shows_too_many_has_its_own_refused() {
        let shown = Shown { bounds: (2, 3), ..Shown::default() };
        let (one, other, third) = ([1; 32], [2; 32], [3; 32]);
        assert_eq!(shown.is_new([10; 32], one, 161, 100), Ok(true));
        assert_eq!(shown.is_new([11; 32], one, 150, 100), Ok(true));
        assert_eq!(shown.is_new([12; 32], one, 161, 100), Err(Reason::Proof));
        assert_eq!(shown.is_new([13; 32], other, 161, 100), Ok(true));
        assert_eq!(shown.is_new([14; 32], third, 161, 100), Err(Reason::Proof), "there is a bound on all");
        assert_eq!(shown.is_new([12; 32], one, 161, 150), Ok(true), "what is not good any more makes room");
        assert_eq!(shown.is_new([10; 32], one, 161, 160), Ok(false));
        shown.is_new([15; 32], one, 300, 161).unwrap();
        assert_eq!(shown.seen.lock().unwrap().names.len(), 1);
    }
}
