//! The language server: transport, main loop, and the protocol's types. What it answers with is made in `mcpz-ide`.
//!
//! Handlers only send events. One loop, on a thread of its own, owns all state: it applies edits in the order in which they came,
//! checks packages again when something changed, and hands readers an immutable [`view::Snapshot`]. Readers run on other
//! threads; a panic in one answers its request with an error and nothing else. Nothing is fetched, no command of a package
//! runs, and nothing is written.
//!
//! Read next: [`main_loop`] for the loop, [`state`] for what it owns, `server` for the handlers, `requests` for the answers.

pub mod below;
pub mod config;
pub mod lines;
pub mod main_loop;
pub mod state;
pub mod vfs;
pub mod view;
pub mod workbench;

mod capabilities;
mod diagnostics;
mod outbox;
mod requests;
mod server;

pub use workbench::{Explained, TestOutcome, Workbench};

use std::io;
use std::sync::Arc;
use tower_lsp_server::{LspService, Server};

/// How many requests may wait for answers at once; more wait to be read.
const CONCURRENCY: usize = 256;
/// Threads that readers run on.
const READER_THREADS: usize = 4;

/// Serves one client on standard input and output until it leaves. Whether it left as the protocol asks: `shutdown`, then `exit`.
pub fn serve(workbench: Arc<dyn Workbench>) -> io::Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(READER_THREADS + 2)
        .enable_all()
        .build()?;
    let readers = runtime.handle().clone();
    let is_clean = runtime.block_on(async move {
        let (service, socket) = LspService::build(|client| server::Backend::new(client, readers, workbench))
            .custom_method("workspace/textDocumentContent", server::Backend::text_document_content)
            .finish();
        let was_shut_down = service.inner().was_shut_down();
        Server::new(tokio::io::stdin(), tokio::io::stdout(), socket)
            .concurrency_level(CONCURRENCY)
            .serve(service)
            .await;
        was_shut_down.load(std::sync::atomic::Ordering::SeqCst)
    });
    // The thread that reads standard input cannot be woken, and need not be.
    runtime.shutdown_background();
    Ok(is_clean)
}
