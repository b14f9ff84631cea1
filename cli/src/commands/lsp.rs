//! `mcpz lsp`: the language server, on standard input and output.

use crate::exit::{Failure, Outcome};
use crate::workbench::Bench;
use std::sync::Arc;

/// Serve an editor: the language server, on standard input and output.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Editors start this; docs/lsp.md says what they may ask. It opens no port, runs no server of a package and fetches nothing.

Exit code 0: the editor left as the protocol asks; 1: it was cut off.")]
pub struct Args {
    /// Accepted because many clients pass it; standard input and output are the only transport.
    #[arg(long)]
    stdio: bool,
}

/// Serves until the client leaves.
pub fn run(_args: &Args) -> Result<Outcome, Failure> {
    let is_clean = mcpz_lsp::serve(Arc::new(Bench))
        .map_err(|error| Failure::input(format!("the server cannot start: {error}")))?;
    Ok(Outcome::yes_if(is_clean))
}
