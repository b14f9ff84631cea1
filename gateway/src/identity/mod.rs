//! Who asks: credentials verified, and made into a chain of links that a policy decides on.
//!
//! A credential is an access token (RFC 9068, read as RFC 8725 asks), a client certificate with a SPIFFE id, or the local
//! user at the other end of stdio. A token is taken apart strictly ([`strict`], [`header`]), its signature checked with
//! the one algorithm of its key ([`crypto`], [`keys`], [`store`]), then its claims ([`claims`]) and what it is bound to
//! ([`proof`], [`certificate`]); [`chain`] makes links of it. [`verifier`] puts that in order, [`metadata`](mod@metadata) tells clients
//! where to get a token. Why a credential is refused is a [`Reason`], a stable word.
//!
//! A credential that was shown and is not good is refused; it never makes an anonymous caller.

pub mod certificate;
pub mod chain;
pub mod claims;
pub mod crypto;
pub mod fetch;
pub mod header;
pub mod keys;
pub mod metadata;
pub mod proof;
pub mod reason;
pub mod store;
pub mod strict;
pub mod verifier;

pub use metadata::{insufficient_scope, metadata, metadata_url};
pub use reason::{IdentityError, Reason};
pub use verifier::{Presented, Verifier};

use crate::policy::Snapshot;
use crate::verified::Verified;
use mcpz_runtime::principal::{Link, LinkKind, LinkSource};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `[identity]` of the gateway's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Callers without credential are let in, as anonymous ones: a policy must name them.
    pub anonymous: bool,
    /// How far the clocks of issuers may differ from ours, seconds.
    pub leeway_s: u32,
    /// Longest lifetime of a token whose issuer declares none in the policy, seconds.
    pub max_lifetime_s: u32,
    /// Scopes that the metadata of resources names.
    pub scopes: Vec<String>,
    /// Keys and habits of the policy's issuers, by name.
    pub issuers: BTreeMap<String, Issuer>,
}

impl Default for Config {
    fn default() -> Config {
        Config { anonymous: false, leeway_s: 0, max_lifetime_s: 3600, scopes: Vec::new(), issuers: BTreeMap::new() }
    }
}

/// An issuer: what the policy does not say of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// URL of its keys.
    pub jwks_url: Option<String>,
    /// File of its keys, in the place of a URL.
    pub jwks_file: Option<PathBuf>,
    /// What it signs with.
    pub algorithms: Vec<String>,
    /// Certificate authorities for the URL, PEM; absent: the public ones.
    pub ca_file: Option<PathBuf>,
    /// Keys older than this are fetched again, seconds.
    #[serde(default = "default_refresh_s")]
    pub refresh_s: u32,
    /// Keys older than this are not believed, seconds; not less than `refresh_s`.
    #[serde(default = "default_max_stale_s")]
    pub max_stale_s: u32,
    /// Keys are never fetched more often than this, seconds.
    #[serde(default = "default_min_refresh_s")]
    pub min_refresh_s: u32,
    /// Tokens may name other audiences beside this resource.
    #[serde(default)]
    pub shared_audience: bool,
    /// The URL may be http if it is of this machine: for tests.
    #[serde(default)]
    pub allow_http_loopback: bool,
    /// Values of `acr` that mean a second factor.
    #[serde(default)]
    pub mfa_acr: Vec<String>,
    /// Values of `amr` that mean a second factor.
    #[serde(default = "default_mfa_amr")]
    pub mfa_amr: Vec<String>,
}

fn default_refresh_s() -> u32 {
    600
}

fn default_max_stale_s() -> u32 {
    3600
}

fn default_min_refresh_s() -> u32 {
    30
}

/// RFC 8176: several factors were used.
fn default_mfa_amr() -> Vec<String> {
    vec!["mfa".to_owned()]
}

/// The configuration will not do: the key, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// `identity.issuers.corp.algorithms`.
    pub key: String,
    /// What is wrong.
    pub what: String,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.key, self.what)
    }
}

impl std::error::Error for ConfigError {}

/// The local user at the other end of stdio, as an agent: `agent desktop from local where uid == 1000`.
pub fn local(uid: u32) -> Verified {
    local_as(uid, LinkKind::Agent)
}

/// As [`local`], a user if the policy takes that uid for one: `user me from local where uid == 1000`.
pub fn local_in(snapshot: &Snapshot, uid: u32) -> Result<Verified, IdentityError> {
    let kind = chain::kind(snapshot, &local_link(uid, LinkKind::Agent), LinkKind::Agent)?;
    Ok(local_as(uid, kind))
}

fn local_link(uid: u32, kind: LinkKind) -> Link {
    Link { kind, source: LinkSource::Local { uid: i64::from(uid) }, claims: "{}".to_owned() }
}

fn local_as(uid: u32, kind: LinkKind) -> Verified {
    let chain = vec![local_link(uid, kind)];
    let credential = chain::key(&chain).0;
    chain::verified(chain, Vec::new(), credential)
}

/// The user this process runs as: on stdio, who started us.
pub fn own_uid() -> u32 {
    rustix::process::getuid().as_raw()
}
