//! A policy, a catalog and a caller, for tests of the gateway as a whole and for those that stand beside the code.

use mcpz_compiler::source::{MemoryProvider, PackageInput, Workspace};
use mcpz_compiler::{BuildOptions, build, check};
use mcpz_gateway::policy::{Material, hex};
use mcpz_gateway::verified::{Key, Verified};
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The policy of most tests.
pub const POLICY: &str = include_str!("policy.mcpz");
/// What its server `notes` declares.
pub const CATALOG: &str = include_str!("notes.json");

/// A built policy with its catalog.
pub fn material(policy: &str) -> Material {
    let digest = hex(&Sha256::digest(CATALOG));
    let lock = format!(
        "version = 1\n\n[[catalog]]\nserver = \"notes\"\npath = \"catalog/notes.json\"\ndigest = \"sha256:{digest}\"\n"
    );
    let files: BTreeMap<String, Vec<u8>> = [
        ("mcpz.toml", "[package]\nname = \"example\"\nversion = \"1.0.0\"\nedition = \"2026\"\n"),
        ("mcpz.lock", &lock),
        ("policy/main.mcpz", policy),
        ("catalog/notes.json", CATALOG),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
    .collect();
    let root = PackageInput::new("", MemoryProvider::new(files));
    let standard = mcpz_stdlib::PACKAGES
        .iter()
        .map(|package| PackageInput::new(package.name, MemoryProvider::new(package.files.iter().copied())));
    let checked = check(&Workspace::gather(root, standard.collect(), &|_| None));
    let messages: Vec<&str> = checked.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    let program = checked.program.unwrap_or_else(|| panic!("{messages:?}"));
    let built = build(&program, &BuildOptions::default()).unwrap_or_else(|d| panic!("{d:?} {messages:?}"));
    let catalogs = BTreeMap::from([("notes".to_owned(), CATALOG.as_bytes().to_vec())]);
    Material { bundle: built.bytes, data: BTreeMap::new(), catalogs }
}

pub const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;
pub const INITIALIZED: &str = r#"{"jsonrpc":"2.0","id":"i","result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"notes","version":"1"}}}"#;

/// A local agent.
pub fn local(uid: i64) -> Verified {
    let link = Link { kind: LinkKind::Agent, source: LinkSource::Local { uid }, claims: "{}".to_owned() };
    let byte = u8::try_from(uid % 251).unwrap();
    Verified {
        principal: Principal { chain: vec![link], scopes: Vec::new() },
        key: Key([byte; 32]),
        credential: [byte; 32],
        ..Verified::anonymous()
    }
}

/// A call.
pub fn call(id: u32, tool: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
    )
}
