//! Elastic Common Schema 8: an event of category `api`, allowed or denied.

use super::{Severity, severity, title};
use crate::audit::entry::Entry;
use serde_json::{Value, json};

/// The event.
pub fn event(entry: &Entry) -> Value {
    let (types, outcome) = match entry.text("effect") {
        "allow" => (json!(["access", "allowed"]), "success"),
        "" => (json!(["info"]), "unknown"),
        _ => (json!(["access", "denied"]), "failure"),
    };
    let severity = match severity(entry) {
        Severity::Informational => 1,
        Severity::Low => 3,
        Severity::Medium => 5,
        Severity::High => 8,
    };
    let chain = entry.chain();
    let user = chain.iter().rfind(|(kind, ..)| *kind == "user").or(chain.last());
    let rules = entry.texts("rules");
    let mut event = json!({
        "@timestamp": entry.text("time"),
        "ecs": {"version": "8.17.0"},
        "message": title(entry),
        "event": {
            "kind": "event",
            "category": ["api"],
            "type": types,
            "outcome": outcome,
            "action": format!("mcp-{}", entry.text("kind")),
            "reason": entry.text("reason"),
            "id": entry.text("id"),
            "sequence": entry.number("seq"),
            "hash": entry.hash,
            "severity": severity,
            "module": "mcpz",
            "dataset": "mcpz.audit",
            "duration": entry.number("latency_us").and_then(|us| us.checked_mul(1000)),
        },
        "service": {"name": entry.text("server"), "type": "mcp"},
        "related": {"user": chain.iter().map(|(_, _, subject)| *subject).collect::<Vec<_>>()},
        "mcpz": entry.record,
    });
    let Some(fields) = event.as_object_mut() else { return event };
    if let Some((_, source, subject)) = user {
        fields.insert("user".to_owned(), json!({"id": subject, "domain": source}));
    }
    if let Some(rule) = rules.first() {
        fields.insert("rule".to_owned(), json!({"id": rule, "ruleset": entry.text("bundle")}));
    }
    if !entry.text("trace_id").is_empty() {
        fields.insert("trace".to_owned(), json!({"id": entry.text("trace_id")}));
    }
    event
}

#[cfg(test)]
mod tests {
    use super::super::tests::denial;
    use super::*;

    #[test]
    fn a_denial_is_a_failed_access_that_was_denied() {
        let event = event(&denial());
        assert_eq!(event["event"]["type"], json!(["access", "denied"]));
        assert_eq!(event["event"]["outcome"], "failure");
        assert_eq!(event["user"]["id"], "user:ann");
        assert_eq!(event["rule"]["id"], "PAY-1");
        assert_eq!(event["trace"]["id"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(event["event"]["duration"], 12_000);
    }
}
