//! `mcpz isolate`: cut off a server, an agent or a tool, at once.

use crate::commands::status::{Socket, shown};
use crate::durations;
use crate::exit::{Failure, Outcome};
use crate::output::{BAD, CAUTION, styled};
use crate::shell::Shell;
use clap::ValueEnum;
use mcpz_gateway::control::protocol::Answer;
use mcpz_gateway::control::{Ask, Subject};
use serde_json::json;

/// Cut off a server, an agent or a tool, at once: calls in flight and open streams too.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mcpz isolate server payments --reason \"incident 42\"
  mcpz isolate agent agent:copilot:7 --for 1h --reason \"odd calls\"
  mcpz isolate tool fs.write_file --for 30m --reason \"patching\"
  mcpz isolate tool write.file --server fs --reason \"the tool's own name has a dot\"

Exit code 0 when it is cut off and kept over a restart; 1 when it is cut off but something is not as it
should be, or the gateway knows no such name; 2 when no gateway answers.")]
pub struct Args {
    /// A server, an agent or a tool.
    kind: Kind,

    /// A server's name in the policy; an agent's subject (`sub` of its token, its SPIFFE id, `uid:N`); SERVER.TOOL.
    name: String,

    /// The tool's server, when SERVER.TOOL could be read in two ways.
    #[arg(long, value_name = "NAME")]
    server: Option<String>,

    /// For how long: 30m, 1h30m, 2d [default: until it is restored].
    #[arg(long = "for", value_name = "SPAN")]
    span: Option<String>,

    /// Why; it stands in the audit log.
    #[arg(long)]
    reason: String,

    #[command(flatten)]
    socket: Socket,
}

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A server.
    Server,
    /// An agent.
    Agent,
    /// A tool.
    Tool,
}

/// The subject that is meant.
pub fn subject(kind: Kind, name: &str, server: Option<&str>) -> Result<Subject, Failure> {
    match (kind, server) {
        (Kind::Server, None) => Ok(Subject::Server(name.to_owned())),
        (Kind::Agent, None) => Ok(Subject::Agent(name.to_owned())),
        (Kind::Tool, Some(server)) => Ok(Subject::Tool(server.to_owned(), name.to_owned())),
        (Kind::Tool, None) => match name.split_once('.') {
            Some((server, name)) => Ok(Subject::Tool(server.to_owned(), name.to_owned())),
            None => {
                let failure = Failure::input("a tool is named with its server");
                Err(failure.with_help("write SERVER.TOOL, or give `--server`"))
            }
        },
        (_, Some(_)) => Err(Failure::input("`--server` goes with a tool")),
    }
}

/// Isolates.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let subject = subject(args.kind, &args.name, args.server.as_deref())?;
    let for_ms = args.span.as_deref().map(durations::duration_ms).transpose()?;
    let ask = Ask::Isolate { subject, for_ms, reason: args.reason.clone() };
    match args.socket.ask(shell, &ask)? {
        Answer::Isolated { entry, known } => {
            if shell.out.is_json() {
                shell.out.json(&json!({"isolated": entry, "known": known}));
            } else {
                shell.out.line(format!("{} {}", styled(BAD, "isolated"), shown(&entry)));
                if known == Some(false) {
                    let text = "the gateway knows no such name, so that nothing was cut off: look at the spelling";
                    shell.out.line(styled(CAUTION, text));
                }
            }
            Ok(Outcome::yes_if(known != Some(false)))
        }
        other => Socket::refused(other, shell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Kind, name: &str, server: Option<&str>) -> Option<Subject> {
        subject(kind, name, server).ok()
    }

    #[test]
    fn tools_are_named_with_their_server() {
        let tool = |server: &str, name: &str| Some(Subject::Tool(server.into(), name.into()));
        assert_eq!(read(Kind::Tool, "fs.write_file", None), tool("fs", "write_file"));
        assert_eq!(read(Kind::Tool, "fs.write.file", None), tool("fs", "write.file"));
        assert_eq!(read(Kind::Tool, "write.file", Some("base.fs")), tool("base.fs", "write.file"));
        assert_eq!(read(Kind::Tool, "write_file", None), None);
        assert_eq!(read(Kind::Server, "fs", Some("fs")), None);
        assert_eq!(read(Kind::Agent, "agent:a.b", None), Some(Subject::Agent("agent:a.b".into())));
    }
}
