//! What the server can do, as it tells the client.

use crate::config::Config;
use tower_lsp_server::ls_types::{self as lsp, OneOf, ServerCapabilities};

/// The capabilities for a client.
pub fn of(config: &Config) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(config.encoding.kind()),
        text_document_sync: Some(lsp::TextDocumentSyncCapability::Options(lsp::TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(lsp::TextDocumentSyncKind::INCREMENTAL),
            save: Some(lsp::TextDocumentSyncSaveOptions::SaveOptions(lsp::SaveOptions { include_text: Some(false) })),
            ..lsp::TextDocumentSyncOptions::default()
        })),
        diagnostic_provider: config.delivery.pulls().then(|| {
            lsp::DiagnosticServerCapabilities::Options(lsp::DiagnosticOptions {
                identifier: Some("mcpz".to_owned()),
                inter_file_dependencies: true,
                workspace_diagnostics: true,
                ..lsp::DiagnosticOptions::default()
            })
        }),
        completion_provider: Some(lsp::CompletionOptions {
            trigger_characters: Some([".", "\"", "@", "{"].map(str::to_owned).to_vec()),
            ..lsp::CompletionOptions::default()
        }),
        workspace: Some(lsp::WorkspaceServerCapabilities {
            workspace_folders: Some(lsp::WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    }
}

/// The files that the server wants to hear about: sources, manifests, locks, catalogs and data.
pub fn watchers() -> Vec<lsp::FileSystemWatcher> {
    const PATTERNS: [&str; 5] =
        ["**/*.mcpz", "**/mcpz.toml", "**/mcpz.lock", "**/catalog/**/*.json", "**/data/**/*.json"];
    let one = |pattern: &str| lsp::FileSystemWatcher {
        glob_pattern: lsp::GlobPattern::String(pattern.to_owned()),
        kind: None,
    };
    PATTERNS.iter().map(|pattern| one(pattern)).collect()
}
