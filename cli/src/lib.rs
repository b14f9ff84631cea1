//! The `mcpz` command as a library: `cargo demo` and the tests call what the binary calls.
//!
//! [`args`] holds the command line, [`commands`] one file per subcommand. A command gets a
//! [`shell::Shell`] (where it runs and writes) and returns an [`exit::Outcome`] or an
//! [`exit::Failure`]; only [`run`] turns that into an exit code. Rendering of diagnostics is
//! [`render`], of decisions [`decision`]; text from servers, models and clients is shown through
//! [`escape`] alone.

pub mod args;
pub mod case;
pub mod catalogs;
pub mod commands;
pub mod decision;
pub mod diagnostics_json;
pub mod doc;
pub mod durations;
pub mod engine;
pub mod escape;
pub mod exit;
pub mod fixes;
pub mod formats;
pub mod graph;
pub mod listing;
pub mod material;
pub mod mcp;
pub mod output;
pub mod package;
pub mod pipeline;
pub mod render;
mod report;
pub mod shell;
pub mod testing;
pub mod transcript;
pub mod why;
mod workbench;

use args::{Cli, Command};
use clap::Parser;
use exit::{Failure, Outcome};
use output::{BAD, BOLD, Format, Output, styled};
use shell::Shell;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command line.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
            // A reader that has gone away is no reason to panic.
            let _ = error.print();
            return code;
        }
    };
    let format = cli.format;
    let (result, write_error) = execute(cli);
    if let Some(error) = write_error {
        report(&Failure::input(format!("output cannot be written: {error}")), Format::Human);
        return ExitCode::from(2);
    }
    match result {
        Ok(outcome) => outcome.code(),
        Err(failure) => {
            report(&failure, format);
            failure.code()
        }
    }
}

fn execute(cli: Cli) -> (Result<Outcome, Failure>, Option<std::io::Error>) {
    if !cli.command.writes(cli.format) {
        let failure = Failure::input("this command does not write that format")
            .with_help("`check` writes sarif and github, `test` junit and tap; json every command whose output has no form of its own");
        return (Err(failure), None);
    }
    let directory = cli.directory.clone().unwrap_or_default();
    if !directory.as_os_str().is_empty() && !directory.is_dir() {
        let failure = Failure::input(format!("{} is no folder", directory.display()));
        return (Err(failure), None);
    }
    let mut shell = Shell { out: Output::stdout(cli.format, cli.color), directory };
    let result = dispatch(cli.command, &mut shell);
    (result, shell.out.finish())
}

fn dispatch(command: Command, shell: &mut Shell) -> Result<Outcome, Failure> {
    match command {
        Command::Check(args) => commands::check::run(&args, shell),
        Command::Fmt(args) => commands::fmt::run(&args, shell),
        Command::Build(args) => commands::build::run(&args, shell),
        Command::Graph(args) => commands::graph::run(&args, shell),
        Command::Inspect(args) => commands::inspect::run(&args, shell),
        Command::Catalog(args) => commands::catalog::run(&args, shell),
        Command::Lock(args) => commands::catalog::lock::run(&args, shell),
        Command::Eval(args) => commands::eval::run(&args, shell),
        Command::Test(args) => commands::test::run(&args, shell),
        Command::Why(args) => commands::why::run(&args, shell),
        Command::Lsp(args) => commands::lsp::run(&args),
        Command::New(args) => commands::new::run(&args, shell),
        Command::Doc(args) => commands::doc::run(&args, shell),
        Command::Explain(args) => commands::explain::run(&args, shell),
        Command::Gateway(args) => commands::gateway::run(&args, shell),
        Command::Run(args) => commands::run::run(&args, shell),
        Command::Audit(args) => commands::audit::run(&args, shell),
        Command::Isolate(args) => commands::isolate::run(&args, shell),
        Command::Restore(args) => commands::restore::run(&args, shell),
        Command::Status(args) => commands::status::run(&args, shell),
        Command::Completions(args) => commands::completions::run(&args, shell),
    }
}

/// Says on standard error why a command could not run; as one JSON object when JSON was asked for. Paths, names and what
/// servers said are in it, so this is where it is made safe to show.
fn report(failure: &Failure, format: Format) {
    use std::io::Write;
    let mut stderr = anstream::stderr().lock();
    if format == Format::Json {
        let value = serde_json::json!({"error": failure.message, "help": failure.help});
        let _ = writeln!(stderr, "{}", output::json_text(&value));
        return;
    }
    let _ = writeln!(stderr, "{}: {}", styled(BAD, "error"), escape::block(&failure.message));
    for help in &failure.help {
        let _ = writeln!(stderr, "  {} {}", styled(BOLD, "help:"), escape::block(help));
    }
}
