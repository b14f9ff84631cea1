//! Files: what is open in the editor, and what is on disk, read once and looked at again when something may have changed.
//!
//! With [`crate::below`] this is the only place of the language server that reads files. It reads below the folders of packages that the workspace names
//! and nowhere else; it writes nothing.

use crate::below::{MAX_FILE_BYTES, read_below, read_error};
use mcpz_compiler::source::{ReadError, SourceProvider};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// How deep folders of a package may nest.
const MAX_DEPTH: usize = 32;

/// The texts of open documents.
pub type OpenTexts = Arc<BTreeMap<PathBuf, Arc<str>>>;

/// What tells that a file is as it was.
type Stamp = (Option<SystemTime>, u64);

/// A file that was read, as one of this package.
struct Entry {
    root: PathBuf,
    bytes: Result<Arc<[u8]>, ReadError>,
    stamp: Option<Stamp>,
    epoch: u64,
}

/// What was read of the disk.
#[derive(Default)]
pub struct Disk {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    files: BTreeMap<PathBuf, Entry>,
    lists: BTreeMap<PathBuf, (u64, Result<Vec<String>, ReadError>)>,
    epoch: u64,
}

impl Disk {
    /// From here on every file is looked at again before it is believed.
    pub fn doubt(&self) {
        self.with(|inner| inner.epoch += 1);
    }

    /// The bytes of a file below the folder of a package.
    pub fn read(&self, root: &Path, path: &Path) -> Result<Arc<[u8]>, ReadError> {
        self.with(|inner| {
            let epoch = inner.epoch;
            let known = |entry: &Entry| entry.root == root;
            if let Some(entry) = inner.files.get(path).filter(|entry| known(entry) && entry.epoch == epoch) {
                return entry.bytes.clone();
            }
            let stamp = stamp(path);
            let same = |entry: &&mut Entry| known(entry) && stamp.is_some() && entry.stamp == stamp;
            if let Some(entry) = inner.files.get_mut(path).filter(same) {
                entry.epoch = epoch;
                return entry.bytes.clone();
            }
            let bytes = read_below(root, path, MAX_FILE_BYTES).map(Arc::from);
            inner.files.insert(path.to_owned(), Entry { root: root.to_owned(), bytes: bytes.clone(), stamp, epoch });
            bytes
        })
    }

    /// Whether a manifest is there, in the folder of its package.
    pub fn is_manifest(&self, path: &Path) -> bool {
        path.parent().is_some_and(|root| self.read(root, path).is_ok())
    }

    /// Files below a folder, relative to it.
    fn list(&self, folder: &Path) -> Result<Vec<String>, ReadError> {
        self.with(|inner| {
            let epoch = inner.epoch;
            if let Some((_, list)) = inner.lists.get(folder).filter(|(known, _)| *known == epoch) {
                return list.clone();
            }
            let list = files_below(folder);
            inner.lists.insert(folder.to_owned(), (epoch, list.clone()));
            list
        })
    }

    fn with<R>(&self, act: impl FnOnce(&mut Inner) -> R) -> R {
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok(), metadata.len()))
}

/// Files below a folder, relative to it and sorted; hidden entries are passed over, links to folders not followed.
pub fn files_below(folder: &Path) -> Result<Vec<String>, ReadError> {
    let mut files = Vec::new();
    walk(folder, "", 0, &mut files)?;
    files.sort();
    Ok(files)
}

/// Collects them.
fn walk(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<String>) -> Result<(), ReadError> {
    if depth > MAX_DEPTH {
        return Err(ReadError::Failed(format!("folders nest deeper than {MAX_DEPTH}")));
    }
    for entry in std::fs::read_dir(folder).map_err(read_error)? {
        let entry = entry.map_err(read_error)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let kind = entry.file_type().map_err(read_error)?;
        if kind.is_dir() {
            walk(&entry.path(), &path, depth + 1, files)?;
        } else if entry.path().is_file() {
            files.push(path);
        }
    }
    Ok(())
}

/// The folders at or below these that hold a manifest; hidden folders and those of builds are passed over.
pub fn find_packages(folders: &[PathBuf], manifest: &str) -> Vec<PathBuf> {
    const PASSED_OVER: [&str; 3] = ["node_modules", "target", "build"];
    const DEPTH: usize = 5;
    let mut found = Vec::new();
    let mut open: Vec<(PathBuf, usize)> = folders.iter().map(|folder| (folder.clone(), 0)).collect();
    while let Some((folder, depth)) = open.pop() {
        if folder.join(manifest).is_file() {
            found.push(folder.clone());
        }
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && depth < DEPTH && !name.starts_with('.') && !PASSED_OVER.contains(&name.as_str()) {
                open.push((entry.path(), depth + 1));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// A path without `.` and `..`, by its letters alone.
pub fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

/// The files of a package: what is open wins over what is on disk.
pub struct FolderProvider {
    /// The folder of the manifest.
    pub root: PathBuf,
    /// The disk.
    pub disk: Arc<Disk>,
    /// Open documents.
    pub open: OpenTexts,
}

impl FolderProvider {
    /// A path of the package on disk. What leads out of the package is not found.
    fn resolve(&self, path: &str) -> Result<PathBuf, ReadError> {
        let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if inside { Ok(normal(&self.root.join(path))) } else { Err(ReadError::NotFound) }
    }
}

impl SourceProvider for FolderProvider {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let full = self.resolve(path)?;
        match self.open.get(&full) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => self.disk.read(&self.root, &full).map(|bytes| bytes.to_vec()),
        }
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, ReadError> {
        let dir = dir.trim_end_matches('/');
        let folder = self.resolve(dir)?;
        let on_disk = self.disk.list(&folder);
        let new = self.open.keys().filter_map(|path| path.strip_prefix(&folder).ok()).filter_map(Path::to_str);
        let mut files: Vec<String> = new.map(|path| path.replace('\\', "/")).collect();
        match on_disk {
            Ok(list) => files.extend(list),
            Err(error) if files.is_empty() => return Err(error),
            Err(_) => {}
        }
        files.sort();
        files.dedup();
        let prefix = if dir.is_empty() { String::new() } else { format!("{dir}/") };
        Ok(files.into_iter().map(|path| format!("{prefix}{path}")).collect())
    }
}

/// The path under which a file without a manifest stands in the package that is made for it.
pub const SINGLE_SOURCE: &str = "policy/main.mcpz";

/// A file without a manifest, as a package of its own; catalogs and data are looked for beside it.
pub struct SingleProvider {
    /// The file.
    pub file: PathBuf,
    /// What is beside it.
    pub beside: FolderProvider,
}

impl SourceProvider for SingleProvider {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match path {
            "mcpz.toml" => Ok(b"[package]\nname = \"single\"\nversion = \"0.0.0\"\nedition = \"2026\"\n".to_vec()),
            "mcpz.lock" => Err(ReadError::NotFound),
            SINGLE_SOURCE => match self.beside.open.get(&self.file) {
                Some(text) => Ok(text.as_bytes().to_vec()),
                None => self.beside.disk.read(&self.beside.root, &self.file).map(|bytes| bytes.to_vec()),
            },
            other => self.beside.read(other),
        }
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, ReadError> {
        if dir == "policy" {
            return Ok(vec![SINGLE_SOURCE.to_owned()]);
        }
        self.beside.list(dir)
    }
}
