//! Promise 4 of the language document, over small domains and without gaps: a list never hides a tool that
//! some call could use.
//!
//! Tools here have so few possible arguments that all of them are tried, for each caller under several states,
//! times, networks and contexts. If any call is not denied, the list shows the tool; if the list does not show it,
//! every call is denied as not visible.

use mcpz_oracle::driver::{Built, Case, built};
use mcpz_oracle::generate::model::{Field, Model, Ty, WORDS, small_model};
use mcpz_oracle::generate::request::{context, principal};
use mcpz_oracle::generate::{GeneratedRequest, Rng, package_of, pools, state};
use mcpz_oracle::questions::questions;
use mcpz_runtime::decision::{Effect, Reason};
use mcpz_runtime::principal::Principal;
use mcpz_runtime::request::Direction;
use serde_json::{Map, Value, json};

const SEED: u64 = 4;
const PACKAGES: u64 = 14;
const CALLERS: usize = 4;
const SITUATIONS: usize = 2;

/// What one parameter can be: every value of a small domain, null and absent where they may be.
fn values(field: &Field) -> Vec<Option<Value>> {
    let mut all: Vec<Option<Value>> = match &field.ty {
        Ty::Bool => vec![Some(json!(false)), Some(json!(true))],
        Ty::Int => [0, 5, 100].map(|number| Some(json!(number))).into(),
        Ty::Text => ["a", "alice", "c1"].map(|text| Some(json!(text))).into(),
        Ty::Words => WORDS.iter().map(|word| Some(json!(word))).collect(),
        Ty::Path => ["/w/a", "/etc/passwd", "/w/../etc"].map(|path| Some(json!(path))).into(),
        Ty::TextOrInt => vec![Some(json!("a")), Some(json!(5)), Some(json!(1000))],
        other => panic!("{other:?} has no small domain"),
    };
    all.extend(field.nullable.then_some(Some(Value::Null)));
    all.extend((!field.required).then_some(None));
    all
}

/// Every assignment of a tool's parameters.
fn assignments(params: &[Field]) -> Vec<Map<String, Value>> {
    params.iter().fold(vec![Map::new()], |made, field| {
        let extended = |given: &Map<String, Value>| {
            values(field)
                .into_iter()
                .map(|value| {
                    let mut more = given.clone();
                    more.extend(value.map(|value| (field.name.clone(), value)));
                    more
                })
                .collect::<Vec<_>>()
        };
        made.iter().flat_map(extended).collect()
    })
}

fn request(principal: &Principal, message: &Value) -> GeneratedRequest {
    GeneratedRequest {
        message: message.to_string().into_bytes(),
        server: "s0".to_string(),
        direction: Direction::ToServer,
        principal: principal.clone(),
        now_ms: 0,
        context: None,
        network_source: None,
    }
}

fn call(tool: &str, arguments: &Map<String, Value>) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
}

/// Whether the tool is listed for this caller.
fn listed(built: &Built, principal: &Principal) -> Option<Vec<String>> {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let case = Case { request: request(principal, &message), state: Default::default(), data: Vec::new() };
    built.machine(&case).obligations.listed
}

/// A call in several situations; the call is replaced by others later.
fn situations(rng: &mut Rng, model: &Model, built: &Built, asked: &GeneratedRequest) -> Vec<Case> {
    let questions = questions(&built.program);
    (0..SITUATIONS)
        .map(|_| {
            let request = GeneratedRequest {
                now_ms: *rng.pick(pools::NOWS),
                context: context(rng, model),
                network_source: rng.pick(pools::PEERS).parse().ok().filter(|_| rng.chance(80)),
                ..asked.clone()
            };
            let state = state::state(rng, model, &questions, &request);
            Case { request, state, data: Vec::new() }
        })
        .collect()
}

#[derive(Debug, Default)]
struct Seen {
    calls: u64,
    hidden: u64,
    used: u64,
    idle: u64,
}

/// Tries every call of one tool by one caller.
fn try_tool(
    rng: &mut Rng,
    model: &Model,
    built: &Built,
    principal: &Principal,
    at: usize,
    is_listed: bool,
    seen: &mut Seen,
) {
    let tool = &model.servers[0].tools[at];
    let assignments = assignments(&tool.params);
    let whole = assignments.first().expect("a tool can be called");
    let situations = situations(rng, model, built, &request(principal, &call(&tool.name, whole)));
    let mut usable = false;
    for (arguments, situation) in
        assignments.iter().flat_map(|given| situations.iter().map(move |other| (given, other)))
    {
        let mut case = situation.clone();
        case.request.message = call(&tool.name, arguments).to_string().into_bytes();
        seen.calls += 1;
        let decision = built.machine(&case);
        let hidden = decision.reason == Reason::NotVisible;
        let place = || format!("{} {arguments:?} by {principal:?}: {decision:?}", tool.name);
        assert_eq!(hidden, !is_listed, "listed {is_listed}: {}", place());
        assert!(is_listed || decision.effect == Effect::Deny, "hidden and yet usable: {}", place());
        usable |= decision.effect != Effect::Deny;
    }
    match (is_listed, usable) {
        (false, _) => seen.hidden += 1,
        (true, true) => seen.used += 1,
        (true, false) => seen.idle += 1,
    }
}

#[test]
fn a_list_never_hides_what_some_call_could_use() {
    let mut seen = Seen::default();
    for package in 0..PACKAGES {
        let mut rng = Rng::stream(SEED, package);
        let model = small_model(&mut rng);
        let (made, built) = built(package_of(&mut rng, model));
        let built = built.unwrap_or_else(|error| panic!("package {package}: {error}"));
        for _ in 0..CALLERS {
            let principal = principal(&mut rng, &made.model);
            // A caller whose credential is refused has no list.
            let Some(list) = listed(&built, &principal) else { continue };
            for at in 0..made.model.servers[0].tools.len() {
                let is_listed = list.contains(&made.model.servers[0].tools[at].name);
                try_tool(&mut rng, &made.model, &built, &principal, at, is_listed, &mut seen);
            }
        }
    }
    println!("{seen:?}");
    assert!(seen.calls > 3_000 && seen.hidden > 10 && seen.used > 20, "{seen:?}");
}
