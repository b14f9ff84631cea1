//! Every recorded session of the examples decides through the C interface as it does in Rust, in full: from one
//! thread, and from several that share program and principals.

#[path = "boundary/bridge.rs"]
mod bridge;
#[path = "boundary/handles.rs"]
mod handles;

use bridge::{Bridge, Broken, view};
use handles::{Decision, Principal, Program, Scratch, request};
use mcpz::case::Case;
use mcpz::engine::Engine;
use mcpz_capi::*;
use mcpz_runtime::report::decision_json;
use mcpz_runtime::request::Direction;
use mcpz_tests::built::built;
use mcpz_tests::packages::repository;
use serde_json::Value;
use std::net::IpAddr;
use std::ptr;

/// A line of a session: the case, and credential and scopes as they were written.
struct Line {
    case: Case,
    chain: String,
    scopes: String,
}

/// The bundle and session of an example.
fn example(name: &str) -> (Vec<u8>, Vec<Line>) {
    let folder = repository().join("examples").join(name);
    let text = std::fs::read_to_string(folder.join("traffic/session.jsonl")).expect("a session");
    let texts = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let Ok(cases) = mcpz::case::session(&text, 0, name) else { panic!("{name}: a sound session") };
    let lines = texts.zip(cases).map(|(text, case)| {
        let line: Value = serde_json::from_str(text).expect("JSON");
        let scopes = line.get("scopes").map(Value::to_string).unwrap_or_default();
        Line { case, chain: line["as"].to_string(), scopes }
    });
    (built(&folder).bytes, lines.collect())
}

/// Decides a line through the C interface.
fn decide(program: &Program, principal: &Principal, line: &Line, server: &str, scratch: &Scratch) -> String {
    decide_with(program, principal, line, server, scratch, Broken::No).json(program)
}

/// Decides a line through the C interface, with callbacks that may be broken.
fn decide_with(
    program: &Program,
    principal: &Principal,
    line: &Line,
    server: &str,
    scratch: &Scratch,
    broken: Broken,
) -> Decision {
    let case = &line.case;
    let bridge = Bridge::new(&case.state, broken);
    let address = case.network.map(|address| match address {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(six) => six.octets().to_vec(),
    });
    let mut asked = request(server, &case.message, case.now_ms);
    asked.direction = i32::from(case.direction == Direction::ToClient);
    asked.context = case.context.as_deref().map_or(asked.context, view);
    asked.network = address.as_deref().map_or(asked.network, bridge::view_of);
    let (table, decision) = (bridge.table(), Decision::new());
    // SAFETY: all handles live, and the structures are whole.
    let status =
        unsafe { mcpz_decide(program.0, principal.0, scratch.0, &raw const asked, &raw const table, decision.0) };
    assert_eq!(status, Status::Ok);
    decision
}

#[test]
fn sessions_decide_as_in_rust() {
    for name in ["quickstart", "payments", "filesystem"] {
        let (bundle, lines) = example(name);
        let Ok(engine) = Engine::load(&bundle) else { panic!("{name}: a sound bundle") };
        let program = Program::load(&bundle).unwrap_or_else(|(_, error)| panic!("{name}: {error}"));
        let (scratch, server) = (Scratch::new(), engine.image().servers[0].name.clone());
        let mut effects = Vec::new();
        for line in &lines {
            let principal = Principal::new(&program, line.chain.as_bytes(), line.scopes.as_bytes());
            let principal = principal.unwrap_or_else(|(_, error)| panic!("{name}: {error}"));
            let expected = engine.decide(&line.case).unwrap_or_else(|_| panic!("{name}: a sound case"));
            let json = decide(&program, &principal, line, &server, &scratch);
            assert_eq!(json, decision_json(engine.image(), &expected), "{name}: {:?}", line.case.title);
            effects.push(expected.effect.name());
        }
        assert!(effects.contains(&"allow") && effects.contains(&"deny"), "{name}: {effects:?}");
    }
}

#[test]
fn accessors_agree_with_the_whole() {
    let (bundle, lines) = example("payments");
    let program = Program::load(&bundle).unwrap_or_else(|(_, error)| panic!("{error}"));
    let (scratch, decision) = (Scratch::new(), Decision::new());
    for line in &lines {
        let principal = Principal::new(&program, line.chain.as_bytes(), b"").expect("a sound credential");
        let asked = request("payments", &line.case.message, line.case.now_ms);
        // SAFETY: all handles live, the structure is whole, and no state is allowed.
        let status =
            unsafe { mcpz_decide(program.0, principal.0, scratch.0, &raw const asked, ptr::null(), decision.0) };
        assert_eq!(status, Status::Ok);
        let whole: Value = serde_json::from_str(&decision.json(&program)).expect("JSON");
        let effect = match decision.effect() {
            Effect::Deny => "deny",
            Effect::Allow => "allow",
            Effect::Challenge => "challenge",
        };
        assert_eq!((effect, decision.reason()), (whole["effect"].as_str().unwrap(), whole["reason"].as_str().unwrap()));
        assert_eq!(decision.rule(&program), whole["rule"]["id"].as_str().unwrap_or_default());
        let mut digests = [[0_u8; 32]; 2];
        let [of_decision, of_program] = &mut digests;
        // SAFETY: the handle lives, and there is room for the digest.
        assert_eq!(unsafe { mcpz_decision_digest(decision.0, of_decision.as_mut_ptr()) }, Status::Ok);
        // SAFETY: the handle lives, and there is room for the digest.
        assert_eq!(unsafe { mcpz_program_digest(program.0, of_program.as_mut_ptr()) }, Status::Ok);
        assert!(digests[0] == digests[1] && digests[0] != [0; 32]);
    }
}

/// What threads may share, as the header promises it.
struct Shared<'a>(&'a Program, &'a [Principal]);
// SAFETY: programs and principals never change; `decide.rs` asserts that what they hold is `Sync`.
unsafe impl Sync for Shared<'_> {}

#[test]
fn threads_share_program_and_principals() {
    let (bundle, lines) = example("payments");
    let program = Program::load(&bundle).unwrap_or_else(|(_, error)| panic!("{error}"));
    let principal = |line: &Line| Principal::new(&program, line.chain.as_bytes(), line.scopes.as_bytes());
    let principals: Vec<Principal> = lines.iter().map(|line| principal(line).expect("sound")).collect();
    let shared = Shared(&program, &principals);
    let all = || {
        let (Shared(program, principals), scratch) = (&shared, Scratch::new());
        let decided = lines.iter().zip(*principals);
        decided.map(|(line, principal)| decide(program, principal, line, "payments", &scratch)).collect::<Vec<_>>()
    };
    let alone = all();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| [all(), all()])).collect();
        for thread in threads {
            assert_eq!(thread.join().expect("no panic"), [alone.clone(), alone.clone()]);
        }
    });
}

/// Whatever way a store is out of reach, no call is allowed; only what keeps the protocol going and lists pass.
#[test]
fn broken_callbacks_deny() {
    let (bundle, lines) = example("payments");
    let (program, scratch) = (Program::load(&bundle).expect("a sound bundle"), Scratch::new());
    for line in &lines {
        let principal = Principal::new(&program, line.chain.as_bytes(), line.scopes.as_bytes()).expect("sound");
        let decide = |broken| decide_with(&program, &principal, line, "payments", &scratch, broken);
        let missing = decide(Broken::Missing);
        if missing.effect() == Effect::Allow {
            assert!(["list", "protocol"].contains(&missing.reason()), "{}", missing.reason());
        }
        for broken in [Broken::Says(MCPZ_ANSWER_FAILED), Broken::Says(2), Broken::Says(i32::MAX), Broken::Unwritten] {
            assert_eq!(decide(broken).json(&program), missing.json(&program), "{broken:?}");
        }
    }
}

/// A state whose callback decides again with the same scratch memory.
#[test]
fn scratch_memory_in_use_is_refused() {
    struct Again(Program, Principal, Scratch, Decision);
    unsafe extern "C" fn isolated(user: *mut std::ffi::c_void, _: i32, _: Bytes, _: Bytes) -> i32 {
        // SAFETY: `user` is the structure of this test.
        let again = unsafe { &*user.cast_const().cast::<Again>() };
        let asked = request("notes", b"{}", 0);
        // SAFETY: all handles live; the decision is another than the one being made.
        let status = unsafe { mcpz_decide(again.0.0, again.1.0, again.2.0, &raw const asked, ptr::null(), again.3.0) };
        assert_eq!(status, Status::Busy);
        MCPZ_ANSWER_FAILED
    }
    let (bundle, lines) = example("quickstart");
    let program = Program::load(&bundle).unwrap_or_else(|(_, error)| panic!("{error}"));
    let principal = Principal::new(&program, lines[1].chain.as_bytes(), b"").expect("a sound credential");
    let again = Again(program, principal, Scratch::new(), Decision::new());
    let nothing = Default::default();
    let mut table = Bridge::new(&nothing, Broken::Missing).table();
    table.user = ptr::from_ref(&again).cast_mut().cast();
    table.isolated = Some(isolated);
    let (asked, decision) = (request("notes", &lines[1].case.message, 0), Decision::new());
    // SAFETY: all handles live, and the structures are whole.
    let status =
        unsafe { mcpz_decide(again.0.0, again.1.0, again.2.0, &raw const asked, &raw const table, decision.0) };
    assert_eq!((status, decision.effect(), decision.reason()), (Status::Ok, Effect::Deny, "state_error"));
    assert_eq!((again.3.effect(), again.3.reason()), (Effect::Deny, "boundary_busy"));
}
