//! A verified credential: what [`crate::identity`] makes, and everything else starts from.

use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use sha2::{Digest, Sha256};

/// Who asks, after the credential was verified. Not yet resolved against a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The chain and its scopes; an empty chain is an anonymous caller.
    pub principal: Principal,
    /// When the user last proved presence with a second factor, Unix milliseconds.
    pub mfa_at_ms: Option<i64>,
    /// When the credential ends, Unix milliseconds; nothing decided with it outlives that.
    pub expires_at_ms: Option<i64>,
    /// The same for the same chain of subjects, whatever token they show: sessions, tasks, streams and
    /// labels belong to it.
    pub key: Key,
    /// The same for the same credential: resolved callers are kept by it.
    pub credential: [u8; 32],
}

/// Longest subject of a credential, in bytes: a SPIFFE id may be that long, `sub` of a token is shorter.
pub const MAX_SUBJECT_BYTES: usize = 2048;

/// A principal, as a digest over kind, source and subject of every link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 32]);

impl Verified {
    /// An anonymous caller.
    pub fn anonymous() -> Verified {
        Verified {
            principal: Principal::default(),
            mfa_at_ms: None,
            expires_at_ms: None,
            key: Key([0; 32]),
            credential: [0; 32],
        }
    }

    /// The local process that started us.
    pub fn local(kind: LinkKind, uid: i64) -> Verified {
        let digest = Sha256::digest(format!("{kind:?} local {uid}")).into();
        let link = Link { kind, source: LinkSource::Local { uid }, claims: "{}".to_owned() };
        Verified {
            principal: Principal { chain: vec![link], scopes: Vec::new() },
            key: Key(digest),
            credential: digest,
            ..Verified::anonymous()
        }
    }

    /// Whether the credential has ended.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_at_ms.is_some_and(|end| end <= now_ms)
    }
}
