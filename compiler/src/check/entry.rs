//! Entry points: constants, conditions of classes, hints, and the bodies of everything else.

use super::context::Context;
use super::expr::{checked, condition, infer};
use super::principals::{claims_of, sources_of};
use super::rule::{check_rule, duration_of};
use super::scope::{Credential, Env, Known, Local, Scope};
use super::testing;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0302, e0307, e0330};
use crate::diagnostics::suggest;
use crate::hir::{ClassId, CredentialSource, Expr, ExprKind, IssuerId, Monitor, Predicate, Program, ToolHints};
use crate::resolve::{Place, Unit};
use crate::types::{RecordType, Type};
use mcpz_syntax::ast::{self, BinaryOp};
use mcpz_syntax::literal::LiteralValue;
use std::collections::BTreeSet;

/// What a class's condition may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionKind {
    /// Claims of an issuer.
    Issuer(IssuerId),
    /// A SPIFFE id.
    Mtls,
    /// A local peer.
    Local,
    /// What the base of a role reads.
    Role(ClassId),
}

/// Types the values of constants, in order; a constant only refers to constants before it.
pub fn check_consts(unit: &Unit, sink: &mut Vec<Diagnostic>) -> Vec<Option<Expr>> {
    let mut next_var = unit.next_var;
    let mut values: Vec<Option<Expr>> = Vec::with_capacity(unit.consts.len());
    let scope = Scope::closed(
        "a constant is fixed when the policy is compiled",
        "write a literal, or a predicate with parameters",
    );
    for declared in &unit.consts {
        let value = match declared.ast.value() {
            Some(value) if !declared.circular => {
                let mut cx = Context::new(unit, &values, declared.place, &mut next_var, sink);
                constant(&mut cx, &scope, &value, declared.declared.as_ref())
            }
            _ => None,
        };
        values.push(value);
    }
    values
}

/// The value of a constant: a literal, or a range of literals.
fn constant(cx: &mut Context<'_>, scope: &Scope, value: &ast::Expr, declared: Option<&Type>) -> Option<Expr> {
    let env = Env::new(scope);
    let typed = match declared {
        Some(ty) => checked(cx, &env, value, ty),
        None => infer(cx, &env, value, None),
    };
    if typed.ty == Type::Error {
        return None;
    }
    if !is_constant(&typed) {
        cx.report(e0330::not_constant(typed.span, "the value of a constant"));
        return None;
    }
    Some(typed)
}

fn is_constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Range { low, high, .. } => low.iter().chain(high).all(|bound| is_constant(bound)),
        _ => false,
    }
}

/// Types the condition of a user, agent or role.
pub fn check_condition(
    unit: &Unit,
    place: Place,
    expr: &ast::Expr,
    kind: ConditionKind,
    sink: &mut Vec<Diagnostic>,
) -> Option<Expr> {
    let mut next_var = unit.next_var;
    let mut scope = Scope::closed(
        "the condition of a class sees one credential, not a request",
        "write `claims`, `spiffe` or `uid`; put the rest in a rule's clause",
    );
    scope.credential = Known::Yes(credential(&unit.program, kind));
    let mut cx = Context::new(unit, &unit.const_values, place, &mut next_var, sink);
    let typed = condition(&mut cx, &Env::new(&scope), expr);
    (typed.ty != Type::Error).then_some(typed)
}

/// What a class's credential has.
fn credential(program: &Program, kind: ConditionKind) -> Credential {
    let sources: BTreeSet<CredentialSource> = match kind {
        ConditionKind::Issuer(issuer) => [CredentialSource::Issuer(issuer)].into(),
        ConditionKind::Mtls => [CredentialSource::Mtls].into(),
        ConditionKind::Local => [CredentialSource::Local].into(),
        ConditionKind::Role(base) => sources_of(program, base),
    };
    let only = |wanted: CredentialSource, help: &'static str| {
        if !sources.is_empty() && sources.iter().all(|source| *source == wanted) {
            Known::Yes(())
        } else {
            Known::no("this credential does not have it", help)
        }
    };
    // A base in error has no sources, and nothing is said of its claims.
    let claims: Known<RecordType> = match claims_of(program, &sources) {
        Some(claims) => Known::Yes(claims),
        None if sources.is_empty() => Known::Broken,
        None => {
            Known::no("this credential is no token", "`spiffe` is in certificates, `uid` belongs to local processes")
        }
    };
    Credential {
        claims,
        spiffe: only(CredentialSource::Mtls, "`spiffe` is known of identities `from mtls`"),
        uid: only(CredentialSource::Local, "`uid` is known of identities `from local`"),
    }
}

/// Types everything else: predicates, rules, tests, assertions.
pub fn check_bodies(unit: &Unit, program: &mut Program, sink: &mut Vec<Diagnostic>) {
    let mut next_var = unit.next_var;
    predicates(unit, program, &mut next_var, sink);
    for head in &unit.rules {
        let mut cx = Context::new(unit, &unit.const_values, head.place, &mut next_var, sink);
        if let Some(rule) = check_rule(&mut cx, head) {
            program.rules.push(rule);
        }
    }
    testing::check_tests(unit, program, &mut next_var, sink);
    testing::check_asserts(unit, program, &mut next_var, sink);
    monitors(unit, program, &mut next_var, sink);
}

/// Checks the names and durations of monitors; they get their meaning later.
fn monitors(unit: &Unit, program: &mut Program, next_var: &mut u32, sink: &mut Vec<Diagnostic>) {
    let mut scope =
        Scope::closed("a monitor sees what happened, not one request", "ask `count`, `sum`, `sequence` or `novel`");
    scope.caller = Known::Yes(());
    scope.monitor = true;
    for monitor in &unit.monitors {
        let mut cx = Context::new(unit, &unit.const_values, monitor.place, next_var, sink);
        let env = Env::new(&scope);
        if let Some(expr) = monitor.ast.condition() {
            let _ = condition(&mut cx, &env, &expr);
        }
        for response in monitor.ast.responses() {
            let duration = match &response {
                ast::Response::Alert(_) => None,
                ast::Response::Quarantine(quarantine) => quarantine.duration(),
                ast::Response::Isolate(isolate) => isolate.duration(),
            };
            if let Some(duration) = duration {
                let _ = duration_of(&mut cx, &env, &duration, "how long a response lasts");
            }
        }
        if let Some(name) = monitor.ast.name() {
            let span = monitor.place.of(&monitor.ast);
            program.monitors.push(Monitor { name: name.text.into(), span });
        }
    }
}

/// Types the bodies of predicates.
fn predicates(unit: &Unit, program: &mut Program, next_var: &mut u32, sink: &mut Vec<Diagnostic>) {
    for (row, declared) in unit.predicates.iter().enumerate() {
        let Some(body) = declared.ast.body() else { continue };
        if declared.circular {
            continue;
        }
        let mut scope =
            Scope::closed("a predicate sees its parameters", "give it a parameter: `predicate p(x: string) = ...`");
        scope.request = Known::Yes(());
        let mut env = Env::new(&scope);
        for (name, var, ty) in &declared.parameters {
            env.locals.push(Local { name: name.text.clone(), var: *var, ty: ty.clone(), from_args: false });
        }
        let mut cx = Context::new(unit, &unit.const_values, declared.place, next_var, sink);
        let typed = condition(&mut cx, &env, &body);
        if let Some(Predicate { body, .. }) = program.predicates.get_mut(row) {
            *body = typed;
        }
    }
}

/// Evaluates a condition over the hints of a tool: `hints.destructive and not hints.idempotent`.
/// `None` when it is no condition over hints, which is reported.
pub fn hints_condition(
    unit: &Unit,
    place: Place,
    expr: &ast::Expr,
    hints: &ToolHints,
    sink: &mut Vec<Diagnostic>,
) -> Option<bool> {
    let mut next_var = unit.next_var;
    let mut cx = Context::new(unit, &unit.const_values, place, &mut next_var, sink);
    hint_value(&mut cx, expr, hints)
}

fn hint_value(cx: &mut Context<'_>, expr: &ast::Expr, hints: &ToolHints) -> Option<bool> {
    match expr {
        ast::Expr::Path(path) => hint(cx, path, hints),
        ast::Expr::Not(not) => hint_value(cx, &not.operand()?, hints).map(|value| !value),
        ast::Expr::And(and) => {
            let sides: Vec<Option<bool>> = and.operands().iter().map(|side| hint_value(cx, side, hints)).collect();
            sides.into_iter().try_fold(true, |all, side| Some(all & side?))
        }
        ast::Expr::Or(or) => {
            let sides: Vec<Option<bool>> = or.operands().iter().map(|side| hint_value(cx, side, hints)).collect();
            sides.into_iter().try_fold(false, |any, side| Some(any | side?))
        }
        ast::Expr::Literal(literal) => match literal.value() {
            Ok(LiteralValue::Bool(value)) => Some(value),
            _ => refuse_hint(cx, expr),
        },
        ast::Expr::Binary(binary) => {
            let op = binary.op()?;
            let (left, right) = (hint_value(cx, &binary.lhs()?, hints), hint_value(cx, &binary.rhs()?, hints));
            match op {
                BinaryOp::Eq => Some(left? == right?),
                BinaryOp::NotEq => Some(left? != right?),
                _ => refuse_hint(cx, expr),
            }
        }
        _ => refuse_hint(cx, expr),
    }
}

fn refuse_hint(cx: &mut Context<'_>, expr: &ast::Expr) -> Option<bool> {
    let span = cx.span_of(expr);
    let help = "hints are `hints.read_only`, `hints.destructive`, `hints.idempotent` and `hints.open_world`, \
                joined with `and`, `or` and `not`";
    cx.report(e0302::mismatch(span, "condition over hints", &Type::Json).help(help));
    None
}

/// `hints.destructive`
fn hint(cx: &mut Context<'_>, path: &ast::Path, hints: &ToolHints) -> Option<bool> {
    let known = [
        ("destructive", hints.destructive),
        ("idempotent", hints.idempotent),
        ("open_world", hints.open_world),
        ("read_only", hints.read_only),
    ];
    let segments = path.segments();
    let (Some(first), Some(second), 2) = (segments.first(), segments.get(1), segments.len()) else {
        return refuse_hint(cx, &ast::Expr::Path(path.clone()));
    };
    if first.text != "hints" {
        return refuse_hint(cx, &ast::Expr::Path(path.clone()));
    }
    let found = known.iter().find(|(name, _)| *name == second.text).map(|(_, value)| *value);
    if found.is_none() {
        let names = known.iter().map(|(name, _)| *name);
        let near = suggest::nearest(&second.text, names.clone());
        let span = cx.span(second.range);
        cx.report(e0307::unknown_field(span, &second.text, "`hints`", near.as_deref(), &suggest::listing(names)));
    }
    found
}
