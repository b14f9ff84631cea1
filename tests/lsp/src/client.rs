//! The connection: frames, requests and their answers, what the server says by itself.

use crate::{Failed, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long an answer may take before the session fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server and what it has said.
pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    next_id: i64,
    answers: BTreeMap<i64, Value>,
    /// The last diagnostics pushed for each address.
    pub pushed: BTreeMap<String, Value>,
    /// How many pushes came for each address.
    pub pushes: BTreeMap<String, usize>,
    /// Capabilities that the server registered.
    pub registered: Vec<Value>,
    /// How often the server asked to pull again.
    pub refreshes: usize,
}

impl Client {
    /// Starts `BINARY lsp`.
    pub fn start(binary: &Path) -> Result<Client> {
        let mut child = Command::new(binary).arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        let output = child.stdout.take().ok_or_else(|| Failed::new("the server has no output"))?;
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(output);
            while let Some(message) = read_frame(&mut reader) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Ok(Client {
            child,
            input,
            messages,
            next_id: 1,
            answers: BTreeMap::new(),
            pushed: BTreeMap::new(),
            pushes: BTreeMap::new(),
            registered: Vec::new(),
            refreshes: 0,
        })
    }

    /// The process of the server.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Begins the session. Gives the server's capabilities.
    pub fn initialize(&mut self, root: &Path, capabilities: Value, options: Value) -> Result<Value> {
        let folder = json!({"uri": crate::workspace::uri(root), "name": "workspace"});
        let params = json!({
            "processId": null, "rootUri": crate::workspace::uri(root), "workspaceFolders": [folder],
            "capabilities": capabilities, "initializationOptions": options,
        });
        let result = self.request("initialize", params)?;
        self.notify("initialized", json!({}))?;
        Ok(result)
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) -> Result<()> {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    /// Sends a request and waits for its result.
    pub fn request(&mut self, method: &str, params: Value) -> Result<Value> {
        let id = self.ask(method, params)?;
        let answer = self.answer(id)?;
        match answer.get("error") {
            Some(error) => Err(Failed(format!("{method}: {}", error["message"].as_str().unwrap_or_default()))),
            None => Ok(answer["result"].clone()),
        }
    }

    /// Sends a request without waiting. Gives its id.
    pub fn ask(&mut self, method: &str, params: Value) -> Result<i64> {
        let id = self.next_id;
        self.next_id += 1;
        let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method});
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(&message)?;
        Ok(id)
    }

    /// Waits for the answer to a request: the whole message.
    pub fn answer(&mut self, id: i64) -> Result<Value> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = self.answers.remove(&id) {
                return Ok(answer);
            }
            self.receive(end)?;
        }
    }

    /// Waits until this many pushes have come for an address.
    pub fn wait_for_push(&mut self, uri: &str, count: usize) -> Result<Value> {
        let end = Instant::now() + PATIENCE;
        while self.pushes.get(uri).copied().unwrap_or(0) < count {
            self.receive(end)?;
        }
        Ok(self.pushed.get(uri).cloned().unwrap_or(Value::Null))
    }

    /// Waits until what was pushed for an address is this: a condition over its diagnostics. Nothing pushed is an empty list.
    pub fn wait_until(&mut self, uri: &str, holds: impl Fn(&Value) -> bool) -> Result<Value> {
        let end = Instant::now() + PATIENCE;
        loop {
            let pushed = self.pushed.get(uri).cloned().unwrap_or_else(|| json!({"diagnostics": []}));
            if holds(&pushed) {
                return Ok(pushed);
            }
            self.receive(end)?;
        }
    }

    /// Takes one message that has come, or waits for one.
    fn receive(&mut self, end: Instant) -> Result<()> {
        let left = end.saturating_duration_since(Instant::now());
        match self.messages.recv_timeout(left) {
            Ok(message) => self.take(message),
            Err(RecvTimeoutError::Timeout) => Err(Failed::new("the server did not answer in time")),
            Err(RecvTimeoutError::Disconnected) => Err(Failed::new("the server is gone")),
        }
    }

    /// Takes every message that has come already.
    pub fn drain(&mut self) -> Result<()> {
        while let Ok(message) = self.messages.try_recv() {
            self.take(message)?;
        }
        Ok(())
    }

    fn take(&mut self, message: Value) -> Result<()> {
        let method = message.get("method").and_then(Value::as_str).map(str::to_owned);
        let Some(method) = method else {
            if let Some(id) = message.get("id").and_then(Value::as_i64) {
                self.answers.insert(id, message);
            }
            return Ok(());
        };
        match method.as_str() {
            "textDocument/publishDiagnostics" => {
                let uri = message["params"]["uri"].as_str().unwrap_or_default().to_owned();
                *self.pushes.entry(uri.clone()).or_default() += 1;
                self.pushed.insert(uri, message["params"].clone());
            }
            "client/registerCapability" => self.registered.push(message["params"].clone()),
            "workspace/diagnostic/refresh" => self.refreshes += 1,
            _ => {}
        }
        match message.get("id") {
            Some(id) => self.send(&json!({"jsonrpc": "2.0", "id": id, "result": null})),
            None => Ok(()),
        }
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        let Some(input) = &mut self.input else { return Err(Failed::new("the session has ended")) };
        let text = message.to_string();
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        input.flush()?;
        Ok(())
    }

    /// Ends the session as the protocol asks. Gives the exit code.
    pub fn shut_down(mut self) -> Result<i32> {
        self.request("shutdown", Value::Null)?;
        self.send(&json!({"jsonrpc": "2.0", "method": "exit"}))?;
        self.input = None;
        let status = self.child.wait()?;
        Ok(status.code().unwrap_or(-1))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads one message; `None` at the end.
fn read_frame(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}
