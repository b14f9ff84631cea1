//! The mcpz bundle: values, opcode table, container, verifier.
//!
//! The compiler fills an [`image::BundleImage`], [`container`] turns it into bytes, and the
//! verifier ([`verify`]) makes the only thing that can be evaluated of them. Nothing here does I/O, and nothing
//! panics on any input.
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]
extern crate alloc;

pub mod arguments;
pub mod container;
pub mod disassemble;
pub mod error;
pub mod hash;
pub mod ids;
pub mod image;
pub mod limits;
pub mod lists;
mod names;
pub mod opcode;
mod operands;
pub mod packed;
pub mod plan;
pub mod program;
pub mod schema;
pub mod text;
mod uris;
pub mod value;
pub mod verify;

pub use container::{EncodeOptions, encode, reseal};
pub use disassemble::disassemble;
pub use error::ErrorCode;
pub use program::Program;
pub use text::Text;
pub use verify::{FaultPlace, VerifyError};
