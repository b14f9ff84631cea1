//! Diagnostics for clients that ask.

use crate::diagnostics;
use crate::view::Snapshot;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use tower_lsp_server::ls_types::{self as lsp, Uri};

/// The diagnostics of one document.
pub fn document(snapshot: &Snapshot, params: &lsp::DocumentDiagnosticParams) -> lsp::DocumentDiagnosticReportResult {
    let uri = &params.text_document.uri;
    let items = snapshot.find(uri).map(|(view, source)| diagnostics::of(snapshot, view, source)).unwrap_or_default();
    let result_id = digest(&items);
    let report = if params.previous_result_id.as_ref() == Some(&result_id) {
        lsp::DocumentDiagnosticReport::Unchanged(lsp::RelatedUnchangedDocumentDiagnosticReport {
            related_documents: None,
            unchanged_document_diagnostic_report: lsp::UnchangedDocumentDiagnosticReport { result_id },
        })
    } else {
        lsp::DocumentDiagnosticReport::Full(lsp::RelatedFullDocumentDiagnosticReport {
            related_documents: None,
            full_document_diagnostic_report: lsp::FullDocumentDiagnosticReport { result_id: Some(result_id), items },
        })
    };
    lsp::DocumentDiagnosticReportResult::Report(report)
}

/// The diagnostics of all files of the workspace.
pub fn workspace(snapshot: &Snapshot, params: &lsp::WorkspaceDiagnosticParams) -> lsp::WorkspaceDiagnosticReportResult {
    let previous: BTreeMap<&Uri, &String> =
        params.previous_result_ids.iter().map(|known| (&known.uri, &known.value)).collect();
    let one = |(uri, items): (Uri, Vec<lsp::Diagnostic>)| {
        let result_id = digest(&items);
        let version = snapshot.version(&uri).map(i64::from);
        if previous.get(&uri).is_some_and(|known| **known == result_id) {
            let report = lsp::UnchangedDocumentDiagnosticReport { result_id };
            return lsp::WorkspaceDocumentDiagnosticReport::Unchanged(
                lsp::WorkspaceUnchangedDocumentDiagnosticReport {
                    uri,
                    version,
                    unchanged_document_diagnostic_report: report,
                },
            );
        }
        let report = lsp::FullDocumentDiagnosticReport { result_id: Some(result_id), items };
        lsp::WorkspaceDocumentDiagnosticReport::Full(lsp::WorkspaceFullDocumentDiagnosticReport {
            uri,
            version,
            full_document_diagnostic_report: report,
        })
    };
    let items = diagnostics::all(snapshot).into_iter().map(one).collect();
    lsp::WorkspaceDiagnosticReportResult::Report(lsp::WorkspaceDiagnosticReport { items })
}

/// A name for a list of diagnostics: the same list has the same name.
fn digest(items: &[lsp::Diagnostic]) -> String {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(items).unwrap_or_default().hash(&mut hasher);
    format!("{:x}", hasher.finish())
}
