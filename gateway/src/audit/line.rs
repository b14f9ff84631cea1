//! The lines of a log, and the chain they form.
//!
//!     {"hash":"<64 hexadecimal digits>","record":{"seq":1,...}}
//!
//! The hash is SHA-256 over the hash of the line before (32 bytes; zeros before the first) and the bytes of the record,
//! as they stand there. A line has exactly this form: there is no byte of it that could be changed unseen.

use super::keys::unhex;
use crate::policy::hex;
use sha2::{Digest, Sha256};

/// Longest line, line feed included, in bytes.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// What the chain begins with.
pub const BEFORE_THE_FIRST: Hash = [0; 32];

const OPENING: &[u8] = b"{\"hash\":\"";
const MIDDLE: &[u8] = b"\",\"record\":";
const CLOSING: &[u8] = b"}";

/// A link of the chain.
pub type Hash = [u8; 32];

/// A line, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The hash it states.
    pub hash: Hash,
    /// The record's bytes.
    pub body: &'a [u8],
}

/// The hash of a record behind another.
pub fn link(before: &Hash, body: &[u8]) -> Hash {
    Sha256::new().chain_update(before).chain_update(body).finalize().into()
}

/// Appends a line with its line feed; gives its hash.
pub fn push(out: &mut Vec<u8>, before: &Hash, body: &[u8]) -> Hash {
    let hash = link(before, body);
    out.extend_from_slice(OPENING);
    out.extend_from_slice(hex(&hash).as_bytes());
    out.extend_from_slice(MIDDLE);
    out.extend_from_slice(body);
    out.extend_from_slice(CLOSING);
    out.push(b'\n');
    hash
}

/// Takes a line apart, given without its line feed; `None` when it has not exactly the form of one.
pub fn parse(line: &[u8]) -> Option<Line<'_>> {
    let rest = line.strip_prefix(OPENING)?;
    let (digits, rest) = rest.split_at_checked(64)?;
    let hash = unhex(std::str::from_utf8(digits).ok()?)?;
    let body = rest.strip_prefix(MIDDLE)?.strip_suffix(CLOSING)?;
    Some(Line { hash, body })
}

/// The number that a record's bytes begin with.
pub fn sequence(body: &[u8]) -> Option<u64> {
    let rest = body.strip_prefix(b"{\"seq\":")?;
    let digits = rest.split(|byte| *byte == b',').next()?;
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == digits).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart_as_it_was_put_together() {
        let mut out = Vec::new();
        let hash = push(&mut out, &BEFORE_THE_FIRST, br#"{"seq":1,"kind":"x"}"#);
        let line = parse(out.strip_suffix(b"\n").unwrap()).unwrap();
        assert_eq!(line.hash, hash);
        assert_eq!(link(&BEFORE_THE_FIRST, line.body), hash);
        assert_eq!(sequence(line.body), Some(1));
    }

    #[test]
    fn nothing_but_that_form_is_a_line() {
        let mut out = Vec::new();
        push(&mut out, &BEFORE_THE_FIRST, br#"{"seq":1,"kind":"x"}"#);
        let good = String::from_utf8(out).unwrap().trim_end().to_owned();
        let upper = good.replace(&good[9..73], &good[9..73].to_uppercase());
        for bad in [
            String::new(),
            good.replacen("{\"hash", "{ \"hash", 1),
            good.replacen("\"record\":", "\"record\": ", 1),
            format!("{good} "),
            format!(" {good}"),
            good[..good.len() - 1].to_owned(),
            upper,
        ] {
            assert!(parse(bad.as_bytes()).is_none_or(|line| link(&BEFORE_THE_FIRST, line.body) != line.hash), "{bad}");
        }
    }

    #[test]
    fn numbers_have_one_spelling() {
        for bad in ["{\"seq\":01,", "{\"seq\":+1,", "{\"seq\": 1,", "{\"seq\":1.0,", "{\"seq\":,", "{\"sequ\":1,", "{}"]
        {
            assert_eq!(sequence(bad.as_bytes()), None, "{bad}");
        }
    }
}
