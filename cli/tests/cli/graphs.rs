//! `graph` and `build --report`: what a decision looks at, drawn and counted.

use crate::support::Package;
use serde_json::json;
use std::fmt::Write as _;

const EDITOR: &str = r#"{"kind": "user", "issuer": "corp", "claims": {"sub": "user:7", "groups": ["editors"]}}"#;

/// A package with more rules about one tool: by folder, and (when `odd`) by nothing that can be indexed.
fn package(rules: usize, odd: bool) -> Package {
    let package = Package::new();
    let mut text = String::new();
    for row in 0..rules {
        let condition =
            if odd { format!("args.path != \"/{row}\"") } else { format!("args.path under \"/notes/f{row}\"") };
        writeln!(text, "\n@id(\"F-{row}\")\nforbid anyone to call notes.write_note where {condition}")
            .expect("writing to a string");
    }
    package.write("policy/more.mcpz", &text);
    package
}

#[test]
fn the_way_of_a_request_is_lit() {
    let package = package(12, false);
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "write_note", "arguments": {"path": "/notes/f3/a.md", "text": "hi"}}});
    package.write("call.json", &message.to_string());
    let args = ["graph", "--message", "call.json", "--as", EDITOR, "--to", "mermaid"];
    let drawn = package.run(&args).expect(0).out;
    let box_of = |rule: &str| {
        let line = drawn.lines().find(|line| line.contains(&format!("forbid {rule}\""))).expect("the rule is drawn");
        line.trim().split('[').next().expect("a box has a name").to_owned()
    };
    let lit = drawn.lines().find(|line| line.trim().starts_with("class n")).expect("something is lit");
    let is_lit = |rule: &str| lit.replace(['c', 'l', 'a', 's', ' '], ",").split(',').any(|name| name == box_of(rule));
    assert!(is_lit("F-3") && !is_lit("F-4"), "{drawn}");
    // The arrow to a rule carries its key, its name and its line.
    let arrow = format!("==>|\"under #quot;/notes/f3#quot;<br/>F-3  acme/policy/more.mcpz:12\"| {}", box_of("F-3"));
    assert!(drawn.contains(&arrow), "{drawn}");
}

#[test]
fn patterns_are_drawn_as_their_authors_wrote_them() {
    let package = Package::new();
    let long = "x".repeat(90);
    let mut text = format!(
        "\n@id(\"R\")\nforbid anyone to call notes.write_note where args.text matches r\"/srv/[a-z]+\"\n\
         \n@id(\"L\")\nforbid anyone to call notes.write_note where args.text like \"/{long}*\"\n"
    );
    for row in 0..12 {
        let rule = format!("forbid anyone to call notes.write_note where args.text like \"/<n>{row}/*\"");
        writeln!(text, "\n@id(\"F-{row}\")\n{rule}").expect("writing to a string");
    }
    package.write("policy/more.mcpz", &text);
    package.run(&["build", "-o", "notes.mcpzb"]).expect(0);
    let forms = |package_or_bundle: &str| {
        ["svg", "dot", "mermaid"].map(|form| package.run(&["graph", package_or_bundle, "--to", form]).expect(0).out)
    };
    for drawn in [forms("."), forms("notes.mcpzb")] {
        let [svg, dot, mermaid] = &drawn;
        assert!(svg.contains(">like &quot;/&lt;n&gt;3/*&quot;<") && svg.contains(">args.text<"), "{svg}");
        assert!(dot.contains(r#"[label="like \"/<n>3/*\"\nF-3  acme/policy/more.mcpz:"#), "{dot}");
        assert!(mermaid.contains("like #quot;/#lt;n#gt;3/*#quot;"), "{mermaid}");
        assert!(svg.contains("xxx…&quot;") && !svg.contains(&long), "{svg}");
    }
    assert!(forms(".")[1].contains(r#"matches \"/srv/[a-z]+\""#));
    // An automaton in a bundle does not say what it was made of.
    assert!(forms("notes.mcpzb")[1].contains(r#"label="a pattern\nR  acme/"#));
}

#[test]
fn every_form_is_drawn_and_a_wrong_entry_point_is_told() {
    let package = package(6, false);
    package.run(&["graph", "-o", "all.svg"]).expect(0);
    let svg = package.read("all.svg");
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
    assert!(svg.contains(">forbid F-2<") && svg.contains(">F-2  acme/policy/more.mcpz:9<"), "{svg}");
    let dot = package.run(&["graph", "--to", "dot", "--entry", "call notes.write_note"]).expect(0).out;
    assert!(dot.starts_with("digraph") && !dot.contains("delete_note"), "{dot}");
    let near = package.run(&["graph", "--entry", "call notes.write_notes"]).expect(2);
    assert!(near.err.contains("did you mean `call notes.write_note`?"), "{}", near.err);
    // One that is there does not hide one that is not.
    let wrong = package.run(&["graph", "--entry", "call notes.write_note", "--entry", "zzz"]).expect(2);
    assert!(wrong.err.contains("there is no entry point `zzz`"), "{}", wrong.err);
    assert!(wrong.err.contains("call notes.write_note"), "{}", wrong.err);
}

#[test]
fn a_report_names_the_rules_that_defeat_the_index_and_what_to_write_instead() {
    let good = package(30, false);
    let run = good.run(&["build", "--report"]).expect(0);
    assert!(run.out.contains("every rule is found by what it looks at"), "{}", run.out);
    good.run(&["build", "--deny-unindexed"]).expect(0);
    let odd = package(9, true);
    let json = odd.run(&["--format", "json", "build", "--report"]).expect(0).json();
    let group = &json["unindexed"][0];
    assert_eq!((&group["stage"], &group["together"]), (&json!("forbids"), &json!(10)), "{json}");
    assert!(
        group["rules"][1]["advice"].as_str().is_some_and(|advice| advice.contains("compares a parameter")),
        "{json}"
    );
    let denied = odd.run(&["build", "--deny-unindexed"]).expect(1);
    assert!(denied.out.contains("are tested one by one") && denied.out.contains("F-0"), "{}", denied.out);
}

#[test]
fn a_predicate_that_many_rules_write_out_is_reported() {
    let report = |rules: usize| {
        let package = Package::new();
        let values: Vec<String> = (0..100).map(|row| format!("x == \"/{row}\"")).collect();
        let mut text = format!("\npredicate big(x: string) = {}\n", values.join(" or "));
        for row in 0..rules {
            writeln!(text, "\n@id(\"B-{row}\")\nforbid anyone to call notes.write_note where big(args.text)")
                .expect("writing to a string");
        }
        package.write("policy/more.mcpz", &text);
        let json = package.run(&["--format", "json", "build", "--report"]).expect(0).json()["written_out"].clone();
        (json, package.run(&["build", "--report"]).expect(0).out)
    };
    // Or, and three parts of each comparison: written out once more than fourteen times is 4,214.
    let (json, text) = report(15);
    assert_eq!((&json[0]["predicate"], &json[0]["parts"], &json[0]["rules"]), (&json!("big"), &json!(301), &json!(15)));
    assert!(text.contains("written out predicate big, 301 parts in each of 15 rules"), "{text}");
    assert_eq!(report(14).0, json!([]));
}

#[test]
fn an_entry_point_that_shares_nodes_with_the_request_is_not_lit() {
    let package = package(2, false);
    // Both tools have the same forbid, and so one node.
    package.write("policy/more.mcpz", "\n@id(\"F\")\nforbid anyone to call notes.{write_note, delete_note}\n");
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "write_note", "arguments": {"path": "/notes/a.md", "text": "hi"}}});
    package.write("call.json", &message.to_string());
    let entries = ["--entry", "call notes.write_note", "--entry", "call notes.delete_note"];
    let args = ["graph", "--message", "call.json", "--as", EDITOR, "--to", "dot"];
    let drawn = package.run(&[&args[..], &entries[..]].concat()).expect(0).out;
    let box_of = |text: &str| drawn.lines().find(|line| line.contains(text)).expect("a box");
    assert!(box_of("\"call notes.write_note\\l\"").contains("penwidth"), "{drawn}");
    assert!(!box_of("\"call notes.delete_note\\l\"").contains("penwidth"), "{drawn}");
    let arrows: Vec<&str> = drawn.lines().filter(|line| line.contains("->") && line.contains("F  acme/")).collect();
    assert_eq!(arrows.len(), 2, "{drawn}");
    assert_eq!(arrows.iter().filter(|arrow| arrow.contains("penwidth")).count(), 1, "{drawn}");
}
