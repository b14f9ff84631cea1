//! Load while the policy is exchanged: nothing wrong, nothing dropped, nothing decided by a mixture of two policies.
//!
//! Every answer must be what the reference interpreter says under one of the two policies, and every record of the
//! audit log what it says under the very policy whose digest the record names.

use crate::client::{Client, call};
use crate::place::{self, AUDIENCE, Place};
use crate::policy::{self, Policy};
use mcpz_test_kit::folder::uid;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Clients at once.
const CLIENTS: u64 = 4;
/// How long a client uses one token and one session.
const FRESH: Duration = Duration::from_secs(60);
const FOLDERS: [&str; 4] = ["inbox", "outbox", "Inbox", "inbox/.."];
const RECIPIENTS: [&str; 3] = ["a@acme.example", "a@evil.example", "a@acme.example.evil.example"];
const QUERIES: [&str; 3] = ["harbour", "nothing", ""];

/// What is asked, by a number.
fn asked(number: u64) -> (&'static str, String) {
    let pick = |words: &[&str]| words[(number / 3 % words.len() as u64) as usize].to_owned();
    match number % 3 {
        0 => ("write_note", format!(r#"{{"folder":"{}","text":"t"}}"#, pick(&FOLDERS))),
        1 => ("share_note", format!(r#"{{"to":"{}"}}"#, pick(&RECIPIENTS))),
        _ => ("search_notes", format!(r#"{{"query":"{}"}}"#, pick(&QUERIES))),
    }
}

/// Both policies, and what they say of every call.
struct Judges {
    policies: [Policy; 2],
    verdicts: BTreeMap<(String, String), [bool; 2]>,
}

impl Judges {
    fn new(uid: u32) -> Result<Judges, String> {
        let policies = [policy::compile("inbox", AUDIENCE, uid)?, policy::compile("outbox", AUDIENCE, uid)?];
        let calls = (0..36).map(asked);
        let verdict = |(tool, arguments): (&str, String)| {
            let text = call(1, tool, &arguments);
            let both = [policies[0].allows(&text), policies[1].allows(&text)];
            ((tool.to_owned(), arguments), both)
        };
        let verdicts = calls.map(verdict).collect();
        Ok(Judges { policies, verdicts })
    }

    /// What both policies say of a call.
    fn verdicts(&self, tool: &str, arguments: &str) -> Option<[bool; 2]> {
        self.verdicts.get(&(tool.to_owned(), arguments.to_owned())).copied()
    }
}

/// Runs it.
pub fn run(binary: &Path, time: Duration, reloads: u32) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let judges = Judges::new(uid(folder.path()).map_err(|error| error.to_string())?)?;
    if !judges.verdicts.values().any(|both| both[0] != both[1]) {
        return Err("the two policies say the same of everything".to_owned());
    }
    let place = Place::start(binary, folder.path(), &judges.policies[0], true)?;
    let (sent, wrong, over) = (AtomicU64::new(0), Mutex::new(Vec::new()), AtomicBool::new(false));
    let end = Instant::now() + time;
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (place, judges, sent, wrong, over) = (&place, &judges, &sent, &wrong, &over);
            scope.spawn(move || {
                if let Err(problem) = client_of(place, judges, client, sent, over) {
                    wrong.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(problem);
                    over.store(true, Ordering::Release);
                }
            });
        }
        exchange(&place, &judges, end, reloads, &over)
    })?;
    let wrong = wrong.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(problem) = wrong.first() {
        return Err(format!("{} clients were answered wrongly: {problem}", wrong.len()));
    }
    let (checked, seen) = audit(&place.folder, &judges)?;
    println!(
        "{} calls answered, none wrong, none dropped; {checked} records each as its own policy says; {seen} reloads",
        sent.load(Ordering::Relaxed)
    );
    if seen < u64::from(reloads) { Err(format!("only {seen} of {reloads} reloads took place")) } else { Ok(()) }
}

/// One client after the other call, until it is over.
fn client_of(place: &Place, judges: &Judges, client: u64, sent: &AtomicU64, over: &AtomicBool) -> Result<(), String> {
    let (mut connection, mut since) = (place.connect()?, Instant::now());
    let mut number = client * 7919;
    while !over.load(Ordering::Acquire) {
        // Tokens are short-lived, and clients get new ones in time.
        if since.elapsed() > FRESH {
            (connection, since) = (place.connect()?, Instant::now());
        }
        number += 1;
        let (tool, arguments) = asked(number);
        let answer = connection.ask(&call(number, tool, &arguments)).map_err(|error| format!("dropped: {error}"))?;
        let answer: Value = serde_json::from_str(&answer).map_err(|_| format!("no answer: {answer}"))?;
        if answer["id"] != number {
            return Err(format!("the answer to another call: {answer}"));
        }
        let allowed = answer["result"]["isError"] != Value::Bool(true) && answer.get("error").is_none();
        let verdicts = judges.verdicts(tool, &arguments).ok_or("a call nobody judged")?;
        if !verdicts.contains(&allowed) {
            return Err(format!("{tool} {arguments}: {answer}"));
        }
        sent.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Exchanges the policy so many times, evenly.
fn exchange(place: &Place, judges: &Judges, end: Instant, reloads: u32, over: &AtomicBool) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let pause = end.saturating_duration_since(Instant::now()) / (reloads + 1);
    let mut outcome = Ok(());
    for number in 0..reloads {
        wait(Instant::now() + pause, over);
        if over.load(Ordering::Acquire) {
            break;
        }
        let bundle = &judges.policies[(number as usize + 1) % 2].bundle;
        let (new, path) = (place.folder.join("policy.new"), place.folder.join("policy.mcpzb"));
        outcome = std::fs::write(&new, bundle).and_then(|()| std::fs::rename(&new, &path)).map_err(failed);
        let told = Command::new("kill").arg("-HUP").arg(place.gateway.id().to_string()).status().map_err(failed);
        outcome = outcome.and(told.map(|_| ()));
        if outcome.is_err() {
            break;
        }
    }
    wait(end, over);
    over.store(true, Ordering::Release);
    outcome
}

/// Waits until then, or until it is over.
fn wait(end: Instant, over: &AtomicBool) {
    while !over.load(Ordering::Acquire) {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::park_timeout(left.min(Duration::from_millis(50)));
    }
}

/// Checks every record about a call; how many there were, and how many reloads.
fn audit(folder: &Path, judges: &Judges) -> Result<(u64, u64), String> {
    let (mut checked, mut reloads) = (0, 0);
    place::each_record(folder, |record| {
        reloads += u64::from(record["kind"] == "reload");
        if record["kind"] != "decision" || record["action"] != "call" {
            return Ok(());
        }
        let row = judges.policies.iter().position(|policy| record["bundle"] == policy.digest.as_str());
        let row = row.ok_or(format!("a policy that never was: {record}"))?;
        let allowed = record["effect"] == "allow";
        let tool = record["target"].as_str().unwrap_or_default();
        // What is allowed is written down in full; of a denial the record has a digest of the arguments alone.
        let fits = match record["arguments"]["text"].as_str() {
            Some(arguments) => judges.verdicts(tool, arguments).is_some_and(|both| both[row] == allowed),
            None => judges.verdicts.iter().any(|((name, _), both)| name == tool && both[row] == allowed),
        };
        if !fits {
            return Err(format!("not what its policy says: {record}"));
        }
        checked += 1;
        Ok(())
    })?;
    if checked == 0 { Err("the audit log has no decisions".to_owned()) } else { Ok((checked, reloads)) }
}
