//! What the tests of the gateway as a whole share.

pub mod fixture;
pub mod peer;
pub mod pki;

pub use fixture::{CATALOG, INITIALIZE, INITIALIZED, POLICY, call, local, material};

use mcpz_gateway::control::{Entry, KillSwitch, Subject};
use mcpz_gateway::policy::{Demands, Material, Store};
use mcpz_gateway::proxy::{Action, Conversation, Limits, Peer, Shared, Step};
use mcpz_gateway::wire::Side;
use serde_json::Value;
use std::sync::{Arc, Mutex};

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
    let store = Store::open(Arc::new(move || source.lock().unwrap().clone()), Demands::default()).unwrap();
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

/// What every request of the newer protocol says of itself, in `params`.
pub const MODERN: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}"#;

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

/// A request of the newer protocol; `params` are JSON members.
pub fn modern(id: u32, method: &str, params: &str) -> String {
    let comma = if params.is_empty() { "" } else { "," };
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}{comma}{MODERN}}}}}"#)
}
