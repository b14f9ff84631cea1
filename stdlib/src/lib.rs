//! The mcpz standard library, embedded.
//!
//! The sources stand in `stdlib/std`, one ordinary package a folder, written in the language and
//! tested in it. This crate carries them as bytes and knows nothing of their meaning: whoever
//! drives the compiler hands them to it like any other package.

/// A package of the standard library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StdPackage {
    /// Its name, as in `use std.guard.net`.
    pub name: &'static str,
    /// Its files: path relative to the package, with `/`, and content; sorted by path.
    pub files: &'static [(&'static str, &'static [u8])],
}

impl StdPackage {
    /// The content of a file of the package.
    ///
    /// ```
    /// let time = mcpz_stdlib::package("std.time").unwrap();
    /// assert!(time.file("mcpz.toml").is_some());
    /// ```
    pub fn file(&self, path: &str) -> Option<&'static [u8]> {
        self.files.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes)
    }
}

/// Every package, sorted by folder.
pub const PACKAGES: &[StdPackage] = include!(concat!(env!("OUT_DIR"), "/packages.rs"));

/// The package of this name.
pub fn package(name: &str) -> Option<&'static StdPackage> {
    PACKAGES.iter().find(|package| package.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_has_a_manifest_and_a_policy() {
        assert!(PACKAGES.len() >= 10);
        for package in PACKAGES {
            assert!(package.name.starts_with("std."), "{}", package.name);
            assert!(package.file("mcpz.toml").is_some(), "{}", package.name);
            assert!(package.files.iter().any(|(path, _)| path.ends_with(".mcpz")), "{}", package.name);
        }
    }
}
