//! The diagnostics of a package, by source.

use crate::Package;
use mcpz_compiler::diagnostics::{Diagnostic, codes};
use mcpz_compiler::hir::SourceId;

/// The diagnostics of a source.
pub fn of_source(package: &Package, source: SourceId) -> Vec<&Diagnostic> {
    package.diagnostics.iter().filter(|diagnostic| diagnostic.span.source == source).collect()
}

/// The scheme of documents that the server itself holds.
pub const DOCS_SCHEME: &str = "mcpz-docs";

/// The address of a code in the error index: at `base` when the client names one, else a document that the server holds.
pub fn help_address(code: &str, base: Option<&str>) -> Option<String> {
    let info = codes::find(code)?;
    Some(match base {
        Some(base) => format!("{base}#{}-{}", code.to_lowercase(), info.name),
        None => format!("{DOCS_SCHEME}:/errors/{code}-{}.md", info.name),
    })
}

/// The page of a code, by the path of its address.
pub fn help_page(path: &str) -> Option<String> {
    let file = path.trim_start_matches('/').strip_prefix("errors/")?;
    let info = codes::find(file.split('-').next()?)?;
    Some(format!(
        "# {} {}\n\n{}\n\n{}\n\n## An example that has it\n\n```mcpz\n{}\n```\n\n## Mended\n\n```mcpz\n{}\n```\n",
        info.code,
        info.name,
        info.summary,
        info.explanation.trim(),
        info.bad.trim(),
        info.good.trim()
    ))
}

/// What an editor shows: the message, what the span is, and what to do.
pub fn message(diagnostic: &Diagnostic) -> String {
    match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}
