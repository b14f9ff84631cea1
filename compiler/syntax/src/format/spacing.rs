//! Where a space stands between two tokens.

use crate::token::SyntaxKind;
use crate::tree::SyntaxToken;

/// Whether a space stands between two neighbours that share the node `parent`.
pub(super) fn space_between(left: &SyntaxToken, right: &SyntaxToken, parent: SyntaxKind) -> bool {
    use SyntaxKind::{
        Annotation, At, CallExpr, Colon, Comma, Dot, FieldPath, IndexAll, LBracket, LParen, NegExpr, OverlayPattern,
        Path, Question, RBracket, RParen, RangeExpr, RuleRef, TypeGeneric,
    };
    match parent {
        Path | FieldPath | IndexAll | RuleRef | NegExpr | TypeGeneric | OverlayPattern => {
            return false;
        }
        RangeExpr => return false,
        _ => {}
    }
    let opens_arguments = matches!(
        parent,
        CallExpr
            | Annotation
            | SyntaxKind::HistoryExpr
            | SyntaxKind::Predicate
            | SyntaxKind::TargetUri
            | SyntaxKind::AllExpr
            | SyntaxKind::AnyExpr
    );
    match (left.kind(), right.kind()) {
        (_, Comma | RParen | RBracket | Colon | Question | Dot) => false,
        (LParen | LBracket | Dot | At, _) => false,
        (_, LParen) if opens_arguments => false,
        _ => true,
    }
}
