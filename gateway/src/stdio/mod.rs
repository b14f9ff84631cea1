//! stdio: a server as a child process, and the relay between a client on our own standard input and it.

mod child;
mod outbox;
mod relay;

pub use child::{Child, Command, SpawnError};
pub use outbox::Outbox;
pub use relay::{Ended, Relay, Timing};
