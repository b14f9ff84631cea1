//! `mcpz catalog diff NAME`: what changed since the pin, and what that breaks in the policy.

use super::update::{catalog_path, find, place_of};
use super::{Patience, capture, catalog_of, changes_json, show_changes, totals};
use crate::catalogs::diff::{self, Change};
use crate::catalogs::place::Reach;
use crate::catalogs::{lock, servers};
use crate::diagnostics_json;
use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::output::{BAD, CAUTION, DIM, GOOD, NAME, styled};
use crate::package::{self, Loaded};
use crate::render::{self, Look};
use crate::shell::Shell;
use mcpz_compiler::diagnostics::Diagnostic;
use mcpz_compiler::hir::Source;
use mcpz_compiler::source::{PackageInput, ReadError, SourceProvider, Workspace};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// Show what changed since the pin, and what that breaks in the policy.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0: nothing changed; 1: something did.

Examples:
  mcpz catalog diff fs                      # against what the server declares now
  mcpz catalog diff fs --with captured.json # against a file: a catalog, or an answer to tools/list")]
pub struct Args {
    /// The server.
    name: String,

    /// Compare with this file instead of the live server.
    #[arg(long, value_name = "FILE")]
    with: Option<PathBuf>,

    #[command(flatten)]
    reach: Reach,

    #[command(flatten)]
    patience: Patience,
}

/// Compares, checks the policy against the new catalog, and says what came of it.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let loaded = package::load(&shell.directory)?;
    let blocks = servers::read(&loaded);
    let block = find(&blocks, &args.name)?;
    let path = catalog_path(&block)?;
    let old = catalog_of(loaded.read_text(&path)?.as_bytes(), &path)?;
    let new = match &args.with {
        Some(file) => catalog_of(&shell.read(file)?, &file.display().to_string())?,
        None => {
            let place = place_of(&block, &args.reach)?;
            let capture = capture(shell, &loaded.root, &block.name, &place, &args.patience)?;
            capture.to_json(old.get("acknowledged"))
        }
    };
    let changes = diff::changes(&old, &new);
    let impact = impact(&loaded, &path, &new)?;
    let pinned = pin_holds(&loaded, &block.name, &path);
    if shell.out.is_json() {
        shell.out.json(&to_json(args, &changes, &impact, pinned));
    } else {
        say(args, &new, &changes, &impact, pinned, shell);
    }
    Ok(Outcome::yes_if(changes.is_empty() && pinned))
}

/// Whether the catalog file is what the lock pins.
fn pin_holds(loaded: &Loaded, server: &str, path: &str) -> bool {
    let bytes = loaded.read(path).unwrap_or_default();
    lock::pinned(loaded, server).as_deref() == Some(lock::digest(&bytes).as_str())
}

/// What the policy says to the new catalog.
struct Impact {
    broken: Vec<Diagnostic>,
    sources: Vec<Source>,
}

/// Checks the package as if the new catalog were in place and pinned; diagnostics it has already do not count.
fn impact(loaded: &Loaded, path: &str, new: &Value) -> Result<Impact, Failure> {
    let before = mcpz_compiler::check(&loaded.workspace);
    let after = mcpz_compiler::check(&with_catalog(&loaded.workspace, path, new));
    let known = |diagnostic: &Diagnostic| {
        before
            .diagnostics
            .iter()
            .any(|d| d.code == diagnostic.code && d.message == diagnostic.message && d.span == diagnostic.span)
    };
    // The lock pins the old file: that it does not fit the new one is no news.
    let about_pin = |diagnostic: &Diagnostic| diagnostic.message.contains("mcpz.lock");
    let sources = loaded.shown(after.sources());
    let broken = after.diagnostics.into_iter().filter(|d| !known(d) && !about_pin(d)).collect();
    Ok(Impact { broken, sources })
}

/// The workspace with the new catalog in place, and pinned.
fn with_catalog(workspace: &Workspace, path: &str, new: &Value) -> Workspace {
    let mut changed = workspace.clone();
    if let Some(root) = changed.packages.first_mut() {
        let bytes = serde_json::to_vec_pretty(new).unwrap_or_default();
        let lock = root.provider.read(lock::LOCK).unwrap_or_default();
        let lock = repin(&String::from_utf8_lossy(&lock), path, &lock::digest(&bytes)).into_bytes();
        let replaced = Replaced {
            inner: root.provider.clone(),
            files: vec![(path.to_owned(), bytes), (lock::LOCK.to_owned(), lock)],
        };
        *root = PackageInput::new(root.location.clone(), replaced);
    }
    changed
}

/// The lock's text with another digest for the catalog at `path`.
fn repin(text: &str, path: &str, digest: &str) -> String {
    let Ok(mut table) = text.parse::<toml::Table>() else {
        return text.to_owned();
    };
    for entry in table.get_mut("catalog").and_then(toml::Value::as_array_mut).into_iter().flatten() {
        if entry.get("path").and_then(toml::Value::as_str) == Some(path)
            && let Some(entry) = entry.as_table_mut()
        {
            entry.insert("digest".to_owned(), digest.into());
        }
    }
    table.to_string()
}

/// A provider with some files replaced.
struct Replaced {
    inner: Arc<dyn SourceProvider>,
    files: Vec<(String, Vec<u8>)>,
}

impl SourceProvider for Replaced {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match self.files.iter().find(|(name, _)| name == path) {
            Some((_, bytes)) => Ok(bytes.clone()),
            None => self.inner.read(path),
        }
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, ReadError> {
        self.inner.list(dir)
    }
}

fn say(args: &Args, new: &Value, changes: &[Change], impact: &Impact, pinned: bool, shell: &mut Shell) {
    let name = styled(NAME, escape::inline(&args.name));
    if !pinned {
        shell.out.line(format!("{} the catalog file of {name} is not what mcpz.lock pins", styled(BAD, "pin broken:")));
    }
    if changes.is_empty() {
        shell.out.line(format!("{} {name}  {}", styled(GOOD, "unchanged"), styled(DIM, totals(new))));
        return;
    }
    let count = format!("{} {}", changes.len(), if changes.len() == 1 { "change" } else { "changes" });
    shell.out.line(format!("{} {name}  {count}", styled(CAUTION, "changed")));
    show_changes(changes, shell);
    shell.out.line("");
    if impact.broken.is_empty() {
        shell.out.line("in the policy: nothing new to report");
    } else {
        shell.out.line(format!("in the policy: {}", render::totals(&impact.broken)));
        let look = Look { color: shell.out.color(), ascii: false };
        shell.out.text(&render::render_all(&impact.broken, &impact.sources, look));
    }
    shell.out.line(format!("pin it with `mcpz catalog update {}` once you have read it", escape::inline(&args.name)));
}

fn to_json(args: &Args, changes: &[Change], impact: &Impact, pinned: bool) -> Value {
    json!({
        "server": args.name,
        "pinned": pinned,
        "changes": changes_json(changes),
        "diagnostics": diagnostics_json::all(&impact.broken, &impact.sources),
    })
}
