//! The log under faults: full disks, failed flushes, torn tails, cut and changed files.

use super::entry::Reader;
use super::keys::{PublicKey, SigningKey, write_pair};
use super::log::Log;
use super::open::{self, Open};
use super::verify::{Against, FaultKind, Report, verify};
use super::writer::SegmentFile;
use super::{AuditError, Config, Durable, OnFailure, segment};
use crate::record::{Event, Record};
use crate::telemetry::Telemetry;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

struct Place {
    folder: tempfile::TempDir,
    config: Config,
    against: Against,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let (key, public) = (folder.path().join("audit.key"), folder.path().join("audit.pub"));
        let made = write_pair(&key, &public).unwrap();
        let log = folder.path().join("log");
        let config = Config { folder: Some(log), key: Some(key), ..Config::default() };
        Place { folder, config, against: Against { keys: vec![made], ..Against::default() } }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn first(&self) -> PathBuf {
        self.log().join(segment::name(1))
    }

    fn verify(&self) -> Report {
        verify(&self.log(), &self.against).unwrap()
    }

    fn faults(&self) -> Vec<FaultKind> {
        self.verify().faults.iter().map(|fault| fault.kind).collect()
    }

    /// Writes so many records and closes.
    fn write(&self, count: usize) {
        let log = Log::open(&self.config).unwrap();
        for number in 0..count {
            log.append_blocking(&record(number)).unwrap();
        }
        log.close();
    }
}

fn record(number: usize) -> Record {
    let mut record = Record::event(Event::Decision, 1_772_445_600_000, "allowed");
    record.id = format!("d-{number}");
    record.effect = "allow";
    record.durable = number.is_multiple_of(2);
    record
}

#[test]
fn a_log_that_was_closed_is_sound_and_goes_on() {
    let place = Place::new();
    place.write(5);
    let first = place.verify();
    assert!(first.is_sound(), "{first:?}");
    assert_eq!(first.unsigned, 0);
    place.write(5);
    let second = place.verify();
    assert!(second.is_sound(), "{second:?}");
    assert!(second.last_seq >= first.last_seq + 5);
}

#[test]
fn segments_follow_one_another_and_none_may_be_missing() {
    let mut place = Place::new();
    place.config.rotate_bytes = 2000;
    place.write(60);
    let report = place.verify();
    assert!(report.is_sound(), "{report:?}");
    assert!(report.segments > 5, "{report:?}");
    for number in [1, 3, report.segments] {
        let path = place.log().join(segment::name(number));
        let text = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(!place.verify().is_sound(), "segment {number} is missing");
        std::fs::write(&path, text).unwrap();
    }
    std::fs::remove_file(place.first()).unwrap();
    assert_eq!(place.faults(), [FaultKind::MissingSegment]);
    place.against.partial = true;
    assert!(place.verify().is_sound(), "older segments may be put away when that is said");
}

#[test]
fn two_writers_are_refused() {
    let place = Place::new();
    let log = Log::open(&place.config).unwrap();
    assert_eq!(Log::open(&place.config).unwrap_err(), AuditError::Locked);
    log.close();
    Log::open(&place.config).unwrap().close();
}

#[test]
fn there_is_no_default_key() {
    let mut place = Place::new();
    place.config.key = None;
    assert!(matches!(Log::open(&place.config), Err(AuditError::Config(_))));
}

#[test]
fn a_log_is_not_continued_with_another_key() {
    let mut place = Place::new();
    place.write(1);
    let other = place.folder.path().join("other.key");
    let made = write_pair(&other, &place.folder.path().join("other.pub")).unwrap();
    place.config.key = Some(other);
    assert!(matches!(Log::open(&place.config), Err(AuditError::Config(_))));
    place.against.keys = vec![made];
    assert_eq!(place.faults(), [FaultKind::Signature]);
}

#[test]
fn a_torn_tail_is_cut_off_set_aside_and_said() {
    let place = Place::new();
    place.write(3);
    let before = place.verify().last_seq;
    let mut text = std::fs::read(place.first()).unwrap();
    text.extend_from_slice(b"{\"hash\":\"0123");
    std::fs::write(place.first(), &text).unwrap();
    assert_eq!(place.faults(), [FaultKind::Torn]);
    let log = Log::open(&place.config).unwrap();
    let opened = log.opened();
    assert_eq!((opened.torn_bytes, opened.last_seq), (13, before));
    assert_eq!(std::fs::read(opened.torn_file.unwrap()).unwrap(), b"{\"hash\":\"0123");
    log.close();
    assert!(place.verify().is_sound());
    let text = std::fs::read_to_string(place.first()).unwrap();
    assert!(text.contains("\"torn_bytes\":13"), "the log itself says so");
}

#[test]
fn a_segment_whose_first_line_was_torn_is_begun_again() {
    let mut place = Place::new();
    place.config.rotate_bytes = 2000;
    place.write(20);
    let next = place.verify().segments + 1;
    std::fs::write(place.log().join(segment::name(next)), "{\"hash\":\"01").unwrap();
    let log = Log::open(&place.config).unwrap();
    assert_eq!(log.opened().torn_bytes, 11);
    log.close();
    assert!(place.verify().is_sound());
}

#[test]
fn what_was_changed_or_cut_is_not_added_to() {
    let place = Place::new();
    place.write(6);
    let path = place.first();
    let good = std::fs::read(&path).unwrap();
    let refused = |bytes: &[u8], what: &str| {
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(Log::open(&place.config), Err(AuditError::Damaged(_))), "{what}");
        assert!(!place.verify().is_sound(), "{what}");
    };
    let lines: Vec<&[u8]> = good.split_inclusive(|byte| *byte == b'\n').collect();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    refused(&flipped, "a byte was changed");
    refused(&lines[..lines.len() - 1].concat(), "the last record was dropped");
    refused(&lines[..lines.len() - 4].concat(), "four records were dropped at the end");
    refused(&good[..good.len() - 3], "three bytes were cut off");
    refused(&[&lines[..3], &lines[4..]].concat().concat(), "a record in the middle was dropped");
    refused(&[&lines[1..]].concat().concat(), "the first record was dropped");
    refused(b"", "everything was dropped");
    std::fs::write(&path, &good).unwrap();
    let head = place.log().join("head.json");
    let text = std::fs::read(&head).unwrap();
    std::fs::remove_file(&head).unwrap();
    assert!(matches!(Log::open(&place.config), Err(AuditError::Damaged(_))));
    assert_eq!(place.faults(), [FaultKind::HeadMissing]);
    std::fs::write(&head, &text).unwrap();
    Log::open(&place.config).unwrap().close();
}

#[test]
fn an_older_log_in_the_place_of_a_newer_is_found_by_a_head_kept_elsewhere() {
    let mut place = Place::new();
    place.write(3);
    let (old_log, old_head) =
        (std::fs::read(place.first()).unwrap(), std::fs::read(place.log().join("head.json")).unwrap());
    place.write(3);
    let kept = place.folder.path().join("head-of-today.json");
    std::fs::copy(place.log().join("head.json"), &kept).unwrap();
    std::fs::write(place.first(), old_log).unwrap();
    std::fs::write(place.log().join("head.json"), old_head).unwrap();
    assert!(place.verify().is_sound(), "in itself it is sound");
    place.against.head = Some(kept);
    assert_eq!(place.faults(), [FaultKind::Truncated]);
}

#[test]
fn a_chain_that_was_made_anew_is_found_by_its_signatures() {
    let place = Place::new();
    place.write(3);
    // Who can write the files but has not the key computes all hashes anew.
    let text = std::fs::read_to_string(place.first()).unwrap().replace("d-1", "d-9");
    let (mut before, mut forged) = (super::line::BEFORE_THE_FIRST, Vec::new());
    for line in text.lines() {
        let line = super::line::parse(line.as_bytes()).unwrap();
        before = super::line::push(&mut forged, &before, line.body);
    }
    std::fs::write(place.first(), forged).unwrap();
    assert_eq!(place.faults(), [FaultKind::Signature]);
}

/// A file whose disk can be full, and whose flushes can fail.
struct Faulty {
    file: Box<dyn SegmentFile>,
    full: Arc<AtomicBool>,
    flush_fails: Arc<AtomicBool>,
}

impl SegmentFile for Faulty {
    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if !self.full.load(Ordering::SeqCst) {
            return self.file.append(bytes);
        }
        // As much as fits goes in.
        self.file.append(&bytes[..bytes.len() / 2])?;
        Err(Error::from(ErrorKind::StorageFull))
    }

    fn flush_to_disk(&mut self) -> std::io::Result<()> {
        if self.flush_fails.load(Ordering::SeqCst) { Err(Error::other("EIO")) } else { self.file.flush_to_disk() }
    }

    fn cut(&mut self, length: u64) -> std::io::Result<()> {
        self.file.cut(length)
    }
}

fn nothing(_: &Path) -> std::io::Result<Box<dyn SegmentFile>> {
    Err(Error::from(ErrorKind::StorageFull))
}

/// A log on a disk whose faults are switched.
fn faulty(place: &Place) -> (Log, Arc<AtomicBool>, Arc<AtomicBool>) {
    let key = Arc::new(SigningKey::read(place.config.key.as_ref().unwrap()).unwrap());
    let Open { mut writer, opened, lock } = open::open(&place.log(), &place.config, key.clone()).unwrap();
    let (full, flush_fails) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let path = place.first();
    let file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    writer.file = Box::new(Faulty { file: Box::new(file), full: full.clone(), flush_fails: flush_fails.clone() });
    writer.make_file = nothing;
    let log = Log::start(writer, opened, Some(lock), &place.config, key).unwrap();
    (log, full, flush_fails)
}

#[test]
fn a_full_disk_denies_and_leaves_a_whole_chain() {
    let place = Place::new();
    let (log, full, _) = faulty(&place);
    log.append_blocking(&record(0)).unwrap();
    full.store(true, Ordering::SeqCst);
    for number in 1..5 {
        assert!(matches!(log.append_blocking(&record(number)), Err(AuditError::Write(_))));
    }
    full.store(false, Ordering::SeqCst);
    log.append_blocking(&record(5)).unwrap();
    log.close();
    assert_eq!(log.stats().failures, 4);
    let report = place.verify();
    assert!(report.is_sound(), "{report:?}");
    let text = std::fs::read_to_string(place.first()).unwrap();
    assert!(text.contains("d-0") && text.contains("d-5") && !text.contains("d-3"));
}

#[test]
fn a_configuration_may_say_that_messages_go_on_and_the_log_says_what_is_missing() {
    let mut place = Place::new();
    place.config.on_failure = OnFailure::Continue;
    let (log, full, _) = faulty(&place);
    full.store(true, Ordering::SeqCst);
    for number in 0..4 {
        log.append_blocking(&record(number)).unwrap();
    }
    full.store(false, Ordering::SeqCst);
    log.append_blocking(&record(9)).unwrap();
    log.close();
    assert_eq!(log.stats().lost, 4);
    assert!(place.verify().is_sound());
    let text = std::fs::read_to_string(place.first()).unwrap();
    assert!(text.contains("\"kind\":\"gap\",\"lost\":4"), "{text}");
}

#[test]
fn after_a_flush_that_failed_nothing_is_acknowledged_any_more() {
    let mut place = Place::new();
    place.config.durable = Durable::Always;
    let (log, _, flush_fails) = faulty(&place);
    log.append_blocking(&record(1)).unwrap();
    flush_fails.store(true, Ordering::SeqCst);
    assert!(matches!(log.append_blocking(&record(2)), Err(AuditError::Write(_))));
    flush_fails.store(false, Ordering::SeqCst);
    assert_eq!(log.append_blocking(&record(3)), Err(AuditError::Failed));
    log.close();
    drop(log);
    Log::open(&place.config).unwrap().close();
    assert!(place.verify().is_sound());
}

#[test]
fn a_segment_that_cannot_be_begun_denies() {
    let mut place = Place::new();
    place.config.rotate_bytes = 1;
    let (log, _, _) = faulty(&place);
    assert!(matches!(log.append_blocking(&record(1)), Err(AuditError::Write(_))));
    log.close();
}

#[test]
fn a_record_too_long_is_refused_alone() {
    let place = Place::new();
    let log = Log::open(&place.config).unwrap();
    let mut long = record(1);
    long.reason = "x".repeat(2 << 20);
    assert_eq!(log.append_blocking(&long), Err(AuditError::TooLong));
    log.append_blocking(&record(2)).unwrap();
    log.close();
    assert_eq!(log.append_blocking(&record(3)), Err(AuditError::Closed));
    assert!(place.verify().is_sound());
}

#[test]
fn a_client_cannot_make_its_record_too_long() {
    let mut place = Place::new();
    place.config.on_failure = OnFailure::Continue;
    let log = Log::open(&place.config).unwrap();
    let mut long = record(1);
    long.target = Some("\u{1}".repeat(4 << 20));
    log.append_blocking(&long).unwrap();
    log.close();
    assert_eq!((log.stats().lost, log.stats().failures), (0, 0));
    assert!(std::fs::read_to_string(place.first()).unwrap().contains("d-1"));
    assert!(place.verify().is_sound());
}

#[test]
fn a_line_that_is_too_long_is_counted_and_passed_over() {
    let place = Place::new();
    place.write(1);
    let mut text = std::fs::read(place.first()).unwrap();
    let good = text.clone();
    text.extend(vec![b'x'; 3 << 20]);
    std::fs::write(place.first(), &text).unwrap();
    let mut reader = Reader::new(&place.log());
    let mut count = 0_usize;
    assert_eq!(reader.read(|_| count += 1).unwrap(), 0, "it may not be whole yet");
    let before = count;
    text.push(b'\n');
    text.extend(&good);
    std::fs::write(place.first(), &text).unwrap();
    assert_eq!(reader.read(|_| count += 1).unwrap(), 1);
    assert_eq!(count, 2 * before, "what stands behind it is read");
}

#[test]
fn what_is_damaged_is_left_as_it_is() {
    let place = Place::new();
    place.write(2);
    let text = std::fs::read_to_string(place.first()).unwrap();
    std::fs::write(place.first(), text.replace("d-1", "d-9")).unwrap();
    let next = place.log().join(segment::name(2));
    std::fs::write(&next, "{\"hash").unwrap();
    assert!(matches!(Log::open(&place.config), Err(AuditError::Damaged(_))));
    assert!(next.exists(), "nothing is moved away before all is found whole");
}

#[test]
fn flushes_are_shared() {
    let mut place = Place::new();
    place.config.durable = Durable::Always;
    let log = Log::open(&place.config).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..500)
            .map(|number| {
                let log = log.clone();
                tokio::spawn(async move { log.append(record(number)).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    });
    let stats = log.stats();
    log.close();
    assert_eq!(stats.written, 500);
    assert!(stats.flushes < 400, "{stats:?}");
    assert!(place.verify().is_sound());
}

#[test]
fn without_keys_the_chain_alone_is_proved() {
    let mut place = Place::new();
    place.write(2);
    place.against.keys.clear();
    assert!(place.verify().is_sound());
    place.against.keys = vec![SigningKey::generate().unwrap().0.public()];
    assert!(!place.verify().is_sound());
    let _: &[PublicKey] = &place.against.keys;
}

#[tokio::test]
async fn what_cannot_be_written_down_is_counted_as_denied() {
    let (log, mut held) = Log::held();
    let telemetry = Telemetry::quiet();
    let log = log.observed(telemetry.clone());
    let allowed = Record { method: "tools/call".to_owned(), ..record(1) };
    for (result, word) in [(Err(AuditError::Closed), "audit_error"), (Ok(()), "allowed")] {
        let writing = tokio::spawn({
            let (log, allowed) = (log.clone(), allowed.clone());
            async move { log.append(allowed).await }
        });
        let (_, done) = held.next().await;
        assert!(!telemetry.metrics.render().contains(&format!("{word}\"")), "it is not known yet what comes of it");
        done.send(result.clone()).unwrap();
        assert_eq!(writing.await.unwrap().is_err(), result.is_err());
        assert!(telemetry.metrics.render().contains(&format!("{word}\"")), "{}", telemetry.metrics.render());
    }
}
