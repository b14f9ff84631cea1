//! `mcpz.lock`: the digests that catalogs and dependencies must have.
//!
//! `mcpz lock` writes it ([`write`](fn@write)); `check` reads it and compares. A catalog's digest is over the
//! bytes of its file, a dependency's over its sorted list of (path, file digest).

use super::toml_reader::{Located, Reader};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::e0203;
use crate::hir::{SourceId, Span};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A lock file, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// Pins of catalogs by server name.
    pub catalogs: BTreeMap<String, Pin>,
    /// Pins of dependencies by the name that the manifest gives them.
    pub dependencies: BTreeMap<String, Pin>,
}

/// One pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The file, for a catalog.
    pub path: Option<String>,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: Located<String>,
    /// The entry.
    pub span: Span,
}

/// Reads a lock file.
pub fn parse(text: &str, source: SourceId, sink: &mut Vec<Diagnostic>) -> Lock {
    let mut lock = Lock::default();
    let mut reader = Reader { source, file: "mcpz.lock", sink };
    let document = reader.document(text);
    let root = document.get_ref();
    if root.is_empty() {
        return lock;
    }
    reader.known_keys(root, "mcpz.lock", &["version", "catalog", "dependency"]);
    check_version(&mut reader, root.get("version"));
    for (entry, span) in reader.tables(root, "catalog") {
        reader.known_keys(entry, "[[catalog]]", &["server", "path", "digest"]);
        let path = reader.string(entry, "path").map(|path| path.value);
        if let (Some(server), Some(digest)) =
            (reader.required(entry, span, "server", "\"payments\""), read_digest(&mut reader, entry, span))
        {
            lock.catalogs.insert(server.value, Pin { path, digest, span });
        }
    }
    for (entry, span) in reader.tables(root, "dependency") {
        reader.known_keys(entry, "[[dependency]]", &["name", "digest"]);
        if let (Some(name), Some(digest)) =
            (reader.required(entry, span, "name", "\"base\""), read_digest(&mut reader, entry, span))
        {
            lock.dependencies.insert(name.value, Pin { path: None, digest, span });
        }
    }
    lock
}

/// `version = 1`.
fn check_version(reader: &mut Reader<'_>, version: Option<&toml::Spanned<toml::de::DeValue<'_>>>) {
    let number = version.and_then(|value| value.get_ref().as_integer()).map(|integer| integer.as_str().to_owned());
    if number.as_deref() != Some("1") {
        let span = reader.span(version.map_or(0..0, toml::Spanned::span));
        let help = Some("run `mcpz lock` with this version of mcpz".to_owned());
        reader.sink.push(e0203::bad_value(span, "mcpz.lock is not of version 1".to_owned(), help));
    }
}

/// `digest = "sha256:.."`.
fn read_digest(reader: &mut Reader<'_>, entry: &toml::de::DeTable<'_>, span: Span) -> Option<Located<String>> {
    let digest = reader.required(entry, span, "digest", "\"sha256:...\"")?;
    if is_digest(&digest.value) {
        return Some(digest);
    }
    let help = Some("a digest is `sha256:` and 64 hexadecimal digits; `mcpz lock` writes it".to_owned());
    reader.sink.push(e0203::bad_value(digest.span, format!("`{}` is no digest", digest.value), help));
    None
}

/// Whether a text is `sha256:` and 64 lower-case hexadecimal digits.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

/// `sha256:` and the digest of these bytes.
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(bytes))
}

/// The sha-256 of these bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The digest of a package: over its files' paths and digests, sorted by path.
pub fn package_digest<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> String {
    package_digest_of(&files.into_iter().map(|(path, bytes)| (path.to_owned(), hex(bytes))).collect())
}

/// The digest of a package of files of which the digests are known, in lower-case hexadecimal.
pub fn package_digest_of(files: &BTreeMap<String, String>) -> String {
    let mut list = String::new();
    for (path, hex) in files {
        let _ = writeln!(list, "{path} sha256:{hex}");
    }
    digest(list.as_bytes())
}

/// The text of a lock file: catalogs as (server, path, digest), dependencies as (name, digest).
pub fn write(catalogs: &[(String, String, String)], dependencies: &[(String, String)]) -> String {
    let mut text =
        String::from("# Written by mcpz. Do not edit: run `mcpz lock` or `mcpz catalog update`.\nversion = 1\n");
    let mut catalogs = catalogs.to_vec();
    catalogs.sort();
    for (server, path, digest) in &catalogs {
        let _ = write!(text, "\n[[catalog]]\nserver = {server:?}\npath = {path:?}\ndigest = {digest:?}\n");
    }
    let mut dependencies = dependencies.to_vec();
    dependencies.sort();
    for (name, digest) in &dependencies {
        let _ = write!(text, "\n[[dependency]]\nname = {name:?}\ndigest = {digest:?}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let digest = digest(b"x");
        let text = write(
            &[("payments".to_owned(), "catalog/payments.json".to_owned(), digest.clone())],
            &[("base".to_owned(), digest.clone())],
        );
        let mut sink = Vec::new();
        let lock = parse(&text, SourceId(0), &mut sink);
        assert_eq!(sink, Vec::new());
        assert_eq!(lock.catalogs["payments"].digest.value, digest);
        assert_eq!(lock.dependencies["base"].digest.value, digest);
        assert!(is_digest(&digest));
    }
}
