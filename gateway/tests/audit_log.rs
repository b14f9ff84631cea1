//! A log that was tampered with is found out, whatever was done to it; and one that was not is sound.

use mcpz_gateway::audit::keys::{PublicKey, write_pair};
use mcpz_gateway::audit::verify::{Against, Report, verify};
use mcpz_gateway::audit::{Config, Log};
use mcpz_gateway::record::{Arguments, ChainLink, Event, Record};
use mcpz_runtime::principal::LinkKind;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A log of several segments, made once; tests copy it.
struct Made {
    files: BTreeMap<String, Vec<u8>>,
    key: PublicKey,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let (private, public) = (folder.path().join("key"), folder.path().join("pub"));
    let key = write_pair(&private, &public).unwrap();
    let place = folder.path().join("log");
    let config = Config {
        folder: Some(place.clone()),
        key: Some(private),
        rotate_bytes: 6000,
        checkpoint_records: 7,
        ..Config::default()
    };
    let log = Log::open(&config).unwrap();
    (0..40).for_each(|number| log.append_blocking(&record(number)).unwrap());
    log.close();
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(&place).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "lock" {
            files.insert(name.clone(), std::fs::read(place.join(name)).unwrap());
        }
    }
    Made { files, key }
});

fn record(number: usize) -> Record {
    let mut record = Record::event(Event::Decision, 1_772_445_600_000, "allowed");
    record.id = format!("d-{number}");
    record.effect = if number.is_multiple_of(3) { "deny" } else { "allow" };
    record.target = Some(format!("tool \u{202e}{number}"));
    let subject = format!("agent:{number}");
    record.chain = vec![ChainLink { kind: LinkKind::Agent, source: "issuer:corp".into(), subject }];
    record.arguments = Arguments::Redacted("{\"q\":\"ü\"}".into());
    record
}

/// How many segments it has; the head file stands behind them.
fn segments() -> usize {
    MADE.files.len() - 1
}

/// A copy of the log in a folder of its own.
fn copy() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in &MADE.files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let path = folder.path().to_owned();
    (folder, path)
}

fn report(folder: &Path) -> Report {
    verify(folder, &Against { keys: vec![MADE.key.clone()], ..Against::default() }).unwrap()
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// Something done to a log.
#[derive(Debug, Clone)]
enum Deed {
    Flip { file: usize, at: prop::sample::Index, bit: u8 },
    InsertByte { file: usize, at: prop::sample::Index, byte: u8 },
    DropByte { file: usize, at: prop::sample::Index },
    DropLine { file: usize, at: prop::sample::Index },
    RepeatLine { file: usize, at: prop::sample::Index },
    SwapLines { file: usize, one: prop::sample::Index, other: prop::sample::Index },
    MoveLine { from: usize, at: prop::sample::Index, to: usize },
    Cut { file: usize, at: prop::sample::Index },
    CutLines { file: usize, at: prop::sample::Index },
    Remove { file: usize },
    SwapFiles { one: usize, other: usize },
}

fn deeds() -> impl Strategy<Value = Deed> {
    let file = 0..=segments();
    let at = any::<prop::sample::Index>;
    let segment = 0..segments();
    prop_oneof![
        (file.clone(), at(), 0..8_u8).prop_map(|(file, at, bit)| Deed::Flip { file, at, bit }),
        (file.clone(), at(), any::<u8>()).prop_map(|(file, at, byte)| Deed::InsertByte { file, at, byte }),
        (file.clone(), at()).prop_map(|(file, at)| Deed::DropByte { file, at }),
        (segment.clone(), at()).prop_map(|(file, at)| Deed::DropLine { file, at }),
        (segment.clone(), at()).prop_map(|(file, at)| Deed::RepeatLine { file, at }),
        (segment.clone(), at(), at()).prop_map(|(file, one, other)| Deed::SwapLines { file, one, other }),
        (segment.clone(), at(), segment.clone()).prop_map(|(from, at, to)| Deed::MoveLine { from, at, to }),
        (file.clone(), at()).prop_map(|(file, at)| Deed::Cut { file, at }),
        (segment.clone(), at()).prop_map(|(file, at)| Deed::CutLines { file, at }),
        file.clone().prop_map(|file| Deed::Remove { file }),
        (segment.clone(), segment).prop_map(|(one, other)| Deed::SwapFiles { one, other }),
    ]
}

/// Does it to files in memory; `None` for a file that is gone.
fn done(deed: &Deed) -> Vec<Option<Vec<u8>>> {
    let mut files: Vec<Option<Vec<u8>>> = MADE.files.values().cloned().map(Some).collect();
    let bytes_of = |file: usize| MADE.files.values().nth(file).cloned().unwrap();
    let edited = |file: usize, edit: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes_of(file);
        edit(&mut bytes);
        Some(bytes)
    };
    let relined = |file: usize, edit: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut all = lines(&bytes_of(file));
        edit(&mut all);
        Some(all.concat())
    };
    match deed {
        Deed::Flip { file, at, bit } => {
            files[*file] = edited(*file, &|bytes| {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            })
        }
        Deed::InsertByte { file, at, byte } => {
            files[*file] = edited(*file, &|bytes| bytes.insert(at.index(bytes.len() + 1), *byte))
        }
        Deed::DropByte { file, at } => {
            files[*file] = edited(*file, &|bytes| {
                bytes.remove(at.index(bytes.len()));
            })
        }
        Deed::DropLine { file, at } => files[*file] = relined(*file, &|all| drop(all.remove(at.index(all.len())))),
        Deed::RepeatLine { file, at } => {
            files[*file] = relined(*file, &|all| {
                let at = at.index(all.len());
                all.insert(at, all[at].clone());
            })
        }
        Deed::SwapLines { file, one, other } => {
            files[*file] = relined(*file, &|all| {
                let count = all.len();
                all.swap(one.index(count), other.index(count));
            });
        }
        Deed::MoveLine { from, at, to } => {
            let mut all = lines(&bytes_of(*from));
            let line = all.remove(at.index(all.len()));
            files[*from] = Some(all.concat());
            files[*to].as_mut().unwrap().extend(line);
        }
        Deed::Cut { file, at } => files[*file] = edited(*file, &|bytes| bytes.truncate(at.index(bytes.len()))),
        Deed::CutLines { file, at } => files[*file] = relined(*file, &|all| all.truncate(at.index(all.len()))),
        Deed::Remove { file } => files[*file] = None,
        Deed::SwapFiles { one, other } => files.swap(*one, *other),
    }
    files
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_to_a_log_is_found(deed in deeds()) {
        let files = done(&deed);
        let (_folder, path) = copy();
        let mut is_same = true;
        for ((name, good), file) in MADE.files.iter().zip(&files) {
            is_same &= file.as_ref() == Some(good);
            match file {
                Some(bytes) => std::fs::write(path.join(name), bytes).unwrap(),
                None => std::fs::remove_file(path.join(name)).unwrap(),
            }
        }
        prop_assert_eq!(report(&path).is_sound(), is_same, "{:?}", report(&path));
    }
}

#[test]
fn it_is_sound_as_it_was_made() {
    let (_folder, path) = copy();
    let report = report(&path);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.segments, u64::try_from(segments()).unwrap());
    assert!(report.segments >= 3, "{report:?}");
    assert!(report.checkpoints >= 6, "{report:?}");
    assert_eq!(report.unsigned, 0);
}

#[test]
fn bytes_of_the_last_segment_count() {
    let (_folder, path) = copy();
    let (name, good) = MADE.files.iter().nth(segments() - 1).unwrap();
    for at in (0..good.len()).step_by(11) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        std::fs::write(path.join(name), &bytes).unwrap();
        assert!(!report(&path).is_sound(), "byte {at} was changed");
        std::fs::write(path.join(name), &good[..at]).unwrap();
        assert!(!report(&path).is_sound(), "cut to {at} bytes");
    }
}

#[test]
fn every_line_counts() {
    for (name, good) in MADE.files.iter().filter(|(name, _)| name.as_str() != "head.json") {
        let (_folder, path) = copy();
        let all = lines(good);
        for at in 0..all.len() {
            let mut dropped = all.clone();
            dropped.remove(at);
            std::fs::write(path.join(name), dropped.concat()).unwrap();
            assert!(!report(&path).is_sound(), "{name}: line {at} was dropped");
            if at + 1 < all.len() {
                let mut swapped = all.clone();
                swapped.swap(at, at + 1);
                std::fs::write(path.join(name), swapped.concat()).unwrap();
                assert!(!report(&path).is_sound(), "{name}: lines {at} and the next were swapped");
            }
        }
    }
}
