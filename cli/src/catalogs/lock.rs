//! Writing `mcpz.lock`: the digest of every catalog and dependency as they are now.

use super::servers;
use crate::exit::Failure;
use crate::package::{self, Loaded};
use mcpz_compiler::memo::Memo;
use mcpz_compiler::package::{load, lock, relock};

/// The lock file of a package.
pub const LOCK: &str = "mcpz.lock";

/// One pin: what, and its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// `server` or `dependency`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// `sha256:..`
    pub digest: String,
}

/// Pins everything that the package refers to, as it is now.
pub fn write(loaded: &Loaded) -> Result<Vec<Pinned>, Failure> {
    let mut catalogs = Vec::new();
    for block in servers::read(loaded) {
        let Some(path) = block.catalog else { continue };
        let file = loaded.root.join(package::inside(&path)?);
        if !file.is_file() {
            let message = format!("the catalog of server `{}` is not there: {}", block.name, file.display());
            return Err(Failure::input(message).with_help(format!("`mcpz catalog update {}` captures it", block.name)));
        }
        catalogs.push((block.name, path));
    }
    let package = load(&loaded.workspace, &Memo::default(), &mut Vec::new());
    let text = relock(&package, &catalogs);
    loaded.write(LOCK, text.as_bytes())?;
    Ok(pins(&text))
}

/// The pins of a lock file's text.
fn pins(text: &str) -> Vec<Pinned> {
    let Ok(table) = text.parse::<toml::Table>() else {
        return Vec::new();
    };
    let mut pins = Vec::new();
    for (list, key, kind) in [("catalog", "server", "server"), ("dependency", "name", "dependency")] {
        for entry in table.get(list).and_then(toml::Value::as_array).into_iter().flatten() {
            let text = |key: &str| entry.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
            pins.push(Pinned { kind, name: text(key), digest: text("digest") });
        }
    }
    pins
}

/// The digest that the lock file of a package has for a server, if any.
pub fn pinned(loaded: &Loaded, server: &str) -> Option<String> {
    let text = loaded.read_text(LOCK).ok()?;
    pins(&text).into_iter().find(|pin| pin.kind == "server" && pin.name == server).map(|pin| pin.digest)
}

/// The digest of a file's bytes.
pub fn digest(bytes: &[u8]) -> String {
    lock::digest(bytes)
}
