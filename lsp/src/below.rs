//! Reading files of a package: the one way that the command, the language server and the gateway's start have.
//!
//! Packages may come from strangers. A link in one may lead to `/dev/zero`, to a pipe that nobody writes, or to a private file
//! of whoever checks it; so what is read is an ordinary file, below the folder of the package, of bounded size.

use mcpz_compiler::source::ReadError;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Largest file that is read.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Why a path that leaves its package is not followed.
pub const LEADS_OUT: &str = "it leads out of the package";

/// The bytes of a file, which must be below `root` when every link on the way is followed, and no larger than `limit`.
pub fn read_below(root: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let failed = |reason: &str| Err(ReadError::Failed(reason.to_owned()));
    let real = std::fs::canonicalize(path).map_err(read_error)?;
    if !real.starts_with(std::fs::canonicalize(root).map_err(read_error)?) {
        return failed(LEADS_OUT);
    }
    // Before it is opened: opening a pipe waits for who writes it.
    if !std::fs::metadata(&real).map_err(read_error)?.is_file() {
        return failed("it is no file");
    }
    let mut bytes = Vec::new();
    let file = File::open(&real).map_err(read_error)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(read_error)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) { Ok(bytes) } else { failed("it is too large") }
}

/// What a package is told of a file that cannot be read.
pub fn read_error(error: std::io::Error) -> ReadError {
    match error.kind() {
        ErrorKind::NotFound => ReadError::NotFound,
        _ => ReadError::Failed(error.to_string()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A folder with a package in it; both are removed at the end.
    fn package() -> (tempfile::TempDir, std::path::PathBuf) {
        let keep = tempfile::tempdir().unwrap();
        let root = keep.path().join("package");
        std::fs::create_dir_all(root.join("catalog")).unwrap();
        std::fs::write(root.join("catalog/real.json"), "{}").unwrap();
        (keep, root)
    }

    fn read(root: &Path, path: &str) -> Result<Vec<u8>, ReadError> {
        read_below(root, &root.join(path), 16)
    }

    #[test]
    fn files_and_links_within_the_package_are_read() {
        let (_keep, root) = package();
        symlink("real.json", root.join("catalog/link.json")).unwrap();
        assert_eq!(read(&root, "catalog/real.json"), Ok(b"{}".to_vec()));
        assert_eq!(read(&root, "catalog/link.json"), Ok(b"{}".to_vec()));
        assert_eq!(read(&root, "catalog/none.json"), Err(ReadError::NotFound));
    }

    #[test]
    fn links_out_of_the_package_are_not_followed() {
        let (keep, root) = package();
        std::fs::write(keep.path().join("secret"), "x").unwrap();
        std::fs::create_dir(keep.path().join("package2")).unwrap();
        std::fs::write(keep.path().join("package2/secret"), "x").unwrap();
        symlink(keep.path().join("secret"), root.join("out.json")).unwrap();
        symlink("../package2", root.join("folder")).unwrap();
        symlink("/dev/zero", root.join("catalog/endless.json")).unwrap();
        for path in ["out.json", "folder/secret", "catalog/endless.json"] {
            assert_eq!(read(&root, path), Err(ReadError::Failed(LEADS_OUT.to_owned())), "{path}");
        }
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        let (_keep, root) = package();
        // A socket is made without a program; it is as little a file as a pipe is.
        let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
        for path in ["socket", "catalog"] {
            assert_eq!(read(&root, path), Err(ReadError::Failed("it is no file".to_owned())), "{path}");
        }
        let zero = read_below(Path::new("/dev"), Path::new("/dev/zero"), 16);
        assert_eq!(zero, Err(ReadError::Failed("it is no file".to_owned())));
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let (_keep, root) = package();
        std::fs::write(root.join("fits"), [b'x'; 16]).unwrap();
        std::fs::write(root.join("large"), [b'x'; 17]).unwrap();
        assert_eq!(read(&root, "fits"), Ok(vec![b'x'; 16]));
        assert_eq!(read(&root, "large"), Err(ReadError::Failed("it is too large".to_owned())));
    }
}
