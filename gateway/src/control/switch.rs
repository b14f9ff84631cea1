//! The kill switch itself: asked before every message, changed by operators.
//!
//! An isolation with an end is over when two clocks say so: the one that operators read, and the one that nobody sets.
//! A clock that is put forward ends nothing.

use super::Config;
use super::state::{Entry, Isolations, MAX_ENTRIES, MAX_REASON_BYTES, Subject};
use crate::audit::clock::now_ms;
use crate::audit::durable;
use arc_swap::ArcSwap;
use mcpz_runtime::state::{Isolation, StateError};
use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Largest state file that is read: more than any that is written.
const MAX_FILE_BYTES: u64 = 128 << 20;
/// The longest time that is counted, milliseconds: a hundred years.
const MAX_SPAN_MS: i64 = 100 * 366 * 86_400_000;

/// The kill switch. Cheap to clone; all clones are one switch.
#[derive(Debug, Clone)]
pub struct KillSwitch {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Where it is kept; absent: nowhere.
    path: Option<PathBuf>,
    /// The file was made, because there was none.
    is_new: bool,
    clock: Clock,
    now: ArcSwap<Snapshot>,
    generation: watch::Sender<u64>,
    /// Held while something is changed.
    changing: Mutex<()>,
}

/// What is isolated at a moment.
#[derive(Debug)]
enum Snapshot {
    /// These.
    Known(Known),
    /// Everything, because what is isolated is not known; and why.
    Everything(String),
}

/// What is isolated, and when each isolation that ends does so by the clock that nobody sets.
#[derive(Debug, Clone, Default)]
struct Known {
    isolations: Isolations,
    ends: BTreeMap<Subject, Instant>,
}

/// The clock that nobody sets.
#[derive(Clone)]
struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl Known {
    fn of(isolations: Isolations, now_ms: i64, at: Instant) -> Known {
        let end = |entry: &Entry| Some((entry.subject.clone(), end_of(entry, now_ms, at)?));
        let ends = isolations.entries().filter_map(end).collect();
        Known { isolations, ends }
    }

    /// Whether an entry holds by either clock.
    fn holds(&self, entry: &Entry, now_ms: i64, at: Instant) -> bool {
        entry.holds(now_ms) || self.ends.get(&entry.subject).is_some_and(|end| at < *end)
    }

    /// Without what is over.
    fn current(&self, now_ms: i64, at: Instant) -> Known {
        let entries = self.isolations.entries().filter(|entry| self.holds(entry, now_ms, at));
        let isolations = Isolations::of(entries.cloned());
        let ends = self.ends.iter().filter(|(subject, _)| isolations.get(subject).is_some());
        Known { ends: ends.map(|(subject, end)| (subject.clone(), *end)).collect(), isolations }
    }

    /// Puts an entry in the place of what there was of its subject. What lasts longer by either clock stays.
    fn put(&mut self, entry: Entry, now_ms: i64, at: Instant) -> Entry {
        let entry = match self.isolations.get(&entry.subject) {
            Some(old) if is_longer(old, &entry) => Entry { until_ms: old.until_ms, ..entry },
            _ => entry,
        };
        let old = self.ends.remove(&entry.subject);
        if let Some(end) = end_of(&entry, now_ms, at) {
            self.ends.insert(entry.subject.clone(), old.map_or(end, |old| old.max(end)));
        }
        self.isolations.put(entry.clone());
        entry
    }

    fn remove(&mut self, subject: &Subject) -> bool {
        self.ends.remove(subject);
        self.isolations.remove(subject)
    }
}

/// When an entry ends by the clock that nobody sets.
fn end_of(entry: &Entry, now_ms: i64, at: Instant) -> Option<Instant> {
    let span_ms = entry.until_ms?.saturating_sub(now_ms).clamp(0, MAX_SPAN_MS);
    at.checked_add(Duration::from_millis(span_ms.unsigned_abs()))
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
        KillSwitch::of(None, (Snapshot::Known(Known::default()), false), Clock(Arc::new(Instant::now)))
    }

    /// The switch kept in the configured file, or nowhere. A file that is not there is made, which [`KillSwitch::is_new`]
    /// says; one that cannot be read, trusted or written isolates everything, and [`KillSwitch::problem`] says why.
    pub fn open(config: &Config) -> KillSwitch {
        config.state.as_deref().map_or_else(KillSwitch::in_memory, KillSwitch::kept_in)
    }

    /// Whether the file was made because there was none: it is a first start, or somebody took it away.
    pub fn is_new(&self) -> bool {
        self.inner.is_new
    }

    fn kept_in(path: &Path) -> KillSwitch {
        KillSwitch::kept_by(path, now_ms(), Clock(Arc::new(Instant::now)))
    }

    fn kept_by(path: &Path, now_ms: i64, clock: Clock) -> KillSwitch {
        let found = match load(path) {
            Ok((isolations, is_new)) => (Snapshot::Known(Known::of(isolations, now_ms, (clock.0)())), is_new),
            Err(why) => (Snapshot::Everything(why), false),
        };
        KillSwitch::of(Some(path.to_owned()), found, clock)
    }

    fn of(path: Option<PathBuf>, (snapshot, is_new): (Snapshot, bool), clock: Clock) -> KillSwitch {
        let (generation, _) = watch::channel(0);
        let (now, changing) = (ArcSwap::from_pointee(snapshot), Mutex::default());
        KillSwitch { inner: Arc::new(Inner { path, is_new, clock, now, generation, changing }) }
    }

    /// Now, by the clock that nobody sets.
    fn at(&self) -> Instant {
        (self.inner.clock.0)()
    }

    /// Whether this is isolated now. Never an error: where what is isolated is not known, everything is.
    pub fn is_isolated(&self, subject: Isolation<'_>, now_ms: i64) -> Result<bool, StateError> {
        Ok(match &**self.inner.now.load() {
            Snapshot::Everything(_) => true,
            Snapshot::Known(known) => match known.isolations.find(subject) {
                Some(entry) => known.holds(entry, now_ms, self.at()),
                None => false,
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
            Snapshot::Known(known) => known.current(now_ms, self.at()).isolations.entries().cloned().collect(),
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
        let at = self.at();
        let mut known = self.known()?.current(now_ms, at);
        let entry = known.put(entry, now_ms, at);
        if known.isolations.entries().count() > MAX_ENTRIES {
            return Err(ControlError::TooMany);
        }
        self.publish(Snapshot::Known(known.clone()));
        self.keep(&known.isolations).map_err(ControlError::NotKept)?;
        Ok(entry)
    }

    /// Ends the isolation of a subject: first written, then done. Whether it was isolated.
    pub fn restore(&self, subject: &Subject, now_ms: i64) -> Result<bool, ControlError> {
        let _changing = self.changing();
        let mut known = self.known()?.current(now_ms, self.at());
        let was_isolated = known.remove(subject);
        self.keep(&known.isolations).map_err(ControlError::NotDone)?;
        self.publish(Snapshot::Known(known));
        Ok(was_isolated)
    }

    /// Ends every isolation, also when what is isolated was not known. A file that could not be read is set aside.
    pub fn restore_everything(&self) -> Result<usize, ControlError> {
        let _changing = self.changing();
        let count = self.known().map_or(0, |known| known.isolations.entries().count());
        if let (Snapshot::Everything(_), Some(path)) = (&*self.snapshot(), &self.inner.path) {
            let aside = durable::beside(path, ".unreadable").map_err(not_done)?;
            match std::fs::rename(path, aside) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(not_done(error)),
                _ => {}
            }
        }
        self.keep(&Isolations::default()).map_err(ControlError::NotDone)?;
        self.publish(Snapshot::Known(Known::default()));
        Ok(count)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.now.load_full()
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.inner.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> Result<Known, ControlError> {
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

/// Reads the file, or makes it; whether it was made. Only its owner and root may be able to write it, and its folder,
/// where somebody else could put another in its place.
fn load(path: &Path) -> Result<(Isolations, bool), String> {
    let say = |what: &str| format!("{} {what}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let around =
        std::fs::metadata(folder).map_err(|error| say(&format!("has a folder that cannot be read: {error}")))?;
    if !is_ours_alone(&around) {
        return Err(say("is in a folder that others can write: `chmod go-w` it"));
    }
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let none = Isolations::default();
            durable::replace(path, none.to_text().as_bytes())
                .map_err(|error| say(&format!("cannot be made: {error}")))?;
            tracing::warn!(target: "mcpz", file = %path.display(), "there was no file of what is isolated: nothing is");
            return Ok((none, true));
        }
        Err(error) => return Err(say(&format!("cannot be read: {error}"))),
    };
    if !metadata.is_file() || !is_ours_alone(&metadata) {
        return Err(say("is no plain file that only its owner, root or we, can write"));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(say("is too long"));
    }
    let text = std::fs::read(path).map_err(|error| say(&format!("cannot be read: {error}")))?;
    Isolations::from_text(&text).map(|isolations| (isolations, false)).map_err(|what| say(&what))
}

/// Whether root or we own it, and nobody else can write it.
fn is_ours_alone(metadata: &Metadata) -> bool {
    let owner = metadata.uid();
    metadata.mode() & 0o022 == 0 && (owner == 0 || owner == rustix::process::geteuid().as_raw())
}

#[cfg(test)]
mod tests;
