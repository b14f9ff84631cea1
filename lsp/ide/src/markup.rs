//! Text for hovers and completions: a small document that is shown as Markdown or as plain text.
//!
//! Text that came from an MCP server goes through [`Markup::server_words`] or a table cell and nothing else: every mark of
//! Markdown and HTML in it is escaped, controls and characters that cannot be seen are written out, and a line says whose
//! words they are.

use std::fmt::Write;

/// Longest text of a server that is shown, in characters.
const SERVER_TEXT_LIMIT: usize = 2_000;

/// One part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Block {
    /// Text of ours, Markdown as it stands (code in backticks at most).
    Text(String),
    /// Source text.
    Code(String),
    /// The words of a server.
    Server(String),
    /// A table: header and rows of raw text.
    Table(Vec<String>, Vec<Vec<String>>),
    /// A list of raw lines.
    List(Vec<String>),
}

/// A document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markup {
    blocks: Vec<Block>,
}

impl Markup {
    /// An empty document.
    pub fn new() -> Markup {
        Markup::default()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// A paragraph of our own words; anything else in it must be written through [`code`] or [`escape`].
    pub fn text(&mut self, text: impl Into<String>) -> &mut Markup {
        let text = text.into();
        if !text.is_empty() {
            self.blocks.push(Block::Text(text));
        }
        self
    }

    /// Source text of a policy.
    pub fn source(&mut self, text: impl Into<String>) -> &mut Markup {
        self.blocks.push(Block::Code(text.into()));
        self
    }

    /// The words of a server, marked as such.
    pub fn server_words(&mut self, text: &str) -> &mut Markup {
        if !text.trim().is_empty() {
            self.blocks.push(Block::Server(text.to_owned()));
        }
        self
    }

    /// A table of raw text.
    pub fn table(&mut self, header: &[&str], rows: Vec<Vec<String>>) -> &mut Markup {
        if !rows.is_empty() {
            self.blocks.push(Block::Table(header.iter().map(|&cell| cell.to_owned()).collect(), rows));
        }
        self
    }

    /// A list of raw lines.
    pub fn list(&mut self, lines: Vec<String>) -> &mut Markup {
        if !lines.is_empty() {
            self.blocks.push(Block::List(lines));
        }
        self
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        self.blocks.iter().map(markdown_block).collect::<Vec<_>>().join("\n\n")
    }

    /// As plain text.
    pub fn plain(&self) -> String {
        self.blocks.iter().map(plain_block).collect::<Vec<_>>().join("\n\n")
    }
}

fn markdown_block(block: &Block) -> String {
    match block {
        Block::Text(text) => text.clone(),
        Block::Code(text) => fenced(text),
        Block::Server(text) => {
            // White space in front would make a list item or a block of code of a line.
            let line = |line: &String| format!("> {}", escape(line.trim())).trim_end().to_owned();
            let quoted: Vec<String> = visible_lines(text).iter().map(line).collect();
            format!("The server says of itself:\n\n{}", quoted.join("\n"))
        }
        Block::Table(header, rows) => {
            let line = |cells: &[String]| {
                format!("| {} |", cells.iter().map(|cell| escape(cell)).collect::<Vec<_>>().join(" | "))
            };
            let mut lines = vec![line(header), format!("|{}", "---|".repeat(header.len()))];
            lines.extend(rows.iter().map(|row| line(row)));
            lines.join("\n")
        }
        Block::List(items) => {
            items.iter().map(|item| format!("- {}", escape(item.trim()))).collect::<Vec<_>>().join("\n")
        }
    }
}

fn plain_block(block: &Block) -> String {
    match block {
        Block::Text(text) => text.replace('`', ""),
        Block::Code(text) => text.clone(),
        Block::Server(text) => {
            let lines: Vec<String> = visible_lines(text).iter().map(|line| format!("  {line}")).collect();
            format!("The server says of itself:\n{}", lines.join("\n"))
        }
        Block::Table(_, rows) => rows
            .iter()
            .map(|row| row.iter().map(|cell| visible(cell)).collect::<Vec<_>>().join("  ").trim_end().to_owned())
            .collect::<Vec<_>>()
            .join("\n"),
        Block::List(items) => items.iter().map(|item| format!("- {}", visible(item))).collect::<Vec<_>>().join("\n"),
    }
}

/// Source text between fences that it cannot close.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}mcpz\n{}\n{fence}", text.trim_end())
}

/// A name or value in backticks, whatever is in it.
pub fn code(text: &str) -> String {
    format!("`{}`", visible(text).replace('`', "'"))
}

/// The lines of a server's text that are shown.
fn visible_lines(text: &str) -> Vec<String> {
    let cut: String = text.chars().take(SERVER_TEXT_LIMIT).collect();
    let mut lines: Vec<String> = cut.trim().lines().map(|line| visible(line.trim_end())).collect();
    if cut.len() < text.len() {
        lines.push(format!("… ({} characters)", text.chars().count()));
    }
    lines
}

/// Text on one line with every control and every character that cannot be seen written out.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push(' '),
            '\t' => shown.push(' '),
            c if is_hidden(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// Text in which nothing means anything to Markdown or HTML.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // A bare address would become a link, even between escaped brackets.
            ':' => escaped.push_str("&#58;"),
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' | '$' | '^' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '-' | '=' if escaped.is_empty() => {
                escaped.push('\\');
                escaped.push(c);
            }
            '.' if escaped.ends_with("www") || ends_a_number(&escaped) => escaped.push_str("&#46;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Whether a full stop here would start a numbered list.
fn ends_a_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

/// Whether a character can change how the text around it is shown, or cannot be seen.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_server_are_text_and_nothing_else() {
        let mut markup = Markup::new();
        markup.server_words("![x](http://evil) [run](command:rm) <img src=x>\n# Title\u{202e}\n```\ncode");
        let shown = markup.markdown();
        assert!(shown.starts_with("The server says of itself:\n\n> "), "{shown}");
        for live in ["![", "](", "http://", "command:", "<img", "\u{202e}", "\n#", "> #", "```"] {
            assert!(!shown.contains(live), "{live} is alive in {shown}");
        }
        assert!(shown.contains("\\u{202e}") || shown.contains("\\\\u\\{202e\\}"), "{shown}");
    }

    #[test]
    fn white_space_in_front_gives_the_words_of_a_server_no_form() {
        let mut markup = Markup::new();
        let lines = "first\n - item\n    code\n\tcode\n\u{a0}\u{3000} + item\n \t1. item\n  ===\n      # title";
        markup.server_words(lines).list(vec!["    code".to_owned()]);
        let shown = markup.markdown();
        let quoted: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("> ")).collect();
        let expected = ["first", "\\- item", "code", "code", "\\+ item", "1&#46; item", "\\===", "\\# title"];
        assert_eq!(quoted, expected, "{shown}");
        assert!(shown.ends_with("\n\n- code"), "{shown}");
    }

    #[test]
    fn what_is_no_character_is_written_out() {
        assert_eq!(visible("a\u{fffe}\u{ffff}\u{fffd}"), "a\\u{fffe}\\u{ffff}\u{fffd}");
    }

    #[test]
    fn plain_text_has_no_marks() {
        let mut markup = Markup::new();
        markup.text("of `payments`").server_words("a *b*");
        assert_eq!(markup.plain(), "of payments\n\nThe server says of itself:\n  a *b*");
    }

    #[test]
    fn fences_cannot_be_closed_from_inside() {
        assert_eq!(fenced("a ```` b"), "`````mcpz\na ```` b\n`````");
    }
}
