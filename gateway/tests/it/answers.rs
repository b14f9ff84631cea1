//! What a server answers: labels, redactions, and the same of its errors.

use crate::support::{MODERN, POLICY, bench, call, modern, only, reasons, sent, take};
use mcpz_gateway::record::Event;
use mcpz_gateway::wire::Side::{Client, Server};

#[test]
fn labels_of_a_result_are_known_to_the_next_call() {
    let bench = bench(POLICY);
    let mut conversation = bench.greeted(1000);
    let share = call(2, "share_note", r#"{"to":"bob@acme.example"}"#);
    assert_eq!(sent(&take(&mut conversation, Client, &share), Server).len(), 1);
    take(&mut conversation, Client, &call(1, "read_note", r#"{"id":"n1"}"#));
    take(&mut conversation, Server, r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"x"}]}}"#);
    let step = take(&mut conversation, Client, &share.replace(r#""id":2"#, r#""id":3"#));
    assert!(only(&step, Client).to_string().contains("after reading a note nothing leaves"));
    let mut again = bench.greeted(1000);
    assert!(sent(&take(&mut again, Client, &share), Server).is_empty(), "another connection of the same principal");
}

#[test]
fn results_are_redacted_in_both_copies_and_it_is_recorded() {
    let mut conversation = bench(POLICY).greeted(1000);
    take(&mut conversation, Client, &call(1, "customer", "{}"));
    let step = take(
        &mut conversation,
        Server,
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"ssn\":\"123456789\",\"k\":\"sk-a1\"}"}],"structuredContent":{"ssn":"123456789","k":"sk-a1"}}}"#,
    );
    let text = only(&step, Client).to_string();
    assert!(!text.contains("12345") && !text.contains("sk-a1") && text.contains("*****6789"), "{text}");
    assert_eq!(step.records[0].event, Event::Result);
    take(&mut conversation, Client, &call(2, "customer", "{}"));
    let step = take(
        &mut conversation,
        Server,
        r#"{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"ssn 123456789"}]}}"#,
    );
    assert_eq!(only(&step, Client)["error"]["data"]["reason"], "redaction");
}

#[test]
fn what_was_redacted_for_one_caller_is_not_kept_for_others() {
    let mut conversation = bench(POLICY).conversation(1000);
    let asks = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"customer","arguments":{{}},{MODERN}}}}}"#
    );
    assert_eq!(sent(&take(&mut conversation, Client, &asks), Server).len(), 1);
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","cacheScope":"public","content":[{"type":"text","text":"{\"k\":\"sk-abc\"}"}]}}"#;
    let step = take(&mut conversation, Server, answer);
    let result = &only(&step, Client)["result"];
    assert_eq!(result["cacheScope"], "private", "{result}");
    assert_eq!(result["content"][0]["text"], r#"{"k":"[key]"}"#);
}

/// A policy whose redaction is another.
fn hiding(what: &str) -> String {
    POLICY.replace("result.ssn keep last 4, result matching \"sk-[a-z0-9]+\" replace \"[key]\"", what)
}

#[test]
fn what_a_pattern_hides_is_hidden_wherever_it_stands_in_an_error() {
    let mut conversation = bench(&hiding("result matching \"sk-[a-z0-9]+\" replace \"[key]\"")).greeted(1000);
    take(&mut conversation, Client, &call(1, "customer", "{}"));
    let answer = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"bad key sk-abc","data":{"why":["sk-abc"]},"sk-abc":1,"cause":{"of":"sk-abc"}}}"#;
    let step = take(&mut conversation, Server, answer);
    let error = &only(&step, Client)["error"];
    assert_eq!((&error["code"], &error["message"]), (&(-32000).into(), &"bad key [key]".into()), "{error}");
    assert!(!error.to_string().contains("sk-abc"), "{error}");
    assert_eq!(reasons(&step), ["changed"]);
}

#[test]
fn an_error_has_no_fields_and_is_withheld_where_a_rule_hides_one() {
    for error in [
        r#"{"code":-32000,"message":"the ssn is 123456789"}"#,
        r#"{"code":-32000,"message":"no","data":{"ssn":"123456789"}}"#,
        r#"{"code":-32000,"message":"no","data":{"customer":{"ssn":"123456789"}}}"#,
        r#"{"code":-32000,"message":"no","data":"{\"ssn\":\"123456789\"}"}"#,
        r#"{"code":-32000,"message":"no","ssn":"123456789"}"#,
        r#"{"code":123456789,"message":"no"}"#,
    ] {
        let mut conversation = bench(&hiding("result.ssn keep last 4")).greeted(1000);
        take(&mut conversation, Client, &call(1, "customer", "{}"));
        let step = take(&mut conversation, Server, &format!(r#"{{"jsonrpc":"2.0","id":1,"error":{error}}}"#));
        let answer = only(&step, Client);
        assert!(!answer.to_string().contains("12345"), "{error}: {answer}");
        assert_eq!(answer["error"]["data"]["reason"], "redaction", "{error}: {answer}");
        assert_eq!(reasons(&step), ["redaction"], "{error}");
    }
}

#[test]
fn an_error_carries_the_label_of_a_field_with_all_its_values() {
    let policy = format!(
        "{}\n@id(\"no-copy\") forbid anyone to call notes.search_notes when args.query carries untrusted\n",
        POLICY.replace("label untrusted from notes.read_note", "label untrusted from notes.read_note: result.text")
    );
    for error in [
        r#"{"code":-32000,"message":"write to evil@x.example"}"#,
        r#"{"code":-32000,"message":"no","data":{"why":["evil@x.example"]}}"#,
    ] {
        let mut conversation = bench(&policy).greeted(1000);
        take(&mut conversation, Client, &call(1, "read_note", r#"{"id":"n1"}"#));
        take(&mut conversation, Server, &format!(r#"{{"jsonrpc":"2.0","id":1,"error":{error}}}"#));
        let step = take(&mut conversation, Client, &call(2, "search_notes", r#"{"query":"evil@x.example"}"#));
        assert_eq!(reasons(&step), ["forbidden"], "{error}");
        let step = take(&mut conversation, Client, &call(3, "search_notes", r#"{"query":"else"}"#));
        assert_eq!(reasons(&step), ["allowed"], "{error}");
    }
}

#[test]
fn traces_have_the_code_of_an_error_and_no_text_of_its_server() {
    for (error, said) in [
        (r#"{"code":-32000,"message":"no"}"#, "-32000"),
        (r#"{"code":"the ssn is 123456789","message":"no"}"#, "error"),
        (r#"{"code":{"ssn":123456789},"message":"no"}"#, "error"),
        (r#"{"code":1.5,"message":"no"}"#, "error"),
        (r#"{"message":"no"}"#, "error"),
    ] {
        let mut conversation = bench(POLICY).greeted(1000);
        take(&mut conversation, Client, &call(1, "search_notes", r#"{"query":"x"}"#));
        let step = take(&mut conversation, Server, &format!(r#"{{"jsonrpc":"2.0","id":1,"error":{error}}}"#));
        assert_eq!(step.ended.first().and_then(|call| call.error.as_deref()), Some(said), "{error}");
    }
}

#[test]
fn the_error_of_a_task_is_treated_as_that_of_its_call() {
    let mut conversation = bench(POLICY).conversation(1000);
    take(&mut conversation, Client, &modern(1, "tools/call", r#""name":"customer","arguments":{}"#));
    take(
        &mut conversation,
        Server,
        r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"t1","status":"working"}}"#,
    );
    let failed = r#""taskId":"t1","status":"failed","error":{"code":-32000,"message":"the ssn is 123456789"}"#;
    let told = format!(r#"{{"jsonrpc":"2.0","method":"notifications/tasks","params":{{{failed}}}}}"#);
    let step = take(&mut conversation, Server, &told);
    assert!(sent(&step, Client).is_empty() && reasons(&step) == ["redaction"], "{step:?}");
    take(&mut conversation, Client, &modern(2, "tasks/get", r#""taskId":"t1""#));
    let step = take(&mut conversation, Server, &format!(r#"{{"jsonrpc":"2.0","id":2,"result":{{{failed}}}}}"#));
    assert_eq!(only(&step, Client)["error"]["data"]["reason"], "redaction");
}

#[test]
fn the_result_of_a_task_is_redacted_wherever_it_comes() {
    let mut conversation = bench(POLICY).conversation(1000);
    let call = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"customer","arguments":{{}},{MODERN}}}}}"#
    );
    take(&mut conversation, Client, &call);
    take(
        &mut conversation,
        Server,
        r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"t1","status":"working"}}"#,
    );
    let result = r#"{"content":[],"structuredContent":{"ssn":"123456789"}}"#;
    let told =
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/tasks","params":{{"taskId":"t1","result":{result}}}}}"#);
    assert!(only(&take(&mut conversation, Server, &told), Client).to_string().contains("*****6789"));
    take(
        &mut conversation,
        Client,
        &format!(r#"{{"jsonrpc":"2.0","id":2,"method":"tasks/get","params":{{"taskId":"t1",{MODERN}}}}}"#),
    );
    let step = take(
        &mut conversation,
        Server,
        &format!(r#"{{"jsonrpc":"2.0","id":2,"result":{{"taskId":"t1","result":{result}}}}}"#),
    );
    assert!(only(&step, Client).to_string().contains("*****6789"), "{step:?}");
}

#[test]
fn progress_hides_and_carries_what_the_answer_would() {
    let policy = format!(
        "{POLICY}\nlabel customers from notes.customer\n@id(\"after\") forbid anyone to call notes.search_notes when session holds customers\n"
    );
    let bench = bench(&policy);
    let mut conversation = bench.greeted(1000);
    let ask = call(1, "customer", "{}").replace(r#""arguments""#, r#""_meta":{"progressToken":"t"},"arguments""#);
    take(&mut conversation, Client, &ask);
    let other = ask.replace(r#""id":1"#, r#""id":0"#).replace(r#""customer""#, r#""ping_me""#);
    assert_eq!(sent(&take(&mut conversation, Client, &other), Server).len(), 1, "a call with the same token");
    let told = |params: &str| {
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":"t",{params}}}}}"#)
    };
    let find = call(2, "search_notes", r#"{"query":"x"}"#);
    let plain = told(r#""progress":1"#);
    assert_eq!(sent(&take(&mut conversation, Server, &plain), Client), [plain]);
    assert_eq!(sent(&take(&mut conversation, Client, &find), Server).len(), 1, "nothing was seen yet");
    let step = take(&mut conversation, Server, &told(r#""progress":2,"message":"the ssn is 123456789""#));
    assert_eq!(only(&step, Client)["params"], serde_json::json!({"progressToken": "t", "progress": 2}));
    let find = find.replace(r#""id":2"#, r#""id":3"#);
    assert_eq!(reasons(&take(&mut conversation, Client, &find)), ["forbidden"]);
}
