//! One case of the corpus as it is written, and the request and state it means.

use mcpz_oracle::driver::Case as Asked;
use mcpz_oracle::generate::GeneratedRequest;
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use mcpz_runtime::request::Direction;
use mcpz_runtime::state::{Approval, Failing, LimitUsed, TableState};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Links by name.
pub type Links = BTreeMap<String, Person>;

/// A file of the corpus.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its cases.
    pub case: Vec<Case>,
    /// Links that only this file needs.
    #[serde(default)]
    pub who: Links,
}

/// A link of a chain.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    kind: String,
    source: String,
    claims: String,
}

/// One decision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The rules.
    pub rules: String,
    /// What must come out.
    pub expect: Expectation,
    #[serde(rename = "as")]
    chain: Vec<String>,
    #[serde(default)]
    ask: bool,
    call: Option<String>,
    args: Option<String>,
    method: Option<String>,
    params: Option<String>,
    message: Option<String>,
    server: Option<String>,
    from: Option<String>,
    #[serde(default)]
    now: i64,
    context: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    data: BTreeMap<String, String>,
    #[serde(default)]
    state: Answers,
}

/// What the state says; what is not written is false, zero or none.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Answers {
    isolated: Vec<String>,
    quarantined: Vec<String>,
    holds: Vec<String>,
    approvals: Vec<Approved>,
    mfa: Option<i64>,
    grants: Vec<String>,
    limits: Vec<Used>,
    failing: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Approved {
    approver: String,
    classes: Vec<String>,
    age_ms: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Used {
    rule: String,
    used: String,
    retry_after_ms: Option<i64>,
}

/// What must come out; what is not written must be empty.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    pub effect: String,
    pub reason: String,
    #[serde(default = "explain")]
    pub show: String,
    pub by: Option<String>,
    #[serde(default)]
    pub unmet: Vec<String>,
    #[serde(default)]
    pub redactions: Vec<String>,
    pub audit: Option<String>,
    #[serde(default)]
    pub labels: Vec<String>,
    #[serde(default)]
    pub stores: Vec<String>,
    #[serde(default)]
    pub consumes: Vec<String>,
    pub listed: Option<Vec<String>>,
    #[serde(default)]
    pub errors: Vec<String>,
    #[serde(default)]
    pub shadow: Vec<String>,
    pub retry_after_ms: Option<i64>,
}

fn explain() -> String {
    "explain".to_string()
}

impl Case {
    /// The request and the state.
    pub fn asked(&self, known: &Links) -> Asked {
        let (server, message) = self.message();
        let request = GeneratedRequest {
            message: message.into_bytes(),
            server,
            direction: if self.ask { Direction::ToClient } else { Direction::ToServer },
            principal: Principal {
                chain: self.chain.iter().map(|name| link(known, name)).collect(),
                scopes: self.scopes.clone(),
            },
            now_ms: self.now,
            context: self.context.clone(),
            network_source: self.from.as_ref().map(|text| text.parse().expect("an address")),
        };
        Asked { request, state: self.state.table(), data: self.data.clone().into_iter().collect() }
    }

    /// The server and the text of the message.
    fn message(&self) -> (String, String) {
        let server = || self.server.clone().unwrap_or_else(|| "bank".to_string());
        let envelope =
            |method: &str, params: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        match (&self.call, &self.method, &self.message) {
            (Some(call), None, None) => {
                let (server, tool) = call.split_once('.').expect("server.tool");
                let arguments = self.args.as_deref().unwrap_or("{}");
                let params = format!(r#"{{"name":"{tool}","arguments":{arguments}}}"#);
                (server.to_string(), envelope("tools/call", &params))
            }
            (None, Some(method), None) => (server(), envelope(method, self.params.as_deref().unwrap_or("{}"))),
            (None, None, Some(message)) => (server(), message.clone()),
            _ => panic!("{}: one of `call`, `method` and `message`", self.name),
        }
    }
}

fn link(known: &Links, name: &str) -> Link {
    let person = known.get(name).unwrap_or_else(|| panic!("nobody is called {name}"));
    let kind = match person.kind.as_str() {
        "user" => LinkKind::User,
        "agent" => LinkKind::Agent,
        other => panic!("{name} is no {other}"),
    };
    let source = match person.source.split_once(' ') {
        None => LinkSource::Issuer(person.source.clone()),
        Some(("mtls", spiffe)) => LinkSource::Mtls { spiffe: spiffe.to_string() },
        Some(("local", uid)) => LinkSource::Local { uid: uid.parse().expect("a user id") },
        Some((other, _)) => panic!("{name} comes from no {other}"),
    };
    Link { kind, source, claims: person.claims.clone() }
}

impl Answers {
    fn table(&self) -> TableState {
        let mut table = TableState {
            session_labels: self.holds.iter().cloned().collect(),
            mfa_age_ms: self.mfa,
            grants: self.grants.iter().cloned().collect(),
            quarantined: self.quarantined.iter().map(|text| tool(text)).collect(),
            failing: self.failing.iter().map(|text| failing(text)).collect(),
            ..TableState::default()
        };
        for text in &self.isolated {
            match text.split_once(' ').expect("what and which") {
                ("server", name) => drop(table.isolated_servers.insert(name.to_string())),
                ("tool", name) => drop(table.isolated_tools.insert(tool(name))),
                ("agent", name) => drop(table.isolated_agents.insert(name.to_string())),
                (other, _) => panic!("no {other} is isolated"),
            }
        }
        let approval = |given: &Approved| Approval {
            approver: given.approver.clone(),
            classes: given.classes.clone(),
            age_ms: given.age_ms,
        };
        table.approvals = self.approvals.iter().map(approval).collect();
        for used in &self.limits {
            let spent = LimitUsed { used: units(&used.used), retry_after_ms: used.retry_after_ms };
            table.limits.insert(used.rule.clone(), spent);
        }
        table
    }
}

fn tool(text: &str) -> (String, String) {
    let (server, tool) = text.split_once('.').expect("server.tool");
    (server.to_string(), tool.to_string())
}

fn failing(text: &str) -> Failing {
    match text.split_once(' ').unwrap_or((text, "")) {
        ("everything", _) => Failing::Everything,
        ("isolation", _) => Failing::Isolation,
        ("quarantine", _) => Failing::Quarantine,
        ("approvals", _) => Failing::Approvals,
        ("mfa", _) => Failing::Mfa,
        ("holds", label) => Failing::SessionHolds(label.to_string()),
        ("grant", name) => Failing::Grant(name.to_string()),
        ("limit", rule) => Failing::Limit(rule.to_string()),
        (other, _) => panic!("`{other}` does not fail"),
    }
}

/// Decimal text in units of 10^-18.
fn units(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<18}").parse().expect("a decimal")
}
