//! TLS on both sides: the listener, client certificates, servers over https; and credentials of servers.

use crate::support::peer::{Folder, HttpPeer, gateway_of, post, soon};
use crate::support::pki::{Authority, Good, Pair, raw};
use crate::support::{INITIALIZE, POLICY, call};
use mcpz_gateway::serve::Running;
use std::net::SocketAddr;

const VERSION: (&str, &str) = ("MCP-Protocol-Version", "2025-11-25");
const METADATA: &str =
    "GET /.well-known/oauth-protected-resource/notes/mcp HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n";
const ROBOT: &str = "spiffe://acme.example/agents/robot";

/// The policy: a robot with a certificate may do what the assistant may. Its server is where `place` says.
fn policy(place: &str) -> String {
    let robot = format!("agent assistant from mtls where spiffe == {ROBOT:?}");
    POLICY.replace("agent assistant from local where uid == 1000", &robot).replace(r#"command ["notes-server"]"#, place)
}

/// A gateway with a certificate of `ours`, that takes client certificates of `clients`.
async fn gateway(
    folder: &Folder,
    (ours, good): (&Authority, Good),
    clients: &Authority,
    rest: &str,
    place: &str,
) -> Running {
    let own = ours.certificate(&["localhost"], good);
    for (name, text) in
        [("cert.pem", own.pem), ("key.pem", own.key_pem), ("clients.pem", clients.pem()), ("ca.pem", ours.pem())]
    {
        std::fs::write(folder.path(name), text).unwrap();
    }
    let path = |name: &str| folder.path(name).display().to_string();
    let config = format!(
        "policy = {:?}\n[listen]\naddress = \"127.0.0.1:0\"\nurl = \"https://gateway\"\nhosts = [\"gateway\"]\n\
         certificate = {:?}\nkey = {:?}\nclient_authorities = {:?}\n[limits]\ndrain_s = 2\n[server.notes]\n{rest}\n",
        folder.folder.path(),
        path("cert.pem"),
        path("key.pem"),
        path("clients.pem"),
    );
    gateway_of(&config, &policy(place)).await.unwrap()
}

/// A session of a client with a certificate; what it is told about a call.
async fn called(address: SocketAddr, ca: &Authority, own: Option<&Pair>) -> (u16, String) {
    let greeted = raw(address, ca.client(own), &post(INITIALIZE, &[])).await.unwrap();
    let Some(id) = greeted.headers.get("mcp-session-id").filter(|_| greeted.status == 200) else {
        return (greeted.status, greeted.headers.get("www-authenticate").cloned().unwrap_or(greeted.body));
    };
    let headers = [("Mcp-Session-Id", id.as_str()), VERSION, ("Authorization-Info", "mine")];
    let text = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(raw(address, ca.client(own), &post(text, &headers)).await.unwrap().status, 202);
    let text = call(1, "search_notes", r#"{"query":"x"}"#);
    let found = raw(address, ca.client(own), &post(&text, &headers)).await.unwrap();
    (found.status, found.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_listener_speaks_tls_and_nothing_else() {
    let (folder, ours, others) = (Folder::new(), Authority::new(), Authority::new());
    let running = gateway(&folder, (&ours, Good::Now), &ours, "", &format!("command {:?}", folder.command())).await;
    let told = raw(running.address, ours.client(None), METADATA.as_bytes()).await.unwrap();
    assert_eq!((told.status, &told.json()["resource"]), (200, &"https://gateway/notes/mcp".into()));
    let distrusted = raw(running.address, others.client(None), METADATA.as_bytes()).await.unwrap_err();
    assert!(distrusted.to_string().contains("invalid peer certificate"), "{distrusted}");
    let plain = crate::support::peer::raw(running.address, METADATA.as_bytes()).await;
    assert_eq!(plain.status, 0, "without TLS nothing is said: {plain:?}");
    soon(running.stop()).await;
    let running = gateway(&folder, (&ours, Good::Expired), &ours, "", &format!("command {:?}", folder.command())).await;
    let expired = raw(running.address, ours.client(None), METADATA.as_bytes()).await.unwrap_err();
    assert!(expired.to_string().contains("expired"), "clients see it: {expired}");
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_is_an_identity() {
    let (folder, ours, clients) = (Folder::new(), Authority::new(), Authority::new());
    let running = gateway(&folder, (&ours, Good::Now), &clients, "", &format!("command {:?}", folder.command())).await;
    let robot = clients.certificate(&[ROBOT], Good::Now);
    let (status, body) = called(running.address, &ours, Some(&robot)).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains(r#"\"query\":\"x\""#), "{body}");
    let other = clients.certificate(&["spiffe://acme.example/agents/other"], Good::Now);
    let (_, body) = called(running.address, &ours, Some(&other)).await;
    assert!(body.contains("search_notes not found") || body.contains("error"), "{body}");
    assert!(!body.contains("query"), "{body}");
    let (status, challenge) = called(running.address, &ours, None).await;
    assert_eq!(status, 401);
    assert!(challenge.contains("resource_metadata"), "{challenge}");
    let nameless = clients.certificate(&["robot"], Good::Now);
    assert_eq!(called(running.address, &ours, Some(&nameless)).await.0, 401, "no SPIFFE id");
    for stranger in [Authority::new().certificate(&[ROBOT], Good::Now), clients.certificate(&[ROBOT], Good::Expired)] {
        let refused = raw(running.address, ours.client(Some(&stranger)), &post(INITIALIZE, &[])).await;
        assert!(refused.is_err(), "{refused:?}");
    }
    assert_eq!(folder.called(), ["search_notes"], "only the robot's call");
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_reached_over_https_only_with_a_certificate_that_is_trusted() {
    for (trusted, good, wanted) in [(true, Good::Now, 200), (false, Good::Now, 502), (true, Good::Expired, 502)] {
        let (folder, ours, others) = (Folder::new(), Authority::new(), Authority::new());
        let (peer, url) = HttpPeer::start_tls(if trusted { ours.server(good) } else { others.server(good) }).await;
        let rest = format!("authorities = {:?}", folder.path("ca.pem").display().to_string());
        let running = gateway(&folder, (&ours, Good::Now), &ours, &rest, &format!("endpoint {url:?}")).await;
        let robot = ours.certificate(&[ROBOT], Good::Now);
        let (status, body) = called(running.address, &ours, Some(&robot)).await;
        assert_eq!(status, wanted, "{trusted} {good:?}: {body}");
        assert_eq!(peer.reached().is_empty(), wanted != 200);
        soon(running.stop()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_gets_its_own_credential_from_a_file_or_a_variable() {
    // Cargo gives this variable to every test.
    let variable = std::env::var("CARGO_PKG_NAME").unwrap();
    let folder = Folder::new();
    std::fs::write(folder.path("token"), "file-secret\n").unwrap();
    for (rest, secret) in [
        (format!("token_file = {:?}", folder.path("token").display().to_string()), "file-secret".to_owned()),
        ("token_env = \"CARGO_PKG_NAME\"".to_owned(), variable),
    ] {
        let ours = Authority::new();
        let (peer, url) = HttpPeer::start(false).await;
        let running = gateway(&folder, (&ours, Good::Now), &ours, &rest, &format!("endpoint {url:?}")).await;
        let robot = ours.certificate(&[ROBOT], Good::Now);
        assert_eq!(called(running.address, &ours, Some(&robot)).await.0, 200);
        let headers = peer.headers();
        let shown: Vec<&String> =
            headers.iter().filter(|(name, _)| name == "authorization").map(|(_, value)| value).collect();
        assert!(!shown.is_empty() && shown.iter().all(|value| **value == format!("Bearer {secret}")), "{shown:?}");
        assert!(!headers.iter().any(|(name, _)| name == "authorization-info"), "{headers:?}");
        soon(running.stop()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_credential_a_server_is_sent_nothing() {
    let (folder, ours) = (Folder::new(), Authority::new());
    std::fs::write(folder.path("token"), "file-secret").unwrap();
    let (peer, url) = HttpPeer::start(false).await;
    let rest = format!("token_file = {:?}", folder.path("token").display().to_string());
    let running = gateway(&folder, (&ours, Good::Now), &ours, &rest, &format!("endpoint {url:?}")).await;
    std::fs::remove_file(folder.path("token")).unwrap();
    let robot = ours.certificate(&[ROBOT], Good::Now);
    let (status, body) = called(running.address, &ours, Some(&robot)).await;
    assert_eq!(status, 502);
    assert!(body.contains("upstream_credential"), "{body}");
    assert!(peer.reached().is_empty());
    std::fs::write(folder.path("token"), "newer-secret").unwrap();
    assert_eq!(called(running.address, &ours, Some(&robot)).await.0, 200, "it is read for each request");
    assert!(peer.headers().contains(&("authorization".to_owned(), "Bearer newer-secret".to_owned())));
    soon(running.stop()).await;
}
