//! The operator's end of the control socket: one line there, one line back.

use super::protocol::{Answer, Ask, MAX_LINE_BYTES, line};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long the gateway may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the gateway behind this socket. The peer must be run by our own user or by root: another's socket could say
/// that something is cut off when nothing is.
pub fn ask(socket: &Path, ask: &Ask) -> Result<Answer, String> {
    let say = |what: &str, error: std::io::Error| format!("{what} {}: {error}", socket.display());
    let mut stream = UnixStream::connect(socket).map_err(|error| say("no gateway answers at", error))?;
    let peer = rustix::net::sockopt::socket_peercred(&stream)
        .map_err(|error| say("it is not known who listens at", error.into()))?;
    let (uid, ours) = (peer.uid.as_raw(), rustix::process::geteuid().as_raw());
    if uid != 0 && uid != ours && ours != 0 {
        return Err(format!("{} is served by user {uid}, who is neither you nor root", socket.display()));
    }
    stream.set_read_timeout(Some(PATIENCE)).map_err(|error| say("cannot use", error))?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(|error| say("cannot use", error))?;
    stream.write_all(&line(ask)).map_err(|error| say("cannot write to", error))?;
    let mut text = Vec::new();
    let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
    BufReader::new(stream.take(limit)).read_until(b'\n', &mut text).map_err(|error| say("no answer from", error))?;
    serde_json::from_slice(&text).map_err(|_| format!("{} gives an answer that is none", socket.display()))
}
