//! The typed program's words in the words of a decision.

use mcpz_compiler::hir;
use mcpz_runtime::decision as out;

/// A rule's id.
pub fn rule_id(index: usize) -> out::RuleId {
    out::RuleId::new(index)
}

/// How a denial is shown.
pub fn deny_mode(mode: hir::DenyMode) -> out::DenyMode {
    match mode {
        hir::DenyMode::Explain => out::DenyMode::Explain,
        hir::DenyMode::StepUp => out::DenyMode::StepUp,
        hir::DenyMode::Hide => out::DenyMode::Hide,
    }
}

/// How much is logged.
pub fn audit_level(level: hir::AuditLevel) -> out::AuditLevel {
    match level {
        hir::AuditLevel::None => out::AuditLevel::None,
        hir::AuditLevel::Summary => out::AuditLevel::Summary,
        hir::AuditLevel::Full => out::AuditLevel::Full,
    }
}

/// Steps into a result.
pub fn steps(path: &[hir::PathStep]) -> Vec<out::StepImage> {
    path.iter()
        .map(|step| match step {
            hir::PathStep::Field(name) => out::StepImage::Field(name.to_string()),
            hir::PathStep::Each => out::StepImage::Each,
        })
        .collect()
}

/// What a redaction hides.
pub fn redact_what(what: &hir::RedactWhat) -> out::RedactWhat {
    match what {
        hir::RedactWhat::Field(path) => out::RedactWhat::Field(steps(path)),
        hir::RedactWhat::Matching(regex) => out::RedactWhat::Matching(regex.clone()),
    }
}

/// What stands in its place.
pub fn redact_how(how: &hir::RedactHow) -> out::RedactHow {
    match how {
        hir::RedactHow::Drop => out::RedactHow::Drop,
        hir::RedactHow::Replace(text) => out::RedactHow::Replace(text.clone()),
        hir::RedactHow::KeepFirst(count) => out::RedactHow::KeepFirst(*count),
        hir::RedactHow::KeepLast(count) => out::RedactHow::KeepLast(*count),
    }
}
