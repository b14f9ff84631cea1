//! Methods of both eras of the protocol, as far as a gateway treats them differently from one another.
//!
//! The runtime knows what the rules of a policy are about. What keeps the newer protocol going
//! (`server/discover`, subscriptions, tasks) is led back here to something that the runtime decides.

use crate::pins::Kind as Pinned;
use crate::wire::{Side, Text, Token, at, limits, str_at};
use bytes::Bytes;
use mcpz_runtime::json::Message;

/// The two eras of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// Up to 2025-11-25: `initialize`, sessions, servers ask clients.
    Sessions,
    /// From 2026-07-28 on: every request stands for itself.
    Stateless,
}

/// Versions of the first era.
pub const SESSION_VERSIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
/// The version of the second era.
pub const STATELESS_VERSION: &str = "2026-07-28";
/// Where a request of the second era says its version, below `params`.
pub const VERSION_KEY: [&str; 2] = ["_meta", "io.modelcontextprotocol/protocolVersion"];

/// Whether a version is of the second era.
pub fn is_modern_version(version: &str) -> bool {
    version == STATELESS_VERSION
}

/// The version that a request says of itself: only those of the second era do.
pub fn version_of<'a>(message: &Message<'a>) -> Option<&'a str> {
    str_at(message.document, message.params?, &VERSION_KEY)
}

/// The id of a request of the second era whose method was left out there, for texts whose `params` are not what the
/// method once asked for: that there is no such method is what its client must hear.
pub fn removed_request(bytes: &Bytes) -> Option<Token> {
    let mut text = Text::new(bytes.clone());
    let document = text.read_json(&limits(bytes.len())).ok()?;
    let root = document.root();
    let method = str_at(document, root, &["method"])?;
    let version = str_at(document, root, &["params", VERSION_KEY[0], VERSION_KEY[1]])?;
    let is_removed = is_modern_version(version) && era_of(method, Side::Client) == Some(Era::Sessions);
    at(document, root, &["id"]).filter(|_| is_removed).and_then(|id| Token::of(document, id))
}

/// The extension that tasks of the second era are.
pub const TASKS: &str = "io.modelcontextprotocol/tasks";

/// Whether a request of the second era says that its client knows tasks.
pub fn declares_tasks(message: &Message<'_>) -> bool {
    const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
    let path = ["_meta", CAPABILITIES, "extensions", TASKS];
    message.params.is_some_and(|params| at(message.document, params, &path).is_some())
}

/// What a message is treated as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treated {
    /// As the runtime knows it.
    ByRules,
    /// Keeps the protocol going, as `ping` does.
    AsProtocol,
    /// Opens a subscription to several things at once.
    Listen,
    /// About a task that was made before.
    Task,
}

/// What a method is treated as.
pub fn treated(method: &str, from: Side) -> Treated {
    match (from, method) {
        (Side::Client, "server/discover" | "tasks/list")
        | (Side::Server, "notifications/subscriptions/acknowledged") => Treated::AsProtocol,
        (Side::Client, "subscriptions/listen") => Treated::Listen,
        (Side::Client, "tasks/get" | "tasks/result" | "tasks/update" | "tasks/cancel")
        | (Side::Server, "notifications/tasks" | "notifications/tasks/status") => Treated::Task,
        _ => Treated::ByRules,
    }
}

/// The era that a method belongs to, when it belongs to one alone.
pub fn era_of(method: &str, from: Side) -> Option<Era> {
    match (from, method) {
        (
            Side::Client,
            "initialize"
            | "notifications/initialized"
            | "resources/subscribe"
            | "resources/unsubscribe"
            | "logging/setLevel"
            | "tasks/result"
            | "tasks/list"
            | "notifications/roots/list_changed",
        )
        | (
            Side::Server,
            "sampling/createMessage"
            | "elicitation/create"
            | "roots/list"
            | "notifications/tasks/status"
            | "notifications/elicitation/complete",
        ) => Some(Era::Sessions),
        (Side::Client, "server/discover" | "subscriptions/listen" | "tasks/update")
        | (Side::Server, "notifications/subscriptions/acknowledged" | "notifications/tasks") => Some(Era::Stateless),
        _ => None,
    }
}

/// What is listed, and which member of an entry names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// The member of the result that is the list.
    pub list: &'static str,
    /// The member of an entry that names it.
    pub key: &'static str,
}

/// The listing that a method asks for.
pub fn listing(method: &str) -> Option<Listing> {
    Some(match method {
        "tools/list" => Listing { list: "tools", key: "name" },
        "prompts/list" => Listing { list: "prompts", key: "name" },
        "resources/list" => Listing { list: "resources", key: "uri" },
        "resources/templates/list" => Listing { list: "resourceTemplates", key: "uriTemplate" },
        _ => return None,
    })
}

/// The kinds of definitions that a request is about: they must have been compared with their pins before it goes on.
/// Lists are compared themselves, as they come.
pub fn kinds_of(message: &Message<'_>) -> &'static [Pinned] {
    const RESOURCES: &[Pinned] = &[Pinned::Resource, Pinned::Template];
    let param = |path: &[&str]| message.params.and_then(|params| at(message.document, params, path));
    match message.method {
        "tools/call" => &[Pinned::Tool],
        "prompts/get" => &[Pinned::Prompt],
        "resources/read" | "resources/subscribe" => RESOURCES,
        "subscriptions/listen" if param(&["notifications", "resourceSubscriptions"]).is_some() => RESOURCES,
        "completion/complete" => match param(&["ref", "type"]).and_then(|of| message.document.str(of)) {
            Some("ref/prompt") => &[Pinned::Prompt],
            Some("ref/resource") => RESOURCES,
            _ => &[Pinned::Prompt, Pinned::Resource, Pinned::Template],
        },
        _ => &[],
    }
}

/// The word of an action, for records.
pub fn action(method: &str) -> Option<&'static str> {
    Some(match method {
        "tools/call" => "call",
        "resources/read" => "read",
        "resources/subscribe" | "resources/unsubscribe" | "subscriptions/listen" => "subscribe",
        "prompts/get" => "get",
        "completion/complete" => "complete",
        "sampling/createMessage" => "sample",
        "elicitation/create" => "elicit",
        "roots/list" => "roots",
        _ => return None,
    })
}

/// Whether the method is one that the protocol has, in either direction and era: only then it is written
/// into records.
pub fn is_known(method: &str) -> bool {
    const OTHERS: [&str; 24] = [
        "initialize",
        "ping",
        "logging/setLevel",
        "server/discover",
        "tasks/get",
        "tasks/result",
        "tasks/update",
        "tasks/cancel",
        "tasks/list",
        "notifications/initialized",
        "notifications/cancelled",
        "notifications/progress",
        "notifications/message",
        "notifications/roots/list_changed",
        "notifications/tools/list_changed",
        "notifications/resources/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/updated",
        "notifications/elicitation/complete",
        "notifications/tasks",
        "notifications/tasks/status",
        "notifications/subscriptions/acknowledged",
        "subscriptions/listen",
        "resources/unsubscribe",
    ];
    action(method).is_some() || listing(method).is_some() || OTHERS.contains(&method)
}

/// The value that `Mcp-Name` must equal, for the methods that have one.
pub fn mirrored_name<'a>(message: &Message<'a>) -> Option<&'a str> {
    match message.method {
        "tools/call" | "prompts/get" => message.name,
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => message.uri,
        "tasks/get" | "tasks/update" | "tasks/cancel" => task_id(message),
        _ => None,
    }
}

/// `params.taskId`.
pub fn task_id<'a>(message: &Message<'a>) -> Option<&'a str> {
    str_at(message.document, message.params?, &["taskId"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_need_the_kinds_that_they_are_about() {
        let resources = [Pinned::Resource, Pinned::Template];
        for (method, params, kinds) in [
            ("tools/call", r#"{"name":"x"}"#, &[Pinned::Tool][..]),
            ("prompts/get", r#"{"name":"x"}"#, &[Pinned::Prompt]),
            ("resources/read", r#"{"uri":"x:y"}"#, &resources),
            ("resources/subscribe", r#"{"uri":"x:y"}"#, &resources),
            ("completion/complete", r#"{"ref":{"type":"ref/prompt","name":"x"}}"#, &[Pinned::Prompt]),
            ("completion/complete", r#"{"ref":{"type":"ref/resource","uri":"x:y"}}"#, &resources),
            ("completion/complete", r#"{"ref":{}}"#, &[Pinned::Prompt, Pinned::Resource, Pinned::Template]),
            ("subscriptions/listen", r#"{"notifications":{"resourceSubscriptions":["x:y"]}}"#, &resources),
            ("subscriptions/listen", r#"{"notifications":{"toolsListChanged":true}}"#, &[]),
            ("tools/list", "{}", &[]),
            ("ping", "{}", &[]),
        ] {
            let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
            let mut text = Text::new(Bytes::from(text));
            let message = text.read(&limits(1000)).unwrap();
            assert_eq!(kinds_of(&message), kinds, "{method} {params}");
        }
    }
}
