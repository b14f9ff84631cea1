//! `mcpz test --format junit`: a test suite as XML.
//!
//! There are no times in it: a test is a decision and takes microseconds, and the same sources give the same document.

use super::markup;
use crate::escape;
use crate::testing::TestResult;
use mcpz_compiler::diagnostics::{Diagnostic, plain};
use mcpz_compiler::hir::Source;
use std::fmt::Write;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The document of a package whose tests ran.
pub fn document(package: &str, results: &[TestResult]) -> String {
    let failed = results.iter().filter(|result| !result.passed()).count();
    let (name, total) = (markup(package), results.len());
    let mut out = String::from(HEAD);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "<testsuites name=\"mcpz\" tests=\"{total}\" failures=\"{failed}\" errors=\"0\">");
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{total}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">"
    );
    for result in results {
        case(&mut out, &name, result);
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(out: &mut String, package: &str, result: &TestResult) {
    let (title, file) = (markup(&escape::inline(&result.title)), markup(&result.path));
    let head =
        format!("    <testcase name=\"{title}\" classname=\"{package}\" file=\"{file}\" line=\"{}\"", result.line);
    if result.passed() {
        let _ = writeln!(out, "{head}/>");
        return;
    }
    let said: Vec<String> = result.failures.iter().map(|failure| markup(&escape::inline(failure))).collect();
    let first = said.first().map_or("", String::as_str);
    let _ = writeln!(out, "{head}>");
    let _ = writeln!(out, "      <failure message=\"{first}\">{file}:{}\n{}</failure>", result.line, said.join("\n"));
    out.push_str("    </testcase>\n");
}

/// The document of a package that does not check: one case, in error.
pub fn unchecked(package: &str, diagnostics: &[Diagnostic], sources: &[Source]) -> String {
    let name = markup(package);
    let said = markup(&plain::render(diagnostics, sources));
    let mut out = String::from(HEAD);
    let _ = writeln!(out, "<testsuites name=\"mcpz\" tests=\"1\" failures=\"0\" errors=\"1\">");
    let _ = writeln!(out, "  <testsuite name=\"{name}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">");
    let _ = writeln!(out, "    <testcase name=\"the package checks\" classname=\"{name}\">");
    let _ = writeln!(out, "      <error message=\"the package does not check, so no test ran\">{said}</error>");
    out.push_str("    </testcase>\n  </testsuite>\n</testsuites>\n");
    out
}
