//! The handlers: each sends an event to the main loop, and waits for the answer when there is one.

use crate::capabilities;
use crate::config::Config;
use crate::main_loop::{self, About, Event, Reader, guarded};
use crate::outbox::{Outbox, deliver};
use crate::requests;
use crate::state::State;
use crate::view::{Snapshot, path_of};
use crate::workbench::Workbench;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use tokio::runtime::Handle;
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::{self as lsp, Uri};
use tower_lsp_server::{Client, LanguageServer};

/// The end of the server that the transport calls.
pub struct Backend {
    client: Client,
    events: Sender<Event>,
    watches_files: AtomicBool,
    refreshes_lenses: AtomicBool,
    was_shut_down: Arc<AtomicBool>,
    /// The semantic tokens that were sent last, by document.
    sent_tokens: Mutex<BTreeMap<Uri, lsp::SemanticTokens>>,
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
        Backend {
            client,
            events,
            watches_files: AtomicBool::new(false),
            refreshes_lenses: AtomicBool::new(false),
            was_shut_down: Arc::default(),
            sent_tokens: Mutex::default(),
        }
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
        self.read_about(uri.map_or(About::All, |uri| About::Document(uri.clone())), answer).await
    }

    /// Asks something, and waits for the answer.
    async fn read_about<T, F>(&self, about: About, answer: F) -> Result<T>
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
        self.send(Event::Read(Reader { about, job, is_cancelled }));
        let answer = receiver.await.unwrap_or_else(|_| Err(Error::request_cancelled()));
        drop(guard);
        answer
    }

    /// The semantic tokens of a document, and those that were sent before.
    async fn tokens(&self, uri: Uri) -> Result<Option<(Option<lsp::SemanticTokens>, lsp::SemanticTokens)>> {
        let document = uri.clone();
        let found =
            self.read(Some(&uri), move |snapshot| Ok(requests::reading::tokens_full(snapshot, &document))).await?;
        let Some(now) = found else { return Ok(None) };
        let mut sent = self.sent_tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = sent.insert(uri, now.clone());
        Ok(Some((before, now)))
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
        self.refreshes_lenses.store(config.refreshes_lenses, Ordering::SeqCst);
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
        self.sent_tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&params.text_document.uri);
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
        let answer = move |snapshot: &Snapshot| Ok(requests::completion::completion(snapshot, &params));
        self.read_about(About::Completion(uri), answer).await
    }

    async fn hover(&self, params: lsp::HoverParams) -> Result<Option<lsp::Hover>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::reading::hover(snapshot, &params))).await
    }

    async fn signature_help(&self, params: lsp::SignatureHelpParams) -> Result<Option<lsp::SignatureHelp>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::reading::signature(snapshot, &params))).await
    }

    async fn inlay_hint(&self, params: lsp::InlayHintParams) -> Result<Option<Vec<lsp::InlayHint>>> {
        let uri = params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::reading::inlay_hints(snapshot, &params))).await
    }

    async fn semantic_tokens_full(
        &self,
        params: lsp::SemanticTokensParams,
    ) -> Result<Option<lsp::SemanticTokensResult>> {
        let tokens = self.tokens(params.text_document.uri).await?;
        Ok(tokens.map(|(_, tokens)| lsp::SemanticTokensResult::Tokens(tokens)))
    }

    async fn semantic_tokens_full_delta(
        &self,
        params: lsp::SemanticTokensDeltaParams,
    ) -> Result<Option<lsp::SemanticTokensFullDeltaResult>> {
        let Some((before, now)) = self.tokens(params.text_document.uri).await? else { return Ok(None) };
        let known = before.filter(|before| before.result_id.as_deref() == Some(params.previous_result_id.as_str()));
        Ok(Some(match known {
            Some(before) => {
                let edits = requests::reading::tokens_delta(&before.data, &now.data);
                let delta = lsp::SemanticTokensDelta { result_id: now.result_id, edits };
                lsp::SemanticTokensFullDeltaResult::TokensDelta(delta)
            }
            None => lsp::SemanticTokensFullDeltaResult::Tokens(now),
        }))
    }

    async fn semantic_tokens_range(
        &self,
        params: lsp::SemanticTokensRangeParams,
    ) -> Result<Option<lsp::SemanticTokensRangeResult>> {
        let uri = params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| {
            Ok(requests::reading::tokens_range(snapshot, &params).map(lsp::SemanticTokensRangeResult::Tokens))
        })
        .await
    }

    async fn goto_definition(&self, params: lsp::GotoDefinitionParams) -> Result<Option<lsp::GotoDefinitionResponse>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| {
            Ok(requests::navigation::definitions(snapshot, &params.text_document_position_params)
                .map(lsp::GotoDefinitionResponse::Array))
        })
        .await
    }

    async fn goto_declaration(
        &self,
        params: lsp::request::GotoDeclarationParams,
    ) -> Result<Option<lsp::request::GotoDeclarationResponse>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| {
            Ok(requests::navigation::definitions(snapshot, &params.text_document_position_params)
                .map(lsp::GotoDefinitionResponse::Array))
        })
        .await
    }

    async fn references(&self, params: lsp::ReferenceParams) -> Result<Option<Vec<lsp::Location>>> {
        // Of all packages: those that depend on this one are asked too.
        self.read(None, move |snapshot| Ok(requests::navigation::references(snapshot, &params))).await
    }

    async fn document_highlight(
        &self,
        params: lsp::DocumentHighlightParams,
    ) -> Result<Option<Vec<lsp::DocumentHighlight>>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::navigation::highlights(snapshot, &params))).await
    }

    async fn prepare_rename(
        &self,
        params: lsp::TextDocumentPositionParams,
    ) -> Result<Option<lsp::PrepareRenameResponse>> {
        let uri = params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| requests::navigation::prepare_rename(snapshot, &params)).await
    }

    async fn rename(&self, params: lsp::RenameParams) -> Result<Option<lsp::WorkspaceEdit>> {
        // In all packages, or in none.
        self.read(None, move |snapshot| requests::navigation::rename(snapshot, &params)).await
    }

    async fn linked_editing_range(
        &self,
        params: lsp::LinkedEditingRangeParams,
    ) -> Result<Option<lsp::LinkedEditingRanges>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| {
            Ok(requests::navigation::linked(snapshot, &params.text_document_position_params))
        })
        .await
    }

    async fn document_symbol(&self, params: lsp::DocumentSymbolParams) -> Result<Option<lsp::DocumentSymbolResponse>> {
        let uri = params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| {
            Ok(requests::navigation::document_symbols(snapshot, &params.text_document.uri))
        })
        .await
    }

    async fn symbol(&self, params: lsp::WorkspaceSymbolParams) -> Result<Option<lsp::WorkspaceSymbolResponse>> {
        let answer = move |snapshot: &Snapshot| Ok(requests::navigation::workspace_symbols(snapshot, &params.query));
        Ok(Some(lsp::WorkspaceSymbolResponse::Nested(self.read(None, answer).await?)))
    }

    async fn prepare_call_hierarchy(
        &self,
        params: lsp::CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<lsp::CallHierarchyItem>>> {
        let uri = params.text_document_position_params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| {
            Ok(requests::navigation::prepare_hierarchy(snapshot, &params.text_document_position_params))
        })
        .await
    }

    async fn incoming_calls(
        &self,
        params: lsp::CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<lsp::CallHierarchyIncomingCall>>> {
        self.read(None, move |snapshot| Ok(requests::navigation::incoming(snapshot, &params.item))).await
    }

    async fn outgoing_calls(
        &self,
        params: lsp::CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<lsp::CallHierarchyOutgoingCall>>> {
        self.read(None, move |snapshot| Ok(requests::navigation::outgoing(snapshot, &params.item))).await
    }

    async fn folding_range(&self, params: lsp::FoldingRangeParams) -> Result<Option<Vec<lsp::FoldingRange>>> {
        let uri = params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::navigation::folds(snapshot, &params.text_document.uri)))
            .await
    }

    async fn selection_range(&self, params: lsp::SelectionRangeParams) -> Result<Option<Vec<lsp::SelectionRange>>> {
        let uri = params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::navigation::selections(snapshot, &params))).await
    }

    async fn document_link(&self, params: lsp::DocumentLinkParams) -> Result<Option<Vec<lsp::DocumentLink>>> {
        let uri = params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::navigation::links(snapshot, &params.text_document.uri)))
            .await
    }

    async fn code_action(&self, params: lsp::CodeActionParams) -> Result<Option<lsp::CodeActionResponse>> {
        let uri = params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::editing::code_actions(snapshot, &params))).await
    }

    async fn code_lens(&self, params: lsp::CodeLensParams) -> Result<Option<Vec<lsp::CodeLens>>> {
        let uri = params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::editing::lenses(snapshot, &params.text_document.uri))).await
    }

    async fn formatting(&self, params: lsp::DocumentFormattingParams) -> Result<Option<Vec<lsp::TextEdit>>> {
        let uri = params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::editing::format(snapshot, &params.text_document.uri))).await
    }

    async fn range_formatting(&self, params: lsp::DocumentRangeFormattingParams) -> Result<Option<Vec<lsp::TextEdit>>> {
        let uri = params.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::editing::format_range(snapshot, &params))).await
    }

    async fn on_type_formatting(
        &self,
        params: lsp::DocumentOnTypeFormattingParams,
    ) -> Result<Option<Vec<lsp::TextEdit>>> {
        let uri = params.text_document_position.text_document.uri.clone();
        self.read(Some(&uri), move |snapshot| Ok(requests::editing::format_on_type(snapshot, &params))).await
    }

    async fn execute_command(&self, params: lsp::ExecuteCommandParams) -> Result<Option<lsp::LSPAny>> {
        let uri = requests::commands::document(&params);
        let has_coverage = params.command == "mcpz.runTest";
        let answer = self.read(uri.as_ref(), move |snapshot| requests::commands::run(snapshot, &params)).await;
        if has_coverage && answer.is_ok() && self.refreshes_lenses.load(Ordering::SeqCst) {
            // Lenses say how often each rule was true. The client's answer says nothing.
            let client = self.client.clone();
            tokio::spawn(async move { client.code_lens_refresh().await });
        }
        answer
    }
}
