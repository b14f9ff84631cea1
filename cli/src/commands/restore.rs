//! `mcpz restore`: let go again what was isolated.

use crate::commands::isolate::{Kind, subject};
use crate::commands::status::Socket;
use crate::exit::{Failure, Outcome};
use crate::output::{GOOD, styled};
use crate::shell::Shell;
use mcpz_gateway::control::Ask;
use mcpz_gateway::control::protocol::Answer;
use serde_json::json;

/// Let go again what was isolated.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mcpz restore server payments --reason \"incident 42 is over\"
  mcpz restore tool fs.write_file --reason \"patched\"
  mcpz restore --everything --reason \"the state file was unreadable\"

Exit code 0 when something was restored, 1 when nothing was isolated or it was not restored, 2 when no
gateway answers.")]
pub struct Args {
    /// A server, an agent or a tool.
    #[arg(required_unless_present = "everything", requires = "name")]
    kind: Option<Kind>,

    /// Its name, as `mcpz isolate` takes it.
    name: Option<String>,

    /// The tool's server, when SERVER.TOOL could be read in two ways.
    #[arg(long, value_name = "NAME")]
    server: Option<String>,

    /// Everything that is isolated; the way out when the state file could not be read.
    #[arg(long, conflicts_with_all = ["kind", "server"])]
    everything: bool,

    /// Why; it stands in the audit log.
    #[arg(long)]
    reason: String,

    #[command(flatten)]
    socket: Socket,
}

/// Restores.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let subject = match (args.kind, &args.name) {
        (Some(kind), Some(name)) => Some(subject(kind, name, args.server.as_deref())?),
        _ if args.everything => None,
        _ => {
            return Err(
                Failure::input("say what to restore").with_help("`mcpz restore server NAME`, or `--everything`")
            );
        }
    };
    let ask = Ask::Restore { subject, reason: args.reason.clone() };
    match args.socket.ask(shell, &ask)? {
        Answer::Restored { count } => {
            if shell.out.is_json() {
                shell.out.json(&json!({"restored": count}));
            } else if count > 0 || args.everything {
                shell.out.line(format!("{}: {count} isolations ended", styled(GOOD, "restored")));
            } else {
                shell.out.line("it was not isolated");
            }
            Ok(Outcome::yes_if(count > 0 || args.everything))
        }
        other => Socket::refused(other, shell),
    }
}
