//! Opening a log: a new one, or the end of an old one after everything behind its head was checked.
//!
//! A crash may leave a line that was not written to its end. Such a tail was never acknowledged; it is set aside, cut off,
//! and the log says so. Anything else that does not fit (a changed byte, a log shorter than its head) is not repaired:
//! the log is not added to, and the gateway does not start.

use super::clock::now_ms;
use super::durable;
use super::keys::{PublicKey, SigningKey, unhex};
use super::line::{self, Hash};
use super::segment::{self, Lines, Next};
use super::signed::{HEAD_FILE, Head, LogId, Place, SegmentStart};
use super::writer::{self, Writer};
use super::{AuditError, Config};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file that a writer holds a lock on.
const LOCK_FILE: &str = "lock";
/// A first segment shorter than this holds nothing but how it began.
const BEGINNING_BYTES: u64 = 1024;

/// What was found when a log was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// Whether the log was begun.
    pub is_new: bool,
    /// The last record there was.
    pub last_seq: u64,
    /// Records behind the head: written, but not yet signed when the writer ended.
    pub unsigned: u64,
    /// A torn tail that was cut off: its length.
    pub torn_bytes: u64,
    /// Where it was set aside.
    pub torn_file: Option<PathBuf>,
}

/// A log that can be written.
pub(super) struct Open {
    /// Its end.
    pub writer: Writer,
    /// What was found.
    pub opened: Opened,
    /// Held as long as the log is written.
    pub lock: File,
}

/// Opens the log of a configuration.
pub(super) fn open(folder: &Path, config: &Config, key: Arc<SigningKey>) -> Result<Open, AuditError> {
    let is_new = !folder.exists();
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    if is_new {
        durable::flush_folder_of(folder)?;
    }
    let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(folder.join(LOCK_FILE))?;
    lock.try_lock().map_err(|_| AuditError::Locked)?;
    let head = read_head(folder, &key.public())?;
    let segments = segment::list(folder)?;
    let found = match (head, segments.as_slice()) {
        (None, []) => begin(folder, &key)?,
        (None, [(1, path)]) if std::fs::metadata(path)?.len() < BEGINNING_BYTES => {
            // The very first lines were being written when the writer ended.
            std::fs::rename(path, durable::beside(path, ".torn")?)?;
            begin(folder, &key)?
        }
        (None, _) => return Err(damaged(format!("{HEAD_FILE} is gone"))),
        (Some(head), segments) => end_of(segments, &head)?,
    };
    let Found { place, file, length, opened } = found;
    let writer = Writer {
        folder: folder.to_owned(),
        key,
        place,
        file: Box::new(file),
        length,
        rotate_bytes: config.rotate_bytes,
        unsigned: 0,
        failed: false,
        make_file: writer::new_file,
    };
    let mut open = Open { writer, opened, lock };
    open.say()?;
    Ok(open)
}

impl Open {
    /// Writes down that the log was opened and what was found, and signs it.
    fn say(&mut self) -> Result<(), AuditError> {
        let Opened { is_new, unsigned, torn_bytes, .. } = &self.opened;
        let text = json!({
            "time": super::clock::text(now_ms()),
            "kind": "opened",
            "pid": std::process::id(),
            "version": env!("CARGO_PKG_VERSION"),
            "new": is_new,
            "unsigned": unsigned,
            "torn_bytes": torn_bytes,
        });
        self.writer.commit(&[&text.to_string()], false)?;
        self.writer.checkpoint()
    }
}

struct Found {
    place: Place,
    file: File,
    length: u64,
    opened: Opened,
}

fn damaged(what: impl Into<String>) -> AuditError {
    AuditError::Damaged(what.into())
}

fn read_head(folder: &Path, key: &PublicKey) -> Result<Option<Head>, AuditError> {
    let text = match std::fs::read(folder.join(HEAD_FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let head = Head::read(&text).ok_or_else(|| damaged(format!("{HEAD_FILE} is not as it was written")))?;
    if head.key != key.id() {
        return Err(AuditError::Config(format!(
            "the log was written with the key {}, not {}: begin a new log for a new key",
            head.key,
            key.id()
        )));
    }
    if !head.is_signed(std::slice::from_ref(key)) {
        return Err(damaged(format!("{HEAD_FILE} is not signed by this key")));
    }
    Ok(Some(head))
}

/// Begins a log.
fn begin(folder: &Path, key: &SigningKey) -> Result<Found, AuditError> {
    let mut log: LogId = [0; 16];
    SystemRandom::new()
        .fill(&mut log)
        .map_err(|_| AuditError::Config("the system gives no random numbers".to_owned()))?;
    let before = Place { log, segment: 1, seq: 0, hash: line::BEFORE_THE_FIRST };
    let path = folder.join(segment::name(1));
    let (_, place, length) = writer::begin(&path, &before, key, writer::new_file)?;
    let file = OpenOptions::new().append(true).open(&path)?;
    Ok(Found { place, file, length, opened: Opened { is_new: true, ..Opened::default() } })
}

/// Follows the chain from the head's segment to its end.
fn end_of(segments: &[(u64, PathBuf)], head: &Head) -> Result<Found, AuditError> {
    let (log, wanted) = unhex(&head.log).zip(unhex(&head.hash)).ok_or_else(|| damaged("the head names no log"))?;
    let mut trail = Trail { log, head_seq: head.seq, head_hash: wanted, before: None, last: None, met: false };
    let mut newer = segments.iter().filter(|(number, _)| *number >= head.segment).peekable();
    if newer.peek().is_none_or(|(number, _)| *number != head.segment) {
        return Err(damaged(format!("segment {} is gone", head.segment)));
    }
    let mut before = None;
    while let Some((number, path)) = newer.next() {
        let is_last = newer.peek().is_none();
        let length = trail.follow(*number, path, is_last)?;
        if is_last && length > 0 {
            return trail.ended(path, length);
        }
        if is_last {
            // Its very first line was being written when the writer ended: the segment before goes on.
            let (last, length) = before.ok_or_else(|| damaged(format!("segment {number} is empty")))?;
            let mut found = trail.ended(last, length)?;
            // Only what is whole otherwise is touched.
            let aside = durable::beside(path, ".torn")?;
            let torn_bytes = std::fs::metadata(path)?.len();
            std::fs::rename(path, &aside)?;
            found.opened.torn_bytes = torn_bytes;
            found.opened.torn_file = Some(aside);
            return Ok(found);
        }
        before = Some((path, length));
    }
    Err(damaged("there is no segment"))
}

/// What is known while the chain is followed.
struct Trail {
    log: LogId,
    head_seq: u64,
    head_hash: Hash,
    before: Option<Place>,
    last: Option<Place>,
    /// The head was passed, and was as it says.
    met: bool,
}

impl Trail {
    /// Follows one segment; gives the length of its whole lines.
    fn follow(&mut self, number: u64, path: &Path, is_last: bool) -> Result<u64, AuditError> {
        let mut lines = Lines::open(path)?;
        let mut whole = 0;
        loop {
            let next = lines.advance()?;
            match next {
                Next::End => return Ok(whole),
                Next::Torn(_) if is_last => return Ok(whole),
                Next::Torn(_) | Next::TooLong => return Err(damaged(format!("{} ends within a line", path.display()))),
                Next::Line(text) => {
                    let place = self.step(number, text);
                    let place = place.ok_or_else(|| damaged(format!("{}, line {}", path.display(), lines.number())))?;
                    if place.seq == self.head_seq {
                        self.met = place.hash == self.head_hash;
                    }
                    self.last = Some(place);
                    whole = lines.end();
                }
            }
        }
    }

    fn step(&mut self, segment: u64, text: &[u8]) -> Option<Place> {
        let line = line::parse(text)?;
        let before = match self.last {
            Some(place) if place.segment == segment => place,
            last => {
                let start = SegmentStart::read(line.body)?.before()?;
                let continues = last.is_none_or(|last| last.seq == start.seq && last.hash == start.hash);
                if start.log != self.log || start.segment != segment || !continues {
                    return None;
                }
                self.before.get_or_insert(start);
                start
            }
        };
        let seq = line::sequence(line.body)?;
        let fits = seq == before.seq.checked_add(1)? && line::link(&before.hash, line.body) == line.hash;
        fits.then_some(Place { seq, hash: line.hash, ..before })
    }

    /// The end was reached: cuts off a torn tail.
    fn ended(&self, path: &Path, length: u64) -> Result<Found, AuditError> {
        let last = self.last.filter(|_| self.met).ok_or_else(|| {
            damaged(format!("it ends before record {}, which its head says was written", self.head_seq))
        })?;
        let mut file = OpenOptions::new().read(true).append(true).open(path)?;
        let torn_bytes = file.metadata()?.len().saturating_sub(length);
        let mut torn_file = None;
        if torn_bytes > 0 {
            torn_file = Some(set_aside(&mut file, path, length, last.seq)?);
            file.set_len(length)?;
            file.sync_all()?;
        }
        let unsigned = last.seq.saturating_sub(self.head_seq);
        let opened = Opened { is_new: false, last_seq: last.seq, unsigned, torn_bytes, torn_file };
        Ok(Found { place: last, file, length, opened })
    }
}

/// Copies a torn tail to a file of its own.
fn set_aside(file: &mut File, path: &Path, from: u64, last_seq: u64) -> Result<PathBuf, AuditError> {
    let aside = durable::beside(path, &format!(".torn-{last_seq}"))?;
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    let limit = u64::try_from(line::MAX_LINE_BYTES).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut tail)?;
    let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    out.write_all(&tail)?;
    out.sync_all()?;
    Ok(aside)
}
