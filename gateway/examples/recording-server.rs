//! An MCP server over stdio for tests: it writes down every line it gets, and answers as it is told to.
//!
//! `recording-server RECORD CATALOG`: lines go to the file RECORD, definitions come from the file CATALOG. The
//! argument `query` of a call says how it behaves: `slow` never answers, `ask` asks the client for a sample first,
//! `progress` reports progress, also on a token it was never given, `flood` reports it without end, `twice` answers with
//! a key twice, `torn` with half an answer, `nameless` with an error of no request, `chatter` with a line that is no
//! message before the answer, anything else is said back.

use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, Write};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let catalog = std::fs::read_to_string(&arguments[2]).expect("a catalog");
    let catalog: Value = serde_json::from_str(&catalog).expect("JSON");
    let mut record = OpenOptions::new().create(true).append(true).open(&arguments[1]).expect("a record");
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        write_down(&mut record, &line);
        let message: Value = serde_json::from_str(&line).expect("JSON");
        for answer in answers(&catalog, &message) {
            println!("{answer}");
        }
    }
}

fn write_down(record: &mut File, line: &str) {
    writeln!(record, "{line}").expect("written");
    record.flush().expect("flushed");
}

fn answers(catalog: &Value, message: &Value) -> Vec<String> {
    let id = &message["id"];
    let answer = |result: Value| vec![json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()];
    match message["method"].as_str() {
        // An answer of the client ends the call that had asked.
        None if id == "sample" => {
            vec![json!({"jsonrpc": "2.0", "id": 77, "result": {"content": []}}).to_string()]
        }
        Some("initialize") => answer(json!({
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": {"tools": {}, "resources": {}, "prompts": {}},
            "serverInfo": {"name": "notes", "version": "1"},
        })),
        Some("server/discover") => answer(json!({"resultType": "complete", "supportedVersions": ["2026-07-28"],
            "capabilities": {"tools": {}}, "ttlMs": 0, "cacheScope": "private"})),
        Some("ping") => answer(json!({})),
        Some("tools/list") => answer(json!({"tools": catalog["tools"]})),
        Some("prompts/list") => answer(json!({"prompts": catalog["prompts"]})),
        Some("resources/list") => answer(json!({"resources": catalog["resources"]})),
        Some("tools/call") => call(catalog, message),
        Some("prompts/get") => unknown(id, "Prompt", &message["params"]["name"], -32602),
        Some("resources/read") => {
            let is_modern = !message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"].is_null();
            unknown(id, "Resource", &message["params"]["uri"], if is_modern { -32602 } else { -32002 })
        }
        Some(_) if !id.is_null() => {
            vec![
                json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "Method not found"}})
                    .to_string(),
            ]
        }
        _ => Vec::new(),
    }
}

/// It has no prompt and no resource that could be read: it says so in words and spacing of its own.
fn unknown(id: &Value, what: &str, name: &Value, code: i64) -> Vec<String> {
    let name = name.as_str().unwrap_or_default();
    let error = json!({"code": code, "message": format!("{what} <{name}> is not here"), "data": {"asked": name}});
    vec![format!("{{\"id\": {id},\"jsonrpc\":\"2.0\", \"error\":{error}}}")]
}

fn call(catalog: &Value, message: &Value) -> Vec<String> {
    let (id, params) = (&message["id"], &message["params"]);
    let known = catalog["tools"].as_array().into_iter().flatten().any(|tool| tool["name"] == params["name"]);
    if !known {
        let text = format!("Tool {} not found", params["name"].as_str().unwrap_or_default());
        return vec![json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32602, "message": text}}).to_string()];
    }
    let said = json!({"content": [{"type": "text", "text": params["arguments"].to_string()}]});
    let answer = json!({"jsonrpc": "2.0", "id": id, "result": said}).to_string();
    let progress = |token: &Value| {
        let params = json!({"progressToken": token, "progress": 1});
        json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params}).to_string()
    };
    match params["arguments"]["query"].as_str() {
        Some("slow") => Vec::new(),
        Some("ask") => vec![
            json!({"jsonrpc": "2.0", "id": "sample", "method": "sampling/createMessage",
                "params": {"messages": [], "maxTokens": 10}})
            .to_string(),
        ],
        Some("progress") => vec![progress(&params["_meta"]["progressToken"]), progress(&json!("spoofed")), answer],
        Some("flood") => {
            let long = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params":
                {"progressToken": params["_meta"]["progressToken"], "progress": 1, "message": "x".repeat(64 << 10)}});
            vec![long.to_string(); 1000]
        }
        Some("torn") => vec![answer.chars().take(answer.len() / 2).collect()],
        Some("nameless") => {
            let error = json!({"code": -32700, "message": "Parse error"});
            vec![json!({"jsonrpc": "2.0", "id": null, "error": error}).to_string()]
        }
        Some("chatter") => vec!["[info] listening on no port".to_owned(), answer],
        Some("twice") => vec![format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[],"content":[]}}}}"#)],
        _ => vec![answer],
    }
}
