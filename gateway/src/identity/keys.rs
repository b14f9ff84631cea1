//! JSON Web Key sets (RFC 7517): which key an id names, and the one algorithm it signs with.
//!
//! A key that could be taken for another is left out: symmetric keys, keys for encryption, keys without an id, ids that two
//! keys have, and RSA keys for which neither the set nor the configuration says one algorithm.

use super::header::asymmetric;
use super::reason::Reason;
use super::strict::{self, Object, is_plain};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use mcpz_runtime::json::{Document, Kind, Limits, NodeId};
use std::collections::BTreeMap;

/// Bounds on a key set.
const LIMITS: Limits = Limits { max_bytes: 256 << 10, max_depth: 8, max_nodes: 10_000 };
/// Most keys in a set.
const MAX_KEYS: usize = 100;
/// Members of private and of symmetric keys.
const SECRETS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A public key with its algorithm.
#[derive(Debug, Clone)]
pub struct Key {
    /// The algorithm it signs with: no other.
    pub algorithm: Algorithm,
    /// The key.
    pub public: DecodingKey,
}

/// The keys of an issuer.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: BTreeMap<String, Key>,
    left_out: usize,
}

impl KeySet {
    /// Reads a set, for an issuer that signs with these algorithms.
    pub fn read(bytes: &[u8], algorithms: &[Algorithm]) -> Result<KeySet, Reason> {
        let object = Object::read(bytes.to_vec(), &LIMITS).map_err(|_| Reason::KeysUnavailable)?;
        let view = object.view();
        let keys = object.get("keys").filter(|node| view.kind(*node) == Kind::Array).ok_or(Reason::KeysUnavailable)?;
        if view.size(keys) > MAX_KEYS {
            return Err(Reason::KeysUnavailable);
        }
        let mut found: BTreeMap<String, Option<Key>> = BTreeMap::new();
        let mut left_out = 0_usize;
        for node in view.elements(keys) {
            let id = text(view, node, "kid").filter(|id| is_plain(id)).map(str::to_owned);
            match (id, usable(view, node, algorithms)) {
                (Some(id), Some(key)) => {
                    // The second of a name makes both unusable.
                    found.entry(id).and_modify(|key| *key = None).or_insert(Some(key));
                }
                _ => left_out = left_out.saturating_add(1),
            }
        }
        left_out = left_out.saturating_add(found.values().filter(|key| key.is_none()).count());
        let keys = found.into_iter().filter_map(|(id, key)| Some((id, key?))).collect();
        Ok(KeySet { keys, left_out })
    }

    /// The key with this id.
    pub fn get(&self, id: &str) -> Option<&Key> {
        self.keys.get(id)
    }

    /// How many keys may be used.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether none may be.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many keys were left out.
    pub fn left_out(&self) -> usize {
        self.left_out
    }
}

fn text<'a>(view: Document<'a>, key: NodeId, name: &str) -> Option<&'a str> {
    view.get(key, name).and_then(|node| view.str(node))
}

fn usable(view: Document<'_>, node: NodeId, algorithms: &[Algorithm]) -> Option<Key> {
    if view.kind(node) != Kind::Object || SECRETS.iter().any(|name| view.get(node, name).is_some()) {
        return None;
    }
    if view.get(node, "use").is_some() && text(view, node, "use") != Some("sig") {
        return None;
    }
    if let Some(operations) = view.get(node, "key_ops")
        && !view.elements(operations).any(|operation| view.str(operation) == Some("verify"))
    {
        return None;
    }
    let public = public(view, node)?;
    let stated = match view.get(node, "alg") {
        None => None,
        Some(alg) => Some(view.str(alg).and_then(asymmetric)?),
    };
    let algorithm = stated.or_else(|| only_algorithm(public.family(), text(view, node, "crv"), algorithms))?;
    let fits =
        algorithm.family() == public.family() && algorithms.contains(&algorithm) && curve_fits(view, node, algorithm);
    fits.then_some(Key { algorithm, public })
}

/// The public key of a JWK; `None` when it is malformed or of a kind that is not used here.
pub fn public(view: Document<'_>, node: NodeId) -> Option<DecodingKey> {
    let bytes = |name: &str| text(view, node, name).and_then(|part| strict::decode(part).ok());
    match (text(view, node, "kty")?, text(view, node, "crv")) {
        ("RSA", _) => {
            let (n, e) = (bytes("n")?, bytes("e")?);
            // 2048 to 8192 bits; the exact check is ring's.
            let is_sized = (256..=1024).contains(&n.len()) && (1..=8).contains(&e.len());
            (is_sized && n.first() != Some(&0)).then(|| DecodingKey::from_rsa_raw_components(&n, &e))
        }
        ("EC", Some(curve)) => {
            let size = match curve {
                "P-256" => 32,
                "P-384" => 48,
                _ => return None,
            };
            let (x, y) = (bytes("x")?, bytes("y")?);
            let point: Vec<u8> = [4].into_iter().chain(x.iter().copied()).chain(y.iter().copied()).collect();
            (x.len() == size && y.len() == size).then(|| DecodingKey::from_ec_der(&point))
        }
        ("OKP", Some("Ed25519")) => bytes("x").filter(|x| x.len() == 32).map(|x| DecodingKey::from_ed_der(&x)),
        _ => None,
    }
}

/// Whether an elliptic algorithm is that of the key's curve.
pub fn curve_fits(view: Document<'_>, node: NodeId, algorithm: Algorithm) -> bool {
    let wanted = match algorithm {
        Algorithm::ES256 => "P-256",
        Algorithm::ES384 => "P-384",
        Algorithm::EdDSA => "Ed25519",
        _ => return true,
    };
    text(view, node, "crv") == Some(wanted)
}

/// The algorithm of a key whose set states none: that of its curve, or the only RSA algorithm of the issuer.
fn only_algorithm(family: AlgorithmFamily, curve: Option<&str>, algorithms: &[Algorithm]) -> Option<Algorithm> {
    match (family, curve) {
        (AlgorithmFamily::Ec, Some("P-256")) => Some(Algorithm::ES256),
        (AlgorithmFamily::Ec, Some("P-384")) => Some(Algorithm::ES384),
        (AlgorithmFamily::Ed, _) => Some(Algorithm::EdDSA),
        (AlgorithmFamily::Rsa, _) => {
            let mut of_family = algorithms.iter().filter(|algorithm| algorithm.family() == AlgorithmFamily::Rsa);
            of_family.next().filter(|_| of_family.next().is_none()).copied()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED: &str = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;

    fn set(keys: &[String]) -> KeySet {
        let text = format!("{{\"keys\":[{}]}}", keys.join(","));
        KeySet::read(text.as_bytes(), &[Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256]).unwrap()
    }

    #[test]
    fn keys_that_may_be_misused_are_left_out() {
        assert_eq!(set(&[format!("{{{ED},\"kid\":\"a\"}}")]).len(), 1);
        for bad in [
            format!("{{{ED}}}"),
            format!("{{{ED},\"kid\":\"\"}}"),
            format!("{{{ED},\"kid\":\"a\",\"use\":\"enc\"}}"),
            format!("{{{ED},\"kid\":\"a\",\"key_ops\":[\"sign\"]}}"),
            format!("{{{ED},\"kid\":\"a\",\"alg\":\"ES256\"}}"),
            format!("{{{ED},\"kid\":\"a\",\"alg\":\"HS256\"}}"),
            format!("{{{ED},\"kid\":\"a\",\"alg\":\"none\"}}"),
            format!("{{{ED},\"kid\":\"a\",\"alg\":7}}"),
            format!("{{{ED},\"kid\":\"a\",\"d\":\"AAAA\"}}"),
            format!("{{{},\"kid\":\"a\"}}", ED.replace("11qY", "11q")),
            format!("{{{},\"kid\":\"a\"}}", ED.replace("Ed25519", "X25519")),
            "{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"AAAA\"}".to_owned(),
            "{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"AQAB\",\"e\":\"AQAB\"}".to_owned(),
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"x\":\"AQ\",\"y\":\"AQ\"}".to_owned(),
            "7".to_owned(),
        ] {
            let set = set(std::slice::from_ref(&bad));
            assert!(set.is_empty() && set.left_out() == 1, "{bad}");
        }
    }

    #[test]
    fn two_keys_of_one_name_are_both_left_out() {
        let key = format!("{{{ED},\"kid\":\"a\"}}");
        let set = set(&[key.clone(), key]);
        assert!(set.get("a").is_none());
    }

    #[test]
    fn sets_that_are_none_are_refused() {
        for bad in ["", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[],\"keys\":[]}", "<html>"] {
            assert!(KeySet::read(bad.as_bytes(), &[Algorithm::EdDSA]).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_rsa_key_without_algorithm_needs_an_issuer_with_one() {
        use Algorithm::{ES256, PS256, RS256};
        assert_eq!(only_algorithm(AlgorithmFamily::Rsa, None, &[ES256, RS256]), Some(RS256));
        assert_eq!(only_algorithm(AlgorithmFamily::Rsa, None, &[PS256, RS256]), None);
        assert_eq!(only_algorithm(AlgorithmFamily::Rsa, None, &[ES256]), None);
    }
}
