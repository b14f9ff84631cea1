//! Packages: manifest, lock, sources and the files they name, read through a provider.
//!
//! [`load`](fn@load) makes of a [`Workspace`](crate::source::Workspace) one plain value: packages in
//! dependency order, their sources parsed, and the table of sources that every span refers to.

pub mod limits;
mod load;
pub mod lock;
pub mod manifest;
mod toml_reader;

pub(crate) use load::use_paths;
pub use load::{Loaded, LoadedFile, LoadedPackage, load};
pub use toml_reader::Located;

use crate::hir::SourceId;
use crate::source::{PackageInput, join};

/// The locations of the packages that a package depends on, in order.
pub fn dependency_locations(package: &PackageInput) -> Vec<String> {
    let Ok(bytes) = package.provider.read("mcpz.toml") else { return Vec::new() };
    let Ok(text) = String::from_utf8(bytes) else { return Vec::new() };
    // What is wrong with the manifest is reported when it is read again by `load`.
    let manifest = manifest::parse(&text, SourceId(0), &mut Vec::new());
    manifest.dependencies.values().map(|dependency| join(&package.location, &dependency.path)).collect()
}

/// Whether a relative path stays inside its package: no empty, `.` or `..` component, no root, no backslash.
pub fn stays_inside(path: &str) -> bool {
    let path = path.strip_suffix('/').unwrap_or(path);
    !path.contains(['\\', '\0', ':']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// The text of `mcpz.lock` for what the root package has now; `catalogs` are (server, path).
pub fn relock(loaded: &Loaded, catalogs: &[(String, String)]) -> String {
    let Some(root) = loaded.packages.first() else { return lock::write(&[], &[]) };
    let pins: Vec<(String, String, String)> = catalogs
        .iter()
        .filter_map(|(server, path)| {
            let bytes = root.provider.read(path).ok()?;
            Some((server.clone(), path.clone(), lock::digest(&bytes)))
        })
        .collect();
    let dependencies: Vec<(String, String)> = root
        .manifest
        .dependencies
        .keys()
        .filter_map(|name| {
            // The standard library comes with the compiler and has no pin.
            let id = root.dependencies.get(name)?;
            Some((name.clone(), loaded.packages.get(id.index())?.digest.clone()))
        })
        .collect();
    lock::write(&pins, &dependencies)
}
