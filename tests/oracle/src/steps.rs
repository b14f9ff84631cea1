//! The steps of a decision, in order (docs/semantics.md, section 7).
//!
//! Each step is a function of what is asked: it either ends the decision with a [`Verdict`] or says nothing, and
//! leaves what it learnt in the [`Notes`]. The decision is the first verdict, or an allow.

use crate::convert::{self, deny_mode, rule_id};
use crate::limits::{self, Room};
use crate::rules;
use crate::truth::Truth;
use crate::world::World;
use crate::{flows, listing, obligations, requirements, schema};
use mcpz_compiler::hir::{PrincipalKind, Requirement, Rule, RuleKind};
use mcpz_runtime::decision::{Decision, DenyMode, Effect, ErrorCode, Obligations, Reason, RuleError, ShadowHit, Unmet};
use mcpz_runtime::state::{Isolation, StateError};
use std::collections::BTreeMap;

/// What ends a decision.
struct Verdict {
    effect: Effect,
    reason: Reason,
    show: DenyMode,
    by: Option<usize>,
    unmet: Vec<Unmet>,
    retry_after_ms: Option<i64>,
}

/// What the steps leave behind.
#[derive(Default)]
struct Notes {
    /// Rules in error; a map, so that they come out in canonical order.
    errors: BTreeMap<usize, ErrorCode>,
    shadow: Vec<ShadowHit>,
    permit: Option<usize>,
    duties: Obligations,
}

/// A rule and its value.
#[derive(Clone, Copy)]
struct Judged<'a> {
    index: usize,
    rule: &'a Rule,
    truth: Truth,
}

type Step = fn(&World<'_>, &mut Notes) -> Option<Verdict>;

const STEPS: [Step; 11] =
    [visible, isolated, quarantined, flow, arguments, shadow, forbids, permits, requires, limits, redacts_and_audits];

/// Decides a request whose message, chain, method and target are known.
pub fn decide(world: &World<'_>, digest: [u8; 32]) -> Decision {
    let mut notes = Notes::default();
    let ended = STEPS.iter().find_map(|step| step(world, &mut notes));
    let errors = notes.errors.iter().map(|(index, code)| RuleError { rule: rule_id(*index), code: *code }).collect();
    let told = Decision {
        errors,
        shadow: notes.shadow,
        ..Decision::plain(Effect::Allow, Reason::Allowed, DenyMode::Explain, digest)
    };
    match ended {
        None => Decision { determining: notes.permit.map(rule_id), obligations: notes.duties, ..told },
        Some(verdict) => Decision {
            effect: verdict.effect,
            reason: verdict.reason,
            show: verdict.show,
            determining: verdict.by.map(rule_id),
            unmet: verdict.unmet,
            retry_after_ms: verdict.retry_after_ms,
            ..told
        },
    }
}

/// A denial that these rules determined: by the first, shown as the strictest asks.
fn denied(reason: Reason, by: &[Judged<'_>]) -> Option<Verdict> {
    let show = by.iter().filter_map(|judged| judged.rule.deny).map(deny_mode).max().unwrap_or(DenyMode::Explain);
    let by = by.first().map(|judged| judged.index);
    Some(Verdict { effect: Effect::Deny, reason, show, by, unmet: Vec::new(), retry_after_ms: None })
}

/// A denial if any rules determined one.
fn denied_if_any(reason: Reason, by: &[Judged<'_>]) -> Option<Verdict> {
    if by.is_empty() { None } else { denied(reason, by) }
}

/// The enforced rules of a kind with their values, in canonical order; those in error are noted.
fn judged<'a>(world: &World<'a>, notes: &mut Notes, wanted: fn(&RuleKind) -> bool) -> Vec<Judged<'a>> {
    let rules = world.program.rules.iter().enumerate().filter(|(_, rule)| !rule.shadow && wanted(&rule.kind));
    let all: Vec<Judged<'a>> =
        rules.map(|(index, rule)| Judged { index, rule, truth: rules::whole(world, rule) }).collect();
    for judged in &all {
        if let Truth::Error(code) = judged.truth {
            notes.errors.insert(judged.index, code);
        }
    }
    all
}

fn in_error<'a>(all: &[Judged<'a>]) -> Vec<Judged<'a>> {
    all.iter().filter(|judged| matches!(judged.truth, Truth::Error(_))).copied().collect()
}

fn holding<'a>(all: &[Judged<'a>]) -> Vec<Judged<'a>> {
    all.iter().filter(|judged| judged.truth == Truth::True).copied().collect()
}

/// Step 0d.
fn visible(world: &World<'_>, notes: &mut Notes) -> Option<Verdict> {
    if world.asked.by_server {
        return None;
    }
    let seen = listing::visibility(world);
    if seen.shown {
        return None;
    }
    notes.errors = seen.errors.iter().map(|error| (error.rule.index(), error.code)).collect();
    let by = seen.hidden_by.map(|rule| rule.index());
    Some(Verdict { show: DenyMode::Hide, by, ..denied(Reason::NotVisible, &[])? })
}

/// An answer of the state that closes a gate: yes, or none at all.
fn closed(answer: Result<bool, StateError>, reason: Reason) -> Option<Verdict> {
    match answer {
        Ok(false) => None,
        Ok(true) => denied(reason, &[]),
        Err(StateError) => denied(Reason::StateError, &[]),
    }
}

/// Step 1a: the server, then the tool, then each agent of the chain.
fn isolated(world: &World<'_>, _: &mut Notes) -> Option<Verdict> {
    let (server, tool) = names(world);
    let agents = world.chain.iter().filter(|link| link.kind == PrincipalKind::Agent);
    let agents: Vec<String> = agents.filter_map(|link| link.subject()).collect();
    let mut suspects = vec![Isolation::Server(server)];
    suspects.extend(tool.map(|tool| Isolation::Tool(server, tool)));
    suspects.extend(agents.iter().map(|agent| Isolation::Agent(agent)));
    suspects.into_iter().find_map(|suspect| closed(world.state.isolated(suspect), Reason::Isolated))
}

/// The server that is asked, and the tool of a call, by name.
fn names<'a>(world: &World<'a>) -> (&'a str, Option<&'a str>) {
    let server = &world.program.servers[world.asked.server.index()];
    let tool = world.asked.tool.and_then(|member| usize::try_from(member.index).ok());
    (&server.name, tool.map(|at| server.tools[at].name.as_str()))
}

/// Step 1b.
fn quarantined(world: &World<'_>, _: &mut Notes) -> Option<Verdict> {
    let (server, tool) = names(world);
    closed(world.state.quarantined(server, tool?), Reason::Quarantined)
}

/// Step 1c.
fn flow(world: &World<'_>, _: &mut Notes) -> Option<Verdict> {
    if flows::is_open(world) { None } else { denied(Reason::FlowClosed, &[]) }
}

/// Step 1d.
fn arguments(world: &World<'_>, _: &mut Notes) -> Option<Verdict> {
    if schema::request_fits(world) { None } else { denied(Reason::Arguments, &[]) }
}

/// Shadow rules are only reported.
fn shadow(world: &World<'_>, notes: &mut Notes) -> Option<Verdict> {
    for (index, rule) in world.program.rules.iter().enumerate().filter(|(_, rule)| rule.shadow) {
        let error = match rules::whole(world, rule) {
            Truth::Error(code) => Some(code),
            Truth::True => None,
            Truth::False | Truth::Unknown => continue,
        };
        notes.shadow.push(ShadowHit { rule: rule_id(index), error });
    }
    None
}

/// Step 2.
fn forbids(world: &World<'_>, notes: &mut Notes) -> Option<Verdict> {
    let mut binding = judged(world, notes, |kind| *kind == RuleKind::Forbid);
    binding.retain(|judged| judged.truth.holds_or_errs());
    let first = binding.first()?;
    denied(if first.truth == Truth::True { Reason::Forbidden } else { Reason::ForbidError }, &binding)
}

/// Step 3.
fn permits(world: &World<'_>, notes: &mut Notes) -> Option<Verdict> {
    let all = judged(world, notes, |kind| *kind == RuleKind::Permit);
    notes.permit = holding(&all).first().map(|judged| judged.index);
    if notes.permit.is_some() {
        return None;
    }
    let dormant = |judged: &&Judged<'_>| {
        judged.truth == Truth::False && rules::eligible(world, judged.rule, false) == Truth::True
    };
    let Some(asleep) = all.iter().filter(|judged| judged.rule.grant.is_some()).find(dormant) else {
        return denied(Reason::NoPermit, &[]);
    };
    let grant = asleep.rule.grant.map(|id| mcpz_compiler::hir::canonical::grant_name(world.program, id));
    challenge(Reason::GrantNeeded, asleep.index, vec![Unmet::Grant { grant: grant.unwrap_or_default() }])
}

fn challenge(reason: Reason, by: usize, unmet: Vec<Unmet>) -> Option<Verdict> {
    let scope = unmet.iter().any(|what| matches!(what, Unmet::Scope { .. }));
    let show = if scope { DenyMode::StepUp } else { DenyMode::Explain };
    Some(Verdict { effect: Effect::Challenge, reason, show, by: Some(by), unmet, retry_after_ms: None })
}

/// Step 4.
fn requires(world: &World<'_>, notes: &mut Notes) -> Option<Verdict> {
    let all = judged(world, notes, |kind| matches!(kind, RuleKind::Require(_)));
    let mut failed = in_error(&all);
    let mut unmet = Vec::new();
    for judged in holding(&all) {
        match requirement(judged.rule).map(|wanted| requirements::unmet(world, judged.index, wanted)) {
            Some(Ok(Some(what))) => unmet.push((judged.index, what)),
            Some(Err(StateError)) => {
                notes.errors.insert(judged.index, ErrorCode::State);
                failed.push(judged);
            }
            Some(Ok(None)) | None => {}
        }
    }
    failed.sort_by_key(|judged| judged.index);
    denied_if_any(Reason::RequirementError, &failed).or_else(|| {
        let by = unmet.first()?.0;
        challenge(Reason::RequirementUnmet, by, unmet.into_iter().map(|(_, what)| what).collect())
    })
}

fn requirement(rule: &Rule) -> Option<&Requirement> {
    match &rule.kind {
        RuleKind::Require(requirement) => Some(requirement),
        _ => None,
    }
}

/// Step 5.
fn limits(world: &World<'_>, notes: &mut Notes) -> Option<Verdict> {
    let all = judged(world, notes, |kind| matches!(kind, RuleKind::Limit(_)));
    let (mut failed, mut full, mut later) = (in_error(&all), Vec::new(), Vec::new());
    for judged in holding(&all) {
        let RuleKind::Limit(limit) = &judged.rule.kind else { continue };
        match limits::room(world, judged.index, judged.rule, limit) {
            Ok(Room::Consumes(what)) => notes.duties.consumes.push(what),
            Ok(Room::Full(when)) => {
                full.push(judged);
                later.push(when);
            }
            Err(code) => {
                notes.errors.insert(judged.index, code);
                failed.push(judged);
            }
        }
    }
    failed.sort_by_key(|judged| judged.index);
    denied_if_any(Reason::LimitError, &failed).or_else(|| {
        let retry_after_ms = later.first().copied().flatten();
        Some(Verdict { retry_after_ms, ..denied_if_any(Reason::Limited, &full)? })
    })
}

/// Step 6.
fn redacts_and_audits(world: &World<'_>, notes: &mut Notes) -> Option<Verdict> {
    let redacts = judged(world, notes, |kind| matches!(kind, RuleKind::Redact(_)));
    let audits = judged(world, notes, |kind| matches!(kind, RuleKind::Audit(_)));
    for judged in holding(&redacts) {
        if let RuleKind::Redact(what) = &judged.rule.kind {
            notes.duties.redactions.extend(obligations::redactions(judged.index, what));
        }
    }
    let levels = holding(&audits).into_iter().filter_map(|judged| match judged.rule.kind {
        RuleKind::Audit(level) => Some(convert::audit_level(level)),
        _ => None,
    });
    notes.duties.audit = levels.max();
    notes.duties.labels = obligations::labels(world);
    notes.duties.stores = obligations::stores(world);
    denied_if_any(Reason::RedactError, &in_error(&redacts))
        .or_else(|| denied_if_any(Reason::AuditError, &in_error(&audits)))
}
