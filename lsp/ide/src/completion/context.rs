//! Where the cursor is: the tree with a made-up name at it, the words before it, the facts of the rule around it.

use crate::Package;
use crate::library::Library;
use crate::place::{index, offset};
use crate::syntax::{ancestors, is_comment, token_at};
use crate::types::{Variable, path_type, scope_at};
use mcpz_compiler::hir::{SourceId, Span};
use mcpz_compiler::index::scopes::Facts;
use mcpz_compiler::types::Type;
use mcpz_syntax::ast::{AllExpr, AnyExpr, AstNode, Expr, Ident};
use mcpz_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, parse};
use smol_str::SmolStr;
use std::ops::Range;

/// The name that is put at the cursor.
const MARKER: &str = "mcpzCursor";
/// Longest text that is parsed again at a key press.
const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// What completion knows of the cursor.
pub struct Context<'p> {
    /// The package.
    pub package: &'p Package,
    /// The standard library.
    pub library: &'p Library,
    /// The file.
    pub source: SourceId,
    /// Its text.
    pub text: &'p str,
    /// The cursor.
    pub at: u32,
    /// The word before the cursor, which is replaced.
    pub replace: Range<u32>,
    /// The names before it that belong to the same path: `payments`, `.`.
    pub qualifier: Vec<SmolStr>,
    /// The tree with the made-up name.
    pub root: SyntaxNode,
    /// The made-up name, or the string that the cursor is in.
    pub token: SyntaxToken,
    /// Whether the cursor is in a string.
    pub is_string: bool,
    /// What the rule around it knows.
    pub facts: Facts,
    /// Variables that are bound around it.
    pub variables: Vec<Variable>,
}

impl<'p> Context<'p> {
    /// The context of a cursor; `None` where nothing is completed: comments and numbers.
    pub fn new(package: &'p Package, library: &'p Library, source: SourceId, at: u32) -> Option<Context<'p>> {
        let text = package.text(source);
        if text.len() > MAX_TEXT_BYTES || !text.is_char_boundary(index(at)) {
            return None;
        }
        let tree = package.tree(source)?;
        let here = token_at(&tree, at)?;
        let inside = |token: &SyntaxToken| u32::from(token.text_range().start()) < at;
        if is_comment(here.kind()) && inside(&here) {
            return None;
        }
        let in_string = matches!(here.kind(), SyntaxKind::String | SyntaxKind::RawString) && inside(&here);
        let in_string = in_string && (at < here.text_range().end().into() || !is_closed(here.text()));
        let (root, token, replace) = if in_string {
            let replace = string_inside(&here, at);
            (tree, here, replace)
        } else {
            with_marker(text, at)?
        };
        let qualifier = if in_string { Vec::new() } else { qualifier(&token) };
        let facts = scope_at(package, source, at).map(|row| row.facts.clone()).unwrap_or_default();
        let mut cx = Context {
            package,
            library,
            source,
            text,
            at,
            replace,
            qualifier,
            root,
            token,
            is_string: in_string,
            facts,
            variables: Vec::new(),
        };
        cx.variables = cx.bound_variables();
        Some(cx)
    }

    /// The node that the made-up name's path belongs to: the path's parent, or the name's.
    pub fn holder(&self) -> Option<SyntaxNode> {
        let parent = self.token.parent()?;
        match parent.kind() {
            SyntaxKind::Path | SyntaxKind::Name => parent.parent(),
            _ => Some(parent),
        }
    }

    /// Whether the cursor's name is a path.
    pub fn is_path(&self) -> bool {
        self.token.parent().is_some_and(|parent| parent.kind() == SyntaxKind::Path)
    }

    /// The nearest node of these kinds around the cursor.
    pub fn around(&self, kinds: &[SyntaxKind]) -> Option<SyntaxNode> {
        ancestors(&self.token).find(|node| kinds.contains(&node.kind()))
    }

    /// Whether nothing but white space stands before the cursor's word on its line.
    pub fn is_line_start(&self) -> bool {
        let start = index(self.replace.start);
        let line = crate::syntax::line_start(self.text, start);
        self.text.get(line..start).is_some_and(|before| before.trim().is_empty())
    }

    /// Variables of quantifiers and predicates around the cursor.
    fn bound_variables(&self) -> Vec<Variable> {
        let mut elements: Vec<(Ident, Option<Expr>)> = Vec::new();
        let mut predicate = None;
        for node in ancestors(&self.token) {
            if let Some(all) = AllExpr::cast(node.clone()) {
                elements.extend(all.element().map(|element| (element, all.collection())));
            } else if let Some(any) = AnyExpr::cast(node.clone()) {
                elements.extend(any.element().map(|element| (element, any.collection())));
            } else if node.kind() == SyntaxKind::Predicate {
                predicate = Some(node.text_range());
            }
        }
        let locals = &self.package.index.locals;
        let mut variables = Vec::new();
        for row in locals.iter().filter(|row| row.span.source == self.source) {
            let parameter = predicate.is_some_and(|range| {
                u32::from(range.start()) <= row.span.start
                    && row.span.end <= u32::from(range.end())
                    && row.span.end < self.at
            });
            if parameter && !self.is_binder(row.span) {
                variables.push(Variable { name: row.name.clone(), ty: row.ty.clone() });
            }
        }
        // The outermost binder first: an inner one may range over it.
        for (ident, collection) in elements.iter().rev().filter(|(ident, _)| u32::from(ident.range.end()) < self.at) {
            let known = locals
                .iter()
                .find(|row| row.span.source == self.source && row.span.start == u32::from(ident.range.start()));
            let ty = known.map(|row| row.ty.clone()).or_else(|| self.element_type(collection.as_ref()?, &variables));
            variables.push(Variable { name: SmolStr::new(&ident.text), ty: ty.unwrap_or(Type::Json) });
        }
        variables
    }

    /// What a collection holds.
    fn element_type(&self, collection: &Expr, variables: &[Variable]) -> Option<Type> {
        match collection {
            Expr::Path(path) => {
                let names: Vec<SmolStr> = path.segments().iter().map(|ident| SmolStr::new(&ident.text)).collect();
                match path_type(self.package, self.source, &self.facts, variables, &names)?.required() {
                    Type::List(inner) | Type::Set(inner) | Type::Map(inner) => Some((**inner).clone()),
                    _ => None,
                }
            }
            Expr::Call(call) => Some(match call.callee()?.to_string().as_str() {
                "paths" => Type::Path,
                "urls" => Type::Url,
                "hosts" => Type::Host,
                "strings" | "split" => Type::String,
                _ => return None,
            }),
            _ => None,
        }
    }

    /// Whether a variable is a quantifier's rather than a parameter.
    fn is_binder(&self, span: Span) -> bool {
        let token = token_at(&self.root, span.start);
        token.is_some_and(|token| crate::syntax::around(&token, &[SyntaxKind::AllExpr, SyntaxKind::AnyExpr]).is_some())
    }
}

/// Whether a string token has its closing quote.
fn is_closed(text: &str) -> bool {
    let body = text.strip_prefix('r').unwrap_or(text);
    body.len() > 1 && body.ends_with('"') && !body.ends_with("\\\"")
}

/// The part of a string that is replaced: from its quote to the cursor.
fn string_inside(token: &SyntaxToken, at: u32) -> Range<u32> {
    let quote = token.text().find('"').unwrap_or(0);
    let start = u32::from(token.text_range().start()) + offset(quote) + 1;
    start.min(at)..at
}

/// The tree of the text with the made-up name in the place of the word before the cursor.
fn with_marker(text: &str, at: u32) -> Option<(SyntaxNode, SyntaxToken, Range<u32>)> {
    let before = text.get(..index(at))?;
    let word = before.len() - before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
    let start = index(at) - word;
    let is_number = text.get(start..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if is_number && word > 0 {
        return None;
    }
    let mut marked = String::with_capacity(text.len() + MARKER.len());
    marked.push_str(text.get(..start)?);
    marked.push_str(MARKER);
    marked.push_str(text.get(index(at)..)?);
    let root = parse(&marked).tree();
    let token = root.token_at_offset(offset(start).into()).right_biased()?;
    Some((root, token, offset(start)..at))
}

/// The names before the made-up one in its path.
fn qualifier(token: &SyntaxToken) -> Vec<SmolStr> {
    let Some(parent) = token.parent() else { return Vec::new() };
    let is_path = matches!(
        parent.kind(),
        SyntaxKind::Path
            | SyntaxKind::FieldPath
            | SyntaxKind::OverlayPattern
            | SyntaxKind::RecordKey
            | SyntaxKind::FieldExpr
    );
    if !is_path {
        return Vec::new();
    }
    let before = parent.children_with_tokens().filter_map(|element| element.into_token());
    let before = before.take_while(|other| other.text_range().start() < token.text_range().start());
    let words = before.filter(|token| matches!(token.kind(), SyntaxKind::Ident | SyntaxKind::String));
    words.map(|token| SmolStr::new(token.text().trim_matches('"'))).collect()
}
