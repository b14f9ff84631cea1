//! `mcpz inspect`: look into a bundle.

use crate::decision::hex;
use crate::engine::Engine;
use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::listing;
use crate::output::{BOLD, DIM, NAME, styled};
use crate::shell::Shell;
use mcpz_bytecode::image::{BundleImage, EntryImage, EntryTarget};
use serde_json::json;
use std::path::PathBuf;

/// Look into a bundle: sections, symbols, disassembly.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mcpz inspect acme.mcpzb               # what it is, sections, entry points with their step bounds
  mcpz inspect acme.mcpzb --symbols     # rules, identities, servers, labels, data
  mcpz inspect acme.mcpzb --code        # disassembly with source lines
  mcpz --format json inspect acme.mcpzb")]
pub struct Args {
    /// The bundle; `-` for standard input.
    bundle: PathBuf,

    /// List sections (with entry points, the default).
    #[arg(long)]
    sections: bool,

    /// List what is declared: rules, identities, servers, labels, data.
    #[arg(long)]
    symbols: bool,

    /// Disassemble the decision code, with the source lines it came from.
    #[arg(long)]
    code: bool,
}

/// Shows what is asked for.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let bytes = shell.read(&args.bundle)?;
    let engine = Engine::load(&bytes)?;
    if shell.out.is_json() {
        shell.out.json(&to_json(&engine));
        return Ok(Outcome::Yes);
    }
    let nothing = !args.sections && !args.symbols && !args.code;
    head(&engine, shell);
    if args.sections || nothing {
        sections(&engine, shell);
        entries(&engine, shell);
    }
    if args.symbols {
        symbols(engine.image(), shell);
    }
    if args.code {
        shell.out.line("");
        shell.out.text(&escape::block(&mcpz_bytecode::disassemble(engine.program())));
    }
    Ok(Outcome::Yes)
}

fn head(engine: &Engine, shell: &mut Shell) {
    let image = engine.image();
    let name = escape::inline(&image.name);
    shell.out.line(format!("{} {}", styled(NAME, name), escape::inline(&image.version)));
    shell.out.line(format!("  bytes   {}", engine.size()));
    shell.out.line(format!("  digest  sha256:{}", hex(&engine.program().digest())));
    let debug = if image.debug.texts.is_empty() { "no" } else { "yes" };
    shell.out.line(format!("  debug   {debug}"));
}

fn sections(engine: &Engine, shell: &mut Shell) {
    shell.out.line("");
    shell.out.line(styled(BOLD, "sections"));
    for size in engine.program().sizes() {
        shell.out.line(format!("  {:<12} {:>8} bytes", size.section.name(), size.bytes));
    }
}

fn entries(engine: &Engine, shell: &mut Shell) {
    shell.out.line("");
    shell.out.line(format!(
        "{}  {}",
        styled(BOLD, "entry points"),
        styled(DIM, "rules, and the most steps a decision takes")
    ));
    for entry in &engine.image().entries {
        let name = entry_name(engine.image(), entry);
        shell.out.line(format!(
            "  {name:<44} {:>3} rules {:>6} steps",
            engine.entry_rules(entry),
            engine.entry_steps(entry)
        ));
    }
}

/// `call payments.refund`, `read docs.uri("...")`, `call payments.*`, `call *`.
pub fn entry_name(image: &BundleImage, entry: &EntryImage) -> String {
    let server = entry.server.and_then(|id| image.servers.get(id.index())).map(|server| escape::inline(&server.name));
    let target = match (&entry.target, server) {
        (_, None) => "*".to_owned(),
        (EntryTarget::Any, Some(server)) => format!("{server}.*"),
        (EntryTarget::Name(name), Some(server)) => format!("{server}.{}", escape::inline(name)),
        (EntryTarget::Uri(pattern), Some(server)) => {
            format!("{server}.uri(\"{}\")", listing::pattern(image, *pattern))
        }
    };
    format!("{} {target}", entry.action.name())
}

fn symbols(image: &BundleImage, shell: &mut Shell) {
    for (title, rows) in listing::symbols(image) {
        if rows.is_empty() {
            continue;
        }
        shell.out.line("");
        shell.out.line(styled(BOLD, title));
        for row in rows {
            shell.out.line(format!("  {row}"));
        }
    }
}

fn to_json(engine: &Engine) -> serde_json::Value {
    let image = engine.image();
    let sections: Vec<_> =
        engine.program().sizes().iter().map(|s| json!({"name": s.section.name(), "bytes": s.bytes})).collect();
    let entries: Vec<_> = image
        .entries
        .iter()
        .map(|e| json!({"name": entry_name(image, e), "rules": engine.entry_rules(e), "steps": engine.entry_steps(e)}))
        .collect();
    let rules: Vec<_> = image
        .each_rule()
        .map(|rule| json!({"id": rule.id(), "kind": rule.kind().word(), "line": rule.span().line, "shadow": rule.shadow()}))
        .collect();
    json!({
        "name": image.name,
        "version": image.version,
        "bytes": engine.size(),
        "digest": hex(&engine.program().digest()),
        "debug": !image.debug.texts.is_empty(),
        "sections": sections,
        "entries": entries,
        "rules": rules,
        "servers": image.servers.iter().map(|s| json!({"name": s.name, "tools": s.tools.len()})).collect::<Vec<_>>(),
    })
}
