//! The direction of dependencies (ARCHITECTURE, invariants 1, 4, 5 and 9), from `cargo metadata`.

use super::Finding;
use crate::root;
use crate::steps::{Failed, output};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Which workspace crates each crate may depend on (normal and build dependencies; tests may use more).
/// A crate that is not here may use all.
const MAY_USE: [(&str, &[&str]); 8] = [
    ("mcpz-syntax", &[]),
    ("mcpz-bytecode", &[]),
    ("mcpz-stdlib", &[]),
    ("mcpz-compiler", &["mcpz-syntax", "mcpz-bytecode"]),
    ("mcpz-ide", &["mcpz-syntax", "mcpz-compiler"]),
    ("mcpz-lsp", &["mcpz-syntax", "mcpz-compiler", "mcpz-ide", "mcpz-stdlib"]),
    ("mcpz-runtime", &["mcpz-bytecode"]),
    ("mcpz-capi", &["mcpz-runtime", "mcpz-bytecode"]),
];

/// The one crate with lints of its own, because a C boundary cannot be written without unsafe code.
const UNSAFE_CRATE: &str = "mcpz-capi";
/// What those lints must ask at least.
const UNSAFE_LINTS: [&str; 4] = [
    "unsafe_op_in_unsafe_fn = \"deny\"",
    "undocumented_unsafe_blocks = \"deny\"",
    "multiple_unsafe_ops_per_block = \"deny\"",
    "allow_attributes = \"warn\"",
];

/// Crates that only these parts may name.
const ONLY_IN: [(&str, &[&str]); 6] = [
    ("ariadne", &["mcpz"]),
    ("tokio", &["mcpz", "mcpz-gateway", "mcpz-lsp", "xtask"]),
    ("rmcp", &["mcpz", "mcpz-gateway", "xtask"]),
    ("petgraph", &["mcpz-compiler"]),
    ("lsp-types", &["mcpz-lsp"]),
    ("tower-lsp-server", &["mcpz-lsp"]),
];

/// Crates that listen on a port or fetch over the network: no default feature may bring one in.
const LISTENERS: [&str; 6] = ["hyper", "axum", "reqwest", "tiny_http", "actix-web", "warp"];

/// Checks every crate of the workspace.
pub fn check() -> Result<Vec<Finding>, Failed> {
    let arguments = ["metadata", "--format-version=1", "--offline", "--no-deps"];
    let text = match output(Command::new(root::cargo()).args(arguments).current_dir(root::root())) {
        Ok(text) => text,
        Err(_) => output(
            Command::new(root::cargo()).args(["metadata", "--format-version=1", "--no-deps"]).current_dir(root::root()),
        )?,
    };
    let metadata: Value = serde_json::from_str(&text)?;
    let crates = dependencies_by_crate(&metadata);
    let mut findings = Vec::new();
    for (name, uses) in &crates {
        check_direction(name, uses, &crates, &mut findings);
        check_only_in(name, uses, &mut findings);
    }
    check_lints(&metadata, &mut findings);
    Ok(findings)
}

/// Normal and build dependencies by crate.
fn dependencies_by_crate(metadata: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut crates = BTreeMap::new();
    for package in packages {
        let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
        let names = dependencies
            .iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
            .collect();
        crates.insert(package["name"].as_str().unwrap_or_default().to_owned(), names);
    }
    crates
}

fn check_direction(
    name: &str,
    uses: &BTreeSet<String>,
    crates: &BTreeMap<String, BTreeSet<String>>,
    findings: &mut Vec<Finding>,
) {
    let Some((_, allowed)) = MAY_USE.iter().find(|(crate_name, _)| *crate_name == name) else {
        return;
    };
    for used in uses.iter().filter(|used| crates.contains_key(*used)) {
        if !allowed.contains(&used.as_str()) {
            findings.push(Finding {
                place: name.to_owned(),
                what: format!("depends on `{used}`: docs/ARCHITECTURE.md forbids that direction"),
            });
        }
    }
}

fn check_only_in(name: &str, uses: &BTreeSet<String>, findings: &mut Vec<Finding>) {
    for (used, parts) in ONLY_IN {
        if uses.contains(used) && !parts.contains(&name) {
            findings.push(Finding { place: name.to_owned(), what: format!("uses `{used}`, which only {parts:?} may") });
        }
    }
    for used in LISTENERS.iter().filter(|used| uses.contains(**used)) {
        if name != "mcpz-gateway" {
            findings
                .push(Finding { place: name.to_owned(), what: format!("uses `{used}`: only the gateway opens ports") });
        }
    }
}

/// Every crate but one takes the workspace's lints, where unsafe code is forbidden.
fn check_lints(metadata: &Value, findings: &mut Vec<Finding>) {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let text = std::fs::read_to_string(package["manifest_path"].as_str().unwrap_or_default()).unwrap_or_default();
        for what in missing_lints(name, &text) {
            findings.push(Finding { place: name.to_owned(), what });
        }
    }
}

/// What a manifest lacks.
fn missing_lints(name: &str, manifest: &str) -> Vec<String> {
    if name == UNSAFE_CRATE {
        let missing = UNSAFE_LINTS.iter().filter(|lint| !manifest.contains(**lint));
        return missing.map(|lint| format!("may hold unsafe code only with `{lint}`")).collect();
    }
    let takes = manifest.contains("[lints]\nworkspace = true");
    if takes { Vec::new() } else { vec!["does not take the workspace's lints".to_owned()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_that_uses_the_compiler_is_found() {
        let crates: BTreeMap<String, BTreeSet<String>> = [
            ("mcpz-runtime".to_owned(), BTreeSet::from(["mcpz-compiler".to_owned(), "petgraph".to_owned()])),
            ("mcpz-compiler".to_owned(), BTreeSet::new()),
        ]
        .into();
        let mut findings = Vec::new();
        check_direction("mcpz-runtime", &crates["mcpz-runtime"], &crates, &mut findings);
        check_only_in("mcpz-runtime", &crates["mcpz-runtime"], &mut findings);
        assert_eq!(findings.len(), 2, "{findings:?}");
    }

    #[test]
    fn unsafe_code_has_one_place_and_reasons_there() {
        assert!(missing_lints("mcpz-runtime", "[lints]\nworkspace = true\n").is_empty());
        assert_eq!(missing_lints("mcpz-runtime", "[lints.rust]\nunsafe_code = \"allow\"\n").len(), 1);
        assert!(missing_lints("mcpz-capi", &UNSAFE_LINTS.join("\n")).is_empty());
        assert_eq!(missing_lints("mcpz-capi", "[lints]\nworkspace = true\n").len(), UNSAFE_LINTS.len());
    }
}
