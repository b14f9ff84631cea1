//! Decisions for people and machines.
//!
//! Names of rules, labels and tools are shown escaped: a bundle may come from elsewhere.

use crate::durations::duration_text;
use crate::escape;
use crate::output::{BAD, BOLD, CAUTION, DIM, GOOD, NAME, styled};
use anstyle::Style;
use mcpz_bytecode::image::{BundleImage, SpanImage, StepImage};
use mcpz_runtime::decision::{Decision, Effect, Obligations, RuleId, Unmet};
use mcpz_runtime::report;
pub use mcpz_runtime::report::{audit_word, hex, key_word, number_text, show_word};
use serde_json::Value;

/// `ALLOW`, `DENY` or `CHALLENGE`, coloured and of one width.
pub fn effect_word(effect: Effect) -> String {
    let (style, word) = effect_style(effect);
    styled(style, format!("{word:<9}"))
}

fn effect_style(effect: Effect) -> (Style, &'static str) {
    match effect {
        Effect::Allow => (GOOD, "ALLOW"),
        Effect::Deny => (BAD, "DENY"),
        Effect::Challenge => (CAUTION, "CHALLENGE"),
    }
}

/// Its name, escaped.
pub fn rule_name(image: &BundleImage, id: RuleId) -> String {
    image.rule(id).map_or_else(|| "?".to_owned(), |rule| escape::inline(&rule.id()))
}

/// `path:line` of a span, escaped.
pub fn place(image: &BundleImage, span: &SpanImage) -> String {
    let path = image.sources.get(span.source.index()).map_or("?", |source| source.path.as_str());
    format!("{}:{}", escape::inline(path), span.line)
}

/// One line: the rule that determined a decision, and where it stands.
pub fn determining(image: &BundleImage, decision: &Decision) -> String {
    match decision.determining.and_then(|id| image.rule(id)) {
        Some(rule) => {
            format!("{}  {}", styled(NAME, escape::inline(&rule.id())), styled(DIM, place(image, &rule.span())))
        }
        None => styled(DIM, "no rule"),
    }
}

/// A decision in several lines.
pub fn lines(image: &BundleImage, decision: &Decision) -> Vec<String> {
    let mut lines = Vec::new();
    let (style, word) = effect_style(decision.effect);
    lines.push(format!("{}  {}", styled(style, word), decision.reason.name()));
    lines.push(format!("  rule      {}", determining(image, decision)));
    if let Some(rule) = decision.determining.and_then(|id| image.rule(id)) {
        push_text(&mut lines, "  message   ", rule.message());
        let docs = rule.docs().trim();
        push_text(&mut lines, "  docs      ", (!docs.is_empty()).then_some(docs));
    }
    if decision.effect == Effect::Deny {
        lines.push(format!("  shown as  {}", show_word(decision.show)));
    }
    for unmet in &decision.unmet {
        lines.push(format!("  unmet     {}", unmet_text(image, unmet)));
    }
    if let Some(ms) = decision.retry_after_ms {
        lines.push(format!("  retry in  {}", duration_text(ms)));
    }
    obligations(image, &decision.obligations, &mut lines);
    for error in &decision.errors {
        lines.push(format!("  error     {} in {}", error.code.name(), styled(NAME, rule_name(image, error.rule))));
    }
    for hit in &decision.shadow {
        let what = hit.error.map_or("would match", |_| "would fail");
        lines.push(format!("  shadow    {} {what}", styled(NAME, rule_name(image, hit.rule))));
    }
    lines
}

fn push_text(lines: &mut Vec<String>, head: &str, text: Option<&str>) {
    if let Some(text) = text {
        lines.push(format!("{head}{}", escape::inline(text)));
    }
}

fn obligations(image: &BundleImage, obligations: &Obligations, lines: &mut Vec<String>) {
    for redaction in &obligations.redactions {
        let rule = styled(DIM, rule_name(image, redaction.rule));
        let what = escape::inline(&report::redact_what(&redaction.what));
        let how = escape::inline(&report::redact_how(&redaction.how));
        lines.push(format!("  redact    {what} {how}  {rule}"));
    }
    if let Some(level) = obligations.audit {
        lines.push(format!("  audit     {}", audit_word(level)));
    }
    for label in &obligations.labels {
        let path = steps_text(&label.path);
        lines.push(format!("  label     {} on {path}", escape::inline(&label.label)));
    }
    for store in &obligations.stores {
        let key =
            store.key.as_deref().map_or_else(|| "an absent key".to_owned(), |key| format!("`{}`", escape::inline(key)));
        lines.push(format!("  stores    {} under {key}", escape::inline(&store.label)));
    }
    for limit in &obligations.consumes {
        let (amount, by) = (number_text(limit.amount), key_word(limit.by));
        let rule = styled(DIM, rule_name(image, limit.rule));
        lines.push(format!("  consumes  {amount} by {by} within {}  {rule}", duration_text(limit.window_ms)));
    }
    if let Some(names) = &obligations.listed {
        lines.push(format!("  lists     {}", styled(BOLD, names.len())));
        lines.extend(names.iter().map(|name| format!("            {}", escape::inline(name))));
    }
}

/// What must be met, in words.
pub fn unmet_text(image: &BundleImage, unmet: &Unmet) -> String {
    match unmet {
        Unmet::Grant { grant } => format!("grant {}", styled(NAME, escape::inline(grant))),
        Unmet::Approval { rule, count, approvers, expires_ms } => {
            let who: Vec<String> = approvers.iter().map(|a| escape::inline(a)).collect();
            let expires = expires_ms.map_or_else(String::new, |ms| format!(", not older than {}", duration_text(ms)));
            let of = if *count > 1 { format!("{count} of ") } else { String::new() };
            format!("approval by {of}{}{expires}  {}", who.join(" or "), styled(NAME, rule_name(image, *rule)))
        }
        Unmet::Mfa { rule, fresh_ms } => {
            let fresh = fresh_ms.map_or_else(String::new, |ms| format!(" not older than {}", duration_text(ms)));
            format!("second factor{fresh}  {}", styled(NAME, rule_name(image, *rule)))
        }
        Unmet::Scope { rule, scopes } => {
            let scopes: Vec<String> = scopes.iter().map(|s| escape::inline(s)).collect();
            format!("scope {}  {}", scopes.join(" "), styled(NAME, rule_name(image, *rule)))
        }
    }
}

/// A decision as JSON; the form is documented in `docs/cli.md`.
pub fn to_json(image: &BundleImage, decision: &Decision) -> Value {
    serde_json::from_str(&report::decision_json(image, decision)).unwrap_or_default()
}

/// A path below the result, as policies write it, escaped.
pub fn steps_text(steps: &[StepImage]) -> String {
    escape::inline(&report::steps_text(steps))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpz_runtime::decision::{DenyMode, Reason};

    #[test]
    fn a_decision_without_a_rule_says_so() {
        let image = BundleImage::default();
        let decision = Decision::plain(Effect::Deny, Reason::NoPermit, DenyMode::Explain, [0; 32]);
        let text = lines(&image, &decision).join("\n");
        assert!(text.contains("no_permit") && text.contains("no rule"), "{text}");
        assert_eq!(to_json(&image, &decision)["rule"], Value::Null);
    }
}
