//! A server that writes down every byte it is sent, over stdio or HTTP, and answers what it was told to answer.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The variable that names the file of the record.
pub const RECORD: &str = "MCPZ_WIRE_RECORD";
/// The variable that names the file of hostile answers: a JSON object, texts by name.
pub const ANSWERS: &str = "MCPZ_WIRE_ANSWERS";

/// Texts that are the answer to a search for their name.
pub type Answers = serde_json::Map<String, Value>;

/// Serves on standard input and output until it ends.
pub fn stdio() -> std::io::Result<()> {
    let record = std::env::var_os(RECORD).ok_or_else(|| std::io::Error::other("no record"))?;
    let answers = match std::env::var_os(ANSWERS) {
        Some(path) => read_answers(Path::new(&path))?,
        None => Answers::new(),
    };
    let mut record = std::fs::File::options().create(true).append(true).open(record)?;
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line?;
        record.write_all(&line)?;
        record.write_all(b"\n")?;
        if let Some(answer) = answer(&line, &answers) {
            output.write_all(answer.as_bytes())?;
            output.write_all(b"\n")?;
            output.flush()?;
        }
    }
    Ok(())
}

fn read_answers(path: &Path) -> std::io::Result<Answers> {
    serde_json::from_slice(&std::fs::read(path)?).map_err(std::io::Error::other)
}

/// A recorder over HTTP, in threads of this process.
pub struct Recorder {
    /// Where it listens.
    pub address: SocketAddr,
    record: Arc<Mutex<Vec<u8>>>,
    last: Arc<Mutex<Option<Instant>>>,
}

impl Recorder {
    /// Listens on a free port of the loopback.
    pub fn start(answers: Answers) -> std::io::Result<Recorder> {
        Recorder::listen(answers, true)
    }

    /// As [`Recorder::start`], but forgets what it is sent: for loads.
    pub fn forgetful() -> std::io::Result<Recorder> {
        Recorder::listen(Answers::new(), false)
    }

    fn listen(answers: Answers, keeps: bool) -> std::io::Result<Recorder> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let record = Arc::new(Mutex::new(Vec::new()));
        let (shared, answers) = (record.clone(), Arc::new(answers));
        let last = Arc::new(Mutex::new(None));
        let noted = last.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (record, answers, last) = (shared.clone(), answers.clone(), noted.clone());
                // A connection that breaks off is the gateway's to deal with.
                std::thread::spawn(move || drop(connection(stream, keeps.then_some(&*record), &last, &answers)));
            }
        });
        Ok(Recorder { address, record, last })
    }

    /// When the last call of a tool came.
    pub fn last_call(&self) -> Option<Instant> {
        *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether it was sent these bytes.
    pub fn has_seen(&self, bytes: &[u8]) -> bool {
        holds(&self.record.lock().unwrap_or_else(std::sync::PoisonError::into_inner), bytes)
    }
}

/// Whether some bytes stand among others.
pub fn holds(all: &[u8], bytes: &[u8]) -> bool {
    all.windows(bytes.len().max(1)).any(|window| window == bytes)
}

fn connection(
    stream: TcpStream,
    record: Option<&Mutex<Vec<u8>>>,
    last: &Mutex<Option<Instant>>,
    answers: &Answers,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut output = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if input.read_until(b'\n', &mut head)? == 0 {
                return Ok(());
            }
        }
        let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        input.read_exact(&mut body)?;
        if holds(&body, b"\"tools/call\"") {
            *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Instant::now());
        }
        if let Some(record) = record {
            let mut all = record.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            all.extend_from_slice(&head);
            all.extend_from_slice(&body);
        }
        let response = match (text.starts_with("post "), answer(&body, answers)) {
            (false, _) => "HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n".to_owned(),
            (true, None) => "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_owned(),
            (true, Some(answer)) => format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
                answer.len()
            ),
        };
        output.write_all(response.as_bytes())?;
    }
}

/// The answer to a message; none to notifications and answers.
fn answer(message: &[u8], answers: &Answers) -> Option<String> {
    let message: Value = serde_json::from_slice(message).ok()?;
    let id = message.get("id")?;
    let method = message.get("method")?.as_str()?;
    let params = &message["params"];
    if let Some(text) = params["arguments"]["query"].as_str().and_then(|query| answers.get(query)?.as_str()) {
        return Some(text.replace("%ID%", &id.to_string()));
    }
    let catalog = || serde_json::from_str::<Value>(include_str!("../package/catalog/notes.json")).unwrap_or_default();
    let result = match method {
        "initialize" => json!({
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}, "resources": {"subscribe": true}, "prompts": {}, "completions": {}},
            "serverInfo": {"name": "notes", "version": "1"},
        }),
        "tools/list" => json!({"tools": catalog()["tools"], "ttlMs": 1000, "cacheScope": "public"}),
        "prompts/list" => json!({"prompts": catalog()["prompts"]}),
        "resources/list" => json!({"resources": catalog()["resources"]}),
        "resources/templates/list" => json!({"resourceTemplates": catalog()["resourceTemplates"]}),
        "tools/call" if !is_tool(&catalog(), &params["name"]) => {
            let message = format!("Unknown tool: {}", params["name"].as_str().unwrap_or_default());
            return Some(
                json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32602, "message": message}}).to_string(),
            );
        }
        _ => json!({"content": [{"type": "text", "text": "done"}]}),
    };
    Some(json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string())
}

fn is_tool(catalog: &Value, name: &Value) -> bool {
    catalog["tools"].as_array().is_some_and(|tools| tools.iter().any(|tool| tool["name"] == *name))
}

/// Answers on standard input and output, and writes nothing down: for loads.
pub fn echo() -> std::io::Result<()> {
    let (answers, mut output) = (Answers::new(), std::io::stdout().lock());
    for line in std::io::stdin().lock().split(b'\n') {
        if let Some(mut answer) = answer(&line?, &answers) {
            answer.push('\n');
            output.write_all(answer.as_bytes())?;
            output.flush()?;
        }
    }
    Ok(())
}
