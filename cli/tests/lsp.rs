//! The language server over standard input and output: every session of `tests/lsp/sessions` answers as it is written there.
//! `MCPZ_BLESS=1` writes the answers that come into the files.

use mcpz_lsp_tests::{session, torture, workspace};
use std::path::Path;

#[test]
fn sessions_answer_as_they_are_written() {
    let binary = Path::new(env!("CARGO_BIN_EXE_mcpz"));
    let folder = workspace::repository().join("tests/lsp/sessions");
    match session::run_all(binary, &folder) {
        Ok(count) => assert!(count > 0, "there are no sessions"),
        Err(failed) => panic!("{failed}"),
    }
}

/// Edits and positions at random: no request fails inside, and what is known in the end is what a fresh start knows.
#[test]
fn edits_and_requests_at_random_places_are_answered() {
    let binary = Path::new(env!("CARGO_BIN_EXE_mcpz"));
    for seed in [11, 12] {
        if let Err(failed) = torture::run(binary, 120, seed) {
            panic!("seed {seed}: {failed}");
        }
    }
}
