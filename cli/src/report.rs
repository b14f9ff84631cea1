//! `mcpz build --report`: what a decision costs, and which rules defeat the index.

use crate::escape;
use crate::output::{BAD, BOLD, DIM, GOOD, NAME, styled};
use crate::shell::Shell;
use mcpz_compiler::Build;
use mcpz_compiler::decision::tree::patterns::{MAX_GROUP_BYTES, MAX_PASSES};
use mcpz_compiler::decision::tree::{ADVICE, Cause, Report, Unindexed, report};
use mcpz_compiler::hir::{Program, RuleId};
use mcpz_compiler::lower::display::{place, scope_text, slot_text};
use serde_json::{Value, json};

/// Most rules of a group that are named on a terminal; JSON has them all.
const MAX_NAMED: usize = 8;

/// The report of a build.
pub fn of(program: &Program, build: &Build) -> Report {
    report(program, &build.graph, &build.rules)
}

/// Prints a report.
pub fn print(report: &Report, build: &Build, program: &Program, shell: &mut Shell) {
    let out = &mut shell.out;
    out.line(styled(BOLD, "entry points"));
    for entry in &build.graph.entries {
        let name = escape::inline(&scope_text(program, &entry.scope));
        let rules = entry.rows.len();
        out.line(format!("  {name:<44} {rules:>6} rules, at most {} tests", entry.tests));
    }
    out.line(format!("  {}", styled(DIM, format!("{} nodes, {} rows in leaves", report.nodes, report.rows))));
    if !report.fields.is_empty() {
        out.line("");
        out.line(format!(
            "{}  {}",
            styled(BOLD, "patterns"),
            styled(DIM, format!("passes over a text, of at most {MAX_PASSES}; {MAX_GROUP_BYTES} bytes each"))
        ));
    }
    for field in &report.fields {
        let name =
            escape::inline(&format!("{} of {}", slot(build, program, field.slot), scope_text(program, &field.scope)));
        let (patterns, passes, bytes) = (field.patterns, field.passes, field.bytes);
        out.line(format!("  {name:<44} {patterns:>6} patterns, {passes} passes, {bytes} bytes"));
    }
    out.line("");
    if report.unindexed.is_empty() {
        out.line(format!("{} every rule is found by what it looks at", styled(GOOD, "indexed")));
    }
    for found in &report.written_out {
        let name = program.predicates.get(found.predicate.index()).map_or("", |predicate| predicate.name.as_str());
        let (rules, parts) = (found.rules.len(), found.parts);
        let what = format!("predicate {}, {parts} parts in each of {rules} rules", escape::inline(name));
        out.line(format!("{} {what}", styled(BAD, "written out")));
        out.line(format!("  {}", styled(DIM, ADVICE)));
    }
    for group in &report.unindexed {
        let scope = escape::inline(&scope_text(program, &group.scope));
        let (stage, together) = (group.stage.word(), group.together);
        let others = match group.others {
            0 => String::new(),
            1 => " and one more entry point".to_owned(),
            others => format!(" and {others} more entry points"),
        };
        out.line(format!("{} {together} {stage} of {scope}{others} are tested one by one", styled(BAD, "unindexed")));
        for (cause, rules) in by_cause(group) {
            out.line(format!("  {}: {}", cause.text(), named(program, &rules)));
            out.line(format!("  {}", styled(DIM, cause.advice())));
        }
    }
}

/// A report as data.
pub fn to_json(report: &Report, build: &Build, program: &Program) -> Value {
    let entries: Vec<Value> = build
        .graph
        .entries
        .iter()
        .map(
            |entry| json!({"name": scope_text(program, &entry.scope), "rules": entry.rows.len(), "tests": entry.tests}),
        )
        .collect();
    let fields: Vec<Value> = report
        .fields
        .iter()
        .map(|field| {
            json!({
                "entry": scope_text(program, &field.scope),
                "field": slot(build, program, field.slot),
                "patterns": field.patterns,
                "passes": field.passes,
                "bytes": field.bytes,
            })
        })
        .collect();
    let unindexed: Vec<Value> = report.unindexed.iter().map(|group| group_json(group, program)).collect();
    let written_out: Vec<Value> = report
        .written_out
        .iter()
        .map(|found| {
            let name = program.predicates.get(found.predicate.index()).map(|predicate| predicate.name.as_str());
            json!({"predicate": name, "parts": found.parts, "rules": found.rules.len(), "advice": ADVICE})
        })
        .collect();
    json!({
        "entries": entries,
        "fields": fields,
        "unindexed": unindexed,
        "written_out": written_out,
        "nodes": report.nodes,
        "rows": report.rows,
    })
}

fn group_json(group: &Unindexed, program: &Program) -> Value {
    let rules: Vec<Value> = group
        .rules
        .iter()
        .filter_map(|(rule, cause)| {
            let source = program.rules.get(rule.index())?;
            let at = place(program, source.head_span);
            Some(json!({"rule": source.id, "at": at, "cause": cause.text(), "advice": cause.advice()}))
        })
        .collect();
    json!({
        "entry": scope_text(program, &group.scope),
        "others": group.others,
        "stage": group.stage.word(),
        "together": group.together,
        "rules": rules,
    })
}

/// The rules of a group by why they are there.
fn by_cause(group: &Unindexed) -> Vec<(Cause, Vec<RuleId>)> {
    let mut found: Vec<(Cause, Vec<RuleId>)> = Vec::new();
    for (rule, cause) in &group.rules {
        match found.iter_mut().find(|(known, _)| known == cause) {
            Some((_, rules)) => rules.push(*rule),
            None => found.push((*cause, vec![*rule])),
        }
    }
    found
}

/// Rules by id and place.
fn named(program: &Program, rules: &[RuleId]) -> String {
    let name = |rule: &RuleId| {
        let source = program.rules.get(rule.index())?;
        Some(format!(
            "{} {}",
            styled(NAME, escape::inline(&source.id)),
            escape::inline(&place(program, source.head_span))
        ))
    };
    let mut text = rules.iter().take(MAX_NAMED).filter_map(name).collect::<Vec<_>>().join(", ");
    if rules.len() > MAX_NAMED {
        text.push_str(&format!(" and {} more", rules.len() - MAX_NAMED));
    }
    text
}

fn slot(build: &Build, program: &Program, id: mcpz_compiler::lower::term::SlotId) -> String {
    build.rules.tables.slots.rows().get(id.index()).map_or_else(String::new, |slot| slot_text(program, slot))
}
