//! The formatter: one layout for every text without errors.
//!
//! Four spaces of indent, lines of up to 100 columns where that can be. A rule that fits its line stays on it; else each clause gets
//! its own, `where` before `when` before `unless`. Every comment is kept: one on its own line stands before the token it stood
//! before, one at the end of a line stays at the end of a line. One blank line is kept where there were any.
//!
//! `comments` collects the comments, `layout` turns the tree into a document, `document` fits it to lines, `spacing` says where
//! a space stands.

mod comments;
mod document;
mod layout;
mod lists;
mod spacing;

use crate::error::SyntaxError;
use crate::parser::parse;

/// Columns a line should not exceed.
pub const MAX_WIDTH: usize = 100;

/// Spaces for each level of indent.
pub const INDENT: usize = 4;

/// A comment that had to move can change what fits a line, so formatting is repeated until nothing changes; more than a few
/// rounds are never needed.
const MAX_ROUNDS: usize = 6;

/// The text in its one layout, or its syntax errors: a text with errors is not formatted.
pub fn format(text: &str) -> Result<String, Vec<SyntaxError>> {
    let mut formatted = format_once(text)?;
    for _ in 0..MAX_ROUNDS {
        let again = format_once(&formatted)?;
        if again == formatted {
            break;
        }
        formatted = again;
    }
    Ok(formatted)
}

fn format_once(text: &str) -> Result<String, Vec<SyntaxError>> {
    let parsed = parse(text);
    if !parsed.is_valid() {
        return Err(parsed.errors().to_vec());
    }
    let root = parsed.tree();
    let comments = comments::Comments::of(&root);
    Ok(document::render(&layout::file(&root, &comments)))
}

#[cfg(test)]
mod tests {
    use super::format;

    fn check(source: &str, expected: &str) {
        assert_eq!(format(source).unwrap(), expected);
        assert_eq!(format(expected).unwrap(), expected);
    }

    #[test]
    fn a_rule_that_fits_stays_on_its_line() {
        check("permit   a to call\n fs.x\n when b where c", "permit a to call fs.x where c when b\n");
    }

    #[test]
    fn clauses_that_do_not_fit_are_sorted_one_a_line() {
        let long = "args.customer_identifier in user.claims.customers_of_the_group";
        check(
            &format!("permit analyst to call payments.x unless sre when {long} where {long}"),
            &format!("permit analyst to call payments.x\n    where {long}\n    when {long}\n    unless sre\n"),
        );
    }

    #[test]
    fn comments_stay_where_they_stood() {
        let text =
            "// top\n\n// before\npermit a to call fs.x // at the end\n    // of the clause\n    where b\n// last\n";
        check(text, text);
        let text = "const c = [\n    1, // one\n    // before two\n    2,\n    // the end\n]\n";
        check(text, text);
        let text = "server s {\n    // only a comment\n}\n";
        check(text, text);
    }

    #[test]
    fn blocks_keep_one_blank_line() {
        check(
            "server s { catalog \"c\"\n\n\n\n extra refuse }\n\n\n\nsegment d { networks \"10.0.0.0/8\" }",
            "server s {\n    catalog \"c\"\n\n    extra refuse\n}\n\nsegment d { networks \"10.0.0.0/8\" }\n",
        );
    }

    #[test]
    fn signs_are_spaced_as_they_are_read() {
        check(
            "const c=a+-1*f(x,y:2).z  ??{a:1,b.c:[]} \ntag t=fs.{ a,\"b c\" },docs.uri( \"x\" )\ncontext{a:set<int> ?}",
            "const c = a + -1 * f(x, y: 2).z ?? { a: 1, b.c: [] }\ntag t = fs.{a, \"b c\"}, docs.uri(\"x\")\ncontext { a: set<int>? }\n",
        );
    }

    #[test]
    fn a_text_with_errors_is_refused() {
        assert!(format("permit to").is_err());
    }
}
