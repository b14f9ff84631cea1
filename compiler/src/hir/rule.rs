//! Rules: subjects, targets, clauses, requirements, limits, redactions.

use super::{ClassId, Expr, GrantId, HistoryKey, Member, PackageId, PathStep, ServerId, Span};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// What a message asks to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// `tools/call`.
    Call,
    /// `resources/read`.
    Read,
    /// `resources/subscribe` and `unsubscribe`.
    Subscribe,
    /// `prompts/get`.
    Get,
    /// `completion/complete`.
    Complete,
    /// `sampling/createMessage`, asked by a server.
    Sample,
    /// `elicitation/create`, asked by a server.
    Elicit,
    /// `roots/list`, asked by a server.
    Roots,
}

impl Action {
    /// Every action, in order.
    pub const ALL: [Action; 8] = [
        Action::Call,
        Action::Read,
        Action::Subscribe,
        Action::Get,
        Action::Complete,
        Action::Sample,
        Action::Elicit,
        Action::Roots,
    ];

    /// As policies spell it.
    pub fn word(self) -> &'static str {
        match self {
            Action::Call => "call",
            Action::Read => "read",
            Action::Subscribe => "subscribe",
            Action::Get => "get",
            Action::Complete => "complete",
            Action::Sample => "sample",
            Action::Elicit => "elicit",
            Action::Roots => "roots",
        }
    }
}

/// Who a rule is about. How it matches depends on the rule: permits narrowly, restrictions anywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// `anyone`.
    Anyone,
    /// `anonymous`.
    Anonymous,
    /// `any agent`.
    AnyAgent,
    /// `any user`.
    AnyUser,
    /// A user, agent or role.
    Class(ClassId),
    /// `[a, b]`.
    Either(Vec<Subject>),
    /// `a & b`.
    Both(Vec<Subject>),
    /// `a acting for b`.
    ActingFor(Box<Subject>, Box<Subject>),
    /// `server s`.
    Server(ServerId),
}

/// What a rule is about, expanded against the catalogs. The parts are united.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Targets {
    /// `any tool`, `any resource`, `any prompt` as written; they cover every server of the bundle.
    pub any_tool: bool,
    /// `any resource`.
    pub any_resource: bool,
    /// `any prompt`.
    pub any_prompt: bool,
    /// Whole servers (`s.*` covers the tools, resources and prompts the action is about).
    pub servers: BTreeSet<ServerId>,
    /// Tools named, or matched by a tag or pattern.
    pub tools: BTreeSet<Member>,
    /// Prompts named.
    pub prompts: BTreeSet<Member>,
    /// Resource patterns.
    pub resources: Vec<ResourceTarget>,
    /// Where they stand.
    pub span: Option<Span>,
}

/// `s.uri("file:///workspace/{team}/**")`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceTarget {
    /// The server.
    pub server: ServerId,
    /// The pattern, parsed.
    pub pattern: UriPattern,
}

/// A resource URI pattern: literal text, `*` (within a segment), `**` (anything), `{name}` (one
/// non-empty segment, captured). Matched against the whole normalised URI.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UriPattern {
    /// Its parts.
    pub parts: Vec<UriPart>,
}

/// One part of a [`UriPattern`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UriPart {
    /// These characters.
    Text(String),
    /// `*`: any characters but `/`.
    Star,
    /// `**`: any characters.
    DoubleStar,
    /// `{name}`: one or more characters but `/`, captured.
    Variable(SmolStr),
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it does.
    pub kind: RuleKind,
    /// The package that declares it.
    pub package: PackageId,
    /// `@id`, else `package/path:line` made by the checker. Unique in the program.
    pub id: String,
    /// Who.
    pub subject: Subject,
    /// `for S`: the client's principal, when the subject is a server.
    pub for_subject: Option<Subject>,
    /// Which actions; sorted, never empty.
    pub actions: BTreeSet<Action>,
    /// Which targets.
    pub targets: Targets,
    /// `where`.
    pub where_: Option<Expr>,
    /// `when`.
    pub when: Option<Expr>,
    /// `unless`: the rule holds only when this is false.
    pub unless: Option<Expr>,
    /// `@message`.
    pub message: Option<String>,
    /// `@severity`.
    pub severity: Option<SmolStr>,
    /// `@deny`.
    pub deny: Option<DenyMode>,
    /// `@shadow`.
    pub shadow: bool,
    /// The grant this permit belongs to.
    pub grant: Option<GrantId>,
    /// Documentation.
    pub docs: String,
    /// The whole rule.
    pub span: Span,
    /// Its head, for diagnostics and traces.
    pub head_span: Span,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleKind {
    /// `permit`.
    Permit,
    /// `forbid`.
    Forbid,
    /// `require`.
    Require(Requirement),
    /// `limit`.
    Limit(Limit),
    /// `redact`.
    Redact(Vec<Redaction>),
    /// `audit`.
    Audit(AuditLevel),
}

/// How a denial is shown, from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DenyMode {
    /// Say why. The default.
    Explain,
    /// Ask for more scope.
    StepUp,
    /// As if the target did not exist.
    Hide,
}

/// What must be met.
#[derive(Debug, Clone, PartialEq)]
pub enum Requirement {
    /// `approval by [N of] R expires D`.
    Approval {
        /// How many distinct approvers.
        count: u32,
        /// From any of these classes.
        approvers: Vec<ClassId>,
        /// Approvals older than this do not count.
        expires_ms: Option<i64>,
    },
    /// `mfa fresh D`.
    Mfa {
        /// Not older than this.
        fresh_ms: Option<i64>,
    },
    /// `scope "a" "b"`.
    Scope(Vec<String>),
}

/// `at most N [of E] per D by K`.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// N, times 10^18.
    pub at_most: i128,
    /// E; absent counts calls. Below zero is an error.
    pub amount: Option<Expr>,
    /// D.
    pub per_ms: i64,
    /// K.
    pub by: HistoryKey,
}

/// One redaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Redaction {
    /// What is hidden.
    pub what: RedactWhat,
    /// What stands in its place.
    pub how: RedactHow,
    /// Where it stands.
    pub span: Span,
}

/// What a redaction hides.
#[derive(Debug, Clone, PartialEq)]
pub enum RedactWhat {
    /// `result.a[*].b`.
    Field(Vec<PathStep>),
    /// `result matching "regex"`.
    Matching(String),
}

/// What stands in its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RedactHow {
    /// `drop`.
    Drop,
    /// `replace "text"`.
    Replace(String),
    /// `keep first N`.
    KeepFirst(u32),
    /// `keep last N`.
    KeepLast(u32),
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditLevel {
    /// `none`: the decision record alone.
    None,
    /// `summary`: with the argument digest.
    Summary,
    /// `full`: with the arguments, redacted.
    Full,
}

/// A window of access, opened by approval.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// Its name.
    pub name: SmolStr,
    /// The package that declares it.
    pub package: PackageId,
    /// Who may hold it.
    pub subject: Subject,
    /// For at most.
    pub at_most_ms: i64,
    /// Approved by any of these; empty means self-service.
    pub approvers: Vec<ClassId>,
    /// Where it stands.
    pub span: Span,
}

/// A monitor, kept as text until it is given meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Monitor {
    /// Its name.
    pub name: SmolStr,
    /// Where it stands.
    pub span: Span,
}

/// `assert`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assert {
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub span: Span,
}
