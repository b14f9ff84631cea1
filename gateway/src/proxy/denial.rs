//! How a denial is shown to whoever asked.
//!
//! `hide`: as if the target did not exist, in the server's own words. `explain`: a result or an error with a
//! stable reason, the decision's id and what the rule says of itself. `step_up`: what the credential lacks,
//! all of it at once. Text that a caller or a server sent is never repeated, but in `hide`, where the server
//! itself repeats the name.

use super::came::Form;
use super::judge::Judged;
use super::methods;
use super::survey::{Learned, Missing};
use crate::wire::codes::{
    DENIED, INVALID_PARAMS, INVALID_REQUEST, NO_CAPABILITY, NO_METHOD, NO_RESOURCE, UNSUPPORTED_VERSION,
};
use crate::wire::{Side, Token, quoted};
use bytes::Bytes;
use mcpz_bytecode::image::BundleImage;
use mcpz_runtime::decision::{DenyMode, Reason, Unmet};
use mcpz_runtime::json::{Message, MessageKind};
use serde_json::{Value, json};
use std::sync::Arc;

/// How transports that have a status of their own show a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Shown {
    /// As any other message.
    #[default]
    Plain,
    /// In the form that the server's own answer has.
    AsServer(Form),
    /// The message could not be accepted: 400.
    BadRequest,
    /// The credential lacks scopes: 403 with `insufficient_scope`, all of them named.
    Scopes(Vec<String>),
    /// The user must prove presence again: 401 with `insufficient_user_authentication`.
    Presence {
        /// Not older than this, in seconds.
        max_age_s: Option<i64>,
    },
}

/// An error answer.
pub fn error(id: Option<&Token>, code: i64, message: &str, data: Option<Value>) -> Bytes {
    let id = id.map_or_else(|| "null".to_owned(), Token::json);
    let data = data.map(|data| format!(r#","data":{data}"#)).unwrap_or_default();
    let text =
        format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{}{data}}}}}"#, quoted(message));
    Bytes::from(text)
}

/// The answer to a text that is no message, or one that is refused before any decision.
pub fn unreadable(id: Option<&Token>, reason: &str, decision: &str) -> Bytes {
    let message = format!("refused: {reason}");
    error(id, INVALID_REQUEST, &message, Some(json!({"reason": reason, "decision": decision})))
}

/// The answer to a request whose version is not spoken here; clients choose another by it. Only requests of the newer
/// protocol say a version, so only its versions are named: what had sessions is agreed on by `initialize`. What was asked
/// for is repeated, as the protocol wants it, when it looks like a version.
pub fn unsupported_version(id: &Token, requested: Option<&str>) -> Bytes {
    let mut data = json!({ "supported": [methods::STATELESS_VERSION] });
    let is_plain =
        |text: &&str| text.len() <= 32 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    if let Some(requested) = requested.filter(is_plain) {
        data["requested"] = Value::from(requested);
    }
    error(Some(id), UNSUPPORTED_VERSION, "Unsupported protocol version", Some(data))
}

/// The answer to a request whose method the protocol of its version does not have.
pub fn no_method(id: &Token) -> Bytes {
    error(Some(id), NO_METHOD, "Method not found", None)
}

/// The answer to a request that was denied.
pub fn answer(
    judged: &Judged,
    message: &Message<'_>,
    id: &Token,
    from: Side,
    image: &BundleImage,
    learned: impl Fn(Missing) -> Option<Arc<Learned>>,
) -> (Bytes, Shown) {
    if from == Side::Server {
        // Whoever asks is a server: it learns that it may not, and why in one stable word.
        return (error(Some(id), -1, &format!("denied by policy: {}", judged.reason()), None), Shown::Plain);
    }
    match judged.decision.show {
        DenyMode::Hide => match missing_of(judged, message).and_then(|(what, name)| Some((learned(what)?, name))) {
            Some((learned, name)) => (learned.answer(id, name), Shown::AsServer(learned.form())),
            None => (hidden(judged, message, id), Shown::Plain),
        },
        DenyMode::Explain | DenyMode::StepUp => {
            let body = explained(judged, message, id, image);
            let scopes = missing_scopes(&judged.decision.unmet);
            // What another credential would meet is asked for by the transport, too.
            let presence = judged.decision.unmet.iter().find_map(|unmet| match unmet {
                Unmet::Mfa { fresh_ms, .. } => Some(fresh_ms.map(|ms| ms / 1000)),
                _ => None,
            });
            match (scopes.is_empty(), presence) {
                (false, _) => (body, Shown::Scopes(scopes)),
                (true, Some(max_age_s)) => (body, Shown::Presence { max_age_s }),
                (true, None) => (body, Shown::Plain),
            }
        }
    }
}

/// Every scope that is missing, in the order of the rules.
fn missing_scopes(unmet: &[Unmet]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for unmet in unmet {
        if let Unmet::Scope { scopes, .. } = unmet {
            all.extend(scopes.iter().filter(|scope| !all.contains(scope)).cloned().collect::<Vec<_>>());
        }
    }
    all
}

/// What is hidden, and by what name it was asked for, where the server's own words can be learned.
fn missing_of<'a>(judged: &Judged, message: &Message<'a>) -> Option<(Missing, &'a str)> {
    let what = match message.method {
        _ if matches!(judged.decision.reason, Reason::Input(_)) => return None,
        "tools/call" => Missing::Tool,
        "prompts/get" => Missing::Prompt,
        "resources/read" => Missing::Resource,
        _ => return None,
    };
    Some((what, if what == Missing::Resource { message.uri? } else { message.name? }))
}

/// As if what is asked for did not exist, in words that servers use.
fn hidden(judged: &Judged, message: &Message<'_>, id: &Token) -> Bytes {
    let name = message.name.unwrap_or_default();
    let is_modern = methods::version_of(message).is_some_and(methods::is_modern_version);
    match (judged.decision.reason, message.method) {
        (Reason::Input(_), _) => unreadable(Some(id), judged.reason(), &judged.id),
        (Reason::UnknownMethod, _) => error(Some(id), NO_METHOD, "Method not found", None),
        (_, "tools/call") => error(Some(id), INVALID_PARAMS, &format!("Unknown tool: {name}"), None),
        (_, "prompts/get") => error(Some(id), INVALID_PARAMS, &format!("Prompt {name} not found"), None),
        (_, "resources/read" | "resources/subscribe" | "resources/unsubscribe") => {
            let uri = message.uri.unwrap_or_default();
            let code = if is_modern { INVALID_PARAMS } else { NO_RESOURCE };
            error(Some(id), code, "Resource not found", Some(json!({ "uri": uri })))
        }
        (_, "tasks/get" | "tasks/update" | "tasks/cancel") if is_modern && !methods::declares_tasks(message) => {
            let required = json!({ "requiredCapabilities": { "extensions": { methods::TASKS: {} } } });
            error(Some(id), NO_CAPABILITY, "Missing required client capability", Some(required))
        }
        (_, "tasks/get" | "tasks/result" | "tasks/update" | "tasks/cancel") => {
            error(Some(id), INVALID_PARAMS, "Task not found", None)
        }
        (_, "completion/complete" | "subscriptions/listen") => error(Some(id), INVALID_PARAMS, "Not found", None),
        _ => unreadable(Some(id), judged.reason(), &judged.id),
    }
}

/// With its reason.
fn explained(judged: &Judged, message: &Message<'_>, id: &Token, image: &BundleImage) -> Bytes {
    let text = sentence(judged, image);
    let rule = judged.decision.determining.and_then(|rule| image.rule(rule));
    let mut data = json!({"reason": judged.reason(), "decision": judged.id});
    if let Some(rule) = rule {
        data["rule"] = Value::from(rule.id());
    }
    if let Some(retry) = judged.decision.retry_after_ms {
        data["retryAfterMs"] = Value::from(retry);
    }
    if message.kind == MessageKind::Request && message.method == "tools/call" {
        let result = json!({
            "content": [{"type": "text", "text": text}],
            "isError": true,
            "resultType": "complete",
            "_meta": {"mcpz/denial": data},
        });
        return Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, id.json()));
    }
    error(Some(id), DENIED, &text, Some(data))
}

/// What a person or a model reads: the reason, what is missing, what the rule says, the decision's id.
fn sentence(judged: &Judged, image: &BundleImage) -> String {
    let decision = &judged.decision;
    let mut text = format!("Denied by policy ({}).", judged.reason());
    for unmet in &decision.unmet {
        text.push(' ');
        text.push_str(&missing(unmet));
    }
    let rule = decision.determining.and_then(|rule| image.rule(rule));
    if let Some(said) = rule.and_then(|rule| rule.message()) {
        text.push_str(&format!(" {said}."));
    }
    if let Some(retry) = decision.retry_after_ms {
        text.push_str(&format!(" There is room again in {} s.", retry.saturating_add(999) / 1000));
    }
    text.push_str(&format!(" Decision {}.", judged.id));
    text
}

/// What must be met first, in words of the policy alone.
fn missing(unmet: &Unmet) -> String {
    let within = |ms: &Option<i64>| ms.map_or_else(String::new, |ms| format!(" within {} s", ms / 1000));
    match unmet {
        Unmet::Grant { grant } => format!("It needs the grant `{grant}`."),
        Unmet::Approval { count, approvers, expires_ms, .. } => {
            format!("It needs the approval of {count} of: {}{}.", approvers.join(", "), within(expires_ms))
        }
        Unmet::Mfa { fresh_ms, .. } => format!("It needs a second factor{}.", within(fresh_ms)),
        Unmet::Scope { scopes, .. } => format!("It needs the scopes: {}.", scopes.join(" ")),
    }
}
