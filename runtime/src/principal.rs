//! Who asks: the verified credential as a chain of links.
//!
//! Plain data, filled by the enforcement point after it has verified the credential (or by a test).
//! Claims are JSON text and are read strictly, like a message.

use alloc::string::String;
use alloc::vec::Vec;
pub use mcpz_bytecode::image::LinkKind;

/// The caller: links outermost actor first, the user (if any) last. Empty for an anonymous caller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Principal {
    /// The chain.
    pub chain: Vec<Link>,
    /// Scopes of the credential.
    pub scopes: Vec<String>,
}

/// One link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Person or program.
    pub kind: LinkKind,
    /// Where its credential comes from.
    pub source: LinkSource,
    /// Claims: the text of a JSON object; `{}` when the source has none.
    pub claims: String,
}

/// Where a link's credential comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkSource {
    /// A token of the issuer with this name.
    Issuer(String),
    /// A client certificate with this SPIFFE id.
    Mtls {
        /// The SPIFFE id.
        spiffe: String,
    },
    /// The local peer process.
    Local {
        /// Its Unix user id.
        uid: i64,
    },
}
