//! Tests that span crates, and what they share.
//!
//! [`packages`] makes workspaces, [`built`] takes one all the way to a verified program, [`literate`] reads the
//! chapters of the reference; [`schema_fuzz`] and [`json_fuzz`] compare with well-known libraries.

pub mod built;
pub mod json_fuzz;
pub mod literate;
pub mod packages;
pub mod schema_fuzz;
pub mod seeded;
