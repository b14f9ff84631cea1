//! `mcpz why`: explain a decision clause by clause.

use super::case_args::CaseArgs;
use crate::exit::{Failure, Outcome};
use crate::shell::Shell;
use crate::why;

/// Explain a decision clause by clause.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Takes the same arguments as `mcpz eval`, and ends with the same exit codes. Values at places that the policy calls
`sensitive` are not shown.

Examples:
  mcpz why --input case.json
  mcpz why --message call.json --as @credential.json --at 2026-03-02T10:00:00Z
  mcpz --format json why --input case.json | jq .summary")]
pub struct Args {
    #[command(flatten)]
    case: CaseArgs,
}

/// Decides, explains and shows.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let Some(engine) = args.case.engine(shell)? else {
        return Ok(Outcome::No);
    };
    let case = args.case.case(shell)?;
    let explanation = engine.why(&case)?;
    if shell.out.is_json() {
        shell.out.json(&why::to_json(engine.image(), &explanation));
    } else {
        for line in why::lines(engine.image(), &explanation) {
            shell.out.line(line);
        }
    }
    Ok(Outcome::yes_if(explanation.decision.is_allow()))
}
