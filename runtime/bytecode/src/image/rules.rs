//! Rules, entry points and debug data of a bundle.

use super::{HistoryKey, StepImage};
use crate::ids::*;
use crate::text::Text;
use alloc::string::String;
use alloc::vec::Vec;

/// What a message asks to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// `tools/call`.
    Call,
    /// `resources/read`.
    Read,
    /// `resources/subscribe`, `resources/unsubscribe`.
    Subscribe,
    /// `prompts/get`.
    Get,
    /// `completion/complete`.
    Complete,
    /// `sampling/createMessage`.
    Sample,
    /// `elicitation/create`.
    Elicit,
    /// `roots/list`.
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
    pub fn name(self) -> &'static str {
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

/// A region of a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct SpanImage {
    /// The file.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Line of `start`, from 1.
    pub line: u32,
    /// Column of `start` in characters, from 1.
    pub column: u32,
}

/// A source file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceImage {
    /// Its path, `package/policy/main.mcpz`.
    pub path: String,
}

/// A rule, as it is made. Those of a whole bundle are [`Rules`](super::Rules).
#[derive(Debug, Clone, PartialEq)]
pub struct RuleImage {
    /// Unique id.
    pub id: String,
    /// What it does.
    pub kind: RuleKindImage,
    /// Reported only, never enforced.
    pub shadow: bool,
    /// `@deny`.
    pub deny: Option<DenyMode>,
    /// What is said to people.
    pub words: RuleWords,
    /// The whole rule.
    pub span: SpanImage,
}

/// What a rule says to people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleWords {
    /// `@message`.
    pub message: Option<Text>,
    /// `@severity`.
    pub severity: Option<Text>,
    /// Documentation; empty when there is none.
    pub docs: Text,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleKindImage {
    /// `permit`, perhaps of a grant.
    Permit(Option<GrantId>),
    /// `forbid`.
    Forbid,
    /// `require`.
    Require(RequirementImage),
    /// `limit`.
    Limit(LimitImage),
    /// `redact`.
    Redact(Vec<RedactionImage>),
    /// `audit`.
    Audit(AuditLevel),
}

/// How a denial is shown, from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DenyMode {
    /// Say why.
    Explain,
    /// Ask for more scope.
    StepUp,
    /// As if the target did not exist.
    Hide,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditLevel {
    /// The decision record alone.
    None,
    /// With the argument digest.
    Summary,
    /// With the arguments, redacted.
    Full,
}

/// What must be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequirementImage {
    /// `approval by [N of] R expires D`.
    Approval {
        /// How many distinct approvers.
        count: u32,
        /// From any of these classes.
        approvers: Vec<ClassId>,
        /// Older ones do not count.
        expires_ms: Option<i64>,
    },
    /// `mfa fresh D`.
    Mfa {
        /// Not older than this.
        fresh_ms: Option<i64>,
    },
    /// `scope "a" "b"`: all of them.
    Scope(Vec<String>),
}

/// `at most N [of E] per D by K`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitImage {
    /// N, times 10^18.
    pub at_most: i128,
    /// A value block; absent counts calls. Its value must be a number, not below zero.
    pub amount: Option<BlockId>,
    /// D.
    pub per_ms: i64,
    /// K.
    pub by: HistoryKey,
}

/// One redaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactionImage {
    /// What is hidden.
    pub what: RedactWhat,
    /// What stands in its place.
    pub how: RedactHow,
}

/// What a redaction hides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RedactWhat {
    /// `result.a[*].b`.
    Field(Vec<StepImage>),
    /// `result matching "regex"`.
    Matching(String),
}

/// What stands in its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RedactHow {
    /// Nothing.
    Drop,
    /// This text.
    Replace(String),
    /// Its first characters.
    KeepFirst(u32),
    /// Its last characters.
    KeepLast(u32),
}

/// An entry point: the rules for one action and target. At run time those of (action, any
/// server), (action, server, any) and (action, server, name or each matching pattern) are united.
/// A rule that stands in several of them is true when any of its blocks is (they fold like `or`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryImage {
    /// The action.
    pub action: Action,
    /// The server; absent: every server.
    pub server: Option<ServerId>,
    /// What of the server. Must be [`EntryTarget::Any`] when `server` is absent.
    pub target: EntryTarget,
    /// Its rules, by the step of the decision that asks for them.
    pub trees: StageTrees,
}

/// The trees of an entry point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StageTrees {
    /// Shadow rules of every kind.
    pub shadow: Option<TreeId>,
    /// Forbids.
    pub forbids: Option<TreeId>,
    /// Permits.
    pub permits: Option<TreeId>,
    /// Requirements, limits, redactions and audit rules.
    pub others: Option<TreeId>,
}

impl StageTrees {
    /// All of them, in the order of evaluation.
    pub fn all(&self) -> impl Iterator<Item = TreeId> {
        [self.shadow, self.forbids, self.permits, self.others].into_iter().flatten()
    }
}

/// What of a server an entry point is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryTarget {
    /// Everything the action can be about.
    Any,
    /// The tool or prompt of this exact name.
    Name(Text),
    /// Resources whose URI matches.
    Uri(PatternId),
}

/// What explanations and disassemblies need. Empty when stripped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DebugImage {
    /// Source texts, by row of `sources`; empty or one for each.
    pub texts: Vec<String>,
    /// One row for each block, or none at all.
    pub blocks: Vec<BlockDebug>,
}

/// Debug data of one block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlockDebug {
    /// Clauses in the order written; their results conjoin to the block's.
    pub clauses: Vec<ClauseDebug>,
    /// Conditions that compare or test something: where they were written.
    pub atoms: Vec<AtomDebug>,
}

/// A clause of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClauseDebug {
    /// Which clause.
    pub kind: ClauseKind,
    /// The register that holds the clause's truth (of `unless`: after the `not`) when the block ends.
    pub register: u16,
    /// First instruction of the clause.
    pub start: u32,
    /// One past its last instruction.
    pub end: u32,
    /// Where it was written.
    pub span: SpanImage,
}

/// Kinds of clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClauseKind {
    /// Who.
    Subject,
    /// `where`.
    Where,
    /// `when`.
    When,
    /// `unless`.
    Unless,
}

/// A condition that tests something: one instruction with a truth result. The operator and operands
/// are those of the instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtomDebug {
    /// The instruction.
    pub pc: u32,
    /// Where it was written.
    pub span: SpanImage,
}
