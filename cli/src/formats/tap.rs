//! `mcpz test --format tap`: the Test Anything Protocol, version 14.

use crate::escape;
use crate::testing::TestResult;
use mcpz_compiler::diagnostics::{Diagnostic, plain};
use mcpz_compiler::hir::Source;

/// The lines of tests that ran.
pub fn lines(results: &[TestResult]) -> Vec<String> {
    let mut lines = vec!["TAP version 14".to_owned(), format!("1..{}", results.len())];
    for (index, result) in results.iter().enumerate() {
        let word = if result.passed() { "ok" } else { "not ok" };
        lines.push(format!("{word} {} - {}", index + 1, description(&result.title)));
        if !result.passed() {
            failure(result, &mut lines);
        }
    }
    lines
}

/// The lines of a package that does not check.
pub fn unchecked(diagnostics: &[Diagnostic], sources: &[Source]) -> Vec<String> {
    let mut lines = vec!["TAP version 14".to_owned()];
    let said = plain::render(diagnostics, sources);
    lines.extend(said.lines().map(|line| format!("# {}", escape::inline(line)).trim_end().to_owned()));
    lines.push("Bail out! the package does not check, so no test ran".to_owned());
    lines
}

/// Why a test failed, as the YAML block of its line.
fn failure(result: &TestResult, lines: &mut Vec<String>) {
    lines.push("  ---".to_owned());
    lines.push(format!("  at: {}", quoted(&format!("{}:{}", result.path, result.line))));
    lines.push("  failures:".to_owned());
    lines.extend(result.failures.iter().map(|text| format!("    - {}", quoted(text))));
    lines.push("  ...".to_owned());
}

/// A title: a `#` would start a directive.
fn description(title: &str) -> String {
    escape::inline(title).replace('\\', "\\\\").replace('#', "\\#")
}

/// A YAML string in double quotes; JSON's form is one.
fn quoted(text: &str) -> String {
    serde_json::Value::String(escape::inline(text)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_no_directive() {
        assert_eq!(description("pays # TODO later"), "pays \\# TODO later");
    }
}
