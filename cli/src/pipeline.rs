//! From a package on disk to a bundle, with its diagnostics reported on the way.

use crate::diagnostics_json;
use crate::exit::Failure;
use crate::package::Loaded;
use crate::render::{self, Look};
use crate::shell::Shell;
use mcpz_compiler::diagnostics::{Diagnostic, Severity};
use mcpz_compiler::hir::{Program, Source};
use mcpz_compiler::{Build, BuildOptions};
use serde_json::{Value, json};

/// What checking a package came to.
pub struct Checked {
    /// The typed program; none when there is an error.
    pub program: Option<Program>,
    /// Every diagnostic, in order.
    pub diagnostics: Vec<Diagnostic>,
    /// The sources that spans refer to, with paths as a person sees them.
    pub sources: Vec<Source>,
}

impl Checked {
    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.program.is_none() || self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// Checks a package.
pub fn check(loaded: &Loaded) -> Checked {
    let checked = mcpz_compiler::check(&loaded.workspace);
    Checked { sources: loaded.shown(checked.sources()), program: checked.program, diagnostics: checked.diagnostics }
}

/// Builds a checked program. Its limits are diagnostics like others.
pub fn build(checked: &mut Checked, options: &BuildOptions) -> Option<Build> {
    if checked.has_errors() {
        return None;
    }
    match mcpz_compiler::build(checked.program.as_ref()?, options) {
        Ok(build) => Some(build),
        Err(diagnostics) => {
            checked.diagnostics.extend(diagnostics);
            None
        }
    }
}

/// A package that compiles: what `test`, `eval` and `why` start from.
pub struct Compiled {
    /// The typed program.
    pub program: Program,
    /// Its build.
    pub build: Build,
}

/// Checks and builds; errors are shown and give none.
pub fn compile(loaded: &Loaded, shell: &mut Shell) -> Option<Compiled> {
    let mut checked = check(loaded);
    let build = build(&mut checked, &BuildOptions::default());
    match (build, checked.program.take()) {
        (Some(build), Some(program)) => Some(Compiled { program, build }),
        (_, program) => {
            checked.program = program;
            show(&checked, shell);
            None
        }
    }
}

/// Shows diagnostics and their totals.
pub fn show(checked: &Checked, shell: &mut Shell) {
    if shell.out.is_json() {
        shell.out.json(&to_json(checked));
        return;
    }
    let look = Look { color: shell.out.color(), ascii: std::env::var_os("TERM").is_some_and(|term| term == "dumb") };
    shell.out.text(&render::render_all(&checked.diagnostics, &checked.sources, look));
    if !checked.diagnostics.is_empty() {
        let codes: std::collections::BTreeSet<&str> = checked.diagnostics.iter().map(|d| d.code).collect();
        let first = codes.first().copied().unwrap_or("E0101");
        let help = format!("{}; `mcpz explain {first}` says more", render::totals(&checked.diagnostics));
        shell.out.line(help);
    }
}

/// Diagnostics and totals as JSON.
pub fn to_json(checked: &Checked) -> Value {
    let errors = checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    json!({
        "errors": errors,
        "warnings": checked.diagnostics.len() - errors,
        "diagnostics": diagnostics_json::all(&checked.diagnostics, &checked.sources),
    })
}

/// For commands that cannot go on: the package does not compile, and that has been shown.
pub fn engine(compiled: &Compiled) -> Result<crate::engine::Engine, Failure> {
    crate::engine::Engine::load(&compiled.build.bytes)
}
