//! Traces from end to end: a receiver of OTLP, a gateway, a server.

use crate::stdio::{Client, options};
use crate::support::peer::{Folder, HttpPeer, gateway, post, raw, serve_http, soon};
use crate::support::{INITIALIZE, POLICY};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use mcpz_gateway::serve::RunOptions;
use mcpz_gateway::telemetry;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

const VERSION: (&str, &str) = ("MCP-Protocol-Version", "2025-11-25");
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Spans that were received.
#[derive(Clone, Default)]
struct Receiver {
    spans: Arc<Mutex<Vec<Value>>>,
    more: Arc<Notify>,
}

impl Receiver {
    async fn start() -> (Receiver, String) {
        let receiver = Receiver::default();
        let serving = receiver.clone();
        let url = serve_http(None, move |request| {
            let receiver = serving.clone();
            async move {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                let body: Value = serde_json::from_slice(&body).unwrap();
                let spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone();
                receiver.spans.lock().unwrap().extend(spans);
                receiver.more.notify_waiters();
                hyper::Response::new(Full::new(Bytes::from_static(b"{}")))
            }
        });
        (receiver, url.await)
    }

    /// The span of a kind that a call of this query's decision has, once it came.
    async fn span(&self, trace: &str, kind: u8, name: &str) -> Value {
        soon(async {
            loop {
                let more = self.more.notified();
                let found = self
                    .spans
                    .lock()
                    .unwrap()
                    .iter()
                    .find(|span| {
                        span["kind"] == kind && span["name"] == name && (trace.is_empty() || span["traceId"] == trace)
                    })
                    .cloned();
                match found {
                    Some(found) => return found,
                    None => more.await,
                }
            }
        })
        .await
    }
}

fn attribute<'a>(span: &'a Value, key: &str) -> Option<&'a str> {
    let all = span["attributes"].as_array().unwrap();
    all.iter().find(|row| row["key"] == key).and_then(|row| row["value"]["stringValue"].as_str())
}

fn search(id: u32, traceparent: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"search_notes","arguments":{{"query":"x"}},"_meta":{{"traceparent":"{traceparent}"}}}}}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_has_a_span_below_its_decisions_in_the_trace_that_it_names() {
    let folder = Folder::new();
    let (receiver, url) = Receiver::start().await;
    let (_peer, place) = HttpPeer::start(false).await;
    let policy = POLICY.replace("permit assistant", "permit anonymous").replace("for assistant", "for anonymous");
    let policy = policy.replace(r#"command ["notes-server"]"#, &format!("endpoint {place:?}"));
    let running = gateway(&folder, &format!("[telemetry]\notlp = {url:?}"), &policy).await;
    let greeted = raw(running.address, &post(INITIALIZE, &[])).await;
    let id = greeted.headers["mcp-session-id"].clone();
    let headers = [("Mcp-Session-Id", id.as_str()), VERSION];
    raw(running.address, &post(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, &headers)).await;
    let parent = format!("00-{TRACE}-{PARENT}-01");
    assert_eq!(raw(running.address, &post(&search(1, &parent), &headers)).await.status, 200);
    let decision = receiver.span(TRACE, 2, "tools/call search_notes").await;
    assert_eq!(decision["parentSpanId"], PARENT);
    assert_eq!(attribute(&decision, "mcpz.effect"), Some("allow"));
    let called = receiver.span(TRACE, 3, "tools/call search_notes").await;
    assert_eq!(called["parentSpanId"], decision["spanId"]);
    assert_eq!(attribute(&called, "mcp.method.name"), Some("tools/call"));
    assert_eq!(attribute(&called, "gen_ai.tool.name"), Some("search_notes"));
    assert_eq!(attribute(&called, "mcp.protocol.version"), Some("2025-11-25"));
    assert_eq!(attribute(&called, "error.type"), None);
    let nanoseconds = |key: &str| called[key].as_str().unwrap().parse::<u64>().unwrap();
    assert!(nanoseconds("endTimeUnixNano") >= nanoseconds("startTimeUnixNano"));
    // What is no parent is passed over: the call has a trace of its own.
    for (id, bad) in (2..).zip(["00-0-0-01", &parent.replace(TRACE, &"0".repeat(32)), &parent.to_uppercase(), "x"]) {
        receiver.spans.lock().unwrap().clear();
        assert_eq!(raw(running.address, &post(&search(id, bad), &headers)).await.status, 200);
        let decision = receiver.span("", 2, "tools/call search_notes").await;
        assert_eq!(decision["parentSpanId"], "", "{bad}");
        assert_ne!(decision["traceId"], TRACE, "{bad}");
        let called = receiver.span(decision["traceId"].as_str().unwrap(), 3, "tools/call search_notes").await;
        assert_eq!(called["parentSpanId"], decision["spanId"], "{bad}");
    }
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrapped_server_has_the_same_spans_and_they_are_sent_before_the_command_ends() {
    let folder = Folder::new();
    let (receiver, url) = Receiver::start().await;
    let telemetry = telemetry::Config { otlp: Some(url), ..telemetry::Config::default() };
    let mut client = Client::greeted_with(RunOptions { telemetry, ..options(&folder) }).await;
    assert!(client.ask(&search(7, &format!("00-{TRACE}-{PARENT}-01"))).await["result"].is_object());
    client.leave().await;
    let spans = receiver.spans.lock().unwrap();
    let of_call: Vec<&Value> = spans.iter().filter(|span| span["traceId"] == TRACE).collect();
    let kinds: Vec<Option<u64>> = of_call.iter().map(|span| span["kind"].as_u64()).collect();
    assert!(kinds.contains(&Some(2)) && kinds.contains(&Some(3)), "{of_call:#?}");
    assert!(of_call.iter().any(|span| attribute(span, "gen_ai.tool.name") == Some("search_notes")));
}
