//! The steps of a decision, in order (docs/semantics.md, section 7).

use crate::decide::case::{Case, Extracted, Look, Outcomes, Time, Work, extract, list_value, rule};
use crate::decide::{cover, gates};
use crate::decision::{
    Decision, DenyMode, Effect, ErrorCode, LimitObligation, Obligations, Reason, RedactionObligation, RuleError,
    RuleId, ShadowHit, Unmet,
};
use crate::natives::Memo;
use crate::state::{LimitQuery, StateError};
use crate::vm::context::{Asked, Context};
use crate::vm::question::has_key;
use crate::vm::subject::narrowly;
use crate::vm::value::Truth;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use mcpz_bytecode::Program;
use mcpz_bytecode::ids::{ClassId, GrantId};
use mcpz_bytecode::image::{LimitImage, RequirementImage, Rule, RuleKind};
use mcpz_bytecode::plan::Stage;
use mcpz_bytecode::value::Decimal;
use mcpz_bytecode::value::decimal::ONE;

/// A rule in a step.
type RuleRow<'a> = (RuleId, Rule<'a>);

/// A step either goes on, or has ended the decision.
type Step = Result<(), ()>;

/// What list time says of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visibility {
    /// Whether it is shown.
    pub shown: bool,
    /// The first forbid that is true or in error.
    pub hidden_by: Option<RuleId>,
    /// Forbids and permits in error.
    pub errors: Vec<RuleError>,
}

/// What is said of the rules that ended a decision, taken in canonical order.
#[derive(Debug, Clone, Copy, Default)]
struct Determined {
    /// The first of them.
    first: Option<RuleId>,
    /// What hides most of what they ask to be shown.
    show: Option<DenyMode>,
}

impl Determined {
    /// One more.
    fn and(self, (id, rule): RuleRow<'_>) -> Determined {
        Determined { first: self.first.or(Some(id)), show: self.show.max(rule.deny()) }
    }
}

/// A decision under way.
struct Course<'c, 'a> {
    case: &'c Case<'a>,
    asked: &'c Asked<'c>,
    extracted: &'c Extracted<'c>,
    memo: &'c mut Memo,
    work: &'c mut Work,
    decision: &'c mut Decision,
}

/// What a decision is before anything stands against it: an allow.
pub(crate) fn undecided(case: &Case<'_>) -> Decision {
    Decision::plain(Effect::Allow, Reason::Allowed, DenyMode::Explain, case.program.digest())
}

/// Decides what is asked, from step 0d on. `decision` is as [`undecided`] makes it.
pub(crate) fn decide(
    case: &Case<'_>,
    asked: &Asked<'_>,
    (memo, work): (&mut Memo, &mut Work),
    decision: &mut Decision,
) {
    let extracted = extract(case.program, asked, work);
    let mut course = Course { case, asked, extracted: &extracted, memo, work, decision };
    // The result only says whether all steps were gone through; the decision is in the course.
    let _ = course.run();
    course.decision.errors.sort_unstable_by_key(|error| error.rule);
    extracted.give_back(work);
}

/// Whether a listing shows a target.
pub(crate) fn is_shown(case: &Case<'_>, asked: &Asked<'_>, memo: &mut Memo, work: &mut Work) -> bool {
    let extracted = extract(case.program, asked, work);
    let look = case.look(asked, &extracted, (memo, work));
    extracted.give_back(work);
    look == Look::Shown
}

/// What a listing says of a target, with the particulars: evaluates all forbids and permits with
/// everything late unknown.
pub(crate) fn visibility(case: &Case<'_>, asked: &Asked<'_>, memo: &mut Memo, work: &mut Work) -> Visibility {
    let extracted = extract(case.program, asked, work);
    particulars(case, asked, &extracted, (memo, work))
}

/// As [`visibility`].
fn particulars(
    case: &Case<'_>,
    asked: &Asked<'_>,
    extracted: &Extracted<'_>,
    (memo, work): (&mut Memo, &mut Work),
) -> Visibility {
    let stages = [Stage::Forbids, Stage::Permits];
    let outcomes = case.evaluate(asked, extracted, &stages, Time::List, (memo, work));
    let mut seen = Visibility { shown: false, hidden_by: None, errors: Vec::new() };
    let mut permitted = false;
    for (id, truth) in &outcomes.truths {
        let Some(rule) = rule(case.program, *id) else {
            continue;
        };
        let value = with_context(case, asked, |cx| list_value(cx, case.program, *id, *truth));
        if let Truth::Error(code) = value {
            seen.errors.push(RuleError { rule: *id, code });
        }
        match rule.kind() {
            RuleKind::Permit(_) => permitted |= matches!(value, Truth::True | Truth::Unknown),
            _ if matches!(value, Truth::True | Truth::Error(_)) => seen.hidden_by = seen.hidden_by.or(Some(*id)),
            _ => {}
        }
    }
    seen.shown = permitted && seen.hidden_by.is_none();
    seen
}

/// Whether the caller fits a grant's subject, narrowly.
fn holder(case: &Case<'_>, asked: &Asked<'_>, grant: GrantId) -> Truth {
    let Some(grant) = case.program.image().grants.get(grant.index()) else {
        return Truth::False;
    };
    with_context(case, asked, |cx| narrowly(cx, grant.subject, true))
}

/// Looks at the chain as decision code does.
fn with_context<T>(case: &Case<'_>, asked: &Asked<'_>, look: impl FnOnce(&Context<'_>) -> T) -> T {
    let (memo, missed, extracted) = (Memo::default(), Cell::new(false), Extracted::default());
    look(&case.context(asked, &extracted, &memo, &missed))
}

/// The rules of a kind among outcomes, in canonical order.
fn enforced<'p>(
    program: &'p Program,
    outcomes: &Outcomes,
    wanted: fn(RuleKind<'_>) -> bool,
) -> impl Iterator<Item = (RuleRow<'p>, Truth)> {
    let rows = outcomes.truths.iter().filter_map(move |(id, truth)| Some(((*id, rule(program, *id)?), *truth)));
    rows.filter(move |((_, rule), _)| wanted(rule.kind()))
}

impl Course<'_, '_> {
    fn run(&mut self) -> Step {
        self.visible()?;
        if let Some(reason) = gates::closed(self.case, self.asked) {
            return self.deny(reason, &[]);
        }
        if self.finds(Stage::Shadow) {
            self.shadow();
        }
        if self.finds(Stage::Forbids) {
            self.forbids()?;
        }
        if !self.finds(Stage::Permits) {
            return self.deny(Reason::NoPermit, &[]);
        }
        self.permits()?;
        if self.finds(Stage::Others) {
            self.decision.obligations = self.others()?;
        }
        self.taint();
        Ok(())
    }

    /// Evaluates the rules of a stage. Whether any of them is other than false.
    fn finds(&mut self, stage: Stage) -> bool {
        if !self.extracted.has(stage) {
            return false;
        }
        let outcomes = self.case.evaluate(self.asked, self.extracted, &[stage], Time::Call, (self.memo, self.work));
        !outcomes.truths.is_empty()
    }

    /// Ends the decision with what these rules determined.
    fn end(&mut self, effect: Effect, reason: Reason, by: &[RuleRow<'_>]) -> Step {
        let by = by.iter().fold(Determined::default(), |by, row| by.and(*row));
        self.end_by(effect, reason, by)
    }

    /// As [`Course::end`]. Obligations are taken on when all steps are behind, so that there are none yet.
    fn end_by(&mut self, effect: Effect, reason: Reason, by: Determined) -> Step {
        self.decision.effect = effect;
        self.decision.reason = reason;
        self.decision.show = by.show.unwrap_or(DenyMode::Explain);
        self.decision.determining = by.first;
        Err(())
    }

    fn deny(&mut self, reason: Reason, by: &[RuleRow<'_>]) -> Step {
        self.end(Effect::Deny, reason, by)
    }

    /// Step 0d. What servers ask is not listed.
    fn visible(&mut self) -> Step {
        if self.asked.by_server || self.is_shown() {
            return Ok(());
        }
        let seen = particulars(self.case, self.asked, self.extracted, (self.memo, self.work));
        if seen.shown {
            return self.deny(Reason::NotVisible, &[]);
        }
        self.decision.errors.extend(seen.errors);
        let ended = self.deny(Reason::NotVisible, &[]);
        self.decision.determining = seen.hidden_by;
        self.decision.show = DenyMode::Hide;
        ended
    }

    /// Whether a listing shows the target. Of tools the caller keeps the answer.
    fn is_shown(&mut self) -> bool {
        let mut look = || self.case.look(self.asked, self.extracted, (self.memo, self.work)) == Look::Shown;
        match self.extracted.tool() {
            Some(number) => self.case.caller.sees(number, look),
            None => look(),
        }
    }

    /// Shadow rules are only reported.
    fn shadow(&mut self) {
        for (id, truth) in &self.work.outcomes.truths {
            let Some(rule) = rule(self.case.program, *id) else {
                continue;
            };
            let value = match rule.kind() {
                RuleKind::Permit(grant) => self.eligible(*truth, grant).and(self.active(grant)),
                _ => *truth,
            };
            match value {
                Truth::True => self.decision.shadow.push(ShadowHit { rule: *id, error: None }),
                Truth::Error(code) => self.decision.shadow.push(ShadowHit { rule: *id, error: Some(code) }),
                Truth::False | Truth::Unknown => {}
            }
        }
    }

    /// Step 2.
    fn forbids(&mut self) -> Step {
        let mut by = Determined::default();
        let mut first = None;
        for (row, truth) in enforced(self.case.program, &self.work.outcomes, |kind| matches!(kind, RuleKind::Forbid)) {
            if let Truth::Error(code) = truth {
                self.decision.errors.push(RuleError { rule: row.0, code });
            }
            if matches!(truth, Truth::True | Truth::Error(_)) {
                first = first.or(Some(truth));
                by = by.and(row);
            }
        }
        match first {
            None => Ok(()),
            Some(Truth::Error(_)) => self.end_by(Effect::Deny, Reason::ForbidError, by),
            Some(_) => self.end_by(Effect::Deny, Reason::Forbidden, by),
        }
    }

    /// The value of a permit but for whether its grant is active.
    fn eligible(&self, truth: Truth, grant: Option<GrantId>) -> Truth {
        grant.map_or(truth, |grant| truth.and(holder(self.case, self.asked, grant)))
    }

    /// Whether a grant is active; true of no grant.
    fn active(&self, grant: Option<GrantId>) -> Truth {
        let Some(grant) = grant else {
            return Truth::True;
        };
        let name = self.case.program.image().grants.get(grant.index()).map_or("", |grant| &grant.name);
        match self.case.state.grant_active(name) {
            Ok(active) => Truth::of(active),
            Err(StateError) => Truth::Error(ErrorCode::State),
        }
    }

    /// Step 3.
    fn permits(&mut self) -> Step {
        let mut granted = None;
        let mut dormant = None;
        let permits = |kind: RuleKind<'_>| matches!(kind, RuleKind::Permit(_));
        for (row, truth) in enforced(self.case.program, &self.work.outcomes, permits) {
            let RuleKind::Permit(grant) = row.1.kind() else {
                continue;
            };
            let eligible = self.eligible(truth, grant);
            match eligible.and(self.active(grant)) {
                Truth::True => granted = granted.or(Some(row.0)),
                Truth::Error(code) => self.decision.errors.push(RuleError { rule: row.0, code }),
                Truth::False if eligible == Truth::True => dormant = dormant.or(grant.map(|grant| (row, grant))),
                Truth::False | Truth::Unknown => {}
            }
        }
        if granted.is_some() {
            self.decision.determining = granted;
            return Ok(());
        }
        let Some((row, grant)) = dormant else {
            return self.deny(Reason::NoPermit, &[]);
        };
        let grant = self.case.program.image().grants.get(grant.index());
        let grant = grant.map_or_else(String::new, |grant| grant.name.clone());
        self.decision.unmet = alloc::vec![Unmet::Grant { grant }];
        let ended = self.end(Effect::Challenge, Reason::GrantNeeded, &[row]);
        self.decision.show = DenyMode::Explain;
        ended
    }

    /// Steps 4 to 6, of rules. What they oblige to.
    fn others(&mut self) -> Result<Obligations, ()> {
        self.requires()?;
        let consumes = self.limits()?;
        self.oblige(consumes)
    }

    /// Step 4.
    fn requires(&mut self) -> Step {
        let (mut failed, mut asking, mut unmet) = (Vec::new(), Vec::new(), Vec::new());
        let requirements = |kind: RuleKind<'_>| matches!(kind, RuleKind::Require(_));
        for (row, truth) in enforced(self.case.program, &self.work.outcomes, requirements) {
            let RuleKind::Require(requirement) = row.1.kind() else {
                continue;
            };
            let outcome = match truth {
                Truth::True => unmet_of(self.case, row.0, requirement).map_err(|StateError| ErrorCode::State),
                Truth::Error(code) => Err(code),
                Truth::False | Truth::Unknown => Ok(None),
            };
            match outcome {
                Ok(None) => {}
                Ok(Some(what)) => {
                    unmet.push(what);
                    asking.push(row);
                }
                Err(code) => {
                    self.decision.errors.push(RuleError { rule: row.0, code });
                    failed.push(row);
                }
            }
        }
        if !failed.is_empty() {
            return self.deny(Reason::RequirementError, &failed);
        }
        if asking.is_empty() {
            return Ok(());
        }
        let step_up = unmet.iter().any(|what| matches!(what, Unmet::Scope { .. }));
        self.decision.unmet = unmet;
        let ended = self.end(Effect::Challenge, Reason::RequirementUnmet, &asking);
        self.decision.show = if step_up { DenyMode::StepUp } else { DenyMode::Explain };
        ended
    }

    /// Step 5. What is consumed.
    fn limits(&mut self) -> Result<Vec<LimitObligation>, ()> {
        let (mut failed, mut full, mut consumes) = (Vec::new(), Vec::new(), Vec::new());
        let mut retry_after_ms = None;
        let limits = |kind: RuleKind<'_>| matches!(kind, RuleKind::Limit(_));
        for (row, truth) in enforced(self.case.program, &self.work.outcomes, limits) {
            let RuleKind::Limit(limit) = row.1.kind() else {
                continue;
            };
            let outcome = match truth {
                Truth::True => self.room(row, limit),
                Truth::Error(code) => Err(code),
                Truth::False | Truth::Unknown => continue,
            };
            match outcome {
                Ok(Room::Consumes(what)) => consumes.push(what),
                Ok(Room::Full(later)) => {
                    if full.is_empty() {
                        retry_after_ms = later;
                    }
                    full.push(row);
                }
                Err(code) => {
                    self.decision.errors.push(RuleError { rule: row.0, code });
                    failed.push(row);
                }
            }
        }
        if !failed.is_empty() {
            self.deny(Reason::LimitError, &failed)?;
        }
        if !full.is_empty() {
            self.decision.retry_after_ms = retry_after_ms;
            self.deny(Reason::Limited, &full)?;
        }
        Ok(consumes)
    }

    /// Whether a limit that is true has room.
    fn room(&self, (id, rule): RuleRow<'_>, limit: &LimitImage) -> Result<Room, ErrorCode> {
        let amount = match limit.amount {
            None => ONE,
            Some(_) => {
                let found = self.work.outcomes.amounts.iter().find(|(rule, _)| *rule == id);
                found.map_or(Err(ErrorCode::Internal), |(_, amount)| *amount)?
            }
        };
        if !with_context(self.case, self.asked, |cx| has_key(cx, limit.by)) {
            return Err(ErrorCode::Missing);
        }
        let name = rule.id_text().ok_or(ErrorCode::Internal)?;
        let query = LimitQuery { rule: name, by: limit.by, window_ms: limit.per_ms };
        let used = self.case.state.limit_used(&query).map_err(|StateError| ErrorCode::State)?;
        let total = used.used.checked_add(amount).filter(|total| Decimal::from_units(*total).is_ok());
        Ok(if total.is_some_and(|total| total <= limit.at_most) {
            Room::Consumes(LimitObligation { rule: id, amount, by: limit.by, window_ms: limit.per_ms })
        } else {
            Room::Full(used.retry_after_ms)
        })
    }

    /// Step 6, of rules.
    fn oblige(&mut self, consumes: Vec<LimitObligation>) -> Result<Obligations, ()> {
        let (mut redact_failed, mut audit_failed) = (Vec::new(), Vec::new());
        let mut obligations = Obligations { consumes, ..Obligations::default() };
        let wanted = |kind: RuleKind<'_>| matches!(kind, RuleKind::Redact(_) | RuleKind::Audit(_));
        for (row, truth) in enforced(self.case.program, &self.work.outcomes, wanted) {
            if let Truth::Error(code) = truth {
                self.decision.errors.push(RuleError { rule: row.0, code });
            }
            match (row.1.kind(), truth) {
                (RuleKind::Redact(what), Truth::True) => {
                    obligations.redactions.extend(what.iter().map(|redaction| RedactionObligation {
                        rule: row.0,
                        what: redaction.what.clone(),
                        how: redaction.how.clone(),
                    }));
                }
                (RuleKind::Audit(level), Truth::True) => {
                    obligations.audit = obligations.audit.max(Some(level));
                }
                (RuleKind::Redact(_), Truth::Error(_)) => redact_failed.push(row),
                (RuleKind::Audit(_), Truth::Error(_)) => audit_failed.push(row),
                _ => {}
            }
        }
        if !redact_failed.is_empty() {
            self.deny(Reason::RedactError, &redact_failed)?;
        }
        if !audit_failed.is_empty() {
            self.deny(Reason::AuditError, &audit_failed)?;
        }
        Ok(obligations)
    }

    /// Step 6, of labels.
    fn taint(&mut self) {
        if !self.asked.by_server {
            let obligations = &mut self.decision.obligations;
            cover::labels(self.case, self.asked, &mut obligations.labels);
            cover::stores(self.case, self.asked, &mut obligations.stores);
        }
    }
}

/// What became of a limit that is true.
enum Room {
    /// This will be consumed.
    Consumes(LimitObligation),
    /// None; perhaps later.
    Full(Option<i64>),
}

/// What is unmet of a requirement; `None` when it is met.
fn unmet_of(case: &Case<'_>, rule: RuleId, requirement: &RequirementImage) -> Result<Option<Unmet>, StateError> {
    Ok(match requirement {
        RequirementImage::Approval { count, approvers, expires_ms } => {
            let approvers: Vec<String> = approvers.iter().map(|class| class_name(case, *class)).collect();
            let met = approved_by(case, &approvers, *expires_ms)? >= usize::try_from(*count).unwrap_or(usize::MAX);
            (!met).then_some(Unmet::Approval { rule, count: *count, approvers, expires_ms: *expires_ms })
        }
        RequirementImage::Mfa { fresh_ms } => {
            let age = case.state.mfa_age_ms()?;
            let met = age.is_some_and(|age| age >= 0 && fresh_ms.is_none_or(|fresh| age <= fresh));
            (!met).then_some(Unmet::Mfa { rule, fresh_ms: *fresh_ms })
        }
        RequirementImage::Scope(wanted) => {
            let missing: Vec<String> =
                wanted.iter().filter(|scope| !case.caller.scopes().contains(scope)).cloned().collect();
            (!missing.is_empty()).then_some(Unmet::Scope { rule, scopes: missing })
        }
    })
}

/// A class by name.
fn class_name(case: &Case<'_>, class: ClassId) -> String {
    case.program.image().classes.get(class.index()).map_or_else(String::new, |class| class.name.clone())
}

/// How many distinct people of the wanted classes approved in time, none of them in the chain.
fn approved_by(case: &Case<'_>, wanted: &[String], expires_ms: Option<i64>) -> Result<usize, StateError> {
    let chain: BTreeSet<&str> = case.caller.chain().iter().filter_map(|link| link.subject()).collect();
    let approvals = case.state.approvals()?.iter();
    let valid = approvals
        .filter(|approval| approval.age_ms >= 0 && expires_ms.is_none_or(|expires| approval.age_ms <= expires))
        .filter(|approval| approval.classes.iter().any(|class| wanted.contains(class)))
        .filter(|approval| !chain.contains(approval.approver.as_str()));
    let approvers: BTreeSet<&str> = valid.map(|approval| approval.approver.as_str()).collect();
    Ok(approvers.len())
}
