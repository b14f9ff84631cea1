//! Code actions: the changes that diagnostics propose, and changes that an author may want.
//!
//! `create` makes what is missing, `clauses` moves conditions, `predicates` extracts and inlines, `testing` writes tests.

mod clauses;
mod create;
mod predicates;
mod testing;

use crate::Package;
use crate::place::{File, FileEdits, TextEdit};
use mcpz_compiler::diagnostics::{Diagnostic, Fix};
use mcpz_compiler::hir::SourceId;
use std::collections::BTreeSet;
use std::ops::Range;

/// Kinds of actions, as editors group them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActionKind {
    /// Mends a diagnostic.
    QuickFix,
    /// Mends all that can be mended.
    FixAll,
    /// Takes something out.
    Extract,
    /// Puts something in.
    Inline,
    /// Writes something else in its place.
    Rewrite,
}

/// An action.
#[derive(Debug, Clone)]
pub struct Action {
    /// What it does.
    pub title: String,
    /// What kind it is.
    pub kind: ActionKind,
    /// The diagnostic that it mends: row of [`Package::diagnostics`].
    pub mends: Option<usize>,
    /// Its edits.
    pub edits: FileEdits,
}

impl Action {
    fn new(title: impl Into<String>, kind: ActionKind) -> Action {
        Action { title: title.into(), kind, mends: None, edits: FileEdits::default() }
    }

    fn edit(mut self, source: SourceId, edit: TextEdit) -> Action {
        self.edits.add(File::Source(source), edit);
        self
    }
}

/// The actions for a range of a source.
pub fn actions(package: &Package, source: SourceId, range: &Range<u32>) -> Vec<Action> {
    let mut found = Vec::new();
    for (row, diagnostic) in package.diagnostics.iter().enumerate() {
        let span = diagnostic.span;
        if span.source != source || span.start > range.end || span.end < range.start {
            continue;
        }
        let mut own: Vec<Action> = diagnostic.fixes.iter().map(|fix| quick_fix(package, fix)).collect();
        own.extend(create::missing(package, diagnostic));
        own.extend(suppress(package, diagnostic));
        own.extend(pin(package, diagnostic));
        own.iter_mut().for_each(|action| action.mends = Some(row));
        found.extend(own);
    }
    found.extend(fix_all(package, source));
    found.extend(clauses::actions(package, source, range.start));
    found.extend(predicates::actions(package, source, range));
    found.extend(testing::actions(package, source, range.start));
    found
}

/// A fix that a diagnostic proposes.
fn quick_fix(package: &Package, fix: &Fix) -> Action {
    let mut action = Action::new(crate::describe::sentence(&fix.title), ActionKind::QuickFix);
    for edit in &fix.edits {
        if is_editable(package, edit.span.source) {
            action = action
                .edit(edit.span.source, TextEdit { range: edit.span.start..edit.span.end, text: edit.text.clone() });
        }
    }
    action
}

/// Whether a source stands on disk.
fn is_editable(package: &Package, source: SourceId) -> bool {
    let id = package.package_of(source);
    package.loaded.packages.get(id.index()).is_some_and(|package| !package.is_standard())
}

/// Every fix of a source that is the only one of its diagnostic; where two overlap the first is made.
fn fix_all(package: &Package, source: SourceId) -> Option<Action> {
    let mut action = Action::new("Fix all that can be fixed", ActionKind::FixAll);
    let mut taken: Vec<Range<u32>> = Vec::new();
    let mut made = 0;
    for diagnostic in package.diagnostics.iter().filter(|diagnostic| diagnostic.span.source == source) {
        let [fix] = diagnostic.fixes.as_slice() else { continue };
        let overlaps = |edit: &mcpz_compiler::diagnostics::Edit| {
            taken.iter().any(|other| edit.span.start <= other.end && other.start <= edit.span.end)
        };
        if fix.edits.iter().any(|edit| edit.span.source != source || overlaps(edit)) {
            continue;
        }
        for edit in &fix.edits {
            taken.push(edit.span.start..edit.span.end);
            action = action.edit(source, TextEdit { range: edit.span.start..edit.span.end, text: edit.text.clone() });
        }
        made += 1;
    }
    (made > 1).then_some(action)
}

/// `@allow(CODE, "reason")` before the item that a warning is in.
fn suppress(package: &Package, diagnostic: &Diagnostic) -> Option<Action> {
    use mcpz_syntax::ast::Documented;
    if !diagnostic.code.starts_with('W') {
        return None;
    }
    let item = crate::definition::item_around(package, diagnostic.span)?;
    let at = u32::from(item.keyword_range().start());
    let indent = crate::syntax::indent_at(package.text(diagnostic.span.source), crate::place::index(at));
    let text = format!("@allow({}, \"say why\")\n{indent}", diagnostic.code);
    let action = Action::new(format!("Suppress {} here, with a reason", diagnostic.code), ActionKind::QuickFix);
    Some(action.edit(diagnostic.span.source, TextEdit::insert(at, text)))
}

/// Pins a catalog or dependency as it is now: the lock is written again.
fn pin(package: &Package, diagnostic: &Diagnostic) -> Option<Action> {
    if !matches!(diagnostic.code, "E0210" | "E0211") || package.package_of(diagnostic.span.source).0 != 0 {
        return None;
    }
    let lock = package
        .loaded
        .sources
        .iter()
        .position(|source| source.package.0 == 0 && source.path.ends_with("/mcpz.lock"))?;
    let source = SourceId::new(lock);
    let text = mcpz_compiler::package::relock(&package.loaded, &mcpz_compiler::resolve::catalog_paths(&package.loaded));
    let whole = 0..crate::place::offset(package.text(source).len());
    let action = Action::new("Pin everything as it is now (rewrites mcpz.lock)", ActionKind::QuickFix);
    Some(action.edit(source, TextEdit { range: whole, text }))
}

/// A name that is not taken: `name`, `name_2`, ...
fn free_name(package: &Package, wanted: &str) -> String {
    let taken: BTreeSet<&str> = package.index.declared.iter().map(|declared| declared.name.text.as_str()).collect();
    if !taken.contains(wanted) {
        return wanted.to_owned();
    }
    let numbered = (2..).map(|number| format!("{wanted}_{number}"));
    numbered.into_iter().find(|name| !taken.contains(name.as_str())).unwrap_or_else(|| wanted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpz_compiler::diagnostics::{codes, example};
    use mcpz_compiler::memo::Memo;
    use mcpz_compiler::source::{MemoryProvider, PackageInput};

    fn package(text: &str) -> Package {
        let standard = mcpz_stdlib::PACKAGES
            .iter()
            .map(|package| PackageInput::new(package.name, MemoryProvider::new(package.files.iter().copied())));
        Package::new(&example::workspace(text, standard.collect()), &Memo::default())
    }

    /// Every fix of every example of a code is offered at its place, and its edits are those of the fix.
    #[test]
    fn every_fix_of_a_diagnostic_is_offered() {
        let mut offered = 0;
        for info in codes::ALL {
            let package = package(info.bad);
            for diagnostic in package.diagnostics.iter().filter(|diagnostic| !diagnostic.fixes.is_empty()) {
                let span = diagnostic.span;
                let actions = actions(&package, span.source, &(span.start..span.end));
                for fix in &diagnostic.fixes {
                    let title = crate::describe::sentence(&fix.title);
                    let is_it = |action: &&Action| {
                        let edits: usize = action.edits.files.iter().map(|(_, edits)| edits.len()).sum();
                        action.title == title && action.kind == ActionKind::QuickFix && edits == fix.edits.len()
                    };
                    assert!(actions.iter().any(|action| is_it(&action)), "{}: `{title}` is not offered", info.code);
                    offered += 1;
                }
            }
        }
        assert!(offered > 10, "{offered}");
    }
}
