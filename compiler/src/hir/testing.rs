//! Tests written in the language.

use super::{Action, ClassId, DataId, DenyMode, GrantId, History, LabelId, Literal, Member, PackageId, ServerId, Span};
use smol_str::SmolStr;

/// `test "..." { .. }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// Its title.
    pub title: String,
    /// The package that declares it.
    pub package: PackageId,
    /// `as`: outermost actor first; empty for `anonymous`.
    pub chain: Vec<TestLink>,
    /// `at`, milliseconds since the epoch.
    pub at_ms: Option<i64>,
    /// `given` lines, in order.
    pub given: Vec<Given>,
    /// The request.
    pub request: TestRequest,
    /// `expect` lines.
    pub expect: Vec<Expectation>,
    /// Where it stands.
    pub span: Span,
}

/// One link of the caller's chain: an instance of a class with claims. The test runner completes
/// claims so that the class's conditions hold where that is evident (`like`, `==`, `contains` with
/// a literal); a claim given by the author always wins.
#[derive(Debug, Clone, PartialEq)]
pub struct TestLink {
    /// The class it is an instance of.
    pub class: ClassId,
    /// Claims as given (`claims.x: v`), plus `spiffe`/`uid` under those names, as a JSON-like literal.
    pub claims: Vec<(SmolStr, Literal)>,
    /// Where it stands.
    pub span: Span,
}

/// What a test states of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// A history question and its answer ([`Literal::Bool`], [`Literal::Int`] or [`Literal::Decimal`]).
    History(History, Literal),
    /// The store fails for this question.
    HistoryError(History),
    /// Approvals by this many distinct people of one of these classes.
    Approval(u32, Vec<ClassId>),
    /// MFA this long ago, in milliseconds.
    Mfa(i64),
    /// An active grant.
    Grant(GrantId),
    /// Context facts.
    Context(Literal),
    /// The peer's address.
    Network(std::net::IpAddr),
    /// Other data.
    Data(DataId, Literal),
    /// An isolated server.
    IsolatedServer(ServerId),
    /// An isolated tool.
    IsolatedTool(Member),
    /// An isolated agent: by class.
    IsolatedAgent(ClassId),
    /// A quarantined tool.
    Quarantined(Member),
    /// A limit with no room left, by rule id.
    LimitExhausted(String),
    /// A scope of the credential.
    Scope(String),
    /// `session holds L` and the like for labels of values are [`Given::History`].
    SessionLabel(LabelId),
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct TestRequest {
    /// Whether it asks for the listing of the target instead of the action itself.
    pub list: bool,
    /// The action.
    pub action: Action,
    /// The server.
    pub server: ServerId,
    /// Tool or prompt name, or resource URI; empty for `sample`, `elicit`, `roots`.
    pub name: String,
    /// Arguments, as a JSON-like literal record (unchecked: a test may send nonsense).
    pub arguments: Literal,
    /// Where it stands.
    pub span: Span,
}

/// One `expect` line.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// What is expected.
    pub what: Expected,
    /// `by ID`; `Some("none")` asks that no rule determined it.
    pub by: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// What a test can expect.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// `allow`.
    Allow,
    /// `deny`, shown so.
    Deny(Option<DenyMode>),
    /// `challenge`, of this kind (`approval`, `mfa`, `scope`) or for this grant.
    Challenge(Option<ChallengeKind>),
    /// `listed`.
    Listed,
    /// `hidden`.
    Hidden,
    /// `redact PATH` as text.
    Redact(String),
    /// `label L`.
    Label(LabelId),
    /// `audit LEVEL`.
    Audit(super::AuditLevel),
}

/// Kinds of challenge.
#[derive(Debug, Clone, PartialEq)]
pub enum ChallengeKind {
    /// Human approval.
    Approval,
    /// Multi-factor authentication.
    Mfa,
    /// More scope.
    Scope,
    /// A grant.
    Grant(GrantId),
}
