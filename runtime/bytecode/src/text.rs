//! Texts that stand in one piece of memory together.
//!
//! A program has tens of thousands of short texts. Those of a bundle are read where they stand: the table of texts is
//! one piece, and a [`Text`] says which part of it is meant.

use alloc::string::String;
use alloc::sync::Arc;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::{Deref, Range};

/// A part of a [`TextPool`]. Compared, ordered and shown as the text that it is.
#[derive(Clone, Default)]
pub struct Text {
    pool: TextPool,
    first: u32,
    length: u32,
}

/// Memory of many texts; none of no text.
#[derive(Debug, Clone, Default)]
pub struct TextPool(Option<Arc<String>>);

impl TextPool {
    /// The memory that is all of these texts, one behind the other.
    pub fn new(mut all: String) -> TextPool {
        all.shrink_to_fit();
        TextPool(Some(Arc::new(all)))
    }

    #[inline]
    fn all(&self) -> &str {
        self.0.as_deref().map_or("", |all| all)
    }

    /// The text that stands there; empty where there is none.
    #[inline]
    pub fn get(&self, place: TextRange) -> &str {
        self.all().get(place.range()).unwrap_or_default()
    }

    /// Whether this text stands there: characters need no look at where they begin for that.
    #[inline]
    pub fn says(&self, place: TextRange, text: &str) -> bool {
        self.all().as_bytes().get(place.range()).unwrap_or_default() == text.as_bytes()
    }

    /// Whether a text stands there: all of it is in this memory, and it is not cut in the middle of a character.
    pub fn has(&self, place: TextRange) -> bool {
        self.all().get(place.range()).is_some()
    }

    /// Adds a text behind all others. Texts that know this memory already keep it as it was.
    pub fn add(&mut self, text: &str) -> TextRange {
        let all = Arc::make_mut(self.0.get_or_insert_default());
        let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let place = TextRange::new(short(all.len()), short(text.len()));
        all.push_str(text);
        place
    }

    /// The part of so many bytes from here on; empty where there is no such text.
    pub fn text(&self, first: u32, length: u32) -> Text {
        Text { pool: self.clone(), first, length }
    }
}

/// Where a text stands in a [`TextPool`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRange {
    first: u32,
    length: u32,
}

impl TextRange {
    /// So many bytes from here on.
    #[inline]
    pub fn new(first: u32, length: u32) -> TextRange {
        TextRange { first, length }
    }

    /// Where it begins.
    #[inline]
    pub fn first(self) -> u32 {
        self.first
    }

    /// How many bytes it has.
    #[inline]
    pub fn length(self) -> u32 {
        self.length
    }

    #[inline]
    fn range(self) -> Range<usize> {
        let index = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let first = index(self.first);
        first..first.saturating_add(index(self.length))
    }
}

impl Deref for Text {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.pool.get(self.place())
    }
}

impl Text {
    #[inline]
    fn place(&self) -> TextRange {
        TextRange { first: self.first, length: self.length }
    }

    /// Whether it is this text.
    #[inline]
    fn is(&self, text: &str) -> bool {
        self.pool.says(self.place(), text)
    }

    /// As a plain text.
    #[inline]
    pub fn as_str(&self) -> &str {
        self
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl core::borrow::Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        TextPool::new(text).text(0, length)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::from(String::from(text))
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    #[inline]
    fn eq(&self, other: &str) -> bool {
        self.is(other)
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<Text> for str {
    #[inline]
    fn eq(&self, other: &Text) -> bool {
        other.is(self)
    }
}

impl PartialEq<Text> for String {
    fn eq(&self, other: &Text) -> bool {
        self.as_str() == other.as_str()
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Text) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Text) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_text_is_the_part_that_it_names() {
        let pool = TextPool::new("abcdé".into());
        assert_eq!((pool.text(1, 2).as_str(), pool.text(4, 2).as_str(), pool.text(0, 0).as_str()), ("bc", "é", ""));
        for (first, length) in [(5, 1), (0, 99), (u32::MAX, u32::MAX), (4, 1)] {
            assert_eq!(pool.text(first, length).as_str(), "", "{first} {length}");
        }
    }

    #[test]
    fn texts_are_added_behind_each_other() {
        let mut pool = TextPool::new("ab".into());
        let (known, place) = (pool.text(0, 2), pool.add("é"));
        assert_eq!((pool.get(place), pool.says(place, "é"), pool.says(place, "e")), ("é", true, false));
        assert_eq!((place.first(), place.length(), known.as_str()), (2, 2, "ab"));
        assert_eq!(
            (pool.has(place), pool.has(TextRange::new(3, 1)), pool.has(TextRange::new(2, 3))),
            (true, false, false)
        );
        assert_eq!(TextPool::default().get(place), "", "of another memory");
    }

    #[test]
    fn it_is_compared_by_what_it_says() {
        let text = TextPool::new("xab".into()).text(1, 2);
        assert_eq!(text, Text::from("ab"));
        assert_eq!((text.cmp(&"b".into()), text.cmp(&Text::default())), (Ordering::Less, Ordering::Greater));
        assert_eq!((format!("{text}"), format!("{text:?}")), ("ab".into(), "\"ab\"".into()));
    }
}
