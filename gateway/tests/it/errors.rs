//! Every kind of error crossed with every kind of rule: what is in error never opens anything. Real bundles, the real
//! conversation; the server is sent nothing.
//!
//! The kinds are taken from the runtime's own enumerations, so that a new one does not compile until it stands here.

use crate::support::{INITIALIZE, INITIALIZED, POLICY, bench, call, material, only, reasons, sent, take};
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::Program;
use mcpz_bytecode::image::RuleKind;
use mcpz_gateway::policy::{Material, Snapshot};
use mcpz_gateway::proxy::{Conversation, Peer};
use mcpz_gateway::wire::Side::{Client, Server};
use mcpz_runtime::json::FaultKind;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How a kind of error comes about in a rule.
enum Cause {
    /// By this condition, with these facts of `context`.
    Condition { when: &'static str, context: Value },
    /// By the amount of a limit alone.
    Amount,
    /// It refuses the policy before anything is decided with it.
    RefusesData,
    /// It is a defect of the bundle, which the verifier refuses.
    RefusesBundle,
}

fn cause(code: ErrorCode) -> Cause {
    let facts = |when, context| Cause::Condition { when, context };
    let sql = |text: String| {
        let when = "has context.query and any(t in sql(context.query, postgres).tables: t == \"accounts\")";
        facts(when, json!({ "query": text }))
    };
    match code {
        ErrorCode::Missing => facts("has context.device and context.device.risk > 5", json!({"device": {}})),
        ErrorCode::Type => facts("has context.risk and context.risk > 5", json!({"risk": "low"})),
        ErrorCode::Overflow => {
            facts("has context.big and context.big * context.big > 1", json!({"big": 99_999_999_999_999_u64}))
        }
        ErrorCode::Range => {
            facts("has context.risk and context.risk > 5", json!({"risk": 10_000_000_000_000_000_000_u64}))
        }
        ErrorCode::Path => facts("has context.place and context.place under \"/etc\"", json!({"place": "/a/../etc"})),
        ErrorCode::Url => facts("has context.link and context.link.host == \"acme.example\"", json!({"link": "::"})),
        ErrorCode::Host => {
            facts("has context.machine and context.machine == \"acme.example\"", json!({"machine": "a b"}))
        }
        ErrorCode::Ip => facts("has context.from and context.from in \"10.0.0.0/8\"", json!({"from": "10.0.0"})),
        ErrorCode::Time => facts("has context.at and context.at < now", json!({"at": "yesterday"})),
        ErrorCode::Sql => sql("this is no SQL".to_owned()),
        ErrorCode::SqlLimit => sql(format!("SELECT {}1{}", "(".repeat(200), ")".repeat(200))),
        ErrorCode::TooLong => {
            facts("has context.names and any(n in context.names: n == \"x\")", json!({"names": vec!["a"; 5000]}))
        }
        ErrorCode::State => facts("count(calls to notes.search_notes, by: caller, within: 1h) > 100", json!({})),
        ErrorCode::Amount => Cause::Amount,
        ErrorCode::Data => Cause::RefusesData,
        ErrorCode::Internal => Cause::RefusesBundle,
    }
}

const CONTEXT: &str = "context { risk: int?  device: { risk: int }?  big: decimal?  place: path?  link: url?  machine: host?  \
                       from: ip?  at: instant?  names: list<string>?  query: string? }\n";

/// A rule of each kind under a condition, and the reason when that is in error.
const RULES: [(&str, &str, &str); 6] = [
    ("permit", "permit assistant to call notes.search_notes when CONDITION", "no_permit"),
    ("forbid", "forbid anyone to call notes.search_notes when CONDITION", "forbid_error"),
    ("require", "require scope \"s\" for anyone to call notes.search_notes when CONDITION", "requirement_error"),
    ("limit", "limit anyone to call notes.search_notes at most 5 per 1m by caller when CONDITION", "limit_error"),
    ("redact", "redact notes.search_notes { result.text drop } when CONDITION", "redact_error"),
    ("audit", "audit full for anyone to call notes.search_notes when CONDITION", "audit_error"),
];

fn kind_of(rule: RuleKind<'_>) -> &'static str {
    match rule {
        RuleKind::Permit(_) => "permit",
        RuleKind::Forbid => "forbid",
        RuleKind::Require(_) => "require",
        RuleKind::Limit(_) => "limit",
        RuleKind::Redact(_) => "redact",
        RuleKind::Audit(_) => "audit",
        RuleKind::Unknown => panic!("the verifier lets none through"),
    }
}

/// A policy with the rule; where it does not permit itself, another does.
fn policy(kind: &str, rule: &str) -> String {
    let frame = POLICY.split("label untrusted").next().unwrap();
    let permit = "@id(\"open\") permit assistant to call notes.search_notes\n";
    format!("{frame}{CONTEXT}{}@id(\"probe\") {rule}\n", if kind == "permit" { "" } else { permit })
}

/// What a call comes to under a policy: the conversation is real, and past its handshake.
fn decided(policy: &str, context: &Value) -> (String, Vec<(String, &'static str)>, bool) {
    let bench = bench(policy);
    let peer = Peer { network: None, context: Some(context.to_string()) };
    let who = Arc::new(crate::support::local(1000));
    let mut conversation = Conversation::new(bench.shared.clone(), "notes", who, peer);
    take(&mut conversation, Client, INITIALIZE);
    take(&mut conversation, Server, INITIALIZED);
    let step = take(&mut conversation, Client, &call(1, "search_notes", r#"{"query":"x"}"#));
    let record = step.records[0].clone();
    (record.reason, record.errors, !sent(&step, Server).is_empty())
}

#[test]
fn every_kind_of_error_in_every_kind_of_rule_denies() {
    let mut crossed = 0;
    for code in ErrorCode::ALL {
        let Cause::Condition { when, context } = cause(code) else { continue };
        for (kind, rule, reason) in RULES {
            let (said, errors, reached) = decided(&policy(kind, &rule.replace("CONDITION", when)), &context);
            assert_eq!(said, reason, "{code:?} in {kind}: {errors:?}");
            assert_eq!(errors, [("probe".to_owned(), code.name())], "{code:?} in {kind}");
            assert!(!reached, "{code:?} in {kind} reached the server");
            crossed += 1;
        }
    }
    assert_eq!(crossed, 13 * RULES.len());
}

#[test]
fn the_same_rules_without_an_error_decide_otherwise() {
    for (kind, rule, reason) in RULES {
        let rule = rule.replace("CONDITION", "has context.risk and context.risk > 5");
        let (said, errors, _) = decided(&policy(kind, &rule), &json!({"risk": 1}));
        assert!(errors.is_empty() && (said != reason || kind == "permit"), "{kind}: {said} {errors:?}");
    }
}

#[test]
fn every_kind_of_rule_is_crossed() {
    let all: String = RULES.iter().enumerate().fold(String::new(), |all, (at, (_, rule, _))| {
        format!("{all}@id(\"r{at}\") {}\n", rule.replace("CONDITION", "has context.risk and context.risk > 5"))
    });
    let frame = POLICY.split("label untrusted").next().unwrap();
    let other = "permit other to call notes.search_notes\n";
    let program = Program::load(&material(&format!("{frame}{CONTEXT}{other}{all}")).bundle).unwrap();
    let kinds: BTreeSet<&str> = program.image().each_rule().map(|rule| kind_of(rule.kind())).collect();
    assert_eq!(kinds, RULES.iter().map(|(kind, _, _)| *kind).collect::<BTreeSet<_>>());
}

#[test]
fn an_amount_below_zero_denies() {
    assert!(matches!(cause(ErrorCode::Amount), Cause::Amount));
    let rule = "limit anyone to call notes.search_notes at most 5 of (context.big ?? 1) per 1m by caller";
    let (reason, errors, reached) = decided(&policy("limit", rule), &json!({"big": -1}));
    assert_eq!((reason.as_str(), &errors[..], reached), ("limit_error", &[("probe".to_owned(), "amount")][..], false));
}

#[test]
fn data_and_bundles_that_do_not_fit_are_refused_before_anything_is_decided_with_them() {
    assert!(matches!(cause(ErrorCode::Data), Cause::RefusesData));
    assert!(matches!(cause(ErrorCode::Internal), Cause::RefusesBundle));
    let good = material(POLICY);
    let wrong = Material { data: [("no_such".to_owned(), b"[]".to_vec())].into(), ..good.clone() };
    assert!(Snapshot::of(&wrong, 0).is_err());
    for at in (0..good.bundle.len()).step_by(good.bundle.len() / 200) {
        let mut bytes = good.bundle.clone();
        bytes[at] ^= 0x01;
        assert!(Snapshot::of(&Material { bundle: bytes, ..good.clone() }, 0).is_err(), "byte {at}");
    }
    let torn = Material { bundle: good.bundle[..good.bundle.len() - 1].to_vec(), ..good };
    assert!(Snapshot::of(&torn, 0).is_err());
}

/// A text with each kind of fault.
fn faulty(kind: FaultKind) -> Vec<u8> {
    let with = |arguments: &str| call(1, "search_notes", arguments).into_bytes();
    match kind {
        FaultKind::TooLong => with(&json!({"query": "x".repeat(5 << 20)}).to_string()),
        FaultKind::NotUtf8 => [b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"".as_slice(), b"\xc0\xaf\"}"].concat(),
        FaultKind::Syntax => with("{\"query\":}"),
        FaultKind::TooDeep => with(&format!("{{\"query\":{}{}}}", "[".repeat(300), "]".repeat(300))),
        FaultKind::TooManyNodes => with(&format!("{{\"query\":[{}0]}}", "0,".repeat(200_000))),
        FaultKind::Trailing => [with("{}"), b"{}".to_vec()].concat(),
        FaultKind::DuplicateKey => with("{\"query\":\"x\",\"query\":\"y\"}"),
        FaultKind::NulKey => with("{\"query\\u0000\":\"x\"}"),
        FaultKind::LoneSurrogate => with("{\"query\":\"\\ud800\"}"),
        FaultKind::NumberInexact => with("{\"query\":1e999}"),
        FaultKind::NotObject => b"7".to_vec(),
        FaultKind::Batch => [b"[".to_vec(), with("{}"), b"]".to_vec()].concat(),
        FaultKind::CaseFoldedKey => br#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#.to_vec(),
        FaultKind::Envelope => br#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#.to_vec(),
        FaultKind::Params => br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}"#.to_vec(),
    }
}

#[test]
fn every_fault_of_a_text_is_refused_under_every_kind_of_rule() {
    for (kind, rule, _) in RULES {
        let rule = rule.replace("CONDITION", "has context.risk and context.risk > 5");
        let bench = bench(&policy(kind, &rule));
        for fault in FaultKind::ALL {
            let mut conversation = bench.greeted(1000);
            let step = conversation.take(Client, bytes::Bytes::from(faulty(fault)), 1_000);
            assert_eq!(reasons(&step), [fault.name()], "under {kind}");
            assert!(sent(&step, Server).is_empty(), "{fault:?} under {kind}");
        }
    }
}

#[test]
fn what_is_not_known_is_refused_under_every_kind_of_rule() {
    for (kind, rule, _) in RULES {
        let rule = rule.replace("CONDITION", "has context.risk and context.risk > 5");
        let bench = bench(&policy(kind, &rule));
        for (text, reason) in [
            (r#"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#.to_owned(), "unknown_method"),
            (call(1, "no_such", "{}"), "unknown_target"),
            (call(1, "search_notes", "{}"), "arguments"),
            (call(1, "search_notes", r#"{"query":7}"#), "arguments"),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"x:y"}}"#.to_owned(),
                "unknown_target",
            ),
        ] {
            let mut conversation = bench.greeted(1000);
            let step = take(&mut conversation, Client, &text);
            let said = reasons(&step);
            // Without a permit that can be true nothing is there to have arguments.
            assert!(said == [reason] || (kind == "permit" && said == ["not_visible"]), "{text} under {kind}: {said:?}");
            assert!(sent(&step, Server).is_empty(), "{text} under {kind}");
            assert!(only(&step, Client).get("error").is_some() || only(&step, Client)["result"]["isError"] == true);
        }
        bench.isolate_server();
        let mut conversation = bench.conversation(1000);
        assert!(sent(&take(&mut conversation, Client, INITIALIZE), Server).is_empty(), "isolated, under {kind}");
    }
}
