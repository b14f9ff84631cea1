//! `build --profile`: traffic orders the trees and decides nothing.

use crate::support::Package;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Rules about one tool: some are found by folder, the others by nothing.
fn package() -> Package {
    let package = Package::new();
    let mut text = String::new();
    for row in 0..12 {
        for condition in [format!("under \"/notes/f{row}\""), format!("!= \"/notes/x{row}\"")] {
            let kind = if condition.starts_with("under") { "F" } else { "X" };
            writeln!(
                text,
                "\n@id(\"{kind}-{row}\")\nforbid anyone to call notes.write_note where args.path {condition}"
            )
            .expect("writing to a string");
        }
    }
    package.write("policy/more.mcpz", &text);
    let asked = |path: &str| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "write_note", "arguments": {"path": path, "text": "hi"}}});
        let who = json!({"kind": "user", "issuer": "corp", "claims": {"sub": "user:7", "groups": ["editors"]}});
        json!({"as": who, "at": "2026-03-02T10:00:00Z", "message": message}).to_string()
    };
    let paths = ["/notes/a", "/notes/x0", "/notes/f3/a", "/notes/b", "/notes/../a"];
    let traffic: Vec<String> = paths.iter().map(|path| asked(path)).collect();
    package.write("traffic.jsonl", &traffic.join("\n"));
    package
}

/// The decisions of the traffic, without the digest of the bundle.
fn decided(package: &Package, bundle: &str) -> Vec<Value> {
    let run = package.run(&["--format", "json", "eval", bundle, "--session", "traffic.jsonl"]);
    let mut messages = run.json()["messages"].as_array().cloned().expect("a list of decisions");
    for message in &mut messages {
        message["decision"].as_object_mut().expect("a decision").remove("digest");
    }
    messages
}

#[test]
fn a_profile_changes_the_order_and_no_decision() {
    let package = package();
    let build = |output: &str| {
        package.run(&["build", "--profile", "traffic.jsonl", "-o", output]).expect(0);
        std::fs::read(package.root.join(output)).expect("a bundle")
    };
    assert_eq!(build("one.mcpzb"), build("two.mcpzb"), "the same profile gives the same bytes");
    package.run(&["build", "-o", "plain.mcpzb"]).expect(0);
    assert_ne!(std::fs::read(package.root.join("plain.mcpzb")).expect("a bundle"), build("one.mcpzb"));
    let first_rule = |args: &[&str]| {
        let graph = package.run(args).expect(0).out;
        let at = |rule: &str| graph.find(&format!("forbid {rule}\n")).unwrap_or_else(|| panic!("{rule} in {graph}"));
        at("F-3") < at("X-3")
    };
    assert!(first_rule(&["build", "--emit", "graph"]), "rules that are found by folder stand first");
    assert!(!first_rule(&["build", "--emit", "graph", "--profile", "traffic.jsonl"]), "what decided stands first");
    let plain = decided(&package, "plain.mcpzb");
    assert_eq!(plain.len(), 5);
    assert_eq!(plain, decided(&package, "one.mcpzb"));
}

#[test]
fn traffic_that_cannot_be_read_stops_the_build() {
    let package = package();
    package.write("traffic.jsonl", "{\"messages\": 1}");
    let run = package.run(&["build", "--profile", "traffic.jsonl", "-o", "one.mcpzb"]).expect(2);
    assert!(run.err.contains("traffic.jsonl, line 1"), "{}", run.err);
    assert!(!package.root.join("one.mcpzb").exists());
    package.run(&["build", "--profile", "nothing.jsonl"]).expect(2);
}
