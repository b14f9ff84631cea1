//! OCSF 1.5: API Activity (6003), with the Security Control profile for what was decided.

use super::{Severity, severity};
use crate::audit::clock::unix_ms;
use crate::audit::entry::Entry;
use serde_json::{Value, json};

/// Category Application Activity.
const CATEGORY: u32 = 6;
/// Class API Activity.
const CLASS: u32 = 6003;
/// Activity "other": what a tool does is not known to be creating, reading, updating or deleting.
const OTHER: u32 = 99;
/// Activity "read".
const READ: u32 = 2;

/// The event.
pub fn event(entry: &Entry) -> Value {
    // Success or failure is of what was decided; other records have neither.
    let (status, action, disposition) = match entry.text("effect") {
        "" => (0, 0, 0),
        "allow" => (1, 1, 1),
        _ => (2, 2, 2),
    };
    let activity = match entry.text("action") {
        "read" | "get" => READ,
        _ => OTHER,
    };
    let severity = match severity(entry) {
        Severity::Informational => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
        Severity::High => 4,
    };
    let mut event = json!({
        "metadata": {
            "version": "1.5.0",
            "profiles": ["security_control"],
            "uid": entry.hash,
            "sequence": entry.number("seq"),
            "correlation_uid": entry.text("trace_id"),
            "product": {"name": "mcpz", "vendor_name": "mcpz", "version": env!("CARGO_PKG_VERSION")},
        },
        "category_uid": CATEGORY,
        "class_uid": CLASS,
        "type_uid": CLASS * 100 + activity,
        "activity_id": activity,
        "activity_name": entry.text("action"),
        "severity_id": severity,
        "time_dt": entry.text("time"),
        "time": unix_ms(entry.text("time")).unwrap_or(0),
        "status_id": status,
        "status_detail": entry.text("reason"),
        "actor": actor(entry),
        "src_endpoint": {"name": entry.chain().first().map_or("", |(_, _, subject)| subject)},
        "api": {
            "operation": entry.text("method"),
            "service": {"name": entry.text("server")},
            "request": {"uid": entry.text("id")},
        },
        "resources": [{"name": entry.text("target"), "type": entry.text("action")}],
        "unmapped": {"mcpz": entry.record},
    });
    if entry.is_decision()
        && let Some(fields) = event.as_object_mut()
    {
        fields.insert("action_id".to_owned(), json!(action));
        fields.insert("disposition_id".to_owned(), json!(disposition));
        let rules: Vec<Value> = entry.texts("rules").iter().map(|rule| json!({"name": rule, "uid": rule})).collect();
        if let Some(rule) = rules.first() {
            fields.insert("firewall_rule".to_owned(), rule.clone());
        }
        let policy = json!({"uid": entry.text("bundle"), "name": "mcpz bundle", "is_applied": true});
        fields.insert("policy".to_owned(), policy);
    }
    event
}

/// The user behind the request, and the agent that acts.
fn actor(entry: &Entry) -> Value {
    let chain = entry.chain();
    let user = chain.iter().rfind(|(kind, ..)| *kind == "user").or(chain.last());
    let user = user.map(|(_, source, subject)| json!({"uid": subject, "domain": source, "type_id": 0}));
    let agent = chain.iter().find(|(kind, ..)| *kind == "agent").map(|(_, _, subject)| *subject);
    json!({"user": user, "app_uid": agent, "session": {"uid": entry.text("session")}})
}

#[cfg(test)]
mod tests {
    use super::super::tests::{denial, reload};
    use super::*;

    #[test]
    fn a_denial_is_a_blocked_call() {
        let event = event(&denial());
        assert_eq!(event["type_uid"], 600_399);
        assert_eq!(event["action_id"], 2);
        assert_eq!(event["disposition_id"], 2);
        assert_eq!(event["status_id"], 2);
        assert_eq!(event["time"], 1_772_445_600_123_i64);
        assert_eq!(event["actor"]["user"]["uid"], "user:ann");
        assert_eq!(event["actor"]["app_uid"], "agent:copilot:1");
        assert_eq!(event["firewall_rule"]["uid"], "PAY-1");
    }

    #[test]
    fn what_decides_nothing_neither_succeeds_nor_fails() {
        assert_eq!(event(&reload())["status_id"], 0);
        assert_eq!(event(&reload()).get("action_id"), None);
    }
}
