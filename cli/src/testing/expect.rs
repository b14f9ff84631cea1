//! `expect` lines: what a test wanted, against what was decided.

use crate::decision::{audit_word, rule_name, show_word, steps_text};
use mcpz_bytecode::image::BundleImage;
use mcpz_compiler::hir::canonical::{grant_name, label_name};
use mcpz_compiler::hir::{self, ChallengeKind, Expectation, Expected, Program};
use mcpz_runtime::decision::{AuditLevel, Decision, DenyMode, Effect, RedactWhat, Unmet};

/// What was observed.
#[derive(Debug, Clone)]
pub enum Observed {
    /// A decision.
    Decision(Box<Decision>),
    /// Whether the target is listed.
    Listing(bool),
}

/// The expectations that do not hold, in words.
pub fn compare(program: &Program, image: &BundleImage, wanted: &[Expectation], observed: &Observed) -> Vec<String> {
    wanted.iter().filter_map(|expectation| failure(program, image, expectation, observed)).collect()
}

fn failure(program: &Program, image: &BundleImage, expectation: &Expectation, observed: &Observed) -> Option<String> {
    let held = match observed {
        Observed::Listing(listed) => listing(&expectation.what, *listed),
        Observed::Decision(decision) => what_holds(program, &expectation.what, decision),
    };
    let wanted = wanted_text(program, &expectation.what);
    if !held {
        return Some(format!("expected {wanted}, got {}", observed_text(image, observed)));
    }
    let (Some(by), Observed::Decision(decision)) = (&expectation.by, observed) else {
        return None;
    };
    let determining = decision.determining.and_then(|id| image.rule(id)).map(|rule| rule.id());
    if determining.as_deref() == (by != "none").then_some(by.as_str()) {
        return None;
    }
    Some(format!("expected {wanted} by {by}, got {}", observed_text(image, observed)))
}

fn listing(wanted: &Expected, listed: bool) -> bool {
    match wanted {
        Expected::Listed => listed,
        Expected::Hidden => !listed,
        _ => false,
    }
}

fn what_holds(program: &Program, wanted: &Expected, decision: &Decision) -> bool {
    let obligations = &decision.obligations;
    match wanted {
        Expected::Allow => decision.effect == Effect::Allow,
        Expected::Deny(show) => {
            decision.effect == Effect::Deny && show.is_none_or(|show| same_show(show, decision.show))
        }
        Expected::Challenge(kind) => {
            decision.effect == Effect::Challenge
                && kind.as_ref().is_none_or(|kind| decision.unmet.iter().any(|unmet| is_kind(program, kind, unmet)))
        }
        Expected::Listed => decision.effect != Effect::Deny || decision.show != DenyMode::Hide,
        Expected::Hidden => decision.effect == Effect::Deny && decision.show == DenyMode::Hide,
        Expected::Redact(path) => obligations.redactions.iter().any(|redaction| match &redaction.what {
            RedactWhat::Field(steps) => steps_text(steps) == *path,
            RedactWhat::Matching(_) => path == "matching" || path == "result matching",
        }),
        Expected::Label(label) => {
            let name = label_name(program, *label);
            obligations.labels.iter().any(|carried| carried.label == name)
        }
        Expected::Audit(level) => obligations.audit == Some(audit_level(*level)),
    }
}

fn same_show(wanted: hir::DenyMode, got: DenyMode) -> bool {
    deny_mode(wanted) == got
}

fn deny_mode(mode: hir::DenyMode) -> DenyMode {
    match mode {
        hir::DenyMode::Explain => DenyMode::Explain,
        hir::DenyMode::StepUp => DenyMode::StepUp,
        hir::DenyMode::Hide => DenyMode::Hide,
    }
}

fn audit_level(level: hir::AuditLevel) -> AuditLevel {
    match level {
        hir::AuditLevel::None => AuditLevel::None,
        hir::AuditLevel::Summary => AuditLevel::Summary,
        hir::AuditLevel::Full => AuditLevel::Full,
    }
}

fn is_kind(program: &Program, kind: &ChallengeKind, unmet: &Unmet) -> bool {
    match (kind, unmet) {
        (ChallengeKind::Approval, Unmet::Approval { .. })
        | (ChallengeKind::Mfa, Unmet::Mfa { .. })
        | (ChallengeKind::Scope, Unmet::Scope { .. }) => true,
        (ChallengeKind::Grant(wanted), Unmet::Grant { grant }) => *grant == grant_name(program, *wanted),
        _ => false,
    }
}

fn wanted_text(program: &Program, wanted: &Expected) -> String {
    match wanted {
        Expected::Allow => "allow".to_owned(),
        Expected::Deny(None) => "deny".to_owned(),
        Expected::Deny(Some(show)) => format!("deny ({})", show_word(deny_mode(*show))),
        Expected::Challenge(None) => "challenge".to_owned(),
        Expected::Challenge(Some(ChallengeKind::Approval)) => "challenge approval".to_owned(),
        Expected::Challenge(Some(ChallengeKind::Mfa)) => "challenge mfa".to_owned(),
        Expected::Challenge(Some(ChallengeKind::Scope)) => "challenge scope".to_owned(),
        Expected::Challenge(Some(ChallengeKind::Grant(grant))) => {
            format!("challenge grant {}", grant_name(program, *grant))
        }
        Expected::Listed => "listed".to_owned(),
        Expected::Hidden => "hidden".to_owned(),
        Expected::Redact(path) => format!("redact {path}"),
        Expected::Label(label) => format!("label {}", label_name(program, *label)),
        Expected::Audit(level) => format!("audit {}", audit_word(audit_level(*level))),
    }
}

/// What was observed, in a few words: `deny by FS-1 (forbidden)`.
pub fn observed_text(image: &BundleImage, observed: &Observed) -> String {
    let decision = match observed {
        Observed::Listing(true) => return "listed".to_owned(),
        Observed::Listing(false) => return "hidden".to_owned(),
        Observed::Decision(decision) => decision,
    };
    let by = decision.determining.map_or_else(|| "none".to_owned(), |id| rule_name(image, id));
    let mut text = format!("{} by {by} ({}", decision.effect.name(), decision.reason.name());
    if decision.effect == Effect::Deny && decision.show != DenyMode::Explain {
        text.push_str(", shown as ");
        text.push_str(show_word(decision.show));
    }
    text.push(')');
    for error in &decision.errors {
        text.push_str(&format!("; {} in error: {}", rule_name(image, error.rule), error.code.name()));
    }
    text
}
