//! Tokens from end to end: an issuer whose keys are fetched over https, a gateway, a server that records what it sees.

use crate::support::peer::{Folder, HttpPeer, Response, gateway_of, post, raw, serve_http, soon};
use crate::support::pki::{Authority, Good};
use crate::support::{INITIALIZE, POLICY, call, material};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use http_body_util::Full;
use mcpz_gateway::identity::{Config, Issuer as Keys, Presented, Verifier};
use mcpz_gateway::policy::Snapshot;
use mcpz_gateway::serve::Running;
use mcpz_test_kit::token::{self, Issuer};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const VERSION: (&str, &str) = ("MCP-Protocol-Version", "2025-11-25");
const AUDIENCE: &str = "https://gateway/notes/mcp";

/// The policy: agents with tokens.
fn policy(place: &str) -> String {
    let issuer = format!(
        "issuer corp {{ url {:?} audience {AUDIENCE:?} claims {{ groups: set<string> }} }}\nuser ann from corp where claims.sub == \"user:ann\"\n\
         agent assistant from corp where claims.sub == \"agent:a\" acts for ann",
        token::URL
    );
    let text = POLICY.replace("agent assistant from local where uid == 1000", &issuer);
    let more = "\n@id(\"fresh\") require mfa fresh 5m for anyone to call notes.read_note\n\
                @id(\"annas\") permit ann to call notes.{read_note, publish}\n";
    text.replace(r#"command ["notes-server"]"#, place) + more
}

/// An issuer's place: what it answers, and how often it was asked.
#[derive(Clone, Default)]
struct Place {
    keys: Arc<Mutex<Option<Value>>>,
    asked: Arc<Mutex<usize>>,
}

impl Place {
    /// Serves keys over https.
    async fn start(authority: &Authority, keys: Value) -> (Place, String) {
        let place = Place::default();
        place.has(keys);
        let serving = place.clone();
        let url = serve_http(Some(authority.server(Good::Now)), move |_| {
            let place = serving.clone();
            async move {
                *place.asked.lock().unwrap() += 1;
                let keys = place.keys.lock().unwrap().clone();
                let status = if keys.is_some() { 200 } else { 500 };
                let body = keys.map_or_else(Bytes::new, |keys| Bytes::from(keys.to_string()));
                hyper::Response::builder().status(status).body(Full::new(body)).unwrap()
            }
        });
        (place, format!("{}/jwks", url.await))
    }

    fn has(&self, keys: Value) {
        *self.keys.lock().unwrap() = Some(keys);
    }

    fn fails(&self) {
        *self.keys.lock().unwrap() = None;
    }

    fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

/// A gateway that believes an issuer.
async fn gateway(folder: &Folder, place: &str, jwks: &str, authority: &Authority) -> Running {
    std::fs::write(folder.path("ca.pem"), authority.pem()).unwrap();
    let config = format!(
        "policy = {:?}\n[listen]\naddress = \"127.0.0.1:0\"\nurl = \"https://gateway\"\nhosts = [\"gateway\"]\n\
         [identity.issuers.corp]\njwks_url = {jwks:?}\nca_file = {:?}\nalgorithms = [\"EdDSA\"]\n\
         [limits]\ndrain_s = 2\n[server.notes]\n",
        folder.folder.path(),
        folder.path("ca.pem").display().to_string()
    );
    gateway_of(&config, &policy(place)).await.unwrap()
}

/// An issuer, a gateway that believes it, and a server over HTTP behind that.
struct Scene {
    running: Running,
    peer: HttpPeer,
    issuer: Issuer,
    _folder: Folder,
}

impl Scene {
    async fn start() -> Scene {
        let (folder, authority, issuer) = (Folder::new(), Authority::new(), Issuer::new("k1").unwrap());
        let (_place, jwks) = Place::start(&authority, issuer.keys()).await;
        let (peer, url) = HttpPeer::start(false).await;
        let running = gateway(&folder, &format!("endpoint {url:?}"), &jwks, &authority).await;
        Scene { running, peer, issuer, _folder: folder }
    }
}

async fn say(running: &Running, body: &str, token: &str, headers: &[(&str, &str)]) -> Response {
    let bearer = format!("Bearer {token}");
    let mut all = vec![("Authorization", bearer.as_str())];
    all.extend(headers);
    raw(running.address, &post(body, &all)).await
}

/// A session of whoever has this token.
async fn session(running: &Running, token: &str) -> String {
    let greeted = say(running, INITIALIZE, token, &[]).await;
    assert_eq!(greeted.status, 200, "{greeted:?}");
    let id = greeted.headers["mcp-session-id"].clone();
    let text = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(say(running, text, token, &[("Mcp-Session-Id", &id), VERSION]).await.status, 202);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_token_is_allowed_and_never_reaches_the_server() {
    let Scene { running, peer, issuer, _folder } = Scene::start().await;
    let good = issuer.token("agent:a", AUDIENCE);
    let id = session(&running, &good).await;
    let headers = [("Mcp-Session-Id", id.as_str()), VERSION];
    let found = say(&running, &call(1, "search_notes", r#"{"query":"x"}"#), &good, &headers).await;
    assert_eq!((found.status, &found.json()["result"]["content"][0]["text"]), (200, &"done".into()), "{found:?}");
    let stranger = issuer.token("agent:stranger", AUDIENCE);
    let foreign = say(&running, &call(2, "search_notes", r#"{"query":"x"}"#), &stranger, &headers).await;
    assert_eq!(foreign.status, 404, "a session belongs to its principal: {foreign:?}");
    assert_eq!(peer.reached().iter().filter(|message| message["method"] == "tools/call").count(), 1);
    let seen = format!("{:?}", peer.seen.lock().unwrap());
    assert!(!seen.contains(&good) && !seen.contains("authorization"), "{seen}");
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_missing_or_over_is_answered_with_where_to_get_one() {
    let Scene { running, peer, issuer, _folder } = Scene::start().await;
    let metadata = r#"resource_metadata="https://gateway/.well-known/oauth-protected-resource/notes/mcp""#;
    let missing = raw(running.address, &post(INITIALIZE, &[])).await;
    assert_eq!((missing.status, missing.headers["www-authenticate"].as_str()), (401, &*format!("Bearer {metadata}")));
    let mut claims = Issuer::claims("agent:a", AUDIENCE);
    claims["iat"] = json!(token::now() - 600);
    claims["exp"] = json!(token::now() - 1);
    let elsewhere = issuer.token("agent:a", "https://elsewhere/mcp");
    let forged = Issuer::new("k1").unwrap().token("agent:a", AUDIENCE);
    for (token, reason) in
        [(issuer.sign(&claims), "token_expired"), (elsewhere, "claim_aud"), (forged, "token_signature")]
    {
        let refused = say(&running, INITIALIZE, &token, &[]).await;
        assert_eq!(refused.status, 401, "{refused:?}");
        let challenge = &refused.headers["www-authenticate"];
        assert!(challenge.contains(r#"error="invalid_token""#) && challenge.contains(metadata), "{challenge}");
        assert!(challenge.contains(reason) && refused.json()["error"]["data"]["reason"] == reason, "{refused:?}");
        assert!(!refused.body.contains(&token) && !challenge.contains(&token));
    }
    let told = raw(
        running.address,
        b"GET /.well-known/oauth-protected-resource/notes/mcp HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n",
    );
    let told = told.await.json();
    assert_eq!(told["authorization_servers"], json!([token::URL]), "{told}");
    assert!(peer.reached().is_empty());
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_credential_lacks_is_said_at_once() {
    let Scene { running, peer, issuer, _folder } = Scene::start().await;
    let claims = |more: Value| {
        let mut claims = Issuer::claims("user:ann", AUDIENCE);
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        issuer.sign(&claims)
    };
    let (now, plain) = (token::now(), claims(json!({})));
    let id = session(&running, &plain).await;
    let headers = [("Mcp-Session-Id", id.as_str()), VERSION];
    let scoped = say(&running, &call(1, "publish", "{}"), &claims(json!({"scope": "notes.other"})), &headers).await;
    assert_eq!(scoped.status, 403, "{scoped:?}");
    let challenge = &scoped.headers["www-authenticate"];
    assert!(challenge.contains(r#"error="insufficient_scope", scope="notes.publish notes.write""#), "{challenge}");
    assert!(challenge.contains("resource_metadata="), "{challenge}");
    for stale in [
        plain.clone(),
        claims(json!({"auth_time": now - 301, "amr": ["mfa"]})),
        claims(json!({"auth_time": now - 10, "amr": ["pwd"]})),
    ] {
        let refused = say(&running, &call(2, "read_note", r#"{"id":"n"}"#), &stale, &headers).await;
        assert_eq!(refused.status, 401, "{refused:?}");
        let challenge = &refused.headers["www-authenticate"];
        assert!(challenge.contains(r#"error="insufficient_user_authentication", max_age="300""#), "{challenge}");
        assert!(challenge.contains("resource_metadata="), "{challenge}");
    }
    assert!(peer.reached().iter().all(|message| message["method"] != "tools/call"));
    let fresh = claims(json!({"auth_time": now - 10, "amr": ["pwd", "mfa"]}));
    let found = say(&running, &call(3, "read_note", r#"{"id":"n"}"#), &fresh, &headers).await;
    assert_eq!(found.status, 200, "{found:?}");
    assert!(found.json()["result"].is_object(), "{found:?}");
    let both = claims(json!({"scope": "notes.write notes.publish"}));
    assert!(say(&running, &call(4, "publish", "{}"), &both, &headers).await.json()["result"].is_object());
    soon(running.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actor_need_only_be_identified() {
    let Scene { running, peer, issuer, _folder } = Scene::start().await;
    let with = |act: Value, groups: bool| {
        let mut claims = Issuer::claims("user:ann", AUDIENCE);
        claims["scope"] = json!("notes.write notes.publish");
        claims["act"] = act;
        if !groups {
            claims.as_object_mut().unwrap().remove("groups");
        }
        issuer.sign(&claims)
    };
    let acting = with(json!({"sub": "agent:a"}), true);
    let id = session(&running, &acting).await;
    let headers = [("Mcp-Session-Id", id.as_str()), VERSION];
    let found = say(&running, &call(1, "publish", "{}"), &acting, &headers).await;
    assert!(found.json()["result"].is_object(), "{found:?}");
    let reached = peer.reached().len();
    for bad in [
        with(json!({"sub": "agent:a", "groups": 7}), true),
        with(json!({"sub": "agent:a", "iss": "https://elsewhere"}), true),
        with(json!({"groups": []}), true),
        with(json!({"sub": "agent:stranger"}), true),
        with(json!({"sub": "agent:a", "groups": []}), false),
    ] {
        let refused = say(&running, INITIALIZE, &bad, &[]).await;
        let is_denied = refused.status == 401 || refused.json().get("error").is_some();
        assert!(is_denied, "{refused:?}");
    }
    assert_eq!(peer.reached().len(), reached);
    soon(running.stop()).await;
}

/// A verifier whose clock the test moves; keys come over https.
struct Clocked {
    verifier: Verifier,
    snapshot: Snapshot,
    start: i64,
    began: Instant,
}

impl Clocked {
    fn new(jwks: &str, ca_file: PathBuf) -> Clocked {
        let keys = Keys {
            jwks_url: Some(jwks.to_owned()),
            jwks_file: None,
            algorithms: vec!["EdDSA".to_owned()],
            ca_file: Some(ca_file),
            refresh_s: 10,
            max_stale_s: 60,
            min_refresh_s: 5,
            shared_audience: false,
            allow_http_loopback: false,
            mfa_acr: Vec::new(),
            mfa_amr: Vec::new(),
        };
        let config = Config { issuers: BTreeMap::from([("corp".to_owned(), keys)]), ..Config::default() };
        let snapshot = Snapshot::of(&material(&policy(r#"command ["x"]"#)), 0).unwrap();
        let start = i64::try_from(token::now()).unwrap();
        Clocked { verifier: Verifier::new(&config).unwrap(), snapshot, start, began: Instant::now() }
    }

    /// The reason of a refusal, or nothing.
    async fn refuses(&self, token: &str, after_s: i64) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
        let (headers, now_ms) = (&headers, (self.start + after_s) * 1000);
        let at = self.began + Duration::from_secs(u64::try_from(after_s).unwrap());
        let shown = Presented { headers, certificate: None, method: &Method::POST, resource: AUDIENCE, now_ms, at };
        self.verifier.verify(&self.snapshot, shown).await.err().map(|error| error.reason())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_over_https_are_kept_rotated_and_no_longer_believed_when_stale() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let (first, second) = (Issuer::new("k1").unwrap(), Issuer::new("k2").unwrap());
    let (place, jwks) = Place::start(&authority, first.keys()).await;
    std::fs::write(folder.path("ca.pem"), authority.pem()).unwrap();
    let clocked = Clocked::new(&jwks, folder.path("ca.pem"));
    let (of_first, of_second) = (first.token("agent:a", AUDIENCE), second.token("agent:a", AUDIENCE));
    assert_eq!(clocked.refuses(&of_first, 0).await, None);
    assert_eq!(clocked.refuses(&first.token("agent:a", AUDIENCE), 4).await, None);
    assert_eq!(place.asked(), 1, "keys are kept");
    for _ in 0..5 {
        assert_eq!(clocked.refuses(&of_second, 6).await, Some("token_key_unknown"));
    }
    assert_eq!(place.asked(), 2, "an unknown key is asked for once");
    place.has(second.keys());
    assert_eq!(clocked.refuses(&of_second, 8).await, Some("token_key_unknown"), "and then not for a while");
    assert_eq!(clocked.refuses(&of_second, 12).await, None, "a new key is found");
    assert_eq!(clocked.refuses(&of_first, 12).await, Some("token_key_unknown"), "an old key is gone");
    place.fails();
    assert_eq!(clocked.refuses(&of_second, 60).await, None, "known keys serve while the issuer is down");
    assert_eq!(clocked.refuses(&of_second, 72).await, Some("keys_stale"));
    place.has(second.keys());
    assert_eq!(clocked.refuses(&of_second, 90).await, None, "until it is back");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_only_from_who_has_a_certificate_that_is_trusted() {
    let (folder, authority, issuer) = (Folder::new(), Authority::new(), Issuer::new("k1").unwrap());
    let (place, jwks) = Place::start(&authority, issuer.keys()).await;
    std::fs::write(folder.path("ca.pem"), Authority::new().pem()).unwrap();
    let clocked = Clocked::new(&jwks, folder.path("ca.pem"));
    assert_eq!(clocked.refuses(&issuer.token("agent:a", AUDIENCE), 0).await, Some("keys_unavailable"));
    assert_eq!(place.asked(), 0);
}
