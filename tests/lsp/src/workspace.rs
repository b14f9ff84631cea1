//! A folder for a session: a copy of an example, and files of its own.

use crate::{Failed, Result};
use std::path::{Path, PathBuf};

/// The address of a file.
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_path_buf).unwrap_or_default()
}

/// Writes a file, and the folders it stands in.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().ok_or_else(|| Failed::new("a file stands in a folder"))?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(path, text)?;
    Ok(())
}
