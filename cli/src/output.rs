//! Where a command writes: standard output in the format asked for, progress on standard error.
//!
//! A [`Output`] never fails in the middle of a command. When the reader of a pipe goes away the
//! rest is dropped and the command still ends with its true exit code (`mcpz check | head -1` must
//! not turn an error into a success). Any other write error is kept and ends the command with
//! exit code 2.

use crate::escape;
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use std::io::{ErrorKind, IsTerminal, Write};

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON document on standard output.
    Json,
    /// SARIF 2.1.0, of `check`.
    Sarif,
    /// Annotations of GitHub Actions, of `check`.
    Github,
    /// JUnit XML, of `test`.
    Junit,
    /// The Test Anything Protocol, of `test`.
    Tap,
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Bold.
pub const BOLD: Style = Style::new().bold();
/// Faint.
pub const DIM: Style = Style::new().dimmed();
/// Allowed, passed.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Denied, failed.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Challenged, warned.
pub const CAUTION: Style = AnsiColor::Yellow.on_default().bold();
/// Names and places.
pub const NAME: Style = AnsiColor::Cyan.on_default();

/// `text` in a style; whether the escape codes survive is decided when it is written.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The output of one command.
pub struct Output {
    format: Format,
    color: bool,
    progress: bool,
    sink: Box<dyn Write>,
    closed: bool,
    error: Option<std::io::Error>,
}

impl Output {
    /// Standard output.
    pub fn stdout(format: Format, color: Color) -> Output {
        let stdout = std::io::stdout();
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
        };
        let progress = format == Format::Human && std::io::stderr().is_terminal() && stdout.is_terminal();
        Output::new(format, color, progress, Box::new(std::io::BufWriter::new(stdout)))
    }

    /// Into any sink, without progress: for tests and `cargo demo`.
    pub fn new(format: Format, color: bool, progress: bool, sink: Box<dyn Write>) -> Output {
        Output { format, color, progress, sink, closed: false, error: None }
    }

    /// The format asked for.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether the output is JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether colour survives.
    pub fn color(&self) -> bool {
        self.color
    }

    /// Writes styled text as it is, without a line feed.
    pub fn text(&mut self, text: &str) {
        if self.color {
            self.bytes(text.as_bytes());
        } else {
            let plain = anstream::adapter::strip_str(text).to_string();
            self.bytes(plain.as_bytes());
        }
    }

    /// Writes one line of styled text.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.text(text.as_ref());
        self.bytes(b"\n");
    }

    /// Writes a JSON document. Bidirectional and invisible characters within strings are
    /// written as `\u` escapes, so that the document is safe on a terminal too.
    pub fn json(&mut self, value: &serde_json::Value) {
        let text = json_text(value);
        self.bytes(text.as_bytes());
        self.bytes(b"\n");
    }

    /// Writes bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if self.closed || self.error.is_some() {
            return;
        }
        let result = self.sink.write_all(bytes);
        self.note(result);
    }

    /// Shows what has been written so far, before a wait.
    pub fn flush(&mut self) {
        if !self.closed && self.error.is_none() {
            let result = self.sink.flush();
            self.note(result);
        }
    }

    /// Flushes; the error that was met on the way, if any.
    pub fn finish(mut self) -> Option<std::io::Error> {
        self.flush();
        self.error
    }

    /// A spinner on standard error, when a person is watching.
    pub fn spinner(&self, message: &str) -> Progress {
        if !self.progress {
            return Progress(None);
        }
        let bar = indicatif::ProgressBar::new_spinner();
        bar.set_message(escape::inline(message));
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        Progress(Some(bar))
    }

    fn note(&mut self, result: std::io::Result<()>) {
        match result {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.closed = true,
            Err(error) => self.error = Some(error),
        }
    }
}

/// A spinner that is gone when dropped.
pub struct Progress(Option<indicatif::ProgressBar>);

impl Progress {
    /// Says what is done now.
    pub fn set(&self, message: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(escape::inline(message));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

/// Pretty JSON whose strings hold no invisible or direction-changing character.
pub fn json_text(value: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    if !text.chars().any(|c| escape::is_dangerous(c) && c != '\n') {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if character != '\n' && escape::is_dangerous(character) {
            let mut units = [0u16; 2];
            for unit in character.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// So many things: "1 server", "2 servers".
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(buffer);
            Ok(buffer.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn styles_are_dropped_without_colour() {
        let sink = Shared::default();
        let mut out = Output::new(Format::Human, false, false, Box::new(sink.clone()));
        out.line(styled(GOOD, "ok"));
        assert_eq!(sink.0.borrow().as_slice(), b"ok\n");
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        let mut out = Output::new(Format::Human, false, false, Box::new(Failing(ErrorKind::BrokenPipe)));
        out.line("one");
        out.line("two");
        assert!(out.finish().is_none());
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let mut out = Output::new(Format::Human, false, false, Box::new(Failing(ErrorKind::StorageFull)));
        out.line("one");
        assert_eq!(out.finish().map(|e| e.kind()), Some(ErrorKind::StorageFull));
    }

    #[test]
    fn json_strings_hold_no_bidirectional_controls() {
        let text = json_text(&serde_json::json!({"name": "pay\u{202e}lap\u{e0041}"}));
        assert!(text.is_ascii(), "{text}");
        let back: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["name"], "pay\u{202e}lap\u{e0041}");
    }
}
