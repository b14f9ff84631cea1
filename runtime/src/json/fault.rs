//! What is wrong with a text. The names are stable: they are the `reason` of a denial.

use core::fmt::{Display, Formatter};

/// Why a text is refused, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct JsonFault {
    /// What is wrong.
    pub kind: FaultKind,
    /// The byte it was seen at.
    pub offset: u32,
}

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// Longer than the limit.
    TooLong,
    /// Not UTF-8.
    NotUtf8,
    /// Not JSON (RFC 8259); a byte order mark is not JSON either.
    Syntax,
    /// Nested deeper than the limit.
    TooDeep,
    /// More values than the limit.
    TooManyNodes,
    /// Something follows the value.
    Trailing,
    /// An object has a key twice, however it is spelled.
    DuplicateKey,
    /// A key holds U+0000.
    NulKey,
    /// `\ud800` and the like without its other half.
    LoneSurrogate,
    /// A number that needs more than 18 digits after the point, or is not below 10^20.
    NumberInexact,
    /// A message that is no object.
    NotObject,
    /// A JSON-RPC batch.
    Batch,
    /// A key that is not a key of the protocol but equals one when case is folded.
    CaseFoldedKey,
    /// Not a JSON-RPC 2.0 request, notification or response.
    Envelope,
    /// `params` lack what the method needs, or have it with the wrong type.
    Params,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [FaultKind; 15] = [
        FaultKind::TooLong,
        FaultKind::NotUtf8,
        FaultKind::Syntax,
        FaultKind::TooDeep,
        FaultKind::TooManyNodes,
        FaultKind::Trailing,
        FaultKind::DuplicateKey,
        FaultKind::NulKey,
        FaultKind::LoneSurrogate,
        FaultKind::NumberInexact,
        FaultKind::NotObject,
        FaultKind::Batch,
        FaultKind::CaseFoldedKey,
        FaultKind::Envelope,
        FaultKind::Params,
    ];

    /// Its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            FaultKind::TooLong => "input_too_long",
            FaultKind::NotUtf8 => "input_not_utf8",
            FaultKind::Syntax => "input_syntax",
            FaultKind::TooDeep => "input_too_deep",
            FaultKind::TooManyNodes => "input_too_many_nodes",
            FaultKind::Trailing => "input_trailing",
            FaultKind::DuplicateKey => "input_duplicate_key",
            FaultKind::NulKey => "input_nul_key",
            FaultKind::LoneSurrogate => "input_lone_surrogate",
            FaultKind::NumberInexact => "input_number_inexact",
            FaultKind::NotObject => "input_not_object",
            FaultKind::Batch => "input_batch",
            FaultKind::CaseFoldedKey => "input_case_folded_key",
            FaultKind::Envelope => "input_envelope",
            FaultKind::Params => "input_params",
        }
    }
}

impl Display for JsonFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} at byte {}", self.kind.name(), self.offset)
    }
}

impl core::error::Error for JsonFault {}
