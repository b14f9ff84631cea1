//! The packages of this repository: what they are, the compiler accepts.

use mcpz_compiler::diagnostics::{Diagnostic, plain};
use mcpz_compiler::source::{MemoryProvider, PackageInput, ReadError, SourceProvider, Workspace};
use mcpz_compiler::{Checked, check};
use std::path::{Path, PathBuf};

/// The repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files of a folder on disk.
struct Folder(PathBuf);

impl SourceProvider for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        std::fs::read(self.0.join(path)).map_err(|_| ReadError::NotFound)
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, ReadError> {
        let mut paths = Vec::new();
        let mut folders = vec![self.0.join(dir)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).map_err(|_| ReadError::NotFound)?.flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else if let Ok(path) = entry.path().strip_prefix(&self.0) {
                    paths.push(path.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        Ok(paths)
    }
}

/// The standard library as the compiler's caller gives it.
fn standard_library() -> Vec<PackageInput> {
    let package = |package: &mcpz_stdlib::StdPackage| {
        let files = package.files.iter().map(|(path, bytes)| (*path, *bytes));
        PackageInput::new(package.name, MemoryProvider::new(files))
    };
    mcpz_stdlib::PACKAGES.iter().map(package).collect()
}

/// Checks a package of the repository.
fn checked(path: &str) -> Checked {
    let root = repository().join(path);
    let load = |location: &str| {
        let folder = root.join(location);
        folder.join("mcpz.toml").is_file().then(|| PackageInput::new(location, Folder(folder)))
    };
    check(&Workspace::gather(PackageInput::new("", Folder(root.clone())), standard_library(), &load))
}

/// The errors of a package.
fn errors(path: &str) -> String {
    let checked = checked(path);
    let errors: Vec<Diagnostic> = checked.diagnostics.iter().filter(|one| one.is_error()).cloned().collect();
    plain::render(&errors, checked.sources())
}

#[test]
fn examples_have_no_errors() {
    for name in ["quickstart", "filesystem", "payments", "platform-guard", "health", "multitenant"] {
        assert_eq!(errors(&format!("examples/{name}")), "", "{name}");
    }
}

#[test]
fn the_standard_library_has_no_errors() {
    assert_eq!(errors("stdlib/check"), "");
    for entry in std::fs::read_dir(repository().join("stdlib/std")).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert_eq!(errors(&format!("stdlib/std/{name}")), "", "{name}");
    }
}

/// `mcpz lock` would change nothing. `BLESS=1` writes what it would.
#[test]
fn locks_are_fresh() {
    for name in ["quickstart", "filesystem", "payments", "health", "multitenant"] {
        let folder = repository().join("examples").join(name);
        let loaded = checked(&format!("examples/{name}")).loaded;
        let fresh = mcpz_compiler::package::relock(&loaded, &mcpz_compiler::resolve::catalog_paths(&loaded));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(folder.join("mcpz.lock"), &fresh).unwrap();
        }
        assert_eq!(std::fs::read_to_string(folder.join("mcpz.lock")).unwrap(), fresh, "{name}");
    }
}
