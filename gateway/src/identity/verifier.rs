//! From what a request shows to a verified credential.

use super::claims::{self, Binding, Wanted};
use super::fetch::{Fetcher, may_fetch};
use super::header::{self, asymmetric};
use super::proof::{self, Shown};
use super::reason::{IdentityError, Reason};
use super::store::{Fetch, KeyStore, Location, Times};
use super::strict::{MAX_TOKEN_BYTES, Unverified};
use super::{Config, ConfigError, Issuer, certificate, chain, crypto};
use crate::policy::Snapshot;
use crate::verified::Verified;
use jsonwebtoken::Algorithm;
use mcpz_bytecode::Program;
use mcpz_bytecode::image::IssuerImage;
use mcpz_runtime::principal::{Link, LinkKind, LinkSource};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most tokens remembered as verified.
const MAX_REMEMBERED: usize = 10_000;

/// What a request shows.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// Its headers.
    pub headers: &'a http::HeaderMap,
    /// The client's certificate, DER, verified by TLS.
    pub certificate: Option<&'a [u8]>,
    /// Its method.
    pub method: &'a http::Method,
    /// The canonical URL of what is asked for (RFC 8707).
    pub resource: &'a str,
    /// Now, milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// Now, on the clock that nobody sets: the issuers' keys age by it.
    pub at: Instant,
}

/// Verifies credentials. Share it: it keeps the issuers' keys, and which tokens were verified.
pub struct Verifier {
    config: Config,
    issuers: BTreeMap<String, Keys>,
    remembered: Mutex<BTreeMap<[u8; 32], Remembered>>,
    proofs: Shown,
}

/// An issuer's keys, and what it signs with.
struct Keys {
    settings: Issuer,
    algorithms: Vec<Algorithm>,
    store: KeyStore,
}

/// A token that was verified.
#[derive(Clone)]
struct Remembered {
    verified: Arc<Verified>,
    binding: Option<Binding>,
    issuer: String,
    /// Generation of the issuer's keys.
    keys: u64,
    /// Generation of the policy and data that said what it is.
    snapshot: u64,
}

/// A credential in a header.
#[derive(Debug, Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    /// The scheme is `DPoP`.
    is_bound: bool,
}

impl Verifier {
    /// A verifier for a configuration.
    pub fn new(config: &Config) -> Result<Verifier, ConfigError> {
        Verifier::with(config, |name, issuer| {
            if let Some(path) = &issuer.jwks_file {
                // Later it may be replaced; to begin without keys is a mistake.
                let read = std::fs::File::open(path);
                read.map_err(|error| wrong(name, "jwks_file", format!("{} cannot be read: {error}", path.display())))?;
            }
            let fetcher = Fetcher::new(issuer.ca_file.as_deref()).map_err(|what| wrong(name, "ca_file", what))?;
            Ok(Arc::new(fetcher) as Arc<dyn Fetch>)
        })
    }

    /// A verifier that gets keys in another way, for tests.
    pub fn with_fetch(config: &Config, fetch: Arc<dyn Fetch>) -> Result<Verifier, ConfigError> {
        Verifier::with(config, |_, _| Ok(fetch.clone()))
    }

    fn with(
        config: &Config,
        fetch: impl Fn(&str, &Issuer) -> Result<Arc<dyn Fetch>, ConfigError>,
    ) -> Result<Verifier, ConfigError> {
        let mut issuers = BTreeMap::new();
        for (name, settings) in &config.issuers {
            let location = location(name, settings)?;
            let algorithms: Option<Vec<Algorithm>> = settings.algorithms.iter().map(|name| asymmetric(name)).collect();
            let algorithms = algorithms.filter(|all| !all.is_empty()).ok_or_else(|| {
                wrong(name, "algorithms", "name those it signs with: ES256, ES384, EdDSA, PS256, RS256 and the like")
            })?;
            if settings.max_stale_s < settings.refresh_s {
                return Err(wrong(
                    name,
                    "max_stale_s",
                    "keys would not be believed any more before they are fetched again: not less than `refresh_s`",
                ));
            }
            let time = |seconds: u32| Duration::from_secs(u64::from(seconds.max(1)));
            let times = Times {
                refresh: time(settings.refresh_s),
                max_stale: time(settings.max_stale_s),
                min_refresh: time(settings.min_refresh_s),
            };
            let store = KeyStore::new(location, algorithms.clone(), times, fetch(name, settings)?);
            issuers.insert(name.clone(), Keys { settings: settings.clone(), algorithms, store });
        }
        let (config, remembered) = (config.clone(), Mutex::default());
        Ok(Verifier { config, issuers, remembered, proofs: Shown::default() })
    }

    /// Issuers of the policy that have no keys here: their tokens are refused.
    pub fn without_keys(&self, program: &Program) -> Vec<String> {
        let names = program.image().issuers.iter().map(|issuer| issuer.name.clone());
        names.filter(|name| !self.issuers.contains_key(name)).collect()
    }

    /// Verifies what a request shows, for this policy and its data.
    pub async fn verify(&self, snapshot: &Snapshot, shown: Presented<'_>) -> Result<Arc<Verified>, IdentityError> {
        match (token(shown.headers)?, shown.certificate) {
            (Some(token), _) => Ok(self.token(snapshot, token, &shown).await?),
            (None, Some(der)) => Ok(Arc::new(of_certificate(snapshot, der, shown.now_ms)?)),
            (None, None) if self.config.anonymous => Ok(Arc::new(Verified::anonymous())),
            (None, None) => Err(Reason::Missing.into()),
        }
    }

    async fn token(
        &self,
        snapshot: &Snapshot,
        token: Token<'_>,
        shown: &Presented<'_>,
    ) -> Result<Arc<Verified>, Reason> {
        let mut digest = Sha256::new();
        digest.update(token.text);
        digest.update([0]);
        digest.update(shown.resource);
        let credential: [u8; 32] = digest.finalize().into();
        let found = match self.recall(&credential, snapshot, shown) {
            Some(found) => found,
            None => {
                let found = self.check(snapshot, token.text, credential, shown).await?;
                self.remember(credential, found.clone(), shown.now_ms);
                found
            }
        };
        self.is_bound(&found.binding, token, shown)?;
        Ok(found.verified)
    }

    fn recall(&self, credential: &[u8; 32], snapshot: &Snapshot, shown: &Presented<'_>) -> Option<Remembered> {
        let found = self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(credential).cloned()?;
        let keys = self.issuers.get(&found.issuer)?;
        let holds = found.snapshot == snapshot.generation
            && !found.verified.is_expired(shown.now_ms)
            && keys.store.is_current(found.keys, shown.at);
        holds.then_some(found)
    }

    fn remember(&self, credential: [u8; 32], found: Remembered, now_ms: i64) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MAX_REMEMBERED {
            remembered.retain(|_, found| !found.verified.is_expired(now_ms));
        }
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(credential, found);
    }

    /// Everything about a token that does not depend on the request it comes with.
    async fn check(
        &self,
        snapshot: &Snapshot,
        text: &str,
        credential: [u8; 32],
        shown: &Presented<'_>,
    ) -> Result<Remembered, Reason> {
        let read = Unverified::read(text)?;
        let header = header::access_token(read.header())?;
        // Who is said to have issued it says which keys it must be signed with; nothing else is believed yet.
        let stated = read.claims().text_of("iss")?;
        let issuer =
            snapshot.program.image().issuers.iter().find(|issuer| issuer.url == stated).ok_or(Reason::Issuer)?;
        let keys = self.issuers.get(&issuer.name).ok_or(Reason::KeysUnavailable)?;
        if !keys.algorithms.contains(&header.algorithm) {
            return Err(Reason::Algorithm);
        }
        let found = keys.store.key(header.key_id, shown.at).await?;
        if found.key.algorithm != header.algorithm {
            return Err(Reason::KeyAlgorithm);
        }
        crypto::verify(header.algorithm, &found.key.public, read.signed(text), read.signature())?;
        let (verified, binding) = self.believed(snapshot, issuer, keys, &read, credential, shown)?;
        Ok(Remembered {
            verified: Arc::new(verified),
            binding,
            issuer: issuer.name.clone(),
            keys: found.generation,
            snapshot: snapshot.generation,
        })
    }

    /// The claims, once the signature is good.
    fn believed(
        &self,
        snapshot: &Snapshot,
        issuer: &IssuerImage,
        keys: &Keys,
        read: &Unverified,
        credential: [u8; 32],
        shown: &Presented<'_>,
    ) -> Result<(Verified, Option<Binding>), Reason> {
        let lifetime_s = issuer.lifetime_ms.map_or(i64::from(self.config.max_lifetime_s), |ms| ms / 1000);
        let wanted = Wanted {
            issuer: &issuer.url,
            audience: issuer.audience.as_deref().unwrap_or(shown.resource),
            shared_audience: keys.settings.shared_audience,
            lifetime_s,
            leeway_s: i64::from(self.config.leeway_s),
            now_s: shown.now_ms.div_euclid(1000),
        };
        let facts = claims::check(read.claims(), &wanted)?;
        let mfa_at_ms = claims::mfa_at_ms(read.claims(), &keys.settings.mfa_acr, &keys.settings.mfa_amr, &wanted)?;
        let binding = claims::binding(read.claims())?;
        if !issuer.bound.is_empty() {
            let way = match &binding {
                Some(Binding::Certificate(_)) => "mtls",
                Some(Binding::Key(_)) => "dpop",
                None => return Err(Reason::Binding),
            };
            issuer.bound.iter().find(|allowed| *allowed == way).ok_or(Reason::Binding)?;
        }
        let mut links = chain::links(read.claims(), &issuer.name, &issuer.url, LinkKind::User)?;
        if let Some(subject) = links.last_mut() {
            let otherwise = if facts.is_client { LinkKind::Agent } else { LinkKind::User };
            subject.kind = chain::kind(snapshot, subject, otherwise)?;
        }
        let mut verified = chain::verified(links, facts.scopes, credential);
        let end_s = facts.expires_s.saturating_add(wanted.leeway_s);
        verified.expires_at_ms = Some(end_s.saturating_mul(1000));
        verified.mfa_at_ms = mfa_at_ms;
        Ok((verified, binding))
    }

    /// Whether who shows the token is who it is bound to.
    fn is_bound(&self, binding: &Option<Binding>, token: Token<'_>, shown: &Presented<'_>) -> Result<(), Reason> {
        match binding {
            None if token.is_bound => Err(Reason::Binding),
            None => Ok(()),
            Some(Binding::Certificate(digest)) => {
                let is_shown = shown.certificate.is_some_and(|der| certificate::digest(der) == *digest);
                if is_shown && !token.is_bound { Ok(()) } else { Err(Reason::Binding) }
            }
            Some(Binding::Key(_)) if !token.is_bound => Err(Reason::Binding),
            Some(Binding::Key(thumbprint)) => {
                let of = proof::Of {
                    token: token.text,
                    thumbprint,
                    method: shown.method.as_str(),
                    url: shown.resource,
                    now_s: shown.now_ms.div_euclid(1000),
                };
                proof::check(only(shown.headers, "dpop")?.ok_or(Reason::Proof)?, &of, &self.proofs)
            }
        }
    }
}

fn wrong(issuer: &str, key: &str, what: impl Into<String>) -> ConfigError {
    ConfigError { key: format!("identity.issuers.{issuer}.{key}"), what: what.into() }
}

fn location(name: &str, settings: &Issuer) -> Result<Location, ConfigError> {
    match (&settings.jwks_url, &settings.jwks_file) {
        (Some(url), None) if may_fetch(url, settings.allow_http_loopback) => Ok(Location::Url(url.clone())),
        (Some(_), None) => Err(wrong(name, "jwks_url", "keys are fetched over https")),
        (None, Some(path)) => Ok(Location::File(path.clone())),
        _ => Err(wrong(name, "jwks_url", "give either this or `jwks_file`")),
    }
}

/// The credential in the headers. One that is malformed is refused, not overlooked.
fn token(headers: &http::HeaderMap) -> Result<Option<Token<'_>>, Reason> {
    let Some(value) = only(headers, http::header::AUTHORIZATION.as_str()).map_err(|_| Reason::Authorization)? else {
        return Ok(None);
    };
    let (scheme, text) = value.split_once(' ').ok_or(Reason::Authorization)?;
    let is_bound = scheme.eq_ignore_ascii_case("dpop");
    if !(is_bound || scheme.eq_ignore_ascii_case("bearer")) {
        return Err(Reason::Authorization);
    }
    if text.len() > MAX_TOKEN_BYTES {
        return Err(Reason::TokenTooLong);
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Reason::Authorization);
    }
    Ok(Some(Token { text, is_bound }))
}

/// The only header of a name; several, or one that is no text, are refused.
fn only<'a>(headers: &'a http::HeaderMap, name: &str) -> Result<Option<&'a str>, Reason> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Reason::Proof),
        (Some(_), Some(_)) => Err(Reason::Proof),
    }
}

/// The identity of a certificate, which ends with it: a connection may outlive it.
fn of_certificate(snapshot: &Snapshot, der: &[u8], now_ms: i64) -> Result<Verified, Reason> {
    let spiffe = certificate::spiffe(der)?;
    let ends_ms = certificate::ends_ms(der).filter(|end| now_ms < *end).ok_or(Reason::Certificate)?;
    let mut link = Link { kind: LinkKind::Agent, source: LinkSource::Mtls { spiffe }, claims: "{}".to_owned() };
    link.kind = chain::kind(snapshot, &link, LinkKind::Agent)?;
    let verified = chain::verified(vec![link], Vec::new(), Sha256::digest(der).into());
    Ok(Verified { expires_at_ms: Some(ends_ms), ..verified })
}
