//! Typed expressions.

use super::{DataId, LabelId, PredicateId, SegmentId, Span, Targets, VarId};
use crate::types::Type;
use smol_str::SmolStr;

/// An expression with its type and the place it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
    /// Where it stands.
    pub span: Span,
}

/// The forms of expression. Constants (`const`) are replaced by their value.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A literal, already of the type its place expects.
    Literal(Literal),
    /// A fact of the request, or a variable.
    Root(Root),
    /// `base.name`: of a record, a map's entry, or a typed field (`url.host`, `sql.read_only`, `path.name`).
    Field(Box<Expr>, SmolStr),
    /// `[a, b]` whose elements are not all literals (a literal list is a [`Literal::List`]).
    List(Vec<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// Conjunction of two or more.
    And(Vec<Expr>),
    /// Disjunction of two or more.
    Or(Vec<Expr>),
    /// `a == b`, `a < b` and so on. Both sides have comparable types.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `a in b`: list, set, range, network, window, segment, or list of networks or hosts patterns.
    In(Box<Expr>, Box<Expr>),
    /// `a contains b`: `b in a` for a collection; for a string, a substring test.
    Contains(Box<Expr>, Box<Expr>),
    /// `a like "glob"`; the pattern is a literal ([`Literal::Glob`], or [`Literal::HostPattern`] on a host).
    Like(Box<Expr>, Box<Expr>),
    /// `a matches "regex"` ([`Literal::Regex`]): the whole value.
    Matches(Box<Expr>, Box<Expr>),
    /// `a under b`: both of type path (a string operand is wrapped in [`Native::Path`] by the checker).
    Under(Box<Expr>, Box<Expr>),
    /// `a is null`, `a is string`: false for an absent value.
    Is(Box<Expr>, Type),
    /// `has place`: present and not null. Errors in reaching the place are errors.
    Has(Box<Expr>),
    /// `a ?? b`: `b` when `a` is absent or null.
    Coalesce(Box<Expr>, Box<Expr>),
    /// `a + b`, `a - b`, `a * b`, checked.
    Arith(Arithmetic, Box<Expr>, Box<Expr>),
    /// `if c then a else b`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a..=b`, with open ends; `end_inclusive` as written.
    Range {
        /// Lower bound, inclusive.
        low: Option<Box<Expr>>,
        /// Upper bound.
        high: Option<Box<Expr>>,
        /// Whether the upper bound belongs to the range.
        end_inclusive: bool,
    },
    /// `all(x in xs: c)` or `any(x in xs: c)`.
    Quantified {
        /// `all` or `any`.
        quantifier: Quantifier,
        /// The binder.
        var: VarId,
        /// The list, set or map (of a map: its values).
        over: Box<Expr>,
        /// The condition.
        body: Box<Expr>,
    },
    /// `count(xs)`: elements of a collection.
    CountOf(Box<Expr>),
    /// `paths(args)`, `urls(args)`, `hosts(args)`, `strings(args)`: every parameter of that kind, nested ones included.
    Collect(ParameterKind),
    /// A native function of one subject value.
    Native(Native, Box<Expr>),
    /// A predicate call.
    Call(PredicateId, Vec<Expr>),
    /// The caller's chain has this subject (`unless sre`); matched anywhere in the chain.
    HasSubject(super::Subject),
    /// A question to the state.
    History(History),
    /// What did not type-check. Never reaches lowering.
    Error,
}

impl ExprKind {
    /// The parts of an expression; what questions to the state are about is none.
    pub fn children(&self) -> Vec<&Expr> {
        use ExprKind as E;
        match self {
            E::Field(a, _) | E::Not(a) | E::Is(a, _) | E::Has(a) | E::CountOf(a) | E::Native(_, a) => vec![a],
            E::Compare(_, a, b) | E::In(a, b) | E::Contains(a, b) | E::Like(a, b) | E::Matches(a, b) => vec![a, b],
            E::Under(a, b) | E::Coalesce(a, b) | E::Arith(_, a, b) => vec![a, b],
            E::If(a, b, c) => vec![a, b, c],
            E::And(all) | E::Or(all) | E::List(all) | E::Call(_, all) => all.iter().collect(),
            E::Range { low, high, .. } => low.iter().chain(high).map(|bound| &**bound).collect(),
            E::Quantified { over, body, .. } => vec![over, body],
            E::Literal(_) | E::Root(_) | E::Collect(_) | E::HasSubject(_) | E::History(_) | E::Error => Vec::new(),
        }
    }
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// Checked arithmetic. Int with int gives int; otherwise decimal. Instant ± duration gives instant,
/// instant - instant and duration ± duration give duration, duration * int gives duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
}

/// Quantifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantifier {
    /// Folds like `and`.
    All,
    /// Folds like `or`.
    Any,
}

/// Kinds of parameter that a rule can range over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParameterKind {
    /// Every value at a place of type path.
    Paths,
    /// Every value at a place of type url.
    Urls,
    /// Every value at a place of type host.
    Hosts,
    /// Every string anywhere in the arguments, whatever its place's type.
    Strings,
}

/// Facts an expression can start from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// `args` of a tool call.
    Args,
    /// `prompt.args` of a prompt.
    PromptArgs,
    /// `user.claims`: the claims of the user in the chain.
    UserClaims,
    /// `agent.claims`: the claims of the outermost agent.
    AgentClaims,
    /// `claims`: of the link being classified (conditions of users, agents and roles only).
    LinkClaims,
    /// `spiffe`: the SPIFFE id of the link being classified (string).
    LinkSpiffe,
    /// `uid`: the Unix user id of the local peer being classified (int).
    LinkUid,
    /// `context`.
    Context,
    /// `now`.
    Now,
    /// `network.source`: the peer's address, ip?.
    NetworkSource,
    /// `resource.uri` (string).
    ResourceUri,
    /// `resource.uri.NAME`: a variable of the rule's URI pattern (string).
    UriVariable(SmolStr),
    /// `sample`: record of `max_tokens: int`, `model: string?`, `messages: int` (their number); MCP requires the two integers.
    Sample,
    /// `elicit`: record of `asks_secret: bool`, `mode: string`, `fields: list<string>`.
    Elicit,
    /// A `data` declaration.
    Data(DataId),
    /// A quantifier's binder or a predicate's parameter.
    Var(VarId),
}

/// Native functions. Those that must parse run in the extraction stage, before the decision code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Native {
    /// `len(s)`: characters of a string (Unicode scalar values).
    Len,
    /// `lower(s)`: Unicode default lower case.
    Lower,
    /// `upper(s)`: Unicode default upper case.
    Upper,
    /// `trim(s)`: without Unicode white space at both ends.
    Trim,
    /// `split(s, "sep")`: the pieces between separators, `sep` a non-empty literal.
    Split(String),
    /// `path(s)`: error unless an absolute, clean path. Fields `name`, `extension`, `parent`, `depth`.
    Path,
    /// `url(s)`. Fields `scheme`, `host`, `port` (with the scheme's default), `path`, `query`, `username`.
    Url,
    /// `host(s)`: A-labels or address.
    Host,
    /// `ip(s)`.
    Ip,
    /// `instant(s)`: RFC 3339 with offset.
    Instant,
    /// `weekday(t, "zone")` of an instant.
    Weekday(String),
    /// `date(t, "zone")` of an instant.
    Date(String),
    /// `time(t, "zone")` of an instant.
    Time(String),
    /// `sql(s, dialect)`. Fields `read_only: bool`, `tables: list<string>` (qualified, lower case when unquoted), `statements: int`, `kind: string`.
    Sql(SqlDialect),
}

/// SQL dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SqlDialect {
    /// PostgreSQL.
    Postgres,
    /// MySQL.
    Mysql,
    /// SQLite.
    Sqlite,
    /// ANSI SQL.
    Ansi,
}

/// Literals, parsed. Time and number forms are canonical, so that equal values are equal data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer; sizes in bytes.
    Int(i64),
    /// A decimal: the value times 10^18.
    Decimal(i128),
    /// Text.
    String(String),
    /// Milliseconds.
    Duration(i64),
    /// Milliseconds since the Unix epoch.
    Instant(i64),
    /// Days since the Unix epoch.
    Date(i32),
    /// Seconds since midnight.
    Time(u32),
    /// 0 is Monday.
    Weekday(u8),
    /// An address: canonical text (IPv4 unwrapped).
    Ip(std::net::IpAddr),
    /// A network: address with host bits zero, and prefix length.
    Net(std::net::IpAddr, u8),
    /// A host as A-labels in lower case, without a final dot, or canonical address text.
    Host(String),
    /// A URL, normalised text.
    Url(String),
    /// An absolute, clean path.
    Path(String),
    /// A segment.
    Segment(SegmentId),
    /// A glob over the whole string; `*` stops at `/` when `path_like`.
    Glob {
        /// The pattern as written, escapes decoded.
        pattern: String,
        /// The operand is a path or URL: `*` stops at `/`, `**` does not.
        path_like: bool,
    },
    /// A host pattern: `example.org` exact, `*.example.org` one label or more below it.
    HostPattern(String),
    /// A regular expression over the whole value (ASCII classes).
    Regex(String),
    /// A weekly window.
    Window(Window),
    /// A literal list or set (order as written, duplicates removed in sets).
    List(Vec<Literal>),
    /// A literal record.
    Record(Vec<(SmolStr, Literal)>),
}

/// A set of instants given by civil time in a zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// IANA zone name.
    pub zone: String,
    /// Days of the week, bit 0 Monday; 0x7f for all.
    pub days: u8,
    /// First second of the day, inclusive. When `from_s > until_s` the window crosses midnight and
    /// the day is the one it starts on.
    pub from_s: u32,
    /// End of the window, exclusive; 86,400 for the end of the day.
    pub until_s: u32,
    /// First date (days since the epoch), inclusive.
    pub first_date: Option<i32>,
    /// Last date, inclusive.
    pub last_date: Option<i32>,
}

/// A question to the state: what has happened before.
#[derive(Debug, Clone, PartialEq)]
pub enum History {
    /// `session holds L`: bool.
    SessionHolds(LabelId),
    /// `args.x carries L`: bool. The operand is a place rooted in `args` (or a binder over one).
    Carries(Box<Expr>, LabelId),
    /// `args.x seen in S`: bool. S is a `data` set or a label, by name.
    SeenIn(Box<Expr>, SeenSource),
    /// `count(calls to T, by: K, within: D)`: int.
    Count(CallsQuery),
    /// `sum(calls to T, of: E, by: K, within: D)`: decimal. `of` is a place rooted in `args`, as dotted text.
    Sum(CallsQuery, String),
    /// `sequence(A, B, by: K, within: D)`: bool.
    Sequence(CallsQuery, Box<Targets>),
}

/// Where a value may have been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SeenSource {
    /// A data set.
    Data(DataId),
    /// Results that carry a label.
    Label(LabelId),
}

/// Past calls to count.
#[derive(Debug, Clone, PartialEq)]
pub struct CallsQuery {
    /// Of these targets.
    pub targets: Targets,
    /// Counted per this key.
    pub by: HistoryKey,
    /// Not older than this, in milliseconds.
    pub within_ms: i64,
}

/// What past calls and limits are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HistoryKey {
    /// The session.
    Session,
    /// The user in the chain.
    User,
    /// The outermost agent.
    Agent,
    /// The whole chain; anonymous callers share one key.
    Caller,
}
