//! Tests and assertions.

use super::expressions::{CarriesExpr, Expr, HistoryExpr, RecordExpr, SeenExpr, SessionHolds};
use super::names::{FieldPath, Ident, Path, RuleRef, StringLiteral};
use super::rules::{Approvers, AuditLevel, RuleParts};
use super::subjects::{SubjectAnonymous, Target};
use super::support::{self, ast_enum, ast_nodes};
use super::{AstNode, Documented};
use crate::error::SyntaxError;
use crate::literal::{self, InstantParts};
use crate::token::SyntaxKind;
use rowan::TextRange;

ast_nodes! {
    /// `test "name" { ... }`
    Test,
    /// `as analyst { ... }`
    AsLine,
    /// `analyst { claims.groups: [...] }`
    SubjectInstance,
    /// `at 2026-03-02T10:00:00Z`
    AtLine,
    /// `call payments.refund { ... }`
    ActLine,
    /// `given session holds L`, `given args.x carries L`, `given args.x seen in S`
    GivenState,
    /// `given count(...) = 21`
    GivenHistory,
    /// `given approval by 2 of [sre, analyst]`
    GivenApproval,
    /// `given mfa 2m`
    GivenMfa,
    /// `given grant prod_write`
    GivenGrant,
    /// `given context { ... }`
    GivenContext,
    /// `given network "10.0.0.1"`
    GivenNetwork,
    /// `given data payees [...]`
    GivenData,
    /// `given isolated agent copilot`
    GivenIsolated,
    /// `given quarantined payments.refund`
    GivenQuarantined,
    /// `given limit PAY-9 exhausted`
    GivenLimit,
    /// `given scope "s"`
    GivenScope,
    /// `given error session holds L`
    GivenError,
    /// `expect allow by PAY-1`
    ExpectAllow,
    /// `expect deny by PAY-1 hide`
    ExpectDeny,
    /// `expect challenge approval, mfa by PAY-1`
    ExpectChallenge,
    /// `approval`, `grant prod_write`
    ChallengeKind,
    /// `expect listed`
    ExpectListed,
    /// `expect hidden`
    ExpectHidden,
    /// `expect redact result.ssn`
    ExpectRedact,
    /// `expect label untrusted`
    ExpectLabel,
    /// `expect audit full`
    ExpectAudit,
    /// `assert "...": never allow ...`
    Assert,
    /// `never allow`, `always allow`
    AssertMode,
    /// `without approval by A`
    WithoutApproval,
    /// `without mfa`
    WithoutMfa,
}

ast_enum! {
    /// One line of a test.
    TestLine {
        /// `as ...`
        As(AsLine),
        /// `at ...`
        At(AtLine),
        /// `call ...`, `read ...`, `list ...`
        Act(ActLine),
        /// `given session holds L`, `given args.x carries L`
        GivenState(GivenState),
        /// `given count(...) = N`
        GivenHistory(GivenHistory),
        /// `given approval by ...`
        GivenApproval(GivenApproval),
        /// `given mfa 2m`
        GivenMfa(GivenMfa),
        /// `given grant G`
        GivenGrant(GivenGrant),
        /// `given context { ... }`
        GivenContext(GivenContext),
        /// `given network "..."`
        GivenNetwork(GivenNetwork),
        /// `given data D value`
        GivenData(GivenData),
        /// `given isolated agent A`
        GivenIsolated(GivenIsolated),
        /// `given quarantined T`
        GivenQuarantined(GivenQuarantined),
        /// `given limit R exhausted`
        GivenLimit(GivenLimit),
        /// `given scope "s"`
        GivenScope(GivenScope),
        /// `given error H`
        GivenError(GivenError),
        /// `expect allow`
        ExpectAllow(ExpectAllow),
        /// `expect deny`
        ExpectDeny(ExpectDeny),
        /// `expect challenge`
        ExpectChallenge(ExpectChallenge),
        /// `expect listed`
        ExpectListed(ExpectListed),
        /// `expect hidden`
        ExpectHidden(ExpectHidden),
        /// `expect redact P`
        ExpectRedact(ExpectRedact),
        /// `expect label L`
        ExpectLabel(ExpectLabel),
        /// `expect audit full`
        ExpectAudit(ExpectAudit),
    }
}

impl Documented for Test {}
impl Documented for Assert {}
impl RuleParts for Assert {}

impl Test {
    /// The name.
    pub fn name(&self) -> Option<StringLiteral> {
        support::first_string(&self.0)
    }

    /// The lines, in source order.
    pub fn lines(&self) -> Vec<TestLine> {
        support::children(&self.0)
    }
}

impl AsLine {
    /// Whether it is `as anonymous`.
    pub fn is_anonymous(&self) -> bool {
        support::child::<SubjectAnonymous>(&self.0).is_some()
    }

    /// Who calls.
    pub fn caller(&self) -> Option<SubjectInstance> {
        support::child(&self.0)
    }

    /// For whom the caller acts.
    pub fn acting_for(&self) -> Option<SubjectInstance> {
        support::nth_child(&self.0, 1)
    }
}

impl SubjectInstance {
    /// The role or identity.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }

    /// Its claims.
    pub fn record(&self) -> Option<RecordExpr> {
        support::child(&self.0)
    }
}

impl AtLine {
    /// The instant, or why it is none; `None` if it is missing.
    pub fn instant(&self) -> Option<Result<InstantParts, SyntaxError>> {
        let token = support::token(&self.0, SyntaxKind::Instant)?;
        Some(literal::instant(token.text(), token.text_range()))
    }

    /// The instant as written, and where.
    pub fn instant_text(&self) -> Option<(String, TextRange)> {
        let token = support::token(&self.0, SyntaxKind::Instant)?;
        Some((token.text().to_owned(), token.text_range()))
    }
}

impl ActLine {
    /// `call`, `read`, `subscribe`, `get`, `complete`, `sample`, `elicit`, `roots` or `list`.
    pub fn action(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }

    /// `server.tool`, `server.prompt` or `server`.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }

    /// The URI of `read` and `subscribe`.
    pub fn uri(&self) -> Option<StringLiteral> {
        support::first_string(&self.0)
    }

    /// The arguments.
    pub fn record(&self) -> Option<RecordExpr> {
        support::child(&self.0)
    }
}

ast_enum! {
    /// A statement about what happened before.
    Past {
        /// `session holds L`
        SessionHolds(SessionHolds),
        /// `args.x carries L`
        Carries(CarriesExpr),
        /// `args.x seen in S`
        Seen(SeenExpr),
        /// `count(...)`, only after `given error`
        History(HistoryExpr),
    }
}

impl GivenState {
    /// What is given.
    pub fn past(&self) -> Option<Past> {
        support::child(&self.0)
    }
}

impl GivenHistory {
    /// `count(...)`, `sum(...)`, `sequence(...)` or `novel(...)`.
    pub fn history(&self) -> Option<HistoryExpr> {
        support::child(&self.0)
    }

    /// Its value.
    pub fn value(&self) -> Option<Expr> {
        support::nth_child(&self.0, 1)
    }
}

impl GivenApproval {
    /// Who approved.
    pub fn approvers(&self) -> Option<Approvers> {
        support::child(&self.0)
    }
}

impl GivenMfa {
    /// How long ago.
    pub fn age(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

impl GivenGrant {
    /// The active grant.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }
}

impl GivenContext {
    /// The facts.
    pub fn record(&self) -> Option<RecordExpr> {
        support::child(&self.0)
    }
}

impl GivenNetwork {
    /// The caller's address.
    pub fn address(&self) -> Option<StringLiteral> {
        support::first_string(&self.0)
    }
}

impl GivenData {
    /// The name of the data.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }

    /// Its value in this test.
    pub fn value(&self) -> Option<Expr> {
        support::nth_child(&self.0, 1)
    }
}

impl GivenIsolated {
    /// `agent`, `server`, `tool` or `user`.
    pub fn what(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }

    /// Which.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }
}

impl GivenQuarantined {
    /// What is quarantined.
    pub fn target(&self) -> Option<Target> {
        support::child(&self.0)
    }
}

impl GivenLimit {
    /// The limit that has no room left.
    pub fn rule(&self) -> Option<RuleRef> {
        support::child(&self.0)
    }
}

impl GivenScope {
    /// The scope that the token has.
    pub fn scope(&self) -> Option<StringLiteral> {
        support::first_string(&self.0)
    }
}

impl GivenError {
    /// What the state store fails to tell.
    pub fn past(&self) -> Option<Past> {
        support::child(&self.0)
    }
}

/// Expectations that may name the deciding rule.
macro_rules! decided_by {
    ($($name:ident),*) => { $(
        impl $name {
            /// The rule that decides.
            pub fn by(&self) -> Option<RuleRef> {
                support::child(&self.0)
            }
        }
    )* };
}
decided_by!(ExpectAllow, ExpectDeny, ExpectChallenge);

impl ExpectDeny {
    /// `explain`, `hide` or `step_up`.
    pub fn how(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }
}

impl ExpectChallenge {
    /// What is asked for; empty means anything.
    pub fn kinds(&self) -> Vec<ChallengeKind> {
        support::children(&self.0)
    }
}

impl ChallengeKind {
    /// `approval`, `mfa`, `scope` or `grant`.
    pub fn word(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }

    /// The grant.
    pub fn grant(&self) -> Option<Path> {
        support::child(&self.0)
    }
}

impl ExpectRedact {
    /// What is redacted.
    pub fn field(&self) -> Option<FieldPath> {
        support::child(&self.0)
    }
}

impl ExpectLabel {
    /// The label that the result carries.
    pub fn label(&self) -> Option<Path> {
        support::child(&self.0)
    }
}

impl ExpectAudit {
    /// `full`, `summary` or `none`.
    pub fn level(&self) -> Option<Ident> {
        support::child::<AuditLevel>(&self.0)?.word()
    }
}

ast_enum! {
    /// `without ...` at the end of an assertion.
    Without {
        /// `without approval by A`
        Approval(WithoutApproval),
        /// `without mfa`
        Mfa(WithoutMfa),
    }
}

impl Assert {
    /// What is asserted, in words.
    pub fn text(&self) -> Option<StringLiteral> {
        support::first_string(&self.0)
    }

    /// `never` or `always`.
    pub fn mode(&self) -> Option<Ident> {
        support::first_ident(support::child::<AssertMode>(&self.0)?.syntax())
    }

    /// `without approval by A`, `without mfa`.
    pub fn without(&self) -> Vec<Without> {
        support::children(&self.0)
    }
}

impl WithoutApproval {
    /// Whose approval.
    pub fn approvers(&self) -> Option<Approvers> {
        support::child(&self.0)
    }
}
