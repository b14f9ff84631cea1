//! The page of rules: each with its documentation, its text, and the tests that name it.

use super::page::{Site, anchor, at, docs, is_conditional, item_source, kind_class, source, subject};
use crate::durations::duration_text;
use crate::formats::markup;
use mcpz_compiler::hir::canonical::{grant_name, targets_text};
use mcpz_compiler::hir::{Grant, GrantId, Program, Rule};
use mcpz_compiler::lower::display::kind_word;
use std::fmt::Write;

/// The page.
pub fn body(site: &Site) -> String {
    let program = site.program;
    let mut out = String::from(
        "<p>The order of rules means nothing. A call goes through when some permit is true, no forbid is, and what the others ask \
         for is met; what no rule names is denied.</p>\n",
    );
    if !program.grants.is_empty() {
        out.push_str("<h2>Grants</h2>\n<p>Doors that are closed until somebody opens them, for a while.</p>\n");
        for (index, grant) in program.grants.iter().enumerate() {
            grant_section(&mut out, program, GrantId::new(index), grant);
        }
        out.push_str("<h2>Rules</h2>\n");
    }
    for rule in &program.rules {
        section(&mut out, program, rule);
    }
    out
}

fn section(out: &mut String, program: &Program, rule: &Rule) {
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<section id=\"{}\" class=\"rule {}\">\n<h3><span class=\"kind\">{}</span> {}{} {}</h3>\n{}",
        anchor("rule", &rule.id),
        kind_class(&rule.kind),
        kind_word(&rule.kind),
        markup(&rule.id),
        if rule.shadow { " <span class=\"quiet\">shadow: watched, not enforced</span>" } else { "" },
        at(program, rule.span),
        docs(&rule.docs),
    );
    let _ = writeln!(out, "<dl><dt>who</dt><dd>{}</dd>", subject(program, &rule.subject));
    if let Some(for_subject) = &rule.for_subject {
        let _ = writeln!(out, "<dt>for</dt><dd>{}</dd>", subject(program, for_subject));
    }
    let _ = writeln!(out, "<dt>what</dt><dd>{}</dd>", what(program, rule));
    let when = if is_conditional(rule) { "under the conditions below" } else { "always" };
    let _ = writeln!(out, "<dt>when</dt><dd>{when}</dd>");
    if let Some(grant) = rule.grant {
        let name = grant_name(program, grant);
        let _ = writeln!(out, "<dt>grant</dt><dd><a href=\"#{}\">{}</a></dd>", anchor("grant", &name), markup(&name));
    }
    for (word, value) in [("message", rule.message.as_deref()), ("severity", rule.severity.as_deref())] {
        if let Some(value) = value {
            let _ = writeln!(out, "<dt>{word}</dt><dd>{}</dd>", markup(value));
        }
    }
    let tests = named_by(program, &rule.id);
    let _ = writeln!(out, "<dt>tests</dt><dd>{}</dd></dl>", if tests.is_empty() { NO_TESTS.to_owned() } else { tests });
    out.push_str(&source(program, rule.span));
    out.push_str("</section>\n");
}

const NO_TESTS: &str = "<span class=\"quiet\">no test expects this rule by name</span>";

/// Actions and targets of a rule; what servers ask of clients names none.
pub fn what(program: &Program, rule: &Rule) -> String {
    let actions: Vec<&str> = rule.actions.iter().map(|action| action.word()).collect();
    let targets = targets_text(program, &rule.targets);
    let targets = markup(targets.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(&targets));
    format!("{} <code>{targets}</code>", actions.join(", "))
}

/// The tests that expect a rule.
fn named_by(program: &Program, id: &str) -> String {
    let expects = |test: &&mcpz_compiler::hir::Test| test.expect.iter().any(|line| line.by.as_deref() == Some(id));
    let titles: Vec<String> = program.tests.iter().filter(expects).map(|test| markup(&test.title)).collect();
    titles.join("; ")
}

fn grant_section(out: &mut String, program: &Program, id: GrantId, grant: &Grant) {
    let name = grant_name(program, id);
    let approvers: Vec<String> = grant.approvers.iter().map(|class| super::page::class_link(program, *class)).collect();
    let approvers =
        if approvers.is_empty() { "nobody: whoever may hold it opens it".to_owned() } else { approvers.join(" or ") };
    let _ = write!(
        out,
        "<section id=\"{}\" class=\"rule grant\">\n<h3><span class=\"kind\">grant</span> {} {}</h3>\n<dl>\
         <dt>to</dt><dd>{}</dd><dt>for at most</dt><dd>{}</dd><dt>opened by</dt><dd>{approvers}</dd></dl>\n{}</section>\n",
        anchor("grant", &name),
        markup(&name),
        at(program, grant.span),
        subject(program, &grant.subject),
        markup(&duration_text(grant.at_most_ms)),
        item_source(program, grant.span),
    );
}
