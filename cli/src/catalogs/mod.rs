//! Catalog files of a package: which there are, what pins them, how two of them differ.
//!
//! [`servers`] reads `server` blocks from the sources, [`lock`] writes `mcpz.lock`, [`block`] writes a
//! block for a new server, [`diff`] compares two catalogs, [`place`] says where a server is.

pub mod block;
pub mod diff;
pub mod lock;
pub mod place;
pub mod servers;
