//! Latency: start to first diagnostics, edit to diagnostics, completion right after a key press; and memory.

use crate::client::Client;
use crate::document::Document;
use crate::{Failed, Result, made, workspace};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

/// How often the server is started.
const STARTS: usize = 5;

/// What was measured, in milliseconds.
pub struct Report {
    lines: usize,
    rows: Vec<(&'static str, Vec<f64>, f64)>,
    memory_mb: f64,
}

/// Most megabytes that the server may hold.
const MEMORY_MB: f64 = 150.0;

/// Measures.
pub fn run(binary: &Path, rounds: usize) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let root = std::fs::canonicalize(folder.path())?;
    let lines = made::write_package(binary, &root)?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(start(binary, &root)?.1);
    }
    let (mut client, _) = start(binary, &root)?;
    let mut document = open(&mut client, &root, &made::rule_file(3))?;
    let edits = edits(&mut client, &mut document, rounds)?;
    let completions = completions(&mut client, &mut document, rounds)?;
    let hovers = requests(&mut client, &document, "textDocument/hover", rounds)?;
    let tokens = requests(&mut client, &document, "textDocument/semanticTokens/full", rounds)?;
    let (_, peak) = made::memory_kb(client.process_id());
    client.shut_down()?;
    let rows = vec![
        ("start to first diagnostics", starts, 300.0),
        ("edit to diagnostics", edits, 30.0),
        ("key press to completion", completions, 10.0),
        ("hover", hovers, 10.0),
        ("semantic tokens", tokens, 20.0),
    ];
    let peak = u32::try_from(peak).unwrap_or(u32::MAX);
    Ok(Report { lines, rows, memory_mb: f64::from(peak) / 1024.0 })
}

fn elapsed_ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// Starts the server on a package with one mistake; gives the time until that is told.
fn start(binary: &Path, root: &Path) -> Result<(Client, f64)> {
    let broken = root.join("policy/zz_broken.mcpz");
    workspace::write(&broken, "permit role1 to call server1.nothing\n")?;
    let begin = Instant::now();
    let mut client = Client::start(binary)?;
    client.initialize(root, json!({}), json!({}))?;
    client.wait_for_push(&workspace::uri(&broken), 1)?;
    Ok((client, elapsed_ms(begin)))
}

fn open(client: &mut Client, root: &Path, path: &str) -> Result<Document> {
    let full = root.join(path);
    let document = Document::new(workspace::uri(&full), &std::fs::read_to_string(&full)?);
    let params =
        json!({"textDocument": {"uri": document.uri, "languageId": "mcpz", "version": 1, "text": document.text}});
    client.notify("textDocument/didOpen", params)?;
    Ok(document)
}

/// A name is broken and mended, again and again.
fn edits(client: &mut Client, document: &mut Document, rounds: usize) -> Result<Vec<f64>> {
    let place = document.text.find("args.amount").ok_or_else(|| Failed::new("the package has no `args.amount`"))?
        + "args.".len();
    let mut times = Vec::new();
    for round in 0..rounds {
        let (old, new) = if round % 2 == 0 { ("amount", "amuont") } else { ("amuont", "amount") };
        let params = document.replace(place..place + old.len(), new);
        let version = document.version;
        let begin = Instant::now();
        client.notify("textDocument/didChange", params)?;
        client.wait_until(&document.uri, |pushed| pushed["version"] == version)?;
        times.push(elapsed_ms(begin));
    }
    Ok(times)
}

/// `args.` is typed and completed, again and again.
fn completions(client: &mut Client, document: &mut Document, rounds: usize) -> Result<Vec<f64>> {
    let place = document.text.find(" and args.amount").ok_or_else(|| Failed::new("the package has no such clause"))?;
    let mut times = Vec::new();
    for _ in 0..rounds {
        let text = " and args.";
        let typed = document.replace(place..place, text);
        let begin = Instant::now();
        client.notify("textDocument/didChange", typed)?;
        let params = json!({"textDocument": document.id(), "position": document.here()});
        let answer = client.request("textDocument/completion", params)?;
        times.push(elapsed_ms(begin));
        let offered = answer.as_array().map_or(0, Vec::len);
        if offered != 5 {
            return Err(Failed(format!("{offered} completions instead of 5: {answer}")));
        }
        let undone = document.replace(place..place + text.len(), "");
        client.notify("textDocument/didChange", undone)?;
        let version = document.version;
        let params = json!({"textDocument": document.id()});
        client.request("textDocument/diagnostic", params)?;
        let _ = version;
    }
    Ok(times)
}

fn requests(client: &mut Client, document: &Document, method: &str, rounds: usize) -> Result<Vec<f64>> {
    let place = document.text.find("server").unwrap_or(0);
    let mut times = Vec::new();
    for round in 0..rounds {
        let at = place + round * 13 % document.text.len().saturating_sub(place).max(1);
        let position = document.position(at);
        let begin = Instant::now();
        client.request(method, json!({"textDocument": document.id(), "position": position}))?;
        times.push(elapsed_ms(begin));
    }
    Ok(times)
}

/// The value below which this part of the times lies.
fn percentile(times: &[f64], part: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let row = (sorted.len().saturating_sub(1) * part).div_ceil(100);
    sorted.get(row).copied().unwrap_or(0.0)
}

impl Report {
    /// As text or JSON.
    pub fn text(&self, as_json: bool) -> String {
        let round = |value: f64| (value * 100.0).round() / 100.0;
        if as_json {
            let rows: Vec<Value> = self
                .rows
                .iter()
                .map(|(what, times, wanted)| {
                    let p = |part| round(percentile(times, part));
                    json!({"what": what, "samples": times.len(), "p50_ms": p(50), "p95_ms": p(95), "p99_ms": p(99), "p95_wanted_ms": wanted})
                })
                .collect();
            return json!({"lines": self.lines, "rows": rows, "memory_mb": round(self.memory_mb), "memory_wanted_mb": MEMORY_MB}).to_string();
        }
        let mut lines = vec![format!(
            "{:<28} {:>8} {:>8} {:>8} {:>8}",
            format!("{} lines", self.lines),
            "p50",
            "p95",
            "p99",
            "wanted"
        )];
        for (what, times, wanted) in &self.rows {
            let p = |part| percentile(times, part);
            lines.push(format!("{what:<28} {:>8.2} {:>8.2} {:>8.2} {wanted:>8.0}", p(50), p(95), p(99)));
        }
        lines.push(format!("{:<28} {:>8.1} MB, wanted {MEMORY_MB:.0}", "memory at most", self.memory_mb));
        lines.join("\n")
    }
}
