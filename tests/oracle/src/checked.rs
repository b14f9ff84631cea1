//! A generated package through the checker.

use crate::generate::GeneratedPackage;
use mcpz_compiler::check;
use mcpz_compiler::hir::Program;
use mcpz_compiler::source::{MemoryProvider, PackageInput, Workspace};

/// Checks a generated package.
pub fn checked(made: &GeneratedPackage) -> Result<Program, String> {
    let input = PackageInput::new("", MemoryProvider::new(made.files()));
    let checked = check(&Workspace { packages: vec![input] });
    let first = checked.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
    let describe = |diagnostic: &mcpz_compiler::diagnostics::Diagnostic| {
        let source = checked.sources().get(diagnostic.span.source.index());
        let start = usize::try_from(diagnostic.span.start).unwrap_or(0);
        let line = source.and_then(|source| source.text.get(start..)).map_or("", |rest| {
            rest.lines().next().unwrap_or("")
        });
        format!("{} {}: `{line}`", diagnostic.code, diagnostic.message)
    };
    match (first, checked.program.as_ref()) {
        (None, Some(program)) => Ok(program.clone()),
        (Some(error), _) => Err(describe(error)),
        (None, None) => Err("no program and no error".to_string()),
    }
}
