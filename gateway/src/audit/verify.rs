//! Proving a log: every line, every link, every signature, and that it was not cut.

use super::keys::{PublicKey, unhex};
use super::line::{self, Hash};
use super::segment::{self, Lines, Next};
use super::signed::{Checkpoint, HEAD_FILE, Head, Place, SegmentStart};
use std::path::{Path, PathBuf};

/// What a log is proved against.
#[derive(Debug, Clone, Default)]
pub struct Against {
    /// The public keys that may have signed it; none: the chain alone is followed, which who can write the log can forge.
    pub keys: Vec<PublicKey>,
    /// A copy of the head file that was kept elsewhere, in place of the one in the folder.
    pub head: Option<PathBuf>,
    /// The log may begin with a later segment than the first, because older ones were put away.
    pub partial: bool,
}

/// What was proved, or where it fails.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Segments read.
    pub segments: u64,
    /// Records read, checkpoints and the like included.
    pub records: u64,
    /// Checkpoints whose signatures are good.
    pub checkpoints: u64,
    /// The first record.
    pub first_seq: u64,
    /// The last one.
    pub last_seq: u64,
    /// Records behind the last checkpoint or head: nothing signed covers them yet.
    pub unsigned: u64,
    /// What is wrong: the first fault of the chain, and that of the head.
    pub faults: Vec<Fault>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// The line, counted from 1; 0: the file as a whole.
    pub line: u64,
    /// What.
    pub kind: FaultKind,
}

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// There is no log.
    Nothing,
    /// A segment is missing.
    MissingSegment,
    /// A segment does not begin as one, or belongs to another log or place.
    SegmentStart,
    /// A line has not the form of one.
    Form,
    /// A line is longer than any may be.
    TooLong,
    /// A hash is not that of the record and what stands before it: something was changed, dropped, put in or swapped.
    Hash,
    /// A number is not the next.
    Sequence,
    /// A checkpoint is malformed, or not signed by one of the keys over what stands before it.
    Signature,
    /// The file ends within a line: it was cut, or a record is being written or was torn by a crash.
    Torn,
    /// There is no head file, which says how far the log reaches.
    HeadMissing,
    /// The head file is not as it was written, or not signed by one of the keys.
    Head,
    /// The log ends before the record that its head names.
    Truncated,
    /// The record that the head names has another hash.
    HeadMismatch,
}

impl FaultKind {
    /// The stable word.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Nothing => "nothing",
            FaultKind::MissingSegment => "missing_segment",
            FaultKind::SegmentStart => "segment_start",
            FaultKind::Form => "form",
            FaultKind::TooLong => "too_long",
            FaultKind::Hash => "hash",
            FaultKind::Sequence => "sequence",
            FaultKind::Signature => "signature",
            FaultKind::Torn => "torn",
            FaultKind::HeadMissing => "head_missing",
            FaultKind::Head => "head",
            FaultKind::Truncated => "truncated",
            FaultKind::HeadMismatch => "head_mismatch",
        }
    }

    /// What it means, for people.
    pub fn text(self) -> &'static str {
        match self {
            FaultKind::Nothing => "there is no log",
            FaultKind::MissingSegment => "a segment is missing",
            FaultKind::SegmentStart => "the segment does not begin as one, or belongs to another log or place",
            FaultKind::Form => "the line is not one that a log has",
            FaultKind::TooLong => "the line is longer than any may be",
            FaultKind::Hash => "the hash does not fit: something was changed, dropped, put in or swapped",
            FaultKind::Sequence => "the record's number is not the next",
            FaultKind::Signature => "the checkpoint is not signed by a given key over what stands before it",
            FaultKind::Torn => "the file ends within a line: it was cut, is being written, or was torn by a crash",
            FaultKind::HeadMissing => "the head file is gone, so that nothing shows how far the log reached",
            FaultKind::Head => "the head file is not as it was written and signed by a given key",
            FaultKind::Truncated => "the log ends before the record that its head names: it was cut",
            FaultKind::HeadMismatch => "the record that the head names is another one",
        }
    }
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Proves the log in a folder.
pub fn verify(folder: &Path, against: &Against) -> std::io::Result<Report> {
    // The head is read first: a log that is being written only grows behind it.
    let head_path = against.head.clone().unwrap_or_else(|| folder.join(HEAD_FILE));
    let head_text = match std::fs::read(&head_path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let head = head_text.as_deref().map(Head::read);
    let mut walk = Walk {
        against,
        report: Report::default(),
        place: None,
        signed_seq: 0,
        head: head.clone().flatten(),
        head_hash: None,
    };
    let segments = segment::list(folder)?;
    let is_whole = walk.segments(&segments)?;
    let Walk { mut report, place, signed_seq, head_hash, .. } = walk;
    if is_whole {
        let file = head_path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(kind) = head_fault(head, against, place, head_hash) {
            report.faults.push(Fault { file, line: 0, kind });
        }
    }
    report.unsigned = report.last_seq.saturating_sub(signed_seq);
    Ok(report)
}

/// What is wrong with the head, once the chain is known to be whole.
fn head_fault(
    head: Option<Option<Head>>,
    against: &Against,
    place: Option<Place>,
    head_hash: Option<Hash>,
) -> Option<FaultKind> {
    let Some(head) = head else { return Some(FaultKind::HeadMissing) };
    let Some(head) = head else { return Some(FaultKind::Head) };
    let place = place?;
    let is_of_this_log = unhex(&head.log) == Some(place.log);
    if !is_of_this_log || !(against.keys.is_empty() || head.is_signed(&against.keys)) {
        return Some(FaultKind::Head);
    }
    match head_hash {
        None => Some(FaultKind::Truncated),
        Some(hash) => (unhex(&head.hash) != Some(hash)).then_some(FaultKind::HeadMismatch),
    }
}

struct Walk<'a> {
    against: &'a Against,
    report: Report,
    place: Option<Place>,
    signed_seq: u64,
    head: Option<Head>,
    /// The hash of the record that the head names.
    head_hash: Option<Hash>,
}

impl Walk<'_> {
    /// Follows all segments; whether the chain is whole.
    fn segments(&mut self, segments: &[(u64, PathBuf)]) -> std::io::Result<bool> {
        let Some((first, _)) = segments.first() else {
            self.fault(Path::new(""), 0, FaultKind::Nothing);
            return Ok(false);
        };
        if *first != 1 && !self.against.partial {
            self.fault(Path::new(&segment::name(1)), 0, FaultKind::MissingSegment);
            return Ok(false);
        }
        let mut wanted = *first;
        for (number, path) in segments {
            if *number != wanted {
                self.fault(Path::new(&segment::name(wanted)), 0, FaultKind::MissingSegment);
                return Ok(false);
            }
            if let Some((line, kind)) = self.segment(*number, path)? {
                self.fault(path, line, kind);
                return Ok(false);
            }
            self.report.segments = self.report.segments.saturating_add(1);
            wanted = wanted.saturating_add(1);
        }
        Ok(true)
    }

    fn fault(&mut self, path: &Path, line: u64, kind: FaultKind) {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.report.faults.push(Fault { file, line, kind });
    }

    /// Follows one segment to its end or its first fault.
    fn segment(&mut self, number: u64, path: &Path) -> std::io::Result<Option<(u64, FaultKind)>> {
        let mut lines = Lines::open(path)?;
        let mut is_first = true;
        loop {
            let fault = match lines.advance()? {
                Next::End if is_first => Some(FaultKind::SegmentStart),
                Next::End => return Ok(None),
                Next::Torn(_) => Some(FaultKind::Torn),
                Next::TooLong => Some(FaultKind::TooLong),
                Next::Line(text) => self.line(number, text, is_first).err(),
            };
            if let Some(fault) = fault {
                return Ok(Some((lines.number(), fault)));
            }
            is_first = false;
        }
    }

    fn line(&mut self, segment: u64, text: &[u8], is_first: bool) -> Result<(), FaultKind> {
        let line = line::parse(text).ok_or(FaultKind::Form)?;
        let before =
            if is_first { self.start(segment, line.body)? } else { self.place.ok_or(FaultKind::SegmentStart)? };
        if line::link(&before.hash, line.body) != line.hash {
            return Err(FaultKind::Hash);
        }
        let seq = line::sequence(line.body).ok_or(FaultKind::Sequence)?;
        if Some(seq) != before.seq.checked_add(1) {
            return Err(FaultKind::Sequence);
        }
        if is_checkpoint(line.body) {
            let checkpoint = Checkpoint::read(line.body).ok_or(FaultKind::Signature)?;
            if !self.against.keys.is_empty() && !checkpoint.signs(&before, &self.against.keys) {
                return Err(FaultKind::Signature);
            }
            self.report.checkpoints = self.report.checkpoints.saturating_add(1);
            self.signed_seq = seq;
        }
        if self.report.records == 0 {
            self.report.first_seq = seq;
        }
        if let Some(head) = self.head.as_ref().filter(|head| head.seq == seq) {
            self.head_hash = Some(line.hash);
            self.signed_seq = self.signed_seq.max(head.seq);
        }
        self.report.records = self.report.records.saturating_add(1);
        self.report.last_seq = seq;
        self.place = Some(Place { seq, hash: line.hash, ..before });
        Ok(())
    }

    /// The place before a segment's first record, which must be where the segment before it ended.
    fn start(&self, segment: u64, body: &[u8]) -> Result<Place, FaultKind> {
        let start = SegmentStart::read(body).ok_or(FaultKind::SegmentStart)?;
        let before = start.before().filter(|before| before.segment == segment).ok_or(FaultKind::SegmentStart)?;
        let follows = match self.place {
            Some(place) => place.log == before.log && place.seq == before.seq && place.hash == before.hash,
            None if segment == 1 => before.seq == 0 && before.hash == line::BEFORE_THE_FIRST,
            None => true,
        };
        if follows { Ok(before) } else { Err(FaultKind::SegmentStart) }
    }
}

/// Whether a record says that it is a checkpoint; its bytes are of one spelling, so that this can be seen at once.
fn is_checkpoint(body: &[u8]) -> bool {
    let kind = br#""kind":"checkpoint""#;
    body.get(..96.min(body.len())).is_some_and(|start| start.windows(kind.len()).any(|window| window == kind))
}
