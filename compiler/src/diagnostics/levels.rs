//! Lint levels: what `[lints]` in `mcpz.toml` and `@allow(CODE, "reason")` make of warnings.
//!
//! Only warnings (codes that start with `W`) have levels; an error is an error. A level is given
//! for a code or for its name; the nearest wins: `@allow` on the item, then the package.

use super::{Diagnostic, Severity, codes};
use crate::hir::{PackageId, Span};
use std::collections::BTreeMap;

/// What becomes of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing is said.
    Allow,
    /// A warning.
    Warn,
    /// An error.
    Deny,
}

impl Level {
    /// Reads `allow`, `warn` or `deny`.
    pub fn parse(text: &str) -> Option<Level> {
        match text {
            "allow" => Some(Level::Allow),
            "warn" => Some(Level::Warn),
            "deny" => Some(Level::Deny),
            _ => None,
        }
    }
}

/// An `@allow` and the item it stands before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Code or name of the lint.
    pub lint: String,
    /// The item.
    pub item: Span,
}

/// Levels of all packages, and the `@allow`s of all items.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    /// By package, then by code or name.
    pub packages: BTreeMap<PackageId, BTreeMap<String, Level>>,
    /// Suppressions in sources.
    pub allowed: Vec<Allowed>,
}

/// Applies the levels: drops what is allowed, and makes errors of what is denied.
pub fn apply(
    diagnostics: Vec<Diagnostic>,
    levels: &Levels,
    package_of: impl Fn(Span) -> PackageId,
) -> Vec<Diagnostic> {
    diagnostics
        .into_iter()
        .filter_map(|mut diagnostic| {
            if diagnostic.severity == Severity::Error {
                return Some(diagnostic);
            }
            match level_of(&diagnostic, levels, package_of(diagnostic.span)) {
                Level::Allow => None,
                Level::Warn => Some(diagnostic),
                Level::Deny => {
                    diagnostic.severity = Severity::Error;
                    Some(diagnostic)
                }
            }
        })
        .collect()
}

/// The level that holds for one warning.
fn level_of(diagnostic: &Diagnostic, levels: &Levels, package: PackageId) -> Level {
    let name = codes::find(diagnostic.code).map_or("", |info| info.name);
    let named = |lint: &str| lint == diagnostic.code || lint == name;
    let inside = |item: &Span| {
        item.source == diagnostic.span.source
            && item.start <= diagnostic.span.start
            && diagnostic.span.end <= item.end
    };
    if levels
        .allowed
        .iter()
        .any(|allowed| named(&allowed.lint) && inside(&allowed.item))
    {
        return Level::Allow;
    }
    let table = levels.packages.get(&package);
    let by_key = |key: &str| table.and_then(|table| table.get(key)).copied();
    by_key(diagnostic.code)
        .or_else(|| by_key(name))
        .unwrap_or(Level::Warn)
}
