//! Where sources come from: the compiler asks a [`SourceProvider`] and does no I/O itself.
//!
//! Paths are relative to the root of one package, with `/` between components, whatever the
//! platform. A [`Workspace`] is a root package and every package it may refer to: its dependencies
//! (known by their location) and the standard library (known by name, `std.time`).

use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// There is no such file or folder.
    NotFound,
    /// It is there, but could not be read, in the provider's words.
    Failed(String),
}

/// Gives the files of one package.
pub trait SourceProvider: Send + Sync {
    /// The bytes of a file.
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError>;

    /// Paths, relative to the package root, of all files at any depth below a folder; in any order.
    fn list(&self, dir: &str) -> Result<Vec<String>, ReadError>;
}

/// Files held in memory: for the standard library, tests and editors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryProvider {
    /// Contents by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl MemoryProvider {
    /// A provider of these files.
    pub fn new<P: Into<String>, T: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, T)>) -> MemoryProvider {
        MemoryProvider { files: files.into_iter().map(|(path, text)| (path.into(), text.into())).collect() }
    }
}

impl SourceProvider for MemoryProvider {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.files.get(path).cloned().ok_or(ReadError::NotFound)
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, ReadError> {
        let prefix = format!("{}/", dir.trim_end_matches('/'));
        let below = |path: &&String| dir.is_empty() || path.starts_with(&prefix);
        let paths: Vec<String> = self.files.keys().filter(below).cloned().collect();
        if paths.is_empty() { Err(ReadError::NotFound) } else { Ok(paths) }
    }
}

/// A package as the caller gives it.
#[derive(Clone)]
pub struct PackageInput {
    /// Where it is: `""` for the root package, `../base` for a dependency (relative to the root
    /// package, normalised by [`join`]), the name for a package of the standard library.
    pub location: String,
    /// Its files.
    pub provider: Arc<dyn SourceProvider>,
}

impl PackageInput {
    /// A package at a location.
    pub fn new(location: impl Into<String>, provider: impl SourceProvider + 'static) -> PackageInput {
        PackageInput { location: location.into(), provider: Arc::new(provider) }
    }
}

/// A root package with everything it may refer to.
#[derive(Clone, Default)]
pub struct Workspace {
    /// The root package first; then dependencies and the standard library in any order.
    pub packages: Vec<PackageInput>,
}

impl Workspace {
    /// A workspace of the root package, the packages of the standard library, and the dependencies
    /// that `load` finds for the locations which manifests name. What `load` does not find is
    /// reported by `check` at the place that names it.
    pub fn gather(
        root: PackageInput,
        standard_library: Vec<PackageInput>,
        load: &dyn Fn(&str) -> Option<PackageInput>,
    ) -> Workspace {
        let mut packages = vec![root];
        let mut next = 0;
        while let Some(package) = packages.get(next) {
            for location in crate::package::dependency_locations(package) {
                let known = packages.iter().any(|package| package.location == location);
                if !known && packages.len() < crate::package::limits::MAX_PACKAGES {
                    packages.extend(load(&location));
                }
            }
            next += 1;
        }
        packages.extend(standard_library);
        Workspace { packages }
    }

    /// The package at this location.
    pub fn find(&self, location: &str) -> Option<&PackageInput> {
        self.packages.iter().find(|package| package.location == location)
    }
}

/// Joins a relative path to a base, both with `/`, and resolves `.` and `..`; `..` components that lead above the
/// base are kept in front. The result is what names a package's location.
pub fn join(base: &str, path: &str) -> String {
    let absolute = path.starts_with('/') || (base.starts_with('/') && !path.starts_with('/'));
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("{base}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let text = parts.join("/");
    if absolute { format!("/{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_join_without_dots() {
        assert_eq!(join("", "../base"), "../base");
        assert_eq!(join("../base", "../other"), "../other");
        assert_eq!(join("a/b", "./c"), "a/b/c");
        assert_eq!(join("x", ".."), "");
        assert_eq!(join("/abs", "../base"), "/base");
    }
}
