//! Rules, grants and monitors, and the parts they share.

use super::expressions::Expr;
use super::names::{FieldPath, Ident, Name, StringLiteral};
use super::subjects::{Subject, Target, Targets};
use super::support::{self, ast_enum, ast_nodes};
use super::{AstNode, Documented};
use crate::error::SyntaxError;
use crate::literal;
use crate::token::SyntaxKind;
use rowan::TextRange;

ast_nodes! {
    /// `permit S to A T clauses`
    PermitRule,
    /// `forbid S to A T clauses`
    ForbidRule,
    /// `require R for S to A T clauses`
    RequireRule,
    /// `limit S to A T at most N of E per D by K clauses`
    LimitRule,
    /// `redact T { ... } clauses`
    RedactRule,
    /// `audit L for S to A T clauses`
    AuditRule,
    /// `call`, `[call, read]`
    Actions,
    /// `for S` after the targets
    ForSubject,
    /// `where E`
    WhereClause,
    /// `when E`
    WhenClause,
    /// `unless E`
    UnlessClause,
    /// `approval by A expires D`
    RequireApproval,
    /// `mfa fresh D`
    RequireMfa,
    /// `scope "a" "b"`
    RequireScope,
    /// `sre`, `2 of [sre, analyst]`
    Approvers,
    /// `expires D`
    Expires,
    /// `at most N`
    LimitMost,
    /// `of E`
    LimitOf,
    /// `per D`
    LimitPer,
    /// `by K`
    LimitBy,
    /// `result.ssn keep last 4`
    RedactSpec,
    /// `matching E`
    RedactMatching,
    /// `keep last 4`
    RedactKeep,
    /// `drop`
    RedactDrop,
    /// `replace "***"`
    RedactReplace,
    /// `full`, `summary`, `none`
    AuditLevel,
    /// `grant g to S for at most D approved by A { ... }`
    Grant,
    /// `for at most D`
    GrantFor,
    /// `permit to A T clauses` in a grant
    GrantPermit,
    /// `monitor m { when E then ... }`
    Monitor,
    /// `alert high`
    Alert,
    /// `quarantine session for 1h`
    Quarantine,
    /// `isolate agent for 15m`
    Isolate,
}

ast_enum! {
    /// A condition of a rule.
    Clause {
        /// `where E`
        Where(WhereClause),
        /// `when E`
        When(WhenClause),
        /// `unless E`
        Unless(UnlessClause),
    }
}

impl Clause {
    /// `where`, `when` or `unless`.
    pub fn word(&self) -> &'static str {
        match self {
            Clause::Where(_) => "where",
            Clause::When(_) => "when",
            Clause::Unless(_) => "unless",
        }
    }

    /// The condition.
    pub fn condition(&self) -> Option<Expr> {
        support::child(self.syntax())
    }
}

impl WhereClause {
    /// The condition.
    pub fn condition(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

impl WhenClause {
    /// The condition.
    pub fn condition(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

impl UnlessClause {
    /// The condition.
    pub fn condition(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

/// What rules, grant permits and assertions have in common.
pub trait RuleParts: AstNode {
    /// Who it is about; `None` where the syntax names nobody (`redact`, grant permits).
    fn subject(&self) -> Option<Subject> {
        support::child(self.syntax())
    }

    /// `call`, `read`, ...
    fn actions(&self) -> Vec<Ident> {
        support::child::<Actions>(self.syntax()).map(|actions| support::idents(actions.syntax())).unwrap_or_default()
    }

    /// What it is about; empty for `sample`, `elicit` and `roots`.
    fn targets(&self) -> Vec<Target> {
        support::child::<Targets>(self.syntax()).map(|targets| targets.targets()).unwrap_or_default()
    }

    /// Where the targets stand.
    fn targets_range(&self) -> Option<TextRange> {
        support::child::<Targets>(self.syntax()).map(|targets| targets.range())
    }

    /// `for S` after the targets.
    fn for_subject(&self) -> Option<Subject> {
        support::child(support::child::<ForSubject>(self.syntax())?.syntax())
    }

    /// All clauses, in source order; one kind may stand twice.
    fn clauses(&self) -> Vec<Clause> {
        support::children(self.syntax())
    }
}

impl RuleParts for PermitRule {}
impl RuleParts for ForbidRule {}
impl RuleParts for RequireRule {}
impl RuleParts for LimitRule {}
impl RuleParts for RedactRule {}
impl RuleParts for AuditRule {}
impl RuleParts for GrantPermit {}
impl Documented for PermitRule {}
impl Documented for ForbidRule {}
impl Documented for RequireRule {}
impl Documented for LimitRule {}
impl Documented for RedactRule {}
impl Documented for AuditRule {}
impl Documented for Grant {}
impl Documented for GrantPermit {}
impl Documented for Monitor {}

ast_enum! {
    /// What a `require` asks for.
    Requirement {
        /// `approval by A expires D`
        Approval(RequireApproval),
        /// `mfa fresh D`
        Mfa(RequireMfa),
        /// `scope "a" "b"`
        Scope(RequireScope),
    }
}

impl RequireRule {
    /// What it asks for.
    pub fn requirement(&self) -> Option<Requirement> {
        support::child(&self.0)
    }
}

impl RequireApproval {
    /// Who approves.
    pub fn approvers(&self) -> Option<Approvers> {
        support::child(&self.0)
    }

    /// How long an approval lasts.
    pub fn expires(&self) -> Option<Expr> {
        support::child(&support::child::<Expires>(&self.0)?.0)
    }
}

impl RequireMfa {
    /// How fresh it must be.
    pub fn fresh(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

impl RequireScope {
    /// The scopes.
    pub fn scopes(&self) -> Vec<StringLiteral> {
        support::strings(&self.0)
    }
}

impl Approvers {
    /// How many, and where that stands; `None` means one.
    pub fn count(&self) -> Option<(Result<i64, SyntaxError>, TextRange)> {
        int_token(&self.0)
    }

    /// Who.
    pub fn subject(&self) -> Option<Subject> {
        support::child(&self.0)
    }
}

fn int_token(node: &crate::tree::SyntaxNode) -> Option<(Result<i64, SyntaxError>, TextRange)> {
    let token = support::token(node, SyntaxKind::Int)?;
    let range = token.text_range();
    Some((literal::int(token.text(), range), range))
}

impl LimitRule {
    /// N of `at most N`.
    pub fn most(&self) -> Option<Expr> {
        support::child(&support::child::<LimitMost>(&self.0)?.0)
    }

    /// E of `of E`: what is summed; calls are counted if there is none.
    pub fn amount(&self) -> Option<Expr> {
        support::child(&support::child::<LimitOf>(&self.0)?.0)
    }

    /// D of `per D`.
    pub fn per(&self) -> Option<Expr> {
        support::child(&support::child::<LimitPer>(&self.0)?.0)
    }

    /// `user`, `caller`, `agent` or `session`.
    pub fn by(&self) -> Option<Ident> {
        support::first_ident(&support::child::<LimitBy>(&self.0)?.0)
    }
}

impl RedactRule {
    /// What is redacted.
    pub fn specs(&self) -> Vec<RedactSpec> {
        support::children(&self.0)
    }
}

/// What happens to what a redaction finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedactAction {
    /// It is removed.
    Drop,
    /// It is replaced.
    Replace(Option<StringLiteral>),
    /// The first characters stay.
    KeepFirst(Option<(Result<i64, SyntaxError>, TextRange)>),
    /// The last characters stay.
    KeepLast(Option<(Result<i64, SyntaxError>, TextRange)>),
}

impl RedactSpec {
    /// Where in the result.
    pub fn field(&self) -> Option<FieldPath> {
        support::child(&self.0)
    }

    /// The pattern that selects parts of it.
    pub fn matching(&self) -> Option<Expr> {
        support::child(&support::child::<RedactMatching>(&self.0)?.0)
    }

    /// What happens to it.
    pub fn action(&self) -> Option<RedactAction> {
        let action = |node: crate::tree::SyntaxNode| match node.kind() {
            SyntaxKind::RedactDrop => Some(RedactAction::Drop),
            SyntaxKind::RedactReplace => Some(RedactAction::Replace(support::first_string(&node))),
            SyntaxKind::RedactKeep if support::first_ident(&node).is_some_and(|word| word.text == "first") => {
                Some(RedactAction::KeepFirst(int_token(&node)))
            }
            SyntaxKind::RedactKeep => Some(RedactAction::KeepLast(int_token(&node))),
            _ => None,
        };
        self.0.children().find_map(action)
    }
}

impl AuditRule {
    /// `full`, `summary` or `none`.
    pub fn level(&self) -> Option<Ident> {
        support::child::<AuditLevel>(&self.0)?.word()
    }
}

impl AuditLevel {
    /// `full`, `summary` or `none`.
    pub fn word(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }
}

impl Grant {
    /// The declared name.
    pub fn name(&self) -> Option<Ident> {
        support::child::<Name>(&self.0)?.ident()
    }

    /// Who may hold it.
    pub fn subject(&self) -> Option<Subject> {
        support::child(&self.0)
    }

    /// D of `for at most D`.
    pub fn duration(&self) -> Option<Expr> {
        support::child(&support::child::<GrantFor>(&self.0)?.0)
    }

    /// Who approves it.
    pub fn approvers(&self) -> Option<Approvers> {
        support::child(&self.0)
    }

    /// What it permits while it is active.
    pub fn permits(&self) -> Vec<GrantPermit> {
        support::children(&self.0)
    }
}

ast_enum! {
    /// What a monitor does.
    Response {
        /// `alert high`
        Alert(Alert),
        /// `quarantine session for 1h`
        Quarantine(Quarantine),
        /// `isolate agent for 15m`
        Isolate(Isolate),
    }
}

impl Monitor {
    /// The declared name.
    pub fn name(&self) -> Option<Ident> {
        support::child::<Name>(&self.0)?.ident()
    }

    /// What it watches for.
    pub fn condition(&self) -> Option<Expr> {
        support::child::<WhenClause>(&self.0)?.condition()
    }

    /// What it does.
    pub fn responses(&self) -> Vec<Response> {
        support::children(&self.0)
    }
}

impl Alert {
    /// `low`, `medium`, `high` or `critical`.
    pub fn severity(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }
}

/// The parts of `quarantine W for D` and `isolate W for D`.
macro_rules! containment_parts {
    ($($name:ident),*) => { $(
        impl $name {
            /// What is cut off: `session`, `agent`, ...
            pub fn what(&self) -> Option<Ident> {
                support::first_ident(&self.0)
            }

            /// For how long; until lifted by hand if there is none.
            pub fn duration(&self) -> Option<Expr> {
                support::child(&self.0)
            }
        }
    )* };
}
containment_parts!(Quarantine, Isolate);
