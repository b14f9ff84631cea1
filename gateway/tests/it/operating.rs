//! What operators are promised: no bundle is served that asks for more than there is, vectors assert something, what is
//! done at the control socket is written down.

use crate::support::peer::{Folder, gateway_of, soon};
use crate::support::{POLICY, material};
use mcpz_gateway::audit::entry::Reader;
use mcpz_gateway::audit::keys::write_pair;
use mcpz_gateway::config::Config;
use mcpz_gateway::control::protocol::Answer;
use mcpz_gateway::control::{Ask, Subject, client};
use mcpz_gateway::policy::{Demands, MustDeny, Store, Who};
use mcpz_gateway::serve;
use serde_json::{Value, json};
use std::sync::Arc;

/// Why a policy with these vectors is refused.
fn refusal(policy: &str, who: Option<Who>, server: &str, message: &str) -> Option<String> {
    let policy = policy.to_owned();
    let vector = MustDeny { server: server.to_owned(), message: message.to_owned(), who };
    let demands = Demands { must_deny: vec![vector], is_unaudited: false };
    Store::open(Arc::new(move || Ok(material(&policy))), demands).err().map(|error| error.0)
}

fn calls(tool: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {"query": "x"}}})
        .to_string()
}

#[test]
fn a_vector_that_asserts_nothing_is_refused() {
    for (server, message, part) in [
        ("note", calls("search_notes"), "no such server"),
        ("notes", calls("search_note"), "no such tool"),
        ("notes", "{\"jsonrpc\"".to_owned(), "no JSON"),
    ] {
        let why = refusal(POLICY, None, server, &message).unwrap();
        assert!(why.contains("asserts nothing") && why.contains(part), "{why}");
    }
    assert_eq!(refusal(POLICY, None, "notes", &calls("search_notes")), None, "nobody known may do nothing");
}

#[test]
fn vectors_are_of_callers_that_there_can_be() {
    let issuer = "issuer corp { url \"https://id\" audience \"x\" claims { sub: string } }\n\
                  user ann from corp where claims.sub == \"ann\"\n\
                  agent assistant from corp where claims.sub == \"bot\" acts for ann\n\
                  agent robot from mtls where spiffe == \"spiffe://acme.example/robot\"\n";
    let policy = POLICY.replace("agent assistant from local where uid == 1000", issuer)
        + "\npermit robot to call notes.search_notes\npermit ann to call notes.search_notes\n\
           permit assistant acting for ann to call notes.search_notes\n";
    let token = |claims: Value| Some(Who::Token { issuer: "corp".to_owned(), claims: claims.to_string() });
    let may = |who: Option<Who>| refusal(&policy, who, "notes", &calls("search_notes"));
    let allowed = |who: Option<Who>| may(who).is_some_and(|why| why.contains("must be denied and is not"));
    assert!(allowed(token(json!({"sub": "bot"}))), "{:?}", may(token(json!({"sub": "bot"}))));
    let acting = token(json!({"sub": "ann", "act": {"sub": "bot"}}));
    assert!(allowed(acting.clone()), "{:?}", may(acting));
    assert!(allowed(Some(Who::Spiffe("spiffe://acme.example/robot".to_owned()))));
    assert_eq!(may(token(json!({"sub": "eve"}))), None);
    assert_eq!(may(Some(Who::Spiffe("spiffe://acme.example/other".to_owned()))), None);
    let of_nobody = |who: Option<Who>| may(who).is_some_and(|why| why.contains("of nobody that there can be"));
    assert!(of_nobody(Some(Who::Token { issuer: "crop".to_owned(), claims: "{\"sub\":\"bot\"}".to_owned() })));
    assert!(of_nobody(token(json!({}))), "a token has a subject");
}

#[tokio::test]
async fn a_policy_that_asks_for_an_audit_log_is_not_served_without() {
    let folder = Folder::new();
    let config = format!(
        "policy = {:?}\n[listen]\naddress = \"127.0.0.1:0\"\n[server.notes]\nurl = \"http://127.0.0.1:1\"\n",
        folder.folder.path()
    );
    let compile = Arc::new(|_: &std::path::Path| Ok(material(POLICY)));
    let error = serve::start(&Config::parse(&config).unwrap(), compile).await.err().unwrap().to_string();
    assert!(error.contains("`audited`") && error.contains("audit log"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_do_is_written_down() {
    let folder = Folder::new();
    write_pair(&folder.path("audit.key"), &folder.path("audit.pub")).unwrap();
    let path = |name: &str| folder.path(name).display().to_string();
    let config = format!(
        "policy = {:?}\n[listen]\naddress = \"127.0.0.1:0\"\n[audit]\nfolder = {:?}\nkey = {:?}\n\
         [control]\nsocket = {:?}\nstate = {:?}\n[server.notes]\n",
        folder.folder.path(),
        path("log"),
        path("audit.key"),
        path("run/control.sock"),
        path("isolated.json"),
    );
    let policy = POLICY.replace(r#"command ["notes-server"]"#, "endpoint \"http://127.0.0.1:1\"");
    let running = gateway_of(&config, &policy).await.unwrap();
    let socket = folder.path("run/control.sock");
    let subject = Subject::Server("notes".to_owned());
    for ask in [
        Ask::Isolate { subject: subject.clone(), for_ms: Some(60_000), reason: "incident 42".to_owned() },
        Ask::Restore { subject: Some(subject), reason: "it is over".to_owned() },
    ] {
        let socket = socket.clone();
        let answer = tokio::task::spawn_blocking(move || client::ask(&socket, &ask)).await.unwrap().unwrap();
        assert!(matches!(answer, Answer::Isolated { .. } | Answer::Restored { count: 1 }), "{answer:?}");
    }
    soon(running.stop()).await;
    let mut found = Vec::new();
    let take = |entry: mcpz_gateway::audit::entry::Entry| {
        if entry.text("kind") == "control" {
            found.push(entry.record);
        }
    };
    Reader::new(&folder.path("log")).read(take).unwrap();
    let said: Vec<&str> = found.iter().filter_map(|record| record["reason"].as_str()).collect();
    assert_eq!(said, ["state_made", "isolated", "restoring"]);
    assert!(found[1]["target"].as_str().unwrap().contains("notes"), "{found:?}");
    let words: Value = serde_json::from_str(found[1]["arguments"]["text"].as_str().unwrap()).unwrap();
    assert_eq!(words, json!({"for_ms": 60_000, "reason": "incident 42"}));
}
