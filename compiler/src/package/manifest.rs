//! `mcpz.toml`: name, version, edition, authority, dependencies, lint levels, build settings.

use super::toml_reader::{Located, Reader};
use crate::diagnostics::codes::{e0203, e0217};
use crate::diagnostics::levels::Level;
use crate::diagnostics::{Diagnostic, codes, suggest};
use crate::hir::{SourceId, Span};
use std::collections::BTreeMap;
use toml::de::DeTable;

/// The edition that this compiler knows.
pub const EDITION: &str = "2026";

/// A manifest, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// `name`.
    pub name: Located<String>,
    /// `version`.
    pub version: String,
    /// `authority = "guard"`: the package may only narrow.
    pub guard: bool,
    /// By the name that sources use.
    pub dependencies: BTreeMap<String, Dependency>,
    /// Levels by code or name of the lint.
    pub lints: BTreeMap<String, Level>,
    /// Folder of the sources, `policy` unless said otherwise.
    pub sources: String,
    /// Where `mcpz build` writes, when said.
    pub out: Option<String>,
}

/// A dependency, as a manifest names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Where it is, relative to the package that names it.
    pub path: String,
    /// `sha256:..` of the package, when the manifest pins it itself.
    pub digest: Option<Located<String>>,
    /// The entry.
    pub span: Span,
}

/// Reads a manifest. Mistakes are reported; what can be used is used.
pub fn parse(text: &str, source: SourceId, sink: &mut Vec<Diagnostic>) -> Manifest {
    let mut reader = Reader { source, file: "mcpz.toml", sink };
    let errors_before = reader.sink.len();
    let document = reader.document(text);
    let root = document.get_ref();
    let mut manifest = empty(source);
    if reader.sink.len() > errors_before {
        return manifest;
    }
    reader.known_keys(root, "mcpz.toml", &["package", "dependencies", "lints", "build"]);
    read_package(&mut reader, root, &mut manifest);
    read_dependencies(&mut reader, root, &mut manifest);
    read_lints(&mut reader, root, &mut manifest);
    read_build(&mut reader, root, &mut manifest);
    manifest
}

/// What a manifest is before anything is read.
fn empty(source: SourceId) -> Manifest {
    Manifest {
        name: Located { value: "unnamed".to_owned(), span: Span { source, start: 0, end: 0 } },
        version: "0.0.0".to_owned(),
        guard: false,
        dependencies: BTreeMap::new(),
        lints: BTreeMap::new(),
        sources: "policy".to_owned(),
        out: None,
    }
}

/// `[package]`.
fn read_package(reader: &mut Reader<'_>, root: &DeTable<'_>, manifest: &mut Manifest) {
    let top = Span { source: reader.source, start: 0, end: 0 };
    let Some((table, span)) = reader.table(root, "package") else {
        if root.get("package").is_none() {
            let help = "start the file with `[package]`, `name`, `version` and `edition = \"2026\"`".to_owned();
            reader.sink.push(e0203::bad_value(top, "`[package]` is missing in mcpz.toml".to_owned(), Some(help)));
        }
        return;
    };
    reader.known_keys(table, "[package]", &["name", "version", "edition", "authority", "description"]);
    if let Some(name) = reader.required(table, span, "name", "\"acme\"") {
        check_name(reader, &name);
        manifest.name = name;
    }
    if let Some(version) = reader.required(table, span, "version", "\"0.1.0\"") {
        check_version(reader, &version);
        manifest.version = version.value;
    }
    if let Some(edition) = reader.required(table, span, "edition", "\"2026\"")
        && edition.value != EDITION
    {
        let message = format!("edition `{}` is not known", edition.value);
        let help = Some(format!("this compiler knows edition \"{EDITION}\""));
        let fixed = e0203::bad_value(edition.span, message, help);
        reader.sink.push(fixed.fix_edit("use edition 2026", edition.span, format!("\"{EDITION}\"")));
    }
    if let Some(authority) = reader.string(table, "authority") {
        manifest.guard = authority.value == "guard";
        if !manifest.guard {
            let message = format!("authority `{}` is not known", authority.value);
            let help = "write `authority = \"guard\"` for a package that may only narrow, or leave it out".to_owned();
            reader.sink.push(e0203::bad_value(authority.span, message, Some(help)));
        }
    }
}

/// A package name is one or more identifiers (with `-` allowed inside) joined by dots.
fn check_name(reader: &mut Reader<'_>, name: &Located<String>) {
    let part_ok = |part: &str| suggest::is_identifier(&part.replace('-', "_"));
    if !name.value.split('.').all(part_ok) {
        let message = format!("`{}` cannot name a package", name.value);
        let help = "a package name is letters, digits, `_` and `-`, and starts with a letter".to_owned();
        reader.sink.push(e0203::bad_value(name.span, message, Some(help)));
    }
}

/// A version is three numbers with an optional suffix.
fn check_version(reader: &mut Reader<'_>, version: &Located<String>) {
    let core = version.value.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    let ok = numbers.len() == 3 && numbers.iter().all(|part| !part.is_empty() && part.parse::<u32>().is_ok());
    if !ok {
        let message = format!("`{}` is no version", version.value);
        reader.sink.push(e0203::bad_value(version.span, message, Some("write three numbers: \"0.1.0\"".to_owned())));
    }
}

/// `[dependencies]`.
fn read_dependencies(reader: &mut Reader<'_>, root: &DeTable<'_>, manifest: &mut Manifest) {
    let Some((table, _)) = reader.table(root, "dependencies") else { return };
    for (key, value) in table {
        let name = key.get_ref().to_string();
        let span = reader.span(key.span());
        if name == "std" || name.starts_with("std.") {
            let message = format!("`{name}` cannot be a dependency: `std` is the standard library's");
            reader.sink.push(e0203::bad_value(span, message, Some("`use std.time` needs no entry here".to_owned())));
            continue;
        }
        let Some((entry, entry_span)) = reader.as_table(value, &name) else { continue };
        reader.known_keys(entry, "a dependency", &["path", "digest"]);
        let Some(path) = reader.required(entry, entry_span, "path", "\"../base\"") else { continue };
        let digest = reader.string(entry, "digest");
        manifest.dependencies.insert(name, Dependency { path: path.value, digest, span });
    }
}

/// `[lints]`.
fn read_lints(reader: &mut Reader<'_>, root: &DeTable<'_>, manifest: &mut Manifest) {
    let Some((table, _)) = reader.table(root, "lints") else { return };
    for (key, value) in table {
        let name = key.get_ref().to_string();
        if !codes::find(&name).is_some_and(|info| info.code.starts_with('W')) {
            let lints = codes::ALL.iter().filter(|info| info.code.starts_with('W')).map(|info| info.name);
            let near = suggest::nearest(&name, lints);
            let span = reader.span(key.span());
            reader.sink.push(e0217::unknown_lint(span, &name, near.as_deref()));
            continue;
        }
        let Some(level) = reader.as_string(value, &name) else { continue };
        match Level::parse(&level.value) {
            Some(parsed) => {
                manifest.lints.insert(name, parsed);
            }
            None => {
                let message = format!("`{}` is no lint level", level.value);
                let near = suggest::nearest(&level.value, ["allow", "warn", "deny"]);
                let help = "a level is \"allow\", \"warn\" or \"deny\"".to_owned();
                let quoted = near.map(|near| format!("\"{near}\""));
                let error = e0203::bad_value(level.span, message, Some(help));
                reader.sink.push(match quoted {
                    Some(text) => error.fix_edit(format!("change to {text}"), level.span, text),
                    None => error,
                });
            }
        }
    }
}

/// `[build]`.
fn read_build(reader: &mut Reader<'_>, root: &DeTable<'_>, manifest: &mut Manifest) {
    let Some((table, _)) = reader.table(root, "build") else { return };
    reader.known_keys(table, "[build]", &["sources", "out"]);
    if let Some(sources) = reader.string(table, "sources") {
        if super::stays_inside(&sources.value) {
            manifest.sources = sources.value.trim_end_matches('/').to_owned();
        } else {
            let message = format!("`{}` is not a folder of this package", sources.value);
            reader.sink.push(e0203::bad_value(sources.span, message, Some("name a folder below mcpz.toml".to_owned())));
        }
    }
    if let Some(out) = reader.string(table, "out") {
        if super::stays_inside(&out.value) {
            manifest.out = Some(out.value);
        } else {
            let message = format!("`{}` is not a file of this package", out.value);
            let help = "name a file below mcpz.toml; `mcpz build -o FILE` writes elsewhere".to_owned();
            reader.sink.push(e0203::bad_value(out.span, message, Some(help)));
        }
    }
}
