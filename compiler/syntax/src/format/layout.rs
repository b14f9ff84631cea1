//! The layout of each kind of node.

use super::comments::Comments;
use super::document::Doc;
use super::lists;
use super::spacing::space_between;
use crate::token::SyntaxKind;
use crate::tree::{SyntaxElement, SyntaxNode, SyntaxToken};

/// The whole file.
pub(super) fn file(root: &SyntaxNode, comments: &Comments) -> Doc {
    let mut docs = Vec::new();
    for element in significant(root) {
        if let Some(token) = first_token(&element) {
            docs.push(entry_start(&token, comments, docs.is_empty()));
        }
        docs.push(comments.entry(last_token(&element), || element_doc(&element, comments)));
    }
    docs.push(comments.at_end());
    Doc::concat(docs)
}

/// What stands between an entry of a file or block and the one before it.
fn entry_start(token: &SyntaxToken, comments: &Comments, is_first: bool) -> Doc {
    match (is_first, comments.blank_before(token)) {
        (true, _) => Doc::nothing(),
        (false, true) => Doc::concat(vec![Doc::HardLine, Doc::Blank, Doc::FreshLine]),
        (false, false) => Doc::HardLine,
    }
}

/// One node.
pub(super) fn node(node: &SyntaxNode, comments: &Comments) -> Doc {
    let elements = significant(node);
    let prelude_len = elements.iter().take_while(|element| is_prelude(element)).count();
    let (prelude, body) = elements.split_at(prelude_len);
    if prelude.is_empty() {
        return body_doc(node.kind(), body, comments);
    }
    let mut docs = Vec::new();
    for element in prelude {
        docs.extend([element_doc(element, comments), Doc::HardLine]);
    }
    docs.push(body_doc(node.kind(), body, comments));
    Doc::concat(docs)
}

fn is_prelude(element: &SyntaxElement) -> bool {
    matches!(element.kind(), SyntaxKind::DocComment | SyntaxKind::Annotation)
}

fn body_doc(kind: SyntaxKind, elements: &[SyntaxElement], comments: &Comments) -> Doc {
    use SyntaxKind::{AndExpr, AndKw, Assert, IfExpr, OrExpr, OrKw};
    match kind {
        _ if is_block(kind) => block(kind, elements, comments),
        _ if has_clauses(kind) => rule(kind, elements, comments),
        Assert => assertion(elements, comments),
        AndExpr => flat_operator(AndKw, elements, comments),
        OrExpr => flat_operator(OrKw, elements, comments),
        IfExpr => if_expression(elements, comments),
        _ => plain(kind, elements, comments),
    }
}

/// Nodes with entries in braces, one a line.
fn is_block(kind: SyntaxKind) -> bool {
    use SyntaxKind::{ClaimsEntry, Context, Grant, Issuer, Monitor, OverlayEntry, Profile, Segment, Server, Test};
    matches!(kind, Server | Profile | Issuer | Segment | Test | Grant | Monitor | Context | ClaimsEntry | OverlayEntry)
}

fn has_clauses(kind: SyntaxKind) -> bool {
    use SyntaxKind::{
        Agent, AuditRule, ForbidRule, GrantPermit, LimitRule, PermitRule, RedactRule, RequireRule, Role, User,
    };
    matches!(
        kind,
        PermitRule | ForbidRule | RequireRule | LimitRule | RedactRule | AuditRule | GrantPermit | Role | User | Agent
    )
}

/// The order of a clause among the clauses of a rule.
fn clause_rank(element: &SyntaxElement) -> Option<u8> {
    match element.kind() {
        SyntaxKind::WhereClause => Some(0),
        SyntaxKind::WhenClause => Some(1),
        SyntaxKind::UnlessClause => Some(2),
        _ => None,
    }
}

/// A head, then clauses: on one line if they fit, else each clause on its own.
fn rule(kind: SyntaxKind, elements: &[SyntaxElement], comments: &Comments) -> Doc {
    let head_len = elements.iter().take_while(|element| clause_rank(element).is_none()).count();
    let (head, tail) = elements.split_at(head_len);
    let mut clauses: Vec<&SyntaxElement> = tail.iter().collect();
    clauses.sort_by_key(|element| clause_rank(element).unwrap_or(u8::MAX));
    let mut docs = vec![plain(kind, head, comments)];
    for clause in clauses {
        docs.push(Doc::indent(vec![Doc::Line, element_doc(clause, comments)]));
    }
    Doc::group(docs)
}

/// `assert "text":`, then what is asserted, on one line or below.
fn assertion(elements: &[SyntaxElement], comments: &Comments) -> Doc {
    let colon = elements.iter().position(|element| element.kind() == SyntaxKind::Colon).map_or(0, |at| at + 1);
    let (title, rest) = elements.split_at(colon);
    let statement_len = rest.iter().take_while(|element| is_statement(element)).count();
    let (statement, tail) = rest.split_at(statement_len);
    let mut tail: Vec<&SyntaxElement> = tail.iter().collect();
    tail.sort_by_key(|element| clause_rank(element).unwrap_or(u8::MAX));
    let mut docs = vec![Doc::Line, plain(SyntaxKind::Assert, statement, comments)];
    for element in tail {
        docs.extend([Doc::Line, element_doc(element, comments)]);
    }
    Doc::group(vec![plain(SyntaxKind::Assert, title, comments), Doc::indent(docs)])
}

fn is_statement(element: &SyntaxElement) -> bool {
    clause_rank(element).is_none() && !matches!(element.kind(), SyntaxKind::WithoutApproval | SyntaxKind::WithoutMfa)
}

/// `a and b and c`: on one line, or one operand a line with the operator before it.
fn flat_operator(operator: SyntaxKind, elements: &[SyntaxElement], comments: &Comments) -> Doc {
    let mut docs = Vec::new();
    let mut rest = Vec::new();
    for element in elements {
        let target = if docs.is_empty() { &mut docs } else { &mut rest };
        if element.kind() == operator {
            target.extend([Doc::Line, element_doc(element, comments), Doc::text(" ")]);
        } else {
            target.push(element_doc(element, comments));
        }
    }
    docs.push(Doc::indent(rest));
    Doc::group(docs)
}

/// `if a then b else c`: on one line, or one part a line.
fn if_expression(elements: &[SyntaxElement], comments: &Comments) -> Doc {
    let mut docs = Vec::new();
    let mut rest = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let opens_part = matches!(element.kind(), SyntaxKind::ThenKw | SyntaxKind::ElseKw);
        let target = if index < 2 { &mut docs } else { &mut rest };
        if opens_part {
            target.push(Doc::Line);
        } else if index > 0 {
            target.push(Doc::text(" "));
        }
        target.push(element_doc(element, comments));
    }
    docs.push(Doc::indent(rest));
    Doc::group(docs)
}

/// `server fs { entry entry }`. A block that its author wrote on one line stays there if it fits.
fn block(kind: SyntaxKind, elements: &[SyntaxElement], comments: &Comments) -> Doc {
    let open_at = elements.iter().position(|element| element.kind() == SyntaxKind::LBrace);
    let Some((open_at, (close, rest))) = open_at.zip(elements.split_last()) else {
        return plain(kind, elements, comments);
    };
    let (Some(open), Some(close)) = (elements.get(open_at).and_then(|open| open.as_token()), close.as_token()) else {
        return plain(kind, elements, comments);
    };
    let (head, inner) = rest.split_at(open_at);
    let entries = entries(inner.get(1..).unwrap_or(&[]));
    let mut docs = vec![plain(kind, head, comments), Doc::text(" "), comments.token(open)];
    if entries.is_empty() && !comments.has_leading(close) {
        docs.push(comments.token(close));
        return Doc::concat(docs);
    }
    let starts_line = entries
        .first()
        .and_then(|entry| entry.first())
        .and_then(first_token)
        .is_some_and(|token| comments.starts_line(&token));
    let always_broken = matches!(
        kind,
        SyntaxKind::Server | SyntaxKind::Profile | SyntaxKind::Issuer | SyntaxKind::Test | SyntaxKind::Grant
    );
    let line = || {
        if always_broken || starts_line { Doc::HardLine } else { Doc::Line }
    };
    let mut inner = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let blank = index > 0 && entry.first().and_then(first_token).is_some_and(|token| comments.blank_before(&token));
        inner.push(if blank { Doc::concat(vec![Doc::HardLine, Doc::Blank, Doc::FreshLine]) } else { line() });
        let last = entry.last().and_then(last_token);
        inner.push(comments.entry(last, || plain(kind, entry, comments)));
    }
    if comments.has_leading(close) {
        inner.extend([Doc::FreshLine, comments.leading(close)]);
    }
    let before_close = if comments.has_leading(close) { Doc::FreshLine } else { line() };
    docs.extend([Doc::indent(inner), before_close, Doc::text(close.text()), comments.trailing(close)]);
    Doc::group(docs)
}

/// The entries of a block: one node each, but `then a, b` of a monitor and `field: T,` belong together.
fn entries(elements: &[SyntaxElement]) -> Vec<Vec<SyntaxElement>> {
    let mut entries: Vec<Vec<SyntaxElement>> = Vec::new();
    let mut after_then = false;
    for element in elements {
        let continues = after_then || element.kind() == SyntaxKind::Comma;
        after_then |= element.kind() == SyntaxKind::ThenKw;
        match entries.last_mut().filter(|_| continues) {
            Some(entry) => entry.push(element.clone()),
            None => entries.push(vec![element.clone()]),
        }
    }
    entries
}

/// Children one after another with the usual spaces; lists in brackets and after commas may break.
fn plain(kind: SyntaxKind, elements: &[SyntaxElement], comments: &Comments) -> Doc {
    let list = lists::brackets(kind).and_then(|(open, close, padded)| {
        let open_at = elements.iter().position(|element| element.kind() == open)?;
        let close_at = elements.iter().rposition(|element| element.kind() == close)?;
        Some((open_at, close_at, padded))
    });
    // The first child stands outside the indent, so that comments before it do too.
    let mut first = Vec::new();
    let mut docs = Vec::new();
    let mut before: Option<SyntaxToken> = None;
    let mut index = 0;
    while let Some(element) = elements.get(index) {
        if let (Some(left), Some(right)) = (&before, first_token(element)) {
            docs.push(separator(left, &right, kind));
        }
        let target = if index == 0 { &mut first } else { &mut docs };
        match list.filter(|(open_at, _, _)| *open_at == index) {
            Some((open_at, close_at, padded)) => {
                target.push(list_doc(elements, (open_at, close_at), padded, comments));
                before = elements.get(close_at).and_then(last_token);
                index = close_at;
            }
            None => {
                target.push(element_doc(element, comments));
                before = last_token(element);
            }
        }
        index += 1;
    }
    // Without a comma there is no place to break at this level, and what breaks further in is not to be indented twice.
    let breaks_here = docs.contains(&Doc::Line);
    first.push(if breaks_here { Doc::indent(docs) } else { Doc::concat(docs) });
    Doc::group(first)
}

fn list_doc(elements: &[SyntaxElement], (open_at, close_at): (usize, usize), padded: bool, comments: &Comments) -> Doc {
    let open = elements.get(open_at).and_then(|open| open.as_token());
    let close = elements.get(close_at).and_then(|close| close.as_token());
    match (open, close, elements.get(open_at + 1..close_at)) {
        (Some(open), Some(close), Some(inner)) => lists::bracketed(open, inner, close, padded, comments),
        _ => Doc::nothing(),
    }
}

fn separator(left: &SyntaxToken, right: &SyntaxToken, parent: SyntaxKind) -> Doc {
    if left.kind() == SyntaxKind::Comma {
        Doc::Line
    } else if space_between(left, right, parent) {
        Doc::text(" ")
    } else {
        Doc::nothing()
    }
}

fn element_doc(element: &SyntaxElement, comments: &Comments) -> Doc {
    match element {
        rowan::NodeOrToken::Node(child) => node(child, comments),
        rowan::NodeOrToken::Token(token) => comments.token(token),
    }
}

/// The children of a node without white space and comments.
fn significant(node: &SyntaxNode) -> Vec<SyntaxElement> {
    node.children_with_tokens().filter(|element| !element.kind().is_trivia()).collect()
}

fn first_token(element: &SyntaxElement) -> Option<SyntaxToken> {
    match element {
        rowan::NodeOrToken::Node(node) => node.first_token(),
        rowan::NodeOrToken::Token(token) => Some(token.clone()),
    }
}

fn last_token(element: &SyntaxElement) -> Option<SyntaxToken> {
    match element {
        rowan::NodeOrToken::Node(node) => node.last_token(),
        rowan::NodeOrToken::Token(token) => Some(token.clone()),
    }
}
