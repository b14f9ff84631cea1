//! `assert`: typed as a rule would be, so that the prover can rely on its names and types.

use super::unique_name;
use crate::check::context::Context;
use crate::check::rule::{approval_count, approver_classes, clauses, test_scope};
use crate::diagnostics::Diagnostic;
use crate::hir::{Assert, Program, Span};
use crate::resolve::{self, Placed, RuleVerb, Unit};
use mcpz_syntax::ast::{self, RuleParts, Without};
use std::collections::BTreeMap;

/// Types the assertions of all packages.
pub(crate) fn check_asserts(unit: &Unit, program: &mut Program, next_var: &mut u32, sink: &mut Vec<Diagnostic>) {
    let mut names: BTreeMap<(u32, String), Span> = BTreeMap::new();
    for Placed { place, ast } in &unit.asserts {
        let mut own: BTreeMap<String, Span> = BTreeMap::new();
        for ((package, name), span) in &names {
            if *package == place.package.0 {
                own.insert(name.clone(), *span);
            }
        }
        let mut cx = Context::new(unit, &unit.const_values, *place, next_var, sink);
        unique_name(&mut cx, "assertion", ast.text(), &mut own);
        names.extend(own.into_iter().map(|(name, span)| ((place.package.0, name), span)));
        if let Some(assertion) = assertion(&mut cx, ast) {
            program.asserts.push(assertion);
        }
    }
}

/// One assertion.
fn assertion(cx: &mut Context<'_>, ast: &ast::Assert) -> Option<Assert> {
    let subject = ast.subject().and_then(|subject| resolve::subject(cx.unit, cx.place, &subject, cx.sink));
    let actions = resolve::actions(&ast.actions(), RuleVerb::Forbid, subject.as_ref());
    let targets = resolve::targets(cx.unit, cx.place, &ast.targets(), &actions, cx.sink);
    let known = targets.ok.then_some(&targets.targets);
    let scope = test_scope(cx.program(), &actions, known, subject.as_ref(), false);
    let _ = clauses(cx, &scope, &ast.clauses());
    for without in ast.without() {
        if let Without::Approval(approval) = without {
            let approvers = approval.approvers()?;
            let _ = approval_count(cx, &approvers);
            let _ = approver_classes(cx, &approvers);
        }
    }
    Some(Assert { title: ast.text()?.text().to_owned(), span: cx.span_of(ast) })
}
