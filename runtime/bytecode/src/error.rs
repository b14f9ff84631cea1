//! Error codes: what an expression evaluates to when it has no value.

/// Why an expression has no value. When several errors meet, the smallest code wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ErrorCode {
    /// A strict operator met an absent or null operand.
    Missing = 1,
    /// A value is of another type than its place promises.
    Type = 2,
    /// Checked arithmetic left its domain.
    Overflow = 3,
    /// A number outside the exact domain.
    Range = 4,
    /// Text that is no absolute, clean path.
    Path = 5,
    /// Text that is no URL.
    Url = 6,
    /// Text that is no host.
    Host = 7,
    /// Text that is no address or network.
    Ip = 8,
    /// Text that is no instant, date, time, duration or weekday.
    Time = 9,
    /// SQL that cannot be judged: unparsable, several statements, an unknown function.
    Sql = 10,
    /// SQL beyond the limits of the native stage.
    SqlLimit = 11,
    /// A collection longer than [`crate::limits::MAX_COLLECTION`].
    TooLong = 12,
    /// The store could not answer.
    State = 13,
    /// A limit's amount is below zero.
    Amount = 14,
    /// Replaced data does not fit.
    Data = 15,
    /// A defect of the bundle that the verifier cannot see; never expected.
    Internal = 16,
}

impl ErrorCode {
    /// Every code, smallest first.
    pub const ALL: [ErrorCode; 16] = [
        ErrorCode::Missing,
        ErrorCode::Type,
        ErrorCode::Overflow,
        ErrorCode::Range,
        ErrorCode::Path,
        ErrorCode::Url,
        ErrorCode::Host,
        ErrorCode::Ip,
        ErrorCode::Time,
        ErrorCode::Sql,
        ErrorCode::SqlLimit,
        ErrorCode::TooLong,
        ErrorCode::State,
        ErrorCode::Amount,
        ErrorCode::Data,
        ErrorCode::Internal,
    ];

    /// The stable name, `snake_case`.
    pub fn name(self) -> &'static str {
        match self {
            ErrorCode::Missing => "missing",
            ErrorCode::Type => "type",
            ErrorCode::Overflow => "overflow",
            ErrorCode::Range => "range",
            ErrorCode::Path => "path",
            ErrorCode::Url => "url",
            ErrorCode::Host => "host",
            ErrorCode::Ip => "ip",
            ErrorCode::Time => "time",
            ErrorCode::Sql => "sql",
            ErrorCode::SqlLimit => "sql_limit",
            ErrorCode::TooLong => "too_long",
            ErrorCode::State => "state",
            ErrorCode::Amount => "amount",
            ErrorCode::Data => "data",
            ErrorCode::Internal => "internal",
        }
    }
}
