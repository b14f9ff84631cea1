//! Validates a value of a [`Document`] against a compiled schema.
//!
//! An interpreter of [`mcpz_bytecode::schema`]. It allocates nothing; it spends a budget of steps
//! and a depth, and a value that exceeds them is refused: whatever cannot be told valid is not.

mod constant;
#[cfg(test)]
mod tests;
mod validator;

use crate::json::{Document, Kind, NodeId};
use mcpz_bytecode::limits::NOTED_MEMBERS;
use mcpz_bytecode::schema::SchemaView;
use validator::Validator;

/// Most steps spent on one value. A step is a check, a member looked at or an element compared.
pub const MAX_STEPS: u32 = 2_000_000;
/// Deepest nesting of schemas that is followed.
pub const MAX_DEPTH: u32 = 192;

/// Why a value does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaFault {
    /// The value that fails.
    pub node: NodeId,
    /// The keyword it fails, or `steps`, `depth`, `integer_range`.
    pub keyword: &'static str,
}

/// Validates a value against the root of a schema.
pub fn validate(document: Document<'_>, node: NodeId, schema: &SchemaView<'_>) -> Result<(), SchemaFault> {
    Validator::new(document, *schema).validate(node, |_, _| ())
}

/// Members of a value, by their number among those that the schema's root names.
pub(crate) type NotedMembers = [Option<NodeId>; NOTED_MEMBERS];

/// As [`validate`]; notes the members of the value on the way, where the root is an object node.
pub(crate) fn validate_noting(
    document: Document<'_>,
    node: NodeId,
    schema: &SchemaView<'_>,
    noted: &mut NotedMembers,
) -> Result<(), SchemaFault> {
    Validator::new(document, *schema).validate(node, |number, member| {
        let place = usize::try_from(number).ok().and_then(|number| noted.get_mut(number));
        if let Some(place) = place {
            *place = Some(member);
        }
    })
}

/// Validates `{}`, which stands for arguments that are absent.
pub fn validate_absent(schema: &SchemaView<'_>) -> Result<(), SchemaFault> {
    let document = Document::empty_object();
    validate(document, document.root(), schema)
}

/// The first parameter that the schema's root does not name: what `extra refuse` refuses.
pub fn extra_parameter(document: Document<'_>, arguments: NodeId, schema: &SchemaView<'_>) -> Option<NodeId> {
    if document.kind(arguments) != Kind::Object {
        return Some(arguments);
    }
    let named = schema.named_parameters();
    let is_extra = |name: &str| named.is_none_or(|named| !named.has(name));
    document.members(arguments).find(|(name, _)| is_extra(name)).map(|(_, node)| node)
}
