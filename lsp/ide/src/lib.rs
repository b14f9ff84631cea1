//! What an editor asks of a package: completion, hover, rename and the rest, as functions from plain data to plain data.
//!
//! Nothing here knows the Language Server Protocol, reads a file or keeps state. A [`Package`] is the checked workspace of one
//! root package; a place is a [`SourceId`](mcpz_compiler::hir::SourceId) and a byte offset; answers are in byte ranges of
//! [`Location`]s. One feature a file. Terms: the *cursor* is an offset between two bytes; a *symbol* is what a name stands
//! for, whatever file it stands in.
//!
//! Read next: [`package`] for what a package is here, [`syntax`] for how a place is found.

pub mod actions;
pub mod completion;
pub mod definition;
pub mod describe;
pub mod diagnostics;
pub mod formatting;
pub mod grammar;
pub mod hover;
pub mod inlay;
pub mod json_place;
pub mod lens;
pub mod library;
pub mod literal;
pub mod markup;
pub mod names;
pub mod outline;
pub mod package;
pub mod place;
pub mod references;
pub mod signature;
pub mod symbol;
pub mod syntax;
pub mod tokens;
pub mod tools;
pub mod types;
pub mod who;

pub use package::Package;
pub use place::{File, Location};
