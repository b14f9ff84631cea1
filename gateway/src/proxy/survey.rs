//! What a gateway asks of a server by itself when a client connects: its definitions, to be compared with
//! their pins, and how it says that there is no such tool, so that a hidden tool is denied in the same words.

use super::methods::{self, Listing, STATELESS_VERSION};
use super::random_hex;
use crate::pins::{Comparison, Kind};
use crate::policy::Snapshot;
use crate::wire::{Token, quoted, span};
use bytes::Bytes;
use mcpz_runtime::json::{Document, Message};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Most pages of a list that are read.
const MAX_PAGES: usize = 200;

/// How a server says that there is no such tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// Text before, between and behind the places where id and name stand.
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Id,
    Name,
}

impl Learned {
    /// Learns from the answer to a call of a tool that cannot exist.
    fn of(document: Document<'_>, text: &str, id: &Token, name: &str) -> Option<Learned> {
        let id_span = span(document, document.get(document.root(), "id")?);
        if text.get(id_span.clone())? != id.json() {
            return None;
        }
        let mut parts = Vec::new();
        for (piece, is_last) in [(text.get(..id_span.start)?, false), (text.get(id_span.end..)?, true)] {
            let mut pieces = piece.split(name);
            parts.extend(pieces.next().map(|text| Part::Text(text.to_owned())));
            parts.extend(pieces.flat_map(|text| [Part::Name, Part::Text(text.to_owned())]));
            if !is_last {
                parts.push(Part::Id);
            }
        }
        Some(Learned { parts })
    }

    /// The same answer to a call of another tool.
    pub fn unknown_tool(&self, id: &Token, name: &str) -> Bytes {
        let quoted = quoted(name);
        let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Id => text.push_str(&id.json()),
                Part::Name => text.push_str(inner),
            }
        }
        Bytes::from(text)
    }
}

/// What is known of servers, shared by all conversations. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Servers {
    known: Arc<Mutex<BTreeMap<String, Known>>>,
}

#[derive(Debug, Clone, Default)]
struct Known {
    learned: Option<Arc<Learned>>,
    /// When its definitions were last compared, and with the pins of which snapshot.
    compared: Option<(i64, u64)>,
}

impl Servers {
    fn with<R>(&self, server: &str, act: impl FnOnce(&mut Known) -> R) -> R {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        act(known.entry(server.to_owned()).or_default())
    }

    /// How a server says that there is no such tool.
    pub fn learned(&self, server: &str) -> Option<Arc<Learned>> {
        self.with(server, |known| known.learned.clone())
    }

    /// Whether a server's definitions were compared with these pins, not longer ago than `fresh_ms`.
    pub fn is_fresh(&self, server: &str, generation: u64, now_ms: i64, fresh_ms: i64) -> bool {
        let compared = self.with(server, |known| known.compared);
        compared.is_some_and(|(at, with)| with == generation && now_ms.saturating_sub(at) < fresh_ms)
    }

    /// Its definitions must be compared again.
    pub fn forget(&self, server: &str) {
        self.with(server, |known| known.compared = None);
    }
}

/// A survey that is under way in one conversation.
#[derive(Debug, Default)]
pub struct Survey {
    waiting: BTreeMap<Token, Question>,
    /// The snapshot whose pins are compared with; none before the first survey.
    generation: Option<u64>,
    failed: bool,
}

#[derive(Debug)]
enum Question {
    UnknownTool { name: String },
    List { kind: Kind, page: usize },
}

/// What a survey found.
#[derive(Debug, Default)]
pub struct Findings {
    /// To be sent to the server.
    pub ask: Vec<Bytes>,
    /// Definitions that were put into quarantine now.
    pub changed: Vec<(Kind, String)>,
}

impl Survey {
    /// Whether answers are awaited.
    pub fn is_running(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether an answer could not be read, so that not everything has been compared.
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// Whether a survey was ever begun.
    pub fn was_begun(&self) -> bool {
        self.generation.is_some()
    }

    /// Whether a survey was begun with other pins than these.
    pub fn is_outdated(&self, generation: u64) -> bool {
        self.generation.is_some_and(|begun| begun != generation)
    }

    /// Whether an id is one of the survey's own.
    pub fn owns(&self, id: &Token) -> bool {
        self.waiting.contains_key(id)
    }

    /// Begins: the messages to send.
    pub fn begin(&mut self, kinds: &[Kind], learn: bool, modern: bool, snapshot: &Snapshot) -> Vec<Bytes> {
        self.generation = Some(snapshot.generation);
        self.failed = false;
        self.waiting.clear();
        let mut ask = Vec::new();
        if learn {
            let name = format!("no-such-tool-{}", random_hex(8));
            let params = format!(r#""name":{},"arguments":{{}}"#, quoted(&name));
            ask.push(self.ask(Question::UnknownTool { name }, "tools/call", &params, modern));
        }
        for kind in kinds {
            ask.push(self.ask(Question::List { kind: *kind, page: 0 }, &method_of(*kind), "", modern));
        }
        ask
    }

    /// Gives up: what has not been answered never will be.
    pub fn give_up(&mut self) {
        self.failed = true;
        self.waiting.clear();
    }

    fn ask(&mut self, question: Question, method: &str, params: &str, modern: bool) -> Bytes {
        let id = Token::Text(format!("mcpz-{}", random_hex(12)));
        let comma = if params.is_empty() { "" } else { "," };
        let meta = match modern {
            true => format!(
                r#"{comma}"_meta":{{"io.modelcontextprotocol/protocolVersion":"{STATELESS_VERSION}","io.modelcontextprotocol/clientInfo":{{"name":"mcpz","version":"{}"}},"io.modelcontextprotocol/clientCapabilities":{{}}}}"#,
                env!("CARGO_PKG_VERSION")
            ),
            false => String::new(),
        };
        let text = format!(r#"{{"jsonrpc":"2.0","id":{},"method":"{method}","params":{{{params}{meta}}}}}"#, id.json());
        self.waiting.insert(id, question);
        Bytes::from(text)
    }

    /// Takes the answer to one of its questions.
    pub fn answered(&mut self, id: &Token, message: &Message<'_>, text: &str, at: &SurveyedServer<'_>) -> Findings {
        let mut findings = Findings::default();
        let document = message.document;
        match self.waiting.remove(id) {
            Some(Question::UnknownTool { name }) => {
                if let Some(learned) = Learned::of(document, text, id, &name) {
                    at.servers.with(at.server, |known| known.learned = Some(Arc::new(learned)));
                }
            }
            Some(Question::List { kind, page }) => {
                let next = compare_page(kind, document, at, &mut findings);
                match next {
                    Ok(None) => {}
                    Ok(Some(cursor)) if page < MAX_PAGES => {
                        let params = format!(r#""cursor":{}"#, quoted(&cursor));
                        let question = Question::List { kind, page: page + 1 };
                        findings.ask.push(self.ask(question, &method_of(kind), &params, at.modern));
                    }
                    Ok(Some(_)) | Err(Malformed) => self.failed = true,
                }
            }
            None => {}
        }
        if self.waiting.is_empty()
            && !self.failed
            && let Some(generation) = self.generation
        {
            at.servers.with(at.server, |known| known.compared = Some((at.now_ms, generation)));
        }
        findings
    }
}

/// Whose answers a survey takes.
pub struct SurveyedServer<'a> {
    /// What is known of servers.
    pub servers: &'a Servers,
    /// The server.
    pub server: &'a str,
    /// The snapshot whose pins are compared with.
    pub snapshot: &'a Snapshot,
    /// What changed under its pin.
    pub quarantine: &'a crate::pins::Quarantine,
    /// Whether it speaks the newer protocol.
    pub modern: bool,
    /// The time.
    pub now_ms: i64,
}

/// A list that cannot be read: what it holds has not been compared.
struct Malformed;

fn method_of(kind: Kind) -> String {
    format!("{}/list", kind.list())
}

/// Compares one page; the cursor of the next. A server without the list has nothing to compare.
fn compare_page(
    kind: Kind,
    document: Document<'_>,
    at: &SurveyedServer<'_>,
    findings: &mut Findings,
) -> Result<Option<String>, Malformed> {
    let Some(result) = document.get(document.root(), "result") else { return Ok(None) };
    let Listing { list, .. } = methods::listing(&method_of(kind)).ok_or(Malformed)?;
    let entries = document.get(result, list).ok_or(Malformed)?;
    let mut seen = BTreeSet::new();
    for entry in document.elements(entries) {
        let name = document.get(entry, "name").and_then(|name| document.str(name)).ok_or(Malformed)?;
        if quarantine_if_changed(kind, name, document.raw(entry), !seen.insert(name), at) {
            findings.changed.push((kind, name.to_owned()));
        }
    }
    let cursor = document.get(result, "nextCursor").and_then(|cursor| document.str(cursor));
    Ok(cursor.map(str::to_owned))
}

/// Compares a definition with its pin, and keeps the quarantine accordingly; whether it was put in now.
pub fn quarantine_if_changed(kind: Kind, name: &str, raw: &str, twice: bool, at: &SurveyedServer<'_>) -> bool {
    let presented = serde_json::from_str(raw).unwrap_or(serde_json::Value::Null);
    match at.snapshot.pins.compare(at.server, kind, name, &presented) {
        Comparison::Same if !twice => {
            at.quarantine.release(at.server, kind, name);
            false
        }
        Comparison::Unknown => false,
        Comparison::Same | Comparison::Changed => at.quarantine.put(at.server, kind, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Text, limits};

    #[test]
    fn an_unknown_tool_is_denied_in_the_words_of_the_server() {
        let id = Token::Text("mcpz-1".to_owned());
        let answer =
            r#"{"jsonrpc":"2.0", "id":"mcpz-1","error":{"code":-32602,"message":"Tool no-such-tool-x not found"}}"#;
        let mut text = Text::new(Bytes::from(answer));
        let message = text.read(&limits(1000)).unwrap();
        let learned = Learned::of(message.document, answer, &id, "no-such-tool-x").unwrap();
        let denial = learned.unknown_tool(&Token::Number(7), "a\"b");
        assert_eq!(denial, r#"{"jsonrpc":"2.0", "id":7,"error":{"code":-32602,"message":"Tool a\"b not found"}}"#);
    }
}
