//! A case: one message and everything that a decision on it depends on.
//!
//! `mcpz eval`, `mcpz why`, `cargo demo` and the test runner all decide [`Case`]s. From the outside a
//! case is one JSON object (a line of a recorded session); `docs/cli.md` documents its members. The
//! message, claims and context are kept as the text they came as: the strict reader of the runtime
//! must see duplicate keys and odd numbers as they are.

use crate::durations;
use crate::exit::Failure;
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use mcpz_runtime::request::Direction;
use mcpz_runtime::state::{Approval, Failing, HistoryAnswer, LimitUsed, TableState};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One message with its circumstances.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// What a recorded session calls it.
    pub title: Option<String>,
    /// Who asks.
    pub principal: Principal,
    /// When, milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// The facts of `context`: the text of a JSON object.
    pub context: Option<String>,
    /// The peer's address.
    pub network: Option<IpAddr>,
    /// What the stores answer.
    pub state: TableState,
    /// Data that replaces what the bundle holds: JSON text by name.
    pub data: BTreeMap<String, String>,
    /// The server; may be left out when the bundle has but one.
    pub server: Option<String>,
    /// Which way the message goes.
    pub direction: Direction,
    /// The message.
    pub message: Vec<u8>,
}

/// The outside form of a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseForm<'a> {
    title: Option<String>,
    #[serde(rename = "as", borrow)]
    who: Option<&'a RawValue>,
    #[serde(default)]
    scopes: Vec<String>,
    at: Option<serde_json::Value>,
    #[serde(borrow)]
    context: Option<&'a RawValue>,
    network: Option<IpAddr>,
    #[serde(borrow)]
    state: Option<&'a RawValue>,
    #[serde(default, borrow)]
    data: BTreeMap<String, &'a RawValue>,
    server: Option<String>,
    direction: Option<String>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkForm<'a> {
    kind: KindForm,
    issuer: Option<String>,
    spiffe: Option<String>,
    uid: Option<i64>,
    #[serde(borrow)]
    claims: Option<&'a RawValue>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindForm {
    User,
    Agent,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StateForm {
    session_holds: Vec<String>,
    carries: BTreeMap<String, Vec<String>>,
    seen_in: BTreeMap<String, Vec<String>>,
    history: BTreeMap<String, serde_json::Value>,
    approvals: Vec<ApprovalForm>,
    mfa_age: Option<serde_json::Value>,
    grants: Vec<String>,
    limits: BTreeMap<String, LimitForm>,
    isolated: IsolatedForm,
    quarantined: Vec<String>,
    fails: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApprovalForm {
    by: String,
    #[serde(default)]
    classes: Vec<String>,
    age: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitForm {
    used: serde_json::Number,
    retry_after: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct IsolatedForm {
    servers: Vec<String>,
    tools: Vec<String>,
    agents: Vec<String>,
}

impl Case {
    /// An anonymous caller, nothing known, at this time.
    pub fn at(now_ms: i64) -> Case {
        Case {
            title: None,
            principal: Principal::default(),
            now_ms,
            context: None,
            network: None,
            state: TableState::default(),
            data: BTreeMap::new(),
            server: None,
            direction: Direction::ToServer,
            message: Vec::new(),
        }
    }

    /// Reads a case; what it leaves out stays as in `self`.
    pub fn read(mut self, text: &str, what: &str) -> Result<Case, Failure> {
        let form: CaseForm<'_> = parse(text, what)?;
        self.title = form.title.or(self.title);
        if let Some(who) = form.who {
            self.principal.chain = chain(who.get())?;
        }
        self.principal.scopes.extend(form.scopes);
        if let Some(at) = form.at {
            self.now_ms = instant(&at)?;
        }
        self.context = form.context.map(|raw| raw.get().to_owned()).or(self.context);
        self.network = form.network.or(self.network);
        if let Some(raw) = form.state {
            self.state = state(raw.get())?;
        }
        self.data.extend(form.data.into_iter().map(|(name, raw)| (name, raw.get().to_owned())));
        self.server = form.server.or(self.server);
        if let Some(word) = form.direction {
            self.direction = direction(&word)?;
        }
        if let Some(raw) = form.message {
            self.message = raw.get().as_bytes().to_vec();
        }
        Ok(self)
    }
}

/// Reads every line of a recorded session; empty lines and lines that start with `#` are passed over.
pub fn session(text: &str, now_ms: i64, what: &str) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            cases.push(Case::at(now_ms).read(line, &format!("{what}, line {}", number + 1))?);
        }
    }
    if cases.is_empty() {
        return Err(Failure::input(format!("{what} holds no message")));
    }
    Ok(cases)
}

/// Reads a credential: `null` or `"anonymous"`, one link, or a list of links, outermost actor first.
pub fn chain(text: &str) -> Result<Vec<Link>, Failure> {
    let trimmed = text.trim();
    if trimmed == "null" || trimmed == "\"anonymous\"" || trimmed == "anonymous" {
        return Ok(Vec::new());
    }
    let forms: Vec<LinkForm<'_>> = if trimmed.starts_with('[') {
        parse(trimmed, "the credential")?
    } else {
        vec![parse(trimmed, "the credential")?]
    };
    forms.into_iter().map(link).collect()
}

fn link(form: LinkForm<'_>) -> Result<Link, Failure> {
    let source = match (form.issuer, form.spiffe, form.uid) {
        (Some(issuer), None, None) => LinkSource::Issuer(issuer),
        (None, Some(spiffe), None) => LinkSource::Mtls { spiffe },
        (None, None, Some(uid)) => LinkSource::Local { uid },
        _ => {
            return Err(Failure::input("a link of the credential needs exactly one of `issuer`, `spiffe` and `uid`")
                .with_help(r#"for instance {"kind": "user", "issuer": "corp", "claims": {"sub": "user:7"}}"#));
        }
    };
    let kind = match form.kind {
        KindForm::User => LinkKind::User,
        KindForm::Agent => LinkKind::Agent,
    };
    let claims = form.claims.map_or_else(|| "{}".to_owned(), |raw| raw.get().to_owned());
    Ok(Link { kind, source, claims })
}

/// Reads what the stores answer.
pub fn state(text: &str) -> Result<TableState, Failure> {
    let form: StateForm = parse(text, "the state")?;
    let mut table = TableState { grants: form.grants.into_iter().collect(), ..TableState::default() };
    table.session_labels = form.session_holds.into_iter().collect();
    for (pointer, labels) in form.carries {
        table.carried.extend(labels.into_iter().map(|label| (pointer.clone(), label)));
    }
    for (source, texts) in form.seen_in {
        // The name decides at the question whether it is a data set or a label; both may not share one.
        for text in texts {
            table.seen_in_data.insert((text.clone(), source.clone()));
            table.seen_in_label.insert((text, source.clone()));
        }
    }
    for (question, answer) in form.history {
        let answer = history_answer(&question, &answer)?;
        table.history.insert(question, answer);
    }
    for form in form.approvals {
        let age_ms = form.age.as_ref().map_or(Ok(0), duration)?;
        table.approvals.push(Approval { approver: form.by, classes: form.classes, age_ms });
    }
    table.mfa_age_ms = form.mfa_age.as_ref().map(duration).transpose()?;
    for (rule, limit) in form.limits {
        let retry_after_ms = limit.retry_after.as_ref().map(duration).transpose()?;
        table.limits.insert(rule, LimitUsed { used: scaled(&limit.used.to_string())?, retry_after_ms });
    }
    table.isolated_servers = form.isolated.servers.into_iter().collect();
    table.isolated_agents = form.isolated.agents.into_iter().collect();
    table.isolated_tools = form.isolated.tools.iter().map(|t| tool(t)).collect::<Result<_, _>>()?;
    table.quarantined = form.quarantined.iter().map(|t| tool(t)).collect::<Result<_, _>>()?;
    if form.fails {
        table.failing.insert(Failing::Everything);
    }
    Ok(table)
}

/// `count(..)` is answered by an integer, `sum(..)` by a number, `sequence(..)` by a boolean.
fn history_answer(question: &str, answer: &serde_json::Value) -> Result<HistoryAnswer, Failure> {
    let wrong = || Failure::input(format!("the state's answer to `{question}` is of the wrong type: {answer}"));
    if question.starts_with("count(") {
        answer.as_i64().map(HistoryAnswer::Int).ok_or_else(wrong)
    } else if question.starts_with("sum(") {
        let number = answer.as_number().ok_or_else(wrong)?;
        scaled(&number.to_string()).map(HistoryAnswer::Decimal)
    } else {
        answer.as_bool().map(HistoryAnswer::Bool).ok_or_else(wrong)
    }
}

/// A decimal number's text, times 10^18, exactly.
pub fn scaled(text: &str) -> Result<i128, Failure> {
    let wrong = || Failure::input(format!("`{text}` is no number with at most 18 digits after the point"));
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.len() > 18 || whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let padded = format!("{whole}{fraction:0<18}");
    let value: i128 = padded.parse().map_err(|_| wrong())?;
    Ok(if negative { -value } else { value })
}

fn tool(text: &str) -> Result<(String, String), Failure> {
    text.split_once('.')
        .map(|(server, tool)| (server.to_owned(), tool.to_owned()))
        .ok_or_else(|| Failure::input(format!("`{text}` names no tool: write `server.tool`")))
}

/// `to_server` or `to_client`.
pub fn direction(word: &str) -> Result<Direction, Failure> {
    match word {
        "to_server" => Ok(Direction::ToServer),
        "to_client" => Ok(Direction::ToClient),
        _ => Err(Failure::input(format!("`{word}` is no direction: write `to_server` or `to_client`"))),
    }
}

/// A point in time: RFC 3339 text, or milliseconds since the Unix epoch.
fn instant(value: &serde_json::Value) -> Result<i64, Failure> {
    match value {
        serde_json::Value::String(text) => durations::instant_ms(text),
        other => other.as_i64().ok_or_else(|| Failure::input(format!("`at` is no point in time: {other}"))),
    }
}

/// A span of time: text such as `5m`, or milliseconds.
fn duration(value: &serde_json::Value) -> Result<i64, Failure> {
    match value {
        serde_json::Value::String(text) => durations::duration_ms(text),
        other => other.as_i64().ok_or_else(|| Failure::input(format!("no span of time: {other}"))),
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str, what: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::input(format!("{what} is malformed: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_session_is_read_whole() {
        let line = r#"{"as": [{"kind":"agent","issuer":"corp","claims":{"sub":"agent:copilot:1"}},
            {"kind":"user","issuer":"corp","claims":{"sub":"user:7","groups":["sre"]}}],
            "at": "2026-03-02T10:00:00Z", "network": "10.0.0.1", "context": {"geo": "DE"},
            "state": {"session_holds": ["untrusted"], "history": {"count(x)": 3, "sum(x)": 12.5}, "mfa_age": "3m",
                      "approvals": [{"by": "user:9", "classes": ["sre"], "age": "30s"}], "limits": {"L": {"used": 2}}},
            "message": {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}}"#;
        let case = Case::at(0).read(line, "line").unwrap();
        assert_eq!(case.principal.chain.len(), 2);
        assert_eq!(case.now_ms, 1_772_445_600_000);
        assert_eq!(case.state.history["count(x)"], HistoryAnswer::Int(3));
        assert_eq!(case.state.history["sum(x)"], HistoryAnswer::Decimal(12_500_000_000_000_000_000));
        assert_eq!(case.state.mfa_age_ms, Some(180_000));
        assert_eq!(case.state.approvals[0].age_ms, 30_000);
        assert_eq!(case.state.limits["L"].used, 2_000_000_000_000_000_000);
        let message = String::from_utf8(case.message).unwrap();
        assert!(message.contains(r#""name":"a","name":"b""#), "duplicate keys must survive: {message}");
    }

    #[test]
    fn mistakes_are_named() {
        for (line, part) in [
            (r#"{"whom": 1}"#, "whom"),
            (r#"{"as": {"kind": "user"}}"#, "exactly one of"),
            (r#"{"as": {"kind": "robot", "uid": 1}}"#, "robot"),
            (r#"{"at": "yesterday"}"#, "yesterday"),
            (r#"{"state": {"history": {"count(x)": "many"}}}"#, "wrong type"),
            (r#"{"state": {"quarantined": ["refund"]}}"#, "server.tool"),
            (r#"{"direction": "up"}"#, "to_server"),
            ("", "malformed"),
        ] {
            let failure = Case::at(0).read(line, "line 1").unwrap_err();
            assert!(failure.message.contains(part), "{line}: {}", failure.message);
        }
    }

    #[test]
    fn numbers_scale_exactly() {
        assert_eq!(scaled("0.1").unwrap(), 100_000_000_000_000_000);
        assert_eq!(scaled("-3").unwrap(), -3_000_000_000_000_000_000);
        assert!(scaled("1e3").is_err() && scaled("0.1234567890123456789").is_err() && scaled("").is_err());
    }

    #[test]
    fn a_session_passes_over_comments_and_needs_a_message() {
        assert_eq!(session("# x\n\n{}\n", 0, "s").unwrap().len(), 1);
        assert!(session("# x\n", 0, "s").is_err());
    }
}
