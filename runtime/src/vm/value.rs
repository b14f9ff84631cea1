//! What a register holds.
//!
//! A [`Value`] is small and `Copy`; text and collections are borrowed from the message, the program
//! or the extraction stage. A place of a JSON document stays unread ([`Value::Node`]) until a strict
//! operator reads it as its type: `has`, `is` and `??` look at the JSON alone.

use crate::data::ConstantRef;
use crate::json::NodeId;
use crate::natives::sql::SqlFacts;
use alloc::string::String;
use core::net::IpAddr;
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::ids::{SegmentId, TypeId};
use mcpz_bytecode::image::{UrlParts, WindowImage};
use mcpz_bytecode::value::Decimal;

/// A value, or why there is none.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// Nothing stands there.
    Absent,
    /// Not known at list time.
    Unknown,
    /// No value.
    Error(ErrorCode),
    /// JSON null.
    Null,
    /// A boolean, or truth.
    Bool(bool),
    /// A number.
    Number(Decimal),
    /// Text.
    Text(&'a str),
    /// Milliseconds.
    Duration(i64),
    /// Milliseconds since the epoch.
    Instant(i64),
    /// Days since the epoch.
    Date(i32),
    /// Seconds since midnight.
    Time(u32),
    /// 0 is Monday.
    Weekday(u8),
    /// An address, unwrapped.
    Ip(IpAddr),
    /// A network.
    Net(IpAddr, u8),
    /// A canonical host.
    Host(&'a str),
    /// A clean path.
    Path(&'a str),
    /// A URL.
    Url(&'a UrlParts),
    /// What a SQL statement does.
    Sql(&'a SqlFacts),
    /// A segment.
    Segment(SegmentId),
    /// A time window.
    Window(&'a WindowImage),
    /// A host pattern.
    HostPattern(&'a str),
    /// A glob.
    Glob(&'a str, bool),
    /// A JSON value that is not null, to be read as its type.
    Node(Place),
    /// A list, set or record of constants.
    Constant(ConstantRef<'a>),
    /// The pieces of a text between separators.
    Split(&'a str, &'a String),
    /// Texts made by the extraction stage.
    Texts(&'a [String]),
    /// Places collected by the extraction stage.
    Places(&'a [Place]),
    /// A list of registers: the first and how many.
    Run(usize, usize),
}

/// A JSON value and the type it is read as.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The document: see [`crate::vm::context::Context::document`].
    pub source: Source,
    /// The node.
    pub node: NodeId,
    /// The type.
    pub ty: TypeId,
}

/// The documents that a request brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The arguments, as `args`: the state can be asked about places in them.
    Arguments,
    /// The arguments of a prompt.
    Prompt,
    /// `sample` or `elicit`.
    Details,
    /// `context`.
    Facts,
    /// The claims of the user.
    User,
    /// The claims of the agent.
    Agent,
    /// The claims of the link that is being classified.
    Link,
}

/// A register.
#[derive(Debug, Clone, Copy)]
pub struct Register<'a> {
    /// What it holds.
    pub value: Value<'a>,
    /// The argument it comes from.
    pub origin: Option<NodeId>,
}

impl<'a> Register<'a> {
    /// A register whose value comes from no argument.
    pub fn plain(value: Value<'a>) -> Self {
        Self { value, origin: None }
    }

    /// A register that holds a place or constant, with its origin.
    pub fn of(value: Value<'a>) -> Self {
        let origin = match value {
            Value::Node(place) if place.source == Source::Arguments => Some(place.node),
            _ => None,
        };
        Self { value, origin }
    }
}

/// Truth: what conditions evaluate to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It could not be evaluated.
    Error(ErrorCode),
    /// Not known at list time.
    Unknown,
}

impl Truth {
    /// Of a boolean.
    pub fn of(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }

    /// False wins, then the smallest error, then unknown.
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, rest) | (rest, Truth::True) => rest,
            _ => self.merge(other),
        }
    }

    /// True wins, then the smallest error, then unknown.
    pub fn or(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::True, _) | (_, Truth::True) => Truth::True,
            (Truth::False, rest) | (rest, Truth::False) => rest,
            _ => self.merge(other),
        }
    }

    /// Swaps true and false.
    pub fn negate(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            other => other,
        }
    }

    /// Of two that are errors or unknown: the smallest error, else unknown.
    fn merge(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::Error(a), Truth::Error(b)) => Truth::Error(a.min(b)),
            (Truth::Error(code), _) | (_, Truth::Error(code)) => Truth::Error(code),
            _ => Truth::Unknown,
        }
    }
}

impl From<Truth> for Value<'_> {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::True => Value::Bool(true),
            Truth::False => Value::Bool(false),
            Truth::Error(code) => Value::Error(code),
            Truth::Unknown => Value::Unknown,
        }
    }
}

impl From<Result<bool, Stop>> for Truth {
    fn from(result: Result<bool, Stop>) -> Self {
        match result {
            Ok(value) => Truth::of(value),
            Err(Stop::Error(code)) => Truth::Error(code),
            Err(Stop::Unknown) => Truth::Unknown,
        }
    }
}

/// Why a strict operator has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// An error.
    Error(ErrorCode),
    /// Not known at list time.
    Unknown,
}

impl Stop {
    /// What remains of two: the smallest error, else unknown.
    pub fn merge(self, other: Stop) -> Stop {
        match (self, other) {
            (Stop::Error(a), Stop::Error(b)) => Stop::Error(a.min(b)),
            (Stop::Error(code), _) | (_, Stop::Error(code)) => Stop::Error(code),
            _ => Stop::Unknown,
        }
    }
}

/// Both results, or the merged stop.
pub fn both<A, B>(a: Result<A, Stop>, b: Result<B, Stop>) -> Result<(A, B), Stop> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) => Err(a.merge(b)),
        (Err(stop), _) | (_, Err(stop)) => Err(stop),
    }
}

impl<'a> From<Result<Value<'a>, Stop>> for Value<'a> {
    fn from(result: Result<Value<'a>, Stop>) -> Self {
        match result {
            Ok(value) => value,
            Err(Stop::Error(code)) => Value::Error(code),
            Err(Stop::Unknown) => Value::Unknown,
        }
    }
}

/// Where a value stands on the line of its kind ([`Line`](mcpz_bytecode::value::Line)), if it does.
pub fn place_of(value: Value<'_>) -> Option<i128> {
    Some(match value {
        Value::Number(number) => number.units(),
        Value::Duration(ms) | Value::Instant(ms) => i128::from(ms),
        Value::Date(days) => i128::from(days),
        Value::Time(seconds) => i128::from(seconds),
        Value::Weekday(day) => i128::from(day),
        _ => return None,
    })
}

/// The text of a value that is text: a string, or a path, host or URL in canonical form.
pub fn text_of<'a>(value: Value<'a>) -> Option<&'a str> {
    match value {
        Value::Text(text) | Value::Host(text) | Value::Path(text) => Some(text),
        Value::Url(url) => Some(&url.text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Truth; 5] =
        [Truth::True, Truth::False, Truth::Error(ErrorCode::Missing), Truth::Error(ErrorCode::State), Truth::Unknown];

    /// The tables of docs/semantics.md, row by row.
    #[test]
    fn truth_tables() {
        use Truth::{Error, False, True, Unknown};
        let (small, large) = (Error(ErrorCode::Missing), Error(ErrorCode::State));
        let and = [
            [True, False, small, large, Unknown],
            [False, False, False, False, False],
            [small, False, small, small, small],
            [large, False, small, large, large],
            [Unknown, False, small, large, Unknown],
        ];
        let or = [
            [True, True, True, True, True],
            [True, False, small, large, Unknown],
            [True, small, small, small, small],
            [True, large, small, large, large],
            [True, Unknown, small, large, Unknown],
        ];
        for (row, a) in ALL.into_iter().enumerate() {
            for (column, b) in ALL.into_iter().enumerate() {
                assert_eq!(a.and(b), and[row][column], "{a:?} and {b:?}");
                assert_eq!(a.or(b), or[row][column], "{a:?} or {b:?}");
                assert_eq!(a.and(b).negate(), a.negate().or(b.negate()), "de Morgan {a:?} {b:?}");
            }
        }
    }

    #[test]
    fn folds_do_not_depend_on_order_or_grouping() {
        for a in ALL {
            for b in ALL {
                assert_eq!(a.and(b), b.and(a));
                assert_eq!(a.or(b), b.or(a));
                for c in ALL {
                    assert_eq!(a.and(b).and(c), a.and(b.and(c)));
                    assert_eq!(a.or(b).or(c), a.or(b.or(c)));
                }
            }
        }
    }
}
