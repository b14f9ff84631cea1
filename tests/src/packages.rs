//! Packages for tests: from a folder or from texts, with the standard library at hand.

use mcpz_compiler::source::{MemoryProvider, PackageInput, Workspace, join};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The root of this repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate stands in the repository").to_owned()
}

/// Every file below a folder, by path relative to it, with `/`.
pub fn read_folder(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(current) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&current) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let relative =
                    path.strip_prefix(folder).expect("below the folder").to_string_lossy().replace('\\', "/");
                files.insert(relative, std::fs::read(&path).expect("a test file can be read"));
            }
        }
    }
    files
}

/// The packages of the standard library.
pub fn standard_library() -> Vec<PackageInput> {
    mcpz_stdlib::PACKAGES
        .iter()
        .map(|package| {
            let files = package.files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()));
            PackageInput::new(package.name, MemoryProvider::new(files))
        })
        .collect()
}

/// The workspace of a package on disk.
pub fn workspace_of_folder(folder: &Path) -> Workspace {
    let root = PackageInput::new("", MemoryProvider::new(read_folder(folder)));
    let base = folder.to_string_lossy().replace('\\', "/");
    Workspace::gather(root, standard_library(), &|location| {
        let path = PathBuf::from(join(&base, location));
        let files = read_folder(&path);
        (!files.is_empty()).then(|| PackageInput::new(location, MemoryProvider::new(files)))
    })
}

/// The workspace of a package given as files.
pub fn workspace_of_files(files: BTreeMap<String, Vec<u8>>) -> Workspace {
    Workspace::gather(PackageInput::new("", MemoryProvider::new(files)), standard_library(), &|_| None)
}

/// The workspace of a package given as texts; a manifest and a lock that pins every catalog are made
/// when they are not among them.
pub fn workspace_of_texts(mut files: BTreeMap<String, String>) -> Workspace {
    files
        .entry("mcpz.toml".to_owned())
        .or_insert_with(|| "[package]\nname = \"example\"\nversion = \"1.0.0\"\nedition = \"2026\"\n".to_owned());
    let lock = lock_text(&files);
    files.entry("mcpz.lock".to_owned()).or_insert(lock);
    let root = PackageInput::new("", MemoryProvider::new(files));
    Workspace::gather(root, standard_library(), &|_| None)
}

/// A lock file that pins, for every `server` block that names a catalog, that catalog as it is.
fn lock_text(files: &BTreeMap<String, String>) -> String {
    let mut lock = String::from("version = 1\n");
    for text in files.iter().filter(|(path, _)| path.ends_with(".mcpz")).map(|(_, text)| text) {
        for (server, path) in servers(text) {
            if let Some(catalog) = files.get(&path) {
                let digest = hex(&Sha256::digest(catalog.as_bytes()));
                write!(lock, "\n[[catalog]]\nserver = \"{server}\"\npath = \"{path}\"\ndigest = \"sha256:{digest}\"\n")
                    .expect("writing to a string");
            }
        }
    }
    lock
}

/// The (server, catalog path) pairs that a policy text names.
fn servers(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut server = None;
    for line in text.lines() {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("server ") {
            server = rest.split_whitespace().next().map(str::to_owned);
        }
        if let (Some(name), Some((_, rest))) = (&server, line.split_once("catalog \"")) {
            let path = rest.split('"').next().unwrap_or_default();
            found.push((name.clone(), path.to_owned()));
            server = None;
        }
    }
    found
}

/// Lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
