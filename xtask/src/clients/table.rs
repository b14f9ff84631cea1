//! The table of clients and servers, `tests/clients/matrix.json`.

use crate::steps::Failed;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// The whole table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Who asks.
    pub clients: Vec<Client>,
    /// Who answers.
    pub servers: Vec<Server>,
}

/// A client.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// For people.
    pub name: String,
    /// Program and first arguments; the job is the last.
    pub runs: Vec<String>,
    /// `auto` or `legacy`.
    pub mode: String,
    /// Whether it can tell the version that was agreed upon.
    #[serde(default = "yes")]
    pub tells_version: bool,
    /// What it speaks, when not both `stdio` and `http`.
    #[serde(default)]
    pub transports: Vec<String>,
}

fn yes() -> bool {
    true
}

/// A server, and what a client of it must see.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its name in the policy.
    pub name: String,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Variables of its environment.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// How it serves HTTP, when it is to be reached so.
    #[serde(default)]
    pub http: Option<Http>,
    /// The newest version that it speaks.
    pub newest: String,
    /// The tools that the policy lets be seen, sorted.
    pub listed: Vec<String>,
    /// A call that is answered.
    pub allowed: Allowed,
    /// A call of a listed tool that is refused.
    pub denied: Denied,
    /// A call of a tool that is not listed.
    pub hidden: Call,
}

/// A server of HTTP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Program and arguments.
    pub command: Vec<String>,
    /// The variable that tells it its port.
    pub port_in: String,
    /// The path of its endpoint.
    pub path: String,
}

/// A call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
}

/// A call that is answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// What stands in the answer.
    pub answer: String,
}

/// A call that is refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denied {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// What the rule that refuses it says.
    pub reason: String,
}

impl Table {
    /// Reads the table.
    pub fn read(path: &Path) -> Result<Table, Failed> {
        let text = std::fs::read_to_string(path)?;
        serde_json::from_str(&text).map_err(|error| Failed(format!("{}: {error}", path.display())))
    }
}

impl Client {
    /// Whether it speaks a transport.
    pub fn speaks(&self, transport: &str) -> bool {
        self.transports.is_empty() || self.transports.iter().any(|word| word == transport)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;

    #[test]
    fn the_table_can_be_read_and_its_files_are_there() {
        let folder = root::root().join("tests/clients");
        let table = Table::read(&folder.join("matrix.json")).unwrap();
        for server in &table.servers {
            assert!(folder.join(format!("policies/{}.mcpz", server.name)).exists(), "{}", server.name);
            assert!(server.listed.is_sorted() && !server.listed.contains(&server.hidden.tool), "{}", server.name);
        }
        for file in table.clients.iter().filter_map(|client| client.runs.get(1)) {
            assert!(folder.join(file.replace("{here}/", "")).exists(), "{file}");
        }
    }
}
