//! The kill switch itself: asked before every message, changed by operators.

use super::Config;
use super::state::{Entry, Isolations, MAX_ENTRIES, MAX_REASON_BYTES, Subject};
use crate::audit::durable;
use arc_swap::ArcSwap;
use mcpz_runtime::state::{Isolation, StateError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Largest state file that is read.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The kill switch. Cheap to clone; all clones are one switch.
#[derive(Debug, Clone)]
pub struct KillSwitch {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Where it is kept; absent: nowhere.
    path: Option<PathBuf>,
    now: ArcSwap<Snapshot>,
    generation: watch::Sender<u64>,
    /// Held while something is changed.
    changing: Mutex<()>,
}

/// What is isolated at a moment.
#[derive(Debug)]
enum Snapshot {
    /// These.
    Known(Isolations),
    /// Everything, because what is isolated is not known; and why.
    Everything(String),
}

/// Why a change was not made, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlError {
    /// A name or reason that is empty, too long, or holds control characters; an end that is not in the future.
    Malformed,
    /// Too many subjects are isolated.
    TooMany,
    /// What is isolated is not known, so that everything is; `restore` of everything starts anew.
    Unreadable(String),
    /// It holds now, but was not written: it will not survive a restart.
    NotKept(String),
    /// It was not written, and so not done.
    NotDone(String),
}

impl ControlError {
    /// The stable word.
    pub fn code(&self) -> &'static str {
        match self {
            ControlError::Malformed => "malformed",
            ControlError::TooMany => "too_many",
            ControlError::Unreadable(_) => "state_unreadable",
            ControlError::NotKept(_) => "not_kept",
            ControlError::NotDone(_) => "not_done",
        }
    }
}

impl std::fmt::Display for ControlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ControlError::Malformed => f.write_str("a name, reason or end that is none"),
            ControlError::TooMany => write!(f, "more than {MAX_ENTRIES} subjects are isolated"),
            ControlError::Unreadable(why) => write!(f, "everything is isolated: {why}"),
            ControlError::NotKept(why) => write!(f, "isolated now, but not kept over a restart: {why}"),
            ControlError::NotDone(why) => write!(f, "not done, because it could not be kept: {why}"),
        }
    }
}

impl std::error::Error for ControlError {}

impl KillSwitch {
    /// A switch that is kept nowhere, for `mcpz run` and tests.
    pub fn in_memory() -> KillSwitch {
        KillSwitch::of(None, Snapshot::Known(Isolations::default()))
    }

    /// The switch kept in the configured file, or nowhere. A file that is not there is made; one that cannot be read, trusted or written
    /// isolates everything, and [`KillSwitch::problem`] says why.
    pub fn open(config: &Config) -> KillSwitch {
        config.state.as_deref().map_or_else(KillSwitch::in_memory, KillSwitch::kept_in)
    }

    fn kept_in(path: &Path) -> KillSwitch {
        let snapshot = match load(path) {
            Ok(isolations) => Snapshot::Known(isolations),
            Err(why) => Snapshot::Everything(why),
        };
        KillSwitch::of(Some(path.to_owned()), snapshot)
    }

    fn of(path: Option<PathBuf>, snapshot: Snapshot) -> KillSwitch {
        let (generation, _) = watch::channel(0);
        let inner = Inner { path, now: ArcSwap::from_pointee(snapshot), generation, changing: Mutex::new(()) };
        KillSwitch { inner: Arc::new(inner) }
    }

    /// Whether this is isolated now. Never an error: where what is isolated is not known, everything is.
    pub fn is_isolated(&self, subject: Isolation<'_>, now_ms: i64) -> Result<bool, StateError> {
        Ok(match &**self.inner.now.load() {
            Snapshot::Everything(_) => true,
            Snapshot::Known(known) if known.is_empty() => false,
            Snapshot::Known(known) => match subject {
                Isolation::Server(server) => known.server(server, now_ms),
                Isolation::Tool(server, tool) => known.tool(server, tool, now_ms),
                Isolation::Agent(agent) => known.agent(agent, now_ms),
            },
        })
    }

    /// Why everything is isolated, if it is.
    pub fn problem(&self) -> Option<String> {
        match &*self.snapshot() {
            Snapshot::Everything(why) => Some(why.clone()),
            Snapshot::Known(_) => None,
        }
    }

    /// What is isolated now.
    pub fn entries(&self, now_ms: i64) -> Vec<Entry> {
        match &*self.snapshot() {
            Snapshot::Everything(_) => Vec::new(),
            Snapshot::Known(known) => known.entries().filter(|entry| entry.holds(now_ms)).cloned().collect(),
        }
    }

    /// Tells of every change. Who holds something open looks again what is isolated.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.generation.subscribe()
    }

    /// How many changes there were.
    pub fn generation(&self) -> u64 {
        *self.inner.generation.borrow()
    }

    /// Isolates a subject, at once, and then keeps it. What is already isolated for longer stays so.
    pub fn isolate(&self, entry: Entry, now_ms: i64) -> Result<Entry, ControlError> {
        if !entry.subject.is_sound() || !is_reason(&entry.reason) || !entry.holds(now_ms) {
            return Err(ControlError::Malformed);
        }
        let _changing = self.changing();
        let mut known = self.known()?.current(now_ms);
        let entry = match known.get(&entry.subject) {
            Some(old) if is_longer(old, &entry) => Entry { until_ms: old.until_ms, ..entry },
            _ => entry,
        };
        known.put(entry.clone());
        if known.entries().count() > MAX_ENTRIES {
            return Err(ControlError::TooMany);
        }
        self.publish(Snapshot::Known(known.clone()));
        self.keep(&known).map_err(ControlError::NotKept)?;
        Ok(entry)
    }

    /// Ends the isolation of a subject: first written, then done. Whether it was isolated.
    pub fn restore(&self, subject: &Subject, now_ms: i64) -> Result<bool, ControlError> {
        let _changing = self.changing();
        let mut known = self.known()?.current(now_ms);
        let was_isolated = known.remove(subject);
        self.keep(&known).map_err(ControlError::NotDone)?;
        self.publish(Snapshot::Known(known));
        Ok(was_isolated)
    }

    /// Ends every isolation, also when what is isolated was not known. A file that could not be read is set aside.
    pub fn restore_everything(&self) -> Result<usize, ControlError> {
        let _changing = self.changing();
        let count = self.known().map_or(0, |known| known.entries().count());
        if let (Snapshot::Everything(_), Some(path)) = (&*self.snapshot(), &self.inner.path) {
            let aside = durable::beside(path, ".unreadable").map_err(not_done)?;
            match std::fs::rename(path, aside) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(not_done(error)),
                _ => {}
            }
        }
        self.keep(&Isolations::default()).map_err(ControlError::NotDone)?;
        self.publish(Snapshot::Known(Isolations::default()));
        Ok(count)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.now.load_full()
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.inner.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> Result<Isolations, ControlError> {
        match &*self.snapshot() {
            Snapshot::Known(known) => Ok(known.clone()),
            Snapshot::Everything(why) => Err(ControlError::Unreadable(why.clone())),
        }
    }

    fn publish(&self, snapshot: Snapshot) {
        self.inner.now.store(Arc::new(snapshot));
        self.inner.generation.send_modify(|generation| *generation = generation.wrapping_add(1));
    }

    fn keep(&self, isolations: &Isolations) -> Result<(), String> {
        let Some(path) = &self.inner.path else { return Ok(()) };
        durable::replace(path, isolations.to_text().as_bytes())
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))
    }
}

fn not_done(error: std::io::Error) -> ControlError {
    ControlError::NotDone(error.to_string())
}

fn is_reason(reason: &str) -> bool {
    !reason.is_empty() && reason.len() <= MAX_REASON_BYTES && !reason.chars().any(char::is_control)
}

/// Whether the first lasts longer than the second.
fn is_longer(one: &Entry, other: &Entry) -> bool {
    match (one.until_ms, other.until_ms) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(one), Some(other)) => one > other,
    }
}

/// Reads the file, or makes it. Only its owner and root may be able to write it.
fn load(path: &Path) -> Result<Isolations, String> {
    let say = |what: &str| format!("{} {what}", path.display());
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let none = Isolations::default();
            durable::replace(path, none.to_text().as_bytes())
                .map_err(|error| say(&format!("cannot be made: {error}")))?;
            return Ok(none);
        }
        Err(error) => return Err(say(&format!("cannot be read: {error}"))),
    };
    let owner = metadata.uid();
    if !metadata.is_file() || metadata.mode() & 0o022 != 0 {
        return Err(say("is no plain file that only its owner can write"));
    }
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(say("belongs to somebody else"));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(say("is too long"));
    }
    let text = std::fs::read(path).map_err(|error| say(&format!("cannot be read: {error}")))?;
    Isolations::from_text(&text).map_err(|what| say(&what))
}

#[cfg(test)]
mod tests {
    use super::super::state::tests::{entry, server};
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_isolated_survives_a_restart_until_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("isolated.json");
        let switch = KillSwitch::kept_in(&path);
        assert_eq!(switch.problem(), None);
        assert!(!switch.is_isolated(Isolation::Server("payments"), 0).unwrap());
        switch.isolate(entry(server("payments"), Some(100)), 0).unwrap();
        let tool = Subject::Tool("fs".into(), "write_file".into());
        switch.isolate(entry(tool.clone(), None), 0).unwrap();
        let again = KillSwitch::kept_in(&path);
        for switch in [&switch, &again] {
            assert!(switch.is_isolated(Isolation::Server("payments"), 99).unwrap());
            assert!(!switch.is_isolated(Isolation::Server("payments"), 100).unwrap());
            assert!(switch.is_isolated(Isolation::Tool("fs", "write_file"), i64::MAX).unwrap());
            assert!(!switch.is_isolated(Isolation::Tool("fs", "read_file"), 0).unwrap());
            assert!(!switch.is_isolated(Isolation::Agent("payments"), 0).unwrap());
        }
        assert!(again.restore(&tool, 0).unwrap());
        assert!(!again.restore(&tool, 0).unwrap());
        assert!(!KillSwitch::kept_in(&path).is_isolated(Isolation::Tool("fs", "write_file"), 0).unwrap());
    }

    #[test]
    fn a_shorter_isolation_does_not_shorten_a_longer_one() {
        let switch = KillSwitch::in_memory();
        switch.isolate(entry(server("a"), None), 0).unwrap();
        assert_eq!(switch.isolate(entry(server("a"), Some(10)), 0).unwrap().until_ms, None);
        assert!(switch.is_isolated(Isolation::Server("a"), 20).unwrap());
    }

    #[test]
    fn a_file_that_cannot_be_trusted_isolates_everything() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("isolated.json");
        let good = Isolations::default().to_text();
        let loose = |bytes: &[u8], mode: u32| {
            std::fs::write(&path, bytes).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        for (bytes, mode) in [(&b"{"[..], 0o600), (b"", 0o600), (b"\0\0\0", 0o600), (good.as_bytes(), 0o666)] {
            loose(bytes, mode);
            let switch = KillSwitch::kept_in(&path);
            assert!(switch.problem().is_some(), "{bytes:?} {mode:o}");
            assert!(switch.is_isolated(Isolation::Server("any"), 0).unwrap());
            assert!(switch.is_isolated(Isolation::Agent("any"), 0).unwrap());
            assert!(matches!(switch.isolate(entry(server("a"), None), 0), Err(ControlError::Unreadable(_))));
            assert!(matches!(switch.restore(&server("a"), 0), Err(ControlError::Unreadable(_))));
        }
        let switch = KillSwitch::kept_in(&path);
        switch.restore_everything().unwrap();
        assert!(!switch.is_isolated(Isolation::Server("any"), 0).unwrap());
        assert_eq!(KillSwitch::kept_in(&path).problem(), None);
        assert!(folder.path().join("isolated.json.unreadable").exists());
    }

    #[test]
    fn a_folder_in_the_place_of_the_file_isolates_everything() {
        let folder = tempfile::tempdir().unwrap();
        assert!(KillSwitch::kept_in(folder.path()).is_isolated(Isolation::Server("any"), 0).unwrap());
        assert!(
            KillSwitch::kept_in(&folder.path().join("missing/x")).is_isolated(Isolation::Server("any"), 0).unwrap()
        );
    }

    #[test]
    fn what_cannot_be_written_is_isolated_but_not_restored() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("state");
        std::fs::create_dir(&place).unwrap();
        let switch = KillSwitch::kept_in(&place.join("isolated.json"));
        switch.isolate(entry(server("a"), None), 0).unwrap();
        std::fs::remove_dir_all(&place).unwrap();
        assert!(matches!(switch.isolate(entry(server("b"), None), 0), Err(ControlError::NotKept(_))));
        assert!(switch.is_isolated(Isolation::Server("b"), 0).unwrap());
        assert!(matches!(switch.restore(&server("a"), 0), Err(ControlError::NotDone(_))));
        assert!(switch.is_isolated(Isolation::Server("a"), 0).unwrap());
    }

    #[test]
    fn names_reasons_and_ends_that_are_none_are_refused() {
        let switch = KillSwitch::in_memory();
        let long = "x".repeat(MAX_REASON_BYTES + 1);
        for bad in [
            entry(server(""), None),
            entry(server("a\u{7}"), None),
            entry(server(&"x".repeat(513)), None),
            entry(server("a"), Some(0)),
            Entry { reason: String::new(), ..entry(server("a"), None) },
            Entry { reason: long, ..entry(server("a"), None) },
        ] {
            assert_eq!(switch.isolate(bad.clone(), 0), Err(ControlError::Malformed), "{bad:?}");
        }
        assert_eq!(switch.generation(), 0);
    }

    #[tokio::test]
    async fn subscribers_are_told() {
        let switch = KillSwitch::in_memory();
        let mut changes = switch.changes();
        let other = switch.clone();
        let task = tokio::spawn(async move {
            changes.changed().await.unwrap();
            other.is_isolated(Isolation::Server("a"), 0).unwrap()
        });
        switch.isolate(entry(server("a"), None), 0).unwrap();
        assert!(task.await.unwrap());
    }
}
