//! The syntax file of Vim and Neovim, for where no tree-sitter parser is built.

use super::words::{self, GROUPS};
use std::fmt::Write;

/// How a TextMate scope looks in Vim.
fn highlight(scope: &str) -> &'static str {
    match scope {
        "keyword.operator.word" | "keyword.operator.quantifier" => "Operator",
        "keyword.control.conditional" => "Conditional",
        "keyword.control.import" => "Include",
        "constant.language" => "Boolean",
        "support.function.action" => "Function",
        "variable.language.subject" => "Special",
        "keyword.other.clause" => "Keyword",
        _ => "Statement",
    }
}

/// A pattern of whole words.
fn any_of(words: &[&str]) -> String {
    format!("/\\<\\%({}\\)\\>/", words.join("\\|"))
}

/// `editors/neovim/syntax/mcpz.vim`.
pub fn syntax() -> String {
    let mut out = String::from(
        "\" Written by `cargo xtask codegen` from compiler/syntax/src/token.rs. Do not edit.\n\
         if exists('b:current_syntax')\n  finish\nendif\n\n",
    );
    // Writing to a string cannot fail.
    for (index, group) in GROUPS.iter().enumerate() {
        // `syntax keyword` would read `contains` as an argument of its own.
        let _ = writeln!(out, "syntax match mcpzWords{index} {}", any_of(group.words));
        let _ = writeln!(out, "highlight default link mcpzWords{index} {}", highlight(group.scope));
    }
    let _ = writeln!(out, "syntax match mcpzDeclaration {}", any_of(&words::declarations()));
    out.push_str(
        "highlight default link mcpzDeclaration Structure\n\n\
         \" After a dot any word is a name, and so is a key.\n\
         syntax match mcpzMember /\\.\\@<!\\.\\s*\\h\\w*/\n\
         syntax match mcpzKey /\\<\\h\\w*\\ze\\s*:/\n\
         syntax match mcpzNumber /\\<\\d[0-9_]*\\(\\.\\d[0-9_]*\\)\\?\\([A-Za-z]\\w*\\)\\?\\>/\n\
         syntax match mcpzNumber /\\<\\d\\{4}-\\d\\d-\\d\\d\\(T[0-9:.]\\+\\(Z\\|[+-]\\d\\d:\\d\\d\\)\\)\\?\\>/\n\
         syntax match mcpzNumber /\\<\\d\\d:\\d\\d\\(:\\d\\d\\)\\?\\>/\n\
         syntax match mcpzAnnotation /@\\h\\w*/\n\
         syntax match mcpzEscape contained /\\\\\\(u{\\x\\{1,6}}\\|.\\)/\n\
         syntax region mcpzString start=/\"/ skip=/\\\\./ end=/\"\\|$/ contains=mcpzEscape\n\
         syntax region mcpzRaw start=/\\<r\"/ end=/\"\\|$/\n\
         syntax match mcpzComment /\\/\\/.*/\n\
         syntax match mcpzDoc /\\/\\/[\\/!]\\/\\@!.*/\n\n\
         highlight default link mcpzMember Identifier\n\
         highlight default link mcpzKey Identifier\n\
         highlight default link mcpzNumber Number\n\
         highlight default link mcpzAnnotation PreProc\n\
         highlight default link mcpzEscape SpecialChar\n\
         highlight default link mcpzString String\n\
         highlight default link mcpzRaw String\n\
         highlight default link mcpzComment Comment\n\
         highlight default link mcpzDoc SpecialComment\n\n\
         let b:current_syntax = 'mcpz'\n",
    );
    out
}
