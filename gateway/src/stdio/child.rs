//! A server as a child process, in a process group of its own, so that all it started ends with it.

use crate::wire::lines::{LineLimits, Lines};
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessGroup};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{ChildStdin, ChildStdout};

/// How long a server may take to leave after its input was closed, and again after SIGTERM.
const LEAVE: Duration = Duration::from_secs(2);
/// SIGTERM, the same number on every Unix.
const SIGTERM: i32 = 15;

/// What to start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// The program.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Where it runs; absent: where we do.
    pub directory: Option<PathBuf>,
    /// Variables of its environment, beside those it inherits.
    pub environment: BTreeMap<String, String>,
    /// Variables that it does not inherit.
    pub without: Vec<String>,
}

/// Why a server could not be started.
#[derive(Debug)]
pub struct SpawnError {
    /// The program.
    pub program: String,
    /// What the system said.
    pub error: std::io::Error,
}

impl std::fmt::Display for SpawnError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` cannot be started: {}", self.program.escape_default(), self.error)
    }
}

impl std::error::Error for SpawnError {}

/// A running server. Dropped, it is killed.
pub struct Child {
    process: Box<dyn ChildWrapper>,
}

/// Its pipes.
pub type Pipes = (Lines<ChildStdout>, ChildStdin);

impl Child {
    /// Starts a server. What it writes to standard error goes to ours: it is not part of the protocol.
    pub fn start(command: &Command, limits: LineLimits) -> Result<(Child, Pipes), SpawnError> {
        let failed = |error| SpawnError { program: command.program.clone(), error };
        let mut wrap = CommandWrap::with_new(&command.program, |inner| {
            inner.args(&command.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
            if let Some(directory) = &command.directory {
                inner.current_dir(directory);
            }
            command.without.iter().for_each(|name| {
                inner.env_remove(name);
            });
            inner.envs(&command.environment);
        });
        #[cfg(unix)]
        wrap.wrap(ProcessGroup::leader());
        wrap.wrap(KillOnDrop);
        let mut process = wrap.spawn().map_err(failed)?;
        let (stdin, stdout) = (process.stdin().take(), process.stdout().take());
        let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
            return Err(failed(std::io::Error::other("it gave no pipes")));
        };
        Ok((Child { process }, (Lines::new(stdout, limits), stdin)))
    }

    /// Ends it and everything it started: its input was closed by the caller, then it is asked, then killed.
    /// Its exit code, if it left by itself.
    pub async fn end(mut self) -> Option<i32> {
        let mut status = self.left_within(LEAVE).await;
        if status.is_none() {
            let _ = self.process.signal(SIGTERM);
            status = self.left_within(LEAVE).await;
        }
        // The leader may be gone while its children are not: the group is killed in any case.
        let _ = self.process.start_kill();
        let _ = self.left_within(LEAVE).await;
        status.and_then(|status| status.code())
    }

    async fn left_within(&mut self, patience: Duration) -> Option<std::process::ExitStatus> {
        tokio::time::timeout(patience, self.process.wait()).await.ok()?.ok()
    }
}
