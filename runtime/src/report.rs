//! A decision as JSON: one form for the command, the C boundary and whoever else hands decisions on.
//!
//! `docs/cli.md` documents the members; the form only grows. The text is one line, its members are in a fixed
//! order, and strings from policies and messages stand in it as they are (escaped as JSON asks), so that
//! whoever shows it on a terminal must still make it safe.

use crate::decision::{
    AuditLevel, Decision, DenyMode, HistoryKey, LabelObligation, LimitObligation, Obligations, RedactHow, RedactWhat,
    RedactionObligation, RuleError, RuleId, ShadowHit, StepImage, StoreObligation, Unmet,
};
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write;
use mcpz_bytecode::image::BundleImage;

/// The JSON text of a decision that was made with this bundle.
pub fn decision_json(image: &BundleImage, decision: &Decision) -> String {
    object(|o| {
        o.text("effect", decision.effect.name());
        o.text("reason", decision.reason.name());
        o.text("show", show_word(decision.show));
        o.raw("rule", &rule(image, decision.determining));
        o.raw("unmet", &array(&decision.unmet, |unmet| unmet_object(image, unmet)));
        o.raw("retry_after_ms", &number(decision.retry_after_ms));
        o.raw("obligations", &obligations(image, &decision.obligations));
        o.raw("errors", &array(&decision.errors, |error| rule_error(image, error)));
        o.raw("shadow", &array(&decision.shadow, |hit| shadow(image, hit)));
        o.text("digest", &hex(&decision.digest));
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

/// `session`, `user`, `agent` or `caller`.
pub fn key_word(key: HistoryKey) -> &'static str {
    match key {
        HistoryKey::Session => "session",
        HistoryKey::User => "user",
        HistoryKey::Agent => "agent",
        HistoryKey::Caller => "caller",
    }
}

/// `result.a[*].b` or `result matching "regex"`.
pub fn redact_what(what: &RedactWhat) -> String {
    match what {
        RedactWhat::Field(steps) => steps_text(steps),
        RedactWhat::Matching(regex) => format!("result matching \"{regex}\""),
    }
}

/// `drop`, `replace "text"`, `keep first 4` or `keep last 4`.
pub fn redact_how(how: &RedactHow) -> String {
    match how {
        RedactHow::Drop => "drop".to_string(),
        RedactHow::Replace(text) => format!("replace \"{text}\""),
        RedactHow::KeepFirst(count) => format!("keep first {count}"),
        RedactHow::KeepLast(count) => format!("keep last {count}"),
    }
}

/// A path below the result, as policies write it: names that are no identifiers in quotes.
pub fn steps_text(steps: &[StepImage]) -> String {
    let mut text = String::from("result");
    for step in steps {
        match step {
            StepImage::Field(name) if is_identifier(name) => text.extend([".", name]),
            StepImage::Field(name) => text.extend([".", &format!("{name:?}")]),
            StepImage::Each => text.push_str("[*]"),
        }
    }
    text
}

fn is_identifier(name: &str) -> bool {
    let first_fits = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    first_fits && name.chars().all(|next| next.is_ascii_alphanumeric() || next == '_')
}

/// A number that is held times 10^18, without superfluous zeros.
pub fn number_text(scaled: i128) -> String {
    const SCALE: u128 = 1_000_000_000_000_000_000;
    let magnitude = scaled.unsigned_abs();
    let whole = magnitude.checked_div(SCALE).unwrap_or_default();
    let fraction = magnitude.checked_rem(SCALE).unwrap_or_default();
    let sign = if scaled < 0 { "-" } else { "" };
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{fraction:018}");
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        push(&mut text, format_args!("{byte:02x}"));
    }
    text
}

/// The id of a rule as a JSON value.
fn rule_id(image: &BundleImage, id: RuleId) -> String {
    image.rule(id).map_or_else(null, |rule| string(&rule.id()))
}

/// The rule that determined a decision, with what a person needs to find it.
fn rule(image: &BundleImage, id: Option<RuleId>) -> String {
    let Some(rule) = id.and_then(|id| image.rule(id)) else {
        return null();
    };
    object(|o| {
        o.text("id", &rule.id());
        o.optional("message", rule.message());
        o.optional("severity", rule.severity());
        o.text("docs", rule.docs());
        o.optional("path", rule.path());
        o.raw("line", &rule.span().line.to_string());
    })
}

fn unmet_object(image: &BundleImage, unmet: &Unmet) -> String {
    object(|o| match unmet {
        Unmet::Grant { grant } => {
            o.text("kind", "grant");
            o.text("grant", grant);
        }
        Unmet::Approval { rule, count, approvers, expires_ms } => {
            o.text("kind", "approval");
            o.raw("rule", &rule_id(image, *rule));
            o.raw("count", &count.to_string());
            o.raw("approvers", &array(approvers, |name| string(name)));
            o.raw("expires_ms", &number(*expires_ms));
        }
        Unmet::Mfa { rule, fresh_ms } => {
            o.text("kind", "mfa");
            o.raw("rule", &rule_id(image, *rule));
            o.raw("fresh_ms", &number(*fresh_ms));
        }
        Unmet::Scope { rule, scopes } => {
            o.text("kind", "scope");
            o.raw("rule", &rule_id(image, *rule));
            o.raw("scopes", &array(scopes, |scope| string(scope)));
        }
    })
}

fn obligations(image: &BundleImage, obligations: &Obligations) -> String {
    object(|o| {
        o.raw("redactions", &array(&obligations.redactions, |redaction| redaction_object(image, redaction)));
        o.optional("audit", obligations.audit.map(audit_word));
        o.raw("labels", &array(&obligations.labels, label));
        o.raw("stores", &array(&obligations.stores, store));
        o.raw("consumes", &array(&obligations.consumes, |limit| consumed(image, limit)));
        let listed = obligations.listed.as_ref().map(|names| array(names, |name| string(name)));
        o.raw("listed", &listed.unwrap_or_else(null));
    })
}

fn redaction_object(image: &BundleImage, redaction: &RedactionObligation) -> String {
    object(|o| {
        o.raw("rule", &rule_id(image, redaction.rule));
        o.text("what", &redact_what(&redaction.what));
        o.text("how", &redact_how(&redaction.how));
    })
}

fn label(label: &LabelObligation) -> String {
    object(|o| {
        o.text("label", &label.label);
        o.text("path", &steps_text(&label.path));
    })
}

fn store(store: &StoreObligation) -> String {
    object(|o| {
        o.text("label", &store.label);
        o.optional("key", store.key.as_deref());
    })
}

fn consumed(image: &BundleImage, limit: &LimitObligation) -> String {
    object(|o| {
        o.raw("rule", &rule_id(image, limit.rule));
        o.text("amount", &number_text(limit.amount));
        o.text("by", key_word(limit.by));
        o.raw("window_ms", &limit.window_ms.to_string());
    })
}

fn rule_error(image: &BundleImage, error: &RuleError) -> String {
    object(|o| {
        o.raw("rule", &rule_id(image, error.rule));
        o.text("code", error.code.name());
    })
}

fn shadow(image: &BundleImage, hit: &ShadowHit) -> String {
    object(|o| {
        o.raw("rule", &rule_id(image, hit.rule));
        o.optional("error", hit.error.map(|code| code.name()));
    })
}

/// The members of an object that is being written.
struct Members(String);

impl Members {
    /// A member whose value is JSON already.
    fn raw(&mut self, key: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.extend([&string(key), ":", value]);
    }

    /// A member that is a string.
    fn text(&mut self, key: &str, value: &str) {
        self.raw(key, &string(value));
    }

    /// A member that is a string or `null`.
    fn optional(&mut self, key: &str, value: Option<&str>) {
        self.raw(key, &value.map_or_else(null, string));
    }
}

fn object(write: impl FnOnce(&mut Members)) -> String {
    let mut members = Members(String::new());
    write(&mut members);
    format!("{{{}}}", members.0)
}

fn array<T>(values: &[T], json: impl Fn(&T) -> String) -> String {
    let mut text = String::from("[");
    for (position, value) in values.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        text.push_str(&json(value));
    }
    text.push(']');
    text
}

fn number(value: Option<i64>) -> String {
    value.map_or_else(null, |value| value.to_string())
}

fn null() -> String {
    "null".to_string()
}

/// A JSON string.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\0'..='\u{1f}' | '\u{7f}' => push(&mut out, format_args!("\\u{:04x}", u32::from(character))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Writing to a string cannot fail.
fn push(out: &mut String, text: core::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Effect, Reason};
    use crate::json::{Buffers, Limits};
    use alloc::vec;

    #[test]
    fn numbers_are_written_exactly() {
        assert_eq!(number_text(12_500_000_000_000_000_000), "12.5");
        assert_eq!(number_text(-3_000_000_000_000_000_000), "-3");
        assert_eq!(number_text(1), "0.000000000000000001");
        assert_eq!(number_text(i128::MIN), "-170141183460469231731.687303715884105728");
    }

    #[test]
    fn paths_are_written_as_policies_write_them() {
        let steps = [StepImage::Field("rows".into()), StepImage::Each, StepImage::Field("card-no".into())];
        assert_eq!(steps_text(&steps), "result.rows[*].\"card-no\"");
    }

    #[test]
    fn what_is_written_is_json_whatever_the_strings_hold() {
        let odd = "\"quoted\\\" \n \0 \u{1b}[31m é";
        let mut decision = Decision::plain(Effect::Deny, Reason::NoPermit, DenyMode::Explain, [7; 32]);
        decision.unmet = vec![Unmet::Grant { grant: odd.into() }];
        decision.obligations.listed = Some(vec![odd.into(), String::new()]);
        let text = decision_json(&BundleImage::default(), &decision);
        let mut buffers = Buffers::new();
        let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).expect("it is JSON");
        let unmet = document.get(document.root(), "unmet").expect("unmet is there");
        let grant = document.elements(unmet).next().and_then(|unmet| document.get(unmet, "grant"));
        assert_eq!(grant.and_then(|grant| document.str(grant)), Some(odd));
        assert!(text.starts_with(r#"{"effect":"deny","reason":"no_permit","show":"explain","rule":null,"#), "{text}");
        assert!(!text.contains('\u{1b}'), "control characters are escapes");
    }
}
