//! The handlers: each sends an event to the main loop, and waits for the answer when there is one.

use crate::capabilities;
use crate::config::Config;
use crate::main_loop::{self, Event, Reader, guarded};
use crate::outbox::{Outbox, deliver};
use crate::requests;
use crate::state::State;
use crate::view::{Snapshot, path_of};
use crate::workbench::Workbench;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use tokio::runtime::Handle;
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::{self as lsp, Uri};
use tower_lsp_server::{Client, LanguageServer};

/// The end of the server that the transport calls.
pub struct Backend {
    client: Client,
    events: Sender<Event>,
    watches_files: AtomicBool,
    was_shut_down: Arc<AtomicBool>,
}

/// Tells the loop, when it is dropped, that nobody waits for an answer any more.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Backend {
    /// A backend with its main loop running.
    pub fn new(client: Client, readers: Handle, workbench: Arc<dyn Workbench>) -> Backend {
        let (events, receiver) = channel();
        let (outbox, queue) = Outbox::new();
        readers.spawn(deliver(client.clone(), queue));
        let config = Config::new(&lsp::InitializeParams::default());
        let state = State::new(config, outbox, workbench);
        std::thread::spawn(move || main_loop::run(state, &receiver, &readers));
        Backend { client, events, watches_files: AtomicBool::new(false), was_shut_down: Arc::default() }
    }

    /// Whether the client asked to shut down.
    pub fn was_shut_down(&self) -> Arc<AtomicBool> {
        self.was_shut_down.clone()
    }

    /// Sends an event. The loop only ends with the process.
    fn send(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// Asks something about a document (or about all), and waits for the answer.
    async fn read<T, F>(&self, uri: Option<&Uri>, answer: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Snapshot) -> Result<T> + Send + 'static,
    {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let is_cancelled = Arc::new(AtomicBool::new(false));
        let guard = CancelOnDrop(is_cancelled.clone());
        let job = Box::new(move |snapshot: &Snapshot| {
            let _ = sender.send(guarded(|| answer(snapshot)));
        });
        self.send(Event::Read(Reader { uri: uri.cloned(), job, is_cancelled }));
        let answer = receiver.await.unwrap_or_else(|_| Err(Error::request_cancelled()));
        drop(guard);
        answer
    }

    /// `workspace/textDocumentContent`: a document that the server holds.
    pub async fn text_document_content(&self, params: serde_json::Value) -> Result<serde_json::Value> {
        requests::documents::content(&params)
    }
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: lsp::InitializeParams) -> Result<lsp::InitializeResult> {
        let config = Config::new(&params);
        let capabilities = capabilities::of(&config);
        self.watches_files.store(config.watches_files, Ordering::SeqCst);
        self.send(Event::Start(Box::new(config)));
        let info = lsp::ServerInfo { name: "mcpz".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) };
        Ok(lsp::InitializeResult { capabilities, server_info: Some(info), ..lsp::InitializeResult::default() })
    }

    async fn initialized(&self, _: lsp::InitializedParams) {
        if !self.watches_files.load(Ordering::SeqCst) {
            return;
        }
        let options = lsp::DidChangeWatchedFilesRegistrationOptions { watchers: capabilities::watchers() };
        let registration = lsp::Registration {
            id: "mcpz-files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: serde_json::to_value(options).ok(),
        };
        // A client that refuses is looked after by saves.
        let _ = self.client.register_capability(vec![registration]).await;
    }

    async fn shutdown(&self) -> Result<()> {
        self.was_shut_down.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn did_open(&self, params: lsp::DidOpenTextDocumentParams) {
        let document = params.text_document;
        self.send(Event::Open { uri: document.uri, text: document.text, version: document.version });
    }

    async fn did_change(&self, params: lsp::DidChangeTextDocumentParams) {
        let (uri, version) = (params.text_document.uri, params.text_document.version);
        self.send(Event::Edit { uri, changes: params.content_changes, version });
    }

    async fn did_close(&self, params: lsp::DidCloseTextDocumentParams) {
        self.send(Event::Close(params.text_document.uri));
    }

    async fn did_save(&self, params: lsp::DidSaveTextDocumentParams) {
        self.send(Event::Saved(params.text_document.uri));
    }

    async fn did_change_watched_files(&self, params: lsp::DidChangeWatchedFilesParams) {
        self.send(Event::Changed(params.changes.into_iter().map(|change| change.uri).collect()));
    }

    async fn did_change_workspace_folders(&self, params: lsp::DidChangeWorkspaceFoldersParams) {
        let paths =
            |folders: Vec<lsp::WorkspaceFolder>| folders.iter().filter_map(|folder| path_of(&folder.uri)).collect();
        self.send(Event::Folders { added: paths(params.event.added), removed: paths(params.event.removed) });
    }

    async fn did_change_configuration(&self, _: lsp::DidChangeConfigurationParams) {}

    async fn diagnostic(&self, params: lsp::DocumentDiagnosticParams) -> Result<lsp::DocumentDiagnosticReportResult> {
        let uri = params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::diagnostics::document(snapshot, &params))).await
    }

    async fn workspace_diagnostic(
        &self,
        params: lsp::WorkspaceDiagnosticParams,
    ) -> Result<lsp::WorkspaceDiagnosticReportResult> {
        self.read(None, move |snapshot| Ok(requests::diagnostics::workspace(snapshot, &params))).await
    }

    async fn completion(&self, params: lsp::CompletionParams) -> Result<Option<lsp::CompletionResponse>> {
        let uri = params.text_document_position.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::completion::completion(snapshot, &params))).await
    }
}
