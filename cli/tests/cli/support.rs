//! What the tests of the command share: running it, and making packages to run it on.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run of the command gave.
pub struct Run {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Run {
    /// Fails the test unless the exit code is this.
    pub fn expect(self, code: i32) -> Run {
        assert_eq!(self.code, code, "exit code\n-- stdout\n{}\n-- stderr\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}", self.out))
    }
}

/// The command, in a folder.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcpz"));
    command.current_dir(folder).env_remove("NO_COLOR").env("TERM", "xterm").stdin(Stdio::null());
    command
}

/// Runs the command in a folder.
pub fn mcpz(folder: &Path, args: &[&str]) -> Run {
    let output = command(folder).args(args).output().expect("mcpz starts");
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        err: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    }
}

/// Runs the command with text on standard input.
pub fn mcpz_with_input(folder: &Path, args: &[&str], input: &str) -> Run {
    use std::io::Write;
    let mut child = command(folder)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("mcpz starts");
    child.stdin.take().expect("stdin").write_all(input.as_bytes()).expect("input is written");
    let output = child.wait_with_output().expect("mcpz ends");
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        err: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    }
}

/// A new package in a folder of its own.
pub struct Package {
    /// Removed at the end of the test.
    _keep: tempfile::TempDir,
    /// Its folder.
    pub root: PathBuf,
}

impl Package {
    /// What `mcpz new` makes.
    pub fn new() -> Package {
        let keep = tempfile::tempdir().expect("a temporary folder");
        mcpz(keep.path(), &["new", "acme"]).expect(0);
        let root = keep.path().join("acme");
        Package { _keep: keep, root }
    }

    /// Runs the command in it.
    pub fn run(&self, args: &[&str]) -> Run {
        mcpz(&self.root, args)
    }

    /// Reads one of its files.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Writes one of its files.
    pub fn write(&self, path: &str, text: &str) {
        let file = self.root.join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("the folder is made");
        std::fs::write(file, text).expect("the file is written");
    }

    /// Replaces text in one of its files; the text must be there.
    pub fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} does not hold {from}");
        self.write(path, &text.replace(from, to));
    }
}
