//! Who clients are: the verifier of credentials, and where clients learn how to get one.

use crate::carry::now_ms;
use crate::config::{Config, ConfigError, wrong};
use crate::http::{Describe, NotVerified, Verify};
use crate::identity::{self, Presented, Verifier};
use crate::policy::Store;
use bytes::Bytes;
use http::StatusCode;
use std::sync::Arc;

/// The verifier that the configuration describes. Issuers are those of the policy at the time.
pub fn verify(config: &Config, policy: Arc<Store>) -> Result<Verify, ConfigError> {
    let verifier = Verifier::new(&config.identity).map_err(|error| wrong(&error.key, error.what))?;
    for name in verifier.without_keys(&policy.snapshot().program) {
        tracing::warn!(issuer = %name, "the policy names an issuer that has no keys here: its tokens are refused");
    }
    let verifier = Arc::new(verifier);
    Ok(Arc::new(move |shown, endpoint| {
        let (verifier, snapshot) = (verifier.clone(), policy.snapshot());
        Box::pin(async move {
            let shown = Presented {
                headers: shown.headers,
                certificate: shown.certificate,
                method: shown.method,
                resource: shown.resource,
                now_ms: now_ms(),
                at: std::time::Instant::now(),
            };
            verifier.verify(&snapshot, shown).await.map_err(|error| NotVerified {
                status: StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED),
                reason: error.reason(),
                challenge: Some(error.www_authenticate(&endpoint.metadata_url)),
            })
        })
    }))
}

/// Protected resource metadata (RFC 9728).
pub fn describe(config: &Config, policy: Arc<Store>) -> Describe {
    let config = config.identity.clone();
    Arc::new(move |endpoint| Bytes::from(identity::metadata(&config, &policy.snapshot().program, &endpoint.resource)))
}
