//! What `cargo xtask` does, one module a command.
//!
//! [`steps`] runs commands with timing, [`root`] says where the project is. The heavy judges (oracle,
//! fuzz, bundle mutation) are a program of their own in `tests/`, built in release and started by
//! [`judge`]; this crate stays quick to build.

pub mod bench;
pub mod clients;
pub mod codegen;
pub mod conformance;
pub mod demo;
pub mod editors;
pub mod gateway;
pub mod gateway_demo;
pub mod judge;
pub mod loads;
pub mod lsp;
pub mod peers;
pub mod root;
pub mod setup;
pub mod steps;
pub mod test_all;
pub mod tidy;
pub mod vscode_e2e;
