//! What changes text: code actions, lenses, formatting.

use super::navigation::workspace_edit;
use crate::view::{At, Snapshot};
use mcpz_ide::actions::{self, ActionKind};
use mcpz_ide::lens::{self, LensAction};
use mcpz_ide::place::TextEdit;
use mcpz_ide::{File, formatting};
use serde_json::{Value, json};
use tower_lsp_server::ls_types::{self as lsp, CodeActionKind};

/// The kinds of actions, as the protocol names them.
pub fn kinds() -> Vec<CodeActionKind> {
    vec![
        CodeActionKind::QUICKFIX,
        CodeActionKind::SOURCE_FIX_ALL,
        CodeActionKind::REFACTOR_EXTRACT,
        CodeActionKind::REFACTOR_INLINE,
        CodeActionKind::REFACTOR_REWRITE,
    ]
}

fn kind(kind: ActionKind) -> CodeActionKind {
    match kind {
        ActionKind::QuickFix => CodeActionKind::QUICKFIX,
        ActionKind::FixAll => CodeActionKind::SOURCE_FIX_ALL,
        ActionKind::Extract => CodeActionKind::REFACTOR_EXTRACT,
        ActionKind::Inline => CodeActionKind::REFACTOR_INLINE,
        ActionKind::Rewrite => CodeActionKind::REFACTOR_REWRITE,
    }
}

/// Whether a client that asks for some kinds wants this one: kinds are prefixes.
fn is_wanted(kind: &CodeActionKind, only: Option<&[CodeActionKind]>) -> bool {
    only.is_none_or(|only| {
        only.iter().any(|wanted| {
            kind.as_str() == wanted.as_str() || kind.as_str().starts_with(&format!("{}.", wanted.as_str()))
        })
    })
}

/// Code actions.
pub fn code_actions(snapshot: &Snapshot, params: &lsp::CodeActionParams) -> Option<lsp::CodeActionResponse> {
    let (view, source) = snapshot.find(&params.text_document.uri)?;
    let encoding = snapshot.config.encoding;
    let range = view.offset(source, params.range.start, encoding)..view.offset(source, params.range.end, encoding);
    let mut answers = Vec::new();
    for action in actions::actions(&view.package, source, &range) {
        let kind = kind(action.kind);
        if !is_wanted(&kind, params.context.only.as_deref()) || action.edits.files.is_empty() {
            continue;
        }
        let mended = action.mends.and_then(|row| view.package.diagnostics.get(row));
        let fixes = mended.map_or(0, |diagnostic| diagnostic.fixes.len());
        answers.push(lsp::CodeActionOrCommand::CodeAction(lsp::CodeAction {
            is_preferred: (action.kind == ActionKind::QuickFix && fixes == 1 && mended.is_some_and(|d| d.is_error()))
                .then_some(true),
            diagnostics: mended.map(|diagnostic| vec![crate::diagnostics::one(snapshot, view, diagnostic)]),
            edit: Some(workspace_edit(snapshot, view, &action.edits)),
            title: action.title,
            kind: Some(kind),
            ..lsp::CodeAction::default()
        }));
    }
    Some(answers)
}

/// Code lenses.
pub fn lenses(snapshot: &Snapshot, uri: &lsp::Uri) -> Option<Vec<lsp::CodeLens>> {
    let (view, source) = snapshot.find(uri)?;
    let one = |lens: lens::Lens| {
        let with = |name: &str, key: &str, value: &str| {
            let mut argument = json!({ "uri": uri.as_str() });
            argument[key] = Value::String(value.to_owned());
            (name.to_owned(), Some(vec![argument]))
        };
        let (command, arguments) = match &lens.action {
            LensAction::RunTest(title) => with("mcpz.runTest", "test", title),
            LensAction::TraceTest(title) => with("mcpz.traceTest", "test", title),
            LensAction::WhoMayCall(tool) => with("mcpz.whoMayCall", "tool", tool),
            LensAction::ShowGraph(entry) => with("mcpz.showGraph", "entry", entry),
            LensAction::Say => (String::new(), None),
        };
        lsp::CodeLens {
            range: view.range(source, lens.range, snapshot.config.encoding),
            command: Some(lsp::Command { title: lens.title, command, arguments }),
            data: None,
        }
    };
    Some(lens::lenses(&view.package, source, view.coverage.get()).into_iter().map(one).collect())
}

/// The edits of one file.
fn edits(
    snapshot: &Snapshot,
    view: &crate::view::View,
    source: mcpz_compiler::hir::SourceId,
    list: &[TextEdit],
) -> Option<Vec<lsp::TextEdit>> {
    snapshot.edits(view, &File::Source(source), list).map(|(_, edits)| edits)
}

/// Formatting of a whole document.
pub fn format(snapshot: &Snapshot, uri: &lsp::Uri) -> Option<Vec<lsp::TextEdit>> {
    let (view, source) = snapshot.find(uri)?;
    edits(snapshot, view, source, &formatting::document(&view.package, source))
}

/// Formatting of a range.
pub fn format_range(snapshot: &Snapshot, params: &lsp::DocumentRangeFormattingParams) -> Option<Vec<lsp::TextEdit>> {
    let (view, source) = snapshot.find(&params.text_document.uri)?;
    let encoding = snapshot.config.encoding;
    let range = view.offset(source, params.range.start, encoding)..view.offset(source, params.range.end, encoding);
    edits(snapshot, view, source, &formatting::range(&view.package, source, &range))
}

/// What follows a key press.
pub fn format_on_type(snapshot: &Snapshot, params: &lsp::DocumentOnTypeFormattingParams) -> Option<Vec<lsp::TextEdit>> {
    let position = &params.text_document_position;
    let At { view, source, offset } = snapshot.at(&position.text_document.uri, position.position)?;
    edits(snapshot, view, source, &formatting::on_type(&view.package, source, offset, &params.ch))
}
