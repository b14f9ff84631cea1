//! Conditions, and values that meet or break them.
//!
//! Every value fits the pinned schema, so that engines that do not validate answer as one that does.
//! Paths are clean but for `..`, which the rules of every engine test.

use super::recipe::Mix;
use crate::model::{Call, Condition, Effect, IntField, MODES, TextField};
use crate::rng::Rng;

const SEGMENTS: [&str; 5] = ["corp", "vpn", "production", "perimeter", "guest"];
const OWNERS: [&str; 3] = ["acme", "globex", "initech"];
const FOLDERS: [&str; 8] = ["src", "docs", "data", "build", "reports", "models", "notes", "infra"];
const TOPS: [&str; 3] = ["workspace", "srv", "home"];

fn owned(text: &str) -> String {
    text.to_owned()
}

fn one_of(words: &[&str], rng: &mut Rng) -> String {
    let word: &&str = rng.pick(words);
    owned(word)
}

fn word(rng: &mut Rng) -> String {
    format!("{}{}", rng.pick(&FOLDERS), rng.between(100, 999))
}

/// One to three conditions, no two about the same thing.
pub fn make(effect: Effect, mix: Mix, rng: &mut Rng) -> Vec<Condition> {
    let mut conditions: Vec<Condition> = Vec::new();
    for _ in 0..1 + rng.below(2) {
        let condition = about_arguments(mix, rng);
        // A path that is not clean is an error for mcpz, and an error in a forbid denies. Other engines
        // have no such outcome, so no forbid tests a path.
        let comparable = effect == Effect::Permit || !matches!(condition, Condition::Under { .. });
        if comparable && conditions.iter().all(|other| other.subject() != condition.subject()) {
            conditions.push(condition);
        }
    }
    if conditions.is_empty() || rng.percent(40) {
        conditions.push(about_context(rng));
    }
    conditions
}

fn about_arguments(mix: Mix, rng: &mut Rng) -> Condition {
    match mix {
        Mix::Ranges if rng.percent(90) => range(rng),
        Mix::Regexes if rng.percent(70) => regex(rng),
        _ => match rng.below(6) {
            0 => path(rng),
            1 => repo(rng),
            2 => Condition::Glob {
                field: TextField::Query,
                parts: vec![format!("select {}", rng.pick(&FOLDERS)), String::new()],
            },
            3 => modes(rng),
            _ => range(rng),
        },
    }
}

fn path(rng: &mut Rng) -> Condition {
    if rng.percent(60) {
        let base = format!("/{}/{}", rng.pick(&TOPS), word(rng));
        return Condition::Under { field: TextField::Path, base };
    }
    let ending = rng.pick(&[".txt", ".md", ".csv", ".json"]);
    let parts = vec![format!("/workspace/{}", rng.pick(&FOLDERS)), owned(ending)];
    Condition::Glob { field: TextField::Path, parts }
}

fn repo(rng: &mut Rng) -> Condition {
    if rng.percent(60) {
        let parts = vec![format!("{}/", rng.pick(&OWNERS)), one_of(&["-svc", "-web", "-lib"], rng)];
        return Condition::Glob { field: TextField::Repo, parts };
    }
    let values = (0..2 + rng.below(4)).map(|_| text(TextField::Repo, rng)).collect();
    Condition::OneOf { field: TextField::Repo, values }
}

fn modes(rng: &mut Rng) -> Condition {
    let (first, count) = (rng.below(MODES.len()), 1 + rng.below(4));
    let values = (0..count).map(|step| owned(MODES[(first + step) % MODES.len()])).collect();
    Condition::OneOf { field: TextField::Mode, values }
}

fn range(rng: &mut Rng) -> Condition {
    if rng.percent(60) {
        let low = rng.between(0, 3_000);
        return Condition::Range { field: IntField::Amount, low, high: low + rng.between(10, 3_000) };
    }
    let low = rng.between(1, 200);
    Condition::Range { field: IntField::Limit, low, high: low + rng.between(5, 500) }
}

fn regex(rng: &mut Rng) -> Condition {
    if rng.percent(50) {
        let folder = word(rng);
        return Condition::Regex {
            field: TextField::Path,
            pattern: format!("/srv/{folder}/[a-z0-9_-]+/[0-9]{{4}}-[0-9]{{2}}[.]log"),
            sample: format!("/srv/{folder}/app-{}/2026-11.log", rng.below(10)),
        };
    }
    let owner = rng.pick(&OWNERS);
    let (kind, limit) = (rng.pick(&["api", "web", "svc"]), rng.between(1, 4));
    Condition::Regex {
        field: TextField::Repo,
        pattern: format!("{owner}/({kind}|lib)-[a-z]+[0-9]{{1,{limit}}}"),
        sample: format!("{owner}/{kind}-core{}", rng.below(10)),
    }
}

fn about_context(rng: &mut Rng) -> Condition {
    if rng.percent(50) {
        let from = rng.between(0, 12);
        return Condition::Hours { from, to: from + rng.between(6, 12) };
    }
    let (first, count) = (rng.below(SEGMENTS.len()), 1 + rng.below(3));
    Condition::Segment((0..count).map(|step| owned(SEGMENTS[(first + step) % SEGMENTS.len()])).collect())
}

/// A segment.
pub fn segment(rng: &mut Rng) -> String {
    one_of(&SEGMENTS, rng)
}

/// Some value of a text argument.
pub fn text(field: TextField, rng: &mut Rng) -> String {
    match field {
        TextField::Path => {
            format!("/{}/{}/{}.txt", rng.pick(&["workspace", "srv", "home", "tmp"]), word(rng), word(rng))
        }
        TextField::Repo => format!("{}/{}-svc", rng.pick(&OWNERS), word(rng)),
        TextField::Query => format!("select {} from {}", word(rng), word(rng)),
        TextField::Mode => one_of(&MODES, rng),
    }
}

/// Some value of an integer argument.
pub fn int(field: IntField, rng: &mut Rng) -> i64 {
    match field {
        IntField::Amount => rng.between(0, 6_500),
        IntField::Limit => rng.between(1, 900),
    }
}

/// Changes a call so that the condition holds.
pub fn meet(condition: &Condition, call: &mut Call, rng: &mut Rng) {
    match condition {
        Condition::Under { field, base } => call.texts[field.index()] = Some(format!("{base}/{}", word(rng))),
        Condition::Glob { field, parts } => {
            call.texts[field.index()] = Some(parts.join(&rng.below(1_000).to_string()));
        }
        Condition::Range { field, low, high } => call.ints[field.index()] = Some(rng.between(*low, *high)),
        Condition::OneOf { field, values } => call.texts[field.index()] = Some(rng.pick(values).clone()),
        Condition::Regex { field, sample, .. } => call.texts[field.index()] = Some(sample.clone()),
        Condition::Hours { from, to } => call.facts.hour = rng.between(*from, (*to - 1).min(23)),
        Condition::Segment(segments) => call.facts.segment = rng.pick(segments).clone(),
    }
}

/// Changes a call so that the condition does not hold.
pub fn break_one(condition: &Condition, call: &mut Call, rng: &mut Rng) {
    match condition {
        Condition::Under { field, base } => {
            let broken = if rng.percent(50) {
                format!("{base}/../../etc/passwd")
            } else {
                format!("{base}-other/{}", word(rng))
            };
            call.texts[field.index()] = Some(broken);
        }
        Condition::Glob { field, parts } => {
            call.texts[field.index()] = Some(format!("~{}", parts.join("x")));
        }
        Condition::Range { field, high, .. } => call.ints[field.index()] = Some(high + rng.between(1, 100)),
        Condition::OneOf { field: TextField::Mode, values } => {
            let others: Vec<&str> = MODES.into_iter().filter(|mode| !values.iter().any(|v| v == mode)).collect();
            call.texts[TextField::Mode.index()] = Some(one_of(&others, rng));
        }
        Condition::OneOf { field, .. } => call.texts[field.index()] = Some(owned("not/listed")),
        Condition::Regex { field, sample, .. } => call.texts[field.index()] = Some(format!("{sample}/x")),
        Condition::Hours { to, .. } => call.facts.hour = if *to > 23 { 0 } else { *to },
        Condition::Segment(_) => call.facts.segment = owned("elsewhere"),
    }
}
