//! What is isolated, by two clocks and over restarts, and files that cannot be trusted.

use super::super::state::MAX_NAME_BYTES;
use super::super::state::tests::{entry, server};
use super::*;
use std::os::unix::fs::PermissionsExt;

/// A clock that the test moves, in milliseconds since it began.
fn clock() -> (Clock, Arc<Mutex<u64>>) {
    let (began, passed) = (Instant::now(), Arc::new(Mutex::new(0)));
    let read = passed.clone();
    (Clock(Arc::new(move || began + Duration::from_millis(*read.lock().unwrap()))), passed)
}

#[test]
fn a_clock_that_is_put_forward_ends_no_isolation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("isolated.json");
    let (clock, passed) = clock();
    let switch = KillSwitch::kept_by(&path, 0, clock.clone());
    assert!(switch.is_new());
    let isolated = |now_ms| switch.is_isolated(Isolation::Server("payments"), now_ms).unwrap();
    switch.isolate(entry(server("payments"), Some(100)), 0).unwrap();
    assert!(isolated(1_000_000), "the clock was put forward");
    assert_eq!(switch.entries(1_000_000).len(), 1);
    switch.isolate(entry(server("other"), None), 1_000_000).unwrap();
    assert!(isolated(50), "and back; nothing was erased meanwhile");
    let again = KillSwitch::kept_by(&path, 50, clock);
    assert!(!again.is_new());
    assert!(again.is_isolated(Isolation::Server("payments"), 50).unwrap());
    switch.isolate(entry(server("payments"), Some(1_000_010)), 1_000_000).unwrap();
    *passed.lock().unwrap() = 50;
    assert!(isolated(1_000_050), "isolating again never shortens");
    *passed.lock().unwrap() = 100;
    assert!(isolated(1_000_009), "by the clock that operators read");
    assert!(!isolated(1_000_010));
    assert!(switch.entries(1_000_010).iter().all(|entry| entry.subject == server("other")));
}

#[test]
fn what_is_isolated_survives_a_restart_until_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("isolated.json");
    let (clock, passed) = clock();
    let switch = KillSwitch::kept_by(&path, 0, clock);
    assert_eq!(switch.problem(), None);
    assert!(!switch.is_isolated(Isolation::Server("payments"), 0).unwrap());
    switch.isolate(entry(server("payments"), Some(100)), 0).unwrap();
    let tool = Subject::Tool("fs".into(), "write_file".into());
    switch.isolate(entry(tool.clone(), None), 0).unwrap();
    let again = KillSwitch::kept_in(&path);
    for switch in [&switch, &again] {
        assert!(switch.is_isolated(Isolation::Server("payments"), 99).unwrap());
        *passed.lock().unwrap() = 100;
        assert!(!switch.is_isolated(Isolation::Server("payments"), 100).unwrap());
        assert!(switch.is_isolated(Isolation::Tool("fs", "write_file"), i64::MAX).unwrap());
        assert!(!switch.is_isolated(Isolation::Tool("fs", "read_file"), 0).unwrap());
        assert!(!switch.is_isolated(Isolation::Agent("payments"), 0).unwrap());
    }
    assert!(again.restore(&tool, 0).unwrap());
    assert!(!again.restore(&tool, 0).unwrap());
    assert!(!KillSwitch::kept_in(&path).is_isolated(Isolation::Tool("fs", "write_file"), 0).unwrap());
}

#[test]
fn a_shorter_isolation_does_not_shorten_a_longer_one() {
    let switch = KillSwitch::in_memory();
    switch.isolate(entry(server("a"), None), 0).unwrap();
    assert_eq!(switch.isolate(entry(server("a"), Some(10)), 0).unwrap().until_ms, None);
    assert!(switch.is_isolated(Isolation::Server("a"), 20).unwrap());
}

#[test]
fn a_file_that_cannot_be_trusted_isolates_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("isolated.json");
    let good = Isolations::default().to_text();
    let loose = |bytes: &[u8], mode: u32| {
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for (bytes, mode) in [(&b"{"[..], 0o600), (b"", 0o600), (b"\0\0\0", 0o600), (good.as_bytes(), 0o666)] {
        loose(bytes, mode);
        let switch = KillSwitch::kept_in(&path);
        assert!(switch.problem().is_some(), "{bytes:?} {mode:o}");
        assert!(switch.is_isolated(Isolation::Server("any"), 0).unwrap());
        assert!(switch.is_isolated(Isolation::Agent("any"), 0).unwrap());
        assert!(matches!(switch.isolate(entry(server("a"), None), 0), Err(ControlError::Unreadable(_))));
        assert!(matches!(switch.restore(&server("a"), 0), Err(ControlError::Unreadable(_))));
    }
    let switch = KillSwitch::kept_in(&path);
    switch.restore_everything().unwrap();
    assert!(!switch.is_isolated(Isolation::Server("any"), 0).unwrap());
    assert_eq!(KillSwitch::kept_in(&path).problem(), None);
    assert!(folder.path().join("isolated.json.unreadable").exists());
}

#[test]
fn a_folder_that_others_can_write_isolates_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("isolated.json");
    assert_eq!(KillSwitch::kept_in(&path).problem(), None);
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let why = KillSwitch::kept_in(&path).problem().unwrap();
    assert!(why.contains("folder that others can write"), "{why}");
}

#[test]
fn a_folder_in_the_place_of_the_file_isolates_everything() {
    let folder = tempfile::tempdir().unwrap();
    assert!(KillSwitch::kept_in(folder.path()).is_isolated(Isolation::Server("any"), 0).unwrap());
    assert!(KillSwitch::kept_in(&folder.path().join("missing/x")).is_isolated(Isolation::Server("any"), 0).unwrap());
}

#[test]
fn what_cannot_be_written_is_isolated_but_not_restored() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("state");
    std::fs::create_dir(&place).unwrap();
    let switch = KillSwitch::kept_in(&place.join("isolated.json"));
    switch.isolate(entry(server("a"), None), 0).unwrap();
    std::fs::remove_dir_all(&place).unwrap();
    assert!(matches!(switch.isolate(entry(server("b"), None), 0), Err(ControlError::NotKept(_))));
    assert!(switch.is_isolated(Isolation::Server("b"), 0).unwrap());
    assert!(matches!(switch.restore(&server("a"), 0), Err(ControlError::NotDone(_))));
    assert!(switch.is_isolated(Isolation::Server("a"), 0).unwrap());
}

#[test]
fn names_reasons_and_ends_that_are_none_are_refused() {
    let switch = KillSwitch::in_memory();
    let long = "x".repeat(MAX_REASON_BYTES + 1);
    for bad in [
        entry(server(""), None),
        entry(server("a\u{7}"), None),
        entry(server(&"x".repeat(MAX_NAME_BYTES + 1)), None),
        entry(server("a"), Some(0)),
        Entry { reason: String::new(), ..entry(server("a"), None) },
        Entry { reason: long, ..entry(server("a"), None) },
    ] {
        assert_eq!(switch.isolate(bad.clone(), 0), Err(ControlError::Malformed), "{bad:?}");
    }
    assert_eq!(switch.generation(), 0);
    let longest = "x".repeat(crate::verified::MAX_SUBJECT_BYTES);
    switch.isolate(entry(Subject::Agent(longest.clone()), None), 0).unwrap();
    assert!(switch.is_isolated(Isolation::Agent(&longest), 0).unwrap(), "whoever can call can be isolated");
}

#[tokio::test]
async fn subscribers_are_told() {
    let switch = KillSwitch::in_memory();
    let mut changes = switch.changes();
    let other = switch.clone();
    let task = tokio::spawn(async move {
        changes.changed().await.unwrap();
        other.is_isolated(Isolation::Server("a"), 0).unwrap()
    });
    switch.isolate(entry(server("a"), None), 0).unwrap();
    assert!(task.await.unwrap());
}
