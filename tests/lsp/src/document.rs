//! A document as the client holds it: text, version, cursor.

use serde_json::{Value, json};

/// The mark of the cursor in a session's text.
pub const CURSOR: &str = "$0";

/// An open document.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its address.
    pub uri: String,
    /// Its text.
    pub text: String,
    /// Its version.
    pub version: i64,
    /// The offset of the cursor.
    pub cursor: usize,
    /// What is selected; empty at the cursor.
    pub selected: std::ops::Range<usize>,
    /// Places of snippets that are still to be gone through, the innermost snippet's last.
    pub places: Vec<std::ops::Range<usize>>,
}

impl Document {
    /// A document of a text in which the cursor may be marked.
    pub fn new(uri: String, marked: &str) -> Document {
        let cursor = marked.find(CURSOR).unwrap_or(marked.len());
        Document {
            uri,
            text: marked.replacen(CURSOR, "", 1),
            version: 1,
            cursor,
            selected: cursor..cursor,
            places: Vec::new(),
        }
    }

    /// The position of an offset, in UTF-16.
    pub fn position(&self, offset: usize) -> Value {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.matches('\n').count();
        let column: usize = before.rsplit('\n').next().unwrap_or("").chars().map(char::len_utf16).sum();
        json!({"line": line, "character": column})
    }

    /// The offset of a position, in UTF-16.
    pub fn offset(&self, position: &Value) -> usize {
        let line = usize::try_from(position["line"].as_u64().unwrap_or(0)).unwrap_or(0);
        let wanted = usize::try_from(position["character"].as_u64().unwrap_or(0)).unwrap_or(0);
        let mut start = 0;
        for _ in 0..line {
            start =
                self.text.get(start..).and_then(|rest| rest.find('\n')).map_or(self.text.len(), |at| start + at + 1);
        }
        let mut column = 0;
        for (at, c) in self.text.get(start..).unwrap_or("").char_indices() {
            if column >= wanted || c == '\n' {
                return start + at;
            }
            column += c.len_utf16();
        }
        self.text.len()
    }

    /// The position of the cursor.
    pub fn here(&self) -> Value {
        self.position(self.cursor)
    }

    /// The identifier that requests carry.
    pub fn id(&self) -> Value {
        json!({"uri": self.uri})
    }

    /// Replaces a range of bytes, and puts the cursor behind it. Gives the parameters of `didChange`.
    pub fn replace(&mut self, range: std::ops::Range<usize>, text: &str) -> Value {
        let change =
            json!({"range": {"start": self.position(range.start), "end": self.position(range.end)}, "text": text});
        self.text.replace_range(range.clone(), text);
        self.move_places(&range, text.len());
        self.place(range.start + text.len());
        self.version += 1;
        json!({"textDocument": {"uri": self.uri, "version": self.version}, "contentChanges": [change]})
    }

    /// The white space that the line of an offset begins with.
    pub fn line_indent(&self, offset: usize) -> String {
        let line = self.text.get(..offset).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
        line.chars().take_while(|c| *c == ' ' || *c == '\t').collect()
    }

    /// Puts the cursor somewhere, with nothing selected.
    pub fn place(&mut self, cursor: usize) {
        self.cursor = cursor;
        self.selected = cursor..cursor;
    }

    /// Types over what is selected. Gives the parameters of `didChange`.
    pub fn type_over(&mut self, text: &str) -> Value {
        let selected = self.selected.clone();
        self.replace(selected, text)
    }

    /// Goes to the next place of a snippet. Whether there was one.
    pub fn next_place(&mut self) -> bool {
        let Some(place) = self.places.pop() else { return false };
        self.cursor = place.end;
        self.selected = place;
        true
    }

    /// Places behind an edit move with the text; one around it grows.
    fn move_places(&mut self, range: &std::ops::Range<usize>, length: usize) {
        let moved = |at: usize| if at >= range.end { at - range.len() + length } else { at };
        for place in &mut self.places {
            *place = moved(place.start)..moved(place.end);
        }
    }

    /// Applies edits of an answer, last first, as clients do. Gives the parameters of `didChange`.
    pub fn apply(&mut self, edits: &[Value]) -> Vec<Value> {
        let mut ranges: Vec<(usize, usize, String)> = edits
            .iter()
            .map(|edit| {
                let (start, end) = (self.offset(&edit["range"]["start"]), self.offset(&edit["range"]["end"]));
                (start, end, edit["newText"].as_str().unwrap_or_default().to_owned())
            })
            .collect();
        ranges.sort();
        ranges.iter().rev().map(|(start, end, text)| self.replace(*start..*end, text)).collect()
    }
}
