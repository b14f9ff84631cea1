//! `as analyst { claims.customers: ["c1"] }`, `as copilot acting for analyst`, `as anonymous`.

use super::values::value_of;
use crate::check::context::Context;
use crate::check::literal;
use crate::check::principals::{claims_of, sources_of};
use crate::diagnostics::codes::{e0317, e0331, e0503, e0507};
use crate::diagnostics::suggest;
use crate::hir::{ClassId, Literal, PrincipalKind, Span, TestLink};
use crate::resolve::names;
use crate::types::Type;
use mcpz_syntax::ast;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The chain of callers, outermost first.
pub(super) fn chain(cx: &mut Context<'_>, line: &ast::AsLine) -> Option<Vec<TestLink>> {
    if line.is_anonymous() {
        return Some(Vec::new());
    }
    let caller = line.caller()?;
    let first = link(cx, &caller);
    let Some(principal) = line.acting_for() else { return Some(vec![first?]) };
    let second = link(cx, &principal);
    let (first, second) = (first?, second?);
    if kind(cx, first.class) == Some(PrincipalKind::User) {
        let name = cx.program().classes.get(first.class.index()).map(|class| class.name.clone()).unwrap_or_default();
        let message = format!("`{name}` is a user, and only agents act for others");
        cx.report(e0507::bad_chain(first.span, &message, "put the agent first: `as AGENT acting for USER`"));
        return None;
    }
    Some(vec![first, second])
}

fn kind(cx: &Context<'_>, class: ClassId) -> Option<PrincipalKind> {
    cx.program().classes.get(class.index()).map(|class| class.kind)
}

/// One instance of a class.
fn link(cx: &mut Context<'_>, instance: &ast::SubjectInstance) -> Option<TestLink> {
    let path = instance.path()?;
    let segments = names(cx.place, &path);
    let class = cx.unit.symbols.class(cx.place, &segments, cx.sink)?;
    let mut claims = Vec::new();
    let mut seen: BTreeMap<SmolStr, Span> = BTreeMap::new();
    let mut broken = false;
    for field in instance.record().map(|record| record.fields()).unwrap_or_default() {
        let span = cx.span_of(&field);
        let Some((name, value)) = claim(cx, class, &field) else {
            broken = true;
            continue;
        };
        if let Some(first) = seen.insert(name.clone(), span) {
            cx.report(e0331::duplicate_key(span, &name, first));
            broken = true;
        }
        claims.push((name, value));
    }
    (!broken).then(|| TestLink { class, claims, span: cx.span_of(instance) })
}

/// One claim or fact of an instance.
fn claim(cx: &mut Context<'_>, class: ClassId, field: &ast::RecordField) -> Option<(SmolStr, Literal)> {
    let key = field.key();
    let value = field.value()?;
    let words: Vec<&str> = key.iter().map(|ident| ident.text.as_str()).collect();
    let key_span = key.iter().map(|ident| ident.range).reduce(|a, b| a.cover(b)).map(|range| cx.span(range))?;
    match words.as_slice() {
        ["claims", name] => {
            let span = cx.span(key.get(1)?.range);
            let ty = claim_type(cx, class, name, span)?;
            Some((SmolStr::new(name), value_of(cx, &value, &ty)?))
        }
        ["spiffe"] => {
            let id = value_of(cx, &value, &Type::String)?;
            let span = cx.span_of(&value);
            if let Literal::String(text) = &id
                && let Err(error) = literal::spiffe_id(text)
            {
                cx.report(e0317::bad_literal(span, span, &error));
                return None;
            }
            Some((SmolStr::new("spiffe"), id))
        }
        ["uid"] => Some((SmolStr::new("uid"), value_of(cx, &value, &Type::Int)?)),
        _ => {
            let known = known_claims(cx, class);
            let bare = words.first().filter(|word| words.len() == 1 && known.iter().any(|known| known == *word));
            let error = e0503::bad_key(key_span, &words.join("."));
            cx.report(match bare {
                Some(word) => error.fix_edit(format!("write `claims.{word}`"), key_span, format!("claims.{word}")),
                None => error,
            });
            None
        }
    }
}

fn known_claims(cx: &Context<'_>, class: ClassId) -> Vec<SmolStr> {
    let claims = claims_of(cx.program(), &sources_of(cx.program(), class));
    claims.map(|claims| claims.fields.keys().cloned().collect()).unwrap_or_default()
}

/// The type of a claim, optional or not: a test that gives it, gives a value or `null`.
fn claim_type(cx: &mut Context<'_>, class: ClassId, name: &str, span: Span) -> Option<Type> {
    let sources = sources_of(cx.program(), class);
    if sources.is_empty() {
        return None;
    }
    let claims = claims_of(cx.program(), &sources).unwrap_or_default();
    if let Some(ty) = claims.fields.get(name) {
        return Some(ty.clone());
    }
    let known: Vec<SmolStr> = claims.fields.keys().cloned().collect();
    let near = suggest::nearest(name, &known).map(|near| suggest::as_written(&near));
    cx.report(e0503::unknown_claim(span, name, near.as_deref(), &suggest::listing(&known)));
    None
}
