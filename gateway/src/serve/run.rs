//! `mcpz run`: one server over stdio, wrapped in a policy, for the client that started us.

use super::reload;
use crate::audit::{self, Log};
use crate::carry::{Ledgers, now_ms};
use crate::control::{self, KillSwitch, Quiet};
use crate::identity;
use crate::policy::{Demands, PolicyError, Snapshot, Source, Store};
use crate::proxy::{Conversation, Limits, Peer, Shared};
use crate::record::{Event, Record};
use crate::stdio::{Child, Command, Ended, Outbox, Relay, SpawnError, Timing};
use crate::telemetry;
use crate::verified::Verified;
use crate::wire::lines::{LineLimits, Lines};
use mcpz_runtime::principal::LinkKind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

/// What to run.
pub struct RunOptions {
    /// The policy.
    pub source: Source,
    /// The policy's folder or file, and files beside it: when they change, the policy is loaded again.
    pub watched: Vec<PathBuf>,
    /// The server's name in the policy; absent: the one that fits.
    pub server: Option<String>,
    /// Program and arguments; empty: what the policy declares.
    pub command: Vec<String>,
    /// The user that the client runs as.
    pub uid: u32,
    /// Whether the client is a program or a person; absent: what the policy takes that user for.
    pub kind: Option<LinkKind>,
    /// Facts of `context`: the text of a JSON object.
    pub context: Option<String>,
    /// The audit log.
    pub audit: audit::Config,
    /// The control socket.
    pub control: control::Config,
    /// Lines on standard error, and where spans go.
    pub telemetry: telemetry::Config,
    /// Limits.
    pub limits: Limits,
    /// How long things may take.
    pub timing: Timing,
}

/// Why nothing was run.
#[derive(Debug)]
pub enum RunError {
    /// The policy is refused.
    Policy(PolicyError),
    /// Which server it is, is not known.
    Server(String),
    /// The server cannot be started.
    Spawn(SpawnError),
    /// The audit log or the control socket cannot be opened.
    Open(String),
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RunError::Policy(error) => error.fmt(f),
            RunError::Server(problem) | RunError::Open(problem) => f.write_str(problem),
            RunError::Spawn(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RunError {}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Why.
    pub ended: Ended,
    /// The server's exit code, if it left by itself.
    pub code: Option<i32>,
}

/// A message must have come within this time.
const MESSAGE_TIME: Duration = Duration::from_secs(60);

/// Runs a server behind a policy until one side leaves, or `stop` is ready.
pub async fn run(
    options: RunOptions,
    (input, output): (impl AsyncRead + Unpin, impl AsyncWrite + Send + Unpin + 'static),
    stop: impl Future<Output = ()>,
) -> Result<Finished, RunError> {
    let telemetry = telemetry::start(&options.telemetry).map_err(RunError::Open)?;
    let traces = telemetry.traces.clone();
    let policy = Arc::new(Store::open(options.source, Demands::default()).map_err(RunError::Policy)?);
    let (server, command) = choose(&policy.snapshot(), options.server, options.command)?;
    let log = Log::open(&options.audit).map_err(|error| RunError::Open(format!("the audit log: {error}")))?;
    let log = log.observed(telemetry);
    reload::warn_if_unaudited(&policy.snapshot(), &log);
    let kill = KillSwitch::open(&options.control);
    let control = control::serve(&options.control, kill.clone(), Arc::new(Quiet), std::future::pending())
        .map_err(|error| RunError::Open(format!("the control socket: {error}")))?;
    let control = tokio::spawn(control);
    let (stopping, stopped) = watch::channel(false);
    let watching = options.watched.split_first().map(|(policy_path, files)| {
        let watched = reload::Watched::of(policy_path, files.iter()).without_own(&options.audit, &options.control);
        tokio::spawn(reload::watch(watched, (policy.clone(), log.clone()), reload::Asked::ByNobody, stopped))
    });
    let shared = Arc::new(Shared::new(policy.clone(), kill.clone(), options.limits));
    let peer = Peer { network: None, context: options.context };
    let who = match options.kind {
        Some(kind) => Verified::local(kind, i64::from(options.uid)),
        None => identity::local_in(&policy.snapshot(), options.uid).unwrap_or_else(|_| identity::local(options.uid)),
    };
    let conversation = Conversation::new(shared, &server, Arc::new(who), peer);
    let lines = |max_bytes| LineLimits { max_bytes, max_time: MESSAGE_TIME };
    let (child, (from_server, stdin)) =
        Child::start(&command, lines(options.limits.max_answer)).map_err(RunError::Spawn)?;
    let relay = Relay {
        conversation: Mutex::new(conversation),
        ledgers: Ledgers { log: log.clone() },
        policy: policy.clone(),
        kill,
        from_client: Lines::new(input, lines(options.limits.max_request)),
        to_client: Outbox::new(output),
        from_server,
        to_server: Outbox::new(stdin),
        timing: options.timing,
    };
    let note = |reason: &str| Record {
        server: server.clone(),
        bundle: policy.snapshot().digest.clone(),
        ..Record::event(Event::Lifecycle, now_ms(), reason)
    };
    log.append(note("started")).await.map_err(|error| RunError::Open(format!("the audit log: {error}")))?;
    let ended = relay.run(stop).await;
    let code = child.end().await;
    control.abort();
    stopping.send_replace(true);
    if let Some(watching) = watching {
        let _ = watching.await;
    }
    let _ = log.append(note("stopped")).await;
    log.close();
    traces.flush().await;
    Ok(Finished { ended, code })
}

/// The server of the policy that is run, and how it is started.
fn choose(snapshot: &Snapshot, named: Option<String>, command: Vec<String>) -> Result<(String, Command), RunError> {
    let servers = &snapshot.program.image().servers;
    let names = || servers.iter().map(|server| server.name.escape_debug().to_string()).collect::<Vec<_>>().join(", ");
    let found = match &named {
        Some(name) => servers.iter().find(|server| server.name == *name).ok_or_else(|| {
            RunError::Server(format!("the policy has no server `{}`; it has: {}", name.escape_debug(), names()))
        })?,
        None if command.is_empty() => match servers.as_slice() {
            [only] => only,
            _ => return Err(RunError::Server(format!("which server? Name it with `--server`: {}", names()))),
        },
        None => servers.iter().find(|server| server.command == command).ok_or_else(|| {
            let problem = "the policy declares no server with this command";
            RunError::Server(format!("{problem}; say whose rules it is under with `--server`: {}", names()))
        })?,
    };
    let command = if command.is_empty() { found.command.clone() } else { command };
    let [program, arguments @ ..] = command.as_slice() else {
        let name = found.name.escape_debug();
        return Err(RunError::Server(format!(
            "the policy declares no command for server `{name}`: give one behind `--`"
        )));
    };
    let command = Command { program: program.clone(), arguments: arguments.to_vec(), ..Command::default() };
    Ok((found.name.clone(), command))
}
