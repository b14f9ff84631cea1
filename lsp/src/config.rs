//! What client and server agreed on when the session began.

use crate::lines::Encoding;
use serde_json::Value;
use std::path::PathBuf;
use tower_lsp_server::ls_types::InitializeParams;

/// How diagnostics reach the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The server sends them.
    Push,
    /// The client asks.
    Pull,
    /// Both.
    Both,
}

impl Delivery {
    /// Whether the server sends diagnostics.
    pub fn pushes(self) -> bool {
        self != Delivery::Pull
    }

    /// Whether the client asks for diagnostics.
    pub fn pulls(self) -> bool {
        self != Delivery::Push
    }
}

/// The agreement.
#[derive(Debug, Clone)]
pub struct Config {
    /// How columns are counted.
    pub encoding: Encoding,
    /// How diagnostics reach the client.
    pub delivery: Delivery,
    /// The client can be asked to pull again.
    pub refreshes_diagnostics: bool,
    /// The client can be asked to ask for lenses again.
    pub refreshes_lenses: bool,
    /// The client reads documents that the server holds.
    pub virtual_documents: bool,
    /// Where the error index is.
    pub error_index: Option<String>,
    /// The client shows Markdown.
    pub markdown: bool,
    /// The client fills in snippets.
    pub snippets: bool,
    /// The client shows what a completion is beside each, not only beside the one that is chosen.
    pub label_details: bool,
    /// The client takes edits that carry versions.
    pub document_changes: bool,
    /// The client tells of changes on disk when asked.
    pub watches_files: bool,
    /// Folders of the workspace.
    pub folders: Vec<PathBuf>,
}

impl Config {
    /// What a client's first request makes of it.
    pub fn new(params: &InitializeParams) -> Config {
        let capabilities = serde_json::to_value(&params.capabilities).unwrap_or(Value::Null);
        let flag = |pointer: &str| capabilities.pointer(pointer).and_then(Value::as_bool).unwrap_or(false);
        let options = params.initialization_options.clone().unwrap_or(Value::Null);
        let pulls = capabilities.pointer("/textDocument/diagnostic").is_some_and(Value::is_object);
        let delivery = match options.get("diagnostics").and_then(Value::as_str) {
            Some("push") => Delivery::Push,
            Some("pull") => Delivery::Pull,
            Some("both") => Delivery::Both,
            _ if pulls => Delivery::Pull,
            _ => Delivery::Push,
        };
        let formats = capabilities.pointer("/textDocument/hover/contentFormat").and_then(Value::as_array);
        let markdown = formats.is_none_or(|formats| formats.iter().any(|format| format == "markdown"));
        let general = params.capabilities.general.as_ref();
        Config {
            encoding: Encoding::negotiate(general.and_then(|general| general.position_encodings.as_deref())),
            delivery,
            refreshes_diagnostics: flag("/workspace/diagnostics/refreshSupport"),
            refreshes_lenses: flag("/workspace/codeLens/refreshSupport"),
            virtual_documents: options.get("virtualDocuments").and_then(Value::as_bool).unwrap_or(false),
            error_index: options.get("errorIndex").and_then(Value::as_str).map(str::to_owned),
            markdown,
            snippets: flag("/textDocument/completion/completionItem/snippetSupport"),
            label_details: flag("/textDocument/completion/completionItem/labelDetailsSupport"),
            document_changes: flag("/workspace/workspaceEdit/documentChanges"),
            watches_files: flag("/workspace/didChangeWatchedFiles/dynamicRegistration"),
            folders: folders(params),
        }
    }
}

/// The folders of the workspace, in either of the two forms clients send.
fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    let given = params.workspace_folders.iter().flatten().filter_map(|folder| crate::view::path_of(&folder.uri));
    let folders: Vec<PathBuf> = given.collect();
    if !folders.is_empty() {
        return folders;
    }
    let value = serde_json::to_value(params).unwrap_or(Value::Null);
    let root = value.get("rootUri").and_then(Value::as_str).and_then(|uri| uri.parse().ok());
    root.as_ref().and_then(crate::view::path_of).into_iter().collect()
}
