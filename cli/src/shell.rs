//! What a command is given: where it runs and where it writes.

use crate::exit::Failure;
use crate::output::Output;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Largest file that is read whole.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// How many names are tried for a temporary file.
const NAMES_TRIED: usize = 64;

/// Where a command runs and writes.
pub struct Shell {
    /// Its output.
    pub out: Output,
    /// The folder it runs in (`-C`).
    pub directory: PathBuf,
}

impl Shell {
    /// A path as given on the command line, relative to the folder the command runs in.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }

    /// Reads a file, or standard input for `-`.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, Failure> {
        if path == Path::new("-") {
            return read_all(std::io::stdin().lock(), "standard input");
        }
        let full = self.path(path);
        if full.is_dir() {
            return Err(Failure::input(format!("{} is a folder, not a file", full.display())));
        }
        match File::open(&full) {
            Ok(file) => read_all(file, &full.display().to_string()),
            Err(error) => Err(Failure::input(format!("{} cannot be read: {error}", full.display()))),
        }
    }

    /// Reads a text file, or standard input for `-`.
    pub fn read_text(&self, path: &Path) -> Result<String, Failure> {
        String::from_utf8(self.read(path)?).map_err(|_| Failure::input(format!("{} is not UTF-8", path.display())))
    }

    /// An argument that is text, or `@FILE` for the text of a file (`@-`: standard input).
    pub fn text_or_file(&self, argument: &str) -> Result<String, Failure> {
        match argument.strip_prefix('@') {
            Some(path) => self.read_text(Path::new(path)),
            None => Ok(argument.to_owned()),
        }
    }
}

fn read_all(reader: impl Read, what: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    reader
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::input(format!("{what} cannot be read: {error}")))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE_BYTES) {
        return Err(Failure::input(format!("{what} is larger than 64 MiB")));
    }
    Ok(bytes)
}

/// Writes a file so that a reader never sees half of it. Links to it and its permissions stay as they are.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fail = |error: std::io::Error| Failure::input(format!("{} cannot be written: {error}", path.display()));
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    // What is no ordinary file (a pipe, /dev/stdout) is written to, never replaced.
    if path.exists() && !path.is_file() {
        return std::fs::write(path, bytes).map_err(fail);
    }
    // A link stays, and what it leads to is written.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let old = std::fs::metadata(&path).ok();
    let (temporary, mut file) = beside(&path, old.is_some()).map_err(fail)?;
    let written = (|| {
        file.write_all(bytes)?;
        if let Some(old) = old {
            file.set_permissions(old.permissions())?;
        }
        drop(file);
        std::fs::rename(&temporary, &path)
    })();
    written.map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        fail(error)
    })
}

/// A new file beside this one, which nothing was at before. One that takes the place of another is its owner's alone until it
/// has the other's permissions.
fn beside(path: &Path, replaces: bool) -> std::io::Result<(PathBuf, File)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if replaces {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = replaces;
    for attempt in 0..NAMES_TRIED {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}-{attempt}.tmp", std::process::id()));
        let temporary = path.with_file_name(name);
        match options.open(&temporary) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            other => return other.map(|file| (temporary, file)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}
