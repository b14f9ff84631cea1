//! Lists the files of the standard library, so that a new one cannot be forgotten.
//!
//! Writes one Rust expression: a slice of packages, each with its files in sorted order.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("std");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut table = String::from("&[\n");
    for package in sorted_entries(&root) {
        let mut files = Vec::new();
        collect_files(&package, &mut files);
        let manifest = fs::read_to_string(package.join("mcpz.toml")).expect("every package has a manifest");
        let name =
            manifest.lines().find_map(|line| line.strip_prefix("name = ")).expect("the manifest names the package");
        writeln!(table, "StdPackage {{ name: {name}, files: &[").expect("writing to a string");
        for file in files {
            let relative = file.strip_prefix(&package).expect("below the package").display().to_string();
            let absolute = file.display().to_string();
            writeln!(table, "    ({relative:?}, include_bytes!({absolute:?}).as_slice()),")
                .expect("writing to a string");
        }
        table.push_str("] },\n");
    }
    table.push_str("]\n");
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it")).join("packages.rs");
    fs::write(out, table).expect("the output folder can be written");
}

/// Every file below `folder`, depth first, in sorted order.
fn collect_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in sorted_entries(folder) {
        if entry.is_dir() {
            collect_files(&entry, files);
        } else {
            println!("cargo::rerun-if-changed={}", entry.display());
            files.push(entry);
        }
    }
}

/// The entries of a folder by name.
fn sorted_entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("the entry can be read").path())
        .collect();
    entries.sort();
    entries
}
