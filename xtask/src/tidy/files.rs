//! Rules about single files.

use super::Finding;
use crate::root;
use crate::steps::{Failed, output};
use std::path::Path;
use std::process::Command;

/// Lines a Rust file may have.
const MAX_LINES: usize = 800;
/// Lines a function may have, signature and braces included, before it must give a reason.
const MAX_FUNCTION_LINES: usize = 70;

/// Words that must not be committed, split so that this file does not hold them.
const FORBIDDEN: [(&str, &str); 6] = [
    (concat!("todo", "!("), "unfinished code"),
    (concat!("unimplemented", "!("), "unfinished code"),
    (concat!("FIX", "ME"), "a note of unfinished work: finish it, or say in the docs what is missing"),
    (concat!("X", "XX:"), "a note of unfinished work"),
    (concat!("#[", "ignore"), "a test that does not run proves nothing"),
    (concat!("thread::", "sleep"), "wait for an event, not for time"),
];

/// Hosts of package registries and build mirrors: committed files name packages and versions only.
const REGISTRY_HOSTS: [&str; 4] = [
    concat!("registry.", "npmjs"),
    concat!("files.", "pythonhosted"),
    concat!("artif", "actory"),
    concat!("static.", "crates.io"),
];

/// The only folder where unsafe code may stand.
const UNSAFE_FOLDER: &str = "runtime/capi/";
/// What follows the word where it is code: blocks, functions, implementations, foreign items, attributes.
const UNSAFE_FOLLOWS: [&str; 6] = ["{", "fn ", "impl", "trait ", "extern ", "("];

/// Checks every tracked file.
pub fn check() -> Result<Vec<Finding>, Failed> {
    let root = root::root();
    let list = output(
        Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(&root),
    )?;
    let mut findings = Vec::new();
    for path in list.lines() {
        let Ok(text) = std::fs::read_to_string(root.join(path)) else {
            continue;
        };
        check_file(path, &text, &mut findings);
    }
    Ok(findings)
}

fn check_file(path: &str, text: &str, findings: &mut Vec<Finding>) {
    let is_rust = path.ends_with(".rs");
    let mut find = |line: usize, what: String| findings.push(Finding { place: format!("{path}:{line}"), what });
    for (number, line) in text.lines().enumerate() {
        for host in REGISTRY_HOSTS.iter().filter(|host| line.contains(**host)) {
            find(number + 1, format!("names the registry host `{host}`"));
        }
        if is_rust {
            for (word, why) in FORBIDDEN.iter().filter(|(word, _)| line.contains(word)) {
                find(number + 1, format!("`{word}`: {why}"));
            }
            check_attributes(line, |what| find(number + 1, what));
            if !path.starts_with(UNSAFE_FOLDER) && has_unsafe_code(line) {
                find(number + 1, format!("unsafe code stands in {UNSAFE_FOLDER} only: the C boundary"));
            }
        }
    }
    if is_rust {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            find(lines, format!("{lines} lines: split it, {MAX_LINES} is the most"));
        }
        if !has_module_docs(path, text) {
            find(1, "no `//!` at the top: say what the module does and why".to_owned());
        }
        check_functions(text, find);
    }
}

fn check_attributes(line: &str, mut find: impl FnMut(String)) {
    let line = line.trim_start();
    if line.starts_with(concat!("#[", "allow(")) || line.starts_with(concat!("#![", "allow(")) {
        find("a bare allow: use `#[expect(lint, reason = \"..\")]`".to_owned());
    }
}

/// Whether a line, its comment aside, holds an unsafe block, function, implementation or attribute.
fn has_unsafe_code(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices(concat!("uns", "afe")).any(|(at, word)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].trim_start();
        let starts_word = before.is_none_or(|before| !(before.is_alphanumeric() || "_\"`".contains(before)));
        starts_word && (after.is_empty() || UNSAFE_FOLLOWS.iter().any(|next| after.starts_with(next)))
    })
}

/// Files that another file includes, and build scripts, need no page of their own.
fn has_module_docs(path: &str, text: &str) -> bool {
    let name = Path::new(path).file_name().and_then(|n| n.to_str()).unwrap_or_default();
    name == "build.rs" || text.trim_start().starts_with("//!")
}

/// Functions over the limit, unless the line above their docs holds `#[expect(clippy::too_many_lines`.
fn check_functions(text: &str, mut find: impl FnMut(usize, String)) {
    let lines: Vec<&str> = text.lines().collect();
    for (start, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if !is_function_head(trimmed) {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(indent));
        let Some(length) = lines[start..].iter().position(|l| *l == closing) else {
            continue;
        };
        let excused = lines[start.saturating_sub(4)..start].iter().any(|l| l.contains("too_many_lines"));
        if length + 1 > MAX_FUNCTION_LINES && !excused {
            find(start + 1, format!("a function of {} lines: {MAX_FUNCTION_LINES} is the most", length + 1));
        }
    }
}

fn is_function_head(line: &str) -> bool {
    let line = line.strip_prefix("pub ").or_else(|| line.strip_prefix("pub(crate) ")).unwrap_or(line);
    let line = line.strip_prefix("const ").or_else(|| line.strip_prefix("async ")).unwrap_or(line);
    line.starts_with("fn ") && !line.ends_with(';') && !line.ends_with('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings_of(path: &str, text: &str) -> Vec<String> {
        let mut findings = Vec::new();
        check_file(path, text, &mut findings);
        findings.into_iter().map(|f| f.what).collect()
    }

    #[test]
    fn a_tidy_file_has_no_findings() {
        assert!(findings_of("a.rs", "//! Docs.\nfn f() {\n}\n").is_empty());
    }

    #[test]
    fn each_rule_is_kept() {
        let long = format!("//! Docs.\nfn f() {{\n{}}}\n", "    g();\n".repeat(80));
        for (text, part) in [
            ("fn f() {}\n", "no `//!`"),
            (concat!("//! D.\nfn f() { tod", "o!() }\n"), "unfinished"),
            (concat!("//! D.\n#[all", "ow(dead_code)]\n"), "bare allow"),
            (concat!("//! D.\n#[ign", "ore]\n"), "does not run"),
            (long.as_str(), "a function of 82 lines"),
        ] {
            let found = findings_of("a.rs", text);
            assert!(found.iter().any(|f| f.contains(part)), "{part}: {found:?}");
        }
        for code in [
            "uns|afe { f() }",
            "pub uns|afe fn f() {}",
            "#[uns|afe(no_mangle)]",
            "    uns|afe",
            "uns|afe impl X for Y {}",
        ] {
            let text = format!("//! D.\n{}\n", code.replace('|', ""));
            assert_eq!(findings_of("runtime/src/a.rs", &text).len(), 1, "{code}");
            assert!(findings_of("runtime/capi/src/a.rs", &text).is_empty(), "{code}");
        }
        for text in ["uns|afe_code = 1", "// an uns|afe { block", "\"uns|afe fn\""] {
            let text = format!("//! D.\n{}\n", text.replace('|', ""));
            assert!(findings_of("runtime/src/a.rs", &text).is_empty(), "{text}");
        }
        let host = concat!("https://registry.np", "mjs.org/x");
        assert_eq!(findings_of("lock.json", host).len(), 1);
    }
}
