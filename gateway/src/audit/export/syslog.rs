//! Syslog messages by RFC 5424.
//!
//!     <PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID [mcpz@32473 name="value" ...] BOM text
//!
//! In a parameter's value `"`, `\` and `]` are written with a backslash before them, and nothing else is. 32473 is the
//! enterprise number that RFC 5612 keeps for documents: no other is registered for mcpz.

use super::cef::is_disruptive;
use super::{Origin, Severity, severity, title};
use crate::audit::entry::Entry;
use std::fmt::Write;

/// Facility "log audit".
const FACILITY: u32 = 13;
/// The name of the structured data.
const SD_ID: &str = "mcpz@32473";

/// The message.
pub fn line(entry: &Entry, origin: &Origin) -> String {
    let level = match severity(entry) {
        Severity::Informational => 6,
        Severity::Low => 5,
        Severity::Medium => 4,
        Severity::High => 2,
    };
    let time = if entry.text("time").is_empty() { "-".to_owned() } else { word(entry.text("time"), 32) };
    let (host, id) = (word(&origin.host, 255), word(entry.text("kind"), 32));
    let mut line = format!("<{}>1 {time} {host} mcpz-gateway - {id} [{SD_ID}", FACILITY * 8 + level);
    let mut parameter = |name: &str, text: &str| {
        if !text.is_empty() {
            let _ = write!(line, " {name}=\"{}\"", value(text));
        }
    };
    parameter("seq", &entry.number("seq").map(|seq| seq.to_string()).unwrap_or_default());
    parameter("hash", &entry.hash);
    for name in ["id", "effect", "reason", "server", "direction", "method", "action", "target", "session"] {
        parameter(name, entry.text(name));
    }
    for (kind, source, subject) in entry.chain() {
        parameter(kind, subject);
        parameter(&format!("{kind}Source"), source);
    }
    parameter("rules", &entry.texts("rules").join(" "));
    parameter("bundle", entry.text("bundle"));
    parameter("latencyUs", &entry.number("latency_us").map(|us| us.to_string()).unwrap_or_default());
    parameter("traceId", entry.text("trace_id"));
    let message: String = title(entry).chars().map(visible).collect();
    let _ = write!(line, "] \u{feff}{} {message}", entry.text("effect"));
    line
}

/// A field of the head: visible ASCII, bounded; `-` when there is none.
fn word(text: &str, most: usize) -> String {
    let text: String = text.chars().filter(char::is_ascii_graphic).take(most).collect();
    if text.is_empty() { "-".to_owned() } else { text }
}

/// A parameter's value.
fn value(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '"' | '\\' | ']') {
            out.push('\\');
        }
        out.push(visible(character));
    }
    out
}

/// Characters that could end a line or turn it around have no escape in this format: they become U+FFFD.
fn visible(character: char) -> char {
    if is_disruptive(character) { '\u{fffd}' } else { character }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{denial, origin};
    use super::*;

    #[test]
    fn values_are_escaped_as_the_document_says() {
        assert_eq!(value("a\"b\\c]d=e|f"), "a\\\"b\\\\c\\]d=e|f");
        assert_eq!(value("a\nb"), "a\u{fffd}b");
    }

    #[test]
    fn fields_of_the_head_hold_visible_ascii_alone() {
        assert_eq!(word("gate 1\nü", 255), "gate1");
        assert_eq!(word("", 255), "-");
        assert_eq!(word(&"x".repeat(300), 255).len(), 255);
    }

    #[test]
    fn a_denial_is_one_message() {
        let line = line(&denial(), &origin());
        assert!(
            line.starts_with("<109>1 2026-03-02T10:00:00.123Z gate-1 mcpz-gateway - decision [mcpz@32473 seq=\"7\"")
        );
        assert!(line.contains(" target=\"re|fu=nd\\\\x\\\"\\]\u{fffd}\u{fffd}\" "), "{line}");
        assert!(line.contains(" agent=\"agent:copilot:1\" agentSource=\"issuer:corp\" user=\"user:ann\""), "{line}");
        assert!(line.ends_with("] \u{feff}deny call payments.re|fu=nd\\x\"]\u{fffd}\u{fffd}"), "{line}");
    }
}
