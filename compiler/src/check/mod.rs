//! The checker: types of expressions, meaning of rules and tests, lints.
//!
//! Terms. The *environment* of an expression says which facts it may start from (`args`,
//! `user.claims`, ...) and what is known about them; a *place* is such a fact and fields below it;
//! *narrowing* is what conditions show about places. What did not type-check has type
//! [`crate::types::Type::Error`], which fits everywhere, so that one mistake is reported once.
//!
//! Read next: [`relations`] for the relations between types, [`literal`] for the grammars inside
//! string literals.

pub mod literal;
pub mod relations;

mod pending;
pub use pending::*;
