//! The forms that other tools read: SARIF and GitHub annotations of `check`, JUnit and TAP of `test`; and `test --watch`.

use crate::support::{Package, command};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

/// A package with one misspelt tool.
fn misspelt() -> Package {
    let package = Package::new();
    package.replace("policy/rules.mcpz", "notes.{list_notes, read_note}", "notes.{list_notes, read_noet}");
    package
}

#[test]
fn sarif_has_the_place_the_rule_and_the_fix() {
    let log = misspelt().run(&["check", "--format", "sarif"]).expect(1).json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("results");
    let result = results.iter().find(|result| result["level"] == "error").expect("an error");
    let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert_eq!(rule["id"], result["ruleId"]);
    assert!(rule["shortDescription"]["text"].as_str().is_some_and(|text| !text.is_empty()));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "policy/rules.mcpz");
    assert_eq!(place["region"]["startLine"], place["region"]["endLine"]);
    let replacement = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "read_note");
    let clean = Package::new().run(&["check", "--format", "sarif"]).expect(0).json();
    assert_eq!(clean["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn github_annotations_are_one_line_each() {
    let run = misspelt().run(&["check", "--format", "github"]).expect(1);
    let errors: Vec<&str> = run.out.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(errors.len(), 1, "{}", run.out);
    assert!(errors[0].contains("file=policy/rules.mcpz,line="), "{}", errors[0]);
    assert!(errors[0].contains("read_noet") && errors[0].contains("%0Ahelp: "), "{}", errors[0]);
    assert!(run.out.lines().all(|line| line.starts_with("::")), "{}", run.out);
    assert_eq!(Package::new().run(&["check", "--format", "github"]).expect(0).out, "");
}

#[test]
fn junit_counts_and_says_why() {
    let package = Package::new();
    let all = package.run(&["test", "--format", "junit"]).expect(0);
    assert!(all.out.starts_with("<?xml"), "{}", all.out);
    assert!(all.out.contains("tests=\"9\" failures=\"0\""), "{}", all.out);
    assert_eq!(all.out.matches("<testcase ").count(), 9);
    assert!(all.out.contains("file=\"policy/tests.mcpz\" line=\""), "{}", all.out);
    let tests = package.read("policy/tests.mcpz");
    let broken = format!(
        "{tests}\ntest \"<b> & 'so'\" {{\n    as assistant\n    list notes.list_notes\n    expect listed\n}}\n"
    );
    package.write("policy/tests.mcpz", &broken);
    let failed = package.run(&["test", "--format", "junit"]).expect(1);
    assert!(failed.out.contains("tests=\"10\" failures=\"1\""), "{}", failed.out);
    assert!(failed.out.contains("name=\"&lt;b&gt; &amp; &#39;so&#39;\""), "{}", failed.out);
    assert!(failed.out.contains("<failure message=\""), "{}", failed.out);
}

/// A character of every kind that is written out, and those that XML does not have.
const ODD: [char; 21] = [
    '\u{1}',
    '\u{7f}',
    '\u{85}',
    '\u{ad}',
    '\u{34f}',
    '\u{61c}',
    '\u{115f}',
    '\u{17b4}',
    '\u{180e}',
    '\u{200b}',
    '\u{202e}',
    '\u{2066}',
    '\u{3164}',
    '\u{fe0f}',
    '\u{feff}',
    '\u{ffa0}',
    '\u{fff9}',
    '\u{fffe}',
    '\u{ffff}',
    '\u{1d173}',
    '\u{e0041}',
];

#[test]
fn what_is_xml_is_well_formed_whatever_is_in_a_title() {
    let package = Package::new();
    let mut tests = package.read("policy/tests.mcpz");
    let mut rules = package.read("policy/rules.mcpz");
    for odd in ODD {
        let code = u32::from(odd);
        let title = format!("<{code}> \\u{{{code:X}}}]]>");
        tests +=
            &format!("\ntest \"{title}\" {{\n    as assistant\n    list notes.list_notes\n    expect listed\n}}\n");
        rules +=
            &format!("\nforbid anyone to call notes.write_note where args.text like \"/<{code}\\u{{{code:X}}}&/*\"\n");
    }
    package.write("policy/tests.mcpz", &tests);
    let junit = package.run(&["test", "--format", "junit"]).expect(1).out;
    let document = roxmltree::Document::parse(&junit).unwrap_or_else(|error| panic!("{error}\n{junit}"));
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let names: Vec<&str> = cases.filter_map(|case| case.attribute("name")).collect();
    package.write("policy/rules.mcpz", &rules);
    let svg = package.run(&["graph", "--to", "svg"]).expect(0).out;
    let picture = roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{error}\n{svg}"));
    let said: String = picture.descendants().filter_map(|node| node.text()).collect();
    for odd in ODD {
        let code = u32::from(odd);
        let written = format!("\\u{{{code:x}}}");
        assert!(names.contains(&format!("<{code}> {written}]]>").as_str()), "{written}: {names:?}");
        assert!(said.contains(&written), "{written}: {said}");
    }
}

#[test]
fn tap_has_a_plan_and_the_reasons() {
    let package = Package::new();
    let all = package.run(&["test", "--format", "tap"]).expect(0);
    assert!(all.out.starts_with("TAP version 14\n1..9\nok 1 - "), "{}", all.out);
    let tests = package.read("policy/tests.mcpz");
    let broken =
        format!("{tests}\ntest \"no # here\" {{\n    as assistant\n    list notes.list_notes\n    expect listed\n}}\n");
    package.write("policy/tests.mcpz", &broken);
    let failed = package.run(&["test", "--format", "tap"]).expect(1);
    assert!(failed.out.contains("\nnot ok 10 - no \\# here\n  ---\n  at: \"policy/tests.mcpz:"), "{}", failed.out);
}

#[test]
fn a_package_that_does_not_check_is_an_error_in_every_form() {
    let package = misspelt();
    let junit = package.run(&["test", "--format", "junit"]).expect(1);
    assert!(junit.out.contains("errors=\"1\"") && junit.out.contains("read_noet"), "{}", junit.out);
    let tap = package.run(&["test", "--format", "tap"]).expect(1);
    assert!(tap.out.ends_with("Bail out! the package does not check, so no test ran\n"), "{}", tap.out);
}

#[test]
fn a_command_refuses_forms_that_it_does_not_write() {
    let package = Package::new();
    for words in [["build", "--format", "sarif"], ["check", "--format", "tap"], ["test", "--format", "github"]] {
        let run = package.run(&words).expect(2);
        assert!(run.err.contains("does not write that format"), "{}", run.err);
    }
    // What has a form of its own is not JSON, and does not pretend to be.
    let products: [&[&str]; 6] = [
        &["graph"],
        &["fmt", "-"],
        &["build", "--emit", "rules"],
        &["build", "-o", "-"],
        &["completions", "bash"],
        &["audit", "export", "log", "--as", "cef"],
    ];
    for words in products {
        let run = package.run(&[words, &["--format", "json"]].concat()).expect(2);
        assert!(run.out.is_empty() && run.err.contains("does not write that format"), "{words:?}: {}", run.err);
    }
    package.run(&["graph", "--to", "dot", "-o", "trees.dot", "--format", "json"]).expect(0).json();
    let watch = package.run(&["test", "--watch", "--format", "json"]).expect(2);
    assert!(watch.err.contains("--watch"), "{}", watch.err);
}

#[test]
fn watching_runs_again_after_each_change_errors_included() {
    let package = Package::new();
    let mut child = command(&package.root).args(["test", "--watch", "--quiet"]).stdout(Stdio::piped()).spawn().unwrap();
    let stdout = child.stdout.take().expect("stdout");
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let await_line = |wanted: &str| {
        let mut seen = String::new();
        loop {
            let line =
                lines.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("no `{wanted}` in\n{seen}"));
            seen.push_str(&line);
            seen.push('\n');
            if line.contains(wanted) {
                return seen;
            }
        }
    };
    await_line("9 passed, 0 failed");
    await_line("waiting for a change");
    package.replace("policy/rules.mcpz", "read_note}", "read_noet}");
    let broken = await_line("waiting for a change");
    assert!(broken.contains("rules.mcpz") && broken.contains("read_noet"), "{broken}");
    package.replace("policy/rules.mcpz", "read_noet}", "read_note}");
    await_line("9 passed, 0 failed");
    child.kill().expect("the watcher ends");
    child.wait().expect("it is gone");
}
