//! `mcpz catalog add NAME -- COMMAND`, `mcpz catalog add NAME --url URL`.

use super::{Patience, capture, totals};
use crate::catalogs::block::{self, Proposal};
use crate::catalogs::place::{Place, Reach};
use crate::catalogs::{lock, servers};
use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::output::{BOLD, CAUTION, DIM, GOOD, NAME, styled};
use crate::package::{self, Loaded};
use crate::shell::Shell;
use mcpz_compiler::catalog::{self, Catalog};
use mcpz_compiler::diagnostics::suggest::is_identifier;
use mcpz_compiler::hir::canonical::quoted;
use mcpz_compiler::source::ReadError;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Where new blocks are written.
const SERVERS_FILE: &str = "servers.mcpz";

/// Connect to a server, write its catalog, pin it, and write a `server` block.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The command runs in the package folder, in a process group of its own that is ended when the answers are in.

Examples:
  mcpz catalog add fs -- npx -y @modelcontextprotocol/server-filesystem /workspace
  mcpz catalog add git --timeout 60 -- uvx mcp-server-git --repository .
  mcpz catalog add pay --url https://mcp.pay.internal/mcp --token-env PAY_TOKEN")]
pub struct Args {
    /// What policies will call the server.
    name: String,

    /// Accept keywords of the server's schemas that mcpz does not enforce; they are listed in the catalog.
    #[arg(long)]
    acknowledge: bool,

    #[command(flatten)]
    patience: Patience,

    /// The URL of a server over HTTP, in the place of a command.
    #[arg(long, value_name = "URL", conflicts_with = "command")]
    url: Option<String>,

    #[command(flatten)]
    reach: Reach,

    /// Program and arguments of the server.
    #[arg(last = true, required_unless_present = "url", value_name = "COMMAND")]
    command: Vec<String>,
}

/// Captures the server and adds it to the package.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let loaded = package::load(&shell.directory)?;
    check_name(&args.name, &loaded)?;
    let policy_path = format!("{}/{SERVERS_FILE}", loaded.source_folder());
    let servers = servers_text(&loaded, &policy_path)?;
    let place = match &args.url {
        Some(url) => Place::Url(url, &args.reach),
        None => Place::Command(&args.command),
    };
    let capture = capture(shell, &loaded.root, &args.name, &place, &args.patience)?;
    let catalog_path = format!("catalog/{}.json", args.name);
    let parsed = parse(&capture.to_text(None))?;
    let acknowledged = args.acknowledge.then(|| acknowledgements(&parsed)).flatten();
    let text = capture.to_text(acknowledged.as_ref());
    let proposals = proposals(&parsed);
    let block = block::text(&args.name, &place, &catalog_path, &proposals);
    loaded.write(&catalog_path, text.as_bytes())?;
    loaded.write(&policy_path, with_block(servers, &block).as_bytes())?;
    lock::write(&package::load(&loaded.root)?)?;
    say(args, &capture.to_json(None), &proposals, [&catalog_path, &policy_path, lock::LOCK], shell);
    if !args.acknowledge {
        warn_unenforced(&parsed, shell);
    }
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

/// Reads a captured catalog as the compiler will.
pub fn parse(text: &str) -> Result<Catalog, Failure> {
    catalog::parse(text.as_bytes()).map_err(|error| {
        Failure::server(format!("the server's catalog cannot be used: {}", escape::inline(&error.message)))
    })
}

/// What the compiler's catalog reader proposes for the string parameters.
fn proposals(parsed: &Catalog) -> Vec<Proposal> {
    let lines = catalog::propose_overlay(parsed);
    let mut proposals: Vec<Proposal> = Vec::new();
    for line in &lines {
        let shared = line.path.len() == 1 && is_shared(parsed, &lines, line);
        let place = if shared { format!("*.{}", quoted(&line.path[0])) } else { line.place.clone() };
        if !proposals.iter().any(|known| known.place == place) {
            proposals.push(Proposal { place, ty: line.ty.clone(), why: line.why.clone() });
        }
    }
    proposals
}

/// Whether every tool that has this parameter (two at least) is proposed the same type for it: then one
/// line with `*` says it.
fn is_shared(parsed: &Catalog, lines: &[catalog::Proposal], line: &catalog::Proposal) -> bool {
    let having = parsed.tools.iter().filter(|tool| tool.input.fields.contains_key(&line.path[0])).count();
    let same = lines.iter().filter(|other| other.path == line.path && other.ty == line.ty).count();
    having > 1 && having == same
}

/// The `acknowledged` member that lets a catalog with keywords that are not enforced build.
fn acknowledgements(parsed: &Catalog) -> Option<Value> {
    let mut by_tool: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for keyword in &parsed.unenforced {
        by_tool.entry(keyword.tool.to_string()).or_default().insert(keyword.keyword.clone());
    }
    (!by_tool.is_empty()).then(|| json!(by_tool))
}

/// Lists what of the schemas is not enforced: the package does not build before a person accepts that.
fn warn_unenforced(parsed: &Catalog, shell: &mut Shell) {
    if parsed.unenforced.is_empty() || shell.out.is_json() {
        return;
    }
    shell.out.line("");
    shell.out.line(format!("{} parts of the schemas that mcpz does not enforce:", styled(CAUTION, "acknowledge")));
    for keyword in &parsed.unenforced {
        let (tool, pointer) = (escape::inline(&keyword.tool), escape::inline(&keyword.pointer));
        shell.out.line(format!("  {tool}: `{}` at {pointer}", escape::inline(&keyword.keyword)));
    }
    shell.out.line("  the package builds once the catalog's `acknowledged` names them; `--acknowledge` writes that");
}

/// The servers file of the package; a new one when there is none. One that cannot be read is nobody's to replace.
fn servers_text(loaded: &Loaded, path: &str) -> Result<String, Failure> {
    match loaded.read(path) {
        Err(ReadError::NotFound) => {
            Ok("//! The servers this policy is about, and what was captured of them.\n".to_owned())
        }
        _ => loaded.read_text(path),
    }
}

/// The text of the servers file with the block at its end.
fn with_block(mut text: String, block: &str) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push('\n');
    text.push_str(block);
    // What was there before may not parse; then it is left as it is.
    mcpz_syntax::format::format(&text).unwrap_or(text)
}

fn say(args: &Args, catalog: &Value, proposals: &[Proposal], files: [&str; 3], shell: &mut Shell) {
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
        shell.out.line(format!("  wrote     {}", escape::inline(file)));
    }
    if proposals.is_empty() {
        return;
    }
    shell.out.line("");
    shell.out.line(format!("{} the overlay proposed in {}:", styled(CAUTION, "confirm"), escape::inline(files[1])));
    for proposal in proposals {
        let place = styled(BOLD, escape::inline(&proposal.place));
        shell.out.line(format!("  {place}: {}  {}", proposal.ty, styled(DIM, escape::inline(&proposal.why))));
    }
}
