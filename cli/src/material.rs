//! What an enforcement point starts from: a bundle and the catalogs it was built with.

use crate::escape;
use crate::package::{self, Loaded};
use crate::pipeline;
use mcpz_compiler::BuildOptions;
use mcpz_compiler::diagnostics::Severity;
use mcpz_gateway::policy::{Material, hex};
use mcpz_lsp::below::read_below;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How deep below a package its catalogs may stand.
const MAX_DEPTH: usize = 4;
/// The longest file that is looked at.
const MAX_CATALOG: u64 = 64 << 20;

/// Compiles the package in a folder, with its catalogs; why not, in one line, when it does not compile.
pub fn of_package(folder: &Path) -> Result<Material, String> {
    let loaded = package::load(folder).map_err(|failure| failure.to_string())?;
    let mut checked = pipeline::check(&loaded);
    let Some(build) = pipeline::build(&mut checked, &BuildOptions::default()) else {
        let error = checked.diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
        let said =
            error.map_or_else(String::new, |error| format!(" {}: {}", error.code, escape::inline(&error.message)));
        return Err(format!("the package does not compile:{said}; `mcpz check` says more"));
    };
    let wanted: BTreeMap<&str, &str> = checked
        .program
        .iter()
        .flat_map(|program| &program.servers)
        .map(|server| (server.catalog_digest.as_str(), server.name.as_str()))
        .filter(|(digest, _)| !digest.is_empty())
        .collect();
    let servers = checked.program.iter().flat_map(|program| &program.servers);
    let found = files_by_digest(&loaded, &wanted);
    let catalogs = servers
        .filter_map(|server| Some((server.name.to_string(), found.get(server.catalog_digest.as_str())?.clone())));
    Ok(Material { catalogs: catalogs.collect(), bundle: build.bytes, data: BTreeMap::new() })
}

/// Files of a package and its dependencies, by digest: a catalog is known by its digest alone.
fn files_by_digest(loaded: &Loaded, wanted: &BTreeMap<&str, &str>) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let roots = loaded.folders_on_disk().into_iter().chain([loaded.root.clone()]);
    let mut folders: Vec<(PathBuf, PathBuf, usize)> = roots.map(|root| (root.clone(), root, 0)).collect();
    while let Some((root, folder, depth)) = folders.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in entries {
            let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
            let is_json = path.extension().is_some_and(|extension| extension == "json");
            if kind.is_dir() && depth < MAX_DEPTH {
                folders.push((root.clone(), path, depth + 1));
            } else if is_json && let Ok(bytes) = read_below(&root, &path, MAX_CATALOG) {
                let digest = hex(&Sha256::digest(&bytes));
                if wanted.contains_key(digest.as_str()) {
                    found.insert(digest, bytes);
                }
            }
        }
    }
    found
}
