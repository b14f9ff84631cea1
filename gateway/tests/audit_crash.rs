//! Killed while it writes: no record that was acknowledged is lost, and the chain is sound when the log is opened again.
//!
//! The test starts itself as a child that appends durable records from several threads and prints each that was
//! acknowledged; the parent kills it (SIGKILL) after some, and looks. `cargo xtask audit-crash --times 200` does so more
//! often than the tests do.

use mcpz_gateway::audit::entry::Reader;
use mcpz_gateway::audit::keys::write_pair;
use mcpz_gateway::audit::verify::{Against, verify};
use mcpz_gateway::audit::{Config, Log};
use mcpz_gateway::record::{Event, Record};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Tells the child where to write, and which round it is.
const FOLDER: &str = "MCPZ_AUDIT_CRASH_FOLDER";
const ROUND: &str = "MCPZ_AUDIT_CRASH_ROUND";
/// How often the child is killed.
const TIMES: &str = "MCPZ_AUDIT_CRASH_TIMES";
/// Threads that write.
const THREADS: usize = 4;

fn config(folder: &Path) -> Config {
    Config {
        folder: Some(folder.join("log")),
        key: Some(folder.join("audit.key")),
        rotate_bytes: 40_000,
        checkpoint_records: 16,
        ..Config::default()
    }
}

/// The child: does nothing when it is not asked to be one.
#[test]
fn child_that_writes_until_it_is_killed() {
    let (Some(folder), Ok(round)) = (std::env::var_os(FOLDER), std::env::var(ROUND)) else { return };
    let log = Log::open(&config(Path::new(&folder))).unwrap();
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (log, round) = (log.clone(), round.clone());
            std::thread::spawn(move || {
                for number in 0.. {
                    let mut record = Record::event(Event::Decision, 0, "allowed");
                    record.id = format!("{round}-{thread}-{number}");
                    record.durable = true;
                    log.append_blocking(&record).unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "\nack {} .", record.id).unwrap();
                    out.flush().unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Starts a child and kills it after so many acknowledgements; gives all that it printed before it died.
fn killed_after(folder: &Path, round: usize, wanted: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_writes_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    if wanted == 0 {
        // Killed while it opens the log, or before.
        child.kill().unwrap();
    }
    let mut is_killed = wanted == 0;
    // What was printed before the end of the child is read to the end: all of it was acknowledged.
    while let Some(Ok(line)) = lines.next() {
        let id = line.strip_prefix("ack ").and_then(|rest| rest.strip_suffix(" ."));
        acknowledged.extend(id.map(str::to_owned));
        if !is_killed && acknowledged.len() >= wanted {
            child.kill().unwrap();
            is_killed = true;
        }
    }
    child.wait().unwrap();
    assert!(is_killed, "the child ended by itself");
    acknowledged
}

#[test]
fn no_acknowledged_record_is_lost_by_a_kill() {
    let times: usize = std::env::var(TIMES).ok().and_then(|times| times.parse().ok()).unwrap_or(5);
    let folder = tempfile::tempdir().unwrap();
    let key = write_pair(&folder.path().join("audit.key"), &folder.path().join("audit.pub")).unwrap();
    let against = Against { keys: vec![key], ..Against::default() };
    let mut acknowledged = BTreeSet::new();
    for round in 0..times {
        // A few and many, in an order that hits openings, batches, checkpoints and rotations.
        let wanted = [0, 1, 2, 7, 40, 150][(round * 5 + round / 6 + 1) % 6];
        acknowledged.extend(killed_after(folder.path(), round, wanted));
        Log::open(&config(folder.path())).unwrap_or_else(|error| panic!("round {round}: {error}")).close();
        let report = verify(&folder.path().join("log"), &against).unwrap();
        assert!(report.is_sound(), "round {round}: {report:?}");
    }
    let mut written = BTreeSet::new();
    let unreadable = Reader::new(&folder.path().join("log")).read(|entry| {
        written.insert(entry.text("id").to_owned());
    });
    assert_eq!(unreadable.unwrap(), 0);
    let lost: Vec<&String> = acknowledged.difference(&written).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(acknowledged.len() >= times, "{} records were acknowledged", acknowledged.len());
    println!("killed {times} times; {} records acknowledged, none lost; the chain is sound", acknowledged.len());
}

/// Tells a child to write until the system takes no more.
const LIMITED: &str = "MCPZ_AUDIT_LIMITED_FOLDER";

/// The child: writes until the system refuses, then says how many were acknowledged, and closes.
#[test]
fn child_that_writes_until_the_disk_is_full() {
    let Some(folder) = std::env::var_os(LIMITED) else { return };
    let log = Log::open(&Config { rotate_bytes: 1 << 30, ..config(Path::new(&folder)) }).unwrap();
    let mut acknowledged = 0;
    let error = loop {
        let mut record = Record::event(Event::Decision, 0, "allowed");
        record.id = format!("limited-{acknowledged}");
        record.durable = true;
        match log.append_blocking(&record) {
            Ok(()) => acknowledged += 1,
            Err(error) => break error.code(),
        }
    };
    let again = log.append_blocking(&Record::event(Event::Decision, 0, "allowed")).is_err();
    println!("\nacknowledged {acknowledged} then {error} again {again} .");
    log.close();
}

/// The system itself refuses to let a file grow: nothing is acknowledged that is not there, and the chain stays whole.
#[test]
fn what_the_system_does_not_take_is_denied_and_the_chain_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let key = write_pair(&folder.path().join("audit.key"), &folder.path().join("audit.pub")).unwrap();
    // 64 blocks of 512 bytes; the signal is ignored, so that writing fails as it does on a full disk.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" --exact child_that_writes_until_the_disk_is_full --nocapture";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(std::env::current_exe().unwrap()).env(LIMITED, folder.path());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = said.lines().find(|line| line.starts_with("acknowledged ")).unwrap_or_else(|| panic!("{said}"));
    let words: Vec<&str> = line.split(' ').collect();
    let acknowledged: usize = words[1].parse().unwrap();
    assert!(acknowledged > 10, "{line}");
    assert_eq!(words[5], "true", "it stays so: {line}");
    let against = Against { keys: vec![key], ..Against::default() };
    Log::open(&config(folder.path())).unwrap().close();
    let report = verify(&folder.path().join("log"), &against).unwrap();
    assert!(report.is_sound(), "{report:?}");
    let mut written = BTreeSet::new();
    let read = Reader::new(&folder.path().join("log")).read(|entry| {
        written.insert(entry.text("id").to_owned());
    });
    read.unwrap();
    for number in 0..acknowledged {
        assert!(written.contains(&format!("limited-{number}")), "{number} of {acknowledged}");
    }
}
