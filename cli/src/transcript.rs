//! A session, message by message: one line for what was asked, one for what was decided.

use crate::case::Case;
use crate::decision::{determining, effect_word, unmet_text};
use crate::escape;
use crate::output::{BOLD, DIM, NAME, styled};
use crate::shell::Shell;
use mcpz_bytecode::image::BundleImage;
use mcpz_runtime::decision::{Decision, Effect};
use serde_json::Value;
use std::time::Duration;

/// Longest text of arguments shown on a line, in characters.
const ARGUMENTS_SHOWN: usize = 72;

/// Shows one message and its decision.
pub fn message(
    number: usize,
    case: &Case,
    decision: &Decision,
    image: &BundleImage,
    took: Option<Duration>,
    shell: &mut Shell,
) {
    let title = case.title.as_deref().map(escape::inline).unwrap_or_default();
    shell.out.line(format!("{} {}", styled(DIM, format!("{number:>3}")), styled(BOLD, title)));
    shell.out.line(format!("    {}  {}", who(case), what(case)));
    let took = took.map_or_else(String::new, |took| format!("  {}", styled(DIM, time_text(took))));
    let effect = effect_word(decision.effect);
    let reason = format!("{:<18}", decision.reason.name());
    shell.out.line(format!("    {effect} {reason} {}{took}", determining(image, decision)));
    for unmet in &decision.unmet {
        shell.out.line(format!("              needs {}", unmet_text(image, unmet)));
    }
    if let Some(names) = &decision.obligations.listed {
        let names: Vec<String> = names.iter().map(|name| escape::inline(name)).collect();
        shell.out.line(format!(
            "              lists {}",
            if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
        ));
    }
    let besides = besides(decision);
    if !besides.is_empty() {
        shell.out.line(format!("              with {}", styled(DIM, besides.join(", "))));
    }
}

/// "5 allowed, 3 denied, 1 challenged".
pub fn totals(decisions: &[Decision], shell: &mut Shell) {
    let count = |effect: Effect| decisions.iter().filter(|decision| decision.effect == effect).count();
    let (allowed, denied, challenged) = (count(Effect::Allow), count(Effect::Deny), count(Effect::Challenge));
    shell
        .out
        .line(format!("{} messages: {allowed} allowed, {denied} denied, {challenged} challenged", decisions.len()));
}

/// The chain in a few words: `agent:copilot:1 for user:7`.
fn who(case: &Case) -> String {
    if case.principal.chain.is_empty() {
        return styled(NAME, "anonymous");
    }
    let names: Vec<String> = case
        .principal
        .chain
        .iter()
        .map(|link| mcpz_runtime::credential::subject(link).unwrap_or_else(|| "someone".to_owned()))
        .map(|name| escape::inline(&name))
        .collect();
    styled(NAME, names.join(" for "))
}

/// The message in a few words: `tools/call refund {"amount": 5}`.
fn what(case: &Case) -> String {
    let Ok(value) = serde_json::from_slice::<Value>(&case.message) else {
        return "a message that is no JSON".to_owned();
    };
    let mut words = vec![escape::inline(value["method"].as_str().unwrap_or("a response"))];
    let params = &value["params"];
    for key in ["name", "uri"] {
        if let Some(text) = params[key].as_str() {
            words.push(styled(BOLD, escape::inline(text)));
        }
    }
    if let Some(arguments) = params.get("arguments") {
        let text = arguments.to_string();
        let shown: String = text.chars().take(ARGUMENTS_SHOWN).collect();
        let more = if text.chars().count() > ARGUMENTS_SHOWN { "…" } else { "" };
        words.push(styled(DIM, format!("{}{more}", escape::inline(&shown))));
    }
    words.join(" ")
}

/// Obligations of an allow in a few words.
fn besides(decision: &Decision) -> Vec<String> {
    let obligations = &decision.obligations;
    let mut words = Vec::new();
    if !obligations.redactions.is_empty() {
        words.push(format!("{} redactions", obligations.redactions.len()));
    }
    words.extend(obligations.labels.iter().map(|label| format!("label {}", escape::inline(&label.label))));
    if let Some(level) = obligations.audit {
        words.push(format!("audit {}", crate::decision::audit_word(level)));
    }
    if !obligations.consumes.is_empty() {
        words.push(format!("{} limits consumed", obligations.consumes.len()));
    }
    words
}

/// A time for people: `1.9 µs`.
pub fn time_text(took: Duration) -> String {
    let nanos = took.as_nanos();
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.1} µs", took.as_secs_f64() * 1e6),
        _ => format!("{:.2} ms", took.as_secs_f64() * 1e3),
    }
}
