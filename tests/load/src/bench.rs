//! What the gateway adds to a call: the same server direct and through it, in one run. A decision is timed twice: as the audit log
//! states it behind HTTP, where each message comes after the processor did other work, and in a process that does nothing else.

use crate::client::{Client, Piped, call};
use crate::place::{self, AUDIENCE, Place};
use crate::{in_process, policy};
use mcpz_test_kit::folder::uid;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Calls that warm up.
const WARM_UP: usize = 200;
/// Clients at once, for throughput.
const CLIENTS: [usize; 4] = [1, 2, 4, 8];

/// Measures everything.
pub fn run(binary: &Path, calls: usize, time: Duration) -> Result<Value, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let uid = uid(folder.path()).map_err(|error| error.to_string())?;
    let (policy, unaudited) =
        (policy::compile("inbox", AUDIENCE, uid)?, policy::compile_unaudited("inbox", AUDIENCE, uid)?);
    let mut rows = vec![stdio(binary, folder.path(), &unaudited, calls)?];
    let place = Place::start(binary, folder.path(), &unaudited, false)?;
    let direct = latency(&mut place.direct()?, calls)?;
    let through = latency(&mut place.connect()?, calls)?;
    rows.push(row("http", &direct, &through));
    let mut throughput = Vec::new();
    for clients in CLIENTS {
        let direct = at_once(clients, time, || place.direct())?;
        let through = at_once(clients, time, || place.connect())?;
        throughput
            .push(json!({"transport": "http", "clients": clients, "direct_per_s": direct, "gateway_per_s": through}));
    }
    drop(place);
    let (decision, alone) = (decision(binary, &policy, calls)?, alone(&policy, uid, calls)?);
    Ok(json!({"rows": rows, "throughput": throughput, "decision": decision, "decision_alone": alone}))
}

/// The server over stdio, alone and behind `mcpz run`.
fn stdio(binary: &Path, folder: &Path, policy: &policy::Policy, calls: usize) -> Result<Value, String> {
    let failed = |error: std::io::Error| error.to_string();
    let own = std::env::current_exe().map_err(failed)?;
    let (bundle, catalog) = (folder.join("run.mcpzb"), folder.join("run.json"));
    std::fs::write(&bundle, &policy.bundle).map_err(failed)?;
    std::fs::write(&catalog, policy::CATALOG).map_err(failed)?;
    let direct = latency(&mut Piped::start(Command::new(&own).arg("echo")).map_err(failed)?, calls)?;
    let mut command = Command::new(binary);
    command.arg("run").arg("--policy").arg(bundle).arg("--catalog");
    command.arg(format!("notes={}", catalog.display())).args(["--server", "notes", "--"]).arg(&own).arg("echo");
    let through = latency(&mut Piped::start(&mut command).map_err(failed)?, calls)?;
    Ok(row("stdio", &direct, &through))
}

/// The times of calls, sorted, in nanoseconds.
fn latency(client: &mut impl Client, calls: usize) -> Result<Vec<u128>, String> {
    let mut times = Vec::with_capacity(calls);
    for number in 0..WARM_UP + calls {
        let text = call(number as u64 + 1, "search_notes", r#"{"query":"what was said about the harbour on Tuesday"}"#);
        let start = Instant::now();
        let answer = client.ask(&text).map_err(|error| error.to_string())?;
        let time = start.elapsed().as_nanos();
        if !answer.contains("done") {
            return Err(format!("not what was asked for: {answer}"));
        }
        if number >= WARM_UP {
            times.push(time);
        }
    }
    times.sort_unstable();
    Ok(times)
}

fn at(times: &[u128], percent: usize) -> f64 {
    let row = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(row).map_or(0.0, |time| *time as f64 / 1000.0)
}

fn row(transport: &str, direct: &[u128], through: &[u128]) -> Value {
    let (p50, p99) = ((at(direct, 50), at(through, 50)), (at(direct, 99), at(through, 99)));
    json!({
        "transport": transport, "calls": direct.len(),
        "direct_p50_us": p50.0, "gateway_p50_us": p50.1, "added_p50_us": p50.1 - p50.0,
        "direct_p99_us": p99.0, "gateway_p99_us": p99.1, "added_p99_us": p99.1 - p99.0,
    })
}

/// Calls a second of so many clients.
fn at_once<C: Client + Send>(
    clients: usize,
    time: Duration,
    connect: impl Fn() -> Result<C, String>,
) -> Result<u64, String> {
    let clients: Vec<C> = (0..clients).map(|_| connect()).collect::<Result<_, _>>()?;
    let end = Instant::now() + time;
    let work = |mut client: C| -> Result<u64, String> {
        let mut done = 0;
        while Instant::now() < end {
            let text = call(done + 1, "search_notes", r#"{"query":"what was said about the harbour on Tuesday"}"#);
            client.ask(&text).map_err(|error| error.to_string())?;
            done += 1;
        }
        Ok(done)
    };
    let done: Vec<Result<u64, String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = clients.into_iter().map(|client| scope.spawn(|| work(client))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(Err("a client ended".to_owned()))).collect()
    });
    let all = done.into_iter().sum::<Result<u64, String>>()?;
    Ok((all as f64 / time.as_secs_f64()) as u64)
}

/// From taking up a message to its decision, as the audit log states it.
fn decision(binary: &Path, policy: &policy::Policy, calls: usize) -> Result<Value, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let place = Place::start(binary, folder.path(), policy, true)?;
    latency(&mut place.connect()?, calls.min(1000))?;
    let mut times: Vec<u128> = Vec::new();
    place::each_record(&place.folder, |record| {
        if record["kind"] == "decision" && record["target"] == "search_notes" {
            times.extend(record["latency_us"].as_u64().map(u128::from));
        }
        Ok(())
    })?;
    if times.is_empty() {
        return Err("the audit log has no calls".to_owned());
    }
    Ok(summed_up(times))
}

/// The same of calls taken one after the other in this process: what deciding takes when nothing else has the processor in between.
fn alone(policy: &policy::Policy, uid: u32, calls: usize) -> Result<Value, String> {
    Ok(summed_up(in_process::times(policy, uid, WARM_UP + calls)?.split_off(WARM_UP)))
}

/// Times in whole microseconds, summed up.
fn summed_up(mut times: Vec<u128>) -> Value {
    times.sort_unstable();
    let us = |percent| at(&times, percent) * 1000.0;
    json!({"records": times.len(), "p50_us": us(50), "p99_us": us(99)})
}

/// A report as people read it.
pub fn table(report: &Value) -> String {
    let number = |value: &Value| format!("{:>10.1}", value.as_f64().unwrap_or_default());
    let mut text = format!(
        "{:<8}{:>12}{:>12}{:>12}{:>12}{:>12}{:>12}\n",
        "us", "direct p50", "gateway", "added", "direct p99", "gateway", "added"
    );
    for row in report["rows"].as_array().into_iter().flatten() {
        text.push_str(&format!("{:<8}", row["transport"].as_str().unwrap_or_default()));
        for key in
            ["direct_p50_us", "gateway_p50_us", "added_p50_us", "direct_p99_us", "gateway_p99_us", "added_p99_us"]
        {
            text.push_str(&format!("  {}", number(&row[key])));
        }
        text.push('\n');
    }
    for row in report["throughput"].as_array().into_iter().flatten() {
        text.push_str(&format!(
            "{} clients: {} calls/s direct, {} through the gateway\n",
            row["clients"], row["direct_per_s"], row["gateway_per_s"]
        ));
    }
    for (key, what) in [("decision", "decision behind HTTP"), ("decision_alone", "decision in process")] {
        text.push_str(&format!("{what}: p50 {} us, p99 {} us\n", report[key]["p50_us"], report[key]["p99_us"]));
    }
    text
}
