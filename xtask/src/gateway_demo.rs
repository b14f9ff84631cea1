//! The end of `cargo demo`: `examples/gateway` in front of a real server-filesystem.
//!
//! The example is copied below `build/`, with a folder of ours in the place of `/workspace`; its client makes the keys
//! of an issuer, and asks over HTTP as two people. Without Node this is left out, and said so.

use crate::peers::{self, Peer};
use crate::root;
use crate::setup;
use crate::steps::{self, Failed};
use mcpz::output::{BAD, DIM, GOOD, NAME, styled};
use mcpz::shell::Shell;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the example calls its folder.
const WORKSPACE: &str = "/workspace";
/// How it starts the server.
const COMMAND: &str = "\"npx\", \"-y\", \"@modelcontextprotocol/server-filesystem\"";

/// Node is there, and the server is or can be installed.
pub fn ready() -> Result<(), Failed> {
    setup::node().map_err(|_| Failed("the server needs Node 20 or later".to_owned()))?;
    setup::server_filesystem()
}

/// Starts server and gateway, and shows what is answered.
pub fn show(shell: &mut Shell) -> Result<(), Failed> {
    let stand = stand()?;
    let address = peers::free_address()?;
    let config = stand.package.join("gateway.toml");
    fs::write(&config, stand.config(&address.to_string()))?;
    let gateway = Peer::gateway(&config, &stand.folder.join("gateway.log"))?;
    let url = format!("http://{address}/files/mcp");
    let answers = steps::output(&mut stand.client("ask", &[url.as_ref(), &stand.tokens, &stand.workspace]))?;
    drop(gateway);
    for line in answers.lines() {
        answer(&serde_json::from_str(line)?, shell);
    }
    Ok(())
}

fn answer(answer: &Value, shell: &mut Shell) {
    let text = |key: &str| mcpz::escape::inline(answer[key].as_str().unwrap_or_default());
    let (style, word) = match (answer["challenge"].is_string(), answer["refused"].as_bool()) {
        (true, _) => (BAD, "step up"),
        (false, Some(true)) => (BAD, "denied"),
        _ => (GOOD, "ok"),
    };
    let status = answer["status"].as_u64().unwrap_or_default();
    let (who, asked) = (format!("{:<10}", text("who")), text("asked"));
    let word = styled(style, format!("{word:<7}"));
    shell.out.line(format!("  {} {asked:<21} {word} {}", styled(NAME, who), text("plain")));
    if answer["challenge"].is_string() {
        let challenge = text("challenge");
        let shown = challenge.split(", resource_metadata").next().unwrap_or_default();
        shell.out.line(format!("  {:<40} {}", "", styled(DIM, format!("HTTP {status}, WWW-Authenticate: {shown}"))));
    }
}

/// What is where.
struct Stand {
    folder: PathBuf,
    package: PathBuf,
    workspace: PathBuf,
    tokens: PathBuf,
    server: PathBuf,
}

fn stand() -> Result<Stand, Failed> {
    let folder = root::build().join("demo");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let workspace = folder.join("workspace");
    fs::create_dir_all(workspace.join("secrets"))?;
    fs::write(workspace.join("plan.md"), "First, look. Then write.\n")?;
    fs::write(workspace.join("secrets/key.txt"), "nobody reads this\n")?;
    // A symbolic link above would make the server name another folder than the policy.
    let folder = folder.canonicalize()?;
    let stand = Stand {
        package: folder.join("package"),
        workspace: folder.join("workspace"),
        tokens: folder.join("tokens.json"),
        server: root::build().join("node/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js"),
        folder,
    };
    let instead =
        [(COMMAND, format!("\"node\", {:?}", stand.server)), (WORKSPACE, stand.workspace.display().to_string())];
    peers::copy_package(&root::root().join("examples/gateway"), &stand.package, &instead)?;
    steps::output(&mut stand.client("keys", &[&stand.package.join("keys.json"), &stand.tokens]))?;
    Ok(stand)
}

impl Stand {
    fn config(&self, address: &str) -> String {
        format!(
            "policy = {:?}\n\n[listen]\naddress = \"{address}\"\n\n[identity.issuers.corp]\njwks_file = {:?}\n\
             algorithms = [\"EdDSA\"]\n\n[server.files]\nenvironment = [\"PATH\"]\n",
            self.package,
            self.package.join("keys.json"),
        )
    }

    fn client(&self, what: &str, arguments: &[&Path]) -> Command {
        let mut command = Command::new("node");
        command.arg(root::root().join("examples/gateway/client.mjs")).arg(what).args(arguments);
        command
    }
}
