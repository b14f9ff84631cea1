//! Writing: records from many tasks, one thread that puts them on the disk together.
//!
//! A task makes its record's text, hands it over and waits. The thread takes what has gathered while the last batch was
//! being flushed, writes it in one go, flushes it once when any of it must be durable, and tells all. So a flush is
//! shared by as many records as arrive during one.

use super::clock::{self, now_ms};
use super::keys::SigningKey;
use super::open::{self, Opened};
use super::writer::{MAX_TEXT_BYTES, Writer};
use super::{AuditError, Config, Durable, OnFailure, body};
use crate::record::{Call, Record};
use crate::telemetry::Telemetry;
use serde_json::json;
use std::fs::File;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Most records written in one go.
const MAX_BATCH: usize = 1024;
/// Most bytes of records written in one go.
const MAX_BATCH_BYTES: usize = 4 << 20;
/// Most bytes of records that wait to be written.
const MAX_WAITING_BYTES: usize = 64 << 20;

/// A log that is written. Cheap to clone; all clones are one log.
#[derive(Clone)]
pub struct Log {
    inner: Option<Arc<Inner>>,
    /// Sees every record, also where nothing is written.
    observer: Option<Telemetry>,
}

struct Inner {
    queue: SyncSender<Task>,
    key: Arc<SigningKey>,
    on_failure: OnFailure,
    always_durable: bool,
    opened: Opened,
    counts: Arc<Counts>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Counts {
    written: AtomicU64,
    flushes: AtomicU64,
    failures: AtomicU64,
    /// Lost since the log last said how many were.
    lost: AtomicU64,
    lost_ever: AtomicU64,
    /// Bytes of records that wait.
    waiting: AtomicUsize,
}

/// What a log did since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Records written.
    pub written: u64,
    /// Batches flushed to the disk.
    pub flushes: u64,
    /// Records not written.
    pub failures: u64,
    /// Of these, records whose messages went on all the same, because the configuration says so.
    pub lost: u64,
}

enum Task {
    Write { text: String, durable: bool, done: oneshot::Sender<Result<(), AuditError>> },
    Close,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.inner.is_some() { "Log" } else { "Log(disabled)" })
    }
}

impl Log {
    /// A log that writes nothing.
    pub fn disabled() -> Log {
        Log { inner: None, observer: None }
    }

    /// Opens the configured log, or none when no folder is configured.
    pub fn open(config: &Config) -> Result<Log, AuditError> {
        let Some(folder) = &config.folder else { return Ok(Log::disabled()) };
        let key = config.key.as_ref().ok_or_else(|| {
            AuditError::Config("`key` is missing: make one with `mcpz audit keygen`, there is no default".to_owned())
        })?;
        let key = Arc::new(SigningKey::read(key)?);
        let open = open::open(folder, config, key.clone())?;
        Log::start(open.writer, open.opened, Some(open.lock), config, key)
    }

    pub(super) fn start(
        writer: Writer,
        opened: Opened,
        lock: Option<File>,
        config: &Config,
        key: Arc<SigningKey>,
    ) -> Result<Log, AuditError> {
        let (queue, tasks) = sync_channel(config.queue.max(1));
        let counts = Arc::new(Counts::default());
        let every = Every {
            records: config.checkpoint_records.max(1),
            time: Duration::from_millis(config.checkpoint_ms.clamp(10, 3_600_000)),
        };
        let mut keeper = Keeper { writer, tasks, counts: counts.clone(), every, since: None };
        let thread = std::thread::Builder::new().name("mcpz-audit".to_owned()).spawn(move || {
            let _lock = lock;
            keeper.run();
        })?;
        let inner = Inner {
            queue,
            key,
            on_failure: config.on_failure,
            always_durable: config.durable == Durable::Always,
            opened,
            counts,
            thread: Mutex::new(Some(thread)),
        };
        Ok(Log { inner: Some(Arc::new(inner)), observer: None })
    }

    /// The same log, whose records are counted and traced.
    pub fn observed(&self, observer: Telemetry) -> Log {
        Log { inner: self.inner.clone(), observer: Some(observer) }
    }

    /// What was found when it was opened.
    pub fn opened(&self) -> Opened {
        self.inner.as_ref().map(|inner| inner.opened.clone()).unwrap_or_default()
    }

    /// Whether anything is written.
    pub fn is_enabled(&self) -> bool {
        self.inner.is_some()
    }

    /// Writes a record; ends when it is as durable as the record and the configuration ask. An error means that the
    /// message must not go on: the configuration's "continue" is none.
    pub async fn append(&self, record: Record) -> Result<(), AuditError> {
        let Some(inner) = &self.inner else { return self.observe(&record, Ok(())) };
        let result = match inner.hand_over(&record) {
            Ok(done) => done.await.unwrap_or(Err(AuditError::Closed)),
            Err(error) => Err(error),
        };
        self.observe(&record, inner.settle(result))
    }

    /// As [`Log::append`], for threads that may wait.
    pub fn append_blocking(&self, record: &Record) -> Result<(), AuditError> {
        let Some(inner) = &self.inner else { return self.observe(record, Ok(())) };
        let result = match inner.hand_over(record) {
            Ok(done) => done.blocking_recv().unwrap_or(Err(AuditError::Closed)),
            Err(error) => Err(error),
        };
        self.observe(record, inner.settle(result))
    }

    /// Lets whoever observes know what came of a record: what cannot be written down is not allowed.
    fn observe(&self, record: &Record, settled: Result<(), AuditError>) -> Result<(), AuditError> {
        match &self.observer {
            Some(observer) if settled.is_err() && record.effect == "allow" => {
                observer.decided(&Record { effect: "deny", reason: "audit_error".to_owned(), ..record.clone() });
            }
            Some(observer) => observer.decided(record),
            None => {}
        }
        settled
    }

    /// Lets whoever observes know of a request that has ended; nothing is written.
    pub fn called(&self, call: &Call) {
        if let Some(observer) = &self.observer {
            observer.called(call);
        }
    }

    /// What it did.
    pub fn stats(&self) -> Stats {
        let Some(inner) = &self.inner else { return Stats::default() };
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            written: count(&inner.counts.written),
            flushes: count(&inner.counts.flushes),
            failures: count(&inner.counts.failures),
            lost: count(&inner.counts.lost_ever),
        }
    }

    /// Writes what waits, signs it, and ends the log. Waits for the disk: from async code call it in `spawn_blocking`.
    pub fn close(&self) {
        let Some(inner) = &self.inner else { return };
        let _ = inner.queue.send(Task::Close);
        let thread = inner.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Inner {
    fn hand_over(&self, record: &Record) -> Result<oneshot::Receiver<Result<(), AuditError>>, AuditError> {
        let (done, receiver) = oneshot::channel();
        let text = body::text(record, &self.key);
        let bytes = text.len();
        if bytes > MAX_TEXT_BYTES {
            return Err(AuditError::TooLong);
        }
        let waiting = &self.counts.waiting;
        if waiting.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > MAX_WAITING_BYTES {
            waiting.fetch_sub(bytes, Ordering::Relaxed);
            return Err(AuditError::Overloaded);
        }
        let sent = self.queue.try_send(Task::Write { text, durable: record.durable || self.always_durable, done });
        sent.map(|()| receiver).map_err(|error| {
            waiting.fetch_sub(bytes, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => AuditError::Overloaded,
                TrySendError::Disconnected(_) => AuditError::Closed,
            }
        })
    }

    /// What the configuration makes of a failure.
    fn settle(&self, result: Result<(), AuditError>) -> Result<(), AuditError> {
        let Err(error) = result else { return Ok(()) };
        self.counts.failures.fetch_add(1, Ordering::Relaxed);
        match self.on_failure {
            OnFailure::Deny => Err(error),
            OnFailure::Continue => {
                self.counts.lost.fetch_add(1, Ordering::Relaxed);
                self.counts.lost_ever.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}

/// When checkpoints are made.
struct Every {
    records: u32,
    time: Duration,
}

/// The thread's side.
struct Keeper {
    writer: Writer,
    tasks: Receiver<Task>,
    counts: Arc<Counts>,
    every: Every,
    /// Since when something stands behind the last checkpoint.
    since: Option<Instant>,
}

impl Keeper {
    fn run(&mut self) {
        loop {
            let next = match self.since {
                None => self.tasks.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(since) => self.tasks.recv_timeout(self.every.time.saturating_sub(since.elapsed())),
            };
            let goes_on = match next {
                Ok(first) => self.batch(first),
                Err(RecvTimeoutError::Timeout) => true,
                Err(RecvTimeoutError::Disconnected) => false,
            };
            if !goes_on {
                return self.end();
            }
            let is_due = self.since.is_some_and(|since| since.elapsed() >= self.every.time);
            if is_due || self.writer.unsigned >= self.every.records {
                self.checkpoint();
            }
        }
    }

    /// Writes what has gathered; whether there will be more.
    fn batch(&mut self, first: Task) -> bool {
        let mut batch = Vec::new();
        let (mut bytes, mut durable, mut next) = (0_usize, false, Some(first));
        let mut goes_on = true;
        while let Some(task) = next {
            match task {
                Task::Close => goes_on = false,
                Task::Write { text, durable: asked, done } => {
                    bytes = bytes.saturating_add(text.len());
                    durable |= asked;
                    batch.push((text, done));
                }
            }
            let has_room = goes_on && batch.len() < MAX_BATCH && bytes < MAX_BATCH_BYTES;
            next = if has_room { self.tasks.try_recv().ok() } else { None };
        }
        self.write(batch, durable);
        self.counts.waiting.fetch_sub(bytes, Ordering::Relaxed);
        goes_on
    }

    fn write(&mut self, batch: Vec<(String, oneshot::Sender<Result<(), AuditError>>)>, durable: bool) {
        if batch.is_empty() {
            return;
        }
        self.say_what_was_lost();
        let texts: Vec<&str> = batch.iter().map(|(text, _)| text.as_str()).collect();
        let result = self.writer.commit(&texts, durable);
        if result.is_ok() {
            self.counts.written.fetch_add(u64::try_from(batch.len()).unwrap_or(0), Ordering::Relaxed);
            self.counts.flushes.fetch_add(u64::from(durable), Ordering::Relaxed);
            self.since.get_or_insert_with(Instant::now);
        } else if let Err(error) = &result {
            tracing::error!(target: "mcpz", code = error.code(), "audit records were not written");
        }
        for (_, done) in batch {
            // Who no longer waits has gone away with its request.
            let _ = done.send(result.clone());
        }
    }

    /// Once writing works again, the log says how many records are missing.
    fn say_what_was_lost(&mut self) {
        let lost = self.counts.lost.load(Ordering::Relaxed);
        if lost == 0 {
            return;
        }
        let text = json!({"time": clock::text(now_ms()), "kind": "gap", "lost": lost}).to_string();
        if self.writer.commit(&[&text], false).is_ok() {
            self.counts.lost.fetch_sub(lost, Ordering::Relaxed);
        }
    }

    fn checkpoint(&mut self) {
        if let Err(error) = self.writer.checkpoint() {
            tracing::error!(target: "mcpz", code = error.code(), "the audit log could not be signed");
            // Tried again when the time is over once more, not at once.
            self.since = Some(Instant::now());
            return;
        }
        self.since = None;
    }

    fn end(&mut self) {
        self.say_what_was_lost();
        let text = json!({"time": clock::text(now_ms()), "kind": "closed"}).to_string();
        let closed = self.writer.commit(&[&text], false).and_then(|()| self.writer.checkpoint());
        if let Err(error) = closed {
            tracing::error!(target: "mcpz", code = error.code(), "the audit log could not be closed");
        }
    }
}

/// The disk of a log that tests hold back.
#[cfg(test)]
pub(crate) struct Held {
    tasks: Receiver<Task>,
}

#[cfg(test)]
impl Log {
    /// A log whose records wait until a test lets them go.
    pub(crate) fn held() -> (Log, Held) {
        let (queue, tasks) = sync_channel(100);
        let inner = Inner {
            queue,
            key: Arc::new(SigningKey::generate().unwrap().0),
            on_failure: OnFailure::Deny,
            always_durable: false,
            opened: Opened::default(),
            counts: Arc::default(),
            thread: Mutex::new(None),
        };
        (Log { inner: Some(Arc::new(inner)), observer: None }, Held { tasks })
    }
}

#[cfg(test)]
impl Held {
    /// The next record that waits, and whom to tell how it went.
    pub(crate) async fn next(&mut self) -> (String, oneshot::Sender<Result<(), AuditError>>) {
        loop {
            match self.tasks.try_recv() {
                Ok(Task::Write { text, done, .. }) => return (text, done),
                _ => tokio::task::yield_now().await,
            }
        }
    }
}
