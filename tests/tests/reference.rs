//! The chapters of the language reference: every block checks as it says, every test in it passes.

use mcpz::engine::Engine;
use mcpz::testing;
use mcpz_compiler::diagnostics::Severity;
use mcpz_compiler::{BuildOptions, build, check};
use mcpz_tests::literate::{Example, chapter};
use mcpz_tests::packages::{repository, workspace_of_texts};
use std::collections::{BTreeMap, BTreeSet};

const CHAPTERS: &[&str] = &["lexical", "who", "what", "rules", "expressions", "history", "testing"];

fn read(name: &str) -> String {
    let path = repository().join("docs/reference").join(format!("{name}.md"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The frame's files, which stand under every example.
fn frame() -> BTreeMap<String, String> {
    chapter(&read("frame")).examples.into_iter().flat_map(|example| example.files).collect()
}

/// What is wrong with an example.
fn faults(example: &Example, frame: &BTreeMap<String, String>) -> Vec<String> {
    let mut files = frame.clone();
    files.extend(example.files.clone());
    let checked = check(&workspace_of_texts(files));
    let place = |span: mcpz_compiler::hir::Span| {
        let source = &checked.sources()[span.source.index()];
        let before = &source.text[..usize::try_from(span.start).expect("a small file")];
        let path = source.path.split_once('/').map_or(source.path.as_str(), |(_, path)| path);
        (path.to_owned(), before.matches('\n').count() + 1)
    };
    let found: BTreeSet<_> = checked
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .map(|found| {
            let (path, line) = place(found.span);
            (path, line, found.code.to_owned())
        })
        .collect();
    let expected: BTreeSet<_> = example.expected.iter().cloned().collect();
    if found != expected {
        let messages: Vec<_> = checked.diagnostics.iter().map(|found| found.message.as_str()).collect();
        return vec![format!("expected {expected:?}, found {found:?}: {messages:?}")];
    }
    checked.program.as_ref().map_or_else(Vec::new, failed_tests)
}

/// What the tests of a program say against it.
fn failed_tests(program: &mcpz_compiler::hir::Program) -> Vec<String> {
    let built = match build(program, &BuildOptions::default()) {
        Ok(built) => built,
        Err(problems) => return vec![format!("does not build: {problems:?}")],
    };
    let engine = Engine::load(&built.bytes).expect("the verifier accepts what the compiler emits");
    let results = testing::run(program, &engine, None).expect("the tests can be run");
    let failed = results.into_iter().filter(|result| !result.passed());
    failed.map(|result| format!("{}: {}: {}", result.place, result.title, result.failures.join("; "))).collect()
}

#[test]
fn every_chapter_is_true() {
    let frame = frame();
    let mut wrong = Vec::new();
    let mut examples = 0;
    for name in CHAPTERS {
        for example in chapter(&read(name)).examples {
            examples += 1;
            let faults = faults(&example, &frame);
            wrong.extend(faults.into_iter().map(|fault| format!("{name}.md, {}: {fault}", example.heading)));
        }
    }
    assert!(examples > 30, "only {examples} examples found");
    assert!(wrong.is_empty(), "{} faults in {examples} examples:\n{}", wrong.len(), wrong.join("\n"));
}
