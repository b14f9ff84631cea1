//! `cargo xtask bench-lsp` and `cargo xtask lsp-torture`: the language server under a load, over standard input and output.

use clap::{Parser, Subcommand};
use mcpz_lsp_tests::{Result, bench, session, torture};
use std::path::PathBuf;
use std::process::ExitCode;

/// Loads for the language server.
#[derive(Parser)]
struct Cli {
    /// The `mcpz` binary.
    #[arg(long)]
    binary: PathBuf,
    #[command(subcommand)]
    load: Load,
}

#[derive(Subcommand)]
enum Load {
    /// Latency over a package of 5,000 lines, 60 files, 200 tools.
    Bench {
        /// How many edits and completions are measured.
        #[arg(long, default_value_t = 200)]
        rounds: usize,
        /// Write JSON.
        #[arg(long)]
        json: bool,
    },
    /// The sessions of a folder; with `MCPZ_BLESS=1` the answers that come are written into them.
    Sessions {
        /// The folder.
        #[arg(long, default_value = "tests/lsp/sessions")]
        folder: PathBuf,
    },
    /// Random edits between random requests and cancellations.
    Torture {
        /// How many edits.
        #[arg(long, default_value_t = 100_000)]
        edits: u64,
        /// Where the generator starts.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome: Result<String> = match cli.load {
        Load::Bench { rounds, json } => bench::run(&cli.binary, rounds).map(|report| report.text(json)),
        Load::Sessions { folder } => {
            session::run_all(&cli.binary, &folder).map(|count| format!("{count} sessions answer as they are written"))
        }
        Load::Torture { edits, seed } => torture::run(&cli.binary, edits, seed),
    };
    match outcome {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(failed) => {
            eprintln!("{failed}");
            ExitCode::FAILURE
        }
    }
}
