//! Diagnostics in the protocol's form, by file.

use crate::view::{Snapshot, View};
use mcpz_compiler::diagnostics::{Diagnostic, Severity, Tag};
use mcpz_compiler::hir::SourceId;
use mcpz_ide::diagnostics::{help_address, message, of_source};
use std::collections::BTreeMap;
use tower_lsp_server::ls_types::{self as lsp, Uri};

/// A missing pin: no mistake of a file that has no package.
const PIN_MISSING: &str = "E0210";

/// The diagnostics of all files, empty lists included. A file of several packages gets those of its own.
pub fn all(snapshot: &Snapshot) -> BTreeMap<Uri, Vec<lsp::Diagnostic>> {
    let mut found: BTreeMap<Uri, (bool, Vec<lsp::Diagnostic>)> = BTreeMap::new();
    for view in snapshot.views.values() {
        for source in view.files.values() {
            let Some(uri) = snapshot.uri(view, *source) else { continue };
            let is_own = view.package.package_of(*source).0 == 0;
            if is_own || !found.contains_key(&uri) {
                found.insert(uri, (is_own, of(snapshot, view, *source)));
            }
        }
    }
    found.into_iter().map(|(uri, (_, list))| (uri, list)).collect()
}

/// The diagnostics of one file.
pub fn of(snapshot: &Snapshot, view: &View, source: SourceId) -> Vec<lsp::Diagnostic> {
    let found = of_source(&view.package, source).into_iter();
    let found = found.filter(|diagnostic| !(view.is_single && diagnostic.code == PIN_MISSING));
    found.map(|diagnostic| one(snapshot, view, diagnostic)).collect()
}

/// One diagnostic.
pub fn one(snapshot: &Snapshot, view: &View, diagnostic: &Diagnostic) -> lsp::Diagnostic {
    let span = diagnostic.span;
    let related = diagnostic.related.iter().filter_map(|related| {
        Some(lsp::DiagnosticRelatedInformation {
            location: snapshot.span(view, related.span)?,
            message: related.message.clone(),
        })
    });
    let related: Vec<_> = related.collect();
    let address = help_address(diagnostic.code, snapshot.config.error_index.as_deref());
    lsp::Diagnostic {
        range: view.range(span.source, span.start..span.end, snapshot.config.encoding),
        severity: Some(match diagnostic.severity {
            Severity::Error => lsp::DiagnosticSeverity::ERROR,
            Severity::Warning => lsp::DiagnosticSeverity::WARNING,
        }),
        code: Some(lsp::NumberOrString::String(diagnostic.code.to_owned())),
        code_description: address.and_then(|address| address.parse().ok()).map(|href| lsp::CodeDescription { href }),
        source: Some("mcpz".to_owned()),
        message: message(diagnostic),
        related_information: (!related.is_empty()).then_some(related),
        tags: diagnostic.tag.map(|tag| {
            vec![match tag {
                Tag::Unnecessary => lsp::DiagnosticTag::UNNECESSARY,
                Tag::Deprecated => lsp::DiagnosticTag::DEPRECATED,
            }]
        }),
        data: None,
    }
}
