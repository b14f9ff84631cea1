//! The packages that examples of error codes are checked in.
//!
//! An example is policy text that is added, as `policy/example.mcpz`, to the package in the folder
//! `codes/frame`, which depends on the one in `codes/base`. A line `-- PATH --` starts another file, which is added or takes the place of the
//! frame's; a path that starts with `../NAME/` belongs to the package at that location. A note in
//! parentheses changes the file: `(latin-1)` writes characters as single bytes, `(5 MiB)` repeats the
//! text to that size, `(300 lines)` that many times. `mcpz.lock` is made unless the example gives it.

use crate::package;
use crate::resolve;
use crate::source::{MemoryProvider, PackageInput, Workspace};
use std::collections::BTreeMap;

/// The files of the frame, and of the package that it depends on.
const FRAME: &[(&str, &str)] = &[
    ("mcpz.toml", include_str!("codes/frame/mcpz.toml")),
    ("policy/frame.mcpz", include_str!("codes/frame/policy/frame.mcpz")),
    ("catalog/payments.json", include_str!("codes/frame/catalog/payments.json")),
    ("catalog/fs.json", include_str!("codes/frame/catalog/fs.json")),
    ("catalog/docs.json", include_str!("codes/frame/catalog/docs.json")),
    ("catalog/web.json", include_str!("codes/frame/catalog/web.json")),
    ("data/blocked_payees.json", include_str!("codes/frame/data/blocked_payees.json")),
    ("../base/mcpz.toml", include_str!("codes/base/mcpz.toml")),
    ("../base/policy/base.mcpz", include_str!("codes/base/policy/base.mcpz")),
];

/// The path of the file that an example's first lines make.
pub const EXAMPLE_PATH: &str = "policy/example.mcpz";

/// The workspace of an example; `standard_library` are the packages that `use std...` finds.
pub fn workspace(example: &str, standard_library: Vec<PackageInput>) -> Workspace {
    let mut packages = files(example);
    let root = packages.remove("").unwrap_or_default();
    let others: Vec<PackageInput> =
        packages.into_iter().map(|(location, files)| PackageInput::new(location, MemoryProvider { files })).collect();
    let given_lock = root.contains_key("mcpz.lock");
    let assemble = |files: BTreeMap<String, Vec<u8>>| {
        let find = |location: &str| others.iter().find(|package| package.location == location).cloned();
        Workspace::gather(PackageInput::new("", MemoryProvider { files }), standard_library.clone(), &find)
    };
    let workspace = assemble(root.clone());
    if given_lock {
        return workspace;
    }
    let loaded = package::load(&workspace, &crate::memo::Memo::default(), &mut Vec::new());
    let lock = package::relock(&loaded, &resolve::catalog_paths(&loaded));
    let mut locked = root;
    locked.insert("mcpz.lock".to_owned(), lock.into_bytes());
    assemble(locked)
}

/// The files of every package, by location.
fn files(example: &str) -> BTreeMap<String, BTreeMap<String, Vec<u8>>> {
    let mut packages: BTreeMap<String, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
    for (path, text) in FRAME {
        let (location, path, _) = target(path);
        packages.entry(location).or_default().insert(path, text.as_bytes().to_vec());
    }
    let mut current = (String::new(), EXAMPLE_PATH.to_owned(), String::new());
    let mut text = String::new();
    for line in example.lines() {
        match line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            Some(marker) => {
                add(&mut packages, &current, &text);
                text.clear();
                current = target(marker);
            }
            None => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    add(&mut packages, &current, &text);
    packages
}

/// Location, path and note of a marker.
fn target(marker: &str) -> (String, String, String) {
    let (path, note) = marker.split_once(" (").map_or((marker, ""), |(path, note)| (path, note.trim_end_matches(')')));
    let other = path.strip_prefix("../").and_then(|rest| rest.split_once('/'));
    match other {
        Some((name, inner)) => (format!("../{name}"), inner.to_owned(), note.to_owned()),
        None => (String::new(), path.to_owned(), note.to_owned()),
    }
}

/// Adds one file; an empty first part adds nothing.
fn add(packages: &mut BTreeMap<String, BTreeMap<String, Vec<u8>>>, target: &(String, String, String), text: &str) {
    let (location, path, note) = target;
    if path == EXAMPLE_PATH && note.is_empty() && text.trim().is_empty() {
        return;
    }
    packages.entry(location.clone()).or_default().insert(path.clone(), content(text, note));
}

/// The bytes of a file, as its note wants them.
fn content(text: &str, note: &str) -> Vec<u8> {
    let number = note.split(' ').next().and_then(|number| number.parse::<usize>().ok()).unwrap_or(1);
    if note == "latin-1" {
        return text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    }
    if note.ends_with("MiB") {
        let times = (number << 20) / text.len().max(1) + 1;
        return text.repeat(times).into_bytes();
    }
    if note.ends_with("lines") {
        return text.repeat(number).into_bytes();
    }
    text.as_bytes().to_vec()
}
