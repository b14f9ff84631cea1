//! A policy, a catalog and credentials that the tests share.

pub mod peer;
pub mod pki;

use mcpz_compiler::source::{MemoryProvider, PackageInput, Workspace};
use mcpz_compiler::{BuildOptions, build, check};
use mcpz_gateway::control::{Entry, KillSwitch, Subject};
use mcpz_gateway::policy::{Material, Store, hex};
use mcpz_gateway::proxy::{Action, Conversation, Limits, Peer, Shared, Step};
use mcpz_gateway::verified::{Key, Verified};
use mcpz_gateway::wire::Side;
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

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

/// A policy that tests replace, and what conversations share.
pub struct Bench {
    pub shared: Arc<Shared>,
    pub kill: KillSwitch,
    pub material: Arc<Mutex<Result<Material, String>>>,
}

pub fn bench(policy: &str) -> Bench {
    bench_with(policy, Limits { survey: false, ..Limits::default() })
}

pub fn bench_with(policy: &str, limits: Limits) -> Bench {
    let material = Arc::new(Mutex::new(Ok(material(policy))));
    let source = material.clone();
    let store = Store::open(Arc::new(move || source.lock().unwrap().clone()), Vec::new()).unwrap();
    let kill = KillSwitch::in_memory();
    let shared = Arc::new(Shared::new(Arc::new(store), kill.clone(), limits));
    Bench { shared, kill, material }
}

impl Bench {
    /// A conversation of a local agent.
    pub fn conversation(&self, uid: i64) -> Conversation {
        Conversation::new(self.shared.clone(), "notes", Arc::new(local(uid)), Peer::default())
    }

    fn isolate(&self, subject: Subject) {
        let entry = Entry { subject, since_ms: 0, until_ms: None, reason: "a test".to_owned(), by_uid: 0 };
        self.kill.isolate(entry, 0).unwrap();
    }

    pub fn isolate_server(&self) {
        self.isolate(Subject::Server("notes".to_owned()));
    }

    pub fn isolate_tool(&self, tool: &str) {
        self.isolate(Subject::Tool("notes".to_owned(), tool.to_owned()));
    }

    /// A conversation past its handshake.
    pub fn greeted(&self, uid: i64) -> Conversation {
        let mut conversation = self.conversation(uid);
        take(&mut conversation, Side::Client, INITIALIZE);
        take(&mut conversation, Side::Server, INITIALIZED);
        conversation
    }
}

pub const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;
pub const INITIALIZED: &str = r#"{"jsonrpc":"2.0","id":"i","result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"notes","version":"1"}}}"#;

/// What every request of the newer protocol says of itself, in `params`.
pub const MODERN: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}"#;

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

/// Gives a message in.
pub fn take(conversation: &mut Conversation, from: Side, text: &str) -> Step {
    conversation.take(from, bytes::Bytes::copy_from_slice(text.as_bytes()), 1_000)
}

/// What was sent to a side.
pub fn sent(step: &Step, side: Side) -> Vec<String> {
    step.then
        .iter()
        .filter_map(|action| match action {
            Action::Send { to, message, .. } if *to == side => Some(String::from_utf8(message.to_vec()).unwrap()),
            _ => None,
        })
        .collect()
}

/// The one thing sent to a side, as JSON.
pub fn only(step: &Step, side: Side) -> Value {
    let sent = sent(step, side);
    assert_eq!(sent.len(), 1, "{step:?}");
    serde_json::from_str(&sent[0]).unwrap()
}

/// The reasons of all records.
pub fn reasons(step: &Step) -> Vec<&str> {
    step.records.iter().map(|record| record.reason.as_str()).collect()
}

/// A call.
pub fn call(id: u32, tool: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
    )
}

/// A request of the newer protocol; `params` are JSON members.
pub fn modern(id: u32, method: &str, params: &str) -> String {
    let comma = if params.is_empty() { "" } else { "," };
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}{comma}{MODERN}}}}}"#)
}
