//! Conditions moved to the clause that the convention wants: `where` for parameters, `when` for context.

use super::{Action, ActionKind};
use crate::Package;
use crate::place::{TextEdit, index};
use crate::syntax::{ancestors, bytes, token_at};
use mcpz_compiler::hir::SourceId;
use mcpz_syntax::ast::{AstNode, Expr, Path, WhenClause};
use mcpz_syntax::{SyntaxKind, SyntaxNode};
use std::ops::Range;

/// `when` over `args` becomes `where`.
pub(super) fn actions(package: &Package, source: SourceId, at: u32) -> Option<Action> {
    let token = token_at(&package.tree(source)?, at)?;
    let clause = ancestors(&token).find_map(WhenClause::cast)?;
    let condition = clause.condition()?;
    let operands = match &condition {
        Expr::And(and) => and.operands(),
        other => vec![other.clone()],
    };
    let (moved, kept): (Vec<&Expr>, Vec<&Expr>) =
        operands.iter().partition(|operand| reads_only_args(operand.syntax()));
    if moved.is_empty() {
        return None;
    }
    let text = package.text(source);
    let slice = |expr: &Expr| {
        text.get(index(bytes(expr.range()).start)..index(bytes(expr.range()).end)).unwrap_or("").to_owned()
    };
    let joined = |exprs: &[&Expr]| exprs.iter().map(|expr| slice(expr)).collect::<Vec<_>>().join(" and ");
    let action = Action::new("Move conditions over `args` to `where`", ActionKind::Rewrite);
    let range = bytes(clause.range());
    let rule = clause.syntax().parent()?;
    let existing = rule.children().find(|child| child.kind() == SyntaxKind::WhereClause);
    let action = match existing {
        Some(existing) => {
            let added = format!(" and {}", grouped(&moved, &joined(&moved)));
            let action = action.edit(source, TextEdit::insert(bytes(existing.text_range()).end, added));
            replace(action, source, text, &range, &kept, &joined)
        }
        None if kept.is_empty() => {
            action.edit(source, TextEdit { range: range.start..range.start + 4, text: "where".to_owned() })
        }
        None => {
            let both = format!("where {} when {}", joined(&moved), joined(&kept));
            action.edit(source, TextEdit { range, text: both })
        }
    };
    Some(action)
}

/// Operands joined by `or` need parentheses among others.
fn grouped(operands: &[&Expr], text: &str) -> String {
    match operands {
        [Expr::Or(_) | Expr::If(_)] => format!("({text})"),
        _ => text.to_owned(),
    }
}

/// What is left of `when`, or nothing of it.
fn replace(
    action: Action,
    source: SourceId,
    text: &str,
    range: &Range<u32>,
    kept: &[&Expr],
    joined: &dyn Fn(&[&Expr]) -> String,
) -> Action {
    if !kept.is_empty() {
        return action.edit(source, TextEdit { range: range.clone(), text: format!("when {}", joined(kept)) });
    }
    let before = text.get(..index(range.start)).unwrap_or("");
    let blank = before.len() - before.trim_end().len();
    let start = range.start - crate::place::offset(blank);
    action.edit(source, TextEdit { range: start..range.end, text: String::new() })
}

/// Whether a condition reads parameters and nothing else of the request.
fn reads_only_args(node: &SyntaxNode) -> bool {
    let paths: Vec<String> = node
        .descendants()
        .filter_map(Path::cast)
        .filter_map(|path| path.segments().first().map(|ident| ident.text.clone()))
        .collect();
    const CONTEXT: [&str; 9] =
        ["user", "agent", "context", "now", "network", "resource", "claims", "session", "sample"];
    let asks_history = node.descendants().any(|node| {
        matches!(
            node.kind(),
            SyntaxKind::HistoryExpr | SyntaxKind::SessionHolds | SyntaxKind::CarriesExpr | SyntaxKind::SeenExpr
        )
    });
    paths.iter().any(|first| first == "args")
        && !asks_history
        && !paths.iter().any(|first| CONTEXT.contains(&first.as_str()))
}
