//! The header of a token: what it must say, and what it must not.

use super::reason::Reason;
use super::strict::{Object, is_plain};
use jsonwebtoken::Algorithm;
use mcpz_runtime::json::Kind;

/// Members that bring or name a key: who forges a token would bring his own.
const KEYS: [&str; 4] = ["jku", "jwk", "x5u", "x5c"];
/// Members that change how the rest is read.
const CHANGES: [&str; 6] = ["b64", "zip", "enc", "epk", "p2s", "p2c"];

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The key.
    pub key_id: &'a str,
}

/// Reads the header of an access token (RFC 9068).
pub fn access_token(header: &Object) -> Result<Header<'_>, Reason> {
    refuse_members(header, &KEYS)?;
    let algorithm = algorithm(header)?;
    type_is(header, "at+jwt")?;
    let node = header.get("kid").ok_or(Reason::KeyId)?;
    let key_id = header.view().str(node).filter(|kid| is_plain(kid) && kid.len() <= 256).ok_or(Reason::KeyId)?;
    Ok(Header { algorithm, key_id })
}

/// Refuses what no token read here may have.
pub fn refuse_members(header: &Object, keys: &[&str]) -> Result<(), Reason> {
    let has = |name: &&str| header.get(name).is_some();
    if keys.iter().any(has) {
        return Err(Reason::HeaderKey);
    }
    if header.get("crit").is_some() {
        return Err(Reason::HeaderCritical);
    }
    // A token within a token is named by `cty`.
    if CHANGES.iter().any(has) || header.get("cty").is_some() {
        return Err(Reason::HeaderMember);
    }
    Ok(())
}

/// The algorithm: an asymmetric one.
pub fn algorithm(header: &Object) -> Result<Algorithm, Reason> {
    let node = header.get("alg").ok_or(Reason::Algorithm)?;
    let name = header.view().str(node).ok_or(Reason::Algorithm)?;
    if name.eq_ignore_ascii_case("none") {
        return Err(Reason::AlgorithmNone);
    }
    asymmetric(name).ok_or(Reason::Algorithm)
}

/// An asymmetric algorithm by its exact name.
pub fn asymmetric(name: &str) -> Option<Algorithm> {
    Some(match name {
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "PS384" => Algorithm::PS384,
        "PS512" => Algorithm::PS512,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "EdDSA" => Algorithm::EdDSA,
        _ => return None,
    })
}

/// `typ`, a media type: its case does not matter, and `application/` may stand before it.
pub fn type_is(header: &Object, wanted: &str) -> Result<(), Reason> {
    let node = header.get("typ").filter(|node| header.view().kind(*node) == Kind::String).ok_or(Reason::Type)?;
    let found = header.view().str(node).unwrap_or_default().to_ascii_lowercase();
    let found = found.strip_prefix("application/").unwrap_or(&found);
    if found == wanted { Ok(()) } else { Err(Reason::Type) }
}
