//! Results as one JSON document.

use super::summary;
use crate::run::Results;
use serde_json::{Value, json};

/// The document. Members may be added later; none changes its meaning.
pub fn document(results: &Results) -> Value {
    json!({
        "machine": results.machine,
        "rows": results.rows,
        "loads": results.loads,
        "growth": summary::growth(results),
        "throughput": results.throughput,
        "attacks": results.attacks,
        "skipped": results.skipped,
    })
}
