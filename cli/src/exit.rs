//! What a command ends with: [`Outcome`] when it ran, [`Failure`] when it could not.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | yes: no error, the call is allowed, all tests pass, nothing differs |
//! | 1 | no: errors in the policy, the call is denied or challenged, a test failed, something differs |
//! | 2 | could not be asked: wrong usage, a file that is missing or malformed, output that cannot be written |
//! | 3 | the MCP server could not be reached or broke the protocol |

use std::process::ExitCode;

/// The text that ends `mcpz --help`; the same table as above.
pub const EXIT_CODES_HELP: &str = "\
Exit codes:
  0  yes: no error, the call is allowed, all tests pass, nothing differs
  1  no: errors in the policy, the call is denied or challenged, a test failed, something differs
  2  could not be asked: wrong usage, a missing or malformed file, output that cannot be written
  3  the MCP server could not be reached, or broke the protocol";

/// A command ran, and this is its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Yes,
    /// Exit code 1.
    No,
}

impl Outcome {
    /// `Yes` when the condition holds.
    pub fn yes_if(condition: bool) -> Outcome {
        if condition { Outcome::Yes } else { Outcome::No }
    }

    /// Its exit code.
    pub fn code(self) -> ExitCode {
        match self {
            Outcome::Yes => ExitCode::SUCCESS,
            Outcome::No => ExitCode::from(1),
        }
    }
}

/// Whose fault it is that a command could not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Exit code 2.
    Input,
    /// Exit code 3.
    Server,
}

/// A command could not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which exit code.
    pub kind: FailureKind,
    /// One line: lower case, no final period.
    pub message: String,
    /// What to do about it, one line each.
    pub help: Vec<String>,
}

impl Failure {
    /// Wrong usage, or a file that is not there or not as it must be.
    pub fn input(message: impl Into<String>) -> Failure {
        Failure { kind: FailureKind::Input, message: message.into(), help: Vec::new() }
    }

    /// The MCP server's fault.
    pub fn server(message: impl Into<String>) -> Failure {
        Failure { kind: FailureKind::Server, message: message.into(), help: Vec::new() }
    }

    /// Adds a line of help.
    pub fn with_help(mut self, help: impl Into<String>) -> Failure {
        self.help.push(help.into());
        self
    }

    /// Its exit code.
    pub fn code(&self) -> ExitCode {
        match self.kind {
            FailureKind::Input => ExitCode::from(2),
            FailureKind::Server => ExitCode::from(3),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "\n  help: {help}"))
    }
}

impl std::error::Error for Failure {}
