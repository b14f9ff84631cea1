//! Loads for the gateway. `bench` says what it adds to a call, `soak` whether it stays right while its policy is
//! exchanged again and again, `kill` how soon
//! the kill switch works.

mod bench;
mod client;
mod in_process;
mod kill;
mod place;
mod policy;
mod soak;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Loads for the gateway.
#[derive(Parser)]
struct Cli {
    /// `mcpz`.
    #[arg(long, global = true, default_value = "mcpz")]
    binary: PathBuf,
    #[command(subcommand)]
    load: Load,
}

#[derive(Subcommand)]
enum Load {
    /// A server over stdio that answers everything.
    Echo,
    /// Latency and throughput, direct and through the gateway, in one run.
    Bench {
        /// How many calls one after the other.
        #[arg(long, default_value_t = 3000)]
        calls: usize,
        /// How long each measurement of throughput takes.
        #[arg(long, default_value_t = 2)]
        seconds: u64,
        /// JSON in the place of a table.
        #[arg(long)]
        json: bool,
    },
    /// Load with every answer checked against the reference interpreter, and reloads in the middle.
    Soak {
        /// How long.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// How many reloads.
        #[arg(long, default_value_t = 200)]
        reloads: u32,
    },
    /// From the kill switch to the last call that reaches the server, again and again.
    Kill {
        /// How many times.
        #[arg(long, default_value_t = 200)]
        times: u32,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.load {
        Load::Echo => mcpz_wire_tests::recorder::echo().map_err(|error| error.to_string()),
        Load::Bench { calls, seconds, json } => bench::run(&cli.binary, calls, Duration::from_secs(seconds))
            .map(|report| println!("{}", if json { report.to_string() } else { bench::table(&report) })),
        Load::Soak { seconds, reloads } => soak::run(&cli.binary, Duration::from_secs(seconds), reloads),
        Load::Kill { times } => kill::run(&cli.binary, times),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
