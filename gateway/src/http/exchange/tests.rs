//! One exchange, with a server that writes down what it gets and a disk that is held back.

use super::*;
use crate::audit::Log;
use crate::audit::log::Held;
use crate::control::{Entry, KillSwitch, Subject};
use crate::http::{Credential, HttpServer};
use crate::policy::{Demands, Store};
use crate::proxy::{Limits, Peer, Shared, Visitor};
use crate::stdio::Command;
use fixture::{INITIALIZE, INITIALIZED, POLICY, call, local, material};
use http::{HeaderMap, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;

#[path = "../../../tests/it/support/fixture.rs"]
mod fixture;

/// Awaits something, with a deadline.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("in time")
}

/// Messages that a server got.
type Seen = Arc<Mutex<Vec<Value>>>;

/// A server over HTTP that accepts messages. Its answer to `notifications/cancelled` has no end, and to lists and calls
/// no beginning.
async fn server() -> (Upstream, Seen) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap()).parse().unwrap();
    let seen = Seen::default();
    let kept = seen.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let seen = kept.clone();
            let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let seen = seen.clone();
                async move {
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let message: Value = serde_json::from_slice(&body).unwrap();
                    let method = message["method"].as_str().unwrap().to_owned();
                    lock(&seen).push(message);
                    match method.as_str() {
                        "notifications/cancelled" => Ok::<_, Infallible>(endless()),
                        "tools/list" | "tools/call" => std::future::pending().await,
                        _ => Ok(accepted()),
                    }
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    let tls = crate::tls::client(None).unwrap();
    (Upstream::Http(Box::new(HttpServer::new(url, Credential::None, Duration::from_secs(600), tls))), seen)
}

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

fn accepted() -> Answer {
    Response::builder().status(202).body(Full::default().boxed_unsync()).unwrap()
}

fn endless() -> Answer {
    let frames = futures_util::stream::pending::<Result<hyper::body::Frame<Bytes>, Infallible>>();
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(StreamBody::new(frames).boxed_unsync())
        .unwrap()
}

/// A server over stdio that only writes down what it gets.
fn scribe(file: &std::path::Path) -> Upstream {
    let arguments = vec!["-c".to_owned(), "exec 3>&1; exec cat > \"$0\"".to_owned(), file.display().to_string()];
    Upstream::Stdio(Command { program: "sh".to_owned(), arguments, ..Command::default() })
}

/// A conversation that nothing was said in; the switch that cuts it.
fn conversation(survey: bool) -> (Conversation, KillSwitch) {
    let store = Store::open(Arc::new(|| Ok(material(POLICY))), Demands::default()).unwrap();
    let kill = KillSwitch::in_memory();
    let limits = Limits { survey, ..Limits::default() };
    let shared = Arc::new(Shared::new(Arc::new(store), kill.clone(), limits));
    (Conversation::new(shared, "notes", Arc::new(local(1000)), Peer::default()), kill)
}

fn visitor() -> Visitor {
    Visitor { who: Arc::new(local(1000)), peer: Peer::default() }
}

/// An exchange within a session, past its handshake.
fn greeted(upstream: Upstream, log: Log) -> (Arc<Exchange>, KillSwitch) {
    let (mut conversation, kill) = conversation(false);
    conversation.take(Side::Client, Bytes::from(INITIALIZE), 0);
    conversation.take(Side::Server, Bytes::from(INITIALIZED), 0);
    (exchange(conversation, upstream, log, Some("s".to_owned())), kill)
}

fn exchange(conversation: Conversation, upstream: Upstream, log: Log, session: Option<String>) -> Arc<Exchange> {
    let endpoint = Endpoint {
        server: "notes".to_owned(),
        path: "/notes/mcp".to_owned(),
        resource: String::new(),
        metadata_url: String::new(),
        upstream,
        max_answer: 1 << 20,
        max_queued: 1000,
        survey_time: Duration::from_millis(50),
    };
    Arc::new(Exchange::new(conversation, Arc::new(endpoint), Ledgers { log }, session))
}

fn search(id: u32) -> Bytes {
    Bytes::from(call(id, "search_notes", r#"{"query":"x"}"#))
}

fn isolate_tool(kill: &KillSwitch) {
    let subject = Subject::Tool("notes".to_owned(), "search_notes".to_owned());
    let entry = Entry { subject, since_ms: 0, until_ms: None, reason: "a test".to_owned(), by_uid: 0 };
    kill.isolate(entry, 0).unwrap();
}

/// Lets every record go, from now on.
fn let_go(mut held: Held) {
    tokio::spawn(async move {
        loop {
            let (_, done) = held.next().await;
            let _ = done.send(Ok(()));
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_cut_while_its_record_is_written_is_never_sent() {
    let (upstream, seen) = server().await;
    let (log, mut held) = Log::held();
    let (exchange, kill) = greeted(upstream, log);
    let asking = exchange.clone();
    let asked = tokio::spawn(async move { asking.from_client(&visitor(), search(1), &HeaderMap::new()).await });
    let (allowed, done) = soon(held.next()).await;
    assert!(allowed.contains("allow"), "{allowed}");
    isolate_tool(&kill);
    let changing = exchange.clone();
    let changed = tokio::spawn(async move { changing.changed().await });
    let (cut, of_cut) = soon(held.next()).await;
    assert!(cut.contains("isolated"), "{cut}");
    let_go(held);
    of_cut.send(Ok(())).unwrap();
    done.send(Ok(())).unwrap();
    soon(changed).await.unwrap();
    let Outcome::Replies(_waits, mut replies) = soon(asked).await.unwrap() else { panic!("the client waits") };
    let told = soon(replies.recv()).await.unwrap();
    assert!(String::from_utf8_lossy(&told.event.data).contains("isolated"), "{told:?}");
    let methods: Vec<String> = lock(&seen).iter().map(|message| message["method"].to_string()).collect();
    assert!(!methods.contains(&"\"tools/call\"".to_owned()), "{methods:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_cut_though_its_server_has_begun_no_answer() {
    let (upstream, seen) = server().await;
    let (exchange, kill) = greeted(upstream, Log::disabled());
    let asking = exchange.clone();
    let asked = tokio::spawn(async move { asking.from_client(&visitor(), search(1), &HeaderMap::new()).await });
    soon(async {
        while lock(&seen).is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    isolate_tool(&kill);
    soon(exchange.changed()).await;
    let Outcome::Replies(_waits, mut replies) = soon(asked).await.unwrap() else { panic!("the client waits") };
    let told = soon(replies.recv()).await.unwrap();
    assert!(String::from_utf8_lossy(&told.event.data).contains("isolated"), "{told:?}");
}

/// What a server answers.
fn answer(id: u32) -> Event {
    let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[{{"type":"text","text":"of {id}"}}]}}}}"#);
    Event { data: Bytes::from(text), ..Event::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_one_request_is_never_the_response_to_another() {
    let folder = tempfile::tempdir().unwrap();
    let (exchange, _) = greeted(scribe(&folder.path().join("seen")), Log::disabled());
    let mut waiting = Vec::new();
    for id in 1..=2 {
        let Outcome::Replies(waits, replies) = exchange.from_client(&visitor(), search(id), &HeaderMap::new()).await
        else {
            panic!("{id} waits")
        };
        waiting.push((waits, replies));
    }
    // The client does not wait for the first any more.
    exchange.client_left(&Waits::Answer(Token::Number(1)));
    exchange.from_server(answer(1), &Origin::Stream, &[]).await;
    exchange.from_server(answer(2), &Origin::Stream, &[]).await;
    let (_, replies) = &mut waiting[1];
    assert_eq!(soon(replies.recv()).await.unwrap().event, answer(2));
    let (_, mut stream) = exchange.open_stream();
    assert_eq!(soon(stream.recv()).await.unwrap().event, answer(1), "it may be fetched later");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_client_reads_too_slowly_is_called_off() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen");
    let (exchange, _) = greeted(scribe(&file), Log::disabled());
    let asks = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_notes","arguments":{"query":"x"},"_meta":{"progressToken":"p"}}}"#;
    let outcome = exchange.from_client(&visitor(), Bytes::from(asks), &HeaderMap::new()).await;
    let progress = format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":"p","progress":1,"message":"{}"}}}}"#,
        "x".repeat(300)
    );
    for _ in 0..3 {
        let event = Event { data: Bytes::from(progress.clone()), ..Event::default() };
        exchange.from_server(event, &Origin::Stream, &[]).await;
    }
    assert_eq!(lock(&exchange.conversation).waiting().count(), 0, "it is not open for ever");
    soon(async {
        while !std::fs::read_to_string(&file).unwrap_or_default().contains("notifications/cancelled") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(outcome);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_goes_on_to_say_keeps_no_exchange_alive() {
    let (upstream, seen) = server().await;
    let (exchange, kill) = greeted(upstream, Log::disabled());
    lock(&exchange.conversation).take(Side::Client, search(1), 0);
    isolate_tool(&kill);
    soon(exchange.changed()).await;
    assert_eq!(lock(&seen).len(), 1, "the server is told, and its response has no end");
    let weak = Arc::downgrade(&exchange);
    drop(exchange);
    assert!(weak.upgrade().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_is_over_in_time_though_its_server_begins_no_answer() {
    let (upstream, seen) = server().await;
    let (conversation, _) = conversation(true);
    let exchange = exchange(conversation, upstream, Log::disabled(), None);
    let modern = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_notes","arguments":{"query":"x"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
    let outcome = soon(exchange.from_client(&visitor(), Bytes::from(modern), &HeaderMap::new())).await;
    let Outcome::Answered(body, _) = outcome else { panic!("it is refused") };
    assert!(String::from_utf8_lossy(&body).contains("server_unsurveyed"), "{body:?}");
    assert!(lock(&seen).iter().all(|message| message["params"]["name"] != "search_notes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_does_not_wait_for_what_the_gateway_itself_asks() {
    let (upstream, seen) = server().await;
    let (mut conversation, _) = conversation(true);
    conversation.take(Side::Client, Bytes::from(INITIALIZE), 0);
    conversation.take(Side::Server, Bytes::from(INITIALIZED), 0);
    let exchange = exchange(conversation, upstream, Log::disabled(), Some("s".to_owned()));
    let initialized = Bytes::from(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    let outcome = soon(exchange.from_client(&visitor(), initialized, &HeaderMap::new())).await;
    assert!(matches!(outcome, Outcome::Accepted));
    assert_eq!(lock(&seen)[0]["method"], "notifications/initialized");
    let Outcome::Answered(body, _) = soon(exchange.from_client(&visitor(), search(1), &HeaderMap::new())).await else {
        panic!("it is refused")
    };
    assert!(String::from_utf8_lossy(&body).contains("server_unsurveyed"), "{body:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_while_its_record_is_written_leaves_nothing_open() {
    let (upstream, seen) = server().await;
    let (log, mut held) = Log::held();
    let (exchange, _) = greeted(upstream, log);
    let asking = exchange.clone();
    let asked = tokio::spawn(async move { asking.from_client(&visitor(), search(1), &HeaderMap::new()).await });
    let _waits = soon(held.next()).await;
    assert_eq!(lock(&exchange.conversation).waiting().count(), 1);
    asked.abort();
    assert!(soon(asked).await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(lock(&exchange.conversation).waiting().count(), 0);
    assert!(!exchange.is_busy() && lock(&seen).is_empty());
}
