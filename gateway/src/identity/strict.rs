//! Tokens as text: taken apart so that no two readers can read them in two ways.
//!
//! A token is three parts of base64url (RFC 7515), each in its one spelling: no padding, no white space, no stray bits in
//! the last character. Header and claims are JSON objects as the policy's own strict reader reads them: no key twice at
//! any depth, however it is escaped, bounded in size and depth.

use super::reason::Reason;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcpz_runtime::json::{Buffers, Document, Kind, Limits, NodeId};

/// Longest token, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16 << 10;
/// Longest text claim that is compared or kept, in bytes.
pub const MAX_TEXT_BYTES: usize = 1024;
/// Bounds on a header.
const HEADER_LIMITS: Limits = Limits { max_bytes: 4096, max_depth: 4, max_nodes: 64 };
/// Bounds on claims.
const CLAIMS_LIMITS: Limits = Limits { max_bytes: 12 << 10, max_depth: 16, max_nodes: 2000 };

/// A token, taken apart and not yet believed.
#[derive(Debug)]
pub struct Unverified {
    header: Object,
    claims: Object,
    /// What is signed: the first two parts with the dot between them.
    signed_bytes: usize,
    signature: Vec<u8>,
}

/// A JSON object with its text.
#[derive(Debug)]
pub struct Object {
    text: String,
    nodes: Buffers,
}

impl Object {
    /// Reads the text of an object.
    pub fn read(bytes: Vec<u8>, limits: &Limits) -> Result<Object, Reason> {
        let text = String::from_utf8(bytes).map_err(|_| Reason::TokenJson)?;
        let mut nodes = Buffers::new();
        let document = nodes.read(text.as_bytes(), limits).map_err(|_| Reason::TokenJson)?;
        if document.kind(document.root()) != Kind::Object {
            return Err(Reason::TokenJson);
        }
        Ok(Object { text, nodes })
    }

    /// Its values.
    pub fn view(&self) -> Document<'_> {
        self.nodes.view(&self.text)
    }

    /// Its text as it came.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A member.
    pub fn get(&self, name: &str) -> Option<NodeId> {
        let view = self.view();
        view.get(view.root(), name)
    }

    /// A member that must be a text if it is there: not empty, not too long, no control characters.
    pub fn opt_text(&self, name: &str) -> Result<Option<&str>, Reason> {
        let Some(node) = self.get(name) else { return Ok(None) };
        let text = self.view().str(node).filter(|text| is_plain(text)).ok_or(Reason::ClaimType)?;
        Ok(Some(text))
    }

    /// A member that must be there and be a text.
    pub fn text_of(&self, name: &str) -> Result<&str, Reason> {
        self.opt_text(name)?.ok_or(Reason::ClaimMissing)
    }

    /// A member that must be a number of seconds since the Unix epoch if it is there, before the year 10000.
    pub fn opt_seconds(&self, name: &str) -> Result<Option<i64>, Reason> {
        let Some(node) = self.get(name) else { return Ok(None) };
        let number = self.view().integer(node).and_then(|number| i64::try_from(number).ok());
        number.filter(|seconds| (0..253_402_300_800).contains(seconds)).map(Some).ok_or(Reason::ClaimType)
    }

    /// A member that must be there and be a number of seconds.
    pub fn seconds(&self, name: &str) -> Result<i64, Reason> {
        self.opt_seconds(name)?.ok_or(Reason::ClaimMissing)
    }
}

/// Whether a text may be a name.
pub fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_TEXT_BYTES && !text.chars().any(char::is_control)
}

impl Unverified {
    /// Takes a token apart.
    pub fn read(token: &str) -> Result<Unverified, Reason> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Reason::TokenTooLong);
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else { return Err(Reason::TokenForm) };
        if [header, claims, signature].iter().any(|part| part.is_empty()) {
            // An empty signature is what a token with `alg` `none` has.
            let is_none = !header.is_empty() && signature.is_empty();
            return Err(if is_none { Reason::AlgorithmNone } else { Reason::TokenForm });
        }
        Ok(Unverified {
            header: Object::read(decode(header)?, &HEADER_LIMITS)?,
            claims: Object::read(decode(claims)?, &CLAIMS_LIMITS)?,
            signature: decode(signature)?,
            signed_bytes: header.len().saturating_add(claims.len()).saturating_add(1),
        })
    }

    /// The header.
    pub fn header(&self) -> &Object {
        &self.header
    }

    /// The claims.
    pub fn claims(&self) -> &Object {
        &self.claims
    }

    /// What is signed of the token's text.
    pub fn signed<'a>(&self, token: &'a str) -> &'a [u8] {
        token.as_bytes().get(..self.signed_bytes).unwrap_or_default()
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// Base64url without padding, in its one spelling.
pub fn decode(part: &str) -> Result<Vec<u8>, Reason> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Reason::TokenEncoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_has_one_spelling() {
        assert_eq!(decode("AQ").unwrap(), [1]);
        for bad in ["AQ==", "AQ=", "AR", "A", "A Q", "A+Q", "A/Q", "AQ\n", "ＡＱ"] {
            assert_eq!(decode(bad), Err(Reason::TokenEncoding), "{bad:?}");
        }
    }

    #[test]
    fn tokens_have_three_parts_that_are_objects() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let token = |header: &str, claims: &str| format!("{}.{}.AQ", part(header), part(claims));
        assert!(Unverified::read(&token("{}", "{}")).is_ok());
        for (bad, reason) in [
            (String::new(), Reason::TokenForm),
            ("a.b".into(), Reason::TokenForm),
            ("a.b.c.d.e".into(), Reason::TokenForm),
            ("..".into(), Reason::TokenForm),
            (format!("{}.{}.", part("{}"), part("{}")), Reason::AlgorithmNone),
            (token("[]", "{}"), Reason::TokenJson),
            (token("{}", "1"), Reason::TokenJson),
            (token("{}", r#"{"a":1,"\u0061":2}"#), Reason::TokenJson),
            (token("{}", r#"{"a":{"b":{"x":1,"x":1}}}"#), Reason::TokenJson),
            (token("{} ", "{}x"), Reason::TokenJson),
            (token("{}", &format!("{{\"a\":{}{}}}", "[".repeat(20), "]".repeat(20))), Reason::TokenJson),
            ("A".repeat(MAX_TOKEN_BYTES + 1), Reason::TokenTooLong),
        ] {
            assert_eq!(Unverified::read(&bad).unwrap_err(), reason, "{bad}");
        }
    }
}
