//! The steps of a decision, in order (docs/semantics.md, section 7).

use crate::convert::{deny_mode, rule_id};
use crate::limits::{self, Room};
use crate::listing;
use crate::rules;
use crate::truth::Truth;
use crate::world::World;
use crate::{convert, flows, obligations, requirements, schema};
use mcpz_compiler::hir::{Rule, RuleKind};
use mcpz_runtime::decision::{Decision, DenyMode, Effect, ErrorCode, Obligations, Reason, RuleError, ShadowHit, Unmet};
use mcpz_runtime::state::{Isolation, StateError};

/// A rule with its index.
type Row<'a> = (usize, &'a Rule);

/// A decision under way.
struct Course<'a> {
    world: &'a World<'a>,
    decision: Decision,
}

/// Decides a request whose message, chain, method and target are known.
pub fn decide(world: &World<'_>, digest: [u8; 32]) -> Decision {
    let blank = Decision::plain(Effect::Allow, Reason::Allowed, DenyMode::Explain, digest);
    let mut course = Course { world, decision: blank };
    match course.run() {
        Ok(()) => course.decision,
        Err(()) => course.decision,
    }
}

/// A step either goes on, or has ended the decision.
type Step = Result<(), ()>;

impl Course<'_> {
    fn run(&mut self) -> Step {
        self.visible()?;
        self.gates()?;
        self.shadow();
        self.forbids()?;
        self.permits()?;
        self.requires()?;
        self.limits()?;
        self.oblige()
    }

    /// Ends the decision with a denial or challenge that these rules determined.
    fn end(&mut self, effect: Effect, reason: Reason, by: &[Row<'_>]) -> Step {
        let strictest = by.iter().filter_map(|(_, rule)| rule.deny).map(deny_mode).max();
        self.decision.effect = effect;
        self.decision.reason = reason;
        self.decision.show = strictest.unwrap_or(DenyMode::Explain);
        self.decision.determining = by.first().map(|(index, _)| rule_id(*index));
        self.decision.obligations = Obligations::default();
        Err(())
    }

    fn deny(&mut self, reason: Reason, by: &[Row<'_>]) -> Step {
        self.end(Effect::Deny, reason, by)
    }

    /// Step 0d.
    fn visible(&mut self) -> Step {
        if self.world.asked.by_server {
            return Ok(());
        }
        let seen = listing::visibility(self.world);
        if seen.shown {
            return Ok(());
        }
        self.decision.errors = seen.errors;
        let ended = self.deny(Reason::NotVisible, &[]);
        self.decision.determining = seen.hidden_by;
        self.decision.show = DenyMode::Hide;
        ended
    }

    /// Step 1.
    fn gates(&mut self) -> Step {
        match self.isolated() {
            Ok(false) => {}
            Ok(true) => return self.deny(Reason::Isolated, &[]),
            Err(StateError) => return self.deny(Reason::StateError, &[]),
        }
        match self.quarantined() {
            Ok(false) => {}
            Ok(true) => return self.deny(Reason::Quarantined, &[]),
            Err(StateError) => return self.deny(Reason::StateError, &[]),
        }
        if !flows::is_open(self.world) {
            return self.deny(Reason::FlowClosed, &[]);
        }
        if !schema::request_fits(self.world) {
            return self.deny(Reason::Arguments, &[]);
        }
        Ok(())
    }

    fn tool_names(&self) -> Option<(&str, &str)> {
        let tool = self.world.asked.tool?;
        let server = self.world.program.servers.get(tool.server.index())?;
        let row = server.tools.get(usize::try_from(tool.index).ok()?)?;
        Some((&server.name, &row.name))
    }

    fn isolated(&self) -> Result<bool, StateError> {
        let state = self.world.state;
        let server = self.world.program.servers.get(self.world.asked.server.index());
        let server = server.map_or("", |server| server.name.as_str());
        if state.isolated(Isolation::Server(server))? {
            return Ok(true);
        }
        if let Some((server, tool)) = self.tool_names()
            && state.isolated(Isolation::Tool(server, tool))?
        {
            return Ok(true);
        }
        for link in self.world.chain.iter().filter(|link| link.kind == mcpz_compiler::hir::PrincipalKind::Agent) {
            if let Some(subject) = link.subject()
                && state.isolated(Isolation::Agent(&subject))?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn quarantined(&self) -> Result<bool, StateError> {
        match self.tool_names() {
            Some((server, tool)) => self.world.state.quarantined(server, tool),
            None => Ok(false),
        }
    }

    /// Shadow rules are only reported.
    fn shadow(&mut self) {
        for (index, rule) in self.world.program.rules.iter().enumerate().filter(|(_, rule)| rule.shadow) {
            let error = match rules::whole(self.world, rule) {
                Truth::True => None,
                Truth::Error(code) => Some(code),
                Truth::False | Truth::Unknown => continue,
            };
            self.decision.shadow.push(ShadowHit { rule: rule_id(index), error });
        }
    }

    fn errs(&mut self, index: usize, code: ErrorCode) {
        self.decision.errors.push(RuleError { rule: rule_id(index), code });
    }

    /// Step 2.
    fn forbids(&mut self) -> Step {
        let mut bound: Vec<Row<'_>> = Vec::new();
        let mut first = None;
        for (index, rule) in enforced(self.world, |kind| *kind == RuleKind::Forbid) {
            let value = rules::value(self.world, rule, false);
            if let Truth::Error(code) = value {
                self.errs(index, code);
            }
            if value.holds_or_errs() {
                first = first.or(Some(value));
                bound.push((index, rule));
            }
        }
        match first {
            None => Ok(()),
            Some(Truth::Error(_)) => self.deny(Reason::ForbidError, &bound),
            Some(_) => self.deny(Reason::Forbidden, &bound),
        }
    }

    /// Step 3.
    fn permits(&mut self) -> Step {
        let mut granted = None;
        let mut dormant: Option<Row<'_>> = None;
        for (index, rule) in enforced(self.world, |kind| *kind == RuleKind::Permit) {
            let eligible = rules::eligible(self.world, rule, false);
            let active = rules::active(self.world, rule.grant);
            match eligible.and(active) {
                Truth::True => granted = granted.or(Some(index)),
                Truth::Error(code) => self.errs(index, code),
                Truth::False if eligible == Truth::True => dormant = dormant.or(Some((index, rule))),
                Truth::False | Truth::Unknown => {}
            }
        }
        if let Some(index) = granted {
            self.decision.determining = Some(rule_id(index));
            return Ok(());
        }
        let Some((index, rule)) = dormant else {
            return self.deny(Reason::NoPermit, &[]);
        };
        let grant = rule.grant.map(|id| mcpz_compiler::hir::canonical::grant_name(self.world.program, id));
        self.decision.unmet = vec![Unmet::Grant { grant: grant.unwrap_or_default() }];
        let ended = self.end(Effect::Challenge, Reason::GrantNeeded, &[(index, rule)]);
        self.decision.show = DenyMode::Explain;
        ended
    }

    /// Step 4.
    fn requires(&mut self) -> Step {
        let (mut failed, mut asking): (Vec<Row<'_>>, Vec<Row<'_>>) = (Vec::new(), Vec::new());
        let mut unmet = Vec::new();
        for (index, rule) in enforced(self.world, |kind| matches!(kind, RuleKind::Require(_))) {
            let RuleKind::Require(requirement) = &rule.kind else {
                continue;
            };
            let outcome = match rules::value(self.world, rule, false) {
                Truth::True => requirements::unmet(self.world, index, requirement).map_err(|_| ErrorCode::State),
                Truth::Error(code) => Err(code),
                Truth::False | Truth::Unknown => Ok(None),
            };
            match outcome {
                Ok(None) => {}
                Ok(Some(what)) => {
                    unmet.push(what);
                    asking.push((index, rule));
                }
                Err(code) => {
                    self.errs(index, code);
                    failed.push((index, rule));
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

    /// Step 5.
    fn limits(&mut self) -> Step {
        let (mut failed, mut full): (Vec<Row<'_>>, Vec<Row<'_>>) = (Vec::new(), Vec::new());
        let mut retry_after = None;
        for (index, rule) in enforced(self.world, |kind| matches!(kind, RuleKind::Limit(_))) {
            let RuleKind::Limit(limit) = &rule.kind else {
                continue;
            };
            let outcome = match rules::value(self.world, rule, false) {
                Truth::True => limits::room(self.world, index, rule, limit),
                Truth::Error(code) => Err(code),
                Truth::False | Truth::Unknown => continue,
            };
            match outcome {
                Ok(Room::Consumes(what)) => self.decision.obligations.consumes.push(what),
                Ok(Room::Full(later)) => {
                    if full.is_empty() {
                        retry_after = later;
                    }
                    full.push((index, rule));
                }
                Err(code) => {
                    self.errs(index, code);
                    failed.push((index, rule));
                }
            }
        }
        if !failed.is_empty() {
            return self.deny(Reason::LimitError, &failed);
        }
        if !full.is_empty() {
            self.decision.retry_after_ms = retry_after;
            return self.deny(Reason::Limited, &full);
        }
        Ok(())
    }

    /// Step 6.
    fn oblige(&mut self) -> Step {
        let (mut redact_failed, mut audit_failed): (Vec<Row<'_>>, Vec<Row<'_>>) = (Vec::new(), Vec::new());
        for (index, rule) in enforced(self.world, |kind| matches!(kind, RuleKind::Redact(_) | RuleKind::Audit(_))) {
            let value = rules::value(self.world, rule, false);
            if let Truth::Error(code) = value {
                self.errs(index, code);
            }
            match (&rule.kind, value) {
                (RuleKind::Redact(what), Truth::True) => {
                    self.decision.obligations.redactions.extend(obligations::redactions(index, what));
                }
                (RuleKind::Audit(level), Truth::True) => {
                    let level = convert::audit_level(*level);
                    self.decision.obligations.audit = self.decision.obligations.audit.max(Some(level));
                }
                (RuleKind::Redact(_), Truth::Error(_)) => redact_failed.push((index, rule)),
                (RuleKind::Audit(_), Truth::Error(_)) => audit_failed.push((index, rule)),
                _ => {}
            }
        }
        if !redact_failed.is_empty() {
            return self.deny(Reason::RedactError, &redact_failed);
        }
        if !audit_failed.is_empty() {
            return self.deny(Reason::AuditError, &audit_failed);
        }
        self.decision.obligations.labels = obligations::labels(self.world);
        self.decision.obligations.stores = obligations::stores(self.world);
        Ok(())
    }
}

/// The rules of a kind that are not shadow rules, in canonical order.
fn enforced<'a>(world: &World<'a>, wanted: impl Fn(&RuleKind) -> bool + 'a) -> impl Iterator<Item = Row<'a>> {
    world.program.rules.iter().enumerate().filter(move |(_, rule)| !rule.shadow && wanted(&rule.kind))
}
