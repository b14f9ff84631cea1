//! What earlier checks made of texts that have not changed: parses by text, catalogs by bytes.
//!
//! An editor checks a package after every key press, and nearly all of its files are as they were. A [`Memo`] is handed from one
//! check to the next and changes no result: every table is a function of its key, which is a whole content. What
//! [`KEPT_CHECKS`] checks did not ask for is forgotten.

use crate::package::{self, lock};
use crate::resolve::{Catalog, CatalogFault};
use mcpz_syntax::{Parse, SyntaxKind};
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// How many checks an entry outlives without being asked for.
const KEPT_CHECKS: u64 = 32;

/// What a catalog file became.
#[derive(Debug)]
pub struct ReadCatalog {
    /// The sha-256 of the file in lower-case hexadecimal.
    pub digest: String,
    /// What it declares; `None` when it is no text.
    pub catalog: Option<(Catalog, Vec<CatalogFault>)>,
}

/// How often each identifier stands in a text.
pub type Words = BTreeMap<SmolStr, u32>;

/// The parse of a policy, and what is read off it alone.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    /// What the parser made of it.
    pub parse: Parse,
    /// Its identifiers.
    pub words: Arc<Words>,
    /// Strings in it that name a catalog or data file.
    pub named_files: Arc<[String]>,
    /// Dotted paths that its `use` items name.
    pub uses: Arc<[String]>,
    /// Its sha-256 in lower-case hexadecimal.
    pub digest: Arc<str>,
}

impl Text {
    fn new(text: &str) -> Text {
        let parse = mcpz_syntax::parse(text);
        let mut words = Words::new();
        let mut named_files = Vec::new();
        for token in parse.tree().descendants_with_tokens().filter_map(|element| element.into_token()) {
            let names_file = || {
                token.parent().is_some_and(|node| matches!(node.kind(), SyntaxKind::CatalogEntry | SyntaxKind::Data))
            };
            match token.kind() {
                SyntaxKind::Ident => *words.entry(SmolStr::new(token.text())).or_default() += 1,
                SyntaxKind::String if names_file() => named_files.push(token.text().trim_matches('"').to_owned()),
                _ => {}
            }
        }
        let digest = lock::hex(text.as_bytes()).into();
        let uses = package::use_paths(&parse.tree()).into();
        Text { parse, words: Arc::new(words), named_files: named_files.into(), uses, digest }
    }
}

/// The tables; clones share them.
#[derive(Clone, Default)]
pub struct Memo(Arc<Mutex<Tables>>);

#[derive(Default)]
struct Tables {
    check: u64,
    texts: Table<Text>,
    digests: Table<String>,
    catalogs: Table<Arc<ReadCatalog>>,
}

/// Values by content, each with the check that asked for it last.
struct Table<V>(HashMap<Box<[u8]>, (V, u64)>);

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<V: Clone> Table<V> {
    fn find(&mut self, content: &[u8], check: u64) -> Option<V> {
        let (value, last) = self.0.get_mut(content)?;
        *last = check;
        Some(value.clone())
    }

    fn forget(&mut self, check: u64) {
        self.0.retain(|_, (_, last)| *last + KEPT_CHECKS >= check);
    }
}

impl Memo {
    /// A check begins.
    pub(crate) fn begin(&self) {
        self.with(|tables| {
            tables.check += 1;
            let check = tables.check;
            tables.texts.forget(check);
            tables.digests.forget(check);
            tables.catalogs.forget(check);
        });
    }

    /// The parse of a policy, and what is read off it.
    pub(crate) fn text(&self, text: &str) -> Text {
        self.get(|tables| &mut tables.texts, text.as_bytes(), || Text::new(text))
    }

    /// The sha-256 of a file in lower-case hexadecimal.
    pub(crate) fn digest(&self, bytes: &[u8]) -> String {
        self.get(|tables| &mut tables.digests, bytes, || lock::hex(bytes))
    }

    /// What a catalog file becomes.
    pub(crate) fn catalog(&self, bytes: &[u8], read: impl FnOnce() -> ReadCatalog) -> Arc<ReadCatalog> {
        self.get(|tables| &mut tables.catalogs, bytes, || Arc::new(read()))
    }

    /// Looks up, or makes and keeps. The lock is not held while a value is made.
    fn get<V: Clone>(
        &self,
        table: impl Fn(&mut Tables) -> &mut Table<V>,
        content: &[u8],
        make: impl FnOnce() -> V,
    ) -> V {
        let known = self.with(|tables| {
            let check = tables.check;
            table(tables).find(content, check)
        });
        known.unwrap_or_else(|| {
            let value = make();
            self.with(|tables| {
                let check = tables.check;
                table(tables).0.insert(content.into(), (value.clone(), check));
            });
            value
        })
    }

    fn with<R>(&self, act: impl FnOnce(&mut Tables) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asks_for_is_forgotten() {
        let memo = Memo::default();
        let sizes = || memo.with(|tables| tables.texts.0.len());
        memo.begin();
        memo.text("role a of b");
        memo.text("role c of d");
        for _ in 0..KEPT_CHECKS {
            memo.begin();
            memo.text("role a of b");
        }
        assert_eq!(sizes(), 2);
        memo.begin();
        assert_eq!(sizes(), 1);
        assert_eq!(memo.text("role a of b").parse.tree().text().to_string(), "role a of b");
    }
}
