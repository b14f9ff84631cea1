//! `gateway.toml`: what it may say, read with errors that name the key.
//!
//! The forms here are what the file holds; [`crate::serve`] makes the running parts of them. Unknown keys are
//! errors, so that a misspelt restriction is not passed over.

use crate::{audit, control, identity, telemetry};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A configuration that cannot be used: what and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub String);

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// An error about one key.
pub fn wrong(key: &str, problem: impl std::fmt::Display) -> ConfigError {
    ConfigError(format!("`{key}`: {problem}"))
}

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The policy: a bundle, or the folder of a package.
    pub policy: PathBuf,
    /// Data in place of what the bundle was built with: files by name.
    #[serde(default)]
    pub data: BTreeMap<String, PathBuf>,
    /// Facts of `context`.
    #[serde(default)]
    pub context: toml::Table,
    /// `[listen]`.
    #[serde(default)]
    pub listen: Listen,
    /// `[admin]`.
    #[serde(default)]
    pub admin: Admin,
    /// `[limits]`.
    #[serde(default)]
    pub limits: Limits,
    /// `[identity]`.
    #[serde(default)]
    pub identity: identity::Config,
    /// `[audit]`.
    #[serde(default)]
    pub audit: audit::Config,
    /// `[control]`.
    #[serde(default)]
    pub control: control::Config,
    /// `[telemetry]`.
    #[serde(default)]
    pub telemetry: telemetry::Config,
    /// `[server.NAME]`.
    #[serde(default)]
    pub server: BTreeMap<String, Server>,
    /// `[[must_deny]]`.
    #[serde(default)]
    pub must_deny: Vec<MustDeny>,
}

/// `[listen]`: where clients come in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Address and port.
    pub address: SocketAddr,
    /// What clients call us, `https://mcp.example`; absent: `http://` and the address.
    pub url: Option<String>,
    /// More values of `Host`.
    pub hosts: Vec<String>,
    /// Values of `Origin` that may use us.
    pub origins: Vec<String>,
    /// Certificates, PEM.
    pub certificate: Option<PathBuf>,
    /// Their key, PEM.
    pub key: Option<PathBuf>,
    /// Authorities that client certificates may come from, PEM.
    pub client_authorities: Option<PathBuf>,
}

impl Default for Listen {
    fn default() -> Listen {
        Listen {
            address: SocketAddr::from(([127, 0, 0, 1], 8080)),
            url: None,
            hosts: Vec::new(),
            origins: Vec::new(),
            certificate: None,
            key: None,
            client_authorities: None,
        }
    }
}

/// `[admin]`: health and metrics.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Address and port; absent: nowhere.
    pub address: Option<SocketAddr>,
}

/// `[limits]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest message of a client, bytes.
    pub request_bytes: usize,
    /// Longest message of a server, bytes.
    pub answer_bytes: usize,
    /// Bytes that may wait for a client that reads slowly; then its stream is cut.
    pub stream_bytes: usize,
    /// Most requests that wait for an answer, in one conversation and direction.
    pub open_requests: usize,
    /// A message must have come within this time, seconds.
    pub message_s: u64,
    /// A server may take so long to begin an answer, seconds.
    pub upstream_s: u64,
    /// A server is surveyed for so long, seconds.
    pub survey_s: u64,
    /// A session that was not used for so long ends, seconds.
    pub idle_s: u64,
    /// When stopping, so long is waited for what is under way, seconds.
    pub drain_s: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        let mebibyte = 1024 * 1024;
        Limits {
            request_bytes: 4 * mebibyte,
            answer_bytes: 16 * mebibyte,
            stream_bytes: 16 * mebibyte,
            open_requests: 1024,
            message_s: 30,
            upstream_s: 120,
            survey_s: 10,
            idle_s: 3600,
            drain_s: 10,
        }
    }
}

/// `[server.NAME]`: a server of the policy, and how it is reached.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Its path here; absent: `/NAME/mcp`.
    pub path: Option<String>,
    /// Its URL; absent: the `endpoint` of the policy.
    pub url: Option<String>,
    /// Its command; absent, and without a URL: the `command` of the policy.
    pub command: Option<Vec<String>>,
    /// Where the command runs.
    pub directory: Option<PathBuf>,
    /// Variables of its environment: names of ours, or `NAME=value`.
    pub environment: Vec<String>,
    /// A file that holds its bearer token.
    pub token_file: Option<PathBuf>,
    /// A variable of our environment that holds its bearer token.
    pub token_env: Option<String>,
    /// Authorities that its certificate may come from, PEM; absent: those of the web.
    pub authorities: Option<PathBuf>,
    /// The catalog that the bundle was built with; absent: the package's own.
    pub catalog: Option<PathBuf>,
}

/// `[[must_deny]]`: a request that must be denied before anything is served.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MustDeny {
    /// The server.
    pub server: String,
    /// The message, JSON.
    pub message: String,
    /// Who asks; absent: a caller without a credential.
    pub caller: Option<Caller>,
}

/// `caller` of `[[must_deny]]`: `{ issuer = "corp", claims = { sub = "user:ann" } }`, or `{ spiffe = ".." }`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caller {
    /// The issuer of a token, by its name in the policy.
    pub issuer: Option<String>,
    /// The token's claims.
    pub claims: toml::Table,
    /// The SPIFFE id of a certificate.
    pub spiffe: Option<String>,
}

impl Config {
    /// Reads a file; paths in it are below its folder.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError(format!("{} cannot be read: {error}", path.display())))?;
        let mut config = Config::parse(&text).map_err(|error| ConfigError(format!("{}: {error}", path.display())))?;
        config.place(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// Reads a text.
    pub fn parse(text: &str) -> Result<Config, ConfigError> {
        let config: Config = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            ConfigError(format!("line {line}: {}", error.message().escape_debug()))
        })?;
        config.check()?;
        Ok(config)
    }

    /// What the types cannot say.
    fn check(&self) -> Result<(), ConfigError> {
        if self.listen.certificate.is_some() != self.listen.key.is_some() {
            return Err(wrong("listen.key", "`listen.certificate` and `listen.key` stand together"));
        }
        if self.listen.client_authorities.is_some() && self.listen.certificate.is_none() {
            return Err(wrong("listen.client_authorities", "client certificates need `listen.certificate`"));
        }
        if self.listen.certificate.is_none() && !self.listen.address.ip().is_loopback() {
            let problem = "an address that others reach needs TLS: set `listen.certificate` and `listen.key`";
            return Err(wrong("listen.address", problem));
        }
        if self.audit.folder.is_none() && self.audit != audit::Config::default() {
            return Err(wrong(
                "audit.folder",
                "without it nothing is written down, and the rest of `[audit]` means nothing",
            ));
        }
        for caller in self.must_deny.iter().filter_map(|vector| vector.caller.as_ref()) {
            if caller.issuer.is_some() == caller.spiffe.is_some()
                || (caller.spiffe.is_some() && !caller.claims.is_empty())
            {
                return Err(wrong("must_deny.caller", "give `issuer` and `claims`, or `spiffe`"));
            }
        }
        self.check_servers()?;
        for (key, is_zero) in [
            ("limits.request_bytes", self.limits.request_bytes == 0),
            ("limits.answer_bytes", self.limits.answer_bytes == 0),
            ("limits.stream_bytes", self.limits.stream_bytes == 0),
            ("limits.open_requests", self.limits.open_requests == 0),
        ] {
            if is_zero {
                return Err(wrong(key, "must be more than 0"));
            }
        }
        Ok(())
    }

    fn check_servers(&self) -> Result<(), ConfigError> {
        let mut paths = std::collections::BTreeSet::new();
        for (name, server) in &self.server {
            let key = |key: &str| format!("server.{}.{key}", name.escape_debug());
            if server.url.is_some() && server.command.is_some() {
                return Err(wrong(&key("command"), "a server has a `url` or a `command`, not both"));
            }
            if server.token_file.is_some() && server.token_env.is_some() {
                return Err(wrong(&key("token_env"), "a token comes from `token_file` or `token_env`, not both"));
            }
            if server.command.as_ref().is_some_and(Vec::is_empty) {
                return Err(wrong(&key("command"), "the program is missing"));
            }
            let path = server.path(name);
            let is_clean = path.starts_with('/')
                && path.len() > 1
                && path.split('/').skip(1).all(|part| !part.is_empty() && part != "." && part != "..")
                && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte));
            if !is_clean {
                return Err(wrong(&key("path"), "write a plain path such as `/files/mcp`"));
            }
            if !paths.insert(path) {
                return Err(wrong(&key("path"), "another server has this path"));
            }
        }
        Ok(())
    }

    /// Puts relative paths below a folder.
    fn place(&mut self, folder: &Path) {
        let place = |path: &mut PathBuf| *path = folder.join(&*path);
        place(&mut self.policy);
        self.data.values_mut().for_each(place);
        let Listen { certificate, key, client_authorities, .. } = &mut self.listen;
        [certificate, key, client_authorities].into_iter().flatten().for_each(place);
        [&mut self.audit.folder, &mut self.audit.key].into_iter().flatten().for_each(place);
        [&mut self.control.socket, &mut self.control.state].into_iter().flatten().for_each(place);
        self.telemetry.otlp_ca_file.iter_mut().for_each(place);
        for issuer in self.identity.issuers.values_mut() {
            [&mut issuer.jwks_file, &mut issuer.ca_file].into_iter().flatten().for_each(place);
        }
        for server in self.server.values_mut() {
            let Server { directory, token_file, authorities, catalog, .. } = server;
            [directory, token_file, authorities, catalog].into_iter().flatten().for_each(place);
        }
    }

    /// What clients call us.
    pub fn public_url(&self) -> String {
        let scheme = if self.listen.certificate.is_some() { "https" } else { "http" };
        let own = || format!("{scheme}://{}", self.listen.address);
        self.listen.url.clone().map_or_else(own, |url| url.trim_end_matches('/').to_owned())
    }
}

impl Server {
    /// Its path.
    pub fn path(&self, name: &str) -> String {
        self.path.clone().unwrap_or_else(|| format!("/{name}/mcp"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_file_is_enough() {
        let config = Config::parse("policy = \"p\"\n[server.fs]\n").unwrap();
        assert!(config.listen.address.ip().is_loopback());
        assert_eq!(config.server["fs"].path("fs"), "/fs/mcp");
        assert_eq!(config.public_url(), "http://127.0.0.1:8080");
    }

    #[test]
    fn mistakes_name_the_key() {
        for (text, part) in [
            ("", "policy"),
            ("policy = \"p\"\npolice = 1\n", "police"),
            ("policy = \"p\"\n[server.fs]\nurl = \"http://x\"\ncommand = [\"x\"]\n", "server.fs.command"),
            ("policy = \"p\"\n[server.fs]\ntoken = \"x\"\n", "token"),
            ("policy = \"p\"\n[listen]\naddress = \"0.0.0.0:1\"\n", "listen.address"),
            ("policy = \"p\"\n[listen]\nkey = \"k\"\n", "listen.key"),
            ("policy = \"p\"\n[server.a]\npath = \"/x\"\n[server.b]\npath = \"/x\"\n", "server.b.path"),
            ("policy = \"p\"\n[server.a]\npath = \"/a/../b\"\n", "server.a.path"),
            ("policy = \"p\"\n[limits]\nrequest_bytes = 0\n", "limits.request_bytes"),
            ("policy = \"p\"\n[audit]\non_failure = \"pray\"\n", "pray"),
            ("policy = \"p\"\n[audit]\nkey = \"k\"\n", "audit.folder"),
            ("policy = \"p\"\n[audit]\ndurable = \"always\"\n", "audit.folder"),
            ("policy = \"p\"\n[[must_deny]]\nserver = \"s\"\nmessage = \"m\"\nuid = 1\n", "uid"),
            ("policy = \"p\"\n[[must_deny]]\nserver = \"s\"\nmessage = \"m\"\ncaller = {}\n", "must_deny.caller"),
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn mistakes_name_the_line() {
        for (text, line) in
            [("police = 1\n", 1), ("policy = \"p\"\npolice = 1\n", 2), ("policy = \"p\"\n\n[listen]\nx = 1\n", 4)]
        {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {line}:")), "{text}: {error}");
        }
    }

    #[test]
    fn paths_are_below_the_file() {
        let mut config = Config::parse("policy = \"p\"\n[data]\npayees = \"d.json\"\n").unwrap();
        config.place(Path::new("/etc/mcpz"));
        assert_eq!(config.policy, Path::new("/etc/mcpz/p"));
        assert_eq!(config.data["payees"], Path::new("/etc/mcpz/d.json"));
    }
}
