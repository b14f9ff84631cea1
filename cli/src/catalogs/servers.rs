//! The `server` blocks of a package, read from its sources.
//!
//! A pin that does not fit makes a package that does not check; the commands that mend pins must work
//! on it all the same. So they read the syntax tree, which there always is.

use crate::catalogs::place::{Place, Reach};
use crate::package::Loaded;
use mcpz_compiler::hir::PackageId;
use mcpz_compiler::memo::Memo;
use mcpz_compiler::package;
use mcpz_syntax::ast::{Expr, Item, ServerEntry, SourceFile};

/// A `server` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerBlock {
    /// Its name.
    pub name: String,
    /// `command`: program and arguments.
    pub command: Vec<String>,
    /// `endpoint`: its URL.
    pub endpoint: Option<String>,
    /// `catalog`: path below the package.
    pub catalog: Option<String>,
}

impl ServerBlock {
    /// Where the server is, if the block says so.
    pub fn place<'a>(&'a self, reach: &'a Reach) -> Option<Place<'a>> {
        match &self.endpoint {
            Some(url) => Some(Place::Url(url, reach)),
            None => Some(Place::Command(&self.command)).filter(|_| !self.command.is_empty()),
        }
    }
}

/// Every `server` block of the root package, by name.
pub fn read(loaded: &Loaded) -> Vec<ServerBlock> {
    // What is wrong with the package is what `check` is for.
    let package = package::load(&loaded.workspace, &Memo::default(), &mut Vec::new());
    let own = package.files.iter().filter(|file| file.package == PackageId(0));
    let mut blocks: Vec<ServerBlock> = own.flat_map(|file| in_file(&file.parse.source_file())).collect();
    blocks.sort_by(|a, b| a.name.cmp(&b.name));
    blocks
}

/// The blocks of one file.
fn in_file(file: &SourceFile) -> Vec<ServerBlock> {
    let mut blocks = Vec::new();
    for item in file.items() {
        let Item::Server(server) = item else { continue };
        let Some(name) = server.name() else { continue };
        let mut block = ServerBlock { name: name.text, command: Vec::new(), endpoint: None, catalog: None };
        for entry in server.entries() {
            match entry {
                ServerEntry::Catalog(catalog) => block.catalog = catalog.string().map(|s| s.text().to_owned()),
                ServerEntry::Endpoint(url) => block.endpoint = url.string().map(|s| s.text().to_owned()),
                ServerEntry::Command(command) => block.command = command.value().map(words).unwrap_or_default(),
                _ => {}
            }
        }
        blocks.push(block);
    }
    blocks
}

/// The strings of a list.
fn words(list: Expr) -> Vec<String> {
    let Expr::List(list) = list else {
        return Vec::new();
    };
    let text = |element: Expr| match element {
        Expr::Literal(literal) => literal.string().map(|string| string.text().to_owned()),
        _ => None,
    };
    list.elements().into_iter().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_even_when_the_rest_is_broken() {
        let text =
            "server fs {\n  command [\"npx\", \"-y\", \"a b\"]\n  catalog \"catalog/fs.json\"\n}\npermit permit\n";
        let blocks = in_file(&mcpz_syntax::parse(text).source_file());
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].command, ["npx", "-y", "a b"]);
        assert_eq!(blocks[0].catalog.as_deref(), Some("catalog/fs.json"));
    }
}
