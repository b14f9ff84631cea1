//! Every example: it checks without a warning, its tests pass, and its recorded traffic is decided as `traffic/expected.txt` says.

use crate::support::mcpz;
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("examples");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("examples")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("mcpz.toml").is_file())
        .collect();
    found.sort();
    found
}

#[test]
fn every_example_checks_and_passes_its_tests() {
    let examples = examples();
    assert!(examples.len() >= 6, "{examples:?}");
    for example in examples {
        mcpz(&example, &["check", "--strict"]).expect(0);
        mcpz(&example, &["test", "--quiet"]).expect(0);
        assert!(example.join("README.md").is_file(), "{}", example.display());
    }
}

/// Every package of the repository, the standard library's included, is in the one layout.
#[test]
fn every_package_is_formatted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut packages = Vec::new();
    let mut open = vec![root.join("examples"), root.join("stdlib")];
    while let Some(folder) = open.pop() {
        if folder.join("mcpz.toml").is_file() {
            packages.push(folder.clone());
        }
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        open.extend(entries.filter(|path| path.is_dir()));
    }
    assert!(packages.len() >= 18, "{packages:?}");
    for package in packages {
        let run = mcpz(&package, &["fmt", "--check"]);
        assert_eq!(run.code, 0, "{}: {}", package.display(), run.out);
    }
}

/// `BLESS=1` writes what is expected.
#[test]
fn recorded_traffic_is_decided_as_expected() {
    for example in examples().into_iter().filter(|example| example.join("traffic/session.jsonl").is_file()) {
        let run = mcpz(&example, &["--format", "json", "eval", "--session", "traffic/session.jsonl"]);
        let mut decided = String::new();
        for message in run.json()["messages"].as_array().expect("messages") {
            let decision = &message["decision"];
            let by = decision["rule"]["id"].as_str().or(decision["reason"].as_str()).unwrap_or_default();
            let (effect, title) = (decision["effect"].as_str().unwrap_or_default(), &message["title"]);
            writeln!(decided, "{effect:<9} {by:<14} {}", title.as_str().unwrap_or_default()).expect("written");
        }
        let file = example.join("traffic/expected.txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, &decided).expect("the expectation is written");
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(decided, expected, "{}: `BLESS=1 cargo test -p mcpz examples` writes it", example.display());
    }
}
