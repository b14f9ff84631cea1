//! From the configuration's words to running parts.

use crate::config::{Caller, Config, ConfigError, Limits, Listen, Server, wrong};
use crate::http::{Allowed, Credential, Endpoint, HttpServer, MAX_CONNECTIONS, Tls, Upstream};
use crate::policy::{Demands, MustDeny, Who};
use crate::stdio::Command;
use crate::{identity, proxy, tls};
use mcpz_bytecode::Program;
use mcpz_bytecode::image::ServerImage;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, UnixTime};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Descriptors for what is no connection of a client: servers, keys, files, the control socket.
const RESERVED_DESCRIPTORS: u64 = 256;

/// Limits of conversations.
pub fn limits(limits: &Limits) -> proxy::Limits {
    proxy::Limits {
        max_request: limits.request_bytes,
        max_answer: limits.answer_bytes,
        max_open: limits.open_requests,
        ..proxy::Limits::default()
    }
}

/// Hosts and origins.
pub fn allowed(config: &Config) -> Allowed {
    let mut hosts: std::collections::BTreeSet<String> = config.listen.hosts.iter().cloned().collect();
    let port = config.listen.address.port();
    hosts.insert(config.listen.address.to_string());
    if config.listen.address.ip().is_loopback() {
        hosts.insert(format!("localhost:{port}"));
    }
    let url = config.public_url();
    hosts.extend(url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default().to_owned()));
    Allowed { hosts, origins: config.listen.origins.iter().cloned().collect() }
}

/// `context` as the text of a JSON object.
pub fn context(table: &toml::Table) -> Result<Option<String>, ConfigError> {
    if table.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(table).map(Some).map_err(|error| wrong("context", error))
}

/// Says so when the process may open fewer files than the connections it takes.
pub fn warn_of_few_descriptors() {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let wanted = u64::try_from(MAX_CONNECTIONS).unwrap_or(u64::MAX).saturating_add(RESERVED_DESCRIPTORS);
    if let Some(limit) = limit.filter(|limit| *limit < wanted) {
        tracing::warn!(limit, wanted, "few file descriptors: many clients at once are kept waiting; raise `ulimit -n`");
    }
}

/// What every bundle is held to.
pub fn demands(config: &Config) -> Result<Demands, ConfigError> {
    let who = |caller: &Caller| match (&caller.spiffe, &caller.issuer) {
        (Some(spiffe), _) => Ok(Who::Spiffe(spiffe.clone())),
        (None, issuer) => {
            let claims = serde_json::to_string(&caller.claims).map_err(|error| wrong("must_deny.caller", error))?;
            Ok(Who::Token { issuer: issuer.clone().unwrap_or_default(), claims })
        }
    };
    let vectors = config.must_deny.iter().map(|vector| {
        let who = vector.caller.as_ref().map(who).transpose()?;
        Ok(MustDeny { server: vector.server.clone(), message: vector.message.clone(), who })
    });
    Ok(Demands { must_deny: vectors.collect::<Result<_, _>>()?, is_unaudited: config.audit.folder.is_none() })
}

/// Every server that is configured; each must be one of the policy's.
pub fn endpoints(config: &Config, program: &Program) -> Result<Vec<Endpoint>, ConfigError> {
    if config.server.is_empty() {
        return Err(wrong("server", "no server is configured: write `[server.NAME]` for one of the policy's servers"));
    }
    config.server.iter().map(|(name, server)| endpoint(config, program, name, server)).collect()
}

fn endpoint(config: &Config, program: &Program, name: &str, server: &Server) -> Result<Endpoint, ConfigError> {
    let key = |key: &str| format!("server.{}.{key}", name.escape_debug());
    let declared = program.image().servers.iter().find(|declared| declared.name == name);
    let declared = declared.ok_or_else(|| {
        wrong(&format!("server.{}", name.escape_debug()), "the policy declares no server of this name")
    })?;
    let path = server.path(name);
    let resource = format!("{}{path}", config.public_url());
    Ok(Endpoint {
        server: name.to_owned(),
        metadata_url: identity::metadata_url(&resource),
        resource,
        upstream: upstream(config, server, declared, &key)?,
        path,
        max_answer: config.limits.answer_bytes,
        max_queued: config.limits.stream_bytes,
        survey_time: Duration::from_secs(config.limits.survey_s),
    })
}

/// How a server is reached. What the policy declares of it holds: a configuration may say it again, not otherwise.
fn upstream(
    config: &Config,
    server: &Server,
    declared: &ServerImage,
    key: &dyn Fn(&str) -> String,
) -> Result<Upstream, ConfigError> {
    let url = server.url.as_ref().or(declared.endpoint.as_ref().filter(|_| server.command.is_none()));
    let Some(url) = url else {
        let command = server.command.as_ref().unwrap_or(&declared.command);
        if !declared.command.is_empty() && *command != declared.command {
            return Err(wrong(&key("command"), "the policy declares another command for this server"));
        }
        return stdio(server, command, key).map(Upstream::Stdio);
    };
    if declared.endpoint.as_ref().is_some_and(|endpoint| endpoint != url) {
        return Err(wrong(&key("url"), "the policy declares another endpoint for this server"));
    }
    let credential = match (&server.token_file, &server.token_env) {
        (Some(path), _) => Credential::File(path.clone()),
        (None, Some(name)) => Credential::Variable(name.clone()),
        (None, None) => Credential::None,
    };
    let timeout = Duration::from_secs(config.limits.upstream_s);
    let found = http_server(url, credential, server.authorities.as_deref(), timeout);
    found.map(|server| Upstream::Http(Box::new(server))).map_err(|(of, problem)| wrong(&key(of), problem))
}

/// A server over HTTP; an error says what of it will not do, and why.
pub fn http_server(
    url: &str,
    credential: Credential,
    authorities: Option<&Path>,
    timeout: Duration,
) -> Result<HttpServer, (&'static str, String)> {
    let uri: http::Uri = url.parse().map_err(|error| ("url", format!("{error}")))?;
    let is_local = uri.host().is_some_and(|host| matches!(host, "127.0.0.1" | "localhost" | "[::1]"));
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_local => {}
        _ => return Err(("url", "a server elsewhere is reached by https".to_owned())),
    }
    let tls = tls::client(authorities).map_err(|problem| ("authorities", problem))?;
    Ok(HttpServer::new(uri, credential, timeout, tls))
}

fn stdio(server: &Server, command: &[String], key: &dyn Fn(&str) -> String) -> Result<Command, ConfigError> {
    let [program, arguments @ ..] = command else {
        return Err(wrong(&key("command"), "neither the policy nor the configuration says how this server is reached"));
    };
    let mut environment = std::collections::BTreeMap::new();
    for entry in &server.environment {
        match entry.split_once('=') {
            Some((name, value)) => environment.insert(name.to_owned(), value.to_owned()),
            None => match std::env::var(entry) {
                Ok(value) => environment.insert(entry.clone(), value),
                Err(_) => return Err(wrong(&key("environment"), format!("`{}` is not set", entry.escape_debug()))),
            },
        };
    }
    Ok(Command {
        program: program.clone(),
        arguments: arguments.to_vec(),
        directory: server.directory.clone(),
        environment,
        without: Vec::new(),
    })
}

/// TLS of the listener.
pub fn listener(listen: &Listen) -> Result<Option<Tls>, ConfigError> {
    let (Some(certificate), Some(key)) = (&listen.certificate, &listen.key) else { return Ok(None) };
    let chain = tls::certificates(certificate).map_err(|problem| wrong("listen.certificate", problem))?;
    for problem in chain.iter().filter_map(|one| tls::out_of_date(one, UnixTime::now())) {
        tracing::error!(file = %certificate.display(), "the certificate of the listener {problem}: clients will refuse it");
    }
    let key = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| wrong("listen.key", format!("{}: {error}", key.display())))?;
    let provider = tls::provider();
    let builder = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong("listen.certificate", error))?;
    let builder = match &listen.client_authorities {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let problem = |problem: String| wrong("listen.client_authorities", problem);
            let roots = Arc::new(tls::roots(path).map_err(problem)?);
            // A client without a certificate may still show a token.
            let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(roots, provider)
                .allow_unauthenticated()
                .build()
                .map_err(|error| problem(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| wrong("listen.key", error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Tls(Arc::new(config))))
}
