//! `mcpz catalog add|update|diff|lock`: what servers declare, captured, pinned and compared.

pub mod add;
pub mod connect;
pub mod diff;
pub mod lock;
pub mod update;

use crate::catalogs::diff::{Change, ChangeKind};
use crate::catalogs::place::Place;
use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::mcp::{Capture, Launch};
use crate::output::{BAD, CAUTION, DIM, GOOD, NAME, styled};
use crate::shell::Shell;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Capture, pin and compare what servers declare.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mcpz catalog add fs -- npx -y @modelcontextprotocol/server-filesystem /workspace
  mcpz catalog add pay --url https://mcp.pay.internal/mcp --token-env PAY_TOKEN
  mcpz catalog update fs
  mcpz catalog diff fs
  mcpz catalog diff fs --with new-catalog.json
  mcpz catalog lock")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Connect to a server, write its catalog, pin it, and write a `server` block.
    Add(add::Args),
    /// Speak to a server over HTTP on standard input and output.
    #[command(hide = true)]
    Connect(connect::Args),
    /// Ask the server of a `server` block again and pin what it declares now.
    Update(update::Args),
    /// Show what changed since the pin, and what that breaks in the policy.
    Diff(diff::Args),
    /// Pin every catalog and dependency as they are now.
    Lock(lock::Args),
}

/// Runs the subcommand.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    match &args.command {
        Command::Add(args) => add::run(args, shell),
        Command::Connect(args) => connect::run(args, shell),
        Command::Update(args) => update::run(args, shell),
        Command::Diff(args) => diff::run(args, shell),
        Command::Lock(args) => lock::run(args, shell),
    }
}

/// How long to wait for a server.
#[derive(Debug, Clone, clap::Args)]
pub struct Patience {
    /// How long the server may take for its first answer, and for each page.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    timeout: f64,
}

impl Patience {
    fn duration(&self) -> Result<Duration, Failure> {
        Duration::try_from_secs_f64(self.timeout)
            .ok()
            .filter(|duration| !duration.is_zero())
            .ok_or_else(|| Failure::input(format!("`--timeout {}` is no span of time", self.timeout)))
    }
}

/// Asks a server what it offers; a command runs in the package folder.
fn capture(shell: &Shell, root: &Path, name: &str, place: &Place<'_>, patience: &Patience) -> Result<Capture, Failure> {
    let (directory, timeout) = (root.to_path_buf(), patience.duration()?);
    let launch = Launch { command: place.command(shell)?, url: place.url(), directory, timeout };
    let progress = shell.out.spinner(&format!("asking {name}"));
    crate::mcp::capture(&launch, &progress)
}

/// "14 tools, 2 resources, no prompts".
fn totals(catalog: &Value) -> String {
    let lists = [
        ("tools", "tool", "tools"),
        ("resources", "resource", "resources"),
        ("resourceTemplates", "resource template", "resource templates"),
        ("prompts", "prompt", "prompts"),
    ];
    let counts: Vec<String> = lists
        .iter()
        .map(|(list, one, many)| match catalog[*list].as_array().map_or(0, Vec::len) {
            0 => format!("no {many}"),
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        })
        .collect();
    counts.join(", ")
}

/// Prints changes, one line each with their details below.
fn show_changes(changes: &[Change], shell: &mut Shell) {
    for change in changes {
        let style = match change.kind {
            ChangeKind::Added => GOOD,
            ChangeKind::Removed | ChangeKind::Schema => BAD,
            ChangeKind::Description | ChangeKind::Hints | ChangeKind::Other => CAUTION,
        };
        let kind = styled(style, format!("{:<11}", change.kind.name()));
        let name = styled(NAME, escape::inline(&change.name));
        shell.out.line(format!("  {kind}  {} {name}", change.thing));
        for detail in &change.details {
            shell.out.line(format!("               {}", styled(DIM, escape::inline(detail))));
        }
    }
    if changes.iter().any(|change| change.kind == ChangeKind::Description) {
        let note = "a description changed: it is what a model reads and obeys; read the new one before you pin it";
        shell.out.line(format!("  {} {note}", styled(CAUTION, "note:")));
    }
}

fn changes_json(changes: &[Change]) -> Value {
    let one = |change: &Change| json!({"thing": change.thing, "name": change.name, "kind": change.kind.name(), "details": change.details});
    changes.iter().map(one).collect()
}

/// Reads a catalog file as JSON.
fn catalog_of(bytes: &[u8], what: &str) -> Result<Value, Failure> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| Failure::input(format!("{what} is no JSON: {error}")))?;
    // A plain answer to `tools/list`, with or without its envelope, is a catalog too.
    let inner = value.get("result").filter(|result| result.get("tools").is_some()).cloned();
    Ok(inner.unwrap_or(value))
}
