//! The subcommands, one file each: its arguments, and a function `run`.

pub mod build;
mod case_args;
pub mod catalog;
pub mod check;
pub mod completions;
pub mod doc;
pub mod eval;
pub mod explain;
pub mod fmt;
pub mod gateway;
pub mod graph;
pub mod inspect;
pub mod lsp;
pub mod new;
pub mod run;
pub mod test;
pub mod why;
