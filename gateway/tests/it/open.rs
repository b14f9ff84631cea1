//! What stays open: subscriptions and tasks, and what cuts them.

use crate::support::{MODERN, POLICY, bench, call, modern, only, reasons, sent, take};
use mcpz_gateway::proxy::{Action, Conversation};
use mcpz_gateway::record::Event;
use mcpz_gateway::wire::Side::{Client, Server};

#[test]
fn a_subscription_of_the_newer_era_is_allowed_as_a_whole() {
    let mut conversation = bench(POLICY).conversation(1000);
    let listen = |id: u32, uris: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"subscriptions/listen","params":{{"notifications":{{"resourceSubscriptions":[{uris}]}},{MODERN}}}}}"#
        )
    };
    let step = take(&mut conversation, Client, &listen(1, r#""note:///inbox/hello","note:///secret/a""#));
    assert!(sent(&step, Server).is_empty(), "{step:?}");
    let good = listen(2, r#""note:///inbox/hello""#);
    assert_eq!(sent(&take(&mut conversation, Client, &good), Server), [good]);
    hears_of_the_inbox_alone(&mut conversation);
}

#[test]
fn subscriptions_are_heard_of_only_when_they_were_allowed() {
    let mut conversation = bench(POLICY).greeted(1000);
    let subscribe = |id: u32, uri: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"resources/subscribe","params":{{"uri":"{uri}"}}}}"#)
    };
    assert_eq!(sent(&take(&mut conversation, Client, &subscribe(1, "note:///inbox/hello")), Server).len(), 1);
    take(&mut conversation, Server, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    assert!(sent(&take(&mut conversation, Client, &subscribe(2, "note:///secret/a")), Server).is_empty());
    hears_of_the_inbox_alone(&mut conversation);
}

#[test]
fn the_kill_switch_cuts_what_is_open() {
    let bench = bench(POLICY);
    let mut conversation = bench.greeted(1000);
    take(&mut conversation, Client, &call(1, "search_notes", r#"{"query":"x"}"#));
    assert!(conversation.changed(1_000).is_empty());
    bench.isolate_server();
    let step = conversation.changed(1_000);
    assert_eq!(only(&step, Client)["error"]["data"]["reason"], "isolated");
    assert!(sent(&step, Server)[0].contains("notifications/cancelled"));
    assert!(step.then.contains(&Action::End { reason: "isolated" }));
    let late = take(&mut conversation, Server, r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#);
    assert!(sent(&late, Client).is_empty());
    let ping = take(&mut conversation, Client, r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#);
    assert!(sent(&ping, Server).is_empty());
}

#[test]
fn a_task_belongs_to_whoever_called() {
    let bench = bench(POLICY);
    let modern = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"search_notes","arguments":{{"query":"x"}},{MODERN}}}}}"#
    );
    let mut conversation = bench.conversation(1000);
    take(&mut conversation, Client, &modern);
    take(
        &mut conversation,
        Server,
        r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"t1","status":"working"}}"#,
    );
    let get = format!(r#"{{"jsonrpc":"2.0","id":2,"method":"tasks/get","params":{{"taskId":"t1",{MODERN}}}}}"#);
    assert_eq!(sent(&take(&mut conversation, Client, &get), Server), std::slice::from_ref(&get));
    let told = r#"{"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":"t1","status":"completed","result":{"content":[]}}}"#;
    assert_eq!(sent(&take(&mut conversation, Server, told), Client), [told]);
    let mut other = bench.conversation(1001);
    assert!(sent(&take(&mut other, Server, told), Client).is_empty());
    let step = take(&mut other, Client, &get);
    assert!(sent(&step, Server).is_empty() && reasons(&step) == ["foreign_task"]);
    bench.isolate_tool("search_notes");
    assert_eq!(reasons(&take(&mut conversation, Client, &get.replace(r#""id":2"#, r#""id":3"#))), ["isolated"]);
}

#[test]
fn a_cut_does_not_wait_for_its_record() {
    let bench = bench(POLICY);
    let mut conversation = bench.greeted(1000);
    take(&mut conversation, Client, &call(1, "search_notes", r#"{"query":"x"}"#));
    bench.isolate_server();
    let step = conversation.changed(1_000);
    assert!(step.then.contains(&Action::End { reason: "isolated" }));
    assert_eq!(step.otherwise, step.then, "it is done when the records cannot be written, too");
}

/// A subscription of the newer era to resources that may be subscribed to.
fn listen(id: u32, uris: impl Iterator<Item = u32>) -> String {
    let uris: Vec<String> = uris.map(|uri| format!(r#""note:///inbox/{uri}""#)).collect();
    let params = format!(r#""notifications":{{"resourceSubscriptions":[{}]}}"#, uris.join(","));
    modern(id, "subscriptions/listen", &params)
}

/// Whether the client hears that a resource has changed.
fn hears(conversation: &mut Conversation, uri: u32) -> bool {
    let told = format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{{"uri":"note:///inbox/{uri}"}}}}"#
    );
    !sent(&take(conversation, Server, &told), Client).is_empty()
}

#[test]
fn a_subscription_ends_with_its_request() {
    let mut conversation = bench(POLICY).conversation(1000);
    let cancelled = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#;
    for (id, end, from) in [(1, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Server), (2, cancelled, Client)] {
        assert_eq!(sent(&take(&mut conversation, Client, &listen(id, [id, 9].into_iter())), Server).len(), 1);
        assert!(hears(&mut conversation, id) && hears(&mut conversation, 9));
        take(&mut conversation, from, end);
        assert!(!hears(&mut conversation, id) && !hears(&mut conversation, 9), "{id}");
    }
    take(&mut conversation, Client, &listen(3, [7].into_iter()));
    take(&mut conversation, Client, &listen(4, [7].into_iter()));
    assert!(conversation.forget(&mcpz_gateway::wire::Token::Number(3)));
    assert!(hears(&mut conversation, 7), "another still waits for it");
}

#[test]
fn subscriptions_are_bounded() {
    let mut conversation = bench(POLICY).conversation(1000);
    for id in 0..10 {
        let some = listen(id, (id * 1000)..(id + 1) * 1000);
        assert_eq!(sent(&take(&mut conversation, Client, &some), Server).len(), 1, "{id}");
    }
    let more = listen(10, [1].into_iter());
    assert_eq!(reasons(&take(&mut conversation, Client, &more)), ["too_many_open"]);
    take(&mut conversation, Server, r#"{"jsonrpc":"2.0","id":3,"result":{}}"#);
    assert_eq!(sent(&take(&mut conversation, Client, &more), Server).len(), 1, "there is room again");
}

#[test]
fn a_subscription_to_many_resources_is_cut_once() {
    let bench = bench(POLICY);
    let mut conversation = bench.conversation(1000);
    take(&mut conversation, Client, &listen(1, 0..3));
    let without = POLICY.replace("permit assistant to subscribe", "permit other to subscribe");
    *bench.material.lock().unwrap() = Ok(crate::support::material(&without));
    bench.shared.policy.reload().unwrap();
    let step = conversation.changed(1_000);
    let cuts = step.records.iter().filter(|record| record.event == Event::Cut);
    assert_eq!(cuts.count(), 1, "{:?}", step.records);
    assert_eq!(sent(&step, Client).len(), 1);
    assert!(!hears(&mut conversation, 1));
}

/// Of the two resources that change, the client is told of the one it may read.
fn hears_of_the_inbox_alone(conversation: &mut Conversation) {
    let updated = |uri: &str| {
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{{"uri":"{uri}"}}}}"#)
    };
    assert_eq!(sent(&take(conversation, Server, &updated("note:///inbox/hello")), Client).len(), 1);
    assert!(sent(&take(conversation, Server, &updated("note:///secret/a")), Client).is_empty());
}
