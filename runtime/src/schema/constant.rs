//! Compares a value of a document with a constant of a schema, by value.

use crate::json::{Document, NodeId};
use mcpz_bytecode::schema::ConstantView;

/// Whether they are equal. Recursion is bounded by the constant's depth, which was verified.
pub(super) fn equals(document: Document<'_>, node: NodeId, constant: ConstantView<'_>) -> bool {
    match constant {
        ConstantView::Null => document.is_null(node),
        ConstantView::Bool(value) => document.bool(node) == Some(value),
        ConstantView::Number(value) => document.number(node) == Some(value),
        ConstantView::String(value) => document.str(node) == Some(value),
        ConstantView::Array(constants) => {
            document.kind(node) == crate::json::Kind::Array
                && document.size(node) == constants.count()
                && document.elements(node).zip(constants).all(|(element, constant)| equals(document, element, constant))
        }
        ConstantView::Object(mut members) => {
            document.kind(node) == crate::json::Kind::Object
                && document.size(node) == members.count()
                && members.all(|(key, constant)| {
                    document.get(node, key).is_some_and(|member| equals(document, member, constant))
                })
        }
    }
}
