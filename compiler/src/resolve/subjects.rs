//! Subjects: who a rule is about.

use super::{Place, Unit, names};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0107, e0138};
use crate::hir::{ClassId, PrincipalKind, Subject};
use mcpz_syntax::ast::{self, AstNode};

/// Where a subject stands, which decides what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The whole subject, or an alternative of it.
    Caller,
    /// An operand of `&`.
    Operand,
    /// The actor of `a acting for b`.
    Actor,
    /// Whom it acts for.
    Principal,
}

/// The subject that a piece of syntax means. `None` when a name is wrong, which is reported.
pub fn subject(unit: &Unit, place: Place, ast: &ast::Subject, sink: &mut Vec<Diagnostic>) -> Option<Subject> {
    read(unit, place, ast, Role::Caller, sink)
}

fn read(unit: &Unit, place: Place, ast: &ast::Subject, role: Role, sink: &mut Vec<Diagnostic>) -> Option<Subject> {
    match ast {
        ast::Subject::Anyone(_) => Some(Subject::Anyone),
        ast::Subject::Anonymous(node) => {
            if role != Role::Caller {
                let message = "`anonymous` is the absence of a caller and cannot be a part of one".to_owned();
                sink.push(e0138::subject_shape(place.of(node), message));
                return None;
            }
            Some(Subject::Anonymous)
        }
        ast::Subject::Any(any) => match any.what()?.text.as_str() {
            "user" if role == Role::Actor => {
                sink.push(e0138::subject_shape(
                    place.of(any),
                    "an agent acts for somebody, a user does not".to_owned(),
                ));
                None
            }
            "user" => Some(Subject::AnyUser),
            _ => Some(Subject::AnyAgent),
        },
        ast::Subject::Name(name) => class_subject(unit, place, &name.path()?, role, sink),
        ast::Subject::Server(server) => {
            let path = server.path()?;
            if role != Role::Caller {
                let message = "a server asks on its own and cannot be a part of a caller".to_owned();
                sink.push(e0138::subject_shape(place.of(server), message));
                return None;
            }
            server_subject(unit, place, &path, sink)
        }
        ast::Subject::Either(either) => {
            several(unit, place, &either.members(), role, sink).map(one_or(Subject::Either))
        }
        ast::Subject::Both(both) => {
            let inner = if role == Role::Caller { Role::Operand } else { role };
            several(unit, place, &both.members(), inner, sink).map(one_or(Subject::Both))
        }
        ast::Subject::Acting(acting) => acting_for(unit, place, acting, role, sink),
    }
}

/// One member stands for itself.
fn one_or(wrap: fn(Vec<Subject>) -> Subject) -> impl Fn(Vec<Subject>) -> Subject {
    move |mut members| match members.len() {
        1 => members.remove(0),
        _ => wrap(members),
    }
}

/// All members; each wrong one is reported.
fn several(
    unit: &Unit,
    place: Place,
    members: &[ast::Subject],
    role: Role,
    sink: &mut Vec<Diagnostic>,
) -> Option<Vec<Subject>> {
    let read: Vec<Option<Subject>> = members.iter().map(|member| read(unit, place, member, role, sink)).collect();
    let members: Option<Vec<Subject>> = read.into_iter().collect();
    members.filter(|members| !members.is_empty())
}

/// A user, agent or role.
fn class_subject(
    unit: &Unit,
    place: Place,
    path: &ast::Path,
    role: Role,
    sink: &mut Vec<Diagnostic>,
) -> Option<Subject> {
    let id = unit.symbols.class(place, &names(place, path), sink)?;
    let class = unit.program.classes.get(id.index())?;
    if role == Role::Actor && class.kind == PrincipalKind::User {
        let message = format!("an agent acts for somebody, and `{}` is a class of users", class.name);
        sink.push(e0138::subject_shape(place.of(path), message));
        return None;
    }
    Some(Subject::Class(id))
}

/// `server S`; a profile stands for the servers declared like it.
fn server_subject(unit: &Unit, place: Place, path: &ast::Path, sink: &mut Vec<Diagnostic>) -> Option<Subject> {
    use super::symbols::{Entity, Kind};
    match unit.symbols.resolve(place, Kind::Server, &names(place, path), sink)? {
        Entity::Server(id) => Some(Subject::Server(id)),
        Entity::Profile(id) => {
            let instances = &unit.profiles.get(id.index())?.instances;
            let members: Vec<Subject> = instances.iter().map(|id| Subject::Server(*id)).collect();
            (!members.is_empty()).then(|| one_or(Subject::Either)(members))
        }
        _ => None,
    }
}

/// `a acting for b`.
fn acting_for(
    unit: &Unit,
    place: Place,
    acting: &ast::SubjectActing,
    role: Role,
    sink: &mut Vec<Diagnostic>,
) -> Option<Subject> {
    if matches!(role, Role::Actor | Role::Principal) {
        let message = "`acting for` joins two ends of a chain, and this is one of them".to_owned();
        sink.push(e0138::subject_shape(place.of(acting), message));
        return None;
    }
    let actor = acting.actor().and_then(|actor| read(unit, place, &actor, Role::Actor, sink));
    let principal = acting.principal().and_then(|principal| read(unit, place, &principal, Role::Principal, sink));
    Some(Subject::ActingFor(Box::new(actor?), Box::new(principal?)))
}

/// The classes that may approve: a class, or a list of them.
pub fn approvers(unit: &Unit, place: Place, ast: &ast::Subject, sink: &mut Vec<Diagnostic>) -> Option<Vec<ClassId>> {
    let members = match ast {
        ast::Subject::Either(either) => either.members(),
        other => vec![other.clone()],
    };
    let mut classes = Vec::new();
    let mut ok = true;
    for member in &members {
        match member {
            ast::Subject::Name(name) => {
                let id = name.path().and_then(|path| unit.symbols.class(place, &names(place, &path), sink));
                ok &= id.is_some();
                classes.extend(id);
            }
            other => {
                let text = other.syntax().text().to_string();
                let wanted = "user or role that approves";
                sink.push(e0107::wrong_kind(place.of(other), text.trim(), "subject", wanted, None));
                ok = false;
            }
        }
    }
    classes.sort();
    classes.dedup();
    ok.then_some(classes)
}
