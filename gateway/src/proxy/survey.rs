//! What a gateway asks of a server by itself: its definitions, to be compared with their pins, and how it says that there
//! is no such tool, prompt or resource, so that what is hidden is denied in the same words.
//!
//! Each kind of definition is compared for itself: it has been when its list was read to the end. What was not asked for,
//! not answered, or answered otherwise than with a list has not. How a server denies need not be known: a question about
//! it (a *probe*) that is not answered opens nothing and closes nothing.

use super::came::Form;
use super::methods::STATELESS_VERSION;
use super::random_hex;
use crate::pins::{Comparison, Kind};
use crate::policy::Snapshot;
use crate::wire::codes::NO_METHOD;
use crate::wire::{Token, quoted, span};
use bytes::Bytes;
use mcpz_runtime::json::{Document, Kind as Json, Message};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Most pages of a list that are read.
const MAX_PAGES: usize = 200;
/// A probe that is not answered for so long is not put again.
const PROBE_MS: i64 = 1_000;

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
    /// Probes that it does not answer.
    silent: BTreeSet<(Missing, bool)>,
    /// When its definitions were last compared, and with the pins of which snapshot.
    compared: BTreeMap<Kind, (i64, u64)>,
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

    /// Whether a server's definitions of a kind were compared with these pins, not longer ago than `fresh_ms`.
    pub fn is_fresh(&self, server: &str, kind: Kind, generation: u64, now_ms: i64, fresh_ms: i64) -> bool {
        let compared = self.with(server, |known| known.compared.get(&kind).copied());
        compared.is_some_and(|(at, with)| with == generation && now_ms.saturating_sub(at) < fresh_ms)
    }

    /// Its definitions must be compared again.
    pub fn forget(&self, server: &str) {
        self.with(server, |known| known.compared.clear());
    }

    /// It does not answer these probes.
    pub fn note_silent(&self, server: &str, probes: &[Missing], modern: bool) {
        self.with(server, |known| known.silent.extend(probes.iter().map(|what| (*what, modern))));
    }

    /// Whether a server need not be asked how it denies: it is known, or it does not say.
    fn is_settled(&self, server: &str, what: Missing, modern: bool) -> bool {
        let of = (what, modern);
        self.with(server, |known| known.learned.contains_key(&of) || known.silent.contains(&of))
    }
}

/// What one conversation surveys and has surveyed.
#[derive(Debug, Default)]
pub struct Survey {
    waiting: BTreeMap<Token, Question>,
    /// The snapshot whose pins are compared with; none before the first survey.
    generation: Option<u64>,
    /// When the last one was begun.
    begun_ms: i64,
    /// Kinds whose lists were read to the end, with those pins.
    compared: BTreeSet<Kind>,
    /// When it was last found that a kind could not be compared, unless it was since.
    failed: BTreeMap<Kind, i64>,
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

    /// What it asks for that cannot exist.
    fn probes(&self) -> Option<Missing> {
        match self {
            Question::Missing { what, .. } => Some(*what),
            Question::List { .. } => None,
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

    /// Whether a kind has been compared with the pins of a snapshot.
    pub fn has_compared(&self, kind: Kind, generation: u64) -> bool {
        self.generation == Some(generation) && self.compared.contains(&kind)
    }

    /// Whether it was found within the last `within_ms` that a kind could not be compared.
    pub fn failed_lately(&self, kind: Kind, now_ms: i64, within_ms: i64) -> bool {
        self.failed.get(&kind).is_some_and(|at| now_ms.saturating_sub(*at) < within_ms)
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

    /// Begins with these kinds, in place of what is under way: the messages to send. Lists come first: what is waited for
    /// need not wait for probes. How the server denies is learned once.
    pub fn begin(&mut self, kinds: &[Kind], at: &SurveyedServer<'_>) -> Vec<Bytes> {
        if self.generation.replace(at.snapshot.generation) != Some(at.snapshot.generation) {
            self.compared.clear();
        }
        self.begun_ms = at.now_ms;
        self.waiting.clear();
        let mut ask = Vec::new();
        for kind in kinds {
            self.compared.remove(kind);
            ask.push(self.ask(Question::List { kind: *kind, page: 0 }, kind.method(), "", at.modern));
        }
        let probes: BTreeSet<Missing> = kinds.iter().map(|kind| Missing::of(*kind)).collect();
        for what in probes.into_iter().filter(|what| !at.servers.is_settled(at.server, *what, at.modern)) {
            let (method, name, params) = what.request(at.snapshot.pins.scheme(at.server));
            ask.push(self.ask(Question::Missing { what, name }, method, &params, at.modern));
        }
        ask
    }

    /// Gives up: what has not been answered never will be. Gives the probes among it that were waited for long enough
    /// by a server that did answer with its lists.
    pub fn give_up(&mut self, now_ms: i64) -> Vec<Missing> {
        let waiting = std::mem::take(&mut self.waiting);
        let lists = waiting.values().filter_map(Question::lists);
        self.failed.extend(lists.map(|kind| (kind, now_ms)));
        let answered: BTreeSet<Missing> = self.compared.iter().map(|kind| Missing::of(*kind)).collect();
        let is_late = now_ms.saturating_sub(self.begun_ms) >= PROBE_MS;
        let probes = waiting.into_values().filter_map(|question| question.probes());
        probes.filter(|what| is_late && answered.contains(what)).collect()
    }

    /// A question could not be put to the server.
    pub fn unasked(&mut self, id: &Token, now_ms: i64) {
        let kind = self.waiting.remove(id).and_then(|question| question.lists());
        self.failed.extend(kind.map(|kind| (kind, now_ms)));
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
            Some(Question::List { kind, page }) => match compare_page(kind, document, at, &mut findings) {
                Ok(None) => self.read_to_the_end(kind, at),
                Ok(Some(cursor)) if page < MAX_PAGES => {
                    let params = format!(r#""cursor":{}"#, quoted(&cursor));
                    let question = Question::List { kind, page: page + 1 };
                    findings.ask.push(self.ask(question, kind.method(), &params, at.modern));
                }
                Ok(Some(_)) | Err(Malformed) => {
                    self.failed.insert(kind, at.now_ms);
                }
            },
            None => {}
        }
        findings
    }

    /// All of a list has been compared. When the pins were exchanged meanwhile, some of it was with those of before, and it
    /// does not count.
    fn read_to_the_end(&mut self, kind: Kind, at: &SurveyedServer<'_>) {
        let generation = at.snapshot.generation;
        if self.generation == Some(generation) {
            self.compared.insert(kind);
            self.failed.remove(&kind);
            at.servers.with(at.server, |known| known.compared.insert(kind, (at.now_ms, generation)));
        }
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

/// Compares one page; the cursor of the next. A server that has no such method has nothing to compare; one that says
/// anything else in place of a list may have.
fn compare_page(
    kind: Kind,
    document: Document<'_>,
    at: &SurveyedServer<'_>,
    findings: &mut Findings,
) -> Result<Option<String>, Malformed> {
    let Some(result) = document.get(document.root(), "result") else {
        let code = crate::wire::at(document, document.root(), &["error", "code"]);
        let is_missing = code.and_then(|code| document.integer(code)) == Some(i128::from(NO_METHOD));
        return if is_missing { Ok(None) } else { Err(Malformed) };
    };
    let entries = document.get(result, kind.list()).filter(|list| document.kind(*list) == Json::Array);
    let entries = entries.ok_or(Malformed)?;
    let mut seen = BTreeSet::new();
    for entry in document.elements(entries) {
        let name = document.get(entry, kind.key()).and_then(|name| document.str(name)).ok_or(Malformed)?;
        if compare_presented(kind, name, document.raw(entry), !seen.insert(name), at) == Presented::PutIn {
            findings.changed.push((kind, name.to_owned()));
        }
    }
    match document.get(result, "nextCursor").filter(|cursor| document.kind(*cursor) != Json::Null) {
        None => Ok(None),
        Some(cursor) => Ok(Some(document.str(cursor).ok_or(Malformed)?.to_owned())),
    }
}

/// What a definition that a server presents is, beside its pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// It is as it was pinned, or nothing of its name is pinned.
    Fits,
    /// It is not, and was put into quarantine now.
    PutIn,
    /// It is not, and was in quarantine.
    StaysIn,
}

/// Compares a definition with its pin, and keeps the quarantine accordingly. One of a name that stands there twice is never
/// as it was pinned: nobody knows which of the two a client reads.
pub fn compare_presented(kind: Kind, name: &str, raw: &str, is_twice: bool, at: &SurveyedServer<'_>) -> Presented {
    let presented = serde_json::from_str(raw).unwrap_or(serde_json::Value::Null);
    match at.snapshot.pins.compare(at.server, kind, name, &presented) {
        Comparison::Same if !is_twice => {
            at.quarantine.release(at.server, kind, name);
            Presented::Fits
        }
        Comparison::Unknown => Presented::Fits,
        Comparison::Same | Comparison::Changed if at.quarantine.put(at.server, kind, name) => Presented::PutIn,
        Comparison::Same | Comparison::Changed => Presented::StaysIn,
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
