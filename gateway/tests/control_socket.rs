//! Operators at the control socket: what they say is done, kept and bounded.

use mcpz_gateway::control::protocol::{Answer, MAX_LINE_BYTES};
use mcpz_gateway::control::socket::Boxed;
use mcpz_gateway::control::{Ask, Config, ControlSocket, Desk, KillSwitch, Quiet, Subject, client, serve};
use mcpz_runtime::state::Isolation;
use serde_json::json;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::oneshot;

struct Gateway {
    folder: tempfile::TempDir,
    switch: KillSwitch,
    end: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
}

impl Gateway {
    fn start(desk: Arc<dyn Desk>) -> Gateway {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            socket: Some(folder.path().join("run/control.sock")),
            state: Some(folder.path().join("isolated.json")),
        };
        let switch = KillSwitch::open(&config);
        let (end, ended) = oneshot::channel();
        let serving = serve(&config, switch.clone(), desk, async move { drop(ended.await) }).unwrap();
        Gateway { folder, switch, end: Some(end), task: tokio::spawn(serving) }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("run/control.sock")
    }

    async fn ask(&self, ask: Ask) -> Answer {
        let socket = self.socket();
        tokio::task::spawn_blocking(move || client::ask(&socket, &ask)).await.unwrap().unwrap()
    }

    /// Sends bytes as they are; gives what comes back.
    async fn raw(&self, bytes: Vec<u8>) -> String {
        let socket = self.socket();
        let talk = move || {
            let mut stream = UnixStream::connect(socket).unwrap();
            // The other end may hang up before everything was said.
            let _ = stream.write_all(&bytes);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let mut text = String::new();
            let _ = stream.read_to_string(&mut text);
            text
        };
        tokio::task::spawn_blocking(talk).await.unwrap()
    }

    async fn stop(mut self) -> tempfile::TempDir {
        self.end.take().unwrap().send(()).unwrap();
        self.task.await.unwrap();
        self.folder
    }
}

fn isolate(subject: Subject, for_ms: Option<i64>) -> Ask {
    Ask::Isolate { subject, for_ms, reason: "a test".into() }
}

fn payments() -> Subject {
    Subject::Server("payments".into())
}

#[tokio::test]
async fn what_is_isolated_is_said_kept_and_restored() {
    let gateway = Gateway::start(Arc::new(Quiet));
    let Answer::Isolated { entry, known } = gateway.ask(isolate(payments(), Some(60_000))).await else { panic!() };
    assert_eq!(entry.until_ms.unwrap() - entry.since_ms, 60_000);
    assert_eq!(known, None);
    assert!(gateway.switch.is_isolated(Isolation::Server("payments"), entry.since_ms).unwrap());
    let Answer::Status(status) = gateway.ask(Ask::Status).await else { panic!() };
    assert_eq!((status.isolated.len(), status.generation, status.everything), (1, 1, None));
    let again = KillSwitch::open(&Config { socket: None, state: Some(gateway.folder.path().join("isolated.json")) });
    assert!(again.is_isolated(Isolation::Server("payments"), entry.since_ms).unwrap(), "it survives a restart");
    let restore = Ask::Restore { subject: Some(payments()), reason: "a test".into() };
    assert_eq!(gateway.ask(restore.clone()).await, Answer::Restored { count: 1 });
    assert_eq!(gateway.ask(restore).await, Answer::Restored { count: 0 });
    assert!(!gateway.switch.is_isolated(Isolation::Server("payments"), entry.since_ms).unwrap());
}

#[tokio::test]
async fn only_the_owner_can_reach_the_socket_and_it_is_gone_afterwards() {
    let gateway = Gateway::start(Arc::new(Quiet));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&gateway.socket()), 0o600);
    assert_eq!(mode(gateway.socket().parent().unwrap()), 0o700);
    assert_eq!(std::fs::read_dir(gateway.socket().parent().unwrap()).unwrap().count(), 1, "nothing else is left there");
    let second = ControlSocket::bind(&gateway.socket()).unwrap_err();
    assert_eq!(second.kind(), std::io::ErrorKind::AddrInUse);
    let socket = gateway.socket();
    let folder = gateway.stop().await;
    assert!(!socket.exists());
    assert!(client::ask(&socket, &Ask::Status).is_err());
    drop(folder);
}

#[tokio::test]
async fn a_socket_that_nobody_serves_any_more_is_replaced_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    drop(ControlSocket::bind(&path).unwrap());
    std::fs::write(&path, "a file").unwrap();
    assert!(ControlSocket::bind(&path).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a file");
}

#[tokio::test]
async fn lines_that_are_not_understood_change_nothing() {
    let gateway = Gateway::start(Arc::new(Quiet));
    for bad in [
        "",
        "\n",
        "{}\n",
        "status\n",
        "{\"op\":\"status\"}",
        "{\"op\":\"isolate\",\"subject\":{\"kind\":\"server\",\"name\":\"a\"},\"for_ms\":-1,\"reason\":\"r\"}\n",
        "{\"op\":\"isolate\",\"subject\":{\"kind\":\"server\",\"name\":\"a\"},\"for_ms\":9223372036854775807,\"reason\":\"r\"}\n",
        "{\"op\":\"isolate\",\"subject\":{\"kind\":\"server\",\"name\":\"\"},\"for_ms\":1,\"reason\":\"r\"}\n",
        "{\"op\":\"isolate\",\"subject\":{\"kind\":\"server\",\"name\":\"a\"},\"for_ms\":1,\"reason\":\"\"}\n",
        "{\"op\":\"isolate\",\"subject\":{\"kind\":\"server\",\"name\":\"a\"},\"for_ms\":1,\"reason\":\"r\",\"x\":1}\n",
    ] {
        let text = gateway.raw(bad.as_bytes().to_vec()).await;
        let answer: Answer = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{bad}: {text}"));
        assert!(matches!(answer, Answer::Refused { code, .. } if code == "malformed"), "{bad}");
    }
    gateway.raw(vec![b'x'; MAX_LINE_BYTES + 10]).await;
    gateway.raw(b"\xff\xfe\n".to_vec()).await;
    assert_eq!(gateway.switch.generation(), 0);
    assert!(matches!(gateway.ask(Ask::Status).await, Answer::Status(_)), "and it still answers");
}

/// A desk whose audit log is full.
struct Full;

impl Desk for Full {
    fn knows(&self, subject: &Subject) -> Option<bool> {
        Some(*subject == payments())
    }
    fn describe(&self) -> serde_json::Value {
        json!({"bundle": "ab"})
    }
    fn record<'a>(&'a self, _: &'a Ask, _: u32, _: &'a str) -> Boxed<'a, Result<(), String>> {
        Box::pin(std::future::ready(Err("the disk is full".into())))
    }
}

#[tokio::test]
async fn what_cannot_be_written_down_is_isolated_but_not_restored() {
    let gateway = Gateway::start(Arc::new(Full));
    let answer = gateway.ask(isolate(payments(), None)).await;
    assert!(matches!(answer, Answer::Refused { code, .. } if code == "not_recorded"));
    assert!(gateway.switch.is_isolated(Isolation::Server("payments"), 0).unwrap());
    let answer = gateway.ask(Ask::Restore { subject: Some(payments()), reason: "r".into() }).await;
    assert!(matches!(answer, Answer::Refused { code, .. } if code == "not_recorded"));
    assert!(gateway.switch.is_isolated(Isolation::Server("payments"), 0).unwrap());
    let Answer::Status(status) = gateway.ask(Ask::Status).await else { panic!() };
    assert_eq!(status.gateway, json!({"bundle": "ab"}));
}

#[tokio::test]
async fn everything_is_isolated_when_the_state_cannot_be_read_and_restored_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("isolated.json");
    std::fs::write(&state, "not json").unwrap();
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o600)).unwrap();
    let config = Config { socket: Some(folder.path().join("c.sock")), state: Some(state) };
    let switch = KillSwitch::open(&config);
    let serving = serve(&config, switch.clone(), Arc::new(Quiet), std::future::pending()).unwrap();
    let task = tokio::spawn(serving);
    let ask = |ask: Ask| {
        let socket = config.socket.clone().unwrap();
        tokio::task::spawn_blocking(move || client::ask(&socket, &ask).unwrap())
    };
    let Answer::Status(status) = ask(Ask::Status).await.unwrap() else { panic!() };
    assert!(status.everything.unwrap().contains("is no list of isolations"));
    let one = Ask::Restore { subject: Some(payments()), reason: "r".into() };
    assert!(matches!(ask(one).await.unwrap(), Answer::Refused { code, .. } if code == "state_unreadable"));
    assert!(switch.is_isolated(Isolation::Agent("anyone"), 0).unwrap());
    let all = Ask::Restore { subject: None, reason: "r".into() };
    assert!(matches!(ask(all).await.unwrap(), Answer::Restored { .. }));
    assert!(!switch.is_isolated(Isolation::Agent("anyone"), 0).unwrap());
    task.abort();
}
