//! Attempts on standard input of `mcpz run`.

use crate::corpus::bytes;
use crate::recorder;
use crate::work::{Place, Seen};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// Nothing takes longer than this, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":"begin","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"wire","version":"1"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// A gateway in front of a recorder, as a child.
struct Gateway {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Gateway {
    fn start(place: &Place, record: &std::path::Path) -> std::io::Result<Gateway> {
        let mut command = Command::new(&place.binary);
        command.arg("run").arg("--policy").arg(&place.package).args(["--server", "notes", "--"]);
        command.args(&place.recorder).env(recorder::RECORD, record).env(recorder::ANSWERS, &place.answers);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let output = child.stdout.take().ok_or_else(|| std::io::Error::other("no output"))?;
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Gateway { child, lines, seen: Vec::new() })
    }

    /// Writes a line. A gateway that has left takes none; what it said before that counts.
    fn send(&mut self, line: &[u8]) {
        if let Some(input) = &mut self.child.stdin {
            let _ = input.write_all(line).and_then(|()| input.write_all(b"\n")).and_then(|()| input.flush());
        }
    }

    /// Waits for a line that holds this; false when the output ends first.
    fn wait(&mut self, part: &str) -> bool {
        let end = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            let found = line.contains(part);
            self.seen.push(line);
            if found {
                return true;
            }
        }
        false
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have left by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A harmless call.
pub fn harmless(id: &str, query: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":"{id}","method":"tools/call","params":{{"name":"search_notes","arguments":{{"query":"{query}"}}}}}}"#
    )
}

/// Sends a text and then a harmless call; what the client saw, and what the server did.
pub fn attempt(place: &Place, text: &str, word: &str) -> Result<Seen, String> {
    let record = place.folder.join(format!("{word}.record"));
    let failed = |error: std::io::Error| error.to_string();
    let mut gateway = Gateway::start(place, &record).map_err(failed)?;
    gateway.send(INITIALIZE.as_bytes());
    if !gateway.wait("\"begin\"") {
        return Err("the gateway did not begin".to_owned());
    }
    gateway.send(INITIALIZED.as_bytes());
    gateway.seen.clear();
    gateway.send(&bytes(text, word));
    let (after, control) = (format!("after-{word}"), format!("harmless-{}", word.len()));
    gateway.send(harmless(&after, &control).as_bytes());
    let went_on = gateway.wait(&after);
    let said = std::mem::take(&mut gateway.seen);
    drop(gateway);
    let record = std::fs::read(&record).map_err(failed)?;
    let is_control = |line: &String| line.contains(&after);
    Ok(Seen {
        said: said.into_iter().filter(|line| !is_control(line)).collect(),
        status: None,
        reached: recorder::holds(&record, word.as_bytes()) && !only_control(&record, word),
        control: went_on.then(|| recorder::holds(&record, control.as_bytes())),
    })
}

/// Whether the word stands in the harmless call alone, whose id it is part of.
fn only_control(record: &[u8], word: &str) -> bool {
    let text = String::from_utf8_lossy(record).replace(&format!("after-{word}"), "");
    !text.contains(word)
}

/// The line that a call brings which is answered by the hostile text of this name.
pub fn answered(place: &Place, name: &str, word: &str) -> Result<Vec<String>, String> {
    let record = place.folder.join(format!("{word}.record"));
    let mut gateway = Gateway::start(place, &record).map_err(|error| error.to_string())?;
    gateway.send(INITIALIZE.as_bytes());
    if !gateway.wait("\"begin\"") {
        return Err("the gateway did not begin".to_owned());
    }
    gateway.send(INITIALIZED.as_bytes());
    gateway.seen.clear();
    gateway.send(harmless(word, name).as_bytes());
    gateway.send(harmless("after", "harmless").as_bytes());
    if !gateway.wait("\"after\"") {
        return Err("the harmless call behind it was not answered".to_owned());
    }
    Ok(std::mem::take(&mut gateway.seen))
}
