//! Diagnostics in the protocol's form, by file.

use crate::view::{Snapshot, View};
use mcpz_compiler::diagnostics::{Diagnostic, Severity, Tag};
use mcpz_compiler::hir::{SourceId, Span};
use mcpz_ide::diagnostics::{help_address, message, of_source};
use std::cell::RefCell;
use std::collections::BTreeMap;
use tower_lsp_server::ls_types::{self as lsp, Uri};

/// A missing pin: no mistake of a file that has no package.
const PIN_MISSING: &str = "E0210";

/// The diagnostics of all files, empty lists included. A file of several packages gets those of its own.
pub fn all(snapshot: &Snapshot) -> BTreeMap<Uri, Vec<lsp::Diagnostic>> {
    let mut found: BTreeMap<Uri, (bool, Vec<lsp::Diagnostic>)> = BTreeMap::new();
    for view in snapshot.views.values() {
        let teller = Teller::new(snapshot, view);
        let mut by_source: BTreeMap<SourceId, Vec<&Diagnostic>> = BTreeMap::new();
        for diagnostic in &view.package.diagnostics {
            by_source.entry(diagnostic.span.source).or_default().push(diagnostic);
        }
        for source in view.files.values() {
            let Some(uri) = teller.uri(*source) else { continue };
            let is_own = view.package.package_of(*source).0 == 0;
            if is_own || !found.contains_key(&uri) {
                let list = by_source.get(source).into_iter().flatten().copied();
                found.insert(uri, (is_own, teller.list(list)));
            }
        }
    }
    found.into_iter().map(|(uri, (_, list))| (uri, list)).collect()
}

/// The diagnostics of one file.
pub fn of(snapshot: &Snapshot, view: &View, source: SourceId) -> Vec<lsp::Diagnostic> {
    Teller::new(snapshot, view).list(of_source(&view.package, source).into_iter())
}

/// One diagnostic.
pub fn one(snapshot: &Snapshot, view: &View, diagnostic: &Diagnostic) -> lsp::Diagnostic {
    Teller::new(snapshot, view).one(diagnostic)
}

/// Tells the diagnostics of a package; addresses that come again and again are made once.
struct Teller<'s> {
    snapshot: &'s Snapshot,
    view: &'s View,
    sources: RefCell<BTreeMap<SourceId, Option<Uri>>>,
    codes: RefCell<BTreeMap<&'static str, Option<Uri>>>,
}

impl<'s> Teller<'s> {
    fn new(snapshot: &'s Snapshot, view: &'s View) -> Teller<'s> {
        Teller { snapshot, view, sources: RefCell::default(), codes: RefCell::default() }
    }

    /// The address of a source.
    fn uri(&self, source: SourceId) -> Option<Uri> {
        let mut known = self.sources.borrow_mut();
        known.entry(source).or_insert_with(|| self.snapshot.uri(self.view, source)).clone()
    }

    /// The address of the page of a code.
    fn page(&self, code: &'static str) -> Option<Uri> {
        let make = || help_address(code, self.snapshot.config.error_index.as_deref())?.parse().ok();
        self.codes.borrow_mut().entry(code).or_insert_with(make).clone()
    }

    fn list<'d>(&self, found: impl Iterator<Item = &'d Diagnostic>) -> Vec<lsp::Diagnostic> {
        let found = found.filter(|diagnostic| !(self.view.is_single && diagnostic.code == PIN_MISSING));
        found.map(|diagnostic| self.one(diagnostic)).collect()
    }

    fn range(&self, span: Span) -> lsp::Range {
        self.view.range(span.source, span.start..span.end, self.snapshot.config.encoding)
    }

    fn one(&self, diagnostic: &Diagnostic) -> lsp::Diagnostic {
        let related = diagnostic.related.iter().filter_map(|related| {
            let location = lsp::Location { uri: self.uri(related.span.source)?, range: self.range(related.span) };
            Some(lsp::DiagnosticRelatedInformation { location, message: related.message.clone() })
        });
        let related: Vec<_> = related.collect();
        lsp::Diagnostic {
            range: self.range(diagnostic.span),
            severity: Some(match diagnostic.severity {
                Severity::Error => lsp::DiagnosticSeverity::ERROR,
                Severity::Warning => lsp::DiagnosticSeverity::WARNING,
            }),
            code: Some(lsp::NumberOrString::String(diagnostic.code.to_owned())),
            code_description: self.page(diagnostic.code).map(|href| lsp::CodeDescription { href }),
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
}
