//! Getting key sets: from files, and over https with certificates verified. Nothing is followed elsewhere, and what comes
//! is bounded in size and time.

use super::store::{Fetch, Location};
use crate::tls;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

/// Longest key set, in bytes.
const MAX_BYTES: usize = 256 << 10;
/// How long the issuer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Gets key sets.
pub struct Fetcher {
    client: tls::Client<Empty<Bytes>>,
}

impl Fetcher {
    /// A fetcher that trusts the public authorities, or only those in a file.
    pub fn new(authorities: Option<&Path>) -> Result<Fetcher, String> {
        Ok(Fetcher { client: tls::pooled(tls::client(authorities)?) })
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        let request = http::Request::get(url)
            .header(http::header::ACCEPT, "application/jwk-set+json, application/json")
            .body(Empty::new())
            .map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| format!("{url}: {error}"))?;
        if response.status() != http::StatusCode::OK {
            return Err(format!("{url} answers {}", response.status()));
        }
        let body = Limited::new(response.into_body(), MAX_BYTES).collect().await;
        body.map(|body| body.to_bytes().to_vec()).map_err(|error| format!("{url}: {error}"))
    }
}

impl Fetch for Fetcher {
    fn fetch<'a>(
        &'a self,
        location: &'a Location,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send + 'a>> {
        Box::pin(async move {
            match location {
                Location::File(path) => {
                    tokio::fs::read(path).await.map_err(|error| format!("{}: {error}", path.display()))
                }
                Location::Url(url) => tokio::time::timeout(PATIENCE, self.get(url))
                    .await
                    .unwrap_or_else(|_| Err(format!("{url} took longer than {} s", PATIENCE.as_secs()))),
            }
        })
    }
}

/// Whether keys may be fetched from a URL: https, or http from this very machine when that is allowed.
pub fn may_fetch(url: &str, allow_http_loopback: bool) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let has_user = uri.authority().is_none_or(|authority| authority.as_str().contains('@'));
    match uri.scheme_str() {
        _ if has_user => false,
        Some("https") => true,
        Some("http") => allow_http_loopback && matches!(uri.host(), Some("127.0.0.1" | "[::1]")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_https_or_from_this_machine_in_tests() {
        assert!(may_fetch("https://id.example/jwks", false));
        assert!(may_fetch("http://127.0.0.1:8080/jwks", true));
        for bad in [
            "http://127.0.0.1:8080/jwks",
            "http://id.example/jwks",
            "ftp://id.example/jwks",
            "https://user@id.example/jwks",
            "/jwks",
            "",
        ] {
            assert!(!may_fetch(bad, false), "{bad}");
        }
        for bad in ["http://localhost/jwks", "http://127.0.0.1.evil.example/", "http://127.0.0.1@evil.example/"] {
            assert!(!may_fetch(bad, true), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_an_error() {
        let fetcher = Fetcher::new(None).unwrap();
        assert!(fetcher.fetch(&Location::File("/nonexistent/jwks".into())).await.is_err());
        assert!(Fetcher::new(Some(Path::new("/nonexistent/ca.pem"))).is_err());
    }
}
