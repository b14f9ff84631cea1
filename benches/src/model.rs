//! Rules and calls as plain data that belongs to no engine.
//!
//! A [`Rule`] permits (or forbids) a role a tool under conditions that all hold. Without a permit that
//! holds the answer is no; a forbid that holds beats every permit. A condition on an argument that is
//! absent does not hold. [`crate::reference`] is the meaning of it, [`crate::generate`] makes it up.

/// An argument that holds text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextField {
    /// An absolute path.
    Path,
    /// A repository, `owner/name`.
    Repo,
    /// A query.
    Query,
    /// One of [`MODES`].
    Mode,
}

/// An argument that holds an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntField {
    /// An amount.
    Amount,
    /// A limit.
    Limit,
}

/// Every text argument, in the order of [`Call::texts`].
pub const TEXT_FIELDS: [TextField; 4] = [TextField::Path, TextField::Repo, TextField::Query, TextField::Mode];
/// Every integer argument, in the order of [`Call::ints`].
pub const INT_FIELDS: [IntField; 2] = [IntField::Amount, IntField::Limit];
/// The enumeration that the pinned schema of every tool gives `mode`.
pub const MODES: [&str; 6] = ["read", "append", "merge", "fast-forward", "dry-run", "force"];
/// Where the arguments stand in the tools of a deep workload.
pub const DEEP: [&str; 3] = ["job", "spec", "params"];

impl TextField {
    /// Its key.
    pub fn name(self) -> &'static str {
        match self {
            TextField::Path => "path",
            TextField::Repo => "repo",
            TextField::Query => "query",
            TextField::Mode => "mode",
        }
    }

    /// Its place in [`Call::texts`].
    pub fn index(self) -> usize {
        self as usize
    }
}

impl IntField {
    /// Its key.
    pub fn name(self) -> &'static str {
        match self {
            IntField::Amount => "amount",
            IntField::Limit => "limit",
        }
    }

    /// Its place in [`Call::ints`].
    pub fn index(self) -> usize {
        self as usize
    }
}

/// One condition.
#[derive(Debug, Clone)]
pub enum Condition {
    /// The path is this one or below it, and has no `..`.
    Under {
        /// Which argument.
        field: TextField,
        /// An absolute path without a final `/`.
        base: String,
    },
    /// The parts follow one another from the first character to the last, with any text between them.
    Glob {
        /// Which argument.
        field: TextField,
        /// What stands before, between and after the stars; two at least.
        parts: Vec<String>,
    },
    /// From `low` to `high`, both included.
    Range {
        /// Which argument.
        field: IntField,
        /// The least.
        low: i64,
        /// The most.
        high: i64,
    },
    /// One of a list.
    OneOf {
        /// Which argument.
        field: TextField,
        /// The list.
        values: Vec<String>,
    },
    /// The whole text matches.
    Regex {
        /// Which argument.
        field: TextField,
        /// The expression, without anchors.
        pattern: String,
        /// A text that matches.
        sample: String,
    },
    /// From this hour to before that one.
    Hours {
        /// The first hour.
        from: i64,
        /// The hour after the last.
        to: i64,
    },
    /// The caller's segment is one of these.
    Segment(Vec<String>),
}

impl Condition {
    /// A number for what is tested, so that no rule tests one thing twice.
    pub fn subject(&self) -> usize {
        match self {
            Condition::Under { field, .. }
            | Condition::Glob { field, .. }
            | Condition::OneOf { field, .. }
            | Condition::Regex { field, .. } => field.index(),
            Condition::Range { field, .. } => 4 + field.index(),
            Condition::Hours { .. } => 8,
            Condition::Segment(_) => 9,
        }
    }

    /// Whether the whole of it stands in the arguments.
    pub fn is_about_arguments(&self) -> bool {
        self.subject() < 8
    }
}

/// Which tools a rule is about; numbers of [`Workload::servers`] and [`Server::tools`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One tool of one server.
    Tool(usize, usize),
    /// Every tool of a server.
    Server(usize),
    /// Every tool there is.
    Any,
}

impl Target {
    /// Whether a tool is among them.
    pub fn covers(self, server: usize, tool: usize) -> bool {
        match self {
            Target::Tool(s, t) => s == server && t == tool,
            Target::Server(s) => s == server,
            Target::Any => true,
        }
    }
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It opens.
    Permit,
    /// It closes.
    Forbid,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it does.
    pub effect: Effect,
    /// A number of [`Workload::roles`].
    pub role: usize,
    /// Which tools.
    pub target: Target,
    /// All of these must hold.
    pub conditions: Vec<Condition>,
}

/// Who calls.
#[derive(Debug, Clone)]
pub struct Agent {
    /// A name.
    pub id: String,
    /// Numbers of [`Workload::roles`], each once.
    pub roles: Vec<usize>,
}

/// A server with its tools.
#[derive(Debug, Clone)]
pub struct Server {
    /// A name.
    pub name: String,
    /// Names of its tools.
    pub tools: Vec<String>,
}

/// What the enforcement point knows besides the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// From 0 to 23.
    pub hour: i64,
    /// A segment.
    pub segment: String,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The JSON-RPC id.
    pub id: u64,
    /// A number of [`Workload::agents`].
    pub agent: usize,
    /// A number of [`Workload::servers`].
    pub server: usize,
    /// A number of [`Server::tools`].
    pub tool: usize,
    /// Facts.
    pub facts: Facts,
    /// By [`TextField::index`].
    pub texts: [Option<String>; 4],
    /// By [`IntField::index`].
    pub ints: [Option<i64>; 2],
}

/// How the arguments of the tools are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// At the top.
    Flat,
    /// Below [`DEEP`].
    Deep,
}

/// A set of rules with callers, tools and calls.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its name, such as `W3`.
    pub name: &'static str,
    /// How arguments are laid out.
    pub shape: Shape,
    /// Names of roles.
    pub roles: Vec<String>,
    /// Servers.
    pub servers: Vec<Server>,
    /// Callers.
    pub agents: Vec<Agent>,
    /// Rules.
    pub rules: Vec<Rule>,
    /// Calls that are allowed.
    pub hits: Vec<Call>,
    /// Calls that are denied.
    pub misses: Vec<Call>,
    /// A thousand calls of every kind.
    pub mixed: Vec<Call>,
}

impl Workload {
    /// A word that tells workloads of one name apart: `dense` has two sizes.
    pub fn key(&self) -> String {
        format!("{}-{}", self.name, self.rules.len())
    }

    /// Whether any rule is about more than one tool.
    pub fn has_wildcards(&self) -> bool {
        self.rules.iter().any(|rule| !matches!(rule.target, Target::Tool(..)))
    }

    /// The name of a tool.
    pub fn tool_name(&self, server: usize, tool: usize) -> &str {
        &self.servers[server].tools[tool]
    }

    /// Numbers of the rules about each tool, in the order of the rules, row by row: what an
    /// application keeps that slices its rules by tool.
    pub fn rules_by_tool(&self) -> Vec<(usize, usize, Vec<usize>)> {
        let mut slices: Vec<Vec<Vec<usize>>> =
            self.servers.iter().map(|server| vec![Vec::new(); server.tools.len()]).collect();
        for (number, rule) in self.rules.iter().enumerate() {
            match rule.target {
                Target::Tool(server, tool) => slices[server][tool].push(number),
                Target::Server(server) => slices[server].iter_mut().for_each(|slice| slice.push(number)),
                Target::Any => slices.iter_mut().flatten().for_each(|slice| slice.push(number)),
            }
        }
        let rows = slices.into_iter().enumerate().flat_map(|(server, tools)| {
            tools.into_iter().enumerate().map(move |(tool, numbers)| (server, tool, numbers))
        });
        rows.filter(|(_, _, numbers)| !numbers.is_empty()).collect()
    }
}

/// Whether a path is `base` or below it, for paths that are clean but for `..`.
pub fn is_under(path: &str, base: &str) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && !path.contains("..")
}

/// Whether a text is the parts with any text between them.
pub fn matches_glob(text: &str, parts: &[String]) -> bool {
    let [first, middle @ .., last] = parts else {
        return parts.first().is_some_and(|only| only == text);
    };
    let Some(rest) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    let Some(mut rest) = rest.strip_suffix(last.as_str()) else {
        return false;
    };
    for part in middle {
        match rest.find(part.as_str()) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}
