//! Texts that stand in one piece of memory together.
//!
//! A program has tens of thousands of short texts. Those of a bundle are read where they stand: the table of texts is
//! one piece, and a [`Text`] says which part of it is meant.

use alloc::boxed::Box;
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
pub struct TextPool(Option<Arc<Box<str>>>);

impl TextPool {
    /// The memory that is all of these texts, one behind the other.
    pub fn new(all: String) -> TextPool {
        TextPool(Some(Arc::new(all.into_boxed_str())))
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

    /// Whether this is the same memory.
    fn is(&self, other: &TextPool) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
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

    /// The memory that it stands in.
    pub fn pool(&self) -> &TextPool {
        &self.pool
    }

    /// Where it stands in a memory; `None` when it stands in another.
    pub fn place_in(&self, pool: &TextPool) -> Option<TextRange> {
        self.pool.is(pool).then(|| self.place())
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
    fn it_knows_where_it_stands() {
        let (pool, other) = (TextPool::new("abc".into()), TextPool::new("abc".into()));
        let place = pool.text(1, 2).place_in(&pool).unwrap();
        assert_eq!((pool.get(place), pool.says(place, "bc"), pool.says(place, "b")), ("bc", true, false));
        assert_eq!((pool.text(1, 2).place_in(&other), pool.text(1, 2).pool().is(&pool)), (None, true));
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
