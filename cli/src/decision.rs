//! Decisions for people and machines.
//!
//! Names of rules, labels and tools are shown escaped: a bundle may come from elsewhere.

use crate::durations::duration_text;
use crate::escape;
use crate::output::{BAD, BOLD, CAUTION, DIM, GOOD, NAME, styled};
use anstyle::Style;
use mcpz_bytecode::image::{BundleImage, RuleImage, SpanImage, StepImage};
use mcpz_runtime::decision::{
    AuditLevel, Decision, DenyMode, Effect, HistoryKey, Obligations, RedactHow, RedactWhat, RuleId, Unmet,
};
use serde_json::{Value, json};

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

/// The rule of an id.
pub fn rule(image: &BundleImage, id: RuleId) -> Option<&RuleImage> {
    image.rules.get(id.index())
}

/// Its name, escaped.
pub fn rule_name(image: &BundleImage, id: RuleId) -> String {
    rule(image, id).map_or_else(|| "?".to_owned(), |rule| escape::inline(&rule.id))
}

/// `path:line` of a span, escaped.
pub fn place(image: &BundleImage, span: &SpanImage) -> String {
    let path = image.sources.get(span.source.index()).map_or("?", |source| source.path.as_str());
    format!("{}:{}", escape::inline(path), span.line)
}

/// One line: the rule that determined a decision, and where it stands.
pub fn determining(image: &BundleImage, decision: &Decision) -> String {
    match decision.determining.and_then(|id| rule(image, id)) {
        Some(rule) => format!("{}  {}", styled(NAME, escape::inline(&rule.id)), styled(DIM, place(image, &rule.span))),
        None => styled(DIM, "no rule"),
    }
}

/// A decision in several lines.
pub fn lines(image: &BundleImage, decision: &Decision) -> Vec<String> {
    let mut lines = Vec::new();
    let (style, word) = effect_style(decision.effect);
    lines.push(format!("{}  {}", styled(style, word), decision.reason.name()));
    lines.push(format!("  rule      {}", determining(image, decision)));
    if let Some(rule) = decision.determining.and_then(|id| rule(image, id)) {
        push_text(&mut lines, "  message   ", rule.message.as_deref());
        let docs = rule.docs.trim();
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
        lines.push(format!("  redact    {} {}  {rule}", redact_what(&redaction.what), redact_how(&redaction.how)));
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
    json!({
        "effect": decision.effect.name(),
        "reason": decision.reason.name(),
        "show": show_word(decision.show),
        "rule": decision.determining.map(|id| rule_json(image, id)),
        "unmet": decision.unmet.iter().map(|unmet| unmet_json(image, unmet)).collect::<Vec<_>>(),
        "retry_after_ms": decision.retry_after_ms,
        "obligations": obligations_json(image, &decision.obligations),
        "errors": decision.errors.iter().map(|error| json!({
            "rule": rule_id(image, error.rule), "code": error.code.name(),
        })).collect::<Vec<_>>(),
        "shadow": decision.shadow.iter().map(|hit| json!({
            "rule": rule_id(image, hit.rule), "error": hit.error.map(|code| code.name()),
        })).collect::<Vec<_>>(),
        "digest": hex(&decision.digest),
    })
}

fn rule_id(image: &BundleImage, id: RuleId) -> Value {
    rule(image, id).map_or(Value::Null, |rule| Value::String(rule.id.clone()))
}

fn rule_json(image: &BundleImage, id: RuleId) -> Value {
    let Some(rule) = rule(image, id) else {
        return Value::Null;
    };
    let path = image.sources.get(rule.span.source.index()).map(|source| source.path.clone());
    json!({
        "id": rule.id,
        "message": rule.message,
        "severity": rule.severity,
        "docs": rule.docs,
        "path": path,
        "line": rule.span.line,
    })
}

fn unmet_json(image: &BundleImage, unmet: &Unmet) -> Value {
    match unmet {
        Unmet::Grant { grant } => json!({"kind": "grant", "grant": grant}),
        Unmet::Approval { rule, count, approvers, expires_ms } => json!({
            "kind": "approval", "rule": rule_id(image, *rule), "count": count, "approvers": approvers, "expires_ms": expires_ms,
        }),
        Unmet::Mfa { rule, fresh_ms } => {
            json!({"kind": "mfa", "rule": rule_id(image, *rule), "fresh_ms": fresh_ms})
        }
        Unmet::Scope { rule, scopes } => {
            json!({"kind": "scope", "rule": rule_id(image, *rule), "scopes": scopes})
        }
    }
}

fn obligations_json(image: &BundleImage, obligations: &Obligations) -> Value {
    json!({
        "redactions": obligations.redactions.iter().map(|redaction| json!({
            "rule": rule_id(image, redaction.rule),
            "what": redact_what(&redaction.what),
            "how": redact_how(&redaction.how),
        })).collect::<Vec<_>>(),
        "audit": obligations.audit.map(audit_word),
        "labels": obligations.labels.iter().map(|label| json!({
            "label": label.label, "path": steps_text(&label.path),
        })).collect::<Vec<_>>(),
        "stores": obligations.stores.iter().map(|store| json!({"label": store.label, "key": store.key})).collect::<Vec<_>>(),
        "consumes": obligations.consumes.iter().map(|limit| json!({
            "rule": rule_id(image, limit.rule),
            "amount": number_text(limit.amount),
            "by": key_word(limit.by),
            "window_ms": limit.window_ms,
        })).collect::<Vec<_>>(),
        "listed": obligations.listed,
    })
}

/// `explain`, `step_up` or `hide`.
pub fn show_word(show: DenyMode) -> &'static str {
    match show {
        DenyMode::Explain => "explain",
        DenyMode::StepUp => "step_up",
        DenyMode::Hide => "hide",
    }
}

/// `none`, `summary` or `full`.
pub fn audit_word(level: AuditLevel) -> &'static str {
    match level {
        AuditLevel::None => "none",
        AuditLevel::Summary => "summary",
        AuditLevel::Full => "full",
    }
}

fn key_word(key: HistoryKey) -> &'static str {
    match key {
        HistoryKey::Session => "session",
        HistoryKey::User => "user",
        HistoryKey::Agent => "agent",
        HistoryKey::Caller => "caller",
    }
}

/// `result.a[*].b` or `result matching "regex"`, escaped.
pub fn redact_what(what: &RedactWhat) -> String {
    match what {
        RedactWhat::Field(steps) => steps_text(steps),
        RedactWhat::Matching(regex) => format!("result matching \"{}\"", escape::inline(regex)),
    }
}

fn redact_how(how: &RedactHow) -> String {
    match how {
        RedactHow::Drop => "drop".to_owned(),
        RedactHow::Replace(text) => format!("replace \"{}\"", escape::inline(text)),
        RedactHow::KeepFirst(count) => format!("keep first {count}"),
        RedactHow::KeepLast(count) => format!("keep last {count}"),
    }
}

/// A path below the result, as policies write it.
pub fn steps_text(steps: &[StepImage]) -> String {
    let mut text = String::from("result");
    for step in steps {
        match step {
            StepImage::Field(name) => {
                text.push('.');
                text.push_str(&escape::inline(&mcpz_compiler::hir::canonical::quoted(name)));
            }
            StepImage::Each => text.push_str("[*]"),
        }
    }
    text
}

/// A number that is held times 10^18, without superfluous zeros.
pub fn number_text(scaled: i128) -> String {
    const SCALE: u128 = 1_000_000_000_000_000_000;
    let magnitude = scaled.unsigned_abs();
    let (whole, fraction) = (magnitude / SCALE, magnitude % SCALE);
    let sign = if scaled < 0 { "-" } else { "" };
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{fraction:018}");
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_exactly() {
        assert_eq!(number_text(12_500_000_000_000_000_000), "12.5");
        assert_eq!(number_text(-3_000_000_000_000_000_000), "-3");
        assert_eq!(number_text(1), "0.000000000000000001");
    }

    #[test]
    fn paths_are_written_as_policies_write_them() {
        let steps = [StepImage::Field("rows".into()), StepImage::Each, StepImage::Field("card-no".into())];
        assert_eq!(steps_text(&steps), "result.rows[*].\"card-no\"");
    }

    #[test]
    fn a_decision_without_a_rule_says_so() {
        let image = BundleImage::default();
        let decision =
            Decision::plain(Effect::Deny, mcpz_runtime::decision::Reason::NoPermit, DenyMode::Explain, [0; 32]);
        let text = lines(&image, &decision).join("\n");
        assert!(text.contains("no_permit") && text.contains("no rule"), "{text}");
        assert_eq!(to_json(&image, &decision)["rule"], Value::Null);
    }
}
