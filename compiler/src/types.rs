//! The types of the language (language document, section 8).
//!
//! A [`Type`] is plain data: it is what a catalog's JSON Schema becomes, what an author writes in a
//! `data` or `context` declaration, and what the checker gives every expression. Optional and
//! nullable are one thing here, [`Type::Optional`]: the value may be absent or null, and is not
//! usable before `has`, `is` or `??` has shown that it is there.
//!
//! `algebra` has [`Type::union`], [`Type::join_places`] and [`Type::meet`]; `display` writes a type
//! as an author would.

mod algebra;
mod display;
mod fields;

pub use fields::Fields;

use smol_str::SmolStr;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A 64-bit signed integer.
    Int,
    /// An exact decimal: 18 digits after the point, |x| < 10^20.
    Decimal,
    /// Unicode text.
    String,
    /// Octets (base64 in JSON).
    Bytes,
    /// A span of time, in milliseconds.
    Duration,
    /// A point in time, in milliseconds since the Unix epoch.
    Instant,
    /// A calendar date.
    Date,
    /// A time of day.
    Time,
    /// A day of the week.
    Weekday,
    /// An IPv4 or IPv6 address; IPv4 inside IPv6 is unwrapped.
    Ip,
    /// An IP network, `10.0.0.0/8`.
    Net,
    /// A host name as A-labels, or an address.
    Host,
    /// An absolute URL.
    Url,
    /// An absolute, clean path.
    Path,
    /// A network segment of the package.
    Segment,
    /// A time window in a zone: days and hours, or dates.
    Window,
    /// What `sql(text, dialect)` makes of a statement.
    Sql,
    /// Any JSON value.
    Json,
    /// The JSON value `null` alone.
    Null,
    /// One of these strings, sorted.
    Enum(Vec<SmolStr>),
    /// A list.
    List(Box<Type>),
    /// A set.
    Set(Box<Type>),
    /// A map with string keys.
    Map(Box<Type>),
    /// A range of ordered values.
    Range(Box<Type>),
    /// A record.
    Record(RecordType),
    /// One of several types, sorted, none of them a union or optional.
    Union(Vec<Type>),
    /// The value may be absent or null.
    Optional(Box<Type>),
    /// The type of what did not type-check: it fits everywhere, so that errors do not cascade.
    Error,
}

/// The fields of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RecordType {
    /// Field types by name; a field that may be missing has type [`Type::Optional`].
    pub fields: Fields,
    /// Whether the record may hold fields beyond these (`additionalProperties` not false).
    pub open: bool,
}

impl Type {
    /// `T?`; idempotent.
    pub fn optional(self) -> Type {
        match self {
            Type::Optional(_) | Type::Error => self,
            Type::Null => Type::Optional(Box::new(Type::Null)),
            other => Type::Optional(Box::new(other)),
        }
    }

    /// The type without its `?`.
    pub fn required(&self) -> &Type {
        match self {
            Type::Optional(inner) => inner,
            other => other,
        }
    }

    /// Whether the value may be absent or null.
    pub fn is_optional(&self) -> bool {
        matches!(self, Type::Optional(_))
    }
}
