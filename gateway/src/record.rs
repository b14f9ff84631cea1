//! One audit record, as plain data: what [`crate::proxy`] says of a decision, and [`crate::audit`] writes.

use mcpz_runtime::decision::AuditLevel;
use mcpz_runtime::principal::LinkKind;

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// The id that a denial names.
    pub id: String,
    /// What kind of thing happened.
    pub event: Event,
    /// The server at one end.
    pub server: String,
    /// Which way the message went: `to_server`, `to_client`; empty when there was none.
    pub direction: &'static str,
    /// The method as far as it is one that is known, else empty: untrusted text stays out.
    pub method: String,
    /// `call`, `read`..
    pub action: Option<&'static str>,
    /// Tool, prompt or resource: untrusted text.
    pub target: Option<String>,
    /// The chain, outermost actor first.
    pub chain: Vec<ChainLink>,
    /// The session, as a digest.
    pub session: Option<String>,
    /// `allow`, `deny`, `challenge`.
    pub effect: &'static str,
    /// The stable word of the reason.
    pub reason: String,
    /// Ids of the rules, the determining one first.
    pub rules: Vec<String>,
    /// Rules in error: id, code.
    pub errors: Vec<(String, &'static str)>,
    /// Shadow rules that would have mattered: id, error code.
    pub shadow: Vec<(String, Option<&'static str>)>,
    /// Digest of the bundle, lower-case hexadecimal.
    pub bundle: String,
    /// The arguments, as far as the level asks.
    pub arguments: Arguments,
    /// What the rules ask to be logged.
    pub level: Option<AuditLevel>,
    /// It must be on disk before the message or its answer leaves.
    pub durable: bool,
    /// What the gateway changed in the message.
    pub changes: Vec<Change>,
    /// From when the whole message is taken up, to be read strictly, to the decision, microseconds.
    pub latency_us: u64,
    /// The trace, 32 hexadecimal digits.
    pub trace_id: Option<String>,
    /// The span that asks, 16 hexadecimal digits.
    pub parent_span: Option<String>,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A message was decided.
    Decision,
    /// A result was changed or withheld before it was forwarded.
    Result,
    /// A definition differs from its pin: the tool is quarantined.
    Quarantine,
    /// Something that was open was cut: a stream, a task, a call.
    Cut,
    /// A bundle was loaded.
    Reload,
    /// A bundle was refused; the last good one stays.
    ReloadRefused,
    /// A credential was refused.
    Credential,
    /// An operator isolated or restored something.
    Control,
    /// The gateway started or stopped.
    Lifecycle,
}

impl Event {
    /// The stable word.
    pub fn name(self) -> &'static str {
        match self {
            Event::Decision => "decision",
            Event::Result => "result",
            Event::Quarantine => "quarantine",
            Event::Cut => "cut",
            Event::Reload => "reload",
            Event::ReloadRefused => "reload_refused",
            Event::Credential => "credential",
            Event::Control => "control",
            Event::Lifecycle => "lifecycle",
        }
    }
}

/// One link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// Person or program.
    pub kind: LinkKind,
    /// `issuer:corp`, `mtls`, `local`.
    pub source: String,
    /// Its subject: untrusted text.
    pub subject: String,
}

/// What a record says of the arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arguments {
    /// Nothing.
    None,
    /// SHA-256 of their bytes.
    Digest([u8; 32]),
    /// Their text, with what is sensitive taken out.
    Redacted(String),
}

/// What the gateway changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `filtered`, `redacted`, `withheld`, `cache_scope`.
    pub what: &'static str,
    /// How many places.
    pub count: usize,
}

/// A request that was forwarded and has ended: for traces, no part of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The id of its decision.
    pub decision: String,
    /// The server at the other end.
    pub server: String,
    /// The method.
    pub method: String,
    /// `call`, `read`..
    pub action: Option<&'static str>,
    /// Tool, prompt or resource: untrusted text.
    pub target: Option<String>,
    /// The version that is spoken, once it is agreed on.
    pub version: Option<String>,
    /// When it was forwarded, Unix milliseconds.
    pub at_ms: i64,
    /// How long it took, microseconds.
    pub took_us: u64,
    /// What went wrong, as a stable word or a code of JSON-RPC.
    pub error: Option<String>,
    /// The trace of its decision, when its message named one.
    pub trace_id: Option<String>,
}

impl Call {
    /// A request that is forwarded as its record says.
    pub fn of(record: &Record, version: Option<&str>) -> Call {
        Call {
            decision: record.id.clone(),
            server: record.server.clone(),
            method: record.method.clone(),
            action: record.action,
            target: record.target.clone(),
            version: version.map(str::to_owned),
            at_ms: record.at_ms,
            took_us: 0,
            error: None,
            trace_id: record.trace_id.clone(),
        }
    }
}

impl Record {
    /// A record about something that is no message.
    pub fn event(event: Event, at_ms: i64, reason: impl Into<String>) -> Record {
        Record {
            at_ms,
            id: String::new(),
            event,
            server: String::new(),
            direction: "",
            method: String::new(),
            action: None,
            target: None,
            chain: Vec::new(),
            session: None,
            effect: "",
            reason: reason.into(),
            rules: Vec::new(),
            errors: Vec::new(),
            shadow: Vec::new(),
            bundle: String::new(),
            arguments: Arguments::None,
            level: None,
            durable: false,
            changes: Vec::new(),
            latency_us: 0,
            trace_id: None,
            parent_span: None,
        }
    }
}
