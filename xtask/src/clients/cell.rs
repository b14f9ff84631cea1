//! One cell of the matrix: the job, the report, and what must be in it.

use super::place::Place;
use super::table::{Client, Server};
use crate::steps::{Failed, output};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;

/// The last version with sessions.
const SESSIONS: &str = "2025-11-25";

/// How a client reaches a server.
#[derive(Debug, Clone)]
pub enum Transport {
    /// `mcpz run` is its child.
    Stdio {
        /// Program and arguments.
        command: Vec<String>,
        /// Variables for the server.
        environment: BTreeMap<String, String>,
    },
    /// `mcpz gateway` listens.
    Http {
        /// The endpoint.
        url: String,
        /// Whether the server behind it is one of HTTP too.
        to_http: bool,
    },
}

impl Transport {
    /// What the client must speak.
    pub fn word(&self) -> &'static str {
        match self {
            Transport::Stdio { .. } => "stdio",
            Transport::Http { .. } => "http",
        }
    }

    /// Both sides, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Transport::Stdio { .. } => "stdio to stdio",
            Transport::Http { to_http: false, .. } => "HTTP to stdio",
            Transport::Http { to_http: true, .. } => "HTTP to HTTP",
        }
    }
}

/// A client, a server, and what is between them.
pub struct Cell<'a> {
    /// Who asks.
    pub client: &'a Client,
    /// Who answers.
    pub server: &'a Server,
    /// What is between them.
    pub transport: &'a Transport,
    /// This machine.
    pub place: &'a Place,
}

/// What a client prints.
#[derive(Debug, Deserialize)]
struct Report {
    version: Option<String>,
    tools: Vec<String>,
    calls: Vec<Outcome>,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    outcome: String,
    text: String,
}

impl Cell<'_> {
    /// Runs the client; the version that was spoken.
    pub fn run(&self) -> Result<String, Failed> {
        let words = self.place.words(&self.client.runs);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        if self.client.runs == ["{rmcp}"] {
            command.arg("rmcp");
        }
        if let Transport::Stdio { environment, .. } = self.transport {
            command.envs(environment);
        }
        command.env("MCP_INSPECTOR_SECRET_STORE", "memory").arg(self.job().to_string());
        // The whole job in an error would hide what the error says.
        let printed = output(&mut command).map_err(|Failed(why)| {
            let why = why.split_once("ended with").map_or(why.as_str(), |(_, rest)| rest);
            Failed(why.trim().lines().take(12).collect::<Vec<_>>().join("\n    "))
        })?;
        let report: Report =
            serde_json::from_str(&printed).map_err(|error| Failed(format!("its report: {error}: {printed}")))?;
        self.judge(&report)
    }

    fn job(&self) -> Value {
        let Server { allowed, denied, hidden, .. } = self.server;
        let call = |tool: &str, arguments| json!({"tool": tool, "arguments": self.place.arguments(arguments)});
        let calls = [
            call(&allowed.tool, &allowed.arguments),
            call(&denied.tool, &denied.arguments),
            call(&hidden.tool, &hidden.arguments),
        ];
        let mut job = json!({"modules": self.place.modules, "mode": self.client.mode, "calls": calls});
        match self.transport {
            Transport::Stdio { command, .. } => job["command"] = json!(command),
            Transport::Http { url, .. } => job["url"] = json!(url),
        }
        job
    }

    fn judge(&self, report: &Report) -> Result<String, Failed> {
        let wrong = |what: String| Err(Failed(what));
        let mut listed = report.tools.clone();
        listed.sort();
        if listed != self.server.listed {
            return wrong(format!("lists {listed:?}, and the policy lets be seen {:?}", self.server.listed));
        }
        let [allowed, denied, hidden] = report.calls.as_slice() else {
            return wrong(format!("made {} calls of 3", report.calls.len()));
        };
        if allowed.outcome != "answered" || !allowed.text.contains(&self.server.allowed.answer) {
            return wrong(format!("the allowed call was {}: {}", allowed.outcome, allowed.text));
        }
        if denied.outcome == "answered" || !denied.text.contains(&self.server.denied.reason) {
            return wrong(format!("the denied call was {}: {}", denied.outcome, denied.text));
        }
        // In the server's words for a tool that it does not have; those of a rule would tell that there is one.
        let tool = &self.server.hidden.tool;
        if hidden.outcome == "answered" || !hidden.text.contains(tool.as_str()) || hidden.text.contains("policy") {
            return wrong(format!("the call of the hidden tool was {}: {}", hidden.outcome, hidden.text));
        }
        let newest = if self.client.mode == "auto" { self.server.newest.as_str() } else { SESSIONS };
        match report.version.as_deref() {
            Some(version) if version != newest => wrong(format!("speaks {version}, and both could speak {newest}")),
            Some(version) => Ok(version.to_owned()),
            None if self.client.tells_version => wrong("does not tell the version it speaks".to_owned()),
            None => Ok("not told".to_owned()),
        }
    }
}
