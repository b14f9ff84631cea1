//! `mcpz catalog add NAME -- COMMAND`.

use super::{Patience, capture, totals};
use crate::catalogs::block::{self, Proposal};
use crate::catalogs::{lock, servers};
use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::output::{BOLD, CAUTION, DIM, GOOD, NAME, styled};
use crate::package::{self, Loaded};
use crate::shell::{Shell, write_file};
use mcpz_compiler::catalog;
use mcpz_compiler::diagnostics::suggest::is_identifier;
use serde_json::json;

/// Where new blocks are written.
const SERVERS_FILE: &str = "servers.mcpz";

/// Connect to a server over stdio, write its catalog, pin it, and write a `server` block.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The command runs in the package folder, in a process group of its own that is ended when the answers are in.

Examples:
  mcpz catalog add fs -- npx -y @modelcontextprotocol/server-filesystem /workspace
  mcpz catalog add git --timeout 60 -- uvx mcp-server-git --repository .")]
pub struct Args {
    /// What policies will call the server.
    name: String,

    #[command(flatten)]
    patience: Patience,

    /// Program and arguments of the server.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Captures the server and adds it to the package.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let loaded = package::load(&shell.directory)?;
    check_name(&args.name, &loaded)?;
    let capture = capture(shell, &loaded.root, &args.name, &args.command, &args.patience)?;
    let catalog_path = format!("catalog/{}.json", args.name);
    let text = capture.to_text(None);
    let proposals = proposals(&text)?;
    let block = block::text(&args.name, &args.command, &catalog_path, &proposals);
    write_file(&loaded.root.join(&catalog_path), text.as_bytes())?;
    let policy_path = append_block(&loaded, &block)?;
    lock::write(&package::load(&loaded.root)?)?;
    say(args, &capture.to_json(None), &proposals, [&catalog_path, &policy_path, lock::LOCK], shell);
    Ok(Outcome::Yes)
}

fn check_name(name: &str, loaded: &Loaded) -> Result<(), Failure> {
    let shown = escape::inline(name);
    let parses = mcpz_syntax::parse(&format!("server {name} {{\n}}\n")).errors().is_empty();
    if !is_identifier(name) || !parses {
        return Err(Failure::input(format!("`{shown}` cannot name a server"))
            .with_help("a name is letters, digits and `_`, and no word of the language"));
    }
    if servers::read(loaded).iter().any(|block| block.name == name) {
        return Err(Failure::input(format!("server `{shown}` is declared already"))
            .with_help(format!("`mcpz catalog update {shown}` captures it again")));
    }
    let catalog = loaded.root.join(format!("catalog/{name}.json"));
    if catalog.exists() {
        return Err(Failure::input(format!("{} is there already", catalog.display()))
            .with_help("choose another name, or delete the file"));
    }
    Ok(())
}

/// What the compiler's catalog reader proposes for the string parameters.
pub fn proposals(text: &str) -> Result<Vec<Proposal>, Failure> {
    let parsed = catalog::parse(text.as_bytes())
        .map_err(|error| Failure::server(format!("the server's catalog cannot be used: {}", escape::inline(&error.to_string()))))?;
    Ok(catalog::propose_overlay(&parsed)
        .into_iter()
        .map(|line| Proposal { place: line.place, ty: line.ty, why: line.why })
        .collect())
}

/// Appends the block to the servers file of the package; the path below the package.
fn append_block(loaded: &Loaded, block: &str) -> Result<String, Failure> {
    let path = format!("{}/{SERVERS_FILE}", loaded.source_folder());
    let file = loaded.root.join(&path);
    let mut text = std::fs::read_to_string(&file)
        .unwrap_or_else(|_| "//! The servers this policy is about, and what was captured of them.\n".to_owned());
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push('\n');
    text.push_str(block);
    write_file(&file, text.as_bytes())?;
    Ok(path)
}

fn say(args: &Args, catalog: &serde_json::Value, proposals: &[Proposal], files: [&str; 3], shell: &mut Shell) {
    if shell.out.is_json() {
        let lines: Vec<_> = proposals.iter().map(|p| json!({"place": p.place, "type": p.ty, "why": p.why})).collect();
        shell.out.json(&json!({
            "server": args.name,
            "identity": catalog["server"],
            "tools": catalog["tools"].as_array().map_or(0, Vec::len),
            "resources": catalog["resources"].as_array().map_or(0, Vec::len),
            "resource_templates": catalog["resourceTemplates"].as_array().map_or(0, Vec::len),
            "prompts": catalog["prompts"].as_array().map_or(0, Vec::len),
            "files": files,
            "proposed_overlay": lines,
        }));
        return;
    }
    let identity = &catalog["server"];
    let word = |key: &str| escape::inline(identity[key].as_str().unwrap_or("?"));
    let about = format!("{} {}, protocol {}", word("name"), word("version"), word("protocolVersion"));
    shell.out.line(format!("{} {}  {}", styled(GOOD, "added"), styled(NAME, &args.name), styled(DIM, about)));
    shell.out.line(format!("  offers    {}", totals(catalog)));
    for file in files {
        shell.out.line(format!("  wrote     {file}"));
    }
    if proposals.is_empty() {
        return;
    }
    shell.out.line("");
    shell.out.line(format!("{} the overlay proposed in {}:", styled(CAUTION, "confirm"), files[1]));
    for proposal in proposals {
        let place = styled(BOLD, escape::inline(&proposal.place));
        shell.out.line(format!("  {place}: {}  {}", proposal.ty, styled(DIM, escape::inline(&proposal.why))));
    }
}
