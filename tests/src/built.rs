//! A package on disk, checked, built, loaded: what an integration test decides with.

use crate::packages::workspace_of_folder;
use mcpz_bytecode::Program;
use mcpz_compiler::diagnostics::Severity;
use mcpz_compiler::{BuildOptions, build, check, hir};
use std::path::Path;

/// A built package.
pub struct Built {
    /// The typed program.
    pub hir: hir::Program,
    /// The bundle.
    pub bytes: Vec<u8>,
    /// The verified program.
    pub program: Program,
}

/// Checks, builds and loads a package; panics with the diagnostics when it does not check.
pub fn built(folder: &Path) -> Built {
    let checked = check(&workspace_of_folder(folder));
    let errors: Vec<_> = checked.diagnostics.iter().filter(|found| found.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{} does not check: {errors:#?}", folder.display());
    let hir = checked.program.expect("a package without errors has a program");
    let build = build(&hir, &BuildOptions::default()).expect("it builds");
    let program = Program::load(&build.bytes).expect("the verifier accepts what the compiler emits");
    Built { hir, bytes: build.bytes, program }
}
