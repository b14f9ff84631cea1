//! The words of the token table for the tree-sitter grammar.

use super::words;

/// `editors/tree-sitter/words.js`.
pub fn words() -> String {
    format!(
        "// Written by `cargo xtask codegen` from compiler/syntax/src/token.rs. Do not edit.\n\n\
         /** Reserved and clause words: names after a `.`, as keys and in sets, nowhere else. */\n\
         const hard = {};\n\n\
         /** Words that start a path where a `.` follows. */\n\
         const roots = {};\n\n\
         module.exports = {{ hard, roots }};\n",
        array(&words::hard()),
        array(&words::roots()),
    )
}

fn array(words: &[&str]) -> String {
    let lines: Vec<String> = words.chunks(10).map(|chunk| format!("  {},\n", quoted(chunk))).collect();
    format!("[\n{}]", lines.concat())
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ")
}
