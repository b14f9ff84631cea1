//! The parser and the normative grammar agree: on the corpus, on rejected texts, on generated and spoiled ones.

use mcpz_syntax_oracle::{check_format, check_parser, fuzz_format, fuzz_parser, generate, pest_sexpr};
use std::path::Path;

fn corpus() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn both_accept_the_corpus_with_one_tree() {
    for (name, text) in corpus() {
        if let Err(error) = pest_sexpr(&text) {
            panic!("{name}: {error}");
        }
        check_parser(&text).unwrap_or_else(|reason| panic!("{name}: {reason}"));
    }
}

#[test]
fn generated_texts_are_valid() {
    for seed in 0..300 {
        let text = generate(seed);
        assert!(pest_sexpr(&text).is_ok(), "seed {seed}: {text}\n{:?}", pest_sexpr(&text));
    }
}

#[test]
fn both_agree_on_generated_and_spoiled_texts() {
    if let Err(failure) = fuzz_parser(3_000, 1) {
        panic!("{failure}");
    }
}

#[test]
fn formatting_the_corpus_changes_no_tree_and_loses_no_comment() {
    for (name, text) in corpus() {
        check_format(&text).unwrap_or_else(|reason| panic!("{name}: {reason}"));
    }
}

#[test]
fn formatting_generated_texts_changes_no_tree_and_loses_no_comment() {
    if let Err(failure) = fuzz_format(1_000, 1) {
        panic!("{failure}");
    }
}
