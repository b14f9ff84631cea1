//! The main loop: one thread that owns all state and takes events in order.
//!
//! An edit makes packages stale. They are checked again when a reader needs them or when nothing has come for a moment, whichever is
//! first, so that edits that come faster than a check takes are checked once. Completion needs less than a whole check, and
//! does not wait for one. A reader whose request was cancelled is dropped.

use crate::config::Config;
use crate::state::State;
use crate::view::Snapshot;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tower_lsp_server::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp_server::ls_types::{TextDocumentContentChangeEvent, Uri};

/// How long nothing must come before a check begins: a key press and the completion that it asks for come as two messages.
const PAUSE: Duration = Duration::from_millis(3);
/// How long a check is put off at most, however much comes.
const LONGEST_WAIT: Duration = Duration::from_millis(150);

/// What the loop is told.
pub enum Event {
    /// The session begins.
    Start(Box<Config>),
    /// A document was opened.
    Open {
        /// Its address.
        uri: Uri,
        /// Its text.
        text: String,
        /// Its version.
        version: i32,
    },
    /// A document was edited.
    Edit {
        /// Its address.
        uri: Uri,
        /// The edits, in order.
        changes: Vec<TextDocumentContentChangeEvent>,
        /// Its version after them.
        version: i32,
    },
    /// A document was closed.
    Close(Uri),
    /// A document was saved.
    Saved(Uri),
    /// Files changed on disk.
    Changed(Vec<Uri>),
    /// Folders of the workspace came and went.
    Folders {
        /// Came.
        added: Vec<PathBuf>,
        /// Went.
        removed: Vec<PathBuf>,
    },
    /// Somebody wants to know something.
    Read(Reader),
}

/// What a request is about, which says what must be checked before it is answered.
pub enum About {
    /// Completion in a document.
    Completion(Uri),
    /// The package of a document.
    Document(Uri),
    /// All packages.
    All,
}

/// A request that reads.
pub struct Reader {
    /// What it is about.
    pub about: About,
    /// What answers it.
    pub job: Box<dyn FnOnce(&Snapshot) + Send>,
    /// Whether nobody waits for the answer any more.
    pub is_cancelled: Arc<AtomicBool>,
}

/// Runs until nobody can send events any more.
pub fn run(mut state: State, events: &Receiver<Event>, readers: &Handle) {
    take(&mut state, events, readers, LONGEST_WAIT);
}

fn take(state: &mut State, events: &Receiver<Event>, readers: &Handle, longest_wait: Duration) {
    // Since when there is something to check or to tell.
    let mut unsettled: Option<Instant> = None;
    loop {
        let waited = unsettled.map_or(Duration::ZERO, |since| since.elapsed());
        let event = match events.try_recv() {
            Err(TryRecvError::Disconnected) => return,
            Ok(event) if waited < longest_wait => event,
            // However much comes.
            Ok(event) => {
                state.settle();
                unsettled = None;
                event
            }
            Err(TryRecvError::Empty) if unsettled.is_some() => {
                match events.recv_timeout(longest_wait.saturating_sub(waited).min(PAUSE)) {
                    Ok(event) => event,
                    Err(RecvTimeoutError::Timeout) => {
                        state.settle();
                        unsettled = None;
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            Err(TryRecvError::Empty) => match events.recv() {
                Ok(event) => event,
                Err(_) => return,
            },
        };
        match event {
            Event::Read(reader) => read(state, reader, readers),
            other => apply(state, other),
        }
        if state.is_unsettled() {
            unsettled.get_or_insert_with(Instant::now);
        }
    }
}

/// One change of the state.
fn apply(state: &mut State, event: Event) {
    match event {
        Event::Start(config) => state.start(*config),
        Event::Open { uri, text, version } => state.open(uri, text, version),
        Event::Edit { uri, changes, version } => state.edit(&uri, changes, version),
        Event::Close(uri) => state.close(&uri),
        Event::Saved(uri) => state.saved(&uri),
        Event::Changed(uris) => state.changed(&uris),
        Event::Folders { added, removed } => state.folders(added, &removed),
        Event::Read(_) => {}
    }
}

/// Hands a snapshot to a reader on another thread.
fn read(state: &mut State, reader: Reader, readers: &Handle) {
    if reader.is_cancelled.load(Ordering::SeqCst) {
        return;
    }
    let snapshot = match &reader.about {
        About::Completion(uri) => state.snapshot_for_completion(uri),
        About::Document(uri) => {
            state.check_for(Some(uri));
            state.snapshot()
        }
        About::All => {
            state.check_for(None);
            state.snapshot()
        }
    };
    readers.spawn_blocking(move || {
        if !reader.is_cancelled.load(Ordering::SeqCst) {
            (reader.job)(&snapshot);
        }
    });
}

/// Runs an answer. A panic is an error of this request and of nothing else.
pub fn guarded<T>(answer: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(answer)).unwrap_or_else(|_| {
        Err(Error {
            code: ErrorCode::InternalError,
            message: "the server failed on this request; the others go on".into(),
            data: None,
        })
    })
}

#[cfg(test)]
mod tests;
