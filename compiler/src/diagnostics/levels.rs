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
pub fn apply(diagnostics: Vec<Diagnostic>, levels: &Levels, package_of: impl Fn(Span) -> PackageId) -> Vec<Diagnostic> {
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
        item.source == diagnostic.span.source && item.start <= diagnostic.span.start && diagnostic.span.end <= item.end
    };
    if levels.allowed.iter().any(|allowed| named(&allowed.lint) && inside(&allowed.item)) {
        return Level::Allow;
    }
    let table = levels.packages.get(&package);
    let by_key = |key: &str| table.and_then(|table| table.get(key)).copied();
    by_key(diagnostic.code).or_else(|| by_key(name)).unwrap_or(Level::Warn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hir::SourceId;

    fn warning(start: u32) -> Diagnostic {
        let info = codes::ALL.iter().find(|info| info.code.starts_with('W')).unwrap();
        Diagnostic::new(info, Span { source: SourceId(0), start, end: start + 1 }, "odd")
    }

    fn leveled(levels: &Levels) -> Vec<Option<Severity>> {
        let one = |start| {
            let left = apply(vec![warning(start)], levels, |_| PackageId(0));
            left.first().map(|diagnostic| diagnostic.severity)
        };
        vec![one(5), one(50)]
    }

    #[test]
    fn the_item_wins_over_the_package_and_the_code_over_its_name() {
        let (code, name) = {
            let info = codes::find(warning(0).code).unwrap();
            (info.code.to_owned(), info.name.to_owned())
        };
        let mut levels = Levels::default();
        assert_eq!(leveled(&levels), [Some(Severity::Warning); 2]);
        levels.packages.insert(PackageId(0), BTreeMap::from([(name.clone(), Level::Deny)]));
        assert_eq!(leveled(&levels), [Some(Severity::Error); 2]);
        levels.packages.insert(PackageId(0), BTreeMap::from([(name, Level::Deny), (code.clone(), Level::Warn)]));
        assert_eq!(leveled(&levels), [Some(Severity::Warning); 2]);
        let item = Span { source: SourceId(0), start: 0, end: 10 };
        levels.allowed.push(Allowed { lint: code, item });
        assert_eq!(leveled(&levels), [None, Some(Severity::Warning)]);
    }

    #[test]
    fn errors_have_no_level() {
        let info = codes::find("E0102").unwrap();
        let span = Span { source: SourceId(0), start: 0, end: 1 };
        let levels = Levels {
            packages: BTreeMap::from([(PackageId(0), BTreeMap::from([("E0102".to_owned(), Level::Allow)]))]),
            allowed: vec![Allowed { lint: "E0102".to_owned(), item: span }],
        };
        assert_eq!(apply(vec![Diagnostic::new(info, span, "wrong")], &levels, |_| PackageId(0)).len(), 1);
    }
}
