//! `eval`, `why` and `test`: what is decided, how it is said, and what cannot be asked.

use crate::support::{Package, mcpz_with_input};
use serde_json::{Value, json};

const EDITOR: &str = r#"{"kind": "user", "issuer": "corp", "claims": {"sub": "user:7", "groups": ["editors"]}}"#;

fn call(tool: &str, arguments: Value) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})
        .to_string()
}

fn write_call(package: &Package, path: &str) {
    package.write("call.json", &call("write_note", json!({"path": path, "text": "hi"})));
}

#[test]
fn an_allowed_call_names_its_rule_and_line() {
    let package = Package::new();
    write_call(&package, "/notes/shared/a.md");
    let run = package.run(&["eval", "--message", "call.json", "--as", EDITOR]).expect(0);
    assert!(run.out.starts_with("ALLOW") && run.out.contains("WRITE  acme/policy/rules.mcpz:"), "{}", run.out);
    let json = package.run(&["--format", "json", "eval", "--message", "call.json", "--as", EDITOR]).expect(0).json();
    assert_eq!((&json["effect"], &json["rule"]["id"]), (&json!("allow"), &json!("WRITE")));
}

#[test]
fn a_bundle_decides_what_its_package_decides() {
    let package = Package::new();
    write_call(&package, "/notes/shared/a.md");
    package.run(&["build"]).expect(0);
    let json = |args: &[&str]| package.run(args).expect(0).json();
    let common = ["--message", "call.json", "--as", EDITOR, "--at", "2026-03-02T10:00:00Z"];
    let of_package = json(&[&["--format", "json", "eval"], &common[..]].concat());
    let of_bundle = json(&[&["--format", "json", "eval", "acme.mcpzb"], &common[..]].concat());
    assert_eq!(of_package, of_bundle);
}

#[test]
fn why_names_the_closest_rule_the_clause_the_value_seen_and_the_value_wanted() {
    let package = Package::new();
    write_call(&package, "/etc/passwd");
    let args = ["why", "--message", "call.json", "--as", EDITOR];
    let run = package.run(&args).expect(1);
    for part in ["closest is WRITE", "args.path under \"/notes/shared\"", "/etc/passwd", "wanted"] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    let json = package.run(&[&["--format", "json"], &args[..]].concat()).expect(1).json();
    assert_eq!(json["closest"], "WRITE");
    let rule = json["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == "WRITE").unwrap();
    let failed = usize::try_from(rule["first_failed"].as_u64().unwrap()).unwrap();
    let test = &rule["clauses"][failed]["tests"][0];
    assert!(test["seen"].as_str().unwrap().contains("/etc/passwd"), "{test}");
    assert!(test["wanted"].as_str().unwrap().contains("/notes/shared"), "{test}");
}

#[test]
fn a_forbid_and_a_challenge_are_told() {
    let package = Package::new();
    package.write("call.json", &call("delete_note", json!({"path": "/notes/shared/a.md"})));
    let challenge = package.run(&["eval", "--message", "call.json", "--as", EDITOR]).expect(1);
    assert!(challenge.out.contains("CHALLENGE") && challenge.out.contains("approval by editor"), "{}", challenge.out);
    let state = r#"{"approvals": [{"by": "user:9", "classes": ["editor"], "age": "1m"}]}"#;
    package.run(&["eval", "--message", "call.json", "--as", EDITOR, "--state", state]).expect(0);
    let own = r#"{"approvals": [{"by": "user:7", "classes": ["editor"], "age": "1m"}]}"#;
    package.run(&["eval", "--message", "call.json", "--as", EDITOR, "--state", own]).expect(1);
    write_call(&package, "/notes/shared/archive/a.md");
    let forbidden = package.run(&["eval", "--message", "call.json", "--as", EDITOR]).expect(1);
    assert!(
        forbidden.out.contains("ARCHIVE") && forbidden.out.contains("the archive is read-only"),
        "{}",
        forbidden.out
    );
}

#[test]
fn duplicate_keys_reach_the_strict_reader() {
    let package = Package::new();
    let message = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note","name":"write_note","arguments":{"path":"/a"}}}"#;
    let case = format!(r#"{{"as": {EDITOR}, "message": {message}}}"#);
    let run = mcpz_with_input(&package.root, &["--format", "json", "eval", "--input", "-"], &case).expect(1);
    assert_eq!(run.json()["reason"], "input_duplicate_key");
}

#[test]
fn what_a_client_says_cannot_speak_to_the_terminal() {
    let package = Package::new();
    write_call(&package, "/notes/\u{1b}[2J\u{202e}gpj.exe");
    for command in ["eval", "why"] {
        let run = package.run(&[command, "--message", "call.json", "--as", EDITOR]).expect(1);
        assert!(!run.out.contains('\x1b') && !run.out.contains('\u{202e}'), "{:?}", run.out);
    }
    let line = format!(r#"{{"title": "bad \u001b[31m", "as": {EDITOR}, "message": {}}}"#, package.read("call.json"));
    package.write("session.jsonl", &line);
    let run = package.run(&["eval", "--session", "session.jsonl"]).expect(1);
    assert!(!run.out.contains('\x1b') && !run.out.contains('\u{202e}'), "{:?}", run.out);
    assert!(run.out.contains("0 allowed, 1 denied"), "{}", run.out);
}

#[test]
fn cases_that_cannot_be_asked_say_why() {
    let package = Package::new();
    write_call(&package, "/a");
    package.write("empty.json", "");
    for (args, part) in [
        (vec!["--as", EDITOR], "no message"),
        (vec!["--message", "missing.json"], "missing.json"),
        (vec!["--input", "empty.json"], "malformed"),
        (vec!["--message", "call.json", "--as", "{}"], "malformed"),
        (vec!["--message", "call.json", "--as", "@missing.json"], "missing.json"),
        (vec!["--message", "call.json", "--at", "noon"], "noon"),
        (vec!["--message", "call.json", "--state", "{\"nonsense\": 1}"], "nonsense"),
        (vec!["--message", "call.json", "--data", "nothing=1"], "no data `nothing`"),
        (vec!["--message", "call.json", "--direction", "up"], "to_server"),
    ] {
        for command in ["eval", "why"] {
            let run = package.run(&[&[command], &args[..]].concat()).expect(2);
            assert!(run.err.contains(part), "{command} {args:?}: {}", run.err);
        }
    }
}

#[test]
fn tests_are_filtered_and_failures_say_what_was_wanted_and_got() {
    let package = Package::new();
    let some = package.run(&["test", "--filter", "archive"]).expect(0);
    assert!(some.out.contains("1 passed, 0 failed, 8 filtered out"), "{}", some.out);
    package.run(&["test", "--filter", "no such title"]).expect(2);
    package.replace("policy/tests.mcpz", "expect allow by WRITE", "expect deny by ARCHIVE");
    let failed = package.run(&["test"]).expect(1);
    assert!(failed.out.contains("expected deny, got allow by WRITE (allowed)"), "{}", failed.out);
    assert!(failed.out.contains("8 passed, 1 failed"), "{}", failed.out);
    let json = package.run(&["--format", "json", "test"]).expect(1).json();
    assert_eq!((&json["passed"], &json["failed"]), (&json!(8), &json!(1)));
}

#[test]
fn a_run_of_tests_says_which_rules_it_showed() {
    let package = Package::new();
    package.write(
        "policy/more.mcpz",
        "@id(\"NEVER\")\nforbid anyone to call notes.write_note where args.path == \"/nowhere\"\n",
    );
    let rules = |args: &[&str]| {
        let json = package.run(&[&["--format", "json", "test"], args].concat()).expect(0).json();
        json["coverage"].as_array().expect("coverage").clone()
    };
    let hits = |rules: &[Value], id: &str| {
        rules.iter().find(|rule| rule["rule"] == id).map(|rule| rule["hits"].as_u64().expect("a number"))
    };
    let all = rules(&[]);
    assert_eq!(hits(&all, "NEVER"), Some(0));
    assert!(hits(&all, "WRITE") > Some(0) && hits(&all, "ARCHIVE") > Some(0), "{all:?}");
    let never = all.iter().find(|rule| rule["rule"] == "NEVER").expect("every rule is there");
    assert_eq!((&never["path"], &never["line"]), (&json!("policy/more.mcpz"), &json!(2)), "{never}");
    assert!(hits(&rules(&["--filter", "archive"]), "WRITE") < hits(&all, "WRITE"));
    let shown = package.run(&["test", "--coverage"]).expect(0).out;
    assert!(shown.contains("rules: ") && shown.contains("never  NEVER  policy/more.mcpz:2"), "{shown}");
    assert!(!package.run(&["test"]).expect(0).out.contains("NEVER"));
}
