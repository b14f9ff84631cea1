//! Which entry points about resources can fit a URI: found by the literal beginnings of their patterns.
//!
//! A policy may name very many resources. Their patterns begin with literal text, mostly of few lengths, so a URI
//! is looked up once for each length and matched against what begins alike, not against every pattern.

use crate::hash::text_hash;
use crate::ids::ServerId;
use crate::image::{Action, BundleImage, EntryImage, EntryTarget, UriPartImage, UriPatternImage};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use hashbrown::HashTable;

/// Entry points about resources, by action, server and how their patterns begin.
#[derive(Debug, Clone, Default)]
pub(crate) struct UriIndex {
    /// The lengths of the beginnings, ascending.
    lengths: BTreeMap<(Action, ServerId), Vec<usize>>,
    /// Rows of the image's `entries`.
    rows: HashTable<u32>,
}

impl UriIndex {
    /// The entry points of an image.
    pub fn new(image: &BundleImage) -> UriIndex {
        let mut index = UriIndex::default();
        let mut lengths: BTreeMap<(Action, ServerId), BTreeSet<usize>> = BTreeMap::new();
        for (row, entry) in image.entries.iter().enumerate() {
            let (Some((scope, beginning)), Ok(row)) = (key(image, entry), u32::try_from(row)) else { continue };
            lengths.entry(scope).or_default().insert(beginning.len());
            index.rows.insert_unique(hash(scope, beginning), row, |row| row_hash(image, *row));
        }
        index.lengths = lengths.into_iter().map(|(scope, lengths)| (scope, lengths.into_iter().collect())).collect();
        index
    }

    /// Rows of the entry points whose pattern begins as a URI does.
    pub fn find(&self, image: &BundleImage, scope: (Action, ServerId), uri: &str) -> impl Iterator<Item = usize> {
        let lengths = self.lengths.get(&scope).map_or(&[][..], Vec::as_slice);
        let beginnings = lengths.iter().filter_map(move |length| uri.get(..*length));
        beginnings.flat_map(move |beginning| {
            let fits = move |row: &usize| {
                let entry = image.entries.get(*row);
                entry.and_then(|entry| key(image, entry)) == Some((scope, beginning))
            };
            self.rows.iter_hash(hash(scope, beginning)).filter_map(|row| usize::try_from(*row).ok()).filter(fits)
        })
    }
}

/// What an entry point about resources is found by.
fn key<'a>(image: &'a BundleImage, entry: &EntryImage) -> Option<((Action, ServerId), &'a str)> {
    let EntryTarget::Uri(pattern) = entry.target else { return None };
    Some(((entry.action, entry.server?), image.patterns.get(pattern.index())?.beginning()))
}

fn hash((action, server): (Action, ServerId), beginning: &str) -> u64 {
    let action = Action::ALL.iter().position(|known| *known == action);
    let action = action.and_then(|action| u32::try_from(action).ok()).unwrap_or_default();
    text_hash(server.0.rotate_left(8) ^ action, beginning)
}

fn row_hash(image: &BundleImage, row: u32) -> u64 {
    let entry = usize::try_from(row).ok().and_then(|row| image.entries.get(row));
    entry.and_then(|entry| key(image, entry)).map_or(0, |(scope, beginning)| hash(scope, beginning))
}

impl UriPatternImage {
    /// The text that every URI of this pattern begins with.
    pub fn beginning(&self) -> &str {
        match self.parts.first() {
            Some(UriPartImage::Text(text)) => text,
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PatternId;
    use alloc::vec;

    fn image() -> BundleImage {
        let text = |text: &str| UriPartImage::Text(text.into());
        let patterns = [
            vec![text("file:///w/a/"), UriPartImage::DoubleStar],
            vec![text("file:///w/"), UriPartImage::Variable("x".into())],
            vec![text("file:///w/é"), UriPartImage::Star],
            vec![UriPartImage::DoubleStar],
        ];
        let entry = |action: Action, server: usize, target: EntryTarget| EntryImage {
            action,
            server: Some(ServerId::new(server)),
            target,
            trees: Default::default(),
        };
        let uri = |row: usize| EntryTarget::Uri(PatternId::new(row));
        BundleImage {
            patterns: patterns.map(|parts| UriPatternImage { parts }).to_vec(),
            entries: vec![
                entry(Action::Read, 0, EntryTarget::Any),
                entry(Action::Read, 0, uri(0)),
                entry(Action::Read, 0, uri(1)),
                entry(Action::Read, 0, uri(2)),
                entry(Action::Read, 0, uri(3)),
                entry(Action::Read, 1, uri(0)),
                entry(Action::Subscribe, 0, uri(0)),
            ],
            ..BundleImage::default()
        }
    }

    #[test]
    fn entry_points_are_found_by_how_they_begin() {
        let image = image();
        let index = UriIndex::new(&image);
        let found = |action: Action, server: usize, uri: &str| {
            let mut rows: Vec<usize> = index.find(&image, (action, ServerId::new(server)), uri).collect();
            rows.sort_unstable();
            rows
        };
        assert_eq!(found(Action::Read, 0, "file:///w/a/b"), [1, 2, 4]);
        assert_eq!(found(Action::Read, 0, "file:///w/é"), [2, 3, 4]);
        assert_eq!(found(Action::Read, 0, "mem:x"), [4]);
        assert_eq!(found(Action::Read, 1, "file:///w/a/b"), [5]);
        assert_eq!(found(Action::Subscribe, 0, "file:///w/a/b"), [6]);
        assert!(found(Action::Get, 0, "file:///w/a/b").is_empty());
    }
}
