//! Ways around the gateway, as raw bytes, against this very binary: see `tests/wire`.
//!
//! Without the usual harness: the program is also the server behind the gateway, which writes down what it is sent.

use std::path::Path;
use std::process::ExitCode;

/// What the program is called with to be that server.
const RECORDER: &str = "serve-as-recorder";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == RECORDER) {
        return match mcpz_wire_tests::recorder::stdio() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    if arguments.iter().any(|argument| argument == "--list") {
        println!("nothing_gets_around_the_gateway: test");
        return ExitCode::SUCCESS;
    }
    let Some(own) = std::env::current_exe().ok().and_then(|path| path.to_str().map(str::to_owned)) else {
        eprintln!("this program has no path");
        return ExitCode::FAILURE;
    };
    match mcpz_wire_tests::run(Path::new(env!("CARGO_BIN_EXE_mcpz")), vec![own, RECORDER.to_owned()]) {
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
        Ok(report) => {
            println!("{} attempts refused, {} not as they should be", report.refused, report.problems.len());
            report.problems.iter().for_each(|problem| eprintln!("  {problem}"));
            if report.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}
