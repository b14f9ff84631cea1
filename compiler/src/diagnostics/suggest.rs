//! What `did you mean` says and how a name is written where it is put.
//!
//! Which name is near is decided in [`mcpz_syntax::near`], for the parser and for every later pass alike.

use super::{Edit, Fix};
use crate::hir::Span;
use smol_str::SmolStr;

/// The candidate nearest to what was written, if one is near enough to be worth naming.
pub fn nearest<I, S>(wanted: &str, candidates: I) -> Option<SmolStr>
where
    I: IntoIterator<Item = S>,
    S: AsRef<str>,
{
    mcpz_syntax::near::nearest(wanted, candidates).map(SmolStr::from)
}

/// The fix that puts a name in the place of what was written.
pub fn fix(span: Span, name: &str) -> Fix {
    Fix { title: format!("change to `{name}`"), edits: vec![Edit { span, text: name.to_owned() }] }
}

/// How a name is written after a dot or as a target: quoted unless it is an identifier.
pub fn as_written(name: &str) -> String {
    if is_identifier(name) {
        return name.to_owned();
    }
    let mut text = String::with_capacity(name.len() + 2);
    text.push('"');
    for c in name.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// Whether a text is an identifier of the language.
pub fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// At most six names in backticks, for a help line that lists what there is.
pub fn listing<I, S>(names: I) -> String
where
    I: IntoIterator<Item = S>,
    S: AsRef<str>,
{
    let mut names: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    names.sort();
    names.dedup();
    let total = names.len();
    names.truncate(6);
    let mut text = names.join(", ");
    if total > 6 {
        text.push_str(&format!(" and {} more", total - 6));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_only_where_they_must() {
        assert_eq!(as_written("get_invoice"), "get_invoice");
        assert_eq!(as_written("get-issue"), "\"get-issue\"");
        assert_eq!(as_written("a\"b"), "\"a\\\"b\"");
    }
}
