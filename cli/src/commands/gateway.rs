//! `mcpz gateway`: the enforcement point in front of MCP servers.

use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::material;
use crate::shell::Shell;
use mcpz_gateway::config::Config;
use mcpz_gateway::serve;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// Put a policy before MCP servers: every message of either side is decided.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Clients reach each server at a path of its own, http://127.0.0.1:8080/NAME/mcp unless the file says otherwise.
docs/gateway.md describes the file. The policy is loaded again when its files change, and on SIGHUP; one that does
not load changes nothing. SIGTERM and Ctrl-C let what is under way come to its end.

Examples:
  mcpz gateway --config gateway.toml
  mcpz gateway --config gateway.toml --check     # only look whether it could start

A small gateway.toml:
  policy = \"policy\"            # the folder of a package, or a bundle

  [server.files]               # a server of the policy; how it is reached stands there

Exit code 0: it was stopped; 2: the file, the policy or an address will not do.")]
pub struct Args {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,

    /// Load everything, run the self-test, and end.
    #[arg(long)]
    check: bool,
}

/// Serves until told to stop.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let refused = |error: mcpz_gateway::config::ConfigError| {
        Failure::input(escape::inline(&error.to_string())).with_help("docs/gateway.md describes the configuration")
    };
    let config = Config::read(&shell.path(&args.config)).map_err(refused)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::input(format!("no event loop could be made: {error}")))?;
    runtime.block_on(async {
        let running = serve::start(&config, Arc::new(material::of_package)).await.map_err(refused)?;
        let digest = running.policy.snapshot().digest.clone();
        if shell.out.is_json() {
            let admin = running.admin.map(|admin| admin.to_string());
            shell.out.json(&json!({"address": running.address.to_string(), "admin": admin, "bundle": digest}));
        } else {
            let word = if args.check { "would serve" } else { "serving" };
            shell.out.line(format!("{word} on {}, bundle {}", running.address, digest.get(..16).unwrap_or_default()));
            for endpoint in running.front.endpoints.values() {
                shell.out.line(format!("  {} at {}", escape::inline(&endpoint.server), endpoint.resource));
            }
        }
        shell.out.flush();
        if !args.check {
            stopped().await;
        }
        running.stop().await;
        Ok(Outcome::Yes)
    })
}

/// SIGTERM or Ctrl-C.
pub async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
