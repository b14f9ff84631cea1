//! `docs/errors.md`: the error index, from the table of diagnostic codes.

use mcpz_compiler::diagnostics::{CodeInfo, Severity, codes};
use std::fmt::Write;

/// The whole page.
pub fn page() -> String {
    let mut page = String::from(
        "# Error index\n\n\
         <!-- Written by `cargo xtask codegen` from compiler/src/diagnostics/codes. Do not edit. -->\n\n\
         Every diagnostic of the compiler, with an example that has it and the same example mended. `mcpz explain E0102` prints\n\
         the same text. Codes that start with `W` are lints: `[lints]` in `mcpz.toml` sets them to `allow`, `warn` or `deny`,\n\
         and `@allow(CODE, \"reason\")` before an item silences one there.\n\n\
         The examples are added to the frame package in `compiler/src/diagnostics/codes/frame`.\n\n\
         | code | name | what is wrong |\n|---|---|---|\n",
    );
    for info in codes::ALL {
        let _ = writeln!(page, "| [{0}](#{1}) | `{2}` | {3} |", info.code, anchor(info), info.name, info.summary);
    }
    for info in codes::ALL {
        section(&mut page, info);
    }
    page
}

fn section(page: &mut String, info: &CodeInfo) {
    let severity = match info.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let _ = write!(
        page,
        "\n## {} {}\n\n*{severity}*: {}\n\n{}\n\nWrong:\n\n{}\nRight:\n\n{}",
        info.code,
        info.name,
        info.summary,
        info.explanation.trim(),
        fenced(info.bad),
        fenced(info.good),
    );
}

fn fenced(code: &str) -> String {
    format!("```mcpz\n{}\n```\n", code.trim_matches('\n'))
}

fn anchor(info: &CodeInfo) -> String {
    format!("{}-{}", info.code.to_lowercase(), info.name)
}
