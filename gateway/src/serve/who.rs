//! Who clients are: the verifier of credentials, and where clients learn how to get one.

use crate::config::{Config, ConfigError, wrong};
use crate::http::{Endpoint, NotVerified, Verify};
use crate::policy::Store;
use crate::verified::Verified;
use bytes::Bytes;
use http::{StatusCode, header};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The verifier that the configuration describes.
pub fn verify(config: &Config, _policy: Arc<Store>) -> Result<Verify, ConfigError> {
    let anonymous = match config.identity.get("anonymous") {
        None => false,
        Some(toml::Value::Boolean(anonymous)) => *anonymous,
        Some(_) => return Err(wrong("identity.anonymous", "write `true` or `false`")),
    };
    let nobody = Arc::new(Verified::anonymous());
    Ok(Arc::new(move |presented, endpoint| {
        let shows_something = presented.headers.contains_key(header::AUTHORIZATION);
        let verified = match anonymous && !shows_something {
            true => Ok(nobody.clone()),
            false => Err(NotVerified {
                status: StatusCode::UNAUTHORIZED,
                reason: "credential_missing",
                challenge: Some(format!(r#"Bearer resource_metadata="{}""#, endpoint.metadata_url)),
            }),
        };
        Box::pin(std::future::ready(verified))
    }))
}

/// Protected resource metadata (RFC 9728) by path.
pub fn metadata<'a>(
    _config: &Config,
    policy: &Store,
    endpoints: impl Iterator<Item = &'a Arc<Endpoint>>,
) -> BTreeMap<String, Bytes> {
    let issuers: Vec<String> =
        policy.snapshot().program.image().issuers.iter().map(|issuer| issuer.url.clone()).collect();
    endpoints
        .map(|endpoint| {
            let body = serde_json::json!({
                "resource": endpoint.resource,
                "authorization_servers": issuers,
                "bearer_methods_supported": ["header"],
            });
            (format!("/.well-known/oauth-protected-resource{}", endpoint.path), Bytes::from(body.to_string()))
        })
        .collect()
}
