//! Files: what is open in the editor, and what is on disk, read once and looked at again when something may have changed.
//!
//! This is the only place of the language server that reads files. It reads below the folders of packages that the workspace names
//! and nowhere else; it writes nothing.

use mcpz_compiler::source::{ReadError, SourceProvider};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// How deep folders of a package may nest.
const MAX_DEPTH: usize = 32;
/// Largest file that is read.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The texts of open documents.
pub type OpenTexts = Arc<BTreeMap<PathBuf, Arc<str>>>;

/// What tells that a file is as it was.
type Stamp = (Option<SystemTime>, u64);

/// A file that was read.
struct Entry {
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

    /// The bytes of a file.
    pub fn read(&self, path: &Path) -> Result<Arc<[u8]>, ReadError> {
        self.with(|inner| {
            let epoch = inner.epoch;
            if let Some(entry) = inner.files.get(path).filter(|entry| entry.epoch == epoch) {
                return entry.bytes.clone();
            }
            let stamp = stamp(path);
            if let Some(entry) = inner.files.get_mut(path).filter(|entry| stamp.is_some() && entry.stamp == stamp) {
                entry.epoch = epoch;
                return entry.bytes.clone();
            }
            let bytes = read_file(path, stamp);
            inner.files.insert(path.to_owned(), Entry { bytes: bytes.clone(), stamp, epoch });
            bytes
        })
    }

    /// Whether a file is there.
    pub fn is_file(&self, path: &Path) -> bool {
        self.read(path).is_ok()
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

fn read_file(path: &Path, stamp: Option<Stamp>) -> Result<Arc<[u8]>, ReadError> {
    if stamp.is_some_and(|(_, length)| length > MAX_FILE_BYTES) {
        return Err(ReadError::Failed("the file is too large".to_owned()));
    }
    std::fs::read(path).map(Arc::from).map_err(read_error)
}

/// What a package is told of a file that cannot be read.
pub fn read_error(error: std::io::Error) -> ReadError {
    match error.kind() {
        ErrorKind::NotFound => ReadError::NotFound,
        _ => ReadError::Failed(error.to_string()),
    }
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
            None => self.disk.read(&full).map(|bytes| bytes.to_vec()),
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
                None => self.beside.disk.read(&self.file).map(|bytes| bytes.to_vec()),
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
