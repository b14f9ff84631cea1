//! `mcpz completions SHELL`.

use crate::args::Cli;
use crate::exit::{Failure, Outcome};
use crate::shell::Shell;
use clap::CommandFactory;

/// Print a completion script for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mcpz completions bash > ~/.local/share/bash-completion/completions/mcpz
  mcpz completions zsh  > ~/.zfunc/_mcpz
  mcpz completions fish > ~/.config/fish/completions/mcpz.fish")]
pub struct Args {
    /// Which shell.
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Prints the script.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "mcpz", &mut script);
    shell.out.bytes(&script);
    Ok(Outcome::Yes)
}
