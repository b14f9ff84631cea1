//! The commands of every day on a new package: each with text and JSON, and the ways they fail.

use crate::support::{Package, mcpz, mcpz_with_input};

#[test]
fn a_new_package_checks_tests_and_builds_at_once() {
    let package = Package::new();
    let check = package.run(&["check", "--strict"]).expect(0);
    assert!(check.out.contains("5 rules, 1 server, 9 tests"), "{}", check.out);
    let test = package.run(&["test"]).expect(0);
    assert!(test.out.contains("tests: ok. 9 passed, 0 failed"), "{}", test.out);
    package.run(&["build"]).expect(0);
    assert!(package.root.join("acme.mcpzb").is_file());
    package.run(&["fmt", "--check"]).expect(0);
}

#[test]
fn new_refuses_bad_names_and_occupied_folders() {
    let package = Package::new();
    let again = mcpz(package.root.parent().unwrap(), &["new", "acme"]).expect(2);
    assert!(again.err.contains("not empty"), "{}", again.err);
    let named = package.run(&["new", "1st"]).expect(2);
    assert!(named.err.contains("cannot name a package"), "{}", named.err);
    let json = package.run(&["--format", "json", "new", "other"]).expect(0).json();
    assert_eq!(json["package"], "other");
    assert_eq!(json["files"].as_array().unwrap().len(), 9);
}

#[test]
fn a_misspelt_tool_is_one_error_with_the_right_suggestion_and_fix_mends_it() {
    let package = Package::new();
    package.replace("policy/rules.mcpz", "notes.{list_notes, read_note}", "notes.{list_notes, read_noet}");
    let check = package.run(&["check"]).expect(1);
    assert!(check.out.contains("read_noet") && check.out.contains("read_note"), "{}", check.out);
    let json = package.run(&["--format", "json", "check"]).expect(1).json();
    let errors: Vec<_> = json["diagnostics"].as_array().unwrap().iter().filter(|d| d["severity"] == "error").collect();
    assert_eq!(errors.len(), 1, "{json}");
    let place = &errors[0]["place"];
    assert_eq!(place["path"], "policy/rules.mcpz");
    assert_eq!(errors[0]["fixes"][0]["edits"][0]["text"], "read_note");
    package.run(&["build"]).expect(1);
    assert!(!package.root.join("acme.mcpzb").exists(), "errors give no bytes");
    let fixed = package.run(&["check", "--fix"]).expect(0);
    assert!(fixed.out.contains("fixed"), "{}", fixed.out);
    assert!(package.read("policy/rules.mcpz").contains("notes.{list_notes, read_note}"));
}

#[test]
fn a_catalog_that_changed_under_its_pin_is_an_error_and_lock_pins_it() {
    let package = Package::new();
    package.replace("catalog/notes.json", "Read a note.", "Read a note, and send it on.");
    let check = package.run(&["check"]).expect(1);
    assert!(check.out.contains("notes"), "{}", check.out);
    package.run(&["catalog", "lock"]).expect(0);
    package.run(&["check"]).expect(0);
}

#[test]
fn there_is_no_package_or_no_file() {
    let empty = tempfile::tempdir().unwrap();
    for args in [&["check"][..], &["test"], &["build"], &["fmt"], &["eval", "--message", "x"], &["catalog", "lock"]] {
        let run = mcpz(empty.path(), args).expect(2);
        assert!(run.err.contains("mcpz.toml"), "{args:?}: {}", run.err);
        assert!(run.out.is_empty(), "{args:?}: {}", run.out);
    }
    let package = Package::new();
    let missing = package.run(&["inspect", "no.mcpzb"]).expect(2);
    assert!(missing.err.contains("no.mcpzb"), "{}", missing.err);
    package.run(&["-C", "nowhere", "check"]).expect(2);
    let json = package.run(&["--format", "json", "inspect", "no.mcpzb"]).expect(2);
    let error: serde_json::Value = serde_json::from_str(&json.err).unwrap();
    assert!(error["error"].as_str().unwrap().contains("no.mcpzb"));
}

#[test]
fn wrong_flags_are_usage_errors_and_help_has_examples() {
    let package = Package::new();
    package.run(&["check", "--nonsense"]).expect(2);
    package.run(&["chekc"]).expect(2);
    package.run(&["build", "--emit", "nothing"]).expect(2);
    let commands =
        ["new", "check", "fmt", "build", "inspect", "eval", "why", "test", "explain", "catalog", "completions"];
    for command in commands {
        let help = package.run(&[command, "--help"]).expect(0);
        assert!(help.out.contains("Example"), "{command}: {}", help.out);
    }
    assert!(package.run(&["--help"]).expect(0).out.contains("Exit codes:"));
}

#[test]
fn fmt_keeps_comments_and_leaves_broken_files_alone() {
    let package = Package::new();
    package.write("policy/extra.mcpz", "// keep me\nconst   a=1 // and me\n");
    let look = package.run(&["fmt", "--check"]).expect(1);
    assert!(look.out.contains("extra.mcpz"), "{}", look.out);
    let diff = package.run(&["fmt", "--diff"]).expect(0);
    assert!(diff.out.contains("-const   a=1") && diff.out.contains("+const a = 1"), "{}", diff.out);
    package.run(&["fmt"]).expect(0);
    let text = package.read("policy/extra.mcpz");
    assert_eq!(text, "// keep me\nconst a = 1 // and me\n");
    package.write("policy/extra.mcpz", "permit permit\n");
    let broken = package.run(&["fmt"]).expect(1);
    assert!(broken.out.contains("not formatted"), "{}", broken.out);
    assert_eq!(package.read("policy/extra.mcpz"), "permit permit\n");
    let stdin = mcpz_with_input(&package.root, &["fmt", "-"], "const   b=2\n").expect(0);
    assert_eq!(stdin.out, "const b = 2\n");
}

#[test]
fn every_stage_is_printed() {
    let package = Package::new();
    for (stage, part) in [
        ("tokens", "permit"),
        ("tree", "ServerItem"),
        ("ast", "SourceFile"),
        ("hir", "Program"),
        ("rules", "WRITE"),
        ("graph", "entry"),
        ("asm", "return"),
    ] {
        let run = package.run(&["build", "--emit", stage]).expect(0);
        assert!(run.out.to_lowercase().contains(&part.to_lowercase()) || stage == "tree", "{stage}: {}", run.out);
        assert!(!package.root.join("acme.mcpzb").exists(), "--emit writes no bundle");
    }
}

#[test]
fn a_bundle_is_inspected() {
    let package = Package::new();
    package.run(&["build", "-o", "out/a.mcpzb"]).expect(0);
    let run = package.run(&["inspect", "out/a.mcpzb"]).expect(0);
    assert!(run.out.contains("sections") && run.out.contains("call notes.write_note"), "{}", run.out);
    let symbols = package.run(&["inspect", "out/a.mcpzb", "--symbols"]).expect(0);
    assert!(symbols.out.contains("ARCHIVE") && symbols.out.contains("editor"), "{}", symbols.out);
    let code = package.run(&["inspect", "out/a.mcpzb", "--code"]).expect(0);
    assert!(code.out.contains("policy/rules.mcpz:"), "source lines: {}", code.out);
    let json = package.run(&["--format", "json", "inspect", "out/a.mcpzb"]).expect(0).json();
    assert_eq!(json["name"], "acme");
    assert_eq!(json["rules"].as_array().unwrap().len(), 5);
}

#[test]
fn a_damaged_or_empty_bundle_is_refused() {
    let package = Package::new();
    package.run(&["build"]).expect(0);
    let mut bytes = std::fs::read(package.root.join("acme.mcpzb")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(package.root.join("bad.mcpzb"), &bytes).unwrap();
    std::fs::write(package.root.join("empty.mcpzb"), b"").unwrap();
    for bundle in ["bad.mcpzb", "empty.mcpzb"] {
        let run = package.run(&["inspect", bundle]).expect(2);
        assert!(run.err.contains("refused"), "{}", run.err);
        package.run(&["eval", bundle, "--message", "mcpz.toml"]).expect(2);
    }
}

#[test]
fn two_builds_of_one_package_on_two_paths_are_the_same_bytes() {
    let (one, two) = (Package::new(), Package::new());
    one.run(&["build", "-o", "a.mcpzb"]).expect(0);
    two.run(&["build", "-o", "b.mcpzb"]).expect(0);
    let bytes = |package: &Package, name: &str| std::fs::read(package.root.join(name)).unwrap();
    assert_eq!(bytes(&one, "a.mcpzb"), bytes(&two, "b.mcpzb"));
}

#[test]
fn codes_are_explained_and_near_ones_suggested() {
    let package = Package::new();
    let list = package.run(&["--format", "json", "explain"]).expect(0).json();
    let all = list.as_array().unwrap();
    assert!(all.len() >= 60, "{} codes", all.len());
    let code = all[0]["code"].as_str().unwrap();
    let page = package.run(&["explain", code]).expect(0);
    assert!(page.out.contains("Wrong:") && page.out.contains("Right:"), "{}", page.out);
    package.run(&["explain", &code.to_lowercase()]).expect(0);
    let unknown = package.run(&["explain", "E9999"]).expect(2);
    assert!(unknown.err.contains("no diagnostic"), "{}", unknown.err);
}

#[test]
fn completions_are_printed_for_every_shell() {
    let package = Package::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = package.run(&["completions", shell]).expect(0);
        assert!(run.out.contains("catalog"), "{shell}");
    }
}

#[test]
fn output_is_plain_when_piped_and_coloured_when_asked() {
    let package = Package::new();
    assert!(!package.run(&["test"]).expect(0).out.contains('\x1b'));
    assert!(package.run(&["--color", "always", "test"]).expect(0).out.contains('\x1b'));
    package.replace("policy/rules.mcpz", "read_note}", "read_noet}");
    assert!(!package.run(&["check"]).expect(1).out.contains('\x1b'));
    assert!(package.run(&["--color", "always", "check"]).expect(1).out.contains('\x1b'));
}

#[test]
fn a_closed_pipe_neither_panics_nor_changes_the_exit_code() {
    let package = Package::new();
    package.replace("policy/rules.mcpz", "read_note}", "read_noet}");
    for (args, code) in [("build --emit tokens", 0), ("check", 1), ("explain", 0)] {
        let script = format!("{} {args} 2>err | true; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_mcpz"));
        let output =
            std::process::Command::new("bash").args(["-c", &script]).current_dir(&package.root).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), code.to_string(), "{args}");
        assert_eq!(package.read("err"), "", "{args}");
    }
}

#[test]
fn a_full_disk_is_said() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let package = Package::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = crate::support::command(&package.root).args(["explain"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be written"));
}
