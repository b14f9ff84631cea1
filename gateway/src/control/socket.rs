//! The gateway's end of the control socket.
//!
//! Only the gateway's own user and root are heard: the socket is made in a folder that nobody else can enter, has mode
//! 0600, and the kernel says of each peer who it is. A line is bounded in length and time, and so is the number of peers.

use super::protocol::{Answer, Ask, MAX_LINE_BYTES, Status, line};
use super::state::{Entry, Subject};
use super::switch::{ControlError, KillSwitch};
use crate::audit::clock::now_ms;
use std::future::Future;
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

/// How long a peer may take to say its line, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Peers heard at a time.
const MAX_PEERS: usize = 16;
/// So long is waited after a peer could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// A future in a box.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the socket asks of the rest of the gateway.
pub trait Desk: Send + Sync {
    /// Whether such a subject is known; `None` when that cannot be said.
    fn knows(&self, subject: &Subject) -> Option<bool>;
    /// What the gateway says of itself in `status`.
    fn describe(&self) -> serde_json::Value;
    /// Writes down what an operator asked for and what became of it; what cannot be written down is not restored.
    fn record<'a>(&'a self, ask: &'a Ask, uid: u32, outcome: &'a str) -> Boxed<'a, Result<(), String>>;
}

/// A desk that knows nothing and writes nothing down, for tests and `mcpz run`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Desk for Quiet {
    fn knows(&self, _: &Subject) -> Option<bool> {
        None
    }

    fn describe(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    fn record<'a>(&'a self, _: &'a Ask, _: u32, _: &'a str) -> Boxed<'a, Result<(), String>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// The control socket, bound.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Binds the socket. A socket that nobody listens at any more is replaced; one that somebody answers at is not.
    pub fn bind(path: &Path) -> std::io::Result<ControlSocket> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        refuse_what_lives(path)?;
        // The socket has its mode before anybody can reach it: it is made where only we can enter, and then moved.
        let private = folder.join(format!(".{}.control", std::process::id()));
        let _ = std::fs::remove_dir_all(&private);
        std::fs::DirBuilder::new().mode(0o700).create(&private)?;
        let bound = bind_in(&private, path);
        let _ = std::fs::remove_dir_all(&private);
        Ok(ControlSocket { listener: bound?, path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Serves until `end` is over.
    pub async fn serve(self, switch: KillSwitch, desk: Arc<dyn Desk>, end: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(MAX_PEERS));
        let mut end = std::pin::pin!(end);
        let mut spare = Spare::new();
        loop {
            let accepted = tokio::select! {
                () = &mut end => break,
                accepted = self.listener.accept() => accepted,
            };
            let (stream, _) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(target: "mcpz", error = %error, "nobody can be heard at the control socket");
                    if !spare.give() {
                        tokio::time::sleep(PAUSE).await;
                        spare = Spare::new();
                    }
                    continue;
                }
            };
            spare.keep();
            let Ok(place) = places.clone().try_acquire_owned() else { continue };
            let (switch, desk) = (switch.clone(), desk.clone());
            tokio::spawn(async move {
                let _place = place;
                let _ = tokio::time::timeout(PATIENCE, hear(stream, &switch, &*desk)).await;
            });
        }
    }
}

/// A file descriptor that is kept for an operator: when clients have used up all others, it is given back, so that
/// somebody who wants to cut them off is heard.
struct Spare(Option<std::fs::File>);

impl Spare {
    fn new() -> Spare {
        Spare(std::fs::File::open("/dev/null").ok())
    }

    /// Gives it back; whether there was one.
    fn give(&mut self) -> bool {
        self.0.take().is_some()
    }

    /// Takes one again, if it was given.
    fn keep(&mut self) {
        if self.0.is_none() {
            *self = Spare::new();
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn bind_in(private: &Path, path: &Path) -> std::io::Result<UnixListener> {
    let inside = private.join("s");
    let listener = UnixListener::bind(&inside)?;
    std::fs::set_permissions(&inside, std::fs::Permissions::from_mode(0o600))?;
    std::fs::rename(&inside, path)?;
    Ok(listener)
}

fn refuse_what_lives(path: &Path) -> std::io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if !found.file_type().is_socket() => {
            Err(Error::new(ErrorKind::AlreadyExists, "something that is no socket is in its place"))
        }
        Ok(_) => match std::os::unix::net::UnixStream::connect(path) {
            Ok(_) => Err(Error::new(ErrorKind::AddrInUse, "another gateway answers there")),
            Err(_) => std::fs::remove_file(path),
        },
    }
}

/// Whether a peer may speak: our own user, or root.
fn may_speak(peer: u32, own: u32) -> bool {
    peer == 0 || peer == own
}

async fn hear(stream: UnixStream, switch: &KillSwitch, desk: &dyn Desk) -> std::io::Result<()> {
    let uid = stream.peer_cred()?.uid();
    converse(stream, uid, rustix::process::geteuid().as_raw(), switch, desk).await
}

/// Hears one line of a peer, who is who the kernel says, and answers it.
async fn converse(stream: UnixStream, uid: u32, own: u32, switch: &KillSwitch, desk: &dyn Desk) -> std::io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
    let mut text = Vec::new();
    BufReader::new(reading.take(limit)).read_until(b'\n', &mut text).await?;
    let answer = match (text.last(), serde_json::from_slice::<Ask>(&text)) {
        // What was said is read all the same, so that the refusal can be.
        _ if !may_speak(uid, own) => refused("not_allowed", "only the gateway's own user and root may speak here"),
        (Some(b'\n'), Ok(ask)) => answer(&ask, uid, switch, desk).await,
        _ => refused("malformed", "that is no line of this protocol"),
    };
    writing.write_all(&line(&answer)).await?;
    writing.shutdown().await
}

fn refused(code: &str, message: impl Into<String>) -> Answer {
    Answer::Refused { code: code.to_owned(), message: message.into() }
}

fn failed(error: &ControlError) -> Answer {
    refused(error.code(), error.to_string())
}

async fn answer(ask: &Ask, uid: u32, switch: &KillSwitch, desk: &dyn Desk) -> Answer {
    let now = now_ms();
    match ask {
        Ask::Status => Answer::Status(Box::new(Status {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            now_ms: now,
            everything: switch.problem(),
            isolated: switch.entries(now),
            generation: switch.generation(),
            gateway: desk.describe(),
        })),
        Ask::Isolate { subject, for_ms, reason } => {
            let until_ms = match for_ms {
                None => None,
                Some(span) => match now.checked_add(*span).filter(|_| *span > 0) {
                    Some(until) => Some(until),
                    None => return failed(&ControlError::Malformed),
                },
            };
            let entry =
                Entry { subject: subject.clone(), since_ms: now, until_ms, reason: reason.clone(), by_uid: uid };
            // Cut first, then write down: an audit log that is full does not keep the switch from working.
            let result = switch.isolate(entry, now);
            let outcome = result.as_ref().map_or_else(ControlError::code, |_| "isolated");
            let recorded = desk.record(ask, uid, outcome).await;
            match (result, recorded) {
                (Err(error), _) => failed(&error),
                (Ok(_), Err(why)) => refused("not_recorded", format!("isolated, but not in the audit log: {why}")),
                (Ok(entry), Ok(())) => Answer::Isolated { entry, known: desk.knows(subject) },
            }
        }
        Ask::Restore { subject, .. } => {
            if let Err(why) = desk.record(ask, uid, "restoring").await {
                return refused("not_recorded", format!("not restored, because the audit log failed: {why}"));
            }
            let restored = match subject {
                Some(subject) => switch.restore(subject, now).map(usize::from),
                None => switch.restore_everything(),
            };
            match restored {
                Ok(count) => Answer::Restored { count },
                Err(error) => {
                    // That it was not done after all; what was said before stands in the log already.
                    let _ = desk.record(ask, uid, error.code()).await;
                    failed(&error)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Quiet;
    use mcpz_runtime::state::Isolation;

    #[test]
    fn only_our_own_user_and_root_may_speak() {
        for (peer, own, may) in
            [(1000, 1000, true), (0, 1000, true), (1001, 1000, false), (1000, 0, false), (0, 0, true)]
        {
            assert_eq!(may_speak(peer, own), may, "{peer} to {own}");
        }
    }

    /// What a peer of this user is told when it isolates everything it can name.
    async fn told(peer: u32, own: u32, switch: &KillSwitch) -> String {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let ask = br#"{"op":"isolate","subject":{"kind":"server","name":"notes"},"reason":"because"}"#;
        let (mut reading, mut writing) = theirs.into_split();
        writing.write_all(ask).await.unwrap();
        writing.write_all(b"\n").await.unwrap();
        let heard = converse(ours, peer, own, switch, &Quiet);
        let mut said = String::new();
        let read = AsyncReadExt::read_to_string(&mut reading, &mut said);
        let (heard, read) = tokio::join!(heard, read);
        heard.unwrap();
        read.unwrap();
        said
    }

    #[tokio::test]
    async fn another_user_is_refused_and_nothing_is_done() {
        let switch = KillSwitch::in_memory();
        let said = told(1001, 1000, &switch).await;
        assert!(said.contains("not_allowed"), "{said}");
        assert_eq!(switch.is_isolated(Isolation::Server("notes"), 0), Ok(false));
        let said = told(1000, 1000, &switch).await;
        assert!(!said.contains("not_allowed"), "{said}");
        assert_eq!(switch.is_isolated(Isolation::Server("notes"), 0), Ok(true));
    }
}
