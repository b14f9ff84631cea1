//! Completions of the records of tests: claims of the caller, parameters of the call, fields of the context.

use super::context::Context;
use super::item::{Completion, CompletionKind};
use super::values::parameter;
use crate::names;
use crate::types::context;
use mcpz_compiler::check;
use mcpz_compiler::diagnostics::suggest::as_written;
use mcpz_compiler::hir::{ClassDefinition, ClassId, CredentialSource};
use mcpz_compiler::resolve::symbols::{Entity, Kind};
use mcpz_compiler::types::{RecordType, Type};
use mcpz_syntax::ast::{AstNode, RecordExpr, SubjectInstance};
use mcpz_syntax::{SyntaxKind, SyntaxNode};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Completes keys of records in tests. Whether the cursor is at one.
pub fn complete(cx: &Context<'_>, items: &mut Vec<Completion>) -> bool {
    let Some(key) = cx.around(&[SyntaxKind::RecordKey]) else { return false };
    let record = key.ancestors().find(|node| node.kind() == SyntaxKind::RecordExpr);
    let Some(record) = record else { return false };
    let Some(owner) = record.parent() else { return false };
    match owner.kind() {
        SyntaxKind::SubjectInstance => claims(cx, &owner, items),
        SyntaxKind::ActLine => arguments(cx, &record, items),
        SyntaxKind::GivenContext => fields(cx, &context(cx.package), items),
        _ => nested(cx, &record, items),
    }
    true
}

/// Keys that a record has already.
fn taken(record: &SyntaxNode) -> BTreeSet<String> {
    let fields = RecordExpr::cast(record.clone()).map(|record| record.fields()).unwrap_or_default();
    fields.iter().filter_map(|field| Some(field.key().first()?.text.clone())).collect()
}

fn arguments(cx: &Context<'_>, record: &SyntaxNode, items: &mut Vec<Completion>) {
    let Some(args) = cx.facts.args.as_ref().or(cx.facts.prompt_args.as_ref()) else { return };
    let taken = taken(record);
    for (name, ty) in args.fields.iter().filter(|(name, _)| !taken.contains(name.as_str())) {
        let rank = if ty.is_optional() { 12 } else { 10 };
        let item = Completion::new(as_written(name), CompletionKind::Field, cx.replace.clone()).rank(rank);
        let insert = format!("{}: ", as_written(name));
        items.push(parameter(cx, item, name, ty).insert(insert));
    }
}

/// Keys of a record inside the arguments.
fn nested(cx: &Context<'_>, record: &SyntaxNode, items: &mut Vec<Completion>) {
    let mut path: Vec<SmolStr> = Vec::new();
    for field in record.ancestors().filter(|node| node.kind() == SyntaxKind::RecordField) {
        let key = field.children().find(|child| child.kind() == SyntaxKind::RecordKey);
        path.extend(key.map(|key| SmolStr::new(key.text().to_string().trim_matches('"'))));
    }
    path.reverse();
    let Some(args) = cx.facts.args.clone() else { return };
    let reached = path.iter().try_fold(Type::Record(args), |ty, name| match check::field_type(&ty, name)?.required() {
        Type::List(inner) | Type::Set(inner) => Some((**inner).clone()),
        other => Some(other.clone()),
    });
    if let Some(Type::Record(record)) = reached {
        fields(cx, &record, items);
    }
}

fn fields(cx: &Context<'_>, record: &RecordType, items: &mut Vec<Completion>) {
    for (name, ty) in &record.fields {
        let item = Completion::new(as_written(name), CompletionKind::Field, cx.replace.clone())
            .detail(ty.to_string())
            .rank(10);
        items.push(item.insert(format!("{}: ", as_written(name))));
    }
}

/// `claims.groups` of the caller's class.
fn claims(cx: &Context<'_>, owner: &SyntaxNode, items: &mut Vec<Completion>) {
    let path = SubjectInstance::cast(owner.clone()).and_then(|instance| instance.path());
    let Some(name) = path.and_then(|path| path.segments().last().map(|ident| ident.text.clone())) else { return };
    let classes = names::visible(cx.package, cx.source, &[Kind::Class]);
    let Some(Entity::Class(id)) = classes.into_iter().find(|seen| seen.name == name.as_str()).map(|seen| seen.entity)
    else {
        return;
    };
    let sources = sources(cx, id, 0);
    let after_claims = cx.qualifier.first().is_some_and(|first| first == "claims");
    for source in sources {
        match source {
            CredentialSource::Issuer(issuer) => {
                let Some(issuer) = cx.package.index.program.issuers.get(issuer.index()) else { continue };
                for (name, ty) in &issuer.claims.fields {
                    let label = if after_claims { as_written(name) } else { format!("claims.{}", as_written(name)) };
                    let item = Completion::new(label.clone(), CompletionKind::Field, cx.replace.clone())
                        .detail(ty.to_string());
                    items.push(item.insert(format!("{label}: ")).rank(10));
                }
            }
            CredentialSource::Mtls => items.push(key(cx, "spiffe", "string")),
            CredentialSource::Local => items.push(key(cx, "uid", "int")),
        }
    }
}

fn key(cx: &Context<'_>, name: &str, detail: &str) -> Completion {
    Completion::new(name, CompletionKind::Field, cx.replace.clone()).detail(detail).insert(format!("{name}: ")).rank(10)
}

/// Where credentials of a class come from. Classes only refer to earlier ones, so this ends.
fn sources(cx: &Context<'_>, id: ClassId, depth: usize) -> Vec<CredentialSource> {
    let Some(class) = cx.package.index.program.classes.get(id.index()).filter(|_| depth < 64) else {
        return Vec::new();
    };
    let mut found = match &class.definition {
        ClassDefinition::Identity { source, .. } => vec![*source],
        ClassDefinition::Narrow { base, .. } => sources(cx, *base, depth + 1),
        ClassDefinition::Join(members) => members.iter().flat_map(|member| sources(cx, *member, depth + 1)).collect(),
    };
    found.sort();
    found.dedup();
    found
}
