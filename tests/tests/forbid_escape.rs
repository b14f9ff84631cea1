//! Ways around a restriction: none gets through.
//!
//! `tests/escape` permits everything and forbids as users forbid. Each line of its `cases.tsv` is one
//! message, sent as raw bytes. Cases of group `control` must be allowed, so that the corpus cannot pass
//! by denying everything.

use mcpz_bytecode::Program;
use mcpz_runtime::data::DataSet;
use mcpz_runtime::decision::{Decision, Effect};
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use mcpz_runtime::request::{Direction, Facts, Request};
use mcpz_runtime::state::TableState;
use mcpz_runtime::{Caller, Input, Scratch, decide};
use mcpz_tests::built::built;
use mcpz_tests::packages::repository;

/// One line of the corpus.
struct Case<'a> {
    group: &'a str,
    title: &'a str,
    chain: &'a str,
    server: &'a str,
    expected: &'a str,
    message: &'a str,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(case).collect()
}

fn case(line: &str) -> Case<'_> {
    let mut fields = line.splitn(6, '\t');
    let mut field = || fields.next().unwrap_or_else(|| panic!("six fields: {line}"));
    Case { group: field(), title: field(), chain: field(), server: field(), expected: field(), message: field() }
}

/// The chain that a case writes as `relay>helper>contractor`.
fn principal(chain: &str) -> Principal {
    let links = chain.split('>').filter(|name| *name != "anonymous").map(|name| {
        let (kind, sub, groups) = match name {
            "helper" | "relay" | "stranger" => (LinkKind::Agent, format!("agent:{name}:1"), "[]"),
            "contractor" => (LinkKind::User, "user:c".to_owned(), r#"["contractors"]"#),
            "person" => (LinkKind::User, "user:p".to_owned(), r#"["staff"]"#),
            other => panic!("unknown link {other}"),
        };
        let claims = format!(r#"{{"sub":"{sub}","groups":{groups}}}"#);
        Link { kind, source: LinkSource::Issuer("corp".to_owned()), claims }
    });
    Principal { chain: links.collect(), scopes: Vec::new() }
}

fn decision(program: &Program, case: &Case<'_>) -> Decision {
    let principal = principal(case.chain);
    let request = Request {
        message: case.message.as_bytes(),
        server: case.server,
        direction: Direction::ToServer,
        facts: Facts::default(),
    };
    let data = DataSet::default();
    let state = TableState::default();
    let caller = Caller::resolve(program, &data, &principal);
    let input = Input { program, data: &data, caller: &caller, request, state: &state };
    decide(&input, &mut Scratch::new())
}

#[test]
fn no_way_around_a_restriction_gets_through() {
    let folder = repository().join("tests/escape");
    let package = built(&folder);
    let text = std::fs::read_to_string(folder.join("cases.tsv")).expect("the corpus is there");
    let cases = cases(&text);
    let mut wrong = Vec::new();
    for case in &cases {
        let decision = decision(&package.program, case);
        let allowed = decision.effect == Effect::Allow;
        if allowed != (case.expected == "allow") {
            wrong.push(format!("{}: {}: {:?} {:?}", case.group, case.title, decision.effect, decision.reason));
        }
    }
    let attempts = cases.iter().filter(|case| case.group != "control").count();
    assert!(attempts >= 100, "only {attempts} ways around");
    assert!(wrong.is_empty(), "{} of {} cases went wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
