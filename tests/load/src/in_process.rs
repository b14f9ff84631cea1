//! Deciding alone: messages one after the other through the gateway's conversation, in this process, with nothing sent.

use crate::client::call;
use crate::policy::{CATALOG, Policy};
use bytes::Bytes;
use mcpz_gateway::control::KillSwitch;
use mcpz_gateway::policy::{Demands, Material, Store};
use mcpz_gateway::proxy::{Conversation, Limits, Peer, Shared};
use mcpz_gateway::verified::{Key, Verified};
use mcpz_gateway::wire::Side;
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use std::collections::BTreeMap;
use std::sync::Arc;

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"load","version":"1"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"notes","version":"1"}}}"#;

/// From taking up each call to its decision, in microseconds, as its record states it.
pub fn times(policy: &Policy, uid: u32, calls: usize) -> Result<Vec<u128>, String> {
    let mut conversation = conversation(policy, uid)?;
    conversation.take(Side::Client, Bytes::from_static(INITIALIZE.as_bytes()), 0);
    conversation.take(Side::Server, Bytes::from_static(INITIALIZED.as_bytes()), 0);
    let mut times = Vec::with_capacity(calls);
    for id in 1..=calls as u64 {
        let message =
            Bytes::from(call(id, "search_notes", r#"{"query":"what was said about the harbour on Tuesday"}"#));
        let step = conversation.take(Side::Client, message, 0);
        match step.records.as_slice() {
            [record] if record.effect == "allow" => times.push(record.latency_us.into()),
            other => return Err(format!("not allowed: {other:?}")),
        }
        let answer = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[]}}}}"#);
        conversation.take(Side::Server, Bytes::from(answer), 0);
    }
    Ok(times)
}

/// A local agent's exchange with the server `notes`, which is not surveyed.
fn conversation(policy: &Policy, uid: u32) -> Result<Conversation, String> {
    let catalogs = BTreeMap::from([("notes".to_owned(), CATALOG.as_bytes().to_vec())]);
    let material = Material { bundle: policy.bundle.clone(), data: BTreeMap::new(), catalogs };
    let source = Arc::new(move || Ok(material.clone()));
    let store = Store::open(source, Demands::default()).map_err(|error| format!("{error:?}"))?;
    let limits = Limits { survey: false, ..Limits::default() };
    let shared = Arc::new(Shared::new(Arc::new(store), KillSwitch::in_memory(), limits));
    let link = Link { kind: LinkKind::Agent, source: LinkSource::Local { uid: uid.into() }, claims: "{}".to_owned() };
    let principal = Principal { chain: vec![link], scopes: Vec::new() };
    let who = Verified { principal, key: Key([1; 32]), credential: [1; 32], ..Verified::anonymous() };
    Ok(Conversation::new(shared, "notes", Arc::new(who), Peer::default()))
}
