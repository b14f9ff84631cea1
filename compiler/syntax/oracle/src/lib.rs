//! The judge of the parser: a second one, made by pest from the normative grammar, with texts to try them on.
//!
//! Two independent parsers that agree are a security property: what a person reads in the grammar is what is compiled.
//! [`pest_sexpr`] parses and normalises; [`generate`] makes texts from productions and [`mutate`] spoils them; [`fuzz_parser`] and
//! [`fuzz_format`] run the comparison and stop at the first difference, with the seed that replays it.

mod convert;
mod fuzz;
mod generator;
mod mutation;
mod productions;
mod random;

pub use convert::{pest_sexpr, pest_tree};
pub use fuzz::{Failure, check_format, check_parser, fuzz_format, fuzz_parser};
pub use generator::generate;
pub use mutation::mutate;
