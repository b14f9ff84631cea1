//! What a decision allocates: nothing, once its memory is warm and decisions are handed back. And what loading
//! allocates: a number of tables, not one for each rule.

use mcpz_bytecode::Program;
use mcpz_compiler::{BuildOptions, build, check};
use mcpz_runtime::data::DataSet;
use mcpz_runtime::decision::{Decision, Effect};
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use mcpz_runtime::request::{ContextFacts, Direction, Facts, Request};
use mcpz_runtime::state::TableState;
use mcpz_runtime::{Caller, Input, Scratch, decide};
use mcpz_tests::packages::workspace_of_texts;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const CATALOG: &str = r#"{
  "server": {"name": "fs", "version": "1"}, "protocol": "2025-11-25",
  "tools": [{"name": "read", "description": "Reads.", "inputSchema": {"type": "object",
    "properties": {"path": {"type": "string"}, "mode": {"type": "string"}, "limit": {"type": "integer"}},
    "required": ["path", "mode", "limit"], "additionalProperties": false}}]
}"#;

/// A policy of many rules about one tool, by role, text, range and pattern.
fn policy(rules: usize) -> String {
    let mut text = String::from(
        "issuer corp {\n  url \"https://id.example\"\n  audience \"https://mcp.example\"\n  claims { sub: string, groups: set<string> }\n}\n\
         user staff from corp\nrole reader of staff where claims.groups contains \"readers\"\nrole writer of staff where claims.groups contains \"writers\"\n\
         server fs {\n  endpoint \"https://fs.example/mcp\"\n  catalog \"catalog/fs.json\"\n}\ncontext { region: string }\n\
         @id(\"NO-FORCE\")\nforbid anyone to call fs.read where args.mode == \"force\"\n",
    );
    for row in 0..rules {
        let role = if row % 2 == 0 { "reader" } else { "writer" };
        writeln!(
            text,
            "@id(\"P-{row}\")\npermit {role} to call fs.read\n  where args.mode == \"m{row}\" and args.path like \"/srv/d{row}/*\" and args.limit in 1..={}\n  \
             when has context.region and context.region == \"r{}\"",
            row + 10,
            row % 7,
        )
        .expect("writing to a string");
    }
    text
}

/// Permits of which each is in error for a path that cannot be; one of them is a shadow.
fn failing(rules: usize) -> String {
    let overlay = "catalog/fs.json\"\n  overlay {\n    read.path: path\n  }\n";
    let mut text = policy(0).replace("catalog/fs.json\"\n", overlay);
    for row in 0..rules {
        let shadow = if row == 0 { "@shadow\n" } else { "" };
        writeln!(text, "{shadow}@id(\"E-{row}\")\npermit reader to call fs.read where args.path under \"/srv/d{row}\"")
            .expect("writing to a string");
    }
    text
}

fn program(rules: usize) -> Program {
    Program::load(&bundle(policy(rules))).expect("it verifies")
}

fn bundle(policy: String) -> Vec<u8> {
    let files =
        BTreeMap::from([("policy/main.mcpz".to_owned(), policy), ("catalog/fs.json".to_owned(), CATALOG.to_owned())]);
    let checked = check(&workspace_of_texts(files));
    let program = checked.program.unwrap_or_else(|| panic!("it checks: {:#?}", checked.diagnostics));
    build(&program, &BuildOptions { debug: false, ..BuildOptions::default() }).expect("it builds").bytes
}

/// A decision on a call, and what deciding it a third time allocates. Each is handed back.
fn decision_and_allocations(program: &Program, arguments: &str) -> (Decision, u64) {
    let link = Link {
        kind: LinkKind::User,
        source: LinkSource::Issuer("corp".into()),
        claims: r#"{"sub": "ann", "groups": ["readers"]}"#.into(),
    };
    let (data, state) = (DataSet::default(), TableState::default());
    let caller = Caller::resolve(program, &data, &Principal { chain: vec![link], scopes: vec![] });
    let text = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"read","arguments":{arguments}}}}}"#
    );
    let facts = Facts { context: ContextFacts::Text(r#"{"region": "r0"}"#), ..Facts::default() };
    let request = Request { message: text.as_bytes(), server: "fs", direction: Direction::ToServer, facts };
    let input = Input { program, data: &data, caller: &caller, request, state: &state };
    let mut scratch = Scratch::new();
    let first = decide(&input, &mut scratch);
    let mut again = || {
        let decision = decide(&input, &mut scratch);
        assert_eq!(decision, first);
        scratch.recycle(decision);
    };
    again();
    let measured = allocation_counter::measure(again);
    (first, measured.count_total)
}

/// The effect of a call, and what deciding it again allocates.
fn effect_and_allocations(program: &Program, arguments: &str) -> (Effect, u64) {
    let (decision, allocations) = decision_and_allocations(program, arguments);
    (decision.effect, allocations)
}

#[test]
fn a_warm_decision_allocates_nothing() {
    for rules in [1, 10, 500] {
        let program = program(rules);
        for (arguments, effect) in [
            (r#"{"path": "/srv/d0/x", "mode": "m0", "limit": 3}"#, Effect::Allow),
            (r#"{"path": "/srv/d0/x", "mode": "m0", "limit": 300}"#, Effect::Deny),
            (r#"{"path": "/srv/d0/\u0078", "mode": "m0", "limit": 3}"#, Effect::Allow),
            (r#"{"path": "/elsewhere", "mode": "other", "limit": 3}"#, Effect::Deny),
            (r#"{"path": 7, "mode": "m0", "limit": 3}"#, Effect::Deny),
        ] {
            assert_eq!(effect_and_allocations(&program, arguments), (effect, 0), "{rules} rules, {arguments}");
        }
    }
}

#[test]
fn a_forbid_allocates_nothing() {
    let forbidden = r#"{"path": "/x", "mode": "force", "limit": 1}"#;
    assert_eq!(effect_and_allocations(&program(3), forbidden), (Effect::Deny, 0));
}

#[test]
fn what_is_reported_takes_the_memory_of_a_decision_that_was_handed_back() {
    let program = Program::load(&bundle(failing(100))).expect("it verifies");
    let arguments = r#"{"path": "/../x", "mode": "m0", "limit": 3}"#;
    let (decision, allocations) = decision_and_allocations(&program, arguments);
    assert_eq!((decision.errors.len(), decision.shadow.len()), (99, 1));
    assert_eq!(allocations, 0);
}

#[test]
fn loading_allocates_nothing_for_a_rule() {
    let allocations = |rules: usize| {
        let bundle = bundle(policy(rules));
        let load = || assert!(Program::load(&bundle).is_ok(), "it verifies");
        allocation_counter::measure(load).count_total
    };
    let (few, many) = (allocations(200), allocations(1_200));
    // Tables grow by doubling, and what is looked up by rows of trees has some memory for every few of them.
    assert!(many < few + 500, "{few} for 200 rules, {many} for 1,200");
}
