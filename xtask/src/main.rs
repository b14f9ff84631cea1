//! Project automation: `cargo xtask COMMAND`, and `cargo demo`.

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;
use xtask::steps::Failed;
use xtask::{
    bench, clients, codegen, conformance, demo, editors, gateway, judge, loads, lsp, setup, test_all, tidy, vscode_e2e,
};

/// Project automation for mcpz.
#[derive(Parser)]
#[command(name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything: set-up, formatting, lints, tidiness, generated files, all tests, oracle, fuzz smoke, bundle mutation.
    Test(test_all::Args),
    /// Install the MCP servers that tests talk to, into `build/` (Node 20 is needed; Python 3 for those written in it).
    Setup,
    /// Check, test, compile and run the payments example on a recorded session.
    Demo(demo::Args),
    /// Compare the VM with the reference interpreter on generated pairs of package and request.
    Oracle(judge::OracleArgs),
    /// Feed a part with generated input.
    Fuzz(judge::FuzzArgs),
    /// Flip every bit and cut every byte of the example bundles.
    MutateBundles(judge::MutateArgs),
    /// Measure mcpz and its peers on the same rules: latency, allocations, load time, memory.
    Bench(bench::Args),
    /// Latency and memory of the language server over a package of 5,000 lines.
    BenchLsp(lsp::BenchArgs),
    /// Random edits between random requests and cancellations, against the language server.
    LspTorture(lsp::TortureArgs),
    /// Try all known ways around the gateway, as raw bytes on stdio and HTTP; a server behind it writes down what it sees.
    Wire,
    /// What the gateway adds to a call: latency and throughput, direct and through it, in one run.
    BenchGateway(loads::BenchArgs),
    /// Load on the gateway, every answer checked against the reference interpreter, while its policy is exchanged.
    Soak(loads::SoakArgs),
    /// How soon the kill switch works: from the command to the last call that reaches a server.
    KillSwitch(loads::KillArgs),
    /// Kill a process that writes an audit log, again and again: nothing acknowledged may be lost.
    AuditCrash(gateway::AuditCrashArgs),
    /// Write what is generated: pages of `docs/`, the C header, what editors are told about the language.
    Codegen(codegen::Args),
    /// Build the VS Code extension and pack it into `build/mcpz.vsix`.
    Vscode(editors::Args),
    /// The extension in a real VS Code (code-server, Chromium), with pictures; says what is missing where they are not there.
    VscodeE2e(vscode_e2e::Args),
    /// The official MCP conformance suite, direct and through the gateway: the outcomes must be the same.
    Conformance(conformance::Args),
    /// Real clients against real servers, through `mcpz run` and `mcpz gateway`: the table of `tests/clients`.
    Clients(clients::Args),
    /// Check the rules of the house.
    Tidy,
    /// A client of the matrix.
    #[command(hide = true)]
    Rmcp {
        /// What it is to do.
        job: String,
    },
    /// What the `mcpz` binary does, for other commands of this program.
    #[command(hide = true, disable_help_flag = true)]
    Mcpz {
        /// Its command line.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let result: Result<(), Failed> = match Cli::parse().command {
        Command::Test(args) => test_all::run(&args),
        Command::Setup => setup::run(),
        Command::Demo(args) => demo::run(&args),
        Command::Oracle(args) => judge::oracle(judge::Build::Release, &args),
        Command::Fuzz(args) => judge::fuzz(judge::Build::Release, &args),
        Command::MutateBundles(args) => judge::mutate_bundles(judge::Build::Release, &args),
        Command::Bench(args) => bench::run(&args),
        Command::BenchLsp(args) => lsp::bench(&args),
        Command::LspTorture(args) => lsp::torture(&args),
        Command::Wire => loads::wire(),
        Command::BenchGateway(args) => loads::bench(&args),
        Command::Soak(args) => loads::soak(&args, true),
        Command::KillSwitch(args) => loads::kill(&args),
        Command::AuditCrash(args) => gateway::audit_crash(&args),
        Command::Codegen(args) => codegen::run(&args),
        Command::Vscode(args) => editors::vscode(&args),
        Command::VscodeE2e(args) => vscode_e2e::run(&args),
        Command::Conformance(args) => conformance::run(&args),
        Command::Clients(args) => clients::run(&args),
        Command::Rmcp { job } => clients::rmcp::run(&job),
        Command::Tidy => tidy::run(),
        Command::Mcpz { words } => {
            return mcpz::run(std::iter::once(OsString::from("mcpz")).chain(words));
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            anstream::eprintln!("{}", failed.0);
            ExitCode::FAILURE
        }
    }
}
