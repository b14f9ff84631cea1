//! The checker: types of expressions, meaning of rules and tests, lints.
//!
//! Terms. The *scope* of an expression says which facts it may start from (`args`, `user.claims`,
//! ...) and what is known about them; a *place* is such a fact and fields below it; *narrowing* is
//! what conditions show about places. What did not type-check has type
//! [`crate::types::Type::Error`], which fits everywhere, so that one mistake is reported once.
//!
//! Read next: [`relations`] for the relations between types, [`literal`] for the grammars inside
//! string literals, `expr` for the forms of expression, `rule` for rules, `lint` for lints.

mod arguments;
mod context;
mod entry;
mod expr;
mod facts;
mod lint;
pub mod literal;
mod narrow;
mod natives;
mod principals;
pub mod relations;
mod rule;
mod scope;
mod testing;

pub(crate) use facts::{FactTable, class_facts, rule_facts};
pub use facts::{field_type, fields, functions, result_of};

pub(crate) use lint::{lint, lint_again, lints_all_rules};

pub use entry::{ConditionKind, check_bodies, check_condition, check_consts, hints_condition};
