//! The kill switch: what an operator has cut off, and how it is said.
//!
//! [`KillSwitch`] is asked before every message and tells subscribers when something changes, so that streams and calls
//! in flight are cut too. What is isolated stands in a file ([`state`]) and survives a restart; a file that cannot be
//! trusted isolates everything. Operators speak to the gateway over a Unix socket ([`socket`], [`protocol`]) that only
//! the gateway's own user and root may open; [`client`] is the other end.
//!
//! Terms. A *subject* is what is isolated: a server, an agent (by the subject of its credential) or a tool. A
//! *generation* counts the changes.

pub mod client;
pub mod protocol;
pub mod socket;
pub mod state;
pub mod switch;

pub use protocol::{Ask, Status};
pub use socket::{ControlSocket, Desk, Quiet};
pub use state::{Entry, Isolations, Subject};
pub use switch::{ControlError, KillSwitch};

use serde::Deserialize;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

/// `[control]` of the gateway's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The socket; absent: none, so that nothing can be isolated from outside.
    pub socket: Option<PathBuf>,
    /// The file that what is isolated is kept in; absent: nowhere, so that a restart forgets it.
    pub state: Option<PathBuf>,
}

/// Serves the control socket, if there is to be one, until `end` is over. The socket is bound before this returns.
pub fn serve<F: Future<Output = ()> + Send>(
    config: &Config,
    switch: KillSwitch,
    desk: Arc<dyn Desk>,
    end: F,
) -> std::io::Result<impl Future<Output = ()> + Send + use<F>> {
    let socket = config.socket.as_deref().map(ControlSocket::bind).transpose()?;
    Ok(async move {
        match socket {
            Some(socket) => socket.serve(switch, desk, end).await,
            None => end.await,
        }
    })
}

/// Where the socket is when nobody says: `$XDG_RUNTIME_DIR/mcpz/control.sock`, else `/run/mcpz/control.sock`.
pub fn default_socket() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    runtime.unwrap_or_else(|| PathBuf::from("/run")).join("mcpz").join("control.sock")
}
