//! A record as JSON text: one line, pure ASCII, fields in a fixed order, what is empty left out.
//!
//! Names, subjects and arguments are untrusted. They stand in JSON strings with everything outside ASCII escaped, so that
//! a log shown on a terminal cannot move its cursor or turn its text around.

use super::clock;
use super::keys::SigningKey;
use crate::record::{Arguments, ChainLink, Record};
use mcpz_runtime::decision::AuditLevel;
use mcpz_runtime::principal::LinkKind;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// So many bytes of the arguments are written out; of longer ones a digest and the length stand beside them.
pub const MAX_ARGUMENT_BYTES: usize = 64 << 10;
/// So many bytes of a target are written out, as of the arguments.
pub const MAX_TARGET_BYTES: usize = 4 << 10;

/// The text of a record without its number: `{"time":...}`.
pub fn text(record: &Record, key: &SigningKey) -> String {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        let is_empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(elements) => elements.is_empty(),
            _ => false,
        };
        if !is_empty {
            fields.insert(name.to_owned(), value);
        }
    };
    put("time", json!(clock::text(record.at_ms)));
    put("kind", json!(record.event.name()));
    put("id", json!(record.id));
    put("effect", json!(record.effect));
    put("reason", json!(record.reason));
    put("server", json!(record.server));
    put("direction", json!(record.direction));
    put("method", json!(record.method));
    put("action", json!(record.action));
    let target = record.target.as_deref().unwrap_or_default();
    put("target", json!(head(target, MAX_TARGET_BYTES)));
    if target.len() > MAX_TARGET_BYTES {
        put("target_whole", whole(target, key));
    }
    put("chain", record.chain.iter().map(link).collect());
    put("session", json!(record.session));
    put("rules", json!(record.rules));
    put("errors", record.errors.iter().map(|(rule, code)| json!({"rule": rule, "error": code})).collect());
    put("shadow", record.shadow.iter().map(|(rule, code)| json!({"rule": rule, "error": code})).collect());
    put("bundle", json!(record.bundle));
    put("arguments", arguments(&record.arguments, key));
    put("level", json!(record.level.map(level)));
    put("durable", if record.durable { json!(true) } else { Value::Null });
    put("changes", record.changes.iter().map(|change| json!({"what": change.what, "count": change.count})).collect());
    put("latency_us", json!(record.latency_us));
    put("trace_id", json!(record.trace_id));
    ascii(&Value::Object(fields).to_string())
}

fn link(link: &ChainLink) -> Value {
    let kind = match link.kind {
        LinkKind::User => "user",
        LinkKind::Agent => "agent",
    };
    json!({"kind": kind, "source": link.source, "subject": link.subject})
}

fn level(level: AuditLevel) -> &'static str {
    match level {
        AuditLevel::None => "none",
        AuditLevel::Summary => "summary",
        AuditLevel::Full => "full",
    }
}

fn arguments(arguments: &Arguments, key: &SigningKey) -> Value {
    match arguments {
        Arguments::None => Value::Null,
        Arguments::Digest(digest) => json!({"digest": key.digest(digest)}),
        Arguments::Redacted(text) if text.len() > MAX_ARGUMENT_BYTES => {
            let mut long = whole(text, key);
            long["text"] = json!(head(text, MAX_ARGUMENT_BYTES));
            long
        }
        Arguments::Redacted(text) => json!({"text": text}),
    }
}

/// What stands beside the head of a text that is too long: the digest and length of the whole.
fn whole(text: &str, key: &SigningKey) -> Value {
    let digest = super::line::link(&super::line::BEFORE_THE_FIRST, text.as_bytes());
    json!({"digest": key.digest(&digest), "bytes": text.len()})
}

/// The first bytes of a text, up to the end of a character.
fn head(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

/// JSON text with everything outside ASCII, and DEL, as escapes. In JSON such characters stand in strings alone.
pub fn ascii(json: &str) -> String {
    if json.bytes().all(|byte| byte.is_ascii() && byte != 0x7f) {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len().saturating_add(64));
    for character in json.chars() {
        if character.is_ascii() && character != '\u{7f}' {
            out.push(character);
            continue;
        }
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::writer::MAX_TEXT_BYTES;
    use super::*;
    use crate::record::Event;

    #[test]
    fn what_is_untrusted_cannot_leave_its_string() {
        let (key, _) = SigningKey::generate().unwrap();
        let nasty = "\",\"effect\":\"allow\n\u{1b}[31m\u{202e}\u{7f}\u{1f600}";
        let mut record = Record::event(Event::Decision, 0, "forbidden");
        record.effect = "deny";
        record.target = Some(nasty.to_owned());
        record.arguments = Arguments::Redacted(format!("{{\"x\":\"{nasty}\"}}"));
        let text = text(&record, &key);
        assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{text}");
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["target"], nasty);
        assert_eq!(back["effect"], "deny");
        assert!(back.get("server").is_none(), "what is empty is left out");
    }

    #[test]
    fn digests_are_keyed_and_stand_beside_long_arguments() {
        let (key, _) = SigningKey::generate().unwrap();
        let (other, _) = SigningKey::generate().unwrap();
        let digest = Arguments::Digest([1; 32]);
        assert_eq!(arguments(&digest, &key), arguments(&digest, &key));
        assert_ne!(arguments(&digest, &key), arguments(&digest, &other));
        let text = "x".repeat(MAX_ARGUMENT_BYTES - 1) + "\u{1f600}";
        let long = arguments(&Arguments::Redacted(text), &key);
        assert_eq!(long["bytes"], MAX_ARGUMENT_BYTES + 3);
        assert!(long["digest"].is_string());
        assert_eq!(long["text"], "x".repeat(MAX_ARGUMENT_BYTES - 1), "their beginning stands beside it");
    }

    #[test]
    fn whatever_a_client_sends_its_record_fits() {
        let (key, _) = SigningKey::generate().unwrap();
        let mut record = Record::event(Event::Decision, 0, "forbidden");
        record.target = Some("\u{1}".repeat(4 << 20));
        record.arguments = Arguments::Redacted("\u{1}".repeat(4 << 20));
        let long = text(&record, &key);
        assert!(long.len() < MAX_TEXT_BYTES, "{}", long.len());
        let back: Value = serde_json::from_str(&long).unwrap();
        assert_eq!(back["target"], "\u{1}".repeat(MAX_TARGET_BYTES));
        assert_eq!(back["target_whole"]["bytes"], 4 << 20);
        assert!(back["target_whole"]["digest"].is_string());
        record.target = Some("x".repeat(MAX_TARGET_BYTES));
        let back: Value = serde_json::from_str(&text(&record, &key)).unwrap();
        assert!(back.get("target_whole").is_none());
    }
}
