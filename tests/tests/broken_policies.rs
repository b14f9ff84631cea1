//! Broken policies of the kinds people really write: each gets exactly one helpful error.
//!
//! A case is one file over the frame package, which is right by itself. The snapshot holds the source and
//! what the checker says, so that a reviewer needs no other file.

use mcpz_compiler::check;
use mcpz_compiler::diagnostics::{Severity, plain};
use mcpz_tests::packages::{read_folder, repository, workspace_of_files};
use std::path::PathBuf;

fn cases() -> Vec<PathBuf> {
    let folder = repository().join("tests/broken/cases");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the cases are there").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// What the checker says about a case: the number of errors, and the text for a reader.
fn outcome(text: &str) -> (usize, String) {
    let mut files = read_folder(&repository().join("tests/broken/frame"));
    files.insert("policy/case.mcpz".to_owned(), text.as_bytes().to_vec());
    let checked = check(&workspace_of_files(files));
    let errors = checked.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    (errors, plain::render(&checked.diagnostics, checked.sources()))
}

#[test]
fn the_frame_itself_is_right() {
    let (errors, shown) = outcome("");
    assert_eq!((errors, shown.as_str()), (0, ""));
}

#[test]
fn each_gets_exactly_one_helpful_error() {
    let cases = cases();
    assert!(cases.len() >= 30);
    let mut wrong = Vec::new();
    for path in &cases {
        let text = std::fs::read_to_string(path).expect("a case can be read");
        let name = path.file_stem().expect("a file").to_string_lossy().into_owned();
        let (errors, shown) = outcome(&text);
        if errors != 1
            || shown.lines().filter(|line| line.starts_with("error") || line.starts_with("warning")).count() != 1
        {
            wrong.push(format!("{name}: {errors} errors\n{shown}"));
        }
        insta::assert_snapshot!(name, format!("{text}\n---\n{shown}"));
    }
    assert!(wrong.is_empty(), "{} cases went wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn five_misspelt_names_are_five_errors_with_five_suggestions() {
    let text = std::fs::read_to_string(repository().join("tests/broken/five/case.mcpz")).expect("the case is there");
    let (errors, shown) = outcome(&text);
    assert_eq!(errors, 5, "{shown}");
    for suggestion in ["analyst", "get_invoice", "amount", "EUR", "customers"] {
        assert!(
            shown.contains(&format!("`{suggestion}`")) || shown.contains(&format!("\"{suggestion}\"")),
            "{suggestion} in:\n{shown}"
        );
    }
    insta::assert_snapshot!("five_misspelt_names", format!("{text}\n---\n{shown}"));
}
