//! A server as a child process: its pipes, what it printed, and its certain end.

use crate::escape;
use crate::exit::Failure;
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessGroup};
use std::collections::VecDeque;
use std::path::Path;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::task::JoinHandle;

/// How long a server may take to leave after its input is closed, and again after SIGTERM.
const LEAVE: Duration = Duration::from_secs(2);
/// How long the rest of standard error is waited for.
const DRAIN: Duration = Duration::from_millis(300);
/// How many bytes of standard error are kept (the last ones).
const STDERR_KEPT: usize = 16 * 1024;
/// How many bytes of standard output are kept (the first ones), to tell what a server speaks.
const STDOUT_KEPT: usize = 2 * 1024;
/// How many bytes a server may print in all.
const STDOUT_LIMIT: u64 = 64 * 1024 * 1024;
/// SIGTERM, the same number on every Unix.
const SIGTERM: i32 = 15;

/// A running server.
pub struct Server {
    child: Box<dyn ChildWrapper>,
    stderr: Kept,
    stdout: Kept,
    heard: Heard,
    draining: Option<JoinHandle<()>>,
}

/// Bytes kept of a stream, shared with the task that reads it.
type Kept = Arc<Mutex<VecDeque<u8>>>;

/// Everything that was read of a stream.
type Heard = Arc<Mutex<Vec<u8>>>;

/// The pipes of a server, for the transport.
pub type Pipes = (Tap<ChildStdout>, ChildStdin);

/// Starts `command` in `directory`, in a process group of its own.
pub fn start(command: &[String], directory: &Path) -> Result<(Server, Pipes), Failure> {
    let [program, arguments @ ..] = command else {
        return Err(Failure::input("no command was given").with_help("mcpz catalog add NAME -- COMMAND [ARGUMENT...]"));
    };
    let mut wrap = CommandWrap::with_new(program, |inner| {
        inner
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    });
    #[cfg(unix)]
    wrap.wrap(ProcessGroup::leader());
    wrap.wrap(KillOnDrop);
    let mut child = wrap.spawn().map_err(|error| spawn_failure(program, &error))?;
    let (stdin, stdout) = (child.stdin().take(), child.stdout().take());
    let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
        return Err(Failure::server(format!("`{}` gave no pipes", escape::inline(program))));
    };
    let mut server =
        Server { child, stderr: Kept::default(), stdout: Kept::default(), heard: Heard::default(), draining: None };
    if let Some(stderr) = server.child.stderr().take() {
        server.draining = Some(tokio::spawn(drain(stderr, server.stderr.clone())));
    }
    let tap = Tap { inner: stdout, kept: server.stdout.clone(), heard: server.heard.clone(), total: 0 };
    Ok((server, (tap, stdin)))
}

fn spawn_failure(program: &str, error: &std::io::Error) -> Failure {
    let shown = escape::inline(program);
    match error.kind() {
        std::io::ErrorKind::NotFound => Failure::server(format!("command `{shown}` was not found"))
            .with_help("give a program on PATH, or a path to it; the command runs in the package folder"),
        std::io::ErrorKind::PermissionDenied => {
            Failure::server(format!("command `{shown}` may not be run")).with_help("is it executable?")
        }
        _ => Failure::server(format!("command `{shown}` could not be started: {error}")),
    }
}

impl Server {
    /// Its exit status, when it has left by itself within `patience`.
    pub async fn left_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        tokio::time::timeout(patience, self.child.wait()).await.ok()?.ok()
    }

    /// Ends it and everything it started: its input is closed by the caller, then it is asked, then killed.
    pub async fn end(mut self) {
        if self.left_within(LEAVE).await.is_none() {
            let _ = self.child.signal(SIGTERM);
            let _ = self.left_within(LEAVE).await;
        }
        // The leader may be gone while its children are not: the group is killed in any case.
        self.kill().await;
    }

    /// Kills the whole group at once.
    pub async fn kill(&mut self) {
        let _ = self.child.start_kill();
        let _ = self.left_within(LEAVE).await;
    }

    /// The last lines it wrote to standard error, escaped. Of a server that has left, all it wrote is read first.
    pub async fn stderr_tail(&mut self, lines: usize) -> Vec<String> {
        if let Some(draining) = self.draining.take() {
            let _ = tokio::time::timeout(DRAIN, draining).await;
        }
        let text = text_of(&self.stderr);
        let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        all[all.len().saturating_sub(lines)..].iter().map(|line| escape::inline(line)).collect()
    }

    /// All that it wrote to standard output so far.
    pub fn heard(&self) -> Vec<u8> {
        self.heard.lock().map(|heard| heard.clone()).unwrap_or_default()
    }

    /// The first line it wrote to standard output that is no JSON, if there is one.
    pub fn first_line_that_is_no_json(&self) -> Option<String> {
        let text = text_of(&self.stdout);
        let line = text.lines().find(|line| !line.trim().is_empty())?;
        let cut_off = text.len() >= STDOUT_KEPT && !text.contains('\n');
        let looks_like_json = line.trim_start().starts_with(['{', '[']);
        if serde_json::from_str::<serde_json::Value>(line).is_ok() || (cut_off && looks_like_json) {
            return None;
        }
        Some(escape::inline(line))
    }
}

fn text_of(kept: &Kept) -> String {
    let bytes = match kept.lock() {
        Ok(guard) => guard.iter().copied().collect::<Vec<u8>>(),
        Err(poisoned) => poisoned.into_inner().iter().copied().collect(),
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn drain(mut stderr: ChildStderr, kept: Kept) {
    let mut buffer = [0u8; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        let Ok(mut guard) = kept.lock() else { return };
        guard.extend(&buffer[..count]);
        let excess = guard.len().saturating_sub(STDERR_KEPT);
        guard.drain(..excess);
    }
}

/// A reader that keeps what passes, and refuses to pass too much.
pub struct Tap<R> {
    inner: R,
    kept: Kept,
    heard: Heard,
    total: u64,
}

impl<R: AsyncRead + Unpin> AsyncRead for Tap<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.inner).poll_read(context, buffer);
        let new = &buffer.filled()[before..];
        self.total = self.total.saturating_add(u64::try_from(new.len()).unwrap_or(u64::MAX));
        if self.total > STDOUT_LIMIT {
            return Poll::Ready(Err(std::io::Error::other("the server printed more than 64 MiB")));
        }
        if let Ok(mut heard) = self.heard.lock() {
            heard.extend_from_slice(new);
        }
        if let Ok(mut kept) = self.kept.lock() {
            let room = STDOUT_KEPT.saturating_sub(kept.len());
            kept.extend(new.iter().take(room));
        }
        result
    }
}
