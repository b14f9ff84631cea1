//! `mcpz catalog update [NAME..]`.

use super::{Patience, capture, changes_json, show_changes, totals};
use crate::catalogs::diff::{self, Change};
use crate::catalogs::lock;
use crate::catalogs::servers::{self, ServerBlock};
use crate::exit::{Failure, Outcome};
use crate::output::{DIM, GOOD, NAME, styled};
use crate::package::{self, Loaded};
use crate::shell::{Shell, write_file};
use mcpz_compiler::diagnostics::suggest::nearest;
use serde_json::{Value, json};

/// Run the command of a `server` block again and pin what it declares now.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
`mcpz catalog diff NAME` shows first what would change and what that breaks.

Examples:
  mcpz catalog update fs
  mcpz catalog update          # every server that has a command")]
pub struct Args {
    /// Which servers; without a name every one that has a command.
    names: Vec<String>,

    #[command(flatten)]
    patience: Patience,
}

/// Captures the servers and pins them.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let loaded = package::load(&shell.directory)?;
    let blocks = wanted(&loaded, &args.names)?;
    let mut report = Vec::new();
    for block in &blocks {
        let capture = capture(shell, &loaded.root, &block.name, &block.command, &args.patience)?;
        let path = catalog_path(block);
        let old = read_old(&loaded, &path);
        let text = capture.to_text(old.get("acknowledged"));
        let new = capture.to_json(old.get("acknowledged"));
        write_file(&loaded.root.join(&path), text.as_bytes())?;
        let changes = if old.is_null() { Vec::new() } else { diff::changes(&old, &new) };
        say(block, &path, &new, &changes, shell);
        report.push(json!({"server": block.name, "file": path, "changes": changes_json(&changes)}));
    }
    lock::write(&package::load(&loaded.root)?)?;
    if shell.out.is_json() {
        shell.out.json(&json!({"updated": report}));
    }
    Ok(Outcome::Yes)
}

/// The blocks that are named, each of which must have a command.
fn wanted(loaded: &Loaded, names: &[String]) -> Result<Vec<ServerBlock>, Failure> {
    let blocks = servers::read(loaded);
    if names.is_empty() {
        let with_command: Vec<ServerBlock> = blocks.into_iter().filter(|block| !block.command.is_empty()).collect();
        if with_command.is_empty() {
            return Err(Failure::input("no server of this package has a `command` to run"));
        }
        return Ok(with_command);
    }
    names.iter().map(|name| with_command(&blocks, name)).collect()
}

/// The block of this name; it must have a command.
pub fn with_command(blocks: &[ServerBlock], name: &str) -> Result<ServerBlock, Failure> {
    let block = find(blocks, name)?;
    if block.command.is_empty() {
        return Err(Failure::input(format!("server `{}` has no `command` to run", block.name))
            .with_help("compare with a file: `mcpz catalog diff NAME --with FILE`"));
    }
    Ok(block)
}

/// The block of this name.
pub fn find(blocks: &[ServerBlock], name: &str) -> Result<ServerBlock, Failure> {
    let found = blocks.iter().find(|block| block.name == name);
    found.cloned().ok_or_else(|| {
        let failure = Failure::input(format!("no server `{}` in this package", crate::escape::inline(name)));
        match nearest(name, blocks.iter().map(|block| block.name.as_str())) {
            Some(near) => failure.with_help(format!("did you mean `{near}`?")),
            None => {
                failure.with_help(format!("`mcpz catalog add {} -- COMMAND` adds one", crate::escape::inline(name)))
            }
        }
    })
}

/// Where the catalog of a block is, below the package.
pub fn catalog_path(block: &ServerBlock) -> String {
    block.catalog.clone().unwrap_or_else(|| format!("catalog/{}.json", block.name))
}

fn read_old(loaded: &Loaded, path: &str) -> Value {
    let bytes = std::fs::read(loaded.root.join(path)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

fn say(block: &ServerBlock, path: &str, catalog: &Value, changes: &[Change], shell: &mut Shell) {
    if shell.out.is_json() {
        return;
    }
    let what = if changes.is_empty() { "unchanged".to_owned() } else { format!("{} changes", changes.len()) };
    let head = format!("{} {}  {}", styled(GOOD, "updated"), styled(NAME, &block.name), styled(DIM, totals(catalog)));
    shell.out.line(format!("{head}, {what}"));
    shell.out.line(format!("  wrote     {path}"));
    show_changes(changes, shell);
}
