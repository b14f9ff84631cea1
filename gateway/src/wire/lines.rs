//! Messages on a stream of lines (stdio): one message a line, bounded in bytes and in time.

use bytes::{Bytes, BytesMut};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout_at};

/// How much is read at a time.
const CHUNK: usize = 64 * 1024;

/// Limits on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineLimits {
    /// Longest line.
    pub max_bytes: usize,
    /// Longest time from its first byte to its end.
    pub max_time: Duration,
}

/// Why a line is refused. The stream cannot be read on: where the next message begins is not known.
#[derive(Debug)]
pub enum LineFault {
    /// Longer than the limit.
    TooLong,
    /// Begun, but not ended in time.
    TooSlow,
    /// It ended in the middle of a line.
    Torn,
    /// The stream failed.
    Io(std::io::Error),
}

impl LineFault {
    /// The stable word.
    pub fn reason(&self) -> &'static str {
        match self {
            LineFault::TooLong => "input_too_long",
            LineFault::TooSlow => "input_too_slow",
            LineFault::Torn => "input_torn",
            LineFault::Io(_) => "input_io",
        }
    }
}

/// Cuts a stream into lines.
#[derive(Debug)]
pub struct Lines<R> {
    stream: R,
    limits: LineLimits,
    buffer: BytesMut,
    /// How many bytes of the buffer are known to hold no line end.
    searched: usize,
    /// When the line that is being read began.
    begun: Option<Instant>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Lines of a stream.
    pub fn new(stream: R, limits: LineLimits) -> Lines<R> {
        Lines { stream, limits, buffer: BytesMut::new(), searched: 0, begun: None }
    }

    /// The next line without its end (a line feed, perhaps after a carriage return); empty lines are passed
    /// over. `None` when the stream has ended. May be dropped and asked again: nothing is lost.
    pub async fn next(&mut self) -> Result<Option<Bytes>, LineFault> {
        loop {
            if let Some(line) = self.take()? {
                if !line.is_empty() {
                    return Ok(Some(line));
                }
                continue;
            }
            self.buffer.reserve(CHUNK);
            let read = self.stream.read_buf(&mut self.buffer);
            let count = match self.begun {
                None => read.await,
                Some(begun) => timeout_at(begun + self.limits.max_time, read).await.map_err(|_| LineFault::TooSlow)?,
            };
            match count {
                Err(error) => return Err(LineFault::Io(error)),
                Ok(0) if self.buffer.is_empty() => return Ok(None),
                Ok(0) => return Err(LineFault::Torn),
                Ok(_) if self.begun.is_none() => self.begun = Some(Instant::now()),
                Ok(_) => {}
            }
        }
    }

    /// A whole line of the buffer.
    fn take(&mut self) -> Result<Option<Bytes>, LineFault> {
        let end = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(end) = end.map(|end| end + self.searched) else {
            self.searched = self.buffer.len();
            if self.buffer.len() > self.limits.max_bytes {
                return Err(LineFault::TooLong);
            }
            return Ok(None);
        };
        if end > self.limits.max_bytes {
            return Err(LineFault::TooLong);
        }
        let mut line = self.buffer.split_to(end + 1).freeze();
        line.truncate(end);
        if line.last() == Some(&b'\r') {
            line.truncate(end - 1);
        }
        self.searched = 0;
        self.begun = (!self.buffer.is_empty()).then(Instant::now);
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    const LIMITS: LineLimits = LineLimits { max_bytes: 16, max_time: Duration::from_millis(50) };

    async fn all(text: &[u8]) -> Result<Vec<Bytes>, LineFault> {
        let mut lines = Lines::new(text, LIMITS);
        let mut found = Vec::new();
        while let Some(line) = lines.next().await? {
            found.push(line);
        }
        Ok(found)
    }

    #[tokio::test]
    async fn lines_are_cut_and_empty_ones_passed_over() {
        assert_eq!(all(b"a\n\nbc\r\n\r\nd\n").await.unwrap(), ["a", "bc", "d"]);
        assert!(matches!(all(b"a\nb").await, Err(LineFault::Torn)));
    }

    #[tokio::test]
    async fn a_line_is_bounded_with_and_without_its_end() {
        assert!(all(b"0123456789abcdef\n").await.is_ok());
        assert!(matches!(all(b"0123456789abcdefg\n").await, Err(LineFault::TooLong)));
        assert!(matches!(all(b"0123456789abcdefg").await, Err(LineFault::TooLong)));
    }

    #[tokio::test]
    async fn a_line_that_is_begun_must_end_in_time() {
        let (mut writer, reader) = tokio::io::duplex(64);
        let mut lines = Lines::new(reader, LIMITS);
        writer.write_all(b"begun").await.unwrap();
        assert!(matches!(lines.next().await, Err(LineFault::TooSlow)));
    }
}
