//! Catalogs: what a server declared, and what becomes of its JSON Schemas.
//!
//! [`parse`] reads a catalog file. Each tool's `inputSchema` (JSON Schema 2020-12 or draft-07)
//! becomes two things: a [`Type`] that the checker knows `args` by, and a
//! [`SchemaImage`] that the runtime validates arguments against. Nothing is dropped in silence: a
//! keyword that is neither enforced nor an annotation is listed as an [`UnenforcedKeyword`] and stops
//! the build, unless the catalog's `acknowledged` names it. No `$ref` is ever fetched.
//!
//! `format` is an annotation, as JSON Schema 2020-12 has it, in draft-07 too: a string with a format
//! keeps the type `string`, and [`propose_overlay`] proposes the richer type, under which a bad
//! spelling is an error at each use.
//!
//! `strict` reads JSON, `compile` makes images, `infer` makes types, `keywords` says which keyword is
//! which, `reference` resolves `$ref`, `pattern` translates regexes, `propose` proposes overlays,
//! `diff` compares catalogs.

mod compile;
mod digest;
mod file;
mod infer;
mod keywords;
mod number;
mod pattern;
mod propose;
mod reference;
mod strict;
#[cfg(test)]
mod tests;

pub use digest::{definition_digest, file_digest};
pub use file::{Catalog, CatalogError, CatalogProblem, UnenforcedKeyword, parse};
pub use propose::{Proposal, propose_overlay};

use crate::types::Type;
use mcpz_bytecode::schema::SchemaImage;
use serde_json::Value;
use std::sync::Arc;

/// The compiled schema of one tool's arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSchema {
    /// What the runtime validates arguments against.
    pub image: Arc<SchemaImage>,
}

/// Longest catalog file, in bytes.
pub const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;
/// Deepest nesting of a catalog file.
pub const MAX_FILE_DEPTH: usize = 100;
/// Most nodes that one schema compiles to.
pub const MAX_SCHEMA_NODES: usize = 10_000;
/// Deepest nesting of subschemas.
pub const MAX_SCHEMA_DEPTH: usize = 64;

/// A schema that cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaProblem {
    /// JSON pointer into the schema.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

/// What a JSON Schema becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct CompiledSchema {
    /// The type of the values that fit.
    pub ty: Type,
    /// What values are validated against.
    pub image: SchemaImage,
    /// Keywords that are not enforced: JSON pointer of the schema, and keyword.
    pub unenforced: Vec<(String, String)>,
}

/// Compiles one JSON Schema.
pub fn compile_schema(schema: &Value) -> Result<CompiledSchema, SchemaProblem> {
    let dialect = keywords::dialect(schema)?;
    let (image, unenforced) = compile::compile(schema, dialect)?;
    Ok(CompiledSchema { ty: infer::infer(schema, dialect), image, unenforced })
}
