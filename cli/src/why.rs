//! Explanations in prose and JSON.
//!
//! A denied call is explained by the rule that decided it, or, when no permit was true, by the permit
//! that came closest: its clauses one by one, and for the first that failed the value seen and the
//! value wanted. The runtime leaves out values at `sensitive` places; all other text is escaped here.

use crate::decision::{self, place, rule_name};
use crate::escape;
use crate::listing::source_text;
use crate::output::{BAD, BOLD, CAUTION, DIM, GOOD, NAME, styled};
use mcpz_bytecode::image::{BundleImage, ClauseKind, Rule, RuleKind};
use mcpz_runtime::decision::{Decision, Effect, RuleId};
use mcpz_runtime::vm::value::Truth;
use mcpz_runtime::why::{ClauseTrace, RuleTrace, TestTrace, Why};
use serde_json::{Value, json};

/// How many rules that did not match are listed below the one that is explained.
const OTHERS_SHOWN: usize = 12;

/// The explanation in lines.
pub fn lines(image: &BundleImage, why: &Why) -> Vec<String> {
    let mut lines = decision::lines(image, &why.decision);
    lines.push(String::new());
    lines.push(summary(image, why));
    let main = main_rule(why);
    if let Some(trace) = main.and_then(|id| trace_of(why, id)) {
        lines.push(String::new());
        rule_lines(image, trace, &mut lines);
    }
    if why.inner.is_empty() {
        other_lines(image, "Other rules about this request", &why.rules, main, &mut lines);
    } else {
        other_lines(image, "Other rules about the call inside", &why.inner, main, &mut lines);
        other_lines(image, "Rules about the call around it", &why.rules, None, &mut lines);
    }
    lines
}

/// The rule that the explanation is about: the one that decided, else the permit that came closest.
fn main_rule(why: &Why) -> Option<RuleId> {
    why.decision.determining.or(why.closest)
}

fn trace_of(why: &Why, id: RuleId) -> Option<&RuleTrace> {
    // Where there is a call inside, the decision is about it.
    why.inner.iter().chain(&why.rules).find(|trace| trace.rule == id)
}

/// One sentence: what decided, or what was missing.
fn summary(image: &BundleImage, why: &Why) -> String {
    let Decision { effect, determining, reason, .. } = &why.decision;
    if let Some(id) = determining {
        let name = styled(NAME, rule_name(image, *id));
        return match (effect, image.rule(*id).map(Rule::kind)) {
            (Effect::Allow, _) => {
                format!("It is allowed by {name}, and nothing stands against it.")
            }
            (_, Some(RuleKind::Forbid)) => {
                format!("It is denied by {name}: a forbid wins over every permit.")
            }
            (Effect::Challenge, _) => {
                format!("It would be allowed, once what {name} asks for is met.")
            }
            _ => format!("It is denied at {name}: {}.", reason.name()),
        };
    }
    let closest = why.closest.and_then(|id| trace_of(why, id));
    match (effect, closest) {
        (Effect::Allow, _) => format!("It is allowed without any rule: {}.", reason.name()),
        (_, Some(trace)) => {
            let name = styled(NAME, rule_name(image, trace.rule));
            let failed = trace.first_failed.and_then(|index| trace.clauses.get(index));
            match failed {
                Some(clause) => {
                    let text = source_text(image, clause.span);
                    format!(
                        "No permit is true. The closest is {name}; its first clause that failed: {} {}",
                        clause_word(clause.kind),
                        styled(BOLD, text)
                    )
                }
                None => format!("No permit is true. The closest is {name}."),
            }
        }
        (_, None) => format!("No rule decided it: {}.", reason_text(reason.name())),
    }
}

/// What a reason that no rule gave means.
fn reason_text(word: &str) -> &str {
    match word {
        "no_permit" => "no permit is about this request",
        "credential" => "the credential does not fit what the policy declares",
        "unknown_method" => "the method is none that the protocol has in this direction",
        "unknown_target" => "the pinned catalog has no such tool, prompt or resource",
        "not_visible" => "no rule could ever allow it to this caller, so it is as if it were not there",
        "isolated" => "the server, tool or agent is isolated",
        "quarantined" => "the tool changed under its pin",
        "flow_closed" => "the caller's network segment may not reach the server's",
        "arguments" => "the arguments do not fit the pinned schema",
        "state_error" => "a store failed to answer",
        other => other,
    }
}

/// A rule with its clauses.
fn rule_lines(image: &BundleImage, trace: &RuleTrace, lines: &mut Vec<String>) {
    let Some(rule) = image.rule(trace.rule) else {
        return;
    };
    let name = styled(NAME, escape::inline(&rule.id()));
    lines.push(format!("{} {name}  {}", rule.kind().word(), styled(DIM, place(image, &rule.span()))));
    if trace.clauses.is_empty() {
        lines.push(styled(DIM, "  the bundle holds no debug section: build without `--no-debug` to see clauses"));
    }
    for clause in &trace.clauses {
        clause_lines(image, clause, lines);
    }
}

fn clause_lines(image: &BundleImage, clause: &ClauseTrace, lines: &mut Vec<String>) {
    let text = source_text(image, clause.span);
    lines.push(format!("  {}  {:<7} {text}", truth_word(clause.outcome), clause_word(clause.kind)));
    if clause.outcome == Truth::True {
        return;
    }
    for test in clause.tests.iter().filter(|test| matters(clause, test)) {
        let text = source_text(image, test.span);
        lines.push(format!("           {}  {text}", truth_word(test.outcome)));
        if !test.seen.is_empty() {
            lines.push(format!("                  seen    {}", styled(BOLD, escape::inline(&test.seen))));
        }
        if let Some(wanted) = &test.wanted {
            lines.push(format!(
                "                  wanted  {} {}",
                operator_text(test.operator),
                escape::inline(wanted)
            ));
        }
    }
}

/// Of a clause that is not true: the tests that are not what the clause needed.
fn matters(clause: &ClauseTrace, test: &TestTrace) -> bool {
    match clause.kind {
        // The clause is the negation of what is written: it failed because a test was true.
        ClauseKind::Unless => test.outcome != Truth::False,
        _ => test.outcome != Truth::True,
    }
}

/// Rules of the same call that were not the one explained, one line each.
fn other_lines(image: &BundleImage, title: &str, rules: &[RuleTrace], main: Option<RuleId>, lines: &mut Vec<String>) {
    let others: Vec<&RuleTrace> = rules.iter().filter(|trace| Some(trace.rule) != main).collect();
    if others.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(styled(DIM, title));
    for trace in others.iter().take(OTHERS_SHOWN) {
        lines.push(format!("  {}", other_line(image, trace)));
    }
    if others.len() > OTHERS_SHOWN {
        lines.push(styled(DIM, format!("  and {} more", others.len() - OTHERS_SHOWN)));
    }
}

fn other_line(image: &BundleImage, trace: &RuleTrace) -> String {
    let kind = image.rule(trace.rule).map_or("rule", |rule| rule.kind().word());
    let name = styled(NAME, rule_name(image, trace.rule));
    let failed = trace.first_failed.and_then(|index| trace.clauses.get(index));
    let why = match failed {
        Some(clause) if trace.outcome != Truth::True => {
            format!("  {} {}", clause_word(clause.kind), source_text(image, clause.span))
        }
        _ => String::new(),
    };
    format!("{}  {kind:<7} {name}{}", truth_word(trace.outcome), styled(DIM, why))
}

fn truth_word(truth: Truth) -> String {
    match truth {
        Truth::True => styled(GOOD, "true "),
        Truth::False => styled(BAD, "false"),
        Truth::Error(code) => styled(CAUTION, format!("error {}", code.name())),
        Truth::Unknown => styled(CAUTION, "unknown"),
    }
}

fn clause_word(kind: ClauseKind) -> &'static str {
    match kind {
        ClauseKind::Subject => "subject",
        ClauseKind::Where => "where",
        ClauseKind::When => "when",
        ClauseKind::Unless => "unless",
    }
}

/// An operator as policies write it.
fn operator_text(mnemonic: &str) -> &str {
    match mnemonic {
        "eq" => "==",
        "ne" => "!=",
        "lt" => "<",
        "le" => "<=",
        "gt" => ">",
        "ge" => ">=",
        "in_range" => "in",
        "substring" => "containing",
        other => other,
    }
}

/// The explanation as JSON; the form is documented in `docs/cli.md`.
pub fn to_json(image: &BundleImage, why: &Why) -> Value {
    json!({
        "decision": decision::to_json(image, &why.decision),
        "summary": anstream::adapter::strip_str(&summary(image, why)).to_string(),
        "closest": why.closest.and_then(|id| image.rule(id)).map(Rule::id),
        "rules": why.rules.iter().map(|trace| rule_json(image, trace)).collect::<Vec<_>>(),
        "inner": why.inner.iter().map(|trace| rule_json(image, trace)).collect::<Vec<_>>(),
    })
}

fn rule_json(image: &BundleImage, trace: &RuleTrace) -> Value {
    let row = image.rule(trace.rule);
    json!({
        "id": row.map(Rule::id),
        "kind": row.map(|rule| rule.kind().word()),
        "place": row.map(|rule| place(image, &rule.span())),
        "outcome": truth_json(trace.outcome),
        "first_failed": trace.first_failed,
        "clauses": trace.clauses.iter().map(|clause| clause_json(image, clause)).collect::<Vec<_>>(),
    })
}

fn clause_json(image: &BundleImage, clause: &ClauseTrace) -> Value {
    let test = |test: &TestTrace| {
        json!({
            "operator": test.operator,
            "outcome": truth_json(test.outcome),
            "seen": test.seen,
            "wanted": test.wanted,
            "text": source_text(image, test.span),
        })
    };
    json!({
        "kind": clause_word(clause.kind),
        "outcome": truth_json(clause.outcome),
        "text": source_text(image, clause.span),
        "line": clause.span.line,
        "tests": clause.tests.iter().map(test).collect::<Vec<_>>(),
    })
}

fn truth_json(truth: Truth) -> Value {
    match truth {
        Truth::True => json!("true"),
        Truth::False => json!("false"),
        Truth::Unknown => json!("unknown"),
        Truth::Error(code) => json!(format!("error {}", code.name())),
    }
}
