//! Catalogs: what a server declared, and what becomes of its JSON Schemas.

use mcpz_bytecode::schema::SchemaImage;

/// The compiled schema of one tool's arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSchema {
    /// What the runtime validates arguments against.
    pub image: SchemaImage,
}
