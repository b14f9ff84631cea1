//! What operators say to the gateway, and what it answers: one JSON object a line, one line each way.

use super::state::{Entry, Subject};
use serde::{Deserialize, Serialize};

/// Longest line, in bytes.
pub const MAX_LINE_BYTES: usize = 4 << 20;

/// What is asked of the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Cut something off.
    Isolate {
        /// What.
        subject: Subject,
        /// For how long; absent: until it is restored.
        for_ms: Option<i64>,
        /// Why.
        reason: String,
    },
    /// Let it go again.
    Restore {
        /// What; absent: everything.
        subject: Option<Subject>,
        /// Why.
        reason: String,
    },
    /// Say what is cut off.
    Status,
}

/// What the gateway answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// Isolated.
    Isolated {
        /// As it holds now: an isolation that already lasted longer keeps its end.
        entry: Entry,
        /// Whether the gateway knows such a subject; absent when it cannot say.
        known: Option<bool>,
    },
    /// Restored.
    Restored {
        /// How many isolations ended.
        count: usize,
    },
    /// How things stand.
    Status(Box<Status>),
    /// Not done, or not wholly.
    Refused {
        /// The stable word.
        code: String,
        /// What happened.
        message: String,
    },
}

/// How things stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The gateway's process.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// Its clock: milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// Why everything is isolated, when it is.
    pub everything: Option<String>,
    /// What is isolated.
    pub isolated: Vec<Entry>,
    /// How often that changed since the start.
    pub generation: u64,
    /// What else the gateway says of itself.
    pub gateway: serde_json::Value,
}

/// A line, ready to be sent.
pub fn line(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_wholly_is_not_understood() {
        let good = r#"{"op":"restore","subject":{"kind":"tool","server":"fs","name":"x"},"reason":"r"}"#;
        assert!(serde_json::from_str::<Ask>(good).is_ok());
        for bad in [
            r#"{"op":"restore","reason":"r","force":true}"#,
            r#"{"op":"Restore","reason":"r"}"#,
            r#"{"op":"isolate","subject":{"kind":"tool","name":"x"},"for_ms":1,"reason":"r"}"#,
            r#"{"op":"isolate","subject":{"kind":"server","name":"x","server":"y"},"for_ms":1,"reason":"r"}"#,
            r#"{"op":"isolate","subject":{"kind":"server","name":"x"},"for_ms":"1h","reason":"r"}"#,
            r#"[{"op":"status"}]"#,
            r#"{"op":"status"} {"op":"status"}"#,
        ] {
            assert!(serde_json::from_str::<Ask>(bad).is_err(), "{bad}");
        }
    }
}
