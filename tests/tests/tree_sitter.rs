//! The tree-sitter grammar in `editors/tree-sitter` accepts every text that the parser accepts: the standard library, the examples, the corpus,
//! the code of the documentation, and generated texts. Its corpus and queries are tested on the way.
//!
//! The generated C is compiled here and driven from Python, where loading a grammar needs no unsafe code of ours.

use mcpz_syntax_oracle::generate;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How many generated texts are tried.
const GENERATED: u64 = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

/// Files below a folder with this extension.
fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

/// The fenced `mcpz` blocks of a page.
fn blocks(markdown: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("```mcpz") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```")).collect();
            blocks.push(body.join("\n") + "\n");
        }
    }
    blocks
}

/// Every text that the parser accepts, by a name that says where it is from.
fn accepted() -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let name = |path: &Path| path.strip_prefix(root()).unwrap_or(path).display().to_string().replace('/', "_");
    for folder in ["stdlib", "examples", "compiler/syntax/tests/corpus", "tests/cases", "cli/templates"] {
        let mut found = Vec::new();
        files(&root().join(folder), "mcpz", &mut found);
        texts.extend(found.iter().map(|path| (name(path), fs::read_to_string(path).expect("a text"))));
    }
    let mut pages = Vec::new();
    files(&root().join("docs"), "md", &mut pages);
    for page in pages {
        for (index, block) in blocks(&fs::read_to_string(&page).expect("a page")).into_iter().enumerate() {
            texts.insert(format!("{}_{index:03}.mcpz", name(&page)), block);
        }
    }
    texts.extend((0..GENERATED).map(|seed| (format!("generated_{seed:04}.mcpz"), generate(seed))));
    texts.retain(|_, text| mcpz_syntax::parse(text).errors().is_empty());
    texts
}

/// Python with the `tree_sitter` package, as `cargo xtask setup` installs it; none on a machine without Python.
fn python() -> Option<PathBuf> {
    let python = root().join("build/python/bin/python");
    let has =
        || Command::new(&python).args(["-c", "import tree_sitter"]).output().is_ok_and(|run| run.status.success());
    if !has() {
        let status = Command::new(env!("CARGO")).args(["xtask", "setup"]).current_dir(root()).status();
        assert!(status.is_ok_and(|status| status.success()), "`cargo xtask setup` failed");
    }
    if !has() {
        eprintln!("left out: the tree-sitter grammar is tested with Python 3, which is not here");
    }
    has().then_some(python)
}

#[test]
fn the_grammar_accepts_what_the_parser_accepts() {
    let Some(python) = python() else { return };
    let grammar = root().join("editors/tree-sitter");
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tree-sitter");
    let _ = fs::remove_dir_all(&work);
    let folder = work.join("texts");
    fs::create_dir_all(&folder).expect("a folder");
    let texts = accepted();
    assert!(texts.len() > 500, "only {} texts", texts.len());
    for (name, text) in &texts {
        fs::write(folder.join(name), text).expect("a text is written");
    }
    let library = work.join("mcpz.so");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &grammar.join("src/parser.c")])
        .arg("-I")
        .arg(grammar.join("src"))
        .output()
        .expect("a C compiler");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let run =
        Command::new(python).arg(grammar.join("test/check.py")).args([&library, &folder]).output().expect("Python");
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{out}\n{err}");
    println!("{out}");
}
