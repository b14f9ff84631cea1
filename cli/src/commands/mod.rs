//! The subcommands, one file each: its arguments, and a function `run`.

pub mod audit;
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
pub mod isolate;
pub mod lsp;
pub mod new;
pub mod restore;
pub mod run;
pub mod status;
pub mod test;
pub mod why;
