//! A folder with a gateway's configuration, and the gateway.

use crate::client::Kept;
use crate::policy::{CATALOG, Policy};
use mcpz_test_kit::token::Issuer;
use mcpz_wire_tests::http::Target;
use mcpz_wire_tests::recorder::Recorder;
use mcpz_wire_tests::{Stopped, gateway};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

/// What clients call the gateway.
const URL: &str = "https://mcp.acme.example";
/// Whom tokens are for.
pub const AUDIENCE: &str = "https://mcp.acme.example/notes/mcp";

/// A gateway before an HTTP server that answers everything.
pub struct Place {
    /// Its folder.
    pub folder: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
    /// The server behind it.
    pub server: Recorder,
    /// The gateway.
    pub gateway: Stopped,
    issuer: Issuer,
}

impl Place {
    /// Starts a gateway with this policy, with an audit log or without.
    pub fn start(binary: &Path, folder: &Path, policy: &Policy, audited: bool) -> Result<Place, String> {
        let failed = |error: std::io::Error| error.to_string();
        let issuer = Issuer::new("load")?;
        let server = Recorder::forgetful().map_err(failed)?;
        let address = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr()).map_err(failed)?;
        std::fs::write(folder.join("keys.json"), issuer.keys().to_string()).map_err(failed)?;
        std::fs::write(folder.join("notes.json"), CATALOG).map_err(failed)?;
        std::fs::write(folder.join("policy.mcpzb"), &policy.bundle).map_err(failed)?;
        let mut config = format!(
            "policy = \"policy.mcpzb\"\n[listen]\naddress = \"{address}\"\nurl = \"{URL}\"\nhosts = [\"{address}\"]\n\
             [identity.issuers.corp]\njwks_file = \"keys.json\"\nalgorithms = [\"EdDSA\"]\n\
             [server.notes]\nurl = \"http://{}/mcp\"\ncatalog = \"notes.json\"\n",
            server.address
        );
        if audited {
            let key = folder.join("audit.key");
            let made = std::process::Command::new(binary).args(["audit", "keygen", "--out"]).arg(&key).output();
            let made = made.map_err(failed)?;
            if !made.status.success() {
                return Err(format!("no key: {}", String::from_utf8_lossy(&made.stderr)));
            }
            config.push_str("[audit]\nfolder = \"audit\"\nkey = \"audit.key\"\n");
        }
        config.push_str("[control]\nsocket = \"control.sock\"\n");
        std::fs::write(folder.join("gateway.toml"), config).map_err(failed)?;
        let gateway = gateway(binary, folder, address)?;
        Ok(Place { folder: folder.to_owned(), address, server, gateway, issuer })
    }

    /// A connection to the gateway, with a fresh token and in a session of its own.
    pub fn connect(&self) -> Result<Kept, String> {
        let token = self.issuer.token("agent:load", AUDIENCE);
        let session = Target { address: self.address, token: &token }.session()?;
        let headers = format!("authorization: Bearer {token}\r\nmcp-session-id: {session}\r\n");
        Kept::connect(self.address, "/notes/mcp", &headers).map_err(|error| error.to_string())
    }

    /// A connection to the server behind it.
    pub fn direct(&self) -> Result<Kept, String> {
        Kept::connect(self.server.address, "/mcp", "").map_err(|error| error.to_string())
    }
}

/// Looks at every record of an audit log, one after the other: a long run writes more than fits into memory.
pub fn each_record(
    folder: &Path,
    mut look: impl FnMut(&serde_json::Value) -> Result<(), String>,
) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder.join("audit")).map_err(failed)?.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let lines = BufReader::new(File::open(&path).map_err(failed)?).lines();
        // Heads and locks have no records.
        for line in lines.map_while(Result::ok) {
            let Ok(line) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
            line.get("record").map_or(Ok(()), &mut look)?;
        }
    }
    Ok(())
}
