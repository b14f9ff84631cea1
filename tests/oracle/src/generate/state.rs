//! States: answers to the questions that a program asks, and failures.

use super::model::{DataKind, Model};
use super::pools;
use super::request::GeneratedRequest;
use super::rng::Rng;
use crate::questions::Questions;
use mcpz_runtime::state::{Approval, Failing, HistoryAnswer, LimitUsed, QueryKind, TableState};

/// Makes a state for a request.
pub fn state(rng: &mut Rng, model: &Model, questions: &Questions, request: &GeneratedRequest) -> TableState {
    let mut state = TableState::default();
    for label in &model.labels {
        if rng.chance(40) {
            state.session_labels.insert(label.clone());
        }
        for text in pools::TEXTS.iter().chain(pools::INT_TEXTS) {
            if rng.chance(30) {
                state.seen_in_label.insert((text.to_string(), label.clone()));
            }
        }
        for pointer in argument_pointers(request) {
            if rng.chance(40) {
                state.carried.insert((pointer, label.clone()));
            }
        }
    }
    for text in pools::TEXTS.iter().filter(|_| rng.chance(40)) {
        state.seen_in_data.insert((text.to_string(), "names".to_string()));
    }
    for (text, kind) in &questions.history {
        if rng.chance(70) {
            state.history.insert(text.clone(), answer(rng, *kind));
        }
    }
    approvals(rng, model, request, &mut state);
    state.mfa_age_ms = if rng.chance(60) { Some(*rng.pick(&[0, 60_000, 299_999, 300_000, 300_001, -1])) } else { None };
    state.grants = questions.grants.iter().filter(|_| rng.chance(40)).cloned().collect();
    for rule in &questions.limits {
        let used = *rng.pick(&[0, 0, 0, 0, 0, 0, 1, 29, 30, 4_999, 5_000]);
        let later = if rng.chance(50) { Some(60_000) } else { None };
        state.limits.insert(rule.clone(), LimitUsed { used: used * crate::exact::ONE, retry_after_ms: later });
    }
    emergencies(rng, model, &mut state);
    failures(rng, model, questions, &mut state);
    state
}

fn answer(rng: &mut Rng, kind: QueryKind) -> HistoryAnswer {
    match kind {
        QueryKind::Count => HistoryAnswer::Int(*rng.pick(&[0, 1, 2, 3, 10, 11])),
        QueryKind::Sum => HistoryAnswer::Decimal(*rng.pick(&[0, 1, 500]) * crate::exact::ONE),
        QueryKind::Sequence => HistoryAnswer::Bool(rng.chance(50)),
    }
}

/// JSON pointers of the arguments of a call.
fn argument_pointers(request: &GeneratedRequest) -> Vec<String> {
    let Ok(message) = serde_json::from_slice::<serde_json::Value>(&request.message) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let Some(arguments) = message.pointer("/params/arguments") {
        pointers(arguments, "", &mut found);
    }
    found
}

fn pointers(value: &serde_json::Value, base: &str, out: &mut Vec<String>) {
    let step = |key: &str| format!("{base}/{}", key.replace('~', "~0").replace('/', "~1"));
    out.push(base.to_string());
    match value {
        serde_json::Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                pointers(item, &step(&at.to_string()), out);
            }
        }
        serde_json::Value::Object(members) => {
            for (key, item) in members {
                pointers(item, &step(key), out);
            }
        }
        _ => {}
    }
}

fn approvals(rng: &mut Rng, model: &Model, request: &GeneratedRequest, state: &mut TableState) {
    for _ in 0..rng.below(4) {
        let own = request.principal.chain.last().map(|link| link.claims.clone()).unwrap_or_default();
        let approver = if rng.chance(20) && own.contains("user:1") {
            "user:1".to_string()
        } else {
            rng.word(&["user:1", "user:2", "user:3", "guest:1"])
        };
        let classes = model.classes.iter().filter(|_| rng.chance(50)).map(|class| class.name.clone()).collect();
        let age_ms = *rng.pick(&[0, 1_000, 599_999, 600_000, 600_001, -1]);
        state.approvals.push(Approval { approver, classes, age_ms });
    }
}

fn emergencies(rng: &mut Rng, model: &Model, state: &mut TableState) {
    let server = rng.pick(&model.servers);
    let tool = (server.name.clone(), rng.pick(&server.tools).name.clone());
    match rng.below(60) {
        0 => drop(state.isolated_servers.insert(server.name.clone())),
        1 => drop(state.isolated_tools.insert(tool)),
        2 => drop(state.isolated_agents.insert(rng.word(&[
            "agent:copilot:1",
            "spiffe://acme.example/batch",
            "uid:1000",
        ]))),
        3 | 4 => drop(state.quarantined.insert(tool)),
        _ => {}
    }
}

fn failures(rng: &mut Rng, model: &Model, questions: &Questions, state: &mut TableState) {
    if !rng.chance(12) {
        return;
    }
    let mut all = vec![Failing::Approvals, Failing::Mfa];
    if rng.chance(20) {
        all.extend([Failing::Isolation, Failing::Quarantine, Failing::Everything]);
    }
    for label in &model.labels {
        all.push(Failing::SessionHolds(label.clone()));
        all.push(Failing::SeenInLabel("a".to_string(), label.clone()));
    }
    all.extend(questions.history.keys().cloned().map(Failing::History));
    all.extend(questions.grants.iter().map(|grant| Failing::Grant(grant.clone())));
    all.extend(questions.limits.iter().map(|rule| Failing::Limit(rule.clone())));
    for _ in 0..rng.within(1, 3) {
        state.failing.insert(rng.pick(&all).clone());
    }
}

/// Replaced data: mostly none, else one declaration by other data, by data of another type, or by no JSON.
pub fn data(rng: &mut Rng, model: &Model) -> Vec<(String, String)> {
    if !rng.chance(20) {
        return Vec::new();
    }
    let (name, kind) = rng.pick(&model.data);
    let fits: &[&str] = match kind {
        DataKind::Texts => &["[]", r#"["alice"]"#, r#"["c1", "c2", "read", "a"]"#],
        DataKind::Ints => &["[]", "[2, 10]", "[9007199254740993]"],
        DataKind::Decimals => &["[]", "[0.1, 1]", "[99.99, 500.0]"],
        DataKind::Nets => &["[]", r#"["192.168.0.0/16"]"#, r#"["0.0.0.0/0", "::/0"]"#],
        DataKind::Paths => &["[]", r#"["/w", "/w/prod"]"#],
        DataKind::Settings => &[
            r#"{"limit": 0, "names": []}"#,
            r#"{"limit": 5, "names": ["c1", "b"], "note": null}"#,
            r#"{"names": ["alice"], "note": "x", "limit": 100}"#,
        ],
    };
    let unfit = [
        "[1.5]",
        "[true]",
        "{}",
        "null",
        "[",
        "7",
        r#"["a b/33"]"#,
        r#"["/w/../etc", 1]"#,
        r#"{"limit": "5", "names": []}"#,
        r#"{"limit": 5, "names": [], "more": 1}"#,
        "[null]",
    ];
    let text = if rng.chance(50) { rng.word(fits) } else { rng.word(&unfit) };
    vec![(name.clone(), text)]
}
