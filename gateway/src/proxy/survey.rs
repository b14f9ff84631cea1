//! What a gateway asks of a server by itself when a client connects: its definitions, to be compared with
//! their pins, and how it says that there is no such tool, prompt or resource, so that what is hidden is denied in the
//! same words.

use super::came::Form;
use super::methods::STATELESS_VERSION;
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

/// What is asked for that cannot exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// A tool.
    Tool,
    /// A prompt.
    Prompt,
    /// A resource.
    Resource,
}

impl Missing {
    /// What is asked for when a server has definitions of a kind.
    fn of(kind: Kind) -> Missing {
        match kind {
            Kind::Tool => Missing::Tool,
            Kind::Prompt => Missing::Prompt,
            Kind::Resource | Kind::Template => Missing::Resource,
        }
    }

    /// Method, name and further members of a request for one.
    fn request(self, scheme: Option<&str>) -> (&'static str, String, String) {
        let unlikely = random_hex(8);
        match self {
            Missing::Tool => {
                let name = format!("no-such-tool-{unlikely}");
                ("tools/call", name.clone(), format!(r#""name":{},"arguments":{{}}"#, quoted(&name)))
            }
            Missing::Prompt => {
                let name = format!("no-such-prompt-{unlikely}");
                ("prompts/get", name.clone(), format!(r#""name":{},"arguments":{{}}"#, quoted(&name)))
            }
            Missing::Resource => {
                let uri = format!("{}://no-such-resource-{unlikely}", scheme.unwrap_or("mcpz"));
                ("resources/read", uri.clone(), format!(r#""uri":{}"#, quoted(&uri)))
            }
        }
    }
}

/// How a server says that there is no such tool, prompt or resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// Text before, between and behind the places where id and name stand.
    parts: Vec<Part>,
    /// How the answer came.
    form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Id,
    /// The name, or the URI.
    Name,
    /// What stands behind `://` in the URI.
    Tail,
}

impl Learned {
    /// Learns from the answer to a request for what cannot exist. `None` when another could not be made of it.
    fn of(document: Document<'_>, text: &str, id: &Token, name: &str, form: &Form) -> Option<Learned> {
        let id_span = span(document, document.get(document.root(), "id")?);
        if text.get(id_span.clone())? != id.json() {
            return None;
        }
        let mut parts = pieces(text.get(..id_span.start)?, name, &Part::Name);
        parts.push(Part::Id);
        parts.extend(pieces(text.get(id_span.end..)?, name, &Part::Name));
        if let Some((_, tail)) = name.split_once("://") {
            let split = |part| match part {
                Part::Text(text) => pieces(&text, tail, &Part::Tail),
                other => vec![other],
            };
            parts = parts.into_iter().flat_map(split).collect();
        }
        // A name that is repeated in another spelling could not be put in place of this one.
        let unlikely = name.rsplit('-').next().unwrap_or(name);
        let is_left = |part: &Part| matches!(part, Part::Text(text) if text.to_ascii_lowercase().contains(unlikely));
        (!parts.iter().any(is_left)).then(|| Learned { parts, form: form.clone() })
    }

    /// The same answer to a request for something else.
    pub fn answer(&self, id: &Token, name: &str) -> Bytes {
        let inner = |text: &str| {
            let quoted = quoted(text);
            quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
        };
        let tail = name.split_once("://").map_or(name, |(_, tail)| tail);
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Id => text.push_str(&id.json()),
                Part::Name => text.push_str(&inner(name)),
                Part::Tail => text.push_str(&inner(tail)),
            }
        }
        Bytes::from(text)
    }

    /// How such an answer comes.
    pub fn form(&self) -> Form {
        self.form.like()
    }
}

/// A text, cut where something stands.
fn pieces(text: &str, cut: &str, part: &Part) -> Vec<Part> {
    let mut pieces = text.split(cut);
    let first = pieces.next().map(|piece| Part::Text(piece.to_owned()));
    first.into_iter().chain(pieces.flat_map(|piece| [part.clone(), Part::Text(piece.to_owned())])).collect()
}

/// What is known of servers, shared by all conversations. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Servers {
    known: Arc<Mutex<BTreeMap<String, Known>>>,
}

#[derive(Debug, Clone, Default)]
struct Known {
    /// By what was asked for, and whether in the newer protocol: the words may differ.
    learned: BTreeMap<(Missing, bool), Arc<Learned>>,
    /// When its definitions were last compared, and with the pins of which snapshot.
    compared: Option<(i64, u64)>,
}

impl Servers {
    fn with<R>(&self, server: &str, act: impl FnOnce(&mut Known) -> R) -> R {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        act(known.entry(server.to_owned()).or_default())
    }

    /// How a server says that there is no such thing.
    pub fn learned(&self, server: &str, missing: Missing, modern: bool) -> Option<Arc<Learned>> {
        self.with(server, |known| known.learned.get(&(missing, modern)).cloned())
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
    /// Kinds whose definitions could not be compared.
    failed: BTreeSet<Kind>,
}

#[derive(Debug)]
enum Question {
    /// For what cannot exist, by this name.
    Missing {
        what: Missing,
        name: String,
    },
    List {
        kind: Kind,
        page: usize,
    },
}

impl Question {
    /// The kind that it lists.
    fn lists(&self) -> Option<Kind> {
        match self {
            Question::List { kind, .. } => Some(*kind),
            Question::Missing { .. } => None,
        }
    }
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

    /// Kinds whose lists could not be read, so that not all of them have been compared.
    pub fn failed(&self) -> &BTreeSet<Kind> {
        &self.failed
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

    /// Begins: the messages to send. How the server denies is learned once.
    pub fn begin(&mut self, kinds: &[Kind], modern: bool, server: &str, known: &Servers, now: &Snapshot) -> Vec<Bytes> {
        self.generation = Some(now.generation);
        self.failed.clear();
        self.waiting.clear();
        let missing: BTreeSet<Missing> = kinds.iter().map(|kind| Missing::of(*kind)).collect();
        let unlearned = missing.into_iter().filter(|what| known.learned(server, *what, modern).is_none());
        let mut ask = Vec::new();
        for what in unlearned {
            let (method, name, params) = what.request(now.pins.scheme(server));
            ask.push(self.ask(Question::Missing { what, name }, method, &params, modern));
        }
        for kind in kinds {
            ask.push(self.ask(Question::List { kind: *kind, page: 0 }, kind.method(), "", modern));
        }
        ask
    }

    /// Gives up: what has not been answered never will be. Lists must have been; how the server denies need not be known.
    pub fn give_up(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        self.failed.extend(waiting.into_values().filter_map(|question| question.lists()));
    }

    /// A question could not be put to the server.
    pub fn unasked(&mut self, id: &Token) {
        self.failed.extend(self.waiting.remove(id).and_then(|question| question.lists()));
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
    pub fn answered(
        &mut self,
        id: &Token,
        message: &Message<'_>,
        (text, form): (&str, &Form),
        at: &SurveyedServer<'_>,
    ) -> Findings {
        let mut findings = Findings::default();
        let document = message.document;
        match self.waiting.remove(id) {
            Some(Question::Missing { what, name }) => {
                // Tools are denied by results, too. What else is answered with a result is there after all.
                let is_denial = what == Missing::Tool || document.get(document.root(), "error").is_some();
                if let Some(learned) = Learned::of(document, text, id, &name, form).filter(|_| is_denial) {
                    at.servers.with(at.server, |known| known.learned.insert((what, at.modern), Arc::new(learned)));
                }
            }
            Some(Question::List { kind, page }) => {
                let next = compare_page(kind, document, at, &mut findings);
                match next {
                    Ok(None) => {}
                    Ok(Some(cursor)) if page < MAX_PAGES => {
                        let params = format!(r#""cursor":{}"#, quoted(&cursor));
                        let question = Question::List { kind, page: page + 1 };
                        findings.ask.push(self.ask(question, kind.method(), &params, at.modern));
                    }
                    Ok(Some(_)) | Err(Malformed) => self.failed.extend([kind]),
                }
            }
            None => {}
        }
        if self.waiting.is_empty()
            && self.failed.is_empty()
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

/// Compares one page; the cursor of the next. A server without the list has nothing to compare.
fn compare_page(
    kind: Kind,
    document: Document<'_>,
    at: &SurveyedServer<'_>,
    findings: &mut Findings,
) -> Result<Option<String>, Malformed> {
    let Some(result) = document.get(document.root(), "result") else { return Ok(None) };
    let entries = document.get(result, kind.list()).ok_or(Malformed)?;
    let mut seen = BTreeSet::new();
    for entry in document.elements(entries) {
        let name = document.get(entry, kind.key()).and_then(|name| document.str(name)).ok_or(Malformed)?;
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

    fn learned(answer: &str, id: &Token, name: &str) -> Option<Learned> {
        let mut text = Text::new(Bytes::copy_from_slice(answer.as_bytes()));
        let message = text.read(&limits(1000)).unwrap();
        Learned::of(message.document, answer, id, name, &Form::default())
    }

    #[test]
    fn an_unknown_tool_is_denied_in_the_words_of_the_server() {
        let id = Token::Text("mcpz-1".to_owned());
        let answer =
            r#"{"jsonrpc":"2.0", "id":"mcpz-1","error":{"code":-32602,"message":"Tool no-such-tool-x not found"}}"#;
        let denial = learned(answer, &id, "no-such-tool-x").unwrap().answer(&Token::Number(7), "a\"b");
        assert_eq!(denial, r#"{"jsonrpc":"2.0", "id":7,"error":{"code":-32602,"message":"Tool a\"b not found"}}"#);
    }

    #[test]
    fn an_unknown_resource_is_denied_by_its_uri_and_by_its_path() {
        let id = Token::Number(1);
        let answer =
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"no n-ab","data":{"uri":"note://n-ab"}}}"#;
        let denial = learned(answer, &id, "note://n-ab").unwrap().answer(&Token::Number(7), "note:///a/b");
        let wanted =
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32002,"message":"no /a/b","data":{"uri":"note:///a/b"}}}"#;
        assert_eq!(denial, wanted);
    }

    #[test]
    fn words_that_spell_the_name_otherwise_are_not_learned() {
        let answer = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no NO-SUCH-TOOL-AB"}}"#;
        assert_eq!(learned(answer, &Token::Number(1), "no-such-tool-ab"), None);
    }
}
