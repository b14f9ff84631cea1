//! Server-sent events, as far as the protocol uses them: read with limits, written one message an event.

use bytes::{Bytes, BytesMut};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// Its data: a message, or nothing.
    pub data: Bytes,
    /// Its id, by which a stream is taken up again.
    pub id: Option<String>,
    /// How long to wait before that, milliseconds.
    pub retry: Option<u64>,
    /// The status of the response, when the message was all of it.
    pub status: Option<http::StatusCode>,
}

/// Longest id of an event.
const MAX_ID: usize = 1024;

/// Why a stream cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SseFault {
    /// An event is longer than the limit.
    TooLong,
    /// A field is no UTF-8, or is not what it must be.
    Malformed,
}

/// Reads events from pieces of a stream.
#[derive(Debug)]
pub struct Reader {
    buffer: BytesMut,
    max_bytes: usize,
    data: Vec<u8>,
    has_data: bool,
    event: Event,
    other_type: bool,
}

impl Reader {
    /// A reader of events up to a length.
    pub fn new(max_bytes: usize) -> Reader {
        Reader {
            buffer: BytesMut::new(),
            max_bytes,
            data: Vec::new(),
            has_data: false,
            event: Event::default(),
            other_type: false,
        }
    }

    /// Takes a piece of the stream; the events that it ends.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<Event>, SseFault> {
        self.buffer.extend_from_slice(piece);
        let mut events = Vec::new();
        while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
            let line = self.buffer.split_to(end + 1);
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                events.extend(self.end());
            } else {
                let text = std::str::from_utf8(line).map_err(|_| SseFault::Malformed)?.to_owned();
                self.field(&text)?;
            }
        }
        if self.buffer.len() + self.data.len() > self.max_bytes {
            return Err(SseFault::TooLong);
        }
        Ok(events)
    }

    fn field(&mut self, line: &str) -> Result<(), SseFault> {
        // A carriage return alone ends a line for some readers and not for others.
        if line.contains('\r') {
            return Err(SseFault::Malformed);
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value.as_bytes());
            }
            "id" if value.len() > MAX_ID => return Err(SseFault::Malformed),
            "id" if !value.contains('\0') => self.event.id = Some(value.to_owned()),
            "retry" => self.event.retry = value.parse().ok(),
            "event" => self.other_type = value != "message",
            _ => {}
        }
        if self.data.len() > self.max_bytes { Err(SseFault::TooLong) } else { Ok(()) }
    }

    /// The event that an empty line ends; one of another type is none of the protocol.
    fn end(&mut self) -> Option<Event> {
        let event = Event { data: Bytes::from(std::mem::take(&mut self.data)), ..std::mem::take(&mut self.event) };
        self.has_data = false;
        let other = std::mem::take(&mut self.other_type);
        let is_something = !event.data.is_empty() || event.id.is_some() || event.retry.is_some();
        (is_something && !other).then_some(event)
    }
}

/// Writes an event.
pub fn write(event: &Event) -> Bytes {
    let mut text = BytesMut::with_capacity(event.data.len() + 64);
    if let Some(id) = &event.id {
        text.extend_from_slice(format!("id: {id}\n").as_bytes());
    }
    if let Some(retry) = event.retry {
        text.extend_from_slice(format!("retry: {retry}\n").as_bytes());
    }
    if !event.data.is_empty() {
        text.extend_from_slice(b"event: message\n");
    }
    // A carriage return ends a line as well (HTML, 9.2.6); between the tokens of a message either is only space.
    for line in event.data.split(|byte| matches!(byte, b'\n' | b'\r')) {
        text.extend_from_slice(b"data: ");
        text.extend_from_slice(line);
        text.extend_from_slice(b"\n");
    }
    text.extend_from_slice(b"\n");
    text.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_from_any_pieces_and_written_back() {
        let stream = ": hi\nid: 1\nretry: 5\ndata:\n\nevent: message\nid: 2\ndata: {\"a\":\ndata: 1}\r\n\r\nevent: ping\ndata: x\n\n";
        for size in [1, 3, 1000] {
            let mut reader = Reader::new(100);
            let mut events = Vec::new();
            for piece in stream.as_bytes().chunks(size) {
                events.extend(reader.push(piece).unwrap());
            }
            assert_eq!(events.len(), 2, "{events:?}");
            assert_eq!(
                events[0],
                Event { data: Bytes::new(), id: Some("1".to_owned()), retry: Some(5), ..Event::default() }
            );
            assert_eq!(events[1].data, "{\"a\":\n1}");
            let again = Reader::new(100).push(&write(&events[1])).unwrap();
            assert_eq!(again, [events[1].clone()]);
        }
    }

    #[test]
    fn space_in_a_message_ends_no_event() {
        let event = Event { data: Bytes::from("{\r\r\n\n\"a\":\r1}"), ..Event::default() };
        let read = Reader::new(100).push(&write(&event)).unwrap();
        let [one] = &read[..] else { panic!("{read:?}") };
        let value: serde_json::Value = serde_json::from_slice(&one.data).unwrap();
        assert_eq!(value, serde_json::json!({"a": 1}));
    }

    #[test]
    fn events_are_bounded_and_unambiguous() {
        assert_eq!(Reader::new(10).push(b"data: 01234567890\n\n"), Err(SseFault::TooLong));
        assert_eq!(Reader::new(10).push(b"data: 01234567890"), Err(SseFault::TooLong));
        assert_eq!(Reader::new(100).push(b"data: {}\rdata: x\n\n"), Err(SseFault::Malformed));
        let long = |length: usize| format!("id: {}\ndata: x\n\n", "i".repeat(length));
        assert!(Reader::new(9000).push(long(MAX_ID).as_bytes()).is_ok());
        assert_eq!(Reader::new(9000).push(long(MAX_ID + 1).as_bytes()), Err(SseFault::Malformed));
        assert_eq!(Reader::new(100).push(b"data: \xff\n\n"), Err(SseFault::Malformed));
    }
}
