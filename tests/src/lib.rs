//! Tests that span crates.

pub mod json_fuzz;
pub mod schema_fuzz;
pub mod seeded;
