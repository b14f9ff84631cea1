//! The main loop: one thread that owns all state and takes events in order.
//!
//! An edit makes packages stale. They are checked again when a reader needs them or when no event waits, whichever comes first, so
//! that edits that come faster than a check takes are checked once. A reader whose request was cancelled is dropped.

use crate::config::Config;
use crate::state::State;
use crate::view::Snapshot;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use tokio::runtime::Handle;
use tower_lsp_server::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp_server::ls_types::{TextDocumentContentChangeEvent, Uri};

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

/// A request that reads.
pub struct Reader {
    /// The document that it is about; `None` when it is about all.
    pub uri: Option<Uri>,
    /// What answers it.
    pub job: Box<dyn FnOnce(&Snapshot) + Send>,
    /// Whether nobody waits for the answer any more.
    pub is_cancelled: Arc<AtomicBool>,
}

/// Runs until nobody can send events any more.
pub fn run(mut state: State, events: &Receiver<Event>, readers: &Handle) {
    loop {
        let event = match events.try_recv() {
            Ok(event) => event,
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) => {
                state.settle();
                match events.recv() {
                    Ok(event) => event,
                    Err(_) => return,
                }
            }
        };
        match event {
            Event::Read(reader) => read(&mut state, reader, readers),
            other => apply(&mut state, other),
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
    state.check_for(reader.uri.as_ref());
    let snapshot = state.snapshot();
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
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_of_its_request() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let failed: Result<()> = guarded(|| std::panic::resume_unwind(Box::new("broken")));
        std::panic::set_hook(hook);
        assert_eq!(failed.unwrap_err().code, ErrorCode::InternalError);
        assert_eq!(guarded(|| Ok(1)).unwrap(), 1);
    }
}
