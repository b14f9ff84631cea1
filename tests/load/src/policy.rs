//! Two policies that differ, the bundles of both, and what the reference interpreter says of a call.

use mcpz_compiler::hir::Program;
use mcpz_compiler::source::{MemoryProvider, PackageInput, Workspace};
use mcpz_compiler::{BuildOptions, build, check};
use mcpz_oracle::{Question, decide};
use mcpz_runtime::decision::Effect;
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use mcpz_runtime::request::{ContextFacts, Direction, Facts, Request};
use mcpz_runtime::state::TableState;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What the server declares.
pub const CATALOG: &str = include_str!("../../wire/package/catalog/notes.json");
const POLICY: &str = include_str!("../package/main.mcpz");

/// A policy, compiled.
pub struct Policy {
    /// Its bundle.
    pub bundle: Vec<u8>,
    /// The bundle's digest.
    pub digest: String,
    program: Program,
}

/// The policy in which notes are written into this folder; `audience` is whom tokens are for.
pub fn compile(folder: &str, audience: &str, uid: u32) -> Result<Policy, String> {
    compile_text(POLICY, folder, audience, uid)
}

/// The same without a rule that asks for an audit log.
pub fn compile_unaudited(folder: &str, audience: &str, uid: u32) -> Result<Policy, String> {
    compile_text(&POLICY.replace("audit full", "audit none"), folder, audience, uid)
}

fn compile_text(text: &str, folder: &str, audience: &str, uid: u32) -> Result<Policy, String> {
    let policy = text.replace("FOLDER", folder).replace("AUDIENCE", audience).replace("UID", &uid.to_string());
    let lock = format!(
        "version = 1\n\n[[catalog]]\nserver = \"notes\"\npath = \"catalog/notes.json\"\ndigest = \"sha256:{}\"\n",
        hex(&Sha256::digest(CATALOG))
    );
    let manifest = "[package]\nname = \"load\"\nversion = \"1.0.0\"\nedition = \"2026\"\n";
    let files: BTreeMap<String, Vec<u8>> =
        [("mcpz.toml", manifest), ("mcpz.lock", &lock), ("policy/main.mcpz", &policy), ("catalog/notes.json", CATALOG)]
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
            .collect();
    let root = PackageInput::new("", MemoryProvider::new(files));
    let packages = mcpz_stdlib::PACKAGES.iter();
    let standard = packages
        .map(|package| PackageInput::new(package.name, MemoryProvider::new(package.files.iter().copied())))
        .collect();
    let checked = check(&Workspace::gather(root, standard, &|_| None));
    let said: Vec<String> = checked.diagnostics.iter().map(|found| found.message.clone()).collect();
    let program = checked.program.ok_or(format!("the policy does not compile: {said:?}"))?;
    let built = build(&program, &BuildOptions::default()).map_err(|found| format!("{found:?}"))?;
    let loaded = mcpz_bytecode::Program::load(&built.bytes).map_err(|error| error.to_string())?;
    Ok(Policy { bundle: built.bytes, digest: hex(&loaded.digest()), program })
}

impl Policy {
    /// Whether the reference interpreter allows a call of the agent `load`.
    pub fn allows(&self, call: &str) -> bool {
        let claims = r#"{"iss":"https://id.acme.example","sub":"agent:load"}"#.to_owned();
        let link = Link { kind: LinkKind::Agent, source: LinkSource::Issuer("corp".to_owned()), claims };
        let principal = Principal { chain: vec![link], scopes: Vec::new() };
        let facts = Facts { now_ms: 1_772_445_600_000, context: ContextFacts::Nothing, network_source: None };
        let request = Request { message: call.as_bytes(), server: "notes", direction: Direction::ToServer, facts };
        let question = Question {
            program: &self.program,
            digest: [0; 32],
            data: &[],
            principal: &principal,
            request: &request,
            state: &TableState::default(),
        };
        decide(&question).effect == Effect::Allow
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
