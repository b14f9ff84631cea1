//! The front half of the compiler as one function: a workspace in, a typed program or errors out.

use crate::check::{check_bodies, lint};
use crate::diagnostics::levels::{self, Allowed, Levels};
use crate::diagnostics::{self, Diagnostic};
use crate::hir::{PackageId, Program, SourceId};
use crate::index::{self, Index, Recorder};
use crate::memo::Memo;
use crate::package::{self, Loaded};
use crate::resolve::{self, Unit};
use crate::source::Workspace;

/// What checking gives.
pub struct Checked {
    /// The typed program; `None` when there is an error.
    pub program: Option<Program>,
    /// What was made of the sources, errors or not: for editors, `fmt` and `mcpz lock`.
    pub loaded: Loaded,
    /// Declarations and lookup tables, errors or not.
    pub unit: Unit,
    /// Errors and warnings, by source and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// The sources that spans refer to.
    pub fn sources(&self) -> &[crate::hir::Source] {
        &self.loaded.sources
    }
}

/// What checking for an editor gives: everything but the syntax may cross threads.
pub struct Indexed {
    /// What was made of the sources.
    pub loaded: Loaded,
    /// The tables.
    pub index: Index,
    /// Errors and warnings, by source and place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a workspace.
pub fn check(workspace: &Workspace) -> Checked {
    let mut sink = Vec::new();
    let loaded = package::load(workspace, &Memo::default(), &mut sink);
    let (unit, program, diagnostics) = check_loaded(&loaded, None, None, sink);
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    Checked { program: (!failed).then_some(program), loaded, unit, diagnostics }
}

/// Checks a workspace, and makes the tables that editors ask of it. The memo is of earlier checks, or empty.
pub fn check_indexed(workspace: &Workspace, memo: &Memo) -> Indexed {
    let mut sink = Vec::new();
    memo.begin();
    let loaded = package::load(workspace, memo, &mut sink);
    finish(loaded, sink)
}

/// Checks what was read; the sink holds what was reported while reading.
pub(crate) fn finish(loaded: Loaded, sink: Vec<Diagnostic>) -> Indexed {
    let recorder = Recorder::default();
    let (unit, program, diagnostics) = check_loaded(&loaded, None, Some(recorder.clone()), sink);
    let index = index::index(&loaded, &unit, program, recorder.take());
    Indexed { loaded, index, diagnostics }
}

/// The tables as [`check_indexed`] makes them, but with the rules, tests and assertions of one file of the root package alone: what
/// completion in that file needs. Diagnostics of other files are missing.
pub fn check_focused(workspace: &Workspace, memo: &Memo, path: &str) -> Indexed {
    let mut sink = Vec::new();
    memo.begin();
    let loaded = package::load(workspace, memo, &mut sink);
    let in_focus = loaded.sources.iter().position(|source| source.package.0 == 0 && source.path == path);
    let recorder = Recorder::default();
    let focus = in_focus.map(SourceId::new);
    let (unit, program, diagnostics) = check_loaded(&loaded, focus, Some(recorder.clone()), sink);
    let index = index::index(&loaded, &unit, program, recorder.take());
    Indexed { loaded, index, diagnostics }
}

fn check_loaded(
    loaded: &Loaded,
    focus: Option<SourceId>,
    recorder: Option<Recorder>,
    mut sink: Vec<Diagnostic>,
) -> (Unit, Program, Vec<Diagnostic>) {
    let unit = resolve::unit(loaded, recorder, focus, &mut sink);
    let mut program = unit.program.clone();
    check_bodies(&unit, &mut program, &mut sink);
    if focus.is_none() {
        lint(loaded, &unit, &program, &mut sink);
    }
    let package_of =
        |span: crate::hir::Span| loaded.sources.get(span.source.index()).map_or(PackageId(0), |source| source.package);
    let mut diagnostics = levels::apply(sink, &lint_levels(loaded, unit.allowed.clone()), package_of);
    diagnostics::sort(&mut diagnostics);
    (unit, program, diagnostics)
}

/// The lint levels of all packages.
pub(crate) fn lint_levels(loaded: &Loaded, allowed: Vec<Allowed>) -> Levels {
    let packages = loaded.packages.iter().enumerate();
    Levels {
        packages: packages.map(|(row, package)| (PackageId::new(row), package.manifest.lints.clone())).collect(),
        allowed,
    }
}
