//! Files that are written from tables and signatures in the code, so that they cannot be wrong: pages of `docs/`, the C header,
//! what editors are told about the words of the language.

mod bytecode;
mod errors;
mod header;
mod schemas;
mod textmate;
mod treesitter;
mod vim;
mod words;

use crate::root;
use crate::steps::Failed;

/// `cargo xtask codegen`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Write nothing; fail when a page is stale.
    #[arg(long)]
    pub check: bool,
}

/// Writes or checks every generated page.
pub fn run(args: &Args) -> Result<(), Failed> {
    let mut stale = Vec::new();
    for (path, text) in pages()? {
        let file = root::root().join(path);
        let old = std::fs::read_to_string(&file).unwrap_or_default();
        if old == text {
            continue;
        }
        if args.check {
            stale.push(path);
        } else {
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(&file, text)?;
            println!("wrote {path}");
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(Failed(format!("stale: {}; run `cargo xtask codegen`", stale.join(", "))))
    }
}

/// Path and text of every generated page.
fn pages() -> Result<Vec<(&'static str, String)>, Failed> {
    Ok(vec![
        ("docs/errors.md", errors::page()),
        ("docs/bytecode.md", bytecode::page()),
        ("runtime/capi/include/mcpz.h", header::text()?),
        ("editors/vscode/syntaxes/mcpz.tmLanguage.json", textmate::grammar()),
        ("editors/vscode/language-configuration.json", textmate::configuration()),
        ("editors/neovim/syntax/mcpz.vim", vim::syntax()),
        ("editors/tree-sitter/words.js", treesitter::words()),
        ("editors/vscode/schemas/mcpz.toml.schema.json", schemas::manifest()),
        ("editors/vscode/schemas/mcpz.lock.schema.json", schemas::lock()),
    ])
}

#[cfg(test)]
mod tests {
    #[test]
    fn generated_pages_are_fresh() {
        super::run(&super::Args { check: true }).expect("run `cargo xtask codegen`");
    }
}
