//! `rmcp`, the Rust SDK, as a client over stdio: `cargo xtask rmcp JOB`. Job and report are described in
//! `tests/clients/README.md`.

use crate::steps::Failed;
use rmcp::RoleClient;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation, ProtocolVersion,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, Peer, ServiceError};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::process::Stdio;
use tokio::process::Command;

#[derive(Debug, Deserialize)]
struct Job {
    mode: String,
    command: Vec<String>,
    calls: Vec<Call>,
}

#[derive(Debug, Deserialize)]
struct Call {
    tool: String,
    arguments: Map<String, Value>,
}

/// Does the job and prints the report.
pub fn run(job: &str) -> Result<(), Failed> {
    let job: Job = serde_json::from_str(job)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("{}", runtime.block_on(report(job))?);
    Ok(())
}

async fn report(job: Job) -> Result<Value, Failed> {
    let [program, arguments @ ..] = job.command.as_slice() else {
        return Err(Failed("the job has no command".to_owned()));
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Failed("the server gave no pipes".to_owned()));
    };
    let config = ClientConfig::new(ClientCapabilities::default(), Implementation::new("mcpz-clients", "1.0.0"));
    let connection = config
        .serve_with_lifecycle((stdout, stdin), lifecycle(&job.mode))
        .await
        .map_err(|error| Failed(format!("handshake: {error}")))?;
    let peer = connection.peer();
    let version = peer.peer_info().map(|info| info.protocol_version.to_string());
    let tools: Vec<String> = peer.list_all_tools().await?.into_iter().map(|tool| tool.name.into_owned()).collect();
    let mut calls = Vec::new();
    for call in job.calls {
        calls.push(outcome(peer, call).await);
    }
    connection.cancel().await?;
    Ok(json!({"version": version, "tools": tools, "calls": calls}))
}

fn lifecycle(mode: &str) -> ClientLifecycleMode {
    match mode {
        "auto" => ClientLifecycleMode::Auto { preferred_versions: vec![ProtocolVersion::LATEST], legacy_version: None },
        _ => ClientLifecycleMode::Initialize,
    }
}

async fn outcome(peer: &Peer<RoleClient>, call: Call) -> Value {
    let params = CallToolRequestParams::new(call.tool).with_arguments(call.arguments);
    match peer.call_tool(params).await {
        Ok(result) => {
            let word = if result.is_error == Some(true) { "refused" } else { "answered" };
            json!({"outcome": word, "text": text(&result)})
        }
        Err(ServiceError::McpError(error)) => {
            json!({"outcome": "error", "code": error.code.0, "text": error.message})
        }
        Err(error) => json!({"outcome": "error", "code": null, "text": error.to_string()}),
    }
}

fn text(result: &CallToolResult) -> String {
    let part = |value: Value| value["text"].as_str().unwrap_or_default().to_owned();
    let texts = result.content.iter().filter_map(|content| serde_json::to_value(content).ok()).map(part);
    texts.collect::<Vec<_>>().join("\n")
}
