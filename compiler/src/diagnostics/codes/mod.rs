//! The codes: one file each, with its explanation, examples and the functions that make it.
//!
//! `E00xx` syntax, `E01xx` names and declarations, `E02xx` packages, catalogs, lock and data,
//! `E03xx` expressions and types, `E04xx` rules, `E05xx` tests and assertions, `W06xx` lints, `E07xx` limits (made by [`crate::build`]).
//! [`ALL`] is what the error index, `mcpz explain` and the test of all examples read.

mod info;
mod prelude;

pub use info::CodeInfo;

// Names, declarations, packages.

// Expressions, rules, tests, lints.

// Limits of lowering and emitting.
pub mod e0701;
pub mod e0702;
pub mod e0703;
pub mod e0704;
pub mod e0705;

/// Every code, in order.
pub const ALL: &[&CodeInfo] = &[
    // Names, declarations, packages.

    // Expressions, rules, tests, lints.
    // Limits of lowering and emitting.
    &e0701::CODE,
    &e0702::CODE,
    &e0703::CODE,
    &e0704::CODE,
    &e0705::CODE,
];

/// The code with this number (`E0102`) or name (`unknown-name`).
pub fn find(code: &str) -> Option<&'static CodeInfo> {
    ALL.iter()
        .copied()
        .find(|info| info.code == code || info.name == code)
}
