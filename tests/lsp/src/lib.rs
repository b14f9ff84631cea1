//! A client for the language server, for tests: it starts the real binary and talks to it over standard input and output.
//!
//! [`client`] is the connection, [`session`] runs sessions written as data (the files of `sessions/`), [`render`] writes answers as
//! text that people can read and review. [`bench`](mod@bench) measures, [`torture`] edits at random.

pub mod bench;
pub mod client;
pub mod document;
pub mod made;
pub mod render;
pub mod session;
pub mod snippet;
pub mod torture;
pub mod workspace;

/// Why a session could not go on.
#[derive(Debug)]
pub struct Failed(pub String);

impl Failed {
    /// A failure in words.
    pub fn new(message: impl Into<String>) -> Failed {
        Failed(message.into())
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Failed {
        Failed(error.to_string())
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The outcome of something that may fail.
pub type Result<T> = std::result::Result<T, Failed>;
