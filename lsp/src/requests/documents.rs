//! Documents that the server holds: sources of the standard library, pages of the error index.

use crate::view::STD_SCHEME;
use mcpz_ide::diagnostics::{DOCS_SCHEME, help_page};
use serde_json::{Value, json};
use tower_lsp_server::jsonrpc::{Error, Result};

/// The text of a document.
pub fn content(params: &Value) -> Result<Value> {
    let address = params.get("uri").and_then(Value::as_str).unwrap_or_default();
    let (scheme, path) = address.split_once(':').unwrap_or_default();
    let path = path.trim_start_matches('/');
    let text = match scheme {
        STD_SCHEME => standard(path),
        DOCS_SCHEME => help_page(path),
        _ => None,
    };
    match text {
        Some(text) => Ok(json!({ "text": text })),
        None => Err(Error::invalid_params("there is no such document")),
    }
}

/// A source of the standard library: `std.time/policy/time.mcpz`.
fn standard(path: &str) -> Option<String> {
    let (package, file) = path.split_once('/')?;
    let bytes = mcpz_stdlib::package(package)?.file(file)?;
    String::from_utf8(bytes.to_vec()).ok()
}
