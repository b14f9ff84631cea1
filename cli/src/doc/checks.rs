//! The page of tests and assertions: what the package is relied on for.

use super::page::{Site, at, item_source};
use crate::formats::markup;
use std::fmt::Write;

/// The page.
pub fn body(site: &Site) -> String {
    let program = site.program;
    let mut out = String::new();
    out.push_str(
        "<h2>Assertions</h2>\n<p>Statements about every request there could be. They are not proved yet.</p>\n",
    );
    if program.asserts.is_empty() {
        out.push_str("<p class=\"quiet\">None.</p>\n");
    }
    for assert in &program.asserts {
        section(&mut out, &assert.title, &at(program, assert.span), &item_source(program, assert.span));
    }
    out.push_str("<h2>Tests</h2>\n<p>Statements about one request each: <code>mcpz test</code> runs them.</p>\n");
    if program.tests.is_empty() {
        out.push_str("<p class=\"quiet\">None.</p>\n");
    }
    for test in &program.tests {
        section(&mut out, &test.title, &at(program, test.span), &item_source(program, test.span));
    }
    out
}

fn section(out: &mut String, title: &str, place: &str, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "<details><summary>{} {place}</summary>\n{text}</details>", markup(title));
}
