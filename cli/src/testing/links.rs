//! `as analyst { claims.customers: ["c1"] }`: from an instance of a class to a credential.
//!
//! A test says who asks by class and gives the claims that matter to it. What else the class's
//! conditions want is completed where it is evident: a claim compared with a literal by `==`, `like`,
//! `contains` or `in`, or a boolean claim that must be true. A claim that the author gave is never touched.
//! Claims that the issuer makes mandatory and nobody gave become empty values of their type.

use super::json;
use mcpz_compiler::hir::{
    ClassDefinition, ClassId, Comparison, CredentialSource, Expr, ExprKind, Literal, PrincipalKind, Program, Root,
    TestLink,
};
use mcpz_compiler::types::Type;
use mcpz_runtime::principal::{Link, LinkKind, LinkSource};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Facts about a link that is being completed.
#[derive(Default)]
struct Draft {
    claims: Map<String, Value>,
    given: BTreeSet<String>,
    spiffe: Option<String>,
    uid: Option<i64>,
}

/// The credential of one link.
pub fn link(program: &Program, test_link: &TestLink) -> Link {
    let mut draft = Draft::default();
    for (name, literal) in &test_link.claims {
        draft.give(name, literal);
    }
    let (source, kind) = complete(program, test_link.class, &mut draft);
    let source = match source {
        CredentialSource::Issuer(issuer) => {
            let row = program.issuers.get(issuer.index());
            if let Some(issuer) = row {
                mandatory(&issuer.claims.fields, kind, &mut draft);
            }
            LinkSource::Issuer(row.map_or_else(String::new, |issuer| issuer.name.to_string()))
        }
        CredentialSource::Mtls => LinkSource::Mtls { spiffe: draft.spiffe.unwrap_or_default() },
        CredentialSource::Local => LinkSource::Local { uid: draft.uid.unwrap_or_default() },
    };
    let kind = match kind {
        PrincipalKind::User => LinkKind::User,
        PrincipalKind::Agent => LinkKind::Agent,
    };
    Link { kind, source, claims: Value::Object(draft.claims).to_string() }
}

impl Draft {
    /// A claim or fact as the author gave it.
    fn give(&mut self, name: &str, literal: &Literal) {
        match (name, literal) {
            ("spiffe", Literal::String(id)) => self.spiffe = Some(id.clone()),
            ("uid", Literal::Int(uid)) => self.uid = Some(*uid),
            _ => {
                let name = name.strip_prefix("claims.").unwrap_or(name);
                self.claims.insert(name.to_owned(), json::value(literal));
                self.given.insert(name.to_owned());
            }
        }
    }

    /// A claim that a condition wants.
    fn want(&mut self, name: &str, value: Value) {
        if !self.given.contains(name) {
            self.claims.insert(name.to_owned(), value);
        }
    }

    /// An element that a condition wants in a claim that is a collection.
    fn want_element(&mut self, name: &str, element: Value) {
        if self.given.contains(name) {
            return;
        }
        let entry = self.claims.entry(name.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(items) = entry
            && !items.contains(&element)
        {
            items.push(element);
        }
    }
}

/// Completes what a class's definition wants, from the identity at its root outwards.
fn complete(program: &Program, class: ClassId, draft: &mut Draft) -> (CredentialSource, PrincipalKind) {
    let Some(row) = program.classes.get(class.index()) else {
        return (CredentialSource::Local, PrincipalKind::Agent);
    };
    match &row.definition {
        ClassDefinition::Identity { source, condition } => {
            satisfy(condition.as_ref(), draft);
            (*source, row.kind)
        }
        ClassDefinition::Narrow { base, condition } => {
            let root = complete(program, *base, draft);
            satisfy(condition.as_ref(), draft);
            root
        }
        ClassDefinition::Join(parts) => match parts.first() {
            Some(first) => complete(program, *first, draft),
            None => (CredentialSource::Local, row.kind),
        },
    }
}

fn satisfy(condition: Option<&Expr>, draft: &mut Draft) {
    let Some(condition) = condition else { return };
    match &condition.kind {
        ExprKind::And(parts) => parts.iter().for_each(|part| satisfy(Some(part), draft)),
        ExprKind::Or(parts) => satisfy(parts.first(), draft),
        ExprKind::Compare(Comparison::Eq, left, right) => equal(left, right, draft),
        ExprKind::Like(place, pattern) => {
            if let (Some(place), Some(text)) = (Place::of(place), pattern_instance(pattern)) {
                place.want(draft, Value::String(text));
            }
        }
        ExprKind::Contains(collection, element) => element_of(element, collection, draft),
        ExprKind::In(element, collection) => {
            if let (Some(place), ExprKind::Literal(Literal::List(items))) = (Place::of(element), &collection.kind) {
                if let Some(first) = items.first() {
                    place.want(draft, json::value(first));
                }
            } else {
                element_of(element, collection, draft);
            }
        }
        ExprKind::Coalesce(place, _) => satisfy(Some(place), draft),
        ExprKind::Root(_) | ExprKind::Field(..) => {
            if let Some(place) = Place::of(condition) {
                place.want(draft, Value::Bool(true));
            }
        }
        _ => {}
    }
}

fn equal(left: &Expr, right: &Expr, draft: &mut Draft) {
    for (place, literal) in [(left, right), (right, left)] {
        if let (Some(place), ExprKind::Literal(literal)) = (Place::of(place), &literal.kind) {
            place.want(draft, json::value(literal));
            return;
        }
    }
}

fn element_of(element: &Expr, collection: &Expr, draft: &mut Draft) {
    if let (Some(Place::Claim(name)), ExprKind::Literal(literal)) = (Place::of(collection), &element.kind) {
        draft.want_element(name, json::value(literal));
    }
}

/// A fact of a link that a condition names.
enum Place<'e> {
    Claim(&'e str),
    Spiffe,
    Uid,
}

impl Place<'_> {
    fn of(expr: &Expr) -> Option<Place<'_>> {
        match &expr.kind {
            ExprKind::Root(Root::LinkSpiffe) => Some(Place::Spiffe),
            ExprKind::Root(Root::LinkUid) => Some(Place::Uid),
            ExprKind::Field(base, name) if matches!(base.kind, ExprKind::Root(Root::LinkClaims)) => {
                Some(Place::Claim(name))
            }
            ExprKind::Coalesce(inner, _) => Place::of(inner),
            _ => None,
        }
    }

    fn want(&self, draft: &mut Draft, value: Value) {
        match self {
            Place::Claim(name) => draft.want(name, value),
            Place::Spiffe => draft.spiffe = draft.spiffe.take().or_else(|| value.as_str().map(str::to_owned)),
            Place::Uid => draft.uid = draft.uid.or_else(|| value.as_i64()),
        }
    }
}

/// A text that a glob matches: `user:*` gives `user:test`.
fn pattern_instance(pattern: &Expr) -> Option<String> {
    let ExprKind::Literal(Literal::Glob { pattern, .. }) = &pattern.kind else {
        return None;
    };
    let mut text = String::new();
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            '?' => text.push('x'),
            '*' => {
                while characters.next_if_eq(&'*').is_some() {}
                text.push_str("test");
            }
            other => text.push(other),
        }
    }
    Some(text)
}

/// Claims without which the issuer's tokens are refused.
fn mandatory(fields: &std::collections::BTreeMap<smol_str::SmolStr, Type>, kind: PrincipalKind, draft: &mut Draft) {
    for (name, ty) in fields {
        if ty.is_optional() || draft.claims.contains_key(name.as_str()) {
            continue;
        }
        let value = match (name.as_str(), kind) {
            ("sub", PrincipalKind::User) => Value::String("user:test".to_owned()),
            ("sub", PrincipalKind::Agent) => Value::String("agent:test".to_owned()),
            _ => empty(ty),
        };
        draft.claims.insert(name.to_string(), value);
    }
}

fn empty(ty: &Type) -> Value {
    match ty {
        Type::Bool => Value::Bool(false),
        Type::Int | Type::Decimal => Value::from(0),
        Type::List(_) | Type::Set(_) => Value::Array(Vec::new()),
        Type::Map(_) => Value::Object(Map::new()),
        Type::Record(record) => {
            let required = record.fields.iter().filter(|(_, ty)| !ty.is_optional());
            Value::Object(required.map(|(name, ty)| (name.to_string(), empty(ty))).collect())
        }
        Type::Enum(words) => words.first().map_or(Value::Null, |word| Value::String(word.to_string())),
        Type::Union(members) => members.first().map_or(Value::Null, empty),
        Type::Optional(_) | Type::Null => Value::Null,
        _ => Value::String(String::new()),
    }
}
