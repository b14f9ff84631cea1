//! The files of a log: which there are, and their lines one by one.

use super::line::MAX_LINE_BYTES;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The name of a segment's file.
pub fn name(number: u64) -> String {
    format!("audit-{number:08}.jsonl")
}

/// The number in the name of a segment's file.
fn number(file_name: &str) -> Option<u64> {
    let number = file_name.strip_prefix("audit-")?.strip_suffix(".jsonl")?.parse().ok()?;
    (name(number) == file_name).then_some(number)
}

/// The segments in a folder, in order.
pub fn list(folder: &Path) -> std::io::Result<Vec<(u64, PathBuf)>> {
    let mut segments = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(number) = entry.file_name().to_str().and_then(number) {
            segments.push((number, entry.path()));
        }
    }
    segments.sort();
    Ok(segments)
}

/// What stands next in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next<'a> {
    /// A whole line, without its line feed.
    Line(&'a [u8]),
    /// The file ends within a line, or with bytes that are none.
    Torn(&'a [u8]),
    /// A line longer than any may be.
    TooLong,
    /// The file ends.
    End,
}

/// The lines of a segment.
pub struct Lines {
    reader: BufReader<File>,
    line: Vec<u8>,
    /// Where the line read last begins.
    start: u64,
    /// Where the next begins.
    end: u64,
    count: u64,
}

impl Lines {
    /// Opens a segment.
    pub fn open(path: &Path) -> std::io::Result<Lines> {
        Lines::starting_at(path, 0)
    }

    /// Opens a segment at a byte that a line begins with.
    pub fn starting_at(path: &Path, offset: u64) -> std::io::Result<Lines> {
        use std::io::Seek;
        let mut file = File::open(path)?;
        file.seek(std::io::SeekFrom::Start(offset))?;
        Ok(Lines {
            reader: BufReader::with_capacity(1 << 16, file),
            line: Vec::new(),
            start: offset,
            end: offset,
            count: 0,
        })
    }

    /// The next line. At the end of the file it may be asked again: more may have been written.
    pub fn advance(&mut self) -> std::io::Result<Next<'_>> {
        let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
        self.line.clear();
        self.start = self.end;
        let read = (&mut self.reader).take(limit).read_until(b'\n', &mut self.line)?;
        self.end = self.start.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if read == 0 {
            return Ok(Next::End);
        }
        self.count = self.count.saturating_add(1);
        match self.line.split_last() {
            Some((b'\n', line)) => Ok(Next::Line(line)),
            _ if read == MAX_LINE_BYTES => Ok(Next::TooLong),
            _ => Ok(Next::Torn(&self.line)),
        }
    }

    /// Where the line read last begins.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Where the line read last ends.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Which line that is, counted from 1.
    pub fn number(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_spelling() {
        assert_eq!(number("audit-00000012.jsonl"), Some(12));
        for bad in ["audit-12.jsonl", "audit-00000012.jsonl.new", "audit-0000001x.jsonl", "audit-+0000012.jsonl"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    #[test]
    fn lines_say_where_they_stand_and_whether_they_are_whole() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "one\n\nthr").unwrap();
        let mut lines = Lines::open(file.path()).unwrap();
        assert_eq!(lines.advance().unwrap(), Next::Line(b"one"));
        assert_eq!(lines.advance().unwrap(), Next::Line(b""));
        assert_eq!((lines.start(), lines.end(), lines.number()), (4, 5, 2));
        assert_eq!(lines.advance().unwrap(), Next::Torn(b"thr"));
        assert_eq!(lines.advance().unwrap(), Next::End);
        std::fs::write(file.path(), vec![b'x'; MAX_LINE_BYTES + 1]).unwrap();
        assert_eq!(Lines::open(file.path()).unwrap().advance().unwrap(), Next::TooLong);
    }
}
