//! Tokens of an issuer that the tests are.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// What the issuer is called.
pub const URL: &str = "https://id.acme.example";

/// An issuer with one key.
pub struct Issuer {
    key: Ed25519KeyPair,
    id: String,
}

/// Now, seconds.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs())
}

impl Issuer {
    /// A new issuer, whose key has this id.
    pub fn new(id: &str) -> Result<Issuer, String> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| "no key")?;
        let key = Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(|_| "no key")?;
        Ok(Issuer { key, id: id.to_owned() })
    }

    /// Its keys, as RFC 7517 writes them.
    pub fn keys(&self) -> Value {
        let public = encode(self.key.public_key().as_ref());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": self.id, "use": "sig", "alg": "EdDSA", "x": public}]})
    }

    /// Claims for a subject, good for ten minutes.
    pub fn claims(subject: &str, audience: &str) -> Value {
        let now = now();
        json!({
            "iss": URL, "sub": subject, "aud": audience, "client_id": "test", "groups": [],
            "iat": now, "exp": now + 600, "jti": format!("{subject}-{now}"),
        })
    }

    /// A token for a subject, good for ten minutes.
    pub fn token(&self, subject: &str, audience: &str) -> String {
        self.sign(&Issuer::claims(subject, audience))
    }

    /// A token of these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.id});
        let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", encode(signature.as_ref()))
    }
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_signed_with_the_key_that_is_published() {
        let issuer = Issuer::new("k").unwrap();
        let token = issuer.token("agent:a", "https://mcp.example");
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        let public = decode(issuer.keys()["keys"][0]["x"].as_str().unwrap());
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, public);
        assert!(key.verify(signed.as_bytes(), &decode(signature)).is_ok());
        let claims: Value = serde_json::from_slice(&decode(signed.split_once('.').unwrap().1)).unwrap();
        assert_eq!(claims["sub"], "agent:a");
    }
}
