//! The compiled form of a JSON Schema, as it travels in a bundle.

/// A compiled schema.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaImage {}
