//! `mcpz status`: what a running gateway says of itself and of what is isolated; and how its socket is reached.

use crate::durations;
use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::output::{BAD, BOLD, CAUTION, GOOD, styled};
use crate::shell::Shell;
use mcpz_gateway::control::protocol::{Answer, Status};
use mcpz_gateway::control::{Ask, Entry, client, default_socket};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Say how a running gateway stands, and what is isolated.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mcpz status
  mcpz status --socket /run/mcpz/control.sock
  mcpz --format json status

Exit code 0 when the gateway answers, 1 when everything is isolated because its state could not be read,
2 when no gateway answers.")]
pub struct Args {
    #[command(flatten)]
    socket: Socket,
}

/// Where the gateway is reached.
#[derive(Debug, clap::Args)]
pub struct Socket {
    /// The gateway's control socket [default: $XDG_RUNTIME_DIR/mcpz/control.sock, else /run/mcpz/control.sock].
    #[arg(long, value_name = "PATH", env = "MCPZ_CONTROL")]
    socket: Option<PathBuf>,
}

impl Socket {
    /// Asks the gateway.
    pub fn ask(&self, shell: &Shell, ask: &Ask) -> Result<Answer, Failure> {
        let path = self.socket.as_ref().map_or_else(default_socket, |path| shell.path(path));
        client::ask(&path, ask).map_err(|error| {
            Failure::input(escape::inline(&error)).with_help(
                "`--socket` names the control socket, as `[control] socket` of the gateway's configuration does",
            )
        })
    }

    /// Says that it was not done, or not wholly.
    pub fn refused(answer: Answer, shell: &mut Shell) -> Result<Outcome, Failure> {
        let Answer::Refused { code, message } = answer else {
            return Err(Failure::input("the gateway's answer is to another question"));
        };
        if shell.out.is_json() {
            shell.out.json(&json!({"refused": code, "message": message}));
        } else {
            shell.out.line(format!("{} {}", styled(BAD, escape::inline(&code)), escape::inline(&message)));
        }
        Ok(Outcome::No)
    }
}

/// Shows how it stands.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    match args.socket.ask(shell, &Ask::Status)? {
        Answer::Status(status) => {
            if shell.out.is_json() {
                shell.out.json(&json!(status));
            } else {
                show(&status, shell);
            }
            Ok(Outcome::yes_if(status.everything.is_none()))
        }
        other => Socket::refused(other, shell),
    }
}

fn show(status: &Status, shell: &mut Shell) {
    let version = escape::inline(&status.version);
    shell.out.line(format!("{} {version}, process {}", styled(BOLD, "mcpz gateway"), status.pid));
    if let Value::Object(fields) = &status.gateway {
        for (name, value) in fields {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            shell.out.line(format!("  {:<12} {}", escape::inline(name), escape::inline(&text)));
        }
    }
    if let Some(why) = &status.everything {
        shell.out.line(styled(BAD, "everything is isolated"));
        shell.out.line(format!("  {}", escape::inline(why)));
        shell.out.line(styled(CAUTION, "  `mcpz restore --everything --reason ..` starts anew"));
        return;
    }
    if status.isolated.is_empty() {
        shell.out.line(styled(GOOD, "nothing is isolated"));
        return;
    }
    shell.out.line(styled(BAD, "isolated"));
    for entry in &status.isolated {
        shell.out.line(format!("  {}", shown(entry)));
    }
}

/// What is isolated, until when, why.
pub fn shown(entry: &Entry) -> String {
    let end = match entry.until_ms {
        Some(until) => format!("until {}", durations::instant_text(until)),
        None => "until it is restored".to_owned(),
    };
    let subject = escape::inline(&entry.subject.to_string());
    format!("{subject} {end}, by user {}: {}", entry.by_uid, escape::inline(&entry.reason))
}
