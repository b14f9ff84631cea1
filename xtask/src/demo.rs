//! `cargo demo`: the whole path on one example, from sources to a decision explained.

use crate::root;
use crate::steps::Failed;
use mcpz::output::{Color, Format, Output};

/// `cargo demo`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The example package.
    #[arg(long, default_value = "payments")]
    pub example: String,
    /// When to use colour.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

/// Runs the demo.
pub fn run(args: &Args) -> Result<(), Failed> {
    let mut out = Output::stdout(Format::Human, args.color);
    let package = root::root().join("examples").join(&args.example);
    out.line(package.display().to_string());
    match out.finish() {
        None => Ok(()),
        Some(error) => Err(Failed(error.to_string())),
    }
}
