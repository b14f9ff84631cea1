//! What is signed: checkpoints in the chain, and the head file beside it.
//!
//! A checkpoint is a record that signs the hash before it. The head file says, signed too, how far the chain has reached,
//! so that a log that ends earlier was cut. Both name the log, so that neither can be used with another. Their texts have
//! one spelling: what is read is written again and must be the same bytes.

use super::clock;
use super::keys::{PublicKey, SigningKey, unhex};
use super::line::Hash;
use crate::policy::hex;
use serde::{Deserialize, Serialize};

/// The name of the head file.
pub const HEAD_FILE: &str = "head.json";
/// The format of logs that is written and read here.
pub const FORMAT: u32 = 1;

/// The name of a log: random, made with it.
pub type LogId = [u8; 16];

/// The first record of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentStart {
    /// Its number in the chain.
    pub seq: u64,
    /// When.
    pub time: String,
    /// `segment`.
    pub kind: String,
    /// The format of the log.
    pub format: u32,
    /// The log.
    pub log: String,
    /// Which segment, counted from 1.
    pub segment: u64,
    /// The hash before it.
    pub previous: String,
    /// The key that signs from here on.
    pub key: String,
}

/// A checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Its number in the chain.
    pub seq: u64,
    /// When.
    pub time: String,
    /// `checkpoint`.
    pub kind: String,
    /// The log.
    pub log: String,
    /// Which segment.
    pub segment: u64,
    /// The hash before it, which covers all records so far.
    pub covers: String,
    /// The key that signs.
    pub key: String,
    /// Its signature.
    pub signature: String,
}

/// The head file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The format of the log.
    pub format: u32,
    /// The log.
    pub log: String,
    /// The segment that the chain has reached.
    pub segment: u64,
    /// The last record.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// When.
    pub time: String,
    /// The key that signs.
    pub key: String,
    /// Its signature.
    pub signature: String,
}

/// Where a chain has got to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The log.
    pub log: LogId,
    /// The segment.
    pub segment: u64,
    /// The last record.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

impl SegmentStart {
    /// The first record of the segment behind `before`, whose segment it begins.
    pub fn new(before: &Place, at_ms: i64, key: &SigningKey) -> SegmentStart {
        SegmentStart {
            seq: before.seq.saturating_add(1),
            time: clock::text(at_ms),
            kind: "segment".to_owned(),
            format: FORMAT,
            log: hex(&before.log),
            segment: before.segment,
            previous: hex(&before.hash),
            key: key.public().id(),
        }
    }

    /// Reads a record's bytes; `None` when they are not exactly such a record.
    pub fn read(body: &[u8]) -> Option<SegmentStart> {
        exactly(body).filter(|start: &SegmentStart| start.kind == "segment" && start.format == FORMAT)
    }

    /// The place before it.
    pub fn before(&self) -> Option<Place> {
        let (log, hash) = (unhex(&self.log)?, unhex(&self.previous)?);
        Some(Place { log, segment: self.segment, seq: self.seq.checked_sub(1)?, hash })
    }
}

impl Checkpoint {
    /// Signs everything up to a place; it is the next record.
    pub fn new(place: &Place, at_ms: i64, key: &SigningKey) -> Checkpoint {
        let mut checkpoint = Checkpoint {
            seq: place.seq.saturating_add(1),
            time: clock::text(at_ms),
            kind: "checkpoint".to_owned(),
            log: hex(&place.log),
            segment: place.segment,
            covers: hex(&place.hash),
            key: key.public().id(),
            signature: String::new(),
        };
        checkpoint.signature = key.sign(checkpoint.message().as_bytes());
        checkpoint
    }

    /// Reads a record's bytes; `None` when they are not exactly such a record.
    pub fn read(body: &[u8]) -> Option<Checkpoint> {
        exactly(body).filter(|checkpoint: &Checkpoint| checkpoint.kind == "checkpoint")
    }

    fn message(&self) -> String {
        let Checkpoint { seq, time, log, segment, covers, .. } = self;
        format!("mcpz audit checkpoint v1\n{log}\n{segment}\n{seq}\n{covers}\n{time}\n")
    }

    /// Whether it signs everything up to this place with one of these keys.
    pub fn signs(&self, place: &Place, keys: &[PublicKey]) -> bool {
        let fits = self.log == hex(&place.log)
            && self.segment == place.segment
            && self.seq == place.seq.saturating_add(1)
            && self.covers == hex(&place.hash);
        fits && is_signed(&self.key, &self.signature, &self.message(), keys)
    }
}

impl Head {
    /// Says how far the chain has reached.
    pub fn new(place: &Place, at_ms: i64, key: &SigningKey) -> Head {
        let mut head = Head {
            format: FORMAT,
            log: hex(&place.log),
            segment: place.segment,
            seq: place.seq,
            hash: hex(&place.hash),
            time: clock::text(at_ms),
            key: key.public().id(),
            signature: String::new(),
        };
        head.signature = key.sign(head.message().as_bytes());
        head
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads the file's text; `None` when it is not exactly such a text.
    pub fn read(text: &[u8]) -> Option<Head> {
        exactly(text.strip_suffix(b"\n")?).filter(|head: &Head| head.format == FORMAT)
    }

    fn message(&self) -> String {
        let Head { log, segment, seq, hash, time, .. } = self;
        format!("mcpz audit head v1\n{log}\n{segment}\n{seq}\n{hash}\n{time}\n")
    }

    /// Whether one of these keys signed it.
    pub fn is_signed(&self, keys: &[PublicKey]) -> bool {
        is_signed(&self.key, &self.signature, &self.message(), keys)
    }
}

fn is_signed(id: &str, signature: &str, message: &str, keys: &[PublicKey]) -> bool {
    keys.iter().any(|key| key.id() == id && key.verifies(message.as_bytes(), signature))
}

/// Reads a text that must be the one spelling of its value.
fn exactly<T: Serialize + for<'a> Deserialize<'a>>(text: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(text).ok()?;
    (serde_json::to_vec(&value).ok()? == text).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { log: [7; 16], segment: 3, seq: 41, hash: [9; 32] }
    }

    #[test]
    fn a_checkpoint_signs_one_place_of_one_log() {
        let (key, _) = SigningKey::generate().unwrap();
        let (other, _) = SigningKey::generate().unwrap();
        let checkpoint = Checkpoint::new(&place(), 0, &key);
        let read = Checkpoint::read(&serde_json::to_vec(&checkpoint).unwrap()).unwrap();
        assert!(read.signs(&place(), &[other.public(), key.public()]));
        assert!(!read.signs(&place(), &[other.public()]));
        for elsewhere in [
            Place { log: [8; 16], ..place() },
            Place { segment: 4, ..place() },
            Place { seq: 40, ..place() },
            Place { hash: [8; 32], ..place() },
        ] {
            assert!(!read.signs(&elsewhere, &[key.public()]), "{elsewhere:?}");
        }
    }

    #[test]
    fn no_byte_of_a_head_can_be_changed() {
        let (key, _) = SigningKey::generate().unwrap();
        let text = Head::new(&place(), 0, &key).to_text();
        assert!(Head::read(text.as_bytes()).unwrap().is_signed(&[key.public()]));
        for at in 0..text.len() {
            for flip in [1, 2, 0x20, 0x80] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= flip;
                let passes = Head::read(&bytes).is_some_and(|head| head.is_signed(&[key.public()]));
                assert!(!passes, "byte {at} flipped by {flip}");
            }
        }
    }
}
