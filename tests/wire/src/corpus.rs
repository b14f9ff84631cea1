//! Attempts, as they stand in the corpus.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The way a message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Lines on standard input.
    Stdio,
    /// Streamable HTTP.
    Http,
}

/// One attempt to get something to a server that must not get there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// What it is.
    pub name: String,
    /// The one transport it is for; absent: every one that fits.
    pub on: Option<Transport>,
    /// A message.
    pub text: Option<String>,
    /// A whole request, in the place of a message: HTTP alone.
    pub raw: Option<String>,
    /// The method of the request.
    pub method: Option<String>,
    /// The target of the request.
    pub path: Option<String>,
    /// Headers in place of the usual ones; an empty value takes one out.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Headers that are added, however many of a name there are.
    #[serde(default)]
    pub more: Vec<(String, String)>,
    /// Whether it stands outside of sessions, in the newer protocol.
    #[serde(default)]
    pub stateless: bool,
    /// The reason that the refusal says.
    pub reason: Option<String>,
    /// The code of the JSON-RPC error, where a refusal must not give reasons.
    pub code: Option<i64>,
    /// The status of the response.
    pub status: Option<u16>,
    /// Nothing is said at all.
    #[serde(default)]
    pub silent: bool,
}

/// What a hostile server answers to a call that is allowed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// What it is.
    pub name: String,
    /// The whole answer; `%ID%` stands for the id of the request.
    pub text: String,
    /// The reason that the client is told.
    pub reason: String,
}

/// A file of the corpus.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    attempt: Vec<Attempt>,
    #[serde(default)]
    answer: Vec<Answer>,
}

/// Everything in a folder.
#[derive(Debug, Default)]
pub struct Corpus {
    /// Attempts of clients.
    pub attempts: Vec<Attempt>,
    /// Answers of servers.
    pub answers: Vec<Answer>,
}

/// Reads the files of a folder, in the order of their names.
pub fn read(folder: &Path) -> Result<Corpus, String> {
    let said = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut paths: Vec<_> = std::fs::read_dir(folder).map_err(said)?.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let mut corpus = Corpus::default();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(said)?;
        let file: File = toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        corpus.attempts.extend(file.attempt);
        corpus.answers.extend(file.answer);
    }
    Ok(corpus)
}

/// The bytes of a text: `@` is the word, `<<C0 AF>>` are bytes, `<<200*[>>` repeats a character.
pub fn bytes(text: &str, word: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("<<") {
        let Some((inside, after)) = tail.split_once(">>") else { break };
        bytes.extend_from_slice(before.replace('@', word).as_bytes());
        match inside.split_once('*') {
            Some((times, what)) => {
                bytes.extend(what.repeat(times.parse().expect("a number of times")).into_bytes());
            }
            None => bytes.extend(inside.split(' ').map(|byte| u8::from_str_radix(byte, 16).expect("a byte"))),
        }
        rest = after;
    }
    bytes.extend_from_slice(rest.replace('@', word).as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn texts_hold_bytes_words_and_repetitions() {
        assert_eq!(super::bytes("a@<<C0 AF>>@<<3*[>>", "w"), b"aw\xc0\xafw[[[");
    }
}
