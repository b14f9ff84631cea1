//! Why a credential is refused: stable words for logs and metrics, and what HTTP says of them.

use std::fmt::{Display, Formatter};

/// Declares the reasons: name, word, status.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $status:literal;)+) => {
        /// Why a credential is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)+];

            /// The stable word.
            pub const fn name(self) -> &'static str {
                match self { $(Reason::$name => $word,)+ }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Reason::$name => $status,)+ }
            }
        }
    };
}

reasons! {
    /// No credential was shown.
    Missing = "credential_missing", 401;
    /// More than one `Authorization`, or one that is no `Bearer` or `DPoP` credential.
    Authorization = "authorization_malformed", 401;
    /// The token is longer than any may be.
    TokenTooLong = "token_too_long", 401;
    /// Not three parts: no signed JWT. Encrypted tokens have five.
    TokenForm = "token_form", 401;
    /// A part is not base64url without padding, in its one spelling.
    TokenEncoding = "token_encoding", 401;
    /// Header or claims are no JSON object, or one with a key twice, too deep or too wide.
    TokenJson = "token_json", 401;
    /// The header names or carries a key: `jku`, `jwk`, `x5u`, `x5c`.
    HeaderKey = "token_header_key", 401;
    /// The header has `crit`: no extension is known here.
    HeaderCritical = "token_header_crit", 401;
    /// The header asks for something that is not done here: compression, nesting, unencoded payloads.
    HeaderMember = "token_header_member", 401;
    /// `typ` is not `at+jwt`.
    Type = "token_typ", 401;
    /// `alg` is `none`.
    AlgorithmNone = "token_alg_none", 401;
    /// `alg` is missing, unknown, symmetric, or not one that the issuer signs with.
    Algorithm = "token_alg", 401;
    /// The key signs with another algorithm than the token states.
    KeyAlgorithm = "token_key_alg", 401;
    /// `kid` is missing or malformed.
    KeyId = "token_kid", 401;
    /// The issuer has no such key.
    KeyUnknown = "token_key_unknown", 401;
    /// The issuer's keys could not be fetched.
    KeysUnavailable = "keys_unavailable", 503;
    /// The issuer's keys could not be fetched again for too long.
    KeysStale = "keys_stale", 503;
    /// The signature is not the key's over the token.
    Signature = "token_signature", 401;
    /// A claim that must be there is not.
    ClaimMissing = "claim_missing", 401;
    /// A claim has another type or form than it must.
    ClaimType = "claim_type", 401;
    /// `iss` is none of the issuers.
    Issuer = "claim_iss", 401;
    /// `aud` is not this resource alone.
    Audience = "claim_aud", 401;
    /// It has expired.
    Expired = "token_expired", 401;
    /// It does not hold yet, or was issued in the future.
    NotYet = "token_not_yet", 401;
    /// It lives longer than tokens of this issuer may, or ends before it begins.
    Lifetime = "token_lifetime", 401;
    /// `act` is malformed, or names an actor of another issuer.
    Actor = "claim_act", 401;
    /// The chain of actors is longer than any may be.
    ActorDepth = "claim_act_depth", 401;
    /// The token is bound to a key or certificate that was not shown, or is not bound although it must be.
    Binding = "token_binding", 401;
    /// The proof of possession (DPoP) is malformed or of something else.
    Proof = "proof", 401;
    /// The proof was shown before.
    ProofReplayed = "proof_replayed", 401;
    /// The certificate has no identity (not exactly one SPIFFE id), or has ended.
    Certificate = "certificate", 401;
    /// The policy takes the same credential for a user and for an agent.
    Ambiguous = "identity_ambiguous", 401;
}

/// A credential was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityError(pub Reason);

impl From<Reason> for IdentityError {
    fn from(reason: Reason) -> IdentityError {
        IdentityError(reason)
    }
}

impl IdentityError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status()
    }

    /// The stable word.
    pub fn reason(&self) -> &'static str {
        self.0.name()
    }

    /// The value of `WWW-Authenticate`. What was shown is not echoed.
    pub fn www_authenticate(&self, metadata_url: &str) -> String {
        super::metadata::challenge(self.0, metadata_url)
    }
}

impl Display for IdentityError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "the credential is refused: {}", self.reason())
    }
}

impl std::error::Error for IdentityError {}
