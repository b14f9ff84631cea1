//! What is where on this machine, and the files that the servers of the matrix show.

use crate::peers;
use crate::root;
use crate::steps::{self, Failed};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where things are.
pub struct Place {
    /// Packages of Node with the clients.
    pub modules: PathBuf,
    /// For what a run writes.
    pub folder: PathBuf,
    /// What stands for what in the table.
    names: Vec<(&'static str, String)>,
}

impl Place {
    /// Installs the clients and writes the files.
    pub fn make() -> Result<Place, Failed> {
        let (node, modules) = peers::installed()?;
        let folder = root::build().join("clients");
        let data = folder.join("data");
        files(&data)?;
        let python = root::build().join("python/bin");
        let shown = |path: &Path| path.display().to_string();
        let names = vec![
            ("{node}", shown(&node)),
            ("{rmcp}", shown(&std::env::current_exe()?)),
            ("{python}", shown(&python.join("python"))),
            ("{bin}", shown(&python)),
            ("{servers}", shown(&root::build().join("node/node_modules/@modelcontextprotocol"))),
            ("{here}", shown(&root::root().join("tests/clients"))),
            ("{data}", shown(&data.canonicalize()?)),
        ];
        Ok(Place { modules, folder, names })
    }

    /// A word of the table.
    pub fn word(&self, word: &str) -> String {
        self.names.iter().fold(word.to_owned(), |word, (name, stands)| word.replace(name, stands))
    }

    /// Words of the table.
    pub fn words(&self, words: &[String]) -> Vec<String> {
        words.iter().map(|word| self.word(word)).collect()
    }

    /// Arguments of a call.
    pub fn arguments(&self, arguments: &Map<String, Value>) -> Map<String, Value> {
        let value = |value: &Value| value.as_str().map_or_else(|| value.clone(), |text| self.word(text).into());
        arguments.iter().map(|(name, given)| (name.clone(), value(given))).collect()
    }

    /// A file for what a program says on standard error.
    pub fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }
}

/// An open file, a secret one, and a repository.
fn files(data: &Path) -> Result<(), Failed> {
    for folder in ["open", "secret", "repository"] {
        fs::create_dir_all(data.join(folder))?;
    }
    fs::write(data.join("open/hello.txt"), "hello from a file\n")?;
    fs::write(data.join("secret/key.txt"), "nobody may read this\n")?;
    if !data.join("repository/.git").exists() {
        let repository = data.join("repository");
        steps::output(Command::new("git").args(["init", "--quiet"]).current_dir(repository))?;
    }
    Ok(())
}
