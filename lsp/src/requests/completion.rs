//! Completion.

use crate::view::Snapshot;
use mcpz_ide::completion::{Completion, CompletionKind, complete};
use mcpz_ide::markup::Markup;
use std::collections::BTreeMap;
use tower_lsp_server::ls_types as lsp;

/// What may stand at the cursor.
pub fn completion(snapshot: &Snapshot, params: &lsp::CompletionParams) -> Option<lsp::CompletionResponse> {
    let position = &params.text_document_position;
    let at = snapshot.at(&position.text_document.uri, position.position)?;
    let items = complete(&at.view.package, &snapshot.library, at.source, at.offset);
    let items: Vec<lsp::CompletionItem> = items.into_iter().map(|item| one(snapshot, &at, item)).collect();
    Some(lsp::CompletionResponse::Array(items))
}

fn one(snapshot: &Snapshot, at: &crate::view::At<'_>, item: Completion) -> lsp::CompletionItem {
    let encoding = snapshot.config.encoding;
    let text_edit = |edit: &mcpz_ide::place::TextEdit| lsp::TextEdit {
        range: at.view.range(at.source, edit.range.clone(), encoding),
        new_text: edit.text.clone(),
    };
    let is_snippet = item.is_snippet && snapshot.config.snippets;
    let new_text = if item.is_snippet && !is_snippet { without_places(&item.insert) } else { item.insert.clone() };
    let details = (snapshot.config.label_details && !item.detail.is_empty())
        .then(|| lsp::CompletionItemLabelDetails { detail: None, description: Some(item.detail.clone()) });
    let more: Vec<lsp::TextEdit> = item.more.iter().map(text_edit).collect();
    lsp::CompletionItem {
        kind: Some(kind(item.kind)),
        label_details: details,
        detail: (!item.detail.is_empty()).then(|| item.detail.clone()),
        documentation: (!item.docs.is_empty()).then(|| lsp::Documentation::MarkupContent(markup(snapshot, &item.docs))),
        sort_text: Some(format!("{:02}{}", item.rank, item.label)),
        filter_text: item.filter.clone(),
        insert_text_format: is_snippet.then_some(lsp::InsertTextFormat::SNIPPET),
        text_edit: Some(lsp::CompletionTextEdit::Edit(lsp::TextEdit {
            range: at.view.range(at.source, item.replace.clone(), encoding),
            new_text,
        })),
        additional_text_edits: (!more.is_empty()).then_some(more),
        label: item.label,
        ..lsp::CompletionItem::default()
    }
}

/// A document in the form that the client shows.
pub fn markup(snapshot: &Snapshot, markup: &Markup) -> lsp::MarkupContent {
    if snapshot.config.markdown {
        lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value: markup.markdown() }
    } else {
        lsp::MarkupContent { kind: lsp::MarkupKind::PlainText, value: markup.plain() }
    }
}

/// The text of a snippet with its places filled by their defaults.
fn without_places(snippet: &str) -> String {
    let mut text = String::new();
    let mut rest = snippet;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(inner) = rest.strip_prefix('{') {
            let end = inner.find('}').unwrap_or(inner.len());
            let place = inner.get(..end).unwrap_or("");
            let default = place.split_once(':').map(|(_, default)| default);
            let choice = place.split_once('|').and_then(|(_, choices)| choices.split([',', '|']).next());
            text.push_str(default.or(choice).unwrap_or(""));
            rest = inner.get(end + 1..).unwrap_or("");
        } else {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        }
    }
    text.push_str(rest);
    text
}

fn kind(kind: CompletionKind) -> lsp::CompletionItemKind {
    let table: BTreeMap<CompletionKind, lsp::CompletionItemKind> = BTreeMap::from([
        (CompletionKind::Tool, lsp::CompletionItemKind::METHOD),
        (CompletionKind::Prompt, lsp::CompletionItemKind::EVENT),
        (CompletionKind::Server, lsp::CompletionItemKind::MODULE),
        (CompletionKind::Principal, lsp::CompletionItemKind::CLASS),
        (CompletionKind::Issuer, lsp::CompletionItemKind::INTERFACE),
        (CompletionKind::Field, lsp::CompletionItemKind::FIELD),
        (CompletionKind::Value, lsp::CompletionItemKind::VARIABLE),
        (CompletionKind::Constant, lsp::CompletionItemKind::CONSTANT),
        (CompletionKind::Function, lsp::CompletionItemKind::FUNCTION),
        (CompletionKind::Tag, lsp::CompletionItemKind::ENUM),
        (CompletionKind::Label, lsp::CompletionItemKind::COLOR),
        (CompletionKind::Segment, lsp::CompletionItemKind::UNIT),
        (CompletionKind::Grant, lsp::CompletionItemKind::STRUCT),
        (CompletionKind::Rule, lsp::CompletionItemKind::REFERENCE),
        (CompletionKind::Package, lsp::CompletionItemKind::FOLDER),
        (CompletionKind::Type, lsp::CompletionItemKind::TYPE_PARAMETER),
        (CompletionKind::Text, lsp::CompletionItemKind::ENUM_MEMBER),
        (CompletionKind::File, lsp::CompletionItemKind::FILE),
        (CompletionKind::Keyword, lsp::CompletionItemKind::KEYWORD),
        (CompletionKind::Snippet, lsp::CompletionItemKind::SNIPPET),
    ]);
    table.get(&kind).copied().unwrap_or(lsp::CompletionItemKind::TEXT)
}

#[cfg(test)]
mod tests {
    use super::without_places;

    #[test]
    fn snippets_have_a_plain_form() {
        assert_eq!(without_places("permit ${1:analyst} to call ${2:server}.$3"), "permit analyst to call server.");
        assert_eq!(without_places("severity(${1|low,high|})"), "severity(low)");
    }
}
