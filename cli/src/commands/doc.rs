//! `mcpz doc`: a package as a static site for auditors.

use crate::doc;
use crate::exit::{Failure, Outcome};
use crate::output::{GOOD, NAME, styled};
use crate::package;
use crate::pipeline;
use crate::shell::{Shell, write_file};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Write a package as a static site: who may do what, tool by tool and rule by rule.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The site runs no script and loads nothing but its own style sheet; open index.html. Files of it that are there are written anew.

Examples:
  mcpz doc                         # into doc/ of the package
  mcpz doc policies/acme -o site")]
pub struct Args {
    /// The package. By default the current one.
    package: Option<PathBuf>,

    /// The folder to write. By default `doc` in the package.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Compiles and writes.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let loaded = package::load(&shell.path(args.package.as_deref().unwrap_or_else(|| Path::new(""))))?;
    let Some(compiled) = pipeline::compile(&loaded, shell) else {
        return Ok(Outcome::No);
    };
    let folder = match &args.output {
        Some(output) => shell.path(output),
        None => loaded.root.join("doc"),
    };
    let pages = doc::site(&compiled.program);
    for page in &pages {
        write_file(&folder.join(page.path), page.text.as_bytes())?;
    }
    let shown = package::relative(&folder, &package::here());
    if shell.out.is_json() {
        let names: Vec<&str> = pages.iter().map(|page| page.path).collect();
        shell.out.json(&json!({"path": shown, "files": names}));
    } else {
        shell.out.line(format!("{} {}", styled(GOOD, "wrote"), styled(NAME, format!("{shown}/index.html"))));
    }
    Ok(Outcome::Yes)
}
