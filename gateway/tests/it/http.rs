//! Streamable HTTP: raw bytes to a gateway, recording servers behind it.

use crate::support::peer::{Folder, HttpPeer, Response, gateway, parse, post, raw, soon};
use crate::support::{INITIALIZE, MODERN, POLICY, call};
use mcpz_gateway::control::{Entry, Subject};
use mcpz_gateway::serve::Running;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const VERSION: (&str, &str) = ("MCP-Protocol-Version", "2025-11-25");

/// The policy for callers without a credential, and its server where `place` says.
fn policy(place: &str) -> String {
    let policy = POLICY.replace("permit assistant", "permit anonymous").replace("for assistant", "for anonymous");
    policy.replace(r#"command ["notes-server"]"#, place)
}

/// A gateway in front of the recording server over stdio.
async fn over_stdio(folder: &Folder) -> Running {
    gateway(folder, "", &policy(&format!("command {:?}", folder.command()))).await
}

/// A gateway in front of a server over HTTP.
async fn over_http(folder: &Folder, events: bool) -> (Running, HttpPeer) {
    let (peer, url) = HttpPeer::start(events).await;
    (gateway(folder, "", &policy(&format!("endpoint {url:?}"))).await, peer)
}

async fn say(running: &Running, body: &str, headers: &[(&str, &str)]) -> Response {
    raw(running.address, &post(body, headers)).await
}

/// A client within a session, past its handshake.
struct Session {
    address: SocketAddr,
    id: String,
}

impl Session {
    async fn begin(running: &Running) -> Session {
        let greeted = say(running, INITIALIZE, &[]).await;
        assert_eq!(greeted.status, 200, "{greeted:?}");
        let session = Session { address: running.address, id: greeted.headers["mcp-session-id"].clone() };
        assert_eq!(session.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await.status, 202);
        session
    }

    /// A message of this session, as bytes.
    fn request(&self, body: &str) -> Vec<u8> {
        post(body, &[("Mcp-Session-Id", &self.id), VERSION])
    }

    async fn say(&self, body: &str) -> Response {
        raw(self.address, &self.request(body)).await
    }

    async fn call(&self, id: u32, tool: &str, arguments: &str) -> Response {
        self.say(&call(id, tool, arguments)).await
    }
}

/// Isolates the server.
fn isolate(running: &Running) {
    let subject = Subject::Server("notes".to_owned());
    let entry = Entry { subject, since_ms: 0, until_ms: None, reason: "a test".to_owned(), by_uid: 0 };
    running.kill.isolate(entry, 0).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_with_a_server_over_http() {
    let folder = Folder::new();
    let (running, peer) = over_http(&folder, false).await;
    let session = Session::begin(&running).await;
    assert_ne!(session.id, "upstream-session", "clients do not learn the server's own session");
    let headers = [("Mcp-Session-Id", session.id.as_str()), VERSION, ("Cookie", "secret=1")];
    let found = say(&running, &call(1, "search_notes", r#"{"query":"x"}"#), &headers).await;
    assert_eq!((found.status, &found.json()["result"]["content"][0]["text"]), (200, &"done".into()));
    let hidden = say(&running, &call(2, "wipe", "{}"), &headers).await;
    assert_eq!((hidden.status, &hidden.json()["id"]), (200, &2.into()));
    let scoped = say(&running, &call(3, "publish", "{}"), &headers).await;
    assert_eq!(scoped.status, 403);
    let challenge = &scoped.headers["www-authenticate"];
    assert!(challenge.contains(r#"error="insufficient_scope", scope="notes.publish notes.write""#), "{challenge}");
    assert!(challenge.contains("/.well-known/oauth-protected-resource/notes/mcp"), "{challenge}");
    let calls: Vec<_> = peer.reached().into_iter().filter(|message| message["method"] == "tools/call").collect();
    assert_eq!(calls.len(), 1, "{calls:?}");
    let headers = peer.headers();
    assert!(headers.contains(&("mcp-session-id".to_owned(), "upstream-session".to_owned())));
    assert!(!headers.iter().any(|(name, _)| name == "cookie" || name == "authorization"), "{headers:?}");
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn event_streams_keep_their_ids() {
    let folder = Folder::new();
    let (running, _) = over_http(&folder, true).await;
    let greeted = say(&running, INITIALIZE, &[]).await;
    assert_eq!(greeted.headers["content-type"], "text/event-stream");
    assert!(greeted.body.contains("id: e1\n") && greeted.body.contains("id: e2\n"), "{}", greeted.body);
    assert_eq!(greeted.events()[0]["result"]["serverInfo"]["name"], "notes");
    let id = greeted.headers["mcp-session-id"].clone();
    let headers = [("Mcp-Session-Id", id.as_str()), VERSION];
    let text = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(say(&running, text, &headers).await.status, 202);
    let found = say(&running, &call(1, "search_notes", r#"{"query":"x"}"#), &headers).await;
    assert_eq!(found.events()[0]["id"], 1);
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sound_request_never_reaches_the_server() {
    let folder = Folder::new();
    let (running, peer) = over_http(&folder, false).await;
    let session = Session::begin(&running).await;
    let before = peer.reached().len();
    let body = call(1, "search_notes", r#"{"query":"x"}"#);
    let good = String::from_utf8(session.request(&body)).unwrap();
    for (from, to, status) in [
        ("Host: gateway", "Host: evil.example", 421),
        ("Host: gateway", "Host: gateway\r\nHost: gateway", 400),
        ("Host: gateway", "Host: gateway\r\nOrigin: https://evil.example", 403),
        ("Host: gateway", "Host: gateway\r\nOrigin: null", 403),
        ("application/json\r\nAccept", "Application/Json\r\nAccept", 415),
        ("application/json\r\nAccept", "text/plain\r\nAccept", 415),
        ("application/json\r\nAccept", "application/json\r\nContent-Encoding: gzip\r\nAccept", 415),
        ("Accept: application/json, text/event-stream", "Accept: application/json", 406),
        ("POST /notes/mcp", "POST /notes/mcp/", 404),
        ("POST /notes/mcp", "POST //notes/mcp", 404),
        ("POST /notes/mcp", "POST /notes/%6dcp", 404),
        ("POST /notes/mcp", "POST /notes/mcp?x=1", 400),
        ("POST /notes/mcp", "PUT /notes/mcp", 405),
        (session.id.as_str(), "00000000000000000000000000000000", 404),
        ("MCP-Protocol-Version: 2025-11-25", "MCP-Protocol-Version: 2024-11-05", 400),
        ("search_notes", "search_notes\",\"name\":\"wipe", 400),
        ("Content-Length:", "Transfer-Encoding: chunked\r\nContent-Length:", 400),
    ] {
        let request = good.replacen(from, to, 1);
        assert_ne!(request, good, "{from}");
        let length = |text: &str| text.split("\r\n\r\n").nth(1).unwrap().len();
        let request = request.replacen(
            &format!("Content-Length: {}", length(&good)),
            &format!("Content-Length: {}", length(&request)),
            1,
        );
        let answer = raw(running.address, request.as_bytes()).await;
        assert_eq!(answer.status, status, "{to}: {answer:?}");
    }
    assert_eq!(peer.reached().len(), before, "nothing reached the server");
    assert_eq!(raw(running.address, good.as_bytes()).await.status, 200);
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_the_newer_protocol_repeat_the_body() {
    let folder = Folder::new();
    let (running, peer) = over_http(&folder, false).await;
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"read_note","arguments":{{"id":"n1"}},{MODERN}}}}}"#
    );
    let version = ("MCP-Protocol-Version", "2026-07-28");
    let (method, name, note) = (("Mcp-Method", "tools/call"), ("Mcp-Name", "read_note"), ("Mcp-Param-Note", "n1"));
    let found = say(&running, &body, &[version, method, name, note]).await;
    assert_eq!((found.status, &found.json()["id"]), (200, &1.into()), "{found:?}");
    let reached = peer.reached().len();
    for headers in [
        &[version, method, note][..],
        &[version, name, note],
        &[method, name, note],
        &[version, method, name],
        &[version, method, ("Mcp-Name", "wipe"), note],
        &[version, method, name, ("Mcp-Param-Note", "n2")],
        &[version, method, name, note, ("Mcp-Param-Other", "x")],
        &[("MCP-Protocol-Version", "2025-11-25"), method, name, note],
    ] {
        let refused = say(&running, &body, headers).await;
        assert_eq!(refused.status, 400, "{headers:?}: {refused:?}");
        assert_eq!(refused.json()["error"]["code"], -32020, "{headers:?}");
    }
    let silent = say(&running, &call(2, "read_note", r#"{"id":"n1"}"#), &[version, method, name, note]).await;
    assert_eq!((silent.status, &silent.json()["error"]["code"]), (400, &(-32602).into()), "its body says no version");
    assert_eq!(peer.reached().len(), reached);
    assert!(!peer.headers().iter().any(|(name, _)| name == "mcp-session-id"));
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_newer_protocol_have_a_status_of_their_own() {
    let folder = Folder::new();
    let running = over_stdio(&folder).await;
    let other = MODERN.replace("2026-07-28", "2031-01-01");
    let rows = [
        ("logging/setLevel", r#""level":"info","#, None, MODERN, (404, -32601)),
        ("initialize", "", None, MODERN, (404, -32601)),
        ("resources/unsubscribe", "", None, MODERN, (404, -32601)),
        ("tasks/result", r#""taskId":"t","#, None, MODERN, (404, -32601)),
        ("no/method", "", None, MODERN, (404, -32601)),
        ("tasks/get", r#""taskId":"t","#, Some("t"), MODERN, (400, -32021)),
        ("server/discover", "", None, other.as_str(), (400, -32022)),
        ("resources/read", r#""uri":"other:///x","#, Some("other:///x"), MODERN, (200, -32602)),
    ];
    for (method, members, name, meta, wanted) in rows {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{members}{meta}}}}}"#);
        let version = if meta == MODERN { "2026-07-28" } else { "2031-01-01" };
        let mut headers = vec![("MCP-Protocol-Version", version), ("Mcp-Method", method)];
        headers.extend(name.map(|name| ("Mcp-Name", name)));
        let found = say(&running, &body, &headers).await;
        assert_eq!(
            (found.status, found.json()["error"]["code"].as_i64()),
            (wanted.0, Some(wanted.1)),
            "{method}: {found:?}"
        );
        if wanted.1 == -32022 {
            assert_eq!(found.json()["error"]["data"]["supported"], serde_json::json!(["2026-07-28"]));
            assert_eq!(found.json()["error"]["data"]["requested"], "2031-01-01");
        }
    }
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_over_stdio_behind_http() {
    let folder = Folder::new();
    let running = over_stdio(&folder).await;
    let session = Session::begin(&running).await;
    let found = session.call(1, "search_notes", r#"{"query":"x"}"#).await;
    assert_eq!(found.json()["result"]["content"][0]["text"], r#"{"query":"x"}"#);
    let progress = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"search_notes","arguments":{"query":"progress"},"_meta":{"progressToken":"p"}}}"#;
    let events = session.say(progress).await.events();
    assert_eq!((events.len(), &events[0]["params"]["progressToken"]), (2, &"p".into()), "{events:?}");
    assert_eq!(session.call(3, "wipe", "{}").await.json()["error"]["message"], "Tool wipe not found");
    assert_eq!(folder.called(), ["search_notes", "search_notes"]);
    let end = format!(
        "DELETE /notes/mcp HTTP/1.1\r\nHost: gateway\r\nMcp-Session-Id: {}\r\nConnection: close\r\n\r\n",
        session.id
    );
    assert_eq!(raw(running.address, end.as_bytes()).await.status, 204);
    assert_eq!(session.call(4, "search_notes", r#"{"query":"x"}"#).await.status, 404);
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_without_sessions_share_servers_over_stdio_and_their_ids_never_meet() {
    let folder = Folder::new();
    let running = over_stdio(&folder).await;
    let body = |query: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"search_notes","arguments":{{"query":"{query}"}},{MODERN}}}}}"#
        )
    };
    let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "search_notes")];
    let texts: Vec<String> = (0..6).map(|n| body(&format!("q{n}"))).collect();
    let answers = futures_util::future::join_all(texts.iter().map(|text| say(&running, text, &headers))).await;
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer.json()["result"]["content"][0]["text"], format!(r#"{{"query":"q{n}"}}"#), "{answer:?}");
    }
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kill_switch_cuts_calls_and_streams_at_once() {
    let folder = Folder::new();
    let running = over_stdio(&folder).await;
    let session = Session::begin(&running).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let get = format!(
        "GET /notes/mcp HTTP/1.1\r\nHost: gateway\r\nAccept: text/event-stream\r\nMcp-Session-Id: {}\r\n\r\n",
        session.id
    );
    stream.write_all(get.as_bytes()).await.unwrap();
    let mut head = [0; 1024];
    let count = soon(stream.read(&mut head)).await.unwrap();
    assert_eq!(parse(&head[..count]).status, 200);
    let slow = call(1, "search_notes", r#"{"query":"slow"}"#);
    let (address, slow) = (running.address, session.request(&slow));
    let waiting = tokio::spawn(async move {
        let answer = raw(address, &slow).await;
        (answer, Instant::now())
    });
    soon(async {
        while folder.called().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let cut = Instant::now();
    isolate(&running);
    let (answer, at) = soon(waiting).await.unwrap();
    assert_eq!(answer.json()["error"]["data"]["reason"], "isolated", "{answer:?}");
    assert!(at.duration_since(cut) < Duration::from_millis(500), "{:?}", at.duration_since(cut));
    let mut rest = Vec::new();
    let _ = soon(stream.read_to_end(&mut rest)).await;
    let again = session.call(2, "search_notes", r#"{"query":"x"}"#).await;
    assert!(again.status == 404 || again.json()["error"].is_object(), "{again:?}");
    assert_eq!(folder.called(), ["search_notes"]);
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_in_time_and_the_gateway_tells_how_it_is() {
    let folder = Folder::new();
    let running = over_stdio(&folder).await;
    let request = String::from_utf8(post(&call(1, "search_notes", "{}"), &[])).unwrap();
    let torn = request.split_at(request.len() - 5).0.to_owned();
    assert_eq!(raw(running.address, torn.as_bytes()).await.status, 408);
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let admin = running.admin.unwrap();
    assert_eq!(raw(admin, ask("/healthz").as_bytes()).await.status, 200);
    let ready = raw(admin, ask("/readyz").as_bytes()).await;
    assert_eq!((ready.status, &ready.json()["ready"]), (200, &true.into()));
    assert_eq!(raw(admin, ask("/notes/mcp").as_bytes()).await.status, 404);
    let metadata = ask("/.well-known/oauth-protected-resource/notes/mcp").replace("Host: x", "Host: gateway");
    let metadata = raw(running.address, metadata.as_bytes()).await.json();
    assert!(metadata["resource"].as_str().unwrap().ends_with("/notes/mcp"), "{metadata}");
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_denial_comes_in_the_form_that_the_servers_own_has() {
    for events in [false, true] {
        let folder = Folder::new();
        let (running, peer) = over_http(&folder, events).await;
        let session = Session::begin(&running).await;
        let upstream: SocketAddr = peer.address().parse().unwrap();
        let own = raw(upstream, &post(&call(7, "nothing", "{}"), &[])).await;
        let hidden = session.call(7, "wipe", "{}").await;
        let unnamed = |text: &str| text.replace("there is no nothing", "").replace("there is no wipe", "");
        let shape = |text: &str| {
            let lines = unnamed(text)
                .lines()
                .map(|line| match line.strip_prefix("id: ") {
                    Some(id) => format!("id: {} characters", id.len()),
                    None => line.to_owned(),
                })
                .collect::<Vec<_>>();
            lines.join("\n").trim().to_owned()
        };
        assert_eq!(hidden.status, own.status);
        assert_eq!(hidden.headers["content-type"], own.headers["content-type"], "events: {events}");
        // Between events a reader may be told what it already assumes.
        assert_eq!(shape(&hidden.body), shape(&own.body), "events: {events}");
        soon(running.stop()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_an_answer_that_cannot_be_read_is_told() {
    for events in [false, true] {
        let folder = Folder::new();
        let (running, _) = over_http(&folder, events).await;
        let session = Session::begin(&running).await;
        for (id, query) in [(1, "nameless"), (2, "torn")] {
            let told = session.call(id, "search_notes", &format!(r#"{{"query":"{query}"}}"#)).await;
            let told = if events { told.events()[0].clone() } else { told.json() };
            assert_eq!(
                (&told["id"], &told["error"]["data"]["reason"]),
                (&id.into(), &"answer_malformed".into()),
                "{told}"
            );
        }
        soon(running.stop()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kill_switch_closes_idle_connections_to_servers() {
    let folder = Folder::new();
    let (running, peer) = over_http(&folder, false).await;
    let session = Session::begin(&running).await;
    assert_eq!(session.call(1, "search_notes", r#"{"query":"x"}"#).await.status, 200);
    assert!(peer.connections.load(Ordering::SeqCst) > 0, "connections are kept for later requests");
    isolate(&running);
    soon(async {
        while peer.connections.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_too_slowly_is_cut() {
    let folder = Folder::new();
    let limits = "[audit]\n[telemetry]\nlog = \"error\"";
    let running = gateway(&folder, limits, &policy(&format!("command {:?}", folder.command()))).await;
    let session = Session::begin(&running).await;
    let flood = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_notes","arguments":{"query":"flood"},"_meta":{"progressToken":"p"}}}"#;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(&session.request(flood)).await.unwrap();
    let mut head = [0; 64];
    soon(stream.read_exact(&mut head)).await.unwrap();
    // Nothing more is read: 62 MiB of progress are on their way. Others are served meanwhile.
    let other = Session::begin(&running).await;
    let found = other.call(1, "search_notes", r#"{"query":"x"}"#).await;
    assert_eq!(found.status, 200);
    soon(async {
        while !running.metrics.render().contains("mcpz_events_total{kind=\"cut\"} 1") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut rest = Vec::new();
    let _ = soon(stream.read_to_end(&mut rest)).await;
    assert!(rest.len() < 60 << 20, "{} bytes came although it was cut", rest.len());
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_of_a_client_that_reads_nothing_is_closed_when_it_is_cut() {
    let folder = Folder::new();
    let running = over_stdio(&folder).await;
    let session = Session::begin(&running).await;
    let flood = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_notes","arguments":{"query":"flood"},"_meta":{"progressToken":"p"}}}"#;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(&session.request(flood)).await.unwrap();
    // Nothing is ever read. Who has been hung up on learns it by writing.
    soon(async {
        while stream.write_all(b"x").await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    soon(running.stop()).await;
}
