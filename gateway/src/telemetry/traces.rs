//! Spans, sent by OTLP over HTTP as JSON: one for each decision (of kind server), and below it one for the request that
//! was forwarded (of kind client), which lasts until it was answered.
//!
//! Spans are named and described as OpenTelemetry's conventions for MCP ask. A span belongs to the trace that the message
//! names in `_meta.traceparent`; without one it begins a trace. The ids of both spans come from the decision's, so that
//! each knows the other. Spans wait in a bounded queue and are dropped, not waited
//! for, when the receiver is slow.

use super::Config;
use crate::policy::hex;
use crate::record::{Call, Event, Record};
use crate::tls;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// Spans that may wait.
const QUEUE: usize = 4096;
/// Longest target of a span, in bytes.
const MAX_TARGET: usize = 256;
/// Spans sent in one go.
const MAX_BATCH: usize = 512;
/// How long a batch waits for more.
const GATHERING: Duration = Duration::from_millis(500);
/// How long the receiver may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// What is read of an answer, in bytes.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Where spans go. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Traces {
    queue: Option<Sender<Task>>,
    dropped: Arc<AtomicU64>,
}

/// What the exporter is to do.
enum Task {
    /// Send a span, with others.
    Send(Value),
    /// Send what has gathered, and say when that is done.
    Flush(oneshot::Sender<()>),
}

impl Traces {
    /// Nowhere.
    pub fn off() -> Traces {
        Traces { queue: None, dropped: Arc::default() }
    }

    /// To the configured receiver, or nowhere.
    pub fn start(config: &Config) -> Result<Traces, String> {
        let Some(endpoint) = &config.otlp else { return Ok(Traces::off()) };
        let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let uri: http::Uri =
            url.parse().map_err(|_| format!("telemetry.otlp: `{}` is no URL", endpoint.escape_debug()))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err("telemetry.otlp: give an http or https URL".to_owned());
        }
        let client =
            tls::client(config.otlp_ca_file.as_deref()).map_err(|error| format!("telemetry.otlp_ca_file: {error}"))?;
        let (queue, spans) = channel(QUEUE);
        let exporter = Exporter { client: tls::pooled(client), uri, service: config.service.clone() };
        tokio::spawn(exporter.run(spans));
        Ok(Traces { queue: Some(queue), dropped: Arc::default() })
    }

    /// Sends a span for the record of a decision; never waits.
    pub fn decided(&self, record: &Record) {
        if record.event == Event::Decision {
            self.send(|| span(record));
        }
    }

    /// Sends a span for a request that was forwarded and has ended; never waits.
    pub fn called(&self, call: &Call) {
        self.send(|| call_span(call));
    }

    fn send(&self, span: impl FnOnce() -> Value) {
        if self.queue.as_ref().is_some_and(|queue| queue.try_send(Task::Send(span())).is_err()) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Sends what waits. Ends when the receiver took it, or has had its time.
    pub async fn flush(&self) {
        let Some(queue) = &self.queue else { return };
        let (done, is_done) = oneshot::channel();
        let flushed = async {
            if queue.send(Task::Flush(done)).await.is_ok() {
                let _ = is_done.await;
            }
        };
        // What is being sent may take as long before.
        let _ = tokio::time::timeout(2 * PATIENCE, flushed).await;
    }

    /// Spans that were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// `traceparent` (W3C Trace Context, version 00): the trace, and the span that asks.
pub fn parent(traceparent: &str) -> Option<(&str, &str)> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let is_named = |text: &str| text.bytes().any(|byte| byte != b'0');
    let fits = is_hex(version, 2) && version != "ff" && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
    let ends = version != "00" || parts.next().is_none();
    (fits && ends && is_named(trace) && is_named(span)).then_some((trace, span))
}

/// A target, as far as it is kept: any text of any length may be asked for, and spans wait in memory.
fn clipped(target: Option<&str>) -> &str {
    let target = target.unwrap_or_default();
    target.get(..target.floor_char_boundary(MAX_TARGET)).unwrap_or(target)
}

fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// An id of so many bytes that belongs to a decision, and to nothing else of it.
fn derived(what: &str, decision: &str, bytes: usize) -> String {
    let digest = Sha256::digest(format!("{what} {decision}"));
    hex(digest.get(..bytes).unwrap_or_default())
}

/// The decision's own span.
fn own_span(decision: &str) -> String {
    derived("decision", decision, 8)
}

/// The trace of a decision: the one that the message names, or a new one.
fn trace(named: Option<&str>, decision: &str) -> String {
    named.map_or_else(|| derived("trace", decision, 16), str::to_owned)
}

/// What the conventions say of a method and its target.
fn described(method: &str, action: Option<&str>, target: &str) -> Vec<Value> {
    let mut attributes = vec![attribute("mcp.method.name", method)];
    match action {
        Some("call") => {
            attributes.push(attribute("gen_ai.tool.name", target));
            attributes.push(attribute("gen_ai.operation.name", "execute_tool"));
        }
        Some("read" | "subscribe") => attributes.push(attribute("mcp.resource.uri", target)),
        Some("get") => attributes.push(attribute("gen_ai.prompt.name", target)),
        _ => {}
    }
    attributes
}

/// `{method} {target}`, where the target is a name of few: it was allowed, so a server declares it.
fn name(method: &str, action: Option<&str>, target: &str, is_allowed: bool) -> String {
    let is_named = is_allowed && matches!(action, Some("call" | "get")) && !target.is_empty();
    if is_named { format!("{method} {target}") } else { method.to_owned() }
}

fn nanoseconds(at_ms: i64, more_us: i128) -> String {
    (i128::from(at_ms).saturating_mul(1_000_000).saturating_add(more_us.saturating_mul(1000))).max(0).to_string()
}

/// The span of a decision.
fn span(record: &Record) -> Value {
    let method = if record.method.is_empty() { record.event.name() } else { &record.method };
    let target = clipped(record.target.as_deref());
    let mut attributes = described(method, record.action, target);
    attributes.extend([
        attribute("mcpz.effect", record.effect),
        attribute("mcpz.reason", &record.reason),
        attribute("mcpz.server", &record.server),
        attribute("mcpz.decision.id", &record.id),
        attribute("mcpz.bundle", &record.bundle),
    ]);
    if let Some(session) = &record.session {
        attributes.push(attribute("mcp.session.id", session));
    }
    if let Some(rule) = record.rules.first() {
        attributes.push(attribute("mcpz.rule", rule));
    }
    let is_denied = record.effect != "allow";
    if is_denied {
        attributes.push(attribute("error.type", &record.reason));
    }
    json!({
        "traceId": trace(record.trace_id.as_deref(), &record.id),
        "spanId": own_span(&record.id),
        "parentSpanId": record.parent_span.as_deref().unwrap_or_default(),
        "name": name(method, record.action, target, !is_denied),
        "kind": 2,
        "startTimeUnixNano": nanoseconds(record.at_ms, -i128::from(record.latency_us)),
        "endTimeUnixNano": nanoseconds(record.at_ms, 0),
        "attributes": attributes,
        "status": if is_denied { json!({"code": 2}) } else { json!({}) },
    })
}

/// The span of a request that was forwarded, below that of its decision.
fn call_span(call: &Call) -> Value {
    let target = clipped(call.target.as_deref());
    let mut attributes = described(&call.method, call.action, target);
    attributes.extend([attribute("mcpz.server", &call.server), attribute("mcpz.decision.id", &call.decision)]);
    if let Some(version) = &call.version {
        attributes.push(attribute("mcp.protocol.version", version));
    }
    if let Some(error) = &call.error {
        attributes.push(attribute("error.type", error));
        if error.parse::<i64>().is_ok() {
            attributes.push(attribute("rpc.response.status_code", error));
        }
    }
    json!({
        "traceId": trace(call.trace_id.as_deref(), &call.decision),
        "spanId": derived("call", &call.decision, 8),
        "parentSpanId": own_span(&call.decision),
        "name": name(&call.method, call.action, target, true),
        "kind": 3,
        "startTimeUnixNano": nanoseconds(call.at_ms, 0),
        "endTimeUnixNano": nanoseconds(call.at_ms, i128::from(call.took_us)),
        "attributes": attributes,
        "status": if call.error.is_some() { json!({"code": 2}) } else { json!({}) },
    })
}

/// Spans that come within a while, from the first on; and who waits for them to be sent, which ends the while.
async fn gather(first: Task, tasks: &mut Receiver<Task>) -> (Vec<Value>, Option<oneshot::Sender<()>>) {
    let mut batch = Vec::new();
    let mut task = Some(first);
    let gathering = tokio::time::sleep(GATHERING);
    tokio::pin!(gathering);
    loop {
        match task {
            Some(Task::Send(span)) => batch.push(span),
            Some(Task::Flush(flushed)) => return (batch, Some(flushed)),
            None => return (batch, None),
        }
        if batch.len() >= MAX_BATCH {
            return (batch, None);
        }
        task = tokio::select! {
            () = &mut gathering => None,
            next = tasks.recv() => next,
        };
    }
}

struct Exporter {
    client: tls::Client<Full<Bytes>>,
    uri: http::Uri,
    service: String,
}

impl Exporter {
    /// Sends what gathers, until there will be no more.
    async fn run(self, mut tasks: Receiver<Task>) {
        while let Some(first) = tasks.recv().await {
            let (batch, flushed) = gather(first, &mut tasks).await;
            if !batch.is_empty() {
                self.try_to_send(batch).await;
            }
            if let Some(flushed) = flushed {
                let _ = flushed.send(());
            }
        }
    }

    async fn try_to_send(&self, batch: Vec<Value>) {
        match tokio::time::timeout(PATIENCE, self.send(batch)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(target: "mcpz", error, "spans were not taken"),
            Err(_) => tracing::warn!(target: "mcpz", "spans were not taken in time"),
        }
    }

    async fn send(&self, spans: Vec<Value>) -> Result<(), String> {
        let body = json!({"resourceSpans": [{
            "resource": {"attributes": [attribute("service.name", &self.service)]},
            "scopeSpans": [{"scope": {"name": "mcpz", "version": env!("CARGO_PKG_VERSION")}, "spans": spans}],
        }]});
        let request = http::Request::post(self.uri.clone())
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.to_string())))
            .map_err(|error| error.to_string())?;
        let answer = self.client.request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        // The rest is read so that the connection can be used again.
        let _ = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await;
        if status.is_success() { Ok(()) } else { Err(format!("the receiver answers {status}")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn record() -> Record {
        let mut record = Record::event(Event::Decision, 1_772_445_600_000, "forbidden");
        record.method = "tools/call".to_owned();
        record.action = Some("call");
        record.target = Some("refund".to_owned());
        record.effect = "deny";
        record.latency_us = 1500;
        record.trace_id = Some(TRACE.to_owned());
        record.parent_span = Some("00f067aa0ba902b7".to_owned());
        record
    }

    #[test]
    fn parents_are_read_as_the_document_says() {
        let good = format!("00-{TRACE}-00f067aa0ba902b7-01");
        assert_eq!(parent(&good), Some((TRACE, "00f067aa0ba902b7")));
        assert!(parent(&good.replacen("00", "01", 1)).is_some(), "later versions");
        assert!(parent(&format!("{}-more", good.replacen("00", "01", 1))).is_some());
        for bad in [
            String::new(),
            format!("{good}-more"),
            good.to_uppercase(),
            good.replacen("00", "ff", 1),
            good.replace(TRACE, &"0".repeat(32)),
            good.replace("00f067aa0ba902b7", &"0".repeat(16)),
            good.replace("-01", ""),
            good.replace('-', "_"),
        ] {
            assert_eq!(parent(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_span_is_small_whatever_was_asked_for() {
        let target = format!("a{}", "é".repeat(1 << 20));
        for effect in ["allow", "deny"] {
            let long = Record { target: Some(target.clone()), effect, ..record() };
            let all = [span(&long), call_span(&Call::of(&long, None))];
            assert!(all.iter().all(|span| span.to_string().len() < 3000));
            let kept = format!("a{}", "é".repeat(127));
            assert!(all.iter().all(|span| span.to_string().contains(&format!("\"{kept}\""))), "whole characters");
        }
        let allowed = span(&Record { effect: "allow", ..record() });
        assert_eq!(allowed["name"], "tools/call refund");
    }

    #[test]
    fn a_span_says_what_the_record_says() {
        let span = span(&record());
        assert_eq!(span["traceId"], TRACE);
        assert_eq!(span["parentSpanId"], "00f067aa0ba902b7");
        assert_eq!(span["name"], "tools/call", "what is denied may have any name");
        assert_eq!(span["endTimeUnixNano"], "1772445600000000000");
        assert_eq!(span["startTimeUnixNano"], "1772445599998500000");
        let attributes = span["attributes"].to_string();
        assert!(attributes.contains(r#"{"key":"gen_ai.tool.name","value":{"stringValue":"refund"}}"#), "{attributes}");
        assert!(attributes.contains(r#"{"key":"error.type","value":{"stringValue":"forbidden"}}"#), "{attributes}");
        let fresh = super::span(&Record { id: "d-2".to_owned(), trace_id: None, parent_span: None, ..record() });
        assert_eq!(fresh["traceId"].as_str().map(str::len), Some(32));
        assert_ne!(fresh["traceId"], span["traceId"]);
        assert_ne!(fresh["spanId"], span["spanId"]);
    }

    #[test]
    fn the_span_of_a_request_is_below_its_decisions() {
        for record in [record(), Record { trace_id: None, parent_span: None, ..record() }] {
            let mut call = Call { took_us: 2500, ..Call::of(&record, Some("2025-11-25")) };
            let (above, below) = (span(&record), call_span(&call));
            assert_eq!((&below["traceId"], &below["parentSpanId"]), (&above["traceId"], &above["spanId"]));
            assert_ne!(below["spanId"], above["spanId"]);
            assert_eq!((&below["kind"], &below["name"]), (&3.into(), &"tools/call refund".into()));
            assert_eq!(below["endTimeUnixNano"], "1772445600002500000");
            assert!(!below.to_string().contains("error.type"), "{below}");
            call.error = Some("-32602".to_owned());
            let failed = call_span(&call);
            assert_eq!(failed["status"]["code"], 2);
            assert!(failed.to_string().contains("rpc.response.status_code"), "{failed}");
        }
    }

    #[tokio::test]
    async fn spans_reach_a_receiver() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let receiver = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = Vec::new();
            while !text.ends_with(b"]}]}]}") {
                let mut some = [0; 4096];
                let count = stream.read(&mut some).await.unwrap();
                assert!(count > 0, "{}", String::from_utf8_lossy(&text));
                text.extend_from_slice(&some[..count]);
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
            String::from_utf8(text).unwrap()
        });
        let config = Config { otlp: Some(format!("http://{address}")), ..Config::default() };
        let traces = Traces::start(&config).unwrap();
        traces.decided(&record());
        traces.decided(&record());
        let text = receiver.await.unwrap();
        assert!(text.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{text}");
        assert_eq!(text.matches("\"spanId\"").count(), 2, "one request for both");
        assert_eq!(traces.dropped(), 0);
    }

    #[tokio::test]
    async fn endpoints_that_are_none_are_refused() {
        for bad in ["", "collector:4318", "ftp://x", "http://"] {
            let config = Config { otlp: Some(bad.to_owned()), ..Config::default() };
            assert!(Traces::start(&config).is_err(), "{bad}");
        }
    }
}
