//! What a command is given: where it runs and where it writes.

use crate::exit::Failure;
use crate::output::Output;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Largest file that is read whole.
const MAX_FILE_BYTES: u64 = 64 << 20;

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
        match std::fs::File::open(&full) {
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

/// Writes a file so that a reader never sees half of it.
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
    let mut name = path.file_name().map(std::ffi::OsStr::to_os_string).unwrap_or_default();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    std::fs::write(&temporary, bytes).map_err(fail)?;
    std::fs::rename(&temporary, path).map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        fail(error)
    })
}
