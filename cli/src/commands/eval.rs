//! `mcpz eval`: decide one message, or a recorded session.

use super::case_args::CaseArgs;
use crate::case;
use crate::decision;
use crate::durations;
use crate::engine::{Engine, direction_of};
use crate::exit::{Failure, Outcome};
use crate::shell::Shell;
use crate::transcript;
use mcpz_runtime::decision::{Decision, Effect};
use serde_json::json;
use std::path::PathBuf;

/// Decide one message, or a recorded session.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0: allowed; 1: denied or challenged (of a session: any message), or the package has errors.
docs/cli.md documents the JSON of credentials, states, cases and decisions.

Examples:
  mcpz eval --message call.json --as '{\"kind\": \"user\", \"issuer\": \"corp\", \"claims\": {\"sub\": \"user:7\"}}'
  mcpz eval --input case.json
  mcpz eval acme.mcpzb --input - < case.json
  mcpz eval --session traffic/session.jsonl
  mcpz --format json eval --input case.json | jq .effect")]
pub struct Args {
    #[command(flatten)]
    case: CaseArgs,

    /// Decide every line of a recorded session: one case a line.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["message", "input"])]
    session: Option<PathBuf>,
}

/// Decides and shows.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let Some(engine) = args.case.engine(shell)? else {
        return Ok(Outcome::No);
    };
    if let Some(path) = &args.session {
        return session(path, &engine, shell);
    }
    let case = args.case.case(shell)?;
    let decision = engine.decide(&case)?;
    if shell.out.is_json() {
        shell.out.json(&decision::to_json(engine.image(), &decision));
    } else {
        for line in decision::lines(engine.image(), &decision) {
            shell.out.line(line);
        }
        if decision.effect != Effect::Allow {
            shell.out.line("  explain   the same command with `mcpz why` says which clause failed");
        }
    }
    Ok(Outcome::yes_if(decision.is_allow()))
}

fn session(path: &std::path::Path, engine: &Engine, shell: &mut Shell) -> Result<Outcome, Failure> {
    let text = shell.read_text(path)?;
    let mut cases = case::session(&text, durations::now_ms(), &path.display().to_string())?;
    for case in &mut cases {
        case.direction = direction_of(&case.message, case.direction);
    }
    let mut decisions: Vec<Decision> = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let decision = engine.decide(case)?;
        if !shell.out.is_json() {
            transcript::message(index + 1, case, &decision, engine.image(), None, shell);
        }
        decisions.push(decision);
    }
    if shell.out.is_json() {
        let list: Vec<_> = cases
            .iter()
            .zip(&decisions)
            .map(|(case, d)| json!({"title": case.title, "decision": decision::to_json(engine.image(), d)}))
            .collect();
        shell.out.json(&json!({"messages": list}));
    } else {
        transcript::totals(&decisions, shell);
    }
    Ok(Outcome::yes_if(decisions.iter().all(Decision::is_allow)))
}
