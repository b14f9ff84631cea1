//! Annotations: `@id`, `@message`, `@severity`, `@deny`, `@shadow`, `@allow`.

use super::items::Items;
use super::{Name, Place};
use crate::diagnostics::codes::{self, e0124, e0217};
use crate::diagnostics::levels::Allowed;
use crate::diagnostics::{Diagnostic, suggest};
use crate::hir::{DenyMode, Span};
use mcpz_syntax::ast::{Annotation, Documented};
use smol_str::SmolStr;

/// Annotations of rules.
const RULE: &[&str] = &["id", "message", "severity", "deny", "shadow", "allow"];
/// Annotations of everything else.
const ITEM: &[&str] = &["allow"];
/// Levels of `@severity`.
const SEVERITIES: &[&str] = &["low", "medium", "high", "critical"];
/// Ways of `@deny`.
const DENIES: &[&str] = &["explain", "hide", "step_up"];

/// What annotations say about a rule.
#[derive(Debug, Clone, Default)]
pub struct RuleAnnotations {
    /// `@id`, and where it stands.
    pub id: Option<(String, Span)>,
    /// `@message`.
    pub message: Option<String>,
    /// `@severity`.
    pub severity: Option<SmolStr>,
    /// `@deny`.
    pub deny: Option<DenyMode>,
    /// `@shadow`.
    pub shadow: bool,
}

/// Reads the annotations of a rule. Wrong ones are reported.
pub fn of_rule(place: Place, node: &impl Documented, sink: &mut Vec<Diagnostic>) -> RuleAnnotations {
    let mut read = RuleAnnotations::default();
    let mut seen: Vec<Name> = Vec::new();
    for annotation in node.annotations() {
        let Some(name) = known(place, &annotation, RULE, sink) else { continue };
        if name.text != "allow"
            && let Some(first) = seen.iter().find(|seen| seen.text == name.text)
        {
            sink.push(codes::e0111::duplicate_entry(name.span, &format!("@{}", name.text), first.span));
            continue;
        }
        seen.push(name.clone());
        read_one(place, &annotation, &name, &mut read, sink);
    }
    read
}

/// Reads one annotation of a rule.
fn read_one(
    place: Place,
    annotation: &Annotation,
    name: &Name,
    read: &mut RuleAnnotations,
    sink: &mut Vec<Diagnostic>,
) {
    match name.text.as_str() {
        "id" => {
            read.id = text(place, annotation, name, sink);
            if let Some((id, span)) = &read.id
                && (id.is_empty() || id == "none" || id.chars().any(char::is_control))
            {
                let help = "an id is short text such as \"PAY-1\"";
                sink.push(e0124::annotation(*span, "this is no id".to_owned(), None, help));
            }
        }
        "message" => read.message = text(place, annotation, name, sink).map(|(text, _)| text),
        "severity" => read.severity = choice(place, annotation, name, SEVERITIES, sink),
        "deny" => {
            read.deny = choice(place, annotation, name, DENIES, sink).map(|word| match word.as_str() {
                "hide" => DenyMode::Hide,
                "step_up" => DenyMode::StepUp,
                _ => DenyMode::Explain,
            });
        }
        "shadow" => {
            read.shadow = true;
            if !annotation.args().is_empty() {
                let message = "`@shadow` takes no argument".to_owned();
                sink.push(e0124::annotation(place.of(annotation), message, None, "write `@shadow` alone"));
            }
        }
        _ => {}
    }
}

/// The name of an annotation, if there is such a one.
fn known(place: Place, annotation: &Annotation, known: &[&str], sink: &mut Vec<Diagnostic>) -> Option<Name> {
    let name = Name::new(place, &annotation.name()?);
    if known.contains(&name.text.as_str()) {
        return Some(name);
    }
    if RULE.contains(&name.text.as_str()) {
        let message = format!("`@{}` belongs to a rule", name.text);
        sink.push(e0124::annotation(name.span, message, None, "take it away, or put it before a rule"));
        return None;
    }
    let near = suggest::nearest(&name.text, known);
    let message = format!("no annotation is called `@{}`", name.text);
    let list: Vec<String> = known.iter().map(|name| format!("@{name}")).collect();
    sink.push(e0124::annotation(name.span, message, near.as_deref(), &format!("there are {}", list.join(", "))));
    None
}

/// The text of `@id("...")`.
fn text(place: Place, annotation: &Annotation, name: &Name, sink: &mut Vec<Diagnostic>) -> Option<(String, Span)> {
    match (annotation.string(), annotation.args().len()) {
        (Some(string), 1) => Some((string.text().to_owned(), place.span(string.range))),
        _ => {
            let message = format!("`@{}` takes one text", name.text);
            let help = format!("write `@{}(\"...\")`", name.text);
            sink.push(e0124::annotation(place.of(annotation), message, None, &help));
            None
        }
    }
}

/// The word of `@deny(hide)`.
fn choice(
    place: Place,
    annotation: &Annotation,
    name: &Name,
    words: &[&str],
    sink: &mut Vec<Diagnostic>,
) -> Option<SmolStr> {
    let help = format!("write `@{}({})`", name.text, words.join(" | "));
    let Some(word) = annotation.word().filter(|_| annotation.args().len() == 1) else {
        let message = format!("`@{}` takes one word", name.text);
        sink.push(e0124::annotation(place.of(annotation), message, None, &help));
        return None;
    };
    if words.contains(&word.text.as_str()) {
        return Some(SmolStr::new(&word.text));
    }
    let near = suggest::nearest(&word.text, words);
    let message = format!("`@{}` does not know `{}`", name.text, word.text);
    sink.push(e0124::annotation(place.span(word.range), message, near.as_deref(), &help));
    None
}

/// Reads `@allow` of every item, and checks the annotations of items that are no rules.
pub fn allowed(items: &Items, sink: &mut Vec<Diagnostic>) -> Vec<Allowed> {
    let mut all = Vec::new();
    for item in &items.annotations {
        let (annotation, range, on_rule) = &item.ast;
        let whole = item.place.span(*range);
        if !on_rule && known(item.place, annotation, ITEM, sink).is_none() {
            continue;
        }
        if annotation.name().is_some_and(|name| name.text == "allow")
            && let Some(lint) = allow(item.place, annotation, sink)
        {
            all.push(Allowed { lint, item: whole });
        }
    }
    all
}

/// The lint of `@allow(W0601, "reason")`.
fn allow(place: Place, annotation: &Annotation, sink: &mut Vec<Diagnostic>) -> Option<String> {
    let args = annotation.args();
    let lint = args.first().and_then(|arg| match (arg.word(), arg.string()) {
        (Some(word), _) => Some((word.text, place.span(word.range))),
        (None, Some(string)) => Some((string.text().to_owned(), place.span(string.range))),
        (None, None) => None,
    });
    let reason = args.get(1).and_then(|arg| arg.string());
    let help = "write `@allow(W0601, \"why this is right here\")`";
    let Some((lint, span)) = lint else {
        sink.push(e0124::annotation(place.of(annotation), "`@allow` names a lint".to_owned(), None, help));
        return None;
    };
    let lints = || codes::ALL.iter().filter(|info| info.code.starts_with('W'));
    if !lints().any(|info| info.code == lint || info.name == lint) {
        let near = suggest::nearest(&lint, lints().flat_map(|info| [info.code, info.name]));
        sink.push(e0217::unknown_lint(span, &lint, near.as_deref()));
        return None;
    }
    if reason.is_none_or(|reason| reason.text().trim().is_empty()) {
        sink.push(e0124::annotation(span, "`@allow` says why".to_owned(), None, help));
    }
    Some(lint)
}
