//! `mcpz catalog update [NAME..]`.

use super::{Patience, capture, changes_json, show_changes, totals};
use crate::catalogs::diff::{self, Change};
use crate::catalogs::lock;
use crate::catalogs::place::{Place, Reach};
use crate::catalogs::servers::{self, ServerBlock};
use crate::exit::{Failure, Outcome};
use crate::output::{DIM, GOOD, NAME, styled};
use crate::package::{self, Loaded};
use crate::shell::Shell;
use mcpz_compiler::diagnostics::suggest::nearest;
use serde_json::{Value, json};

/// Ask the server of a `server` block again and pin what it declares now.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
`mcpz catalog diff NAME` shows first what would change and what that breaks.

Examples:
  mcpz catalog update fs
  mcpz catalog update          # every server that has a command or an endpoint
  mcpz catalog update pay --token-env PAY_TOKEN")]
pub struct Args {
    /// Which servers; without a name every one that has a command or an endpoint. A token is for one server, which
    /// must be named.
    names: Vec<String>,

    #[command(flatten)]
    reach: Reach,

    #[command(flatten)]
    patience: Patience,
}

/// Captures the servers and pins them.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    if args.reach.has_token() && args.names.len() != 1 {
        return Err(Failure::input("a token is for one server, and would be shown to every server that is asked")
            .with_help("name the one it is for: `mcpz catalog update NAME --token-env VARIABLE`"));
    }
    let loaded = package::load(&shell.directory)?;
    let blocks = wanted(&loaded, &args.names)?;
    let paths = blocks.iter().map(catalog_path).collect::<Result<Vec<String>, Failure>>()?;
    let mut captured = Vec::new();
    for (block, path) in blocks.iter().zip(paths) {
        let capture = capture(shell, &loaded.root, &block.name, &place_of(block, &args.reach)?, &args.patience)?;
        captured.push((block, path, capture));
    }
    // Nothing is written before every server has answered: catalogs and lock change together.
    let mut report = Vec::new();
    for (block, path, capture) in captured {
        let old = read_old(&loaded, &path);
        let text = capture.to_text(old.get("acknowledged"));
        let new = capture.to_json(old.get("acknowledged"));
        loaded.write(&path, text.as_bytes())?;
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

/// The blocks that are named; without names all that say where their server is.
fn wanted(loaded: &Loaded, names: &[String]) -> Result<Vec<ServerBlock>, Failure> {
    let blocks = servers::read(loaded);
    if names.is_empty() {
        let reach = Reach::default();
        let placed: Vec<ServerBlock> = blocks.into_iter().filter(|block| block.place(&reach).is_some()).collect();
        if placed.is_empty() {
            return Err(Failure::input("no server of this package has a `command` to run, or an `endpoint`"));
        }
        return Ok(placed);
    }
    names.iter().map(|name| find(&blocks, name)).collect()
}

/// Where the server of a block is; it must say so.
pub fn place_of<'a>(block: &'a ServerBlock, reach: &'a Reach) -> Result<Place<'a>, Failure> {
    block.place(reach).ok_or_else(|| {
        Failure::input(format!("server `{}` has no `command` to run, and no `endpoint`", block.name))
            .with_help("compare with a file: `mcpz catalog diff NAME --with FILE`")
    })
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
pub fn catalog_path(block: &ServerBlock) -> Result<String, Failure> {
    let path = block.catalog.clone().unwrap_or_else(|| format!("catalog/{}.json", block.name));
    package::inside(&path).map(str::to_owned)
}

fn read_old(loaded: &Loaded, path: &str) -> Value {
    let bytes = loaded.read(path).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

fn say(block: &ServerBlock, path: &str, catalog: &Value, changes: &[Change], shell: &mut Shell) {
    if shell.out.is_json() {
        return;
    }
    let what = if changes.is_empty() { "unchanged".to_owned() } else { format!("{} changes", changes.len()) };
    let head = format!("{} {}  {}", styled(GOOD, "updated"), styled(NAME, &block.name), styled(DIM, totals(catalog)));
    shell.out.line(format!("{head}, {what}"));
    shell.out.line(format!("  wrote     {}", crate::escape::inline(path)));
    show_changes(changes, shell);
}
