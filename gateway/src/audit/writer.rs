//! The end of the chain that grows: puts records behind it, all of a batch or none.
//!
//! What the disk does not take is cut off again, so that a full disk leaves a whole chain. After a flush that failed it is
//! not known what the disk holds, and nothing more is written.

use super::AuditError;
use super::clock::now_ms;
use super::durable;
use super::keys::SigningKey;
use super::line::{self, MAX_LINE_BYTES};
use super::segment;
use super::signed::{Checkpoint, HEAD_FILE, Head, Place, SegmentStart};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a line has besides the record's text, at most: hash, number, punctuation.
const LINE_OVERHEAD: usize = 160;
/// Longest text of a record, in bytes.
pub const MAX_TEXT_BYTES: usize = MAX_LINE_BYTES - LINE_OVERHEAD;

/// A segment that is written to.
pub trait SegmentFile: Send {
    /// Appends.
    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()>;
    /// Waits until the disk has it.
    fn flush_to_disk(&mut self) -> std::io::Result<()>;
    /// Cuts it to a length.
    fn cut(&mut self, length: u64) -> std::io::Result<()>;
}

impl SegmentFile for File {
    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.write_all(bytes)
    }

    fn flush_to_disk(&mut self) -> std::io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> std::io::Result<()> {
        self.set_len(length)
    }
}

/// Opens or makes the file of a segment.
pub type MakeFile = fn(&Path) -> std::io::Result<Box<dyn SegmentFile>>;

/// A new file that only its owner can read.
pub fn new_file(path: &Path) -> std::io::Result<Box<dyn SegmentFile>> {
    let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)?;
    Ok(Box::new(file))
}

/// What a record goes through on its way into the chain.
pub struct Writer {
    /// The folder of the log.
    pub(super) folder: PathBuf,
    /// Signs.
    pub(super) key: Arc<SigningKey>,
    /// The end of the chain.
    pub(super) place: Place,
    /// The segment's file.
    pub(super) file: Box<dyn SegmentFile>,
    /// Its length.
    pub(super) length: u64,
    /// Where the next segment begins.
    pub(super) rotate_bytes: u64,
    /// Records behind the last checkpoint.
    pub(super) unsigned: u32,
    /// A flush failed.
    pub(super) failed: bool,
    /// How a new segment's file is made.
    pub(super) make_file: MakeFile,
}

impl Writer {
    /// Puts records behind the chain: texts as [`super::body::text`] makes them.
    pub fn commit(&mut self, texts: &[&str], durable: bool) -> Result<(), AuditError> {
        if self.failed {
            return Err(AuditError::Failed);
        }
        if self.length >= self.rotate_bytes {
            self.rotate()?;
        }
        let mut bytes = Vec::with_capacity(texts.iter().map(|text| text.len().saturating_add(LINE_OVERHEAD)).sum());
        let mut place = self.place;
        for text in texts {
            place.seq = place.seq.saturating_add(1);
            let body = numbered(place.seq, text)?;
            place.hash = line::push(&mut bytes, &place.hash, body.as_bytes());
        }
        self.put(&bytes, place, durable)?;
        self.unsigned = self.unsigned.saturating_add(u32::try_from(texts.len()).unwrap_or(u32::MAX));
        Ok(())
    }

    /// Signs the chain so far, and says in the head file how far that is.
    pub fn checkpoint(&mut self) -> Result<(), AuditError> {
        if self.failed {
            return Err(AuditError::Failed);
        }
        let checkpoint = Checkpoint::new(&self.place, now_ms(), &self.key);
        let body = serde_json::to_vec(&checkpoint).unwrap_or_default();
        let mut bytes = Vec::new();
        let hash = line::push(&mut bytes, &self.place.hash, &body);
        self.put(&bytes, Place { seq: checkpoint.seq, hash, ..self.place }, true)?;
        self.write_head()?;
        self.unsigned = 0;
        Ok(())
    }

    /// Waits until the disk has everything.
    pub fn flush(&mut self) -> Result<(), AuditError> {
        self.file.flush_to_disk().inspect_err(|_| self.failed = true).map_err(AuditError::from)
    }

    fn put(&mut self, bytes: &[u8], after: Place, durable: bool) -> Result<(), AuditError> {
        if let Err(error) = self.file.append(bytes) {
            self.failed = self.file.cut(self.length).is_err();
            return Err(error.into());
        }
        if durable {
            self.flush()?;
        }
        self.place = after;
        self.length = self.length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    fn write_head(&self) -> Result<(), AuditError> {
        let head = Head::new(&self.place, now_ms(), &self.key);
        durable::replace(&self.folder.join(HEAD_FILE), head.to_text().as_bytes())?;
        Ok(())
    }

    /// Ends the segment with a checkpoint and begins the next.
    fn rotate(&mut self) -> Result<(), AuditError> {
        if self.unsigned > 0 {
            self.checkpoint()?;
        }
        let number = self.place.segment.saturating_add(1);
        let path = self.folder.join(segment::name(number));
        let begun = begin(&path, &Place { segment: number, ..self.place }, &self.key, self.make_file);
        let (file, place, length) = begun.inspect_err(|_| {
            // It holds no record yet. What cannot be taken away again is found when the log is opened.
            let _ = std::fs::remove_file(&path);
        })?;
        (self.file, self.place, self.length) = (file, place, length);
        self.write_head()
    }
}

/// Makes a segment that holds its first record, on the disk; gives its end and length.
pub(super) fn begin(
    path: &Path,
    before: &Place,
    key: &SigningKey,
    make_file: MakeFile,
) -> Result<(Box<dyn SegmentFile>, Place, u64), AuditError> {
    let start = SegmentStart::new(before, now_ms(), key);
    let body = serde_json::to_vec(&start).unwrap_or_default();
    let mut bytes = Vec::new();
    let hash = line::push(&mut bytes, &before.hash, &body);
    let mut file = make_file(path)?;
    file.append(&bytes)?;
    file.flush_to_disk()?;
    durable::flush_folder_of(path)?;
    Ok((file, Place { seq: start.seq, hash, ..*before }, u64::try_from(bytes.len()).unwrap_or(u64::MAX)))
}

/// A record's text with its number in front.
fn numbered(seq: u64, text: &str) -> Result<String, AuditError> {
    let rest = text.strip_prefix('{').unwrap_or(text);
    if rest.len() > MAX_TEXT_BYTES || rest.contains('\n') {
        return Err(AuditError::TooLong);
    }
    Ok(format!("{{\"seq\":{seq},{rest}"))
}
