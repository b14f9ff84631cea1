//! Formatting: a whole file, a range, and what follows a key press. A text with syntax errors is left as it is.

use crate::Package;
use crate::place::{TextEdit, index, offset};
use crate::syntax::{bytes, indent_at, line_start};
use mcpz_compiler::hir::SourceId;
use mcpz_syntax::{SyntaxNode, format};
use std::ops::Range;

/// The edits that bring a file into its one layout.
pub fn document(package: &Package, source: SourceId) -> Vec<TextEdit> {
    let text = package.text(source);
    if package.parse(source).is_none() {
        return Vec::new();
    }
    format::format(text).map(|formatted| difference(text, &formatted, 0)).unwrap_or_default()
}

/// The edits for the items that a range touches.
pub fn range(package: &Package, source: SourceId, range: &Range<u32>) -> Vec<TextEdit> {
    let Some(parse) = package.parse(source) else { return Vec::new() };
    let text = package.text(source);
    let items = parse.tree().children().map(|item| bytes(item.text_range()));
    let touched = items.filter(|item| item.start <= range.end && range.start <= item.end);
    touched.flat_map(|item| one_item(text, &item)).collect()
}

/// The edits of one item, formatted by itself.
fn one_item(text: &str, item: &Range<u32>) -> Vec<TextEdit> {
    let start = line_start(text, index(item.start));
    let end = index(item.end);
    let Some(old) = text.get(start..end) else { return Vec::new() };
    match format::format(old) {
        Ok(formatted) => difference(old, formatted.trim_end_matches('\n'), start),
        Err(_) => Vec::new(),
    }
}

/// The smallest replacement of whole lines that makes one text of another.
fn difference(old: &str, new: &str, base: usize) -> Vec<TextEdit> {
    if old == new {
        return Vec::new();
    }
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let start = old_lines.iter().zip(&new_lines).take_while(|(a, b)| a == b).count();
    let rest = old_lines.len().min(new_lines.len()) - start;
    let end = old_lines.iter().rev().zip(new_lines.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let bytes_of = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
    let from = base + bytes_of(&old_lines[..start]);
    let to = base + bytes_of(&old_lines[..old_lines.len() - end]);
    vec![TextEdit { range: offset(from)..offset(to), text: new_lines[start..new_lines.len() - end].concat() }]
}

/// What follows a key press: a new line gets the indent of what it is in, a closing brace that of what it closes.
pub fn on_type(package: &Package, source: SourceId, at: u32, typed: &str) -> Vec<TextEdit> {
    let text = package.text(source);
    let here = index(at);
    let start = line_start(text, here);
    let wanted = match typed {
        "\n" if follows_empty_line(text, start) => package.tree(source).map(|tree| indent_of_block(&tree, start)),
        "\n" => indent_after(text, start),
        "}" => indent_of_opener(text, here),
        _ => None,
    };
    let Some(wanted) = wanted else { return Vec::new() };
    let current = indent_of_line(text, start);
    if current == wanted {
        return Vec::new();
    }
    vec![TextEdit { range: offset(start)..offset(start + current.len()), text: wanted }]
}

/// Whether the line before is empty: what was written there is done.
fn follows_empty_line(text: &str, start: usize) -> bool {
    let before = text.get(..start).and_then(|before| before.strip_suffix('\n')).unwrap_or("");
    before.get(line_start(before, before.len())..).is_some_and(|line| line.trim().is_empty())
}

/// The indent of what begins anew at a place: by the brackets that are open there.
fn indent_of_block(tree: &SyntaxNode, at: usize) -> String {
    let tokens = tree.descendants_with_tokens().filter_map(|element| element.into_token());
    let before = tokens.take_while(|token| index(u32::from(token.text_range().end())) <= at);
    let depth = before.fold(0_usize, |depth, token| match token.text() {
        "{" | "[" | "(" => depth + 1,
        "}" | "]" | ")" => depth.saturating_sub(1),
        _ => depth,
    });
    " ".repeat(format::INDENT * depth)
}

fn indent_of_line(text: &str, start: usize) -> String {
    text.get(start..).unwrap_or("").chars().take_while(|c| *c == ' ' || *c == '\t').collect()
}

/// The indent of a line that follows another: deeper after an opening bracket, and after the first line of a rule.
fn indent_after(text: &str, start: usize) -> Option<String> {
    let before = text.get(..start)?.trim_end_matches(['\n', '\r']);
    let line = before.get(line_start(before, before.len())..)?;
    let indent = indent_at(before, before.len());
    let code = line.split("//").next().unwrap_or("").trim();
    if code.ends_with('{') || code.ends_with('[') || code.ends_with('(') {
        return Some(format!("{indent}{}", " ".repeat(format::INDENT)));
    }
    let opens_rule = ["permit ", "forbid ", "require ", "limit ", "audit "].iter().any(|word| code.starts_with(word));
    if opens_rule && indent.is_empty() {
        return Some(" ".repeat(format::INDENT));
    }
    if code.is_empty() { None } else { Some(indent) }
}

/// The indent of the line that holds the brace which the one before the cursor closes.
fn indent_of_opener(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?.strip_suffix('}')?;
    let own_line = before.get(line_start(before, before.len())..)?;
    if !own_line.trim().is_empty() {
        return None;
    }
    let mut depth = 0_i32;
    for (place, c) in before.char_indices().rev() {
        match c {
            '}' => depth += 1,
            '{' if depth == 0 => return Some(indent_of_line(text, line_start(text, place))),
            '{' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_that_differ_are_replaced() {
        let edits = difference("a\nb\nc\n", "a\nx\ny\nc\n", 0);
        assert_eq!(edits, [TextEdit { range: 2..4, text: "x\ny\n".to_owned() }]);
        assert!(difference("a\n", "a\n", 0).is_empty());
    }

    #[test]
    fn new_lines_are_indented_by_what_they_are_in() {
        let text = "server s {\n";
        assert_eq!(indent_after(text, text.len()).as_deref(), Some("    "));
        let text = "permit a to call b.c\n";
        assert_eq!(indent_after(text, text.len()).as_deref(), Some("    "));
        let text = "permit a to call b.c\n    where d\n\n    server s {\n\n";
        let tree = mcpz_syntax::parse(text).tree();
        let second = text.find("    server").unwrap();
        assert!(follows_empty_line(text, second) && !follows_empty_line(text, text.find("    where").unwrap()));
        assert_eq!(indent_of_block(&tree, second), "");
        assert_eq!(indent_of_block(&tree, text.len()), "    ");
        let text = "test \"x\" {\n    as a\n    }";
        assert_eq!(indent_of_opener(text, text.len()).as_deref(), Some(""));
    }
}
