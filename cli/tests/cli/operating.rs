//! The audit log and the kill switch from the command line.

use crate::support::{command, mcpz};
use mcpz_gateway::audit::{Config, Log};
use mcpz_gateway::control::{Config as ControlConfig, KillSwitch, Quiet, serve};
use mcpz_gateway::record::{ChainLink, Event, Record};
use mcpz_runtime::principal::LinkKind;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

fn record(number: usize) -> Record {
    let mut record = Record::event(Event::Decision, 1_772_445_600_000, "forbidden");
    record.effect = "deny";
    record.server = "payments".into();
    record.action = Some("call");
    record.target = Some(format!("refund{number}\u{1b}[31m"));
    record.chain = vec![ChainLink { kind: LinkKind::Agent, source: "issuer:corp".into(), subject: "agent:1".into() }];
    record.rules = vec!["PAY-1".into()];
    record
}

/// The log in a folder that has a key; its segments are short.
fn open_log(folder: &Path) -> Log {
    let (log, key) = (folder.join("log"), folder.join("audit.key"));
    Log::open(&Config { folder: Some(log), key: Some(key), rotate_bytes: 4096, ..Config::default() }).unwrap()
}

/// A key, and a log of so many records, in a folder.
fn log_in(folder: &Path, count: usize) {
    mcpz(folder, &["audit", "keygen", "--out", "audit.key"]).expect(0);
    let log = open_log(folder);
    (0..count).for_each(|number| log.append_blocking(&record(number)).unwrap());
    log.close();
}

#[test]
fn a_log_is_proved_and_what_was_done_to_it_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    log_in(folder, 5);
    let verify = ["audit", "verify", "log", "--key", "audit.pub"];
    let run = mcpz(folder, &verify).expect(0);
    assert!(run.out.starts_with("sound: "), "{}", run.out);
    let run = mcpz(folder, &["--format", "json", "audit", "verify", "log", "--key", "audit.pub"]).expect(0);
    assert_eq!(run.json()["sound"], true);
    mcpz(folder, &["audit", "verify", "log"]).expect(2);
    mcpz(folder, &["audit", "verify", "log", "--key", "audit.key"]).expect(2);
    mcpz(folder, &["audit", "verify", "nowhere", "--key", "audit.pub"]).expect(2);
    mcpz(folder, &["audit", "verify", ".", "--key", "audit.pub"]).expect(1);
    mcpz(folder, &["audit", "keygen", "--out", "other.key"]).expect(0);
    let run = mcpz(folder, &["audit", "verify", "log", "--key", "other.pub"]).expect(1);
    assert!(run.out.contains("signature audit-00000001.jsonl:"), "{}", run.out);
    let run = mcpz(folder, &["audit", "keygen", "--out", "other.key"]).expect(2);
    assert!(run.err.contains("never replaced"), "{}", run.err);
    let path = folder.join("log/audit-00000001.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("refund3", "refund4", 1)).unwrap();
    let run = mcpz(folder, &["--format", "json", "audit", "verify", "log", "--key", "audit.pub"]).expect(1);
    assert_eq!(run.json()["faults"][0]["kind"], "hash");
    let run = mcpz(folder, &["audit", "verify", "log", "--unsigned"]).expect(1);
    assert!(run.out.contains("who can write the log can forge it"), "{}", run.out);
}

#[test]
fn records_are_shown_and_exported_without_their_control_characters() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    log_in(folder, 30);
    let run = mcpz(folder, &["audit", "tail", "log", "-n", "3"]).expect(0);
    assert_eq!(run.out.lines().count(), 3, "{}", run.out);
    assert!(
        run.out.contains("deny") && run.out.contains("call payments.refund29\\u{1b}[31m") && run.out.contains("PAY-1")
    );
    assert!(!run.out.contains('\u{1b}'), "{:?}", run.out);
    let run = mcpz(folder, &["--format", "json", "audit", "tail", "log", "-n", "2"]).expect(0);
    assert_eq!(run.json()["records"].as_array().unwrap().len(), 2);
    mcpz(folder, &["--format", "json", "audit", "tail", "log", "-f"]).expect(2);
    mcpz(folder, &["audit", "tail", "nowhere"]).expect(2);
    for (format, start) in [
        ("jsonl", "{\"hash\":\""),
        ("ocsf", "{\"metadata\":"),
        ("ecs", "{\"@timestamp\":"),
        ("cef", "CEF:0|mcpz|"),
        ("rfc5424", "<109>1 2026-03-02T10:00:00.000Z gate "),
    ] {
        let run = mcpz(folder, &["audit", "export", "log", "--as", format, "--host", "gate"]).expect(0);
        assert!(run.out.lines().count() >= 30, "{format}");
        assert!(
            run.out.lines().all(|line| line.starts_with(start)),
            "{format}: {}",
            run.out.lines().next().unwrap_or("")
        );
        assert!(!run.out.contains('\u{1b}'), "{format}");
    }
    mcpz(folder, &["audit", "export", "log", "--as", "xml"]).expect(2);
}

#[test]
fn lines_that_are_no_records_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    log_in(folder, 3);
    let path = folder.join("log/audit-00000001.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}no record\n")).unwrap();
    for words in [&["audit", "tail", "log"][..], &["audit", "export", "log", "--as", "jsonl"]] {
        let run = mcpz(folder, words).expect(2);
        assert!(run.out.contains("refund2"), "the others are shown: {}", run.out);
        assert!(
            run.err.contains("1 lines of the log are no records") && run.err.contains("audit verify"),
            "{}",
            run.err
        );
    }
}

#[test]
fn new_records_are_followed_across_segments() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    log_in(folder, 3);
    let mut tail = command(folder);
    tail.args(["audit", "tail", "log", "-n", "1", "-f"]).stdout(Stdio::piped()).stdin(Stdio::null());
    let mut tail = tail.spawn().unwrap();
    let lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let (sender, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let next = || heard.recv_timeout(Duration::from_secs(20)).expect("a line in time");
    assert!(next().contains("refund2"), "the last one that was there");
    let log = open_log(folder);
    let mut followed = Vec::new();
    for number in 100..140 {
        log.append_blocking(&record(number)).unwrap();
        followed.push(next());
    }
    log.close();
    tail.kill().unwrap();
    tail.wait().unwrap();
    for (line, number) in followed.iter().zip(100..) {
        assert!(line.contains(&format!("refund{number}")), "{number}: {line}");
    }
}

/// Serves a control socket in a folder until the runtime is dropped.
fn gateway_in(folder: &Path) -> (tokio::runtime::Runtime, KillSwitch) {
    let config = ControlConfig { socket: Some(folder.join("c.sock")), state: Some(folder.join("isolated.json")) };
    let switch = KillSwitch::open(&config);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let entered = runtime.enter();
    let serving = serve(&config, switch.clone(), Arc::new(Quiet), std::future::pending()).unwrap();
    runtime.spawn(serving);
    drop(entered);
    (runtime, switch)
}

#[test]
fn operators_isolate_and_restore() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (_runtime, switch) = gateway_in(folder);
    let at = ["--socket", "c.sock"];
    let run = |words: &[&str]| mcpz(folder, &[words, &at[..]].concat());
    assert!(run(&["status"]).expect(0).out.contains("nothing is isolated"));
    let out = run(&["isolate", "server", "payments", "--for", "1h", "--reason", "incident 42"]).expect(0).out;
    assert!(out.starts_with("isolated server payments until 20"), "{out}");
    run(&["isolate", "tool", "fs.write_file", "--reason", "x"]).expect(0);
    assert_eq!(switch.generation(), 2);
    let out = run(&["status"]).expect(0).out;
    assert!(out.contains("server payments until") && out.contains("tool fs.write_file until it is restored"), "{out}");
    let json = run(&["--format", "json", "status"]).expect(0).json();
    assert_eq!(json["isolated"].as_array().unwrap().len(), 2);
    run(&["restore", "server", "payments", "--reason", "over"]).expect(0);
    run(&["restore", "server", "payments", "--reason", "over"]).expect(1);
    run(&["restore", "--reason", "x"]).expect(2);
    run(&["restore", "--everything", "--reason", "x"]).expect(0);
    run(&["isolate", "server", "a", "--for", "tomorrow", "--reason", "x"]).expect(2);
    run(&["isolate", "server", "a", "--for", "0s", "--reason", "x"]).expect(1);
    run(&["isolate", "tool", "write_file", "--reason", "x"]).expect(2);
    run(&["isolate", "planet", "mars", "--reason", "x"]).expect(2);
    run(&["isolate", "server", "a"]).expect(2);
}

#[test]
fn without_a_gateway_nothing_is_said_to_be_isolated() {
    let folder = tempfile::tempdir().unwrap();
    for words in
        [&["status"][..], &["isolate", "server", "a", "--reason", "x"], &["restore", "server", "a", "--reason", "x"]]
    {
        let run = mcpz(folder.path(), &[words, &["--socket", "none.sock"]].concat()).expect(2);
        assert!(run.err.contains("no gateway answers at"), "{}", run.err);
    }
}
