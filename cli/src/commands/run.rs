//! `mcpz run`: one server over stdio, behind a policy.

use crate::commands::gateway::stopped;
use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::material;
use crate::shell::Shell;
use clap::ValueEnum;
use mcpz_gateway::policy::{Material, Source};
use mcpz_gateway::proxy::Limits;
use mcpz_gateway::serve::{self, RunError, RunOptions};
use mcpz_gateway::stdio::{Ended, Timing};
use mcpz_gateway::wire::Side;
use mcpz_gateway::{audit, control, identity, telemetry};
use mcpz_runtime::principal::LinkKind;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Run one server over stdio behind a policy.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Put it before the command of a server in the configuration of a client. The client is `from local` in the policy,
with the user id that runs it. What it may not do it is told in the server's own words, or with a reason.
The policy is loaded again when its files change; one that does not load changes nothing, and standard error says why.

Examples:
  mcpz run --policy policy -- npx -y @modelcontextprotocol/server-filesystem /workspace
  mcpz run --policy policy                       # the command that the policy declares
  mcpz run --policy policy --server fs -- ./my-server      # another command, under the rules of `fs`
  mcpz run --policy acme.mcpzb --catalog fs=catalog/fs.json -- my-server

In the configuration of a client, instead of {\"command\": \"npx\", \"args\": [\"-y\", ..]}:
  {\"command\": \"mcpz\", \"args\": [\"run\", \"--policy\", \"/etc/mcpz/policy\", \"--\", \"npx\", \"-y\", ..]}

Exit code 0: the client left; 1: the policy or the client's messages ended it; 2: it could not start;
3: the server left or could not be started.")]
pub struct Args {
    /// The policy: the folder of a package, or a bundle.
    #[arg(long, value_name = "PATH")]
    policy: PathBuf,

    /// The server's name in the policy. By default the one with this command, or the only one.
    #[arg(long, value_name = "NAME")]
    server: Option<String>,

    /// With a bundle: the catalog that it was built with.
    #[arg(long, value_name = "NAME=FILE")]
    catalog: Vec<String>,

    /// What the client is: a program or a person. By default what the policy takes this user for.
    #[arg(long = "as", value_enum, value_name = "KIND")]
    kind: Option<Kind>,

    /// Facts of `context`: a JSON object, or `@FILE`.
    #[arg(long, value_name = "JSON")]
    context: Option<String>,

    /// Write an audit log into this folder.
    #[arg(long, value_name = "DIR", requires = "audit_key")]
    audit: Option<PathBuf>,

    /// The key that signs it.
    #[arg(long, value_name = "FILE", requires = "audit")]
    audit_key: Option<PathBuf>,

    /// Listen here for `mcpz isolate`.
    #[arg(long, value_name = "SOCKET")]
    control: Option<PathBuf>,

    /// Send spans to this receiver of OTLP over HTTP, such as http://127.0.0.1:4318.
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,

    /// Do not ask the server for its definitions before the first call.
    #[arg(long)]
    no_survey: bool,

    /// Program and arguments of the server.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// What the client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A program.
    Agent,
    /// A person.
    User,
}

/// Relays until one side leaves.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let options = options(args, shell)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::input(format!("no event loop could be made: {error}")))?;
    let streams = (tokio::io::stdin(), tokio::io::stdout());
    let finished = runtime.block_on(serve::run(options, streams, stopped())).map_err(failure);
    // Reading standard input cannot be called off; nobody waits for it.
    runtime.shutdown_background();
    match finished?.ended {
        Ended::Client | Ended::Stopped => Ok(Outcome::Yes),
        Ended::Server => Err(Failure::server("the server ended")),
        Ended::Broken(Side::Server, reason) => {
            Err(Failure::server(format!("the messages of the server cannot be read on: {reason}")))
        }
        Ended::Broken(Side::Client, reason) => {
            eprintln!("mcpz: the messages of the client cannot be read on: {reason}");
            Ok(Outcome::No)
        }
        Ended::Policy(reason) => {
            eprintln!("mcpz: ended by policy: {reason}");
            Ok(Outcome::No)
        }
    }
}

fn failure(error: RunError) -> Failure {
    let text = escape::inline(&error.to_string());
    match error {
        RunError::Spawn(_) => Failure::server(text),
        RunError::Policy(_) | RunError::Server(_) | RunError::Open(_) => Failure::input(text),
    }
}

fn options(args: &Args, shell: &Shell) -> Result<RunOptions, Failure> {
    let kind = args.kind.map(|kind| match kind {
        Kind::Agent => LinkKind::Agent,
        Kind::User => LinkKind::User,
    });
    let context = args.context.as_deref().map(|text| shell.text_or_file(text)).transpose()?;
    if let Some(text) = &context {
        let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok();
        if !is_object {
            return Err(Failure::input("`--context` is no JSON object"));
        }
    }
    Ok(RunOptions {
        source: source(args, shell)?,
        watched: watched(args, shell),
        server: args.server.clone(),
        command: args.command.clone(),
        uid: identity::own_uid(),
        kind,
        context,
        audit: audit::Config {
            folder: args.audit.as_ref().map(|path| shell.path(path)),
            key: args.audit_key.as_ref().map(|path| shell.path(path)),
            ..audit::Config::default()
        },
        control: control::Config { socket: args.control.as_ref().map(|path| shell.path(path)), state: None },
        telemetry: telemetry::Config {
            log: telemetry::Level::Warn,
            otlp: args.otlp.clone(),
            service: "mcpz-run".to_owned(),
            ..telemetry::Config::default()
        },
        limits: Limits { survey: !args.no_survey, ..Limits::default() },
        timing: Timing::default(),
    })
}

/// What the policy is made of.
fn watched(args: &Args, shell: &Shell) -> Vec<PathBuf> {
    let catalogs = args.catalog.iter().filter_map(|entry| entry.split_once('='));
    std::iter::once(shell.path(&args.policy)).chain(catalogs.map(|(_, path)| shell.path(path.as_ref()))).collect()
}

/// A package is compiled, a bundle is read with the catalogs that are named.
fn source(args: &Args, shell: &Shell) -> Result<Source, Failure> {
    let policy = shell.path(&args.policy);
    let mut catalogs = BTreeMap::new();
    for entry in &args.catalog {
        let Some((name, path)) = entry.split_once('=') else {
            return Err(Failure::input("`--catalog` names a server and a file: `--catalog fs=catalog/fs.json`"));
        };
        catalogs.insert(name.to_owned(), shell.path(path.as_ref()));
    }
    let read =
        |path: &PathBuf| std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()));
    Ok(Arc::new(move || {
        let mut material = match policy.is_dir() {
            true => material::of_package(&policy)?,
            false => Material { bundle: read(&policy)?, ..Material::default() },
        };
        for (name, path) in &catalogs {
            material.catalogs.insert(name.clone(), read(path)?);
        }
        Ok(material)
    }))
}
