//! The compiler of the mcpz policy language: sources to bundle, pure.
//!
//! `text -> tokens -> tree -> AST` is the business of `mcpz-syntax`. This crate goes on:
//! `AST -> resolved -> typed -> rules -> decision graph -> bytes`. Each arrow is one function with
//! a plain value on both sides. Nothing here reads a file, a clock or the environment.

mod again;
pub mod build;
pub mod catalog;
pub mod check;
mod checked;
pub mod decision;
pub mod diagnostics;
pub mod emit;
pub mod hir;
mod ids;
pub mod index;
pub mod lower;
pub mod memo;
pub mod package;
pub mod resolve;
pub mod source;
pub mod types;

pub use again::check_again;
pub use build::{Build, BuildOptions, build};
pub use checked::{Checked, Indexed, check, check_focused, check_indexed};
