//! The conversation: handshake, then every list, page by page.

use super::capture::Capture;
use super::process::{self, Pipes, Server};
use crate::escape;
use crate::exit::Failure;
use crate::output::Progress;
use rmcp::RoleClient;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ErrorCode, Implementation, PaginatedRequestParams, ProtocolVersion,
};
use rmcp::service::{ClientInitializeError, ClientLifecycleMode, ClientServiceExt, Peer, RunningService, ServiceError};
use serde_json::Value;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

/// How many pages a list may have.
const PAGES: usize = 1_000;
/// How many entries a list may have.
const ENTRIES: usize = 20_000;
/// How long a server that failed is given to leave, so that its exit status can be told.
const POST_MORTEM: Duration = Duration::from_millis(500);

/// How to reach a server.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Program and arguments.
    pub command: Vec<String>,
    /// The URL of a server over HTTP, which the command speaks to.
    pub url: Option<String>,
    /// Where it runs.
    pub directory: PathBuf,
    /// How long it may take for the handshake, and again for each page.
    pub timeout: Duration,
}

/// Starts the server, asks it what it offers, and ends it.
pub fn capture(launch: &Launch, progress: &Progress) -> Result<Capture, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::input(format!("no event loop could be made: {error}")))?;
    runtime.block_on(async {
        tokio::select! {
            result = converse(launch, progress) => result,
            // The server is killed with its group when its handle is dropped.
            () = interrupted() => Err(Failure::server("interrupted")),
        }
    })
}

async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut terminate), Ok(mut hang_up)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
                _ = hang_up.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// The handshake of 2025 is tried first, as nearly every server speaks it; a server that answers it
/// with an error is started again and greeted as 2026-07-28 has it.
async fn converse(launch: &Launch, progress: &Progress) -> Result<Capture, Failure> {
    match attempt(launch, progress, ClientLifecycleMode::Initialize).await {
        Err(Trouble { refused: true, failure }) => {
            let newest = ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::LATEST] };
            attempt(launch, progress, newest).await.map_err(|_| failure)
        }
        other => other.map_err(|trouble| trouble.failure),
    }
}

/// Why an attempt failed, and whether the server refused the handshake itself.
struct Trouble {
    refused: bool,
    failure: Failure,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble { refused: false, failure }
    }
}

async fn attempt(launch: &Launch, progress: &Progress, mode: ClientLifecycleMode) -> Result<Capture, Trouble> {
    progress.set("starting the server");
    let (mut server, pipes) = process::start(&launch.command, &launch.directory)?;
    let outcome = talk(launch, progress, pipes, mode).await;
    match outcome {
        Ok(mut capture) => {
            capture.complete(&server.heard());
            progress.set("ending the server");
            server.end().await;
            Ok(capture)
        }
        Err(stop) => {
            let refused = matches!(stop, Stop::Refused(_));
            let failure = post_mortem(&mut server, stop, launch).await;
            server.kill().await;
            Err(Trouble { refused, failure })
        }
    }
}

/// Where and how the conversation ended.
enum Stop {
    /// No answer in time to this request.
    Timeout(&'static str),
    /// The handshake was answered with an error.
    Refused(String),
    /// The connection ended, or the answer made no sense.
    Broken(&'static str, String),
    /// The server goes on for ever.
    Endless(&'static str),
}

type Connection = RunningService<RoleClient, ClientConfig>;

async fn talk(launch: &Launch, progress: &Progress, pipes: Pipes, mode: ClientLifecycleMode) -> Result<Capture, Stop> {
    let identity = Implementation::new("mcpz", env!("CARGO_PKG_VERSION"));
    let config = ClientConfig::new(ClientCapabilities::default(), identity);
    progress.set("greeting the server");
    let greeting = tokio::time::timeout(launch.timeout, config.serve_with_lifecycle(pipes, mode)).await;
    let connection: Connection = match greeting {
        Err(_) => return Err(Stop::Timeout("initialize")),
        Ok(Err(error)) => return Err(handshake_stop(error)),
        Ok(Ok(connection)) => connection,
    };
    let capture = lists(launch, progress, connection.peer()).await;
    let _ = connection.cancel().await;
    capture
}

fn handshake_stop(error: ClientInitializeError) -> Stop {
    match error {
        ClientInitializeError::JsonRpcError(data) => Stop::Refused(escape::inline(&data.message)),
        ClientInitializeError::ConnectionClosed(_) => Stop::Broken("initialize", "it closed its output".to_owned()),
        other => Stop::Broken("initialize", escape::inline(&other.to_string())),
    }
}

async fn lists(launch: &Launch, progress: &Progress, peer: &Peer<RoleClient>) -> Result<Capture, Stop> {
    let info = peer.peer_info();
    let mut capture = Capture::default();
    if let Some(info) = &info {
        capture.server = serde_json::to_value(info.as_ref()).unwrap_or(Value::Null);
    }
    // A server that declares no capabilities at all is asked for everything: some declare too little.
    let declared = info.as_ref().map(|info| &info.capabilities);
    let silent = declared.is_none_or(|c| c.tools.is_none() && c.resources.is_none() && c.prompts.is_none());
    if silent || declared.is_some_and(|c| c.tools.is_some()) {
        progress.set("asking for its tools");
        capture.tools = pages(launch, "tools/list", |cursor| async move {
            let result = peer.list_tools(Some(cursor)).await?;
            Ok((json(&result.tools), result.next_cursor))
        })
        .await?;
    }
    if silent || declared.is_some_and(|c| c.resources.is_some()) {
        progress.set("asking for its resources");
        capture.resources = pages(launch, "resources/list", |cursor| async move {
            let result = peer.list_resources(Some(cursor)).await?;
            Ok((json(&result.resources), result.next_cursor))
        })
        .await?;
        capture.resource_templates = pages(launch, "resources/templates/list", |cursor| async move {
            let result = peer.list_resource_templates(Some(cursor)).await?;
            Ok((json(&result.resource_templates), result.next_cursor))
        })
        .await?;
    }
    if silent || declared.is_some_and(|c| c.prompts.is_some()) {
        progress.set("asking for its prompts");
        capture.prompts = pages(launch, "prompts/list", |cursor| async move {
            let result = peer.list_prompts(Some(cursor)).await?;
            Ok((json(&result.prompts), result.next_cursor))
        })
        .await?;
    }
    Ok(capture)
}

fn json<T: serde::Serialize>(entries: &[T]) -> Vec<Value> {
    entries.iter().filter_map(|entry| serde_json::to_value(entry).ok()).collect()
}

/// Reads a list to its end. A server without the method has an empty list.
async fn pages<F, R>(launch: &Launch, method: &'static str, mut ask: F) -> Result<Vec<Value>, Stop>
where
    F: FnMut(PaginatedRequestParams) -> R,
    R: Future<Output = Result<(Vec<Value>, Option<String>), ServiceError>>,
{
    let mut entries = Vec::new();
    let mut cursor = None;
    for _ in 0..PAGES {
        let request = PaginatedRequestParams::default().with_cursor(cursor.clone());
        let page = match tokio::time::timeout(launch.timeout, ask(request)).await {
            Err(_) => return Err(Stop::Timeout(method)),
            Ok(Err(ServiceError::McpError(error))) if error.code == ErrorCode::METHOD_NOT_FOUND => {
                return Ok(entries);
            }
            Ok(Err(error)) => return Err(Stop::Broken(method, escape::inline(&error.to_string()))),
            Ok(Ok(page)) => page,
        };
        entries.extend(page.0);
        if entries.len() > ENTRIES || (page.1.is_some() && page.1 == cursor) {
            return Err(Stop::Endless(method));
        }
        match page.1 {
            None => return Ok(entries),
            next => cursor = next,
        }
    }
    Err(Stop::Endless(method))
}

/// Says what went wrong in the words of the person who gave the command.
async fn post_mortem(server: &mut Server, stop: Stop, launch: &Launch) -> Failure {
    let program = launch.url.as_ref().or(launch.command.first()).map(|p| escape::inline(p)).unwrap_or_default();
    let status = match stop {
        Stop::Broken(..) => server.left_within(POST_MORTEM).await,
        _ => None,
    };
    let mut failure = match (&stop, status, server.first_line_that_is_no_json()) {
        (Stop::Timeout(_) | Stop::Broken(..), _, Some(line)) => Failure::server(format!(
            "`{program}` does not speak MCP on its standard output: its first line is no JSON: {line}"
        ))
        .with_help("an MCP server over stdio prints nothing but JSON-RPC messages; is a subcommand or flag missing?"),
        (Stop::Broken(method, _), Some(_), None) if launch.url.is_some() => {
            Failure::server(format!("`{program}` gave no answer to `{method}`"))
        }
        (Stop::Broken(method, _), Some(status), None) => {
            Failure::server(format!("`{program}` ended ({status}) before it answered `{method}`"))
        }
        (Stop::Broken(method, why), None, None) => {
            Failure::server(format!("`{program}` broke off at `{method}`: {why}"))
        }
        (Stop::Timeout(method), _, None) => {
            let seconds = launch.timeout.as_secs_f64();
            Failure::server(format!("`{program}` did not answer `{method}` within {seconds} s"))
                .with_help("give it longer with `--timeout SECONDS`")
        }
        (Stop::Refused(why), _, _) => Failure::server(format!("`{program}` refused the handshake: {why}")),
        (Stop::Endless(method), _, _) => Failure::server(format!(
            "`{program}` never ends its `{method}`: more than {ENTRIES} entries or {PAGES} pages, or the same page again"
        )),
    };
    for line in server.stderr_tail(5).await {
        failure = match (&launch.url, line.strip_prefix("error: ")) {
            (Some(_), Some(own)) => failure.with_help(own.to_owned()),
            _ => failure.with_help(format!("it said: {line}")),
        };
    }
    failure
}
