//! Completion: what may stand at the cursor, while the text around it is half typed.
//!
//! A made-up name is put at the cursor and the text is parsed again, so that the tree always has a token there; the nodes around it
//! say which kind of name is wanted. What names there are comes from the tables of the checked package, which is of the same text
//! without the made-up name; words of the language come from [`crate::grammar`].
//!
//! Read next: `context` for where the cursor is, `values` for expressions, `targets` for tools, `strings` for literals.

mod blocks;
mod context;
mod imports;
mod item;
mod keywords;
mod principals;
mod strings;
mod targets;
mod testing;
mod values;

pub use item::{Completion, CompletionKind};

use crate::Package;
use crate::library::Library;
use context::Context;
use mcpz_compiler::hir::SourceId;
use mcpz_syntax::SyntaxKind;

/// What may stand at the cursor.
pub fn complete(package: &Package, library: &Library, source: SourceId, at: u32) -> Vec<Completion> {
    let Some(cx) = Context::new(package, library, source, at) else { return Vec::new() };
    let mut items = Vec::new();
    if cx.is_string {
        strings::complete(&cx, &mut items);
        return finish(items);
    }
    let by_place: &[fn(&Context<'_>, &mut Vec<Completion>) -> bool] = &[
        imports::complete,
        blocks::complete,
        principals::complete,
        targets::complete,
        testing::complete,
        values::complete,
    ];
    let _ = by_place.iter().any(|complete| complete(&cx, &mut items));
    if cx.qualifier.is_empty() && cx.around(&[SyntaxKind::Annotation]).is_none() {
        keywords::complete(&cx, &mut items);
    }
    finish(items)
}

/// One item for each label, in the order in which they are shown.
fn finish(mut items: Vec<Completion>) -> Vec<Completion> {
    items.sort_by(|a, b| (a.rank, &a.label, a.kind).cmp(&(b.rank, &b.label, b.kind)));
    items.dedup_by(|a, b| a.label == b.label && a.kind == b.kind);
    items
}
