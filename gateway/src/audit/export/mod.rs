//! Records in the formats of other systems.
//!
//! Each format is a function from an [`Entry`] to one line. Names and subjects in records are untrusted, so that each
//! format escapes exactly as its document says: [`cef`] the Common Event Format, [`syslog`] RFC 5424; [`ocsf`] and
//! [`ecs`] are JSON. Checkpoints and the like keep the log and are exported by `jsonl` alone.

pub mod cef;
pub mod ecs;
pub mod ocsf;
pub mod syslog;

use super::body::ascii;
use super::entry::Entry;
use serde_json::json;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The records as they are, each with its hash, bookkeeping included.
    Jsonl,
    /// Open Cybersecurity Schema Framework: API Activity.
    Ocsf,
    /// Elastic Common Schema.
    Ecs,
    /// Common Event Format.
    Cef,
    /// Syslog, RFC 5424.
    Rfc5424,
}

/// Who exports: what syslog lines name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The host.
    pub host: String,
}

/// One line without its line feed; `None` when the format has no place for the record.
pub fn line(format: Format, entry: &Entry, origin: &Origin) -> Option<String> {
    if format == Format::Jsonl {
        return Some(ascii(&json!({"hash": entry.hash, "record": entry.record}).to_string()));
    }
    if entry.is_bookkeeping() {
        return None;
    }
    Some(match format {
        Format::Jsonl | Format::Ocsf => ascii(&ocsf::event(entry).to_string()),
        Format::Ecs => ascii(&ecs::event(entry).to_string()),
        Format::Cef => cef::line(entry),
        Format::Rfc5424 => syslog::line(entry, origin),
    })
}

/// How much a record should worry somebody, in the words that the formats share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// As it should be.
    Informational,
    /// Denied or challenged, as the policy says.
    Low,
    /// Refused before any rule: a forged or expired credential, a message that is none.
    Medium,
    /// A tool under quarantine, something cut off, records lost.
    High,
}

/// The severity of a record.
pub fn severity(entry: &Entry) -> Severity {
    match (entry.text("kind"), entry.text("effect")) {
        ("quarantine" | "cut" | "gap" | "control" | "reload_refused", _) => Severity::High,
        ("credential", _) => Severity::Medium,
        (_, "deny") if entry.text("reason").starts_with("input_") => Severity::Medium,
        (_, "deny" | "challenge") => Severity::Low,
        _ => Severity::Informational,
    }
}

/// `call payments.refund`, or what kind of record it is.
pub fn title(entry: &Entry) -> String {
    let action = [entry.text("action"), entry.text("method"), entry.text("kind")];
    let action = action.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    match (entry.text("server"), entry.text("target")) {
        ("", _) => action.to_owned(),
        (server, "") => format!("{action} {server}"),
        (server, target) => format!("{action} {server}.{target}"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::Value;

    pub(crate) fn denial() -> Entry {
        let record = json!({
            "seq": 7, "time": "2026-03-02T10:00:00.123Z", "kind": "decision", "id": "d-1", "effect": "deny",
            "reason": "forbidden", "server": "payments", "direction": "to_server", "method": "tools/call",
            "action": "call", "target": "re|fu=nd\\x\"]\n\u{202e}",
            "chain": [
                {"kind": "agent", "source": "issuer:corp", "subject": "agent:copilot:1"},
                {"kind": "user", "source": "issuer:corp", "subject": "user:ann"},
            ],
            "rules": ["PAY-1", "PAY-2"], "bundle": "ab", "latency_us": 12, "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        });
        Entry { hash: "00".repeat(32), record }
    }

    pub(crate) fn reload() -> Entry {
        Entry { hash: "00".repeat(32), record: json!({"seq": 9, "kind": "reload", "reason": "loaded", "bundle": "ab"}) }
    }

    pub(crate) fn checkpoint() -> Entry {
        Entry { hash: "00".repeat(32), record: json!({"seq": 8, "kind": "checkpoint"}) }
    }

    pub(crate) fn origin() -> Origin {
        Origin { host: "gate-1".to_owned() }
    }

    #[test]
    fn every_format_gives_one_line_that_cannot_be_broken() {
        for format in [Format::Jsonl, Format::Ocsf, Format::Ecs, Format::Cef, Format::Rfc5424] {
            let line = line(format, &denial(), &origin()).unwrap();
            assert!(!line.contains(['\n', '\r', '\u{1b}']), "{format:?}: {line}");
        }
    }

    #[test]
    fn bookkeeping_is_exported_as_it_is_or_not_at_all() {
        assert!(line(Format::Jsonl, &checkpoint(), &origin()).is_some());
        for format in [Format::Ocsf, Format::Ecs, Format::Cef, Format::Rfc5424] {
            assert_eq!(line(format, &checkpoint(), &origin()), None);
        }
    }

    #[test]
    fn json_formats_are_json() {
        for format in [Format::Jsonl, Format::Ocsf, Format::Ecs] {
            let line = line(format, &denial(), &origin()).unwrap();
            assert!(line.is_ascii());
            serde_json::from_str::<Value>(&line).unwrap();
        }
    }
}
