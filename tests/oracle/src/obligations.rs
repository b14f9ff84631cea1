//! Step 6: what must happen besides.

use crate::convert;
use crate::eval::history::scalar_text;
use crate::json::Json;
use crate::targets;
use crate::value::Datum;
use crate::world::World;
use mcpz_compiler::hir::{LabelId, Redaction, canonical};
use mcpz_runtime::decision::{LabelObligation, RedactionObligation, StoreObligation};

/// The redactions of one rule.
pub fn redactions(index: usize, redactions: &[Redaction]) -> Vec<RedactionObligation> {
    let obligation = |redaction: &Redaction| RedactionObligation {
        rule: convert::rule_id(index),
        what: convert::redact_what(&redaction.what),
        how: convert::redact_how(&redaction.how),
    };
    redactions.iter().map(obligation).collect()
}

/// Labels the result will carry.
pub fn labels(world: &World<'_>) -> Vec<LabelObligation> {
    let mut out: Vec<LabelObligation> = Vec::new();
    if world.asked.by_server {
        return out;
    }
    for (at, label) in world.program.labels.iter().enumerate() {
        let id = LabelId::new(at);
        let cleaned = world
            .program
            .declassify
            .iter()
            .any(|clean| clean.label == id && targets::cover(&clean.targets, &world.asked));
        if cleaned {
            continue;
        }
        for (_, path) in label.sources.iter().filter(|(from, _)| targets::cover(from, &world.asked)) {
            let obligation =
                LabelObligation { label: canonical::label_name(world.program, id), path: convert::steps(path) };
            if !out.contains(&obligation) {
                out.push(obligation);
            }
        }
    }
    out
}

/// What will be tainted by this call.
pub fn stores(world: &World<'_>) -> Vec<StoreObligation> {
    let asks = world.asked.by_server;
    let matching = world.program.stores.iter().filter(|store| !asks && targets::cover(&store.targets, &world.asked));
    matching
        .map(|store| StoreObligation {
            label: canonical::label_name(world.program, store.label),
            key: key_text(&world.asked.arguments, &store.key),
        })
        .collect()
}

fn key_text(arguments: &Json, path: &[smol_str::SmolStr]) -> Option<String> {
    let place = path.iter().try_fold(arguments, |json, name| json.get(name))?;
    Some(scalar_text(&Datum::Json(place.clone())).unwrap_or_else(|| json_text(place)))
}

/// Compact JSON text.
pub fn json_text(json: &Json) -> String {
    crate::schema::to_serde(json).to_string()
}
