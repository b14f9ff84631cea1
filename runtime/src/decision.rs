//! What is decided, as plain comparable data (language document, section 7).

use alloc::string::String;
use alloc::vec::Vec;
pub use mcpz_bytecode::ErrorCode;
pub use mcpz_bytecode::ids::RuleId;
pub use mcpz_bytecode::image::{AuditLevel, DenyMode, HistoryKey, RedactHow, RedactWhat, StepImage};

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What happens.
    pub effect: Effect,
    /// Why, as a stable word.
    pub reason: Reason,
    /// How a denial is shown; [`DenyMode::Explain`] for an allow.
    pub show: DenyMode,
    /// The rule that determined it: first in canonical order.
    pub determining: Option<RuleId>,
    /// What must be met first: of a challenge.
    pub unmet: Vec<Unmet>,
    /// What must happen besides: of an allow.
    pub obligations: Obligations,
    /// Rules in error among those evaluated in the steps reached, in canonical order.
    pub errors: Vec<RuleError>,
    /// Shadow rules that would have mattered: true or in error.
    pub shadow: Vec<ShadowHit>,
    /// When a limit will have room again.
    pub retry_after_ms: Option<i64>,
    /// Digest of the bundle.
    pub digest: [u8; 32],
}

/// What happens to the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It is forwarded.
    Allow,
    /// It does not reach the other side.
    Deny,
    /// It does not reach the other side, but would if what is unmet were met.
    Challenge,
}

impl Effect {
    /// The stable word.
    pub fn name(self) -> &'static str {
        match self {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
            Effect::Challenge => "challenge",
        }
    }
}

/// Why it was decided so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The strict reader refused the message; the word is its fault's (`input_...`).
    Input(&'static str),
    /// The credential does not fit what the bundle declares.
    Credential,
    /// No method of the protocol.
    UnknownMethod,
    /// The server, tool, resource or prompt is not known.
    UnknownTarget,
    /// Not listed for this caller.
    NotVisible,
    /// Kill switch.
    Isolated,
    /// The tool changed under its pin.
    Quarantined,
    /// The caller's segment may not reach the server's.
    FlowClosed,
    /// Arguments do not fit the pinned schema.
    Arguments,
    /// A forbid is true.
    Forbidden,
    /// A forbid is in error.
    ForbidError,
    /// No permit is true.
    NoPermit,
    /// A grant would permit it.
    GrantNeeded,
    /// A requirement is in error.
    RequirementError,
    /// Requirements are not met.
    RequirementUnmet,
    /// A limit has no room.
    Limited,
    /// A limit is in error.
    LimitError,
    /// A redaction is in error.
    RedactError,
    /// An audit rule is in error.
    AuditError,
    /// The store failed.
    StateError,
    /// A permit is true and nothing stands against it.
    Allowed,
    /// A message that keeps the protocol going.
    Protocol,
    /// A listing, filtered.
    List,
}

impl Reason {
    /// The stable word.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Input(word) => word,
            Reason::Credential => "credential",
            Reason::UnknownMethod => "unknown_method",
            Reason::UnknownTarget => "unknown_target",
            Reason::NotVisible => "not_visible",
            Reason::Isolated => "isolated",
            Reason::Quarantined => "quarantined",
            Reason::FlowClosed => "flow_closed",
            Reason::Arguments => "arguments",
            Reason::Forbidden => "forbidden",
            Reason::ForbidError => "forbid_error",
            Reason::NoPermit => "no_permit",
            Reason::GrantNeeded => "grant_needed",
            Reason::RequirementError => "requirement_error",
            Reason::RequirementUnmet => "requirement_unmet",
            Reason::Limited => "limited",
            Reason::LimitError => "limit_error",
            Reason::RedactError => "redact_error",
            Reason::AuditError => "audit_error",
            Reason::StateError => "state_error",
            Reason::Allowed => "allowed",
            Reason::Protocol => "protocol",
            Reason::List => "list",
        }
    }
}

/// Something that must be met first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmet {
    /// A grant must be held.
    Grant {
        /// Its name.
        grant: String,
    },
    /// People must approve this exact call.
    Approval {
        /// The rule that asks.
        rule: RuleId,
        /// How many.
        count: u32,
        /// From any of these classes, by name, in declared order.
        approvers: Vec<String>,
        /// Not older than this.
        expires_ms: Option<i64>,
    },
    /// A second factor.
    Mfa {
        /// The rule that asks.
        rule: RuleId,
        /// Not older than this.
        fresh_ms: Option<i64>,
    },
    /// More scope.
    Scope {
        /// The rule that asks.
        rule: RuleId,
        /// The scopes that are missing, in the order of the rule.
        scopes: Vec<String>,
    },
}

/// What must happen besides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Obligations {
    /// Redactions of the result: by rule, then as written.
    pub redactions: Vec<RedactionObligation>,
    /// The highest audit level asked for.
    pub audit: Option<AuditLevel>,
    /// Labels the result carries: by declaration, then source as written; no duplicates.
    pub labels: Vec<LabelObligation>,
    /// What is written while tainted: by declaration.
    pub stores: Vec<StoreObligation>,
    /// Limits to consume: all or none, by rule.
    pub consumes: Vec<LimitObligation>,
    /// Of a listing: what this caller may see, as the catalog orders it.
    pub listed: Option<Vec<String>>,
}

/// A redaction of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactionObligation {
    /// The rule.
    pub rule: RuleId,
    /// What is hidden.
    pub what: RedactWhat,
    /// What stands in its place.
    pub how: RedactHow,
}

/// A label of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelObligation {
    /// Its name.
    pub label: String,
    /// What carries it, below the result; empty means all of it.
    pub path: Vec<StepImage>,
}

/// A place that is tainted by this call when the session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreObligation {
    /// The label.
    pub label: String,
    /// The key: the argument as text (a string as it is, else its JSON text); absent when the
    /// argument is.
    pub key: Option<String>,
}

/// A limit to consume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitObligation {
    /// The rule.
    pub rule: RuleId,
    /// How much, times 10^18.
    pub amount: i128,
    /// Per what.
    pub by: HistoryKey,
    /// Over what window.
    pub window_ms: i64,
}

/// A rule in error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleError {
    /// The rule.
    pub rule: RuleId,
    /// Its error.
    pub code: ErrorCode,
}

/// A shadow rule that would have mattered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShadowHit {
    /// The rule.
    pub rule: RuleId,
    /// Its error; `None` when it is true.
    pub error: Option<ErrorCode>,
}

impl Decision {
    /// A decision that no rule determined.
    pub fn plain(effect: Effect, reason: Reason, show: DenyMode, digest: [u8; 32]) -> Self {
        Self {
            effect,
            reason,
            show,
            determining: None,
            unmet: Vec::new(),
            obligations: Obligations::default(),
            errors: Vec::new(),
            shadow: Vec::new(),
            retry_after_ms: None,
            digest,
        }
    }

    /// Makes it a denial that no rule determined.
    pub(crate) fn refuse(&mut self, reason: Reason, show: DenyMode) {
        self.effect = Effect::Deny;
        self.reason = reason;
        self.show = show;
    }

    /// Whether the message may pass.
    pub fn is_allow(&self) -> bool {
        self.effect == Effect::Allow
    }
}
