//! The mcpz bundle: values, opcode table, container, verifier.
#![no_std]
extern crate alloc;

pub mod schema;
