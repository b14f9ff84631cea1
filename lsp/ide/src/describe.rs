//! Declared things in a few words, the same in completion, hover and lenses.

use crate::Package;
use mcpz_compiler::hir::{ClassDefinition, ClassId, CredentialSource, PredicateId, PrincipalKind, Subject};

/// A class: `role of employee`.
pub fn class(package: &Package, id: ClassId) -> String {
    let program = &package.index.program;
    let Some(class) = program.classes.get(id.index()) else { return String::new() };
    let kind = match class.kind {
        PrincipalKind::User => "user",
        PrincipalKind::Agent => "agent",
    };
    match &class.definition {
        ClassDefinition::Identity { source, .. } => match source {
            CredentialSource::Issuer(issuer) => {
                format!("{kind} from {}", program.issuers.get(issuer.index()).map_or("", |issuer| issuer.name.as_str()))
            }
            CredentialSource::Mtls => format!("{kind} from mtls"),
            CredentialSource::Local => format!("{kind} from local"),
        },
        ClassDefinition::Narrow { base, .. } => format!("role of {}", class_name(package, *base)),
        ClassDefinition::Join(members) => {
            let names: Vec<&str> = members.iter().map(|member| class_name(package, *member)).collect();
            format!("role = {}", names.join(" | "))
        }
    }
}

/// The name of a class.
pub fn class_name(package: &Package, id: ClassId) -> &str {
    package.index.program.classes.get(id.index()).map_or("", |class| class.name.as_str())
}

/// A predicate's head: `reads_only(text: string)`.
pub fn predicate(package: &Package, id: PredicateId) -> String {
    let name = package.index.program.predicates.get(id.index()).map_or("", |predicate| predicate.name.as_str());
    let parameters = package.index.parameters.get(id.index()).map(Vec::as_slice).unwrap_or_default();
    let shown: Vec<String> = parameters.iter().map(|(name, _, ty)| format!("{name}: {ty}")).collect();
    format!("{name}({})", shown.join(", "))
}

/// A subject, as a policy writes it.
pub fn subject(package: &Package, subject: &Subject) -> String {
    let several = |members: &[Subject], between: &str| {
        members.iter().map(|member| self::subject(package, member)).collect::<Vec<_>>().join(between)
    };
    match subject {
        Subject::Anyone => "anyone".to_owned(),
        Subject::Anonymous => "anonymous".to_owned(),
        Subject::AnyAgent => "any agent".to_owned(),
        Subject::AnyUser => "any user".to_owned(),
        Subject::Class(id) => class_name(package, *id).to_owned(),
        Subject::Either(members) => format!("[{}]", several(members, ", ")),
        Subject::Both(members) => several(members, " & "),
        Subject::ActingFor(actor, principal) => {
            format!("{} acting for {}", self::subject(package, actor), self::subject(package, principal))
        }
        Subject::Server(id) => {
            format!(
                "server {}",
                package.index.program.servers.get(id.index()).map_or("", |server| server.name.as_str())
            )
        }
    }
}

/// The classes that a subject names.
pub fn classes(subject: &Subject) -> Vec<ClassId> {
    match subject {
        Subject::Class(id) => vec![*id],
        Subject::Either(members) | Subject::Both(members) => members.iter().flat_map(classes).collect(),
        Subject::ActingFor(actor, principal) => classes(actor).into_iter().chain(classes(principal)).collect(),
        _ => Vec::new(),
    }
}

/// `1 tool`, `7 tools`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// With a capital first letter.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
