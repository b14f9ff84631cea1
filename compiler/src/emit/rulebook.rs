//! The rule table, grants and entry points.

use super::plan;
use super::spans::span_image;
use super::tables::{Tables, history_key};
use crate::decision::tree::Stage;
use crate::decision::{DecisionGraph, Entry};
use crate::hir::canonical::grant_name;
use crate::hir::lines::Lines;
use crate::hir::{
    Action, AuditLevel, ClassId, DenyMode, GrantId, Limit, Program, RedactHow, RedactWhat, Redaction, Requirement,
    Rule, RuleId, RuleKind, Span,
};
use crate::lower::rules::Target;
use crate::lower::subject_term;
use mcpz_bytecode::Text;
use mcpz_bytecode::ids;
use mcpz_bytecode::image::{
    self, BundleImage, EntryImage, EntryTarget, GrantImage, LimitImage, RedactionImage, RequirementImage, RuleImage,
    RuleKindImage, RuleWords, StageTrees,
};

/// Fills the grants.
pub fn grants(program: &Program, tables: &mut Tables, image: &mut BundleImage) {
    image.grants = program
        .grants
        .iter()
        .enumerate()
        .map(|(row, grant)| GrantImage {
            name: grant_name(program, GrantId::new(row)),
            subject: tables.subject(&subject_term(&grant.subject)),
            at_most_ms: grant.at_most_ms,
            approvers: classes(&grant.approvers),
        })
        .collect();
}

/// Fills the rule table.
pub fn rules(program: &Program, graph: &DecisionGraph, lines: &Lines<'_>, image: &mut BundleImage) {
    for (row, rule) in program.rules.iter().enumerate() {
        image.push_rule(&RuleImage {
            id: rule.id.clone(),
            kind: kind(rule, graph.amounts.get(&RuleId::new(row)).copied()),
            shadow: rule.shadow,
            deny: rule.deny.map(deny_mode),
            words: RuleWords {
                message: rule.message.as_deref().map(Text::from),
                severity: rule.severity.as_ref().map(|severity| severity.to_string().into()),
                docs: rule.docs.as_str().into(),
            },
            // From its head on: what a person looks for is the line of `permit`, not of its docs.
            span: span_image(lines, Span { start: rule.head_span.start.min(rule.span.end), ..rule.span }),
        });
    }
}

/// Fills the entry points.
pub fn entries(graph: &DecisionGraph, tables: &mut Tables, image: &mut BundleImage) {
    image.entries = graph.entries.iter().map(|entry| entry_image(entry, tables)).collect();
    image.entries.sort_by(|left, right| {
        (left.action, left.server, &left.target).cmp(&(right.action, right.server, &right.target))
    });
}

fn entry_image(entry: &Entry, tables: &mut Tables) -> EntryImage {
    let tree = |wanted: Stage| {
        let found = entry.trees.iter().find(|(stage, _)| *stage == wanted);
        found.map(|(_, tree)| ids::TreeId::new(tree.0))
    };
    EntryImage {
        action: action(entry.scope.action),
        server: entry.scope.server.map(|server| ids::ServerId::new(server.index())),
        target: match &entry.scope.target {
            Target::Any => EntryTarget::Any,
            Target::Name(name) => EntryTarget::Name(name.as_str().into()),
            Target::Uri(pattern) => EntryTarget::Uri(tables.pattern(pattern)),
        },
        trees: StageTrees {
            shadow: tree(Stage::Shadow),
            forbids: tree(Stage::Forbids),
            permits: tree(Stage::Permits),
            others: tree(Stage::Others),
        },
    }
}

fn kind(rule: &Rule, amount: Option<usize>) -> RuleKindImage {
    match &rule.kind {
        RuleKind::Permit => RuleKindImage::Permit(rule.grant.map(|grant| ids::GrantId::new(grant.index()))),
        RuleKind::Forbid => RuleKindImage::Forbid,
        RuleKind::Require(requirement) => RuleKindImage::Require(requirement_image(requirement)),
        RuleKind::Limit(limit) => RuleKindImage::Limit(limit_image(limit, amount)),
        RuleKind::Redact(redactions) => RuleKindImage::Redact(redactions.iter().map(redaction).collect()),
        RuleKind::Audit(level) => RuleKindImage::Audit(match level {
            AuditLevel::None => image::AuditLevel::None,
            AuditLevel::Summary => image::AuditLevel::Summary,
            AuditLevel::Full => image::AuditLevel::Full,
        }),
    }
}

fn requirement_image(requirement: &Requirement) -> RequirementImage {
    match requirement {
        Requirement::Approval { count, approvers, expires_ms } => {
            RequirementImage::Approval { count: *count, approvers: classes(approvers), expires_ms: *expires_ms }
        }
        Requirement::Mfa { fresh_ms } => RequirementImage::Mfa { fresh_ms: *fresh_ms },
        Requirement::Scope(scopes) => RequirementImage::Scope(scopes.clone()),
    }
}

fn limit_image(limit: &Limit, amount: Option<usize>) -> LimitImage {
    LimitImage {
        at_most: limit.at_most,
        amount: amount.map(ids::BlockId::new),
        per_ms: limit.per_ms,
        by: history_key(limit.by),
    }
}

fn redaction(redaction: &Redaction) -> RedactionImage {
    RedactionImage {
        what: match &redaction.what {
            RedactWhat::Field(path) => image::RedactWhat::Field(plan::steps(path)),
            RedactWhat::Matching(regex) => image::RedactWhat::Matching(regex.clone()),
        },
        how: match &redaction.how {
            RedactHow::Drop => image::RedactHow::Drop,
            RedactHow::Replace(text) => image::RedactHow::Replace(text.clone()),
            RedactHow::KeepFirst(count) => image::RedactHow::KeepFirst(*count),
            RedactHow::KeepLast(count) => image::RedactHow::KeepLast(*count),
        },
    }
}

fn classes(classes: &[ClassId]) -> Vec<ids::ClassId> {
    classes.iter().map(|class| ids::ClassId::new(class.index())).collect()
}

fn deny_mode(mode: DenyMode) -> image::DenyMode {
    match mode {
        DenyMode::Explain => image::DenyMode::Explain,
        DenyMode::StepUp => image::DenyMode::StepUp,
        DenyMode::Hide => image::DenyMode::Hide,
    }
}

/// An action in the bundle's words.
pub fn action(action: Action) -> image::Action {
    match action {
        Action::Call => image::Action::Call,
        Action::Read => image::Action::Read,
        Action::Subscribe => image::Action::Subscribe,
        Action::Get => image::Action::Get,
        Action::Complete => image::Action::Complete,
        Action::Sample => image::Action::Sample,
        Action::Elicit => image::Action::Elicit,
        Action::Roots => image::Action::Roots,
    }
}
