//! `examples/decide.c`, compiled against the header and the static library, decides the recorded session of the
//! quickstart as the Rust interface does.

use mcpz::case::Case;
use mcpz::engine::Engine;
use mcpz_tests::built::built;
use mcpz_tests::packages::repository;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the static library needs of the system.
const SYSTEM: &[&str] = if cfg!(target_os = "linux") { &["-lpthread", "-ldl", "-lm"] } else { &[] };

/// The static library of this very build: it stands beside this test.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let library = test.parent().expect("a folder").join("libmcpz_capi.a");
    assert!(library.exists(), "{} is built with this test", library.display());
    library
}

/// Compiles the example; warnings are errors.
fn compile(folder: &Path) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = folder.join("decide");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let output = Command::new(&compiler)
        .args(["-std=c11", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-I"])
        .arg(here.join("include"))
        .arg(here.join("examples/decide.c"))
        .arg(library())
        .args(SYSTEM)
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap_or_else(|error| panic!("`{compiler}`, which Rust links with, could not be started: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the example prints UTF-8")
}

/// The example, ready to run.
struct Example {
    folder: tempfile::TempDir,
    program: PathBuf,
    engine: Engine,
}

impl Example {
    fn new() -> Example {
        let folder = tempfile::tempdir().expect("a folder");
        let bytes = built(&repository().join("examples/quickstart")).bytes;
        std::fs::write(folder.path().join("policy.mcpzb"), &bytes).expect("the bundle is written");
        let Ok(engine) = Engine::load(&bytes) else { panic!("the bundle is sound") };
        Example { program: compile(folder.path()), folder, engine }
    }

    fn run(&self, words: &[&str]) -> Output {
        let bundle = self.folder.path().join("policy.mcpzb");
        Command::new(&self.program).arg("--bundle").arg(bundle).args(words).output().expect("the example runs")
    }
}

#[test]
fn the_c_example_keeps_what_it_says() {
    let example = Example::new();
    it_decides_the_session_as_rust_does(&example);
    it_says_what_is_wrong_and_ends_with_two(&example);
    it_denies_junk(&example);
}

fn it_decides_the_session_as_rust_does(example: &Example) {
    let path = repository().join("examples/quickstart/traffic/session.jsonl");
    let session = std::fs::read_to_string(path).expect("a session");
    let lines = session.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut codes = Vec::new();
    for line in lines {
        let Ok(case) = Case::at(0).read(line, "line") else { panic!("a sound line: {line}") };
        let expected = example.engine.decide(&case).unwrap_or_else(|_| panic!("a sound case: {line}"));
        let expected_json = mcpz::decision::to_json(example.engine.image(), &expected);
        let read: Value = serde_json::from_str(line).expect("JSON");
        let (chain, now) = (read["as"].to_string(), case.now_ms.to_string());
        let message = text(&case.message);
        let mut words = vec!["--server", "notes", "--as", &chain, "--at", &now];
        words.extend(case.state.session_labels.iter().flat_map(|label| ["--holds", label]));
        words.push(&message);
        let short = example.run(&words);
        let rule = expected_json["rule"]["id"].as_str().unwrap_or("-").to_owned();
        assert_eq!(text(&short.stdout), format!("{} {} {rule}\n", expected.effect.name(), expected.reason.name()));
        words.insert(0, "--json");
        let full = example.run(&words);
        assert_eq!(serde_json::from_slice::<Value>(&full.stdout).expect("JSON"), expected_json, "{line}");
        let code = Some(if expected.is_allow() { 0 } else { 1 });
        assert_eq!((short.status.code(), full.status.code()), (code, code), "{line}");
        codes.push(expected.is_allow());
    }
    assert!(codes.contains(&true) && codes.contains(&false), "the session has both: {codes:?}");
}

fn it_says_what_is_wrong_and_ends_with_two(example: &Example) {
    std::fs::write(example.folder.path().join("junk.mcpzb"), b"junk").expect("a file is written");
    let junk = example.folder.path().join("junk.mcpzb");
    let junk = junk.to_str().expect("a path");
    for (words, part) in [
        (vec!["--server", "notes", "--as", "null", "--bundle", junk, "{}"], "boundary_bundle_refused"),
        (vec!["--server", "notes", "--as", "{}", "{}"], "boundary_bad_principal"),
        (vec!["--server", "notes", "--as", "null"], "usage"),
        (vec!["--server", "notes", "--as", "null", "--ip", "nowhere", "{}"], "usage"),
    ] {
        let output = example.run(&words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(text(&output.stderr).contains(part), "{words:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "nothing is decided: {words:?}");
    }
}

fn it_denies_junk(example: &Example) {
    let output = example.run(&["--server", "notes", "--as", "null", "junk", "", "{\"jsonrpc\":\"2.0\"}"]);
    assert_eq!(output.status.code(), Some(1));
    let lines = text(&output.stdout);
    assert!(lines.lines().all(|line| line.starts_with("deny ")) && lines.lines().count() == 3, "{lines}");
}
