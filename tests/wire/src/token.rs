//! Tokens of an issuer that the tests are.

use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// An issuer with one key.
pub struct Issuer {
    key: Ed25519KeyPair,
}

impl Issuer {
    /// A new issuer.
    pub fn new() -> Result<Issuer, String> {
        let document = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).map_err(|_| "no key")?;
        let key = Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(|_| "no key")?;
        Ok(Issuer { key })
    }

    /// Its keys, as RFC 7517 writes them.
    pub fn keys(&self) -> Value {
        let public = encode(self.key.public_key().as_ref());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "wire", "use": "sig", "alg": "EdDSA", "x": public}]})
    }

    /// A token for an agent, good for ten minutes.
    pub fn token(&self, subject: &str, audience: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
        let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "wire"});
        let claims = json!({
            "iss": "https://id.acme.example", "sub": subject, "aud": audience, "client_id": "wire",
            "iat": now, "exp": now + 600, "jti": format!("{subject}-{now}"),
        });
        let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", encode(signature.as_ref()))
    }
}

fn encode(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
