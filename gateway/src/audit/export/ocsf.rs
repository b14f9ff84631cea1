//! OCSF 1.5: API Activity (6003), with the Security Control profile for what was decided.

use super::{Severity, severity};
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
    let allowed = entry.text("effect") == "allow";
    let (action, disposition) = if allowed { (1, 1) } else { (2, 2) };
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
        "time": unix_ms(entry.text("time")),
        "status_id": if allowed { 1 } else { 2 },
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

/// Milliseconds since the Unix epoch of a time as records write it.
pub(super) fn unix_ms(text: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<i64>().ok());
    let parts = [0..4, 5..7, 8..10, 11..13, 14..16, 17..19, 20..23].map(number);
    let [Some(year), Some(month), Some(day), Some(hour), Some(minute), Some(second), Some(milli)] = parts else {
        return 0;
    };
    // Days since 1970-01-01, counted in eras of 400 years that begin in March.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, in_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + in_era * 365 + in_era / 4 - in_era / 100 + day_of_year - 719_468;
    ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + milli
}

#[cfg(test)]
mod tests {
    use super::super::tests::denial;
    use super::*;
    use crate::audit::clock;

    #[test]
    fn times_are_read_as_they_are_written() {
        for ms in [0, -1, 951_782_400_123, 1_772_445_600_000, 4_107_542_400_000] {
            assert_eq!(unix_ms(&clock::text(ms)), ms);
        }
        assert_eq!(unix_ms("yesterday"), 0);
    }

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
}
