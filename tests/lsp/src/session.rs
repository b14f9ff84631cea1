//! Sessions as data: a file of steps, each a line `>> STEP ARGUMENT` and a body, which is text to put in or the answer that must come.
//!
//! | step | what it does |
//! |---|---|
//! | `package NAME` | copies the examples into an empty workspace; paths are below that example |
//! | `file PATH` | writes a file |
//! | `start JSON` | starts the server; capabilities and `options` are in the JSON |
//! | `open PATH` | opens a document: the body, or the file; `$0` is the cursor |
//! | `type TEXT` | types at the cursor, one edit a character |
//! | `replace ["old", "new"]` | edits the document; `$0` in the new text is the cursor |
//! | `cursor TEXT` | puts the cursor to `$0` of a text that is in the document |
//! | `select TEXT` | selects a text of the document |
//! | `accept LABEL`, `accept LABEL (snippet)`, `tab` | takes a completion that must be offered; goes to the next place of a snippet |
//! | `check` | saves everything and runs `mcpz check` |
//! | `hierarchy incoming`, `outgoing` | the call hierarchy of what is at the cursor |
//! | `save`, `close`, `disk PATH` | saves and closes; writes the body to disk and tells the server |
//! | `text` | the text of the document |
//! | `completion PREFIX`, `docs LABEL` | completions whose label starts so; the documentation of one |
//! | `diagnostics PATH`, `pushed PATH` | what a pull gives; what was pushed |
//! | `links`, `lenses` | where the codes of the diagnostics lead; the titles of the code lenses by line |
//! | `exists PATH` | whether a file is there |
//! | `at METHOD [JSON]` | a request about the cursor; the JSON is merged into its parameters, `"previousResultId": "last"` is the id of the last answer |
//! | `apply METHOD [JSON]` | the same, and the edits of the answer are made |
//! | `action TITLE` | the code action of that title is made; without a title they are listed |
//! | `command NAME [JSON]` | `workspace/executeCommand` with the document's address |
//! | `ask NAME [JSON]`, `lines TEXT` | a command with a long answer; those of its lines that hold a text |
//! | `request METHOD [JSON]` | any request |
//!
//! With `MCPZ_BLESS=1` the answers in the file are replaced by those that came.

mod steps;

use crate::{Failed, Result};
use std::path::{Path, PathBuf};

/// A step of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// The rest of its line.
    pub argument: String,
    /// The lines below.
    pub body: String,
}

/// A session file: what stands before the first step, and the steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Title and remarks.
    pub preamble: String,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Session {
    /// Reads a session file.
    pub fn parse(text: &str) -> Session {
        let mut session = Session { preamble: String::new(), steps: Vec::new() };
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix(">> ") {
                let (name, argument) = rest.split_once(' ').unwrap_or((rest, ""));
                session.steps.push(Step { name: name.to_owned(), argument: argument.to_owned(), body: String::new() });
                continue;
            }
            let target = session.steps.last_mut().map_or(&mut session.preamble, |step| &mut step.body);
            target.push_str(line);
            target.push('\n');
        }
        session
    }

    /// Writes it as it is read.
    pub fn text(&self) -> String {
        let mut text = self.preamble.clone();
        for step in &self.steps {
            text.push_str(format!(">> {} {}", step.name, step.argument).trim_end());
            text.push('\n');
            text.push_str(&step.body);
        }
        text
    }
}

/// Runs one session file. Differences are listed; with `bless` the file is rewritten instead.
pub fn run(binary: &Path, file: &Path, bless: bool) -> Result<Vec<String>> {
    let mut session = Session::parse(&std::fs::read_to_string(file)?);
    let mut runner = steps::Runner::new(binary)?;
    let mut differences = Vec::new();
    for step in &mut session.steps {
        let answer = runner
            .step(step)
            .map_err(|failed| Failed(format!("{}: >> {} {}: {failed}", file.display(), step.name, step.argument)))?;
        let Some(answer) = answer else { continue };
        let wanted = step.body.trim_end().to_owned();
        let got = answer.trim_end().to_owned();
        if wanted != got {
            differences.push(format!(
                "{}: >> {} {}\n--- wanted\n{wanted}\n--- got\n{got}\n",
                file.display(),
                step.name,
                step.argument
            ));
            step.body = if got.is_empty() { "\n".to_owned() } else { format!("{got}\n\n") };
        }
    }
    runner.finish()?;
    if bless && !differences.is_empty() {
        std::fs::write(file, session.text())?;
        return Ok(Vec::new());
    }
    Ok(differences)
}

/// Runs every session of a folder. Gives their number.
pub fn run_all(binary: &Path, folder: &Path) -> Result<usize> {
    let bless = std::env::var_os("MCPZ_BLESS").is_some();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "session"));
    files.sort();
    let mut differences = Vec::new();
    for file in &files {
        match run(binary, file, bless) {
            Ok(found) => differences.extend(found),
            Err(failed) => differences.push(failed.to_string()),
        }
    }
    if differences.is_empty() { Ok(files.len()) } else { Err(Failed(differences.join("\n"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_written_as_they_are_read() {
        let text = "# title\n\n>> open a.mcpz\npermit $0\n\n>> completion\n>> text\nx\n";
        let session = Session::parse(text);
        assert_eq!(session.steps.len(), 3);
        assert_eq!(session.text(), text);
    }
}
