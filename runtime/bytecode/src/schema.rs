//! The compiled form of a JSON Schema, as it travels in a bundle.

use alloc::vec::Vec;
use core::marker::PhantomData;

/// A compiled schema.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaImage {}

impl SchemaImage {
    /// Appends the encoded form.
    pub fn encode(&self, _out: &mut Vec<u8>) {}
}

/// A broken schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaError;

/// A verified schema.
#[derive(Debug, Clone)]
pub struct VerifiedSchema(());

impl VerifiedSchema {
    /// Verifies encoded bytes.
    pub fn verify(bytes: &[u8]) -> Result<Self, SchemaError> {
        if bytes.is_empty() {
            Ok(Self(()))
        } else {
            Err(SchemaError)
        }
    }

    /// A view of the bytes that were verified.
    pub fn view<'a>(&'a self, _bytes: &'a [u8]) -> SchemaView<'a> {
        SchemaView(PhantomData)
    }
}

/// A view of a schema.
#[derive(Debug, Clone, Copy)]
pub struct SchemaView<'a>(PhantomData<&'a ()>);
