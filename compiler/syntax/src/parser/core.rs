//! The parser's machinery: looking ahead, consuming, recording nodes, reporting and recovering.
//!
//! A mistake is reported once: of several complaints about one token only the first is kept, so that a production may go on
//! as if nothing had happened.

use super::events::Event;
use crate::chars::offset_of;
use crate::error::{SyntaxError, codes};
use crate::lexer::Token;
use crate::limits;
use crate::token::SyntaxKind;
use rowan::TextRange;

/// The state of one parse.
pub(super) struct Parser<'t> {
    text: &'t str,
    /// Significant tokens only.
    tokens: Vec<Token>,
    position: usize,
    events: Vec<Event>,
    errors: Vec<SyntaxError>,
    /// The position at which something was last reported.
    reported: Option<usize>,
    depth: u32,
}

/// A node that has been started.
pub(super) struct Marker {
    event: usize,
}

/// A place to come back to when a reading turns out wrong.
pub(super) struct Checkpoint {
    position: usize,
    events: usize,
    errors: usize,
    reported: Option<usize>,
    /// What the token at `position` was.
    kind: SyntaxKind,
}

/// A node that has been finished; it can still be wrapped.
#[derive(Clone, Copy)]
pub(super) struct Completed {
    event: usize,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, tokens: &[Token]) -> Parser<'t> {
        let tokens = tokens.iter().copied().filter(|token| !token.kind.is_trivia()).collect();
        Parser { text, tokens, position: 0, events: Vec::new(), errors: Vec::new(), reported: None, depth: 0 }
    }

    pub(super) fn finish(self) -> (Vec<Event>, Vec<SyntaxError>) {
        (self.events, self.errors)
    }

    // Looking ahead.

    pub(super) fn current(&self) -> SyntaxKind {
        self.nth(0)
    }

    pub(super) fn nth(&self, ahead: usize) -> SyntaxKind {
        self.tokens.get(self.position + ahead).map_or(SyntaxKind::Eof, |token| token.kind)
    }

    pub(super) fn at(&self, kind: SyntaxKind) -> bool {
        self.current() == kind
    }

    pub(super) fn at_any(&self, kinds: &[SyntaxKind]) -> bool {
        kinds.contains(&self.current())
    }

    /// The text of the token `ahead` of the current one; empty at the end of the file.
    pub(super) fn nth_text(&self, ahead: usize) -> &'t str {
        self.tokens.get(self.position + ahead).map_or("", |token| &self.text[token.range])
    }

    /// Whether the current token is this word, whatever its class.
    pub(super) fn at_word(&self, word: &str) -> bool {
        self.nth_word(0, word)
    }

    pub(super) fn nth_word(&self, ahead: usize, word: &str) -> bool {
        self.nth(ahead).is_word() && self.nth_text(ahead) == word
    }

    pub(super) fn at_any_word(&self, words: &[&str]) -> bool {
        self.current().is_word() && words.contains(&self.nth_text(0))
    }

    /// Whether the token `ahead` touches the one before it.
    pub(super) fn nth_touches(&self, ahead: usize) -> bool {
        let index = self.position + ahead;
        match (index.checked_sub(1).and_then(|before| self.tokens.get(before)), self.tokens.get(index)) {
            (Some(before), Some(token)) => before.range.end() == token.range.start(),
            _ => false,
        }
    }

    /// Whether the current token is the first of its line.
    pub(super) fn at_line_start(&self) -> bool {
        self.nth_at_line_start(0)
    }

    /// Whether the token `ahead` is the first of its line.
    pub(super) fn nth_at_line_start(&self, ahead: usize) -> bool {
        let index = self.position + ahead;
        let Some(token) = self.tokens.get(index) else {
            return true;
        };
        let Some(before) = index.checked_sub(1).and_then(|index| self.tokens.get(index)) else {
            return true;
        };
        self.text[TextRange::new(before.range.end(), token.range.start())].contains('\n')
    }

    /// Whether an item starts here: a word that opens one, in a place where it can be nothing else.
    pub(super) fn at_item_start(&self) -> bool {
        match self.current() {
            SyntaxKind::Eof => true,
            SyntaxKind::DocComment | SyntaxKind::At => self.at_line_start(),
            kind => kind.opens_item() && self.at_line_start() && self.opens_item_here(kind),
        }
    }

    /// Whether a word that opens items, but has other uses too, is followed by what follows it in an item.
    fn opens_item_here(&self, kind: SyntaxKind) -> bool {
        const SERVER_ENTRIES: &[&str] =
            &["endpoint", "command", "identity", "catalog", "overlay", "segment", "egress", "extra", "unwraps"];
        match kind {
            SyntaxKind::UserKw | SyntaxKind::AgentKw => self.nth(2) == SyntaxKind::FromKw,
            SyntaxKind::TagKw => self.nth(2) == SyntaxKind::Assign,
            SyntaxKind::SegmentKw => self.nth(2) == SyntaxKind::LBrace,
            SyntaxKind::ContextKw => self.nth(1) == SyntaxKind::LBrace,
            SyntaxKind::DataKw => self.nth(2) == SyntaxKind::Colon,
            SyntaxKind::ServerKw if self.nth(2) == SyntaxKind::LBrace => {
                self.nth(3) == SyntaxKind::RBrace || SERVER_ENTRIES.contains(&self.nth_text(3))
            }
            SyntaxKind::ServerKw => self.nth(2) == SyntaxKind::LikeKw,
            _ => self.nth(1) != SyntaxKind::Dot,
        }
    }

    /// Whether a `}` that closes what is open here stands before the item after this one.
    pub(super) fn closes_before_next_item(&self) -> bool {
        let mut open = 0_usize;
        for ahead in 1.. {
            match self.nth(ahead) {
                SyntaxKind::LBrace => open += 1,
                SyntaxKind::RBrace if open == 0 => return true,
                SyntaxKind::RBrace => open -= 1,
                SyntaxKind::Eof => return false,
                kind if kind.opens_item() && self.nth_at_line_start(ahead) => return false,
                _ => {}
            }
        }
        false
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    // Consuming.

    /// Consumes the current token as it is.
    pub(super) fn bump(&mut self) {
        let kind = self.current();
        self.bump_as(kind);
    }

    /// Consumes the current token as another kind.
    pub(super) fn bump_as(&mut self, kind: SyntaxKind) {
        if self.position < self.tokens.len() {
            self.events.push(Event::Token(kind));
            self.position += 1;
        }
    }

    /// Consumes a word as a name or a plain value.
    pub(super) fn bump_ident(&mut self) {
        self.bump_as(SyntaxKind::Ident);
    }

    pub(super) fn eat(&mut self, kind: SyntaxKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    /// Consumes a soft word as a keyword.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.bump_keyword();
        }
        found
    }

    /// Consumes a word as a keyword, whatever its class.
    pub(super) fn bump_keyword(&mut self) {
        let kind = self.current();
        self.bump_as(if kind == SyntaxKind::Ident { SyntaxKind::SoftKw } else { kind });
    }

    pub(super) fn expect(&mut self, kind: SyntaxKind, what: &str) -> bool {
        let found = self.eat(kind);
        if !found {
            self.expected(what);
        }
        found
    }

    pub(super) fn expect_word(&mut self, word: &str) -> bool {
        let found = self.eat_word(word);
        if !found {
            self.expected(&format!("`{word}`"));
        }
        found
    }

    /// Consumes one of `words` as a value, or says which were expected.
    pub(super) fn expect_choice(&mut self, words: &[&str], what: &str) -> bool {
        let found = self.at_any_word(words);
        if found {
            self.bump_ident();
        } else {
            self.expected_with_help(what, &format!("one of {}", quoted_list(words)));
        }
        found
    }

    /// Consumes the current token; of a block that is closed soon enough, all of it.
    pub(super) fn bump_block(&mut self) {
        let inside = if self.at(SyntaxKind::LBrace) { self.ahead_of_closing_brace() } else { None };
        for _ in 0..=inside.unwrap_or(0) {
            self.bump();
        }
    }

    /// How far ahead the `}` of the `{` here stands, if it is within the limit of looking ahead.
    fn ahead_of_closing_brace(&self) -> Option<usize> {
        let mut open = 0_usize;
        for ahead in 0..limits::MAX_BLOCK_LOOKAHEAD {
            match self.nth(ahead) {
                SyntaxKind::LBrace => open += 1,
                SyntaxKind::RBrace if open == 1 => return Some(ahead),
                SyntaxKind::RBrace => open -= 1,
                SyntaxKind::Eof => return None,
                _ => {}
            }
        }
        None
    }

    // Trying a reading.

    /// Where the parser is, to [`rewind`](Self::rewind) to. No node that is open here may be completed before that.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            position: self.position,
            events: self.events.len(),
            errors: self.errors.len(),
            reported: self.reported,
            kind: self.current(),
        }
    }

    pub(super) fn no_errors_since(&self, before: &Checkpoint) -> bool {
        self.errors.len() == before.errors
    }

    /// Takes back all that was read and reported since.
    pub(super) fn rewind(&mut self, to: &Checkpoint) {
        self.position = to.position;
        self.events.truncate(to.events);
        self.errors.truncate(to.errors);
        self.reported = to.reported;
        self.read_as(to.kind);
    }

    /// Reads the current token as another kind from here on.
    pub(super) fn read_as(&mut self, kind: SyntaxKind) {
        if let Some(token) = self.tokens.get_mut(self.position) {
            token.kind = kind;
        }
    }

    // Recording nodes.

    pub(super) fn start(&mut self) -> Marker {
        self.events.push(Event::Start { kind: SyntaxKind::Error, parent: None });
        Marker { event: self.events.len() - 1 }
    }

    pub(super) fn complete(&mut self, marker: Marker, kind: SyntaxKind) -> Completed {
        if let Some(Event::Start { kind: slot, .. }) = self.events.get_mut(marker.event) {
            *slot = kind;
        }
        self.events.push(Event::Finish);
        Completed { event: marker.event }
    }

    /// Gives up a node; its children go to the node around it.
    pub(super) fn abandon(&mut self, marker: &Marker) {
        if let Some(event) = self.events.get_mut(marker.event) {
            *event = Event::Void;
        }
    }

    /// Starts a node around one that is complete.
    pub(super) fn wrap(&mut self, inner: Completed) -> Marker {
        let marker = self.start();
        if let Some(Event::Start { parent, .. }) = self.events.get_mut(inner.event) {
            *parent = Some(marker.event);
        }
        marker
    }

    /// A node of `kind` around what `body` reads.
    pub(super) fn node(&mut self, kind: SyntaxKind, body: impl FnOnce(&mut Self)) -> Completed {
        let marker = self.start();
        body(self);
        self.complete(marker, kind)
    }

    /// Runs `body` one level deeper; past the limit it reports that and skips to the next item instead.
    pub(super) fn nested(&mut self, body: impl FnOnce(&mut Self)) {
        if self.depth >= limits::MAX_NESTING {
            self.too_deep();
            return;
        }
        self.depth += 1;
        body(self);
        self.depth -= 1;
    }

    /// Reports that the text is nested too deeply and skips to the next item.
    pub(super) fn too_deep(&mut self) {
        let range = self.current_range();
        let error = SyntaxError::new(codes::TOO_DEEP, range, "this is nested too deeply")
            .with_help("give a part of it a name, with `predicate` or `const`");
        self.report(error);
        self.skip_until("", |p| p.at_item_start());
        self.reported = Some(self.position);
    }

    // Reporting and recovering.

    pub(super) fn current_range(&self) -> TextRange {
        self.tokens.get(self.position).map_or_else(|| TextRange::empty(offset_of(self.text.len())), |token| token.range)
    }

    fn previous_end(&self) -> Option<TextRange> {
        let before = self.position.checked_sub(1).and_then(|index| self.tokens.get(index))?;
        Some(TextRange::empty(before.range.end()))
    }

    /// Where to say that something is missing: at the token that stands in its place if it is on the same line, else after the last.
    fn missing_range(&self) -> TextRange {
        let elsewhere = self.at_line_start().then(|| self.previous_end()).flatten();
        elsewhere.unwrap_or_else(|| self.current_range())
    }

    /// Keeps the error unless this token has been complained about.
    pub(super) fn report(&mut self, error: SyntaxError) {
        if self.reported != Some(self.position) {
            self.reported = Some(self.position);
            self.errors.push(error);
        }
    }

    /// Keeps the error whatever has been reported; for mistakes that are understood and read on from.
    pub(super) fn report_understood(&mut self, error: SyntaxError) {
        self.errors.push(error);
    }

    pub(super) fn expected(&mut self, what: &str) {
        let error = SyntaxError::new(codes::EXPECTED, self.missing_range(), self.expected_message(what));
        self.report(error);
    }

    pub(super) fn expected_with_help(&mut self, what: &str, help: &str) {
        let error = SyntaxError::new(codes::EXPECTED, self.missing_range(), self.expected_message(what));
        self.report(error.with_help(help));
    }

    pub(super) fn expected_message(&self, what: &str) -> String {
        format!("expected {what}, found {}", self.found())
    }

    /// The current token in the author's words.
    pub(super) fn found(&self) -> String {
        match self.current() {
            SyntaxKind::Eof => "the end of the file".to_owned(),
            SyntaxKind::DocComment => "a doc comment".to_owned(),
            _ => {
                let text: String = self.nth_text(0).chars().take(40).collect();
                format!("`{text}`")
            }
        }
    }

    /// Puts tokens into an error node until `stop` holds or the file ends, reporting `expected WHAT` unless `what` is empty.
    pub(super) fn skip_until(&mut self, what: &str, stop: impl Fn(&Self) -> bool) {
        if !what.is_empty() {
            self.expected(what);
        }
        if stop(self) || self.at(SyntaxKind::Eof) {
            return;
        }
        self.node(SyntaxKind::Error, |p| {
            while !p.at(SyntaxKind::Eof) {
                p.bump();
                if stop(p) {
                    break;
                }
            }
        });
        // What follows the skipped text was not asked for by anyone who has not been answered.
        self.reported = Some(self.position);
    }

    /// `OPEN element, element CLOSE`: the list context of every bracketed list. A trailing comma is fine.
    /// Gives the number of elements. `starts` says whether an element can start at the current token.
    pub(super) fn bracketed(
        &mut self,
        list: &List,
        starts: impl Fn(&Self) -> bool,
        mut element: impl FnMut(&mut Self),
    ) -> usize {
        let open_range = self.current_range();
        self.expect(list.open, list.open_text);
        let mut count = 0_usize;
        while !self.at(list.close) && !self.at(SyntaxKind::Eof) {
            if !starts(self) {
                if self.at_item_start() || self.at_any(CLOSERS) {
                    break;
                }
                let close = list.close;
                self.skip_until(list.what, |p| {
                    p.at_any(&[SyntaxKind::Comma, close]) || p.at_item_start() || p.at_any(CLOSERS)
                });
            } else {
                let before = self.position;
                element(self);
                count += 1;
                if self.position == before {
                    break;
                }
            }
            if self.eat(SyntaxKind::Comma) || self.at(list.close) {
                continue;
            }
            if !starts(self) || self.at_item_start() {
                break;
            }
            self.missing_comma(list.what);
        }
        self.close(list.close, list.close_text, open_range);
        count
    }

    /// A bracketed list that may not be empty.
    pub(super) fn bracketed_some(
        &mut self,
        list: &List,
        starts: impl Fn(&Self) -> bool,
        element: impl FnMut(&mut Self),
    ) {
        let open_range = self.current_range();
        let errors_before = self.errors.len();
        let count = self.bracketed(list, starts, element);
        if count == 0 && self.errors.len() == errors_before {
            let range = self.previous_end().map_or(open_range, |end| open_range.cover(end));
            let message = format!("nothing stands in these brackets; expected {}", list.what);
            self.report_understood(SyntaxError::new(codes::EXPECTED, range, message));
        }
    }

    fn missing_comma(&mut self, what: &str) {
        let at = self.previous_end().unwrap_or_else(|| self.current_range());
        let error =
            SyntaxError::new(codes::MISSING_COMMA, at, format!("a comma is missing before the next of these: {what}"));
        self.report(error.with_fix(at, ","));
    }

    /// Expects the closing bracket of what was opened at `open_range`.
    pub(super) fn close(&mut self, close: SyntaxKind, close_text: &str, open_range: TextRange) {
        if self.eat(close) {
            return;
        }
        if self.at_item_start() || self.at_any(CLOSERS) {
            let message = format!("this is never closed; expected {close_text}, found {}", self.found());
            self.report(SyntaxError::new(codes::UNCLOSED, open_range, message));
        } else {
            self.expected(close_text);
        }
    }
}

/// The closing brackets.
const CLOSERS: &[SyntaxKind] = &[SyntaxKind::RParen, SyntaxKind::RBracket, SyntaxKind::RBrace];

/// How a bracketed list is written.
pub(super) struct List {
    open: SyntaxKind,
    close: SyntaxKind,
    open_text: &'static str,
    close_text: &'static str,
    /// What its elements are, for messages.
    what: &'static str,
}

impl List {
    /// `( ... )`
    pub(super) fn parens(what: &'static str) -> List {
        List { open: SyntaxKind::LParen, close: SyntaxKind::RParen, open_text: "`(`", close_text: "`)`", what }
    }

    /// `[ ... ]`
    pub(super) fn brackets(what: &'static str) -> List {
        List { open: SyntaxKind::LBracket, close: SyntaxKind::RBracket, open_text: "`[`", close_text: "`]`", what }
    }

    /// `{ ... }`
    pub(super) fn braces(what: &'static str) -> List {
        List { open: SyntaxKind::LBrace, close: SyntaxKind::RBrace, open_text: "`{`", close_text: "`}`", what }
    }
}

/// "`a`, `b` or `c`".
pub(super) fn quoted_list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}
