//! Subjects in canonical form.
//!
//! How a subject is matched (narrowly in permits, anywhere in restrictions) is a property of the
//! test, not of the subject: see [`Matching`](super::term::Matching). Canonical form makes equal
//! subjects equal terms, so that many rules about one role share one test.

use super::term::SubjectTerm;
use crate::hir::Subject;

/// The canonical form: nested lists opened, members sorted, a list of one replaced by its member.
pub fn canonical(subject: &Subject) -> SubjectTerm {
    match subject {
        Subject::Anyone => SubjectTerm::Anyone,
        Subject::Anonymous => SubjectTerm::Anonymous,
        Subject::AnyAgent => SubjectTerm::AnyAgent,
        Subject::AnyUser => SubjectTerm::AnyUser,
        Subject::Class(class) => SubjectTerm::Class(*class),
        Subject::Server(server) => SubjectTerm::Server(*server),
        Subject::ActingFor(agent, user) => {
            SubjectTerm::ActingFor(Box::new(canonical(agent)), Box::new(canonical(user)))
        }
        Subject::Either(members) => {
            let mut flat = Vec::new();
            for member in members {
                match canonical(member) {
                    SubjectTerm::Either(inner) => flat.extend(inner),
                    other => flat.push(other),
                }
            }
            single_or(flat, SubjectTerm::Either)
        }
        Subject::Both(members) => {
            let mut flat = Vec::new();
            for member in members {
                match canonical(member) {
                    SubjectTerm::Both(inner) => flat.extend(inner),
                    other => flat.push(other),
                }
            }
            single_or(flat, SubjectTerm::Both)
        }
    }
}

fn single_or(mut members: Vec<SubjectTerm>, list: fn(Vec<SubjectTerm>) -> SubjectTerm) -> SubjectTerm {
    members.sort();
    members.dedup();
    if members.len() == 1 { members.remove(0) } else { list(members) }
}
