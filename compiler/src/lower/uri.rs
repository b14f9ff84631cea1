//! `resource.uri.NAME`: variables of a rule's URI patterns.
//!
//! The first pattern of the rule that matches the URI binds the variables; one that this pattern
//! lacks is absent. Whether a pattern matches is asked through one of its own variables (a
//! variable of a pattern that does not match is absent), or through a regular expression when it
//! has none.

use super::expr::Lowering;
use super::term::{Slot, Term, TermId};
use crate::hir::{Literal, Root, UriPart, UriPattern};
use crate::types::Type;
use smol_str::SmolStr;

/// The value of a variable.
pub fn variable(lowering: &mut Lowering<'_>, name: &SmolStr) -> TermId {
    let patterns = lowering.binding.patterns.clone();
    let mut value = lowering.tables.term(Term::Absent);
    for (row, pattern) in patterns.iter().enumerate().rev() {
        let bound = if variables(pattern).any(|other| other == name) {
            capture(lowering, pattern, name)
        } else {
            lowering.tables.term(Term::Absent)
        };
        let is_last = row + 1 == patterns.len();
        value = if is_last {
            bound
        } else {
            let matched = matches(lowering, pattern);
            lowering.tables.term(Term::If(matched, bound, value))
        };
    }
    value
}

/// The names that a pattern captures.
pub fn variables(pattern: &UriPattern) -> impl Iterator<Item = &SmolStr> {
    pattern.parts.iter().filter_map(|part| match part {
        UriPart::Variable(name) => Some(name),
        _ => None,
    })
}

fn capture(lowering: &mut Lowering<'_>, pattern: &UriPattern, name: &SmolStr) -> TermId {
    let slot = Slot {
        root: Root::UriVariable(name.clone()),
        path: Vec::new(),
        ty: Type::String.optional(),
        pattern: Some(pattern.clone()),
    };
    lowering.tables.slot(slot)
}

fn matches(lowering: &mut Lowering<'_>, pattern: &UriPattern) -> TermId {
    if let Some(first) = variables(pattern).next().cloned() {
        let captured = capture(lowering, pattern, &first);
        return lowering.tables.term(Term::Has(captured));
    }
    let slot = Slot { root: Root::ResourceUri, path: Vec::new(), ty: Type::String, pattern: None };
    let uri = lowering.tables.slot(slot);
    let regex = Literal::Regex(regex_of(pattern));
    let id = lowering.tables.constant_row(regex);
    lowering.tables.term(Term::Matches(uri, id))
}

fn regex_of(pattern: &UriPattern) -> String {
    pattern
        .parts
        .iter()
        .map(|part| match part {
            UriPart::Text(text) => regex_syntax::escape(text),
            UriPart::Star => "[^/]*".to_string(),
            UriPart::DoubleStar => "(?s:.*)".to_string(),
            UriPart::Variable(_) => "[^/]+".to_string(),
        })
        .collect()
}
