//! A generated package through the checker.

use crate::generate::GeneratedPackage;
use mcpz_compiler::diagnostics::Diagnostic;
use mcpz_compiler::hir::Program;
use mcpz_compiler::source::{MemoryProvider, PackageInput, Workspace};
use mcpz_compiler::{Checked, check};
use std::collections::BTreeMap;

/// A rule that can never match: the one mistake that a generator of well-typed rules cannot avoid.
const NEVER_MATCHES: &str = "E0402";

/// Checks a generated package; the first error as text when there is one.
pub fn checked(made: &GeneratedPackage) -> Result<Program, String> {
    program_of(run(made))
}

/// Checks a package given as files; the first error as text when there is one.
pub fn checked_files(files: BTreeMap<String, String>) -> Result<Program, String> {
    program_of(run_files(files))
}

fn program_of(checked: Checked) -> Result<Program, String> {
    match (first_error(&checked), &checked.program) {
        (None, Some(program)) => Ok(program.clone()),
        (Some(error), _) => Err(describe(&checked, error)),
        (None, None) => Err("no program and no error".to_string()),
    }
}

/// Checks a generated package; rules that can never match are taken out of it first.
pub fn settled(mut made: GeneratedPackage) -> (GeneratedPackage, Result<Program, String>) {
    loop {
        let found = run(&made);
        let dead = first_error(&found).filter(|error| error.code == NEVER_MATCHES).and_then(|error| {
            let path = &found.sources().get(error.span.source.index())?.path;
            made.rule_at(path, usize::try_from(error.span.start).ok()?)
        });
        match dead {
            Some(at) => drop(made.rules.remove(at)),
            None => return (made, program_of(found)),
        }
    }
}

fn run(made: &GeneratedPackage) -> Checked {
    let mut packages = vec![PackageInput::new("", MemoryProvider::new(made.files()))];
    packages.extend(made.guard_files().map(|files| PackageInput::new("guard", MemoryProvider::new(files))));
    check(&Workspace { packages })
}

fn run_files(files: BTreeMap<String, String>) -> Checked {
    check(&Workspace { packages: vec![PackageInput::new("", MemoryProvider::new(files))] })
}

fn first_error(checked: &Checked) -> Option<&Diagnostic> {
    checked.diagnostics.iter().find(|diagnostic| diagnostic.is_error())
}

fn describe(checked: &Checked, diagnostic: &Diagnostic) -> String {
    let source = checked.sources().get(diagnostic.span.source.index());
    let start = usize::try_from(diagnostic.span.start).unwrap_or(0);
    let rest = source.and_then(|source| source.text.get(start..)).unwrap_or("");
    format!("{} {}: `{}`", diagnostic.code, diagnostic.message, rest.lines().next().unwrap_or(""))
}
