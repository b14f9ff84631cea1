//! Documents: text with places where a line may break, and fitting them to lines.
//!
//! A *group* stands on one line if it fits and nothing in it forces a break; else all of its own breaks become line breaks.

use super::{INDENT, MAX_WIDTH};

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doc {
    /// Text without line breaks.
    Text(String),
    /// A space, or a line break.
    Line,
    /// Nothing, or a line break.
    SoftLine,
    /// Always a line break.
    HardLine,
    /// A line break unless nothing stands on this line yet.
    FreshLine,
    /// An empty line, unless there is one.
    Blank,
    /// A comment for the end of the current line.
    Suffix(String),
    /// Text that stands only if the group is broken.
    IfBroken(&'static str),
    /// One after another. The flag: something inside forces a break.
    Concat(Vec<Doc>, bool),
    /// One level deeper.
    Indent(Vec<Doc>, bool),
    /// On one line if it fits.
    Group(Vec<Doc>, bool),
}

impl Doc {
    pub(super) fn text(text: impl Into<String>) -> Doc {
        Doc::Text(text.into())
    }

    pub(super) fn nothing() -> Doc {
        Doc::Concat(Vec::new(), false)
    }

    pub(super) fn concat(docs: Vec<Doc>) -> Doc {
        let forced = docs.iter().any(Doc::forces_break);
        Doc::Concat(docs, forced)
    }

    pub(super) fn indent(docs: Vec<Doc>) -> Doc {
        let forced = docs.iter().any(Doc::forces_break);
        Doc::Indent(docs, forced)
    }

    pub(super) fn group(docs: Vec<Doc>) -> Doc {
        let forced = docs.iter().any(Doc::forces_break);
        Doc::Group(docs, forced)
    }

    fn forces_break(&self) -> bool {
        match self {
            Doc::HardLine | Doc::FreshLine | Doc::Blank | Doc::Suffix(_) => true,
            Doc::Concat(_, forced) | Doc::Indent(_, forced) | Doc::Group(_, forced) => *forced,
            Doc::Text(_) | Doc::Line | Doc::SoftLine | Doc::IfBroken(_) => false,
        }
    }
}

/// What is left to print: how deep, whether its group is broken, and the piece.
type Pending<'d> = (usize, bool, &'d Doc);

/// Fits a document to lines.
pub(super) fn render(doc: &Doc) -> String {
    let mut printer = Printer { out: String::new(), column: 0, suffix: String::new() };
    let mut stack: Vec<Pending<'_>> = vec![(0, true, doc)];
    while let Some((depth, broken, doc)) = stack.pop() {
        match doc {
            Doc::Text(text) => printer.text(text),
            Doc::Line if !broken => printer.text(" "),
            Doc::SoftLine if !broken => {}
            Doc::Line | Doc::SoftLine | Doc::HardLine => printer.newline(depth),
            Doc::FreshLine => printer.fresh_line(depth),
            Doc::Blank => printer.blank(),
            Doc::Suffix(comment) => {
                if !printer.suffix.is_empty() {
                    // Two comments cannot share a line: the second gets its own.
                    printer.newline(depth);
                }
                printer.suffix = comment.clone();
            }
            Doc::IfBroken(text) if broken => printer.text(text),
            Doc::IfBroken(_) => {}
            Doc::Concat(docs, _) => stack.extend(docs.iter().rev().map(|doc| (depth, broken, doc))),
            Doc::Indent(docs, _) => stack.extend(docs.iter().rev().map(|doc| (depth + 1, broken, doc))),
            Doc::Group(docs, forced) => {
                let flat = !*forced && fits(docs, &stack, MAX_WIDTH.saturating_sub(printer.column));
                stack.extend(docs.iter().rev().map(|doc| (depth, !flat, doc)));
            }
        }
    }
    printer.finish()
}

/// Whether `docs` on one line, and what follows up to the next line break, fit into `width` columns.
fn fits(docs: &[Doc], rest: &[Pending<'_>], width: usize) -> bool {
    let mut left = width;
    let mut pending: Vec<(bool, &Doc)> = docs.iter().rev().map(|doc| (false, doc)).collect();
    let mut rest = rest.iter().rev();
    loop {
        let Some((broken, doc)) = pending.pop().or_else(|| rest.next().map(|(_, broken, doc)| (*broken, *doc))) else {
            return true;
        };
        match doc {
            Doc::Text(text) => match left.checked_sub(text.chars().count()) {
                Some(less) => left = less,
                None => return false,
            },
            Doc::Line | Doc::SoftLine if broken => return true,
            Doc::Line => match left.checked_sub(1) {
                Some(less) => left = less,
                None => return false,
            },
            Doc::SoftLine | Doc::Suffix(_) => {}
            Doc::HardLine | Doc::FreshLine | Doc::Blank => return true,
            Doc::IfBroken(text) if broken => left = left.saturating_sub(text.len()),
            Doc::IfBroken(_) => {}
            Doc::Concat(docs, _) | Doc::Indent(docs, _) => pending.extend(docs.iter().rev().map(|doc| (broken, doc))),
            Doc::Group(docs, forced) => pending.extend(docs.iter().rev().map(|doc| (broken && *forced, doc))),
        }
    }
}

struct Printer {
    out: String,
    /// Columns used on the current line, its indent included.
    column: usize,
    /// The comment that ends the current line.
    suffix: String,
}

impl Printer {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn end_line(&mut self) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        if !self.suffix.is_empty() {
            if !self.out.is_empty() && !self.out.ends_with('\n') {
                self.out.push(' ');
            }
            self.out.push_str(&self.suffix);
            self.suffix.clear();
        }
    }

    fn newline(&mut self, depth: usize) {
        self.end_line();
        self.out.push('\n');
        self.out.push_str(&" ".repeat(depth * INDENT));
        self.column = depth * INDENT;
    }

    fn fresh_line(&mut self, depth: usize) {
        let line_is_empty = self.out.trim_end_matches(' ').ends_with('\n') || self.out.trim_end_matches(' ').is_empty();
        if line_is_empty && self.suffix.is_empty() {
            self.out.truncate(self.out.trim_end_matches(' ').len());
            self.out.push_str(&" ".repeat(depth * INDENT));
            self.column = depth * INDENT;
        } else {
            self.newline(depth);
        }
    }

    fn blank(&mut self) {
        self.end_line();
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn finish(mut self) -> String {
        self.end_line();
        let mut out = self.out.trim_end().to_owned();
        if !out.is_empty() {
            out.push('\n');
        }
        out
    }
}
