//! The runtime behind a C ABI: verify a bundle, make a principal, decide messages, read decisions.
//!
//! Enforcement points are not all Rust. This crate gives the others the runtime as four opaque handles and a
//! handful of functions; `include/mcpz.h` is generated from it. It adds no meaning of its own: [`engine`] is
//! the only module that calls the runtime, the rest turns C values into Rust values and back.
//!
//! Three promises hold at every function:
//!
//! - *It fails closed.* A null or misaligned pointer, text that is not UTF-8, a table of another version, a panic:
//!   each gives a stable [`Status`], and the decision, which is set to a denial before anything else
//!   happens, stays one. What cannot be told apart from a denial is read as one (a null decision too).
//! - *It reads nothing beyond the given lengths*, and writes every out parameter it is given, also when it fails.
//! - *It keeps nothing of the caller's*: pointers passed in are used during the call only.
//!
//! This is the only crate of the project where `unsafe` stands. Each block has its reason; most lean on
//! what the documentation of the function asks of the caller, and the `pointer` module is where pointers are turned
//! into references, after the tests that can be made.

mod bytes;
mod decide;
mod decision;
mod engine;
mod pointer;
mod principal;
mod program;
mod state;
mod status;
mod text;
mod version;

pub use bytes::Bytes;
pub use decide::{
    MCPZ_DIRECTION_TO_CLIENT, MCPZ_DIRECTION_TO_SERVER, Request, ScratchHandle, mcpz_decide, mcpz_scratch_free,
    mcpz_scratch_new,
};
pub use decision::{
    DecisionHandle, Effect, Show, mcpz_decision_digest, mcpz_decision_effect, mcpz_decision_free, mcpz_decision_json,
    mcpz_decision_new, mcpz_decision_reason, mcpz_decision_retry_after_ms, mcpz_decision_rule, mcpz_decision_show,
};
pub use principal::{PrincipalHandle, mcpz_principal_free, mcpz_principal_new};
pub use program::{ProgramHandle, mcpz_program_digest, mcpz_program_free, mcpz_program_load};
pub use state::*;
pub use status::{Status, mcpz_status_name};
pub use text::{Text, mcpz_text_bytes, mcpz_text_free};
pub use version::{MCPZ_ABI_VERSION, mcpz_abi_version};
