//! The judges, as one program: `cargo xtask oracle`, `fuzz` and `mutate-bundles` build it in release
//! and pass their arguments on.
//!
//! Work is a range of numbers, split over threads ([`parallel`]); every number is a seed or a
//! mutation, so that a failure names the one that shows it again.

mod bundles;
mod fuzz;
mod oracle;
mod parallel;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The judges of mcpz.
#[derive(Parser)]
#[command(name = "mcpz-judge")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare the VM with the reference interpreter.
    Oracle(oracle::Args),
    /// Feed a part with generated input.
    Fuzz(fuzz::Args),
    /// Damage the example bundles.
    MutateBundles(bundles::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Oracle(args) => oracle::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::MutateBundles(args) => bundles::run(&args),
    };
    match result {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
