//! What helps to read: hover, signatures, inlay hints, semantic tokens.

use super::completion::markup;
use crate::view::{At, Snapshot};
use mcpz_ide::tokens::{LEGEND, Token};
use mcpz_ide::{hover, inlay, signature, tokens};
use std::time::{SystemTime, UNIX_EPOCH};
use tower_lsp_server::ls_types as lsp;

/// Hover.
pub fn hover(snapshot: &Snapshot, params: &lsp::HoverParams) -> Option<lsp::Hover> {
    let position = &params.text_document_position_params;
    let At { view, source, offset } = snapshot.at(&position.text_document.uri, position.position)?;
    let found = hover::hover(&view.package, source, offset, now_ms(), view.coverage.get())?;
    Some(lsp::Hover {
        contents: lsp::HoverContents::Markup(markup(snapshot, &found.markup)),
        range: Some(view.range(source, found.range, snapshot.config.encoding)),
    })
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(0)
}

/// Signature help.
pub fn signature(snapshot: &Snapshot, params: &lsp::SignatureHelpParams) -> Option<lsp::SignatureHelp> {
    let position = &params.text_document_position_params;
    let At { view, source, offset } = snapshot.at(&position.text_document.uri, position.position)?;
    let found = signature::signature(&view.package, source, offset)?;
    let text = |range: &std::ops::Range<u32>| {
        found.label.get(mcpz_ide::place::index(range.start)..mcpz_ide::place::index(range.end))
    };
    let parameter = |range: &std::ops::Range<u32>| lsp::ParameterInformation {
        label: lsp::ParameterLabel::Simple(text(range).unwrap_or("").to_owned()),
        documentation: None,
    };
    let active = found.active.and_then(|active| u32::try_from(active).ok());
    let information = lsp::SignatureInformation {
        parameters: Some(found.parameters.iter().map(parameter).collect()),
        documentation: (!found.docs.is_empty())
            .then(|| lsp::Documentation::MarkupContent(markup(snapshot, &found.docs))),
        active_parameter: active,
        label: found.label,
    };
    Some(lsp::SignatureHelp { signatures: vec![information], active_signature: Some(0), active_parameter: active })
}

/// Inlay hints.
pub fn inlay_hints(snapshot: &Snapshot, params: &lsp::InlayHintParams) -> Option<Vec<lsp::InlayHint>> {
    let (view, source) = snapshot.find(&params.text_document.uri)?;
    let encoding = snapshot.config.encoding;
    let range = view.offset(source, params.range.start, encoding)..view.offset(source, params.range.end, encoding);
    let one = |hint: inlay::Inlay| lsp::InlayHint {
        position: view.range(source, hint.at..hint.at, encoding).start,
        label: lsp::InlayHintLabel::String(hint.label),
        kind: hint.is_type.then_some(lsp::InlayHintKind::TYPE),
        text_edits: None,
        tooltip: None,
        padding_left: Some(!hint.is_type),
        padding_right: None,
        data: None,
    };
    Some(inlay::hints(&view.package, source, &range).into_iter().map(one).collect())
}

/// Semantic tokens of a whole document.
pub fn tokens_full(snapshot: &Snapshot, uri: &lsp::Uri) -> Option<lsp::SemanticTokens> {
    let (view, source) = snapshot.find(uri)?;
    let whole = 0..u32::MAX;
    let data = encode(snapshot, view, source, &tokens::tokens(&view.package, source, &whole));
    Some(lsp::SemanticTokens { result_id: Some(digest(&data)), data })
}

/// Semantic tokens of a range.
pub fn tokens_range(snapshot: &Snapshot, params: &lsp::SemanticTokensRangeParams) -> Option<lsp::SemanticTokens> {
    let (view, source) = snapshot.find(&params.text_document.uri)?;
    let encoding = snapshot.config.encoding;
    let range = view.offset(source, params.range.start, encoding)..view.offset(source, params.range.end, encoding);
    let data = encode(snapshot, view, source, &tokens::tokens(&view.package, source, &range));
    Some(lsp::SemanticTokens { result_id: None, data })
}

/// The one stretch in which two lists of tokens differ.
pub fn tokens_delta(previous: &[lsp::SemanticToken], now: &[lsp::SemanticToken]) -> Vec<lsp::SemanticTokensEdit> {
    let start = previous.iter().zip(now).take_while(|(a, b)| a == b).count();
    let rest = previous.len().min(now.len()) - start;
    let end = previous.iter().rev().zip(now.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (removed, added) = (previous.len() - start - end, now.len() - start - end);
    if removed == 0 && added == 0 {
        return Vec::new();
    }
    let five = |count: usize| u32::try_from(count * 5).unwrap_or(u32::MAX);
    vec![lsp::SemanticTokensEdit {
        start: five(start),
        delete_count: five(removed),
        data: now.get(start..start + added).map(<[_]>::to_vec),
    }]
}

/// The legend.
pub fn legend() -> lsp::SemanticTokensLegend {
    lsp::SemanticTokensLegend {
        token_types: LEGEND.iter().map(|name| lsp::SemanticTokenType::new(name)).collect(),
        token_modifiers: ["declaration", "defaultLibrary", "readonly"]
            .iter()
            .map(|name| lsp::SemanticTokenModifier::new(name))
            .collect(),
    }
}

/// Tokens as differences of positions. A token of several lines is cut into lines.
fn encode(
    snapshot: &Snapshot,
    view: &crate::view::View,
    source: mcpz_compiler::hir::SourceId,
    found: &[Token],
) -> Vec<lsp::SemanticToken> {
    let encoding = snapshot.config.encoding;
    let mut data = Vec::with_capacity(found.len());
    let (mut line, mut column) = (0, 0);
    for token in found {
        let range = view.range(source, token.range.clone(), encoding);
        if range.start.line != range.end.line {
            continue;
        }
        let delta_line = range.start.line - line;
        let delta_start =
            if delta_line == 0 { range.start.character.saturating_sub(column) } else { range.start.character };
        let modifiers = [token.is_declaration, token.is_standard, token.is_readonly];
        let bits =
            modifiers.iter().enumerate().filter(|(_, is_set)| **is_set).fold(0, |bits, (at, _)| bits | (1 << at));
        data.push(lsp::SemanticToken {
            delta_line,
            delta_start,
            length: range.end.character.saturating_sub(range.start.character),
            token_type: kind_number(token),
            token_modifiers_bitset: bits,
        });
        (line, column) = (range.start.line, range.start.character);
    }
    data
}

/// The place of a kind in the legend, which is in the order of the kinds.
fn kind_number(token: &Token) -> u32 {
    use mcpz_ide::tokens::TokenKind as K;
    const ORDER: [K; 17] = [
        K::Keyword,
        K::Class,
        K::Interface,
        K::Namespace,
        K::Method,
        K::Property,
        K::Variable,
        K::Parameter,
        K::Function,
        K::Enum,
        K::Type,
        K::Decorator,
        K::String,
        K::Number,
        K::Comment,
        K::Operator,
        K::Label,
    ];
    let at = ORDER.iter().position(|kind| *kind == token.kind).unwrap_or(0);
    u32::try_from(at).unwrap_or(0)
}

/// A name for a list of tokens.
fn digest(data: &[lsp::SemanticToken]) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for token in data {
        (token.delta_line, token.delta_start, token.length, token.token_type, token.token_modifiers_bitset)
            .hash(&mut hasher);
    }
    format!("{:x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_is_the_stretch_that_differs() {
        let token = |length| lsp::SemanticToken {
            delta_line: 0,
            delta_start: 1,
            length,
            token_type: 0,
            token_modifiers_bitset: 0,
        };
        let (a, b) = (vec![token(1), token(2), token(3)], vec![token(1), token(9), token(8), token(3)]);
        let edits = tokens_delta(&a, &b);
        assert_eq!(edits.len(), 1);
        assert_eq!((edits[0].start, edits[0].delete_count, edits[0].data.as_ref().map(Vec::len)), (5, 5, Some(2)));
        assert!(tokens_delta(&a, &a).is_empty());
    }
}
