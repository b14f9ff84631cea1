//! A bundle as plain owned data: what the emitter fills and the container encodes.
//!
//! Tables refer to each other by the ids of [`crate::ids`]. Rows may only refer to earlier rows of
//! their own table (types, constants, subjects, natives, classes), so nothing here is cyclic. The
//! meaning of an instruction's operands is in [`crate::opcode`]. Read next: [`parts`], the
//! declarations that decision code refers to, [`rules`], what it decides, and [`tree`], which rules can matter.

mod blocks;
pub(crate) mod constants;
mod intervals;
mod keys;
mod leads;
mod parts;
mod rulebook;
mod rules;
mod tree;
mod trees;

pub use blocks::*;
pub use constants::{ConstantNode, Constants};
pub use intervals::{Interval, IntervalImage, Intervals, NarrowInterval, Unit};
pub use keys::*;
pub use leads::{ClassCases, ClassMask, ClassSet, ClassWord, Leads};
pub use parts::*;
pub use rulebook::*;
pub use rules::*;
pub use tree::*;
pub use trees::*;

use crate::ids::*;
use crate::text::Text;
use crate::value::Line;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// A whole bundle.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BundleImage {
    /// Name of the root package.
    pub name: String,
    /// Version of the root package.
    pub version: String,
    /// Field names used by code and slots; distinct.
    pub symbols: Vec<String>,
    /// Types; a row refers to earlier rows only.
    pub types: Vec<TypeImage>,
    /// Constants; a row refers to earlier rows only.
    pub constants: Constants,
    /// Regex automata.
    pub automata: Vec<AutomatonImage>,
    /// Time zones that constants and natives name.
    pub zones: Vec<ZoneImage>,
    /// Native functions with their static argument.
    pub natives: Vec<NativeImage>,
    /// Resource URI patterns.
    pub patterns: Vec<UriPatternImage>,
    /// Places of the request that code reads.
    pub slots: Vec<SlotImage>,
    /// Questions to the state.
    pub histories: Vec<HistoryImage>,
    /// Subjects; a row refers to earlier rows only.
    pub subjects: Vec<SubjectImage>,
    /// Decision code.
    pub blocks: Blocks,
    /// Token issuers.
    pub issuers: Vec<IssuerImage>,
    /// Classes of principals; a row refers to earlier rows only (but for `acts_for`).
    pub classes: Vec<ClassImage>,
    /// Servers.
    pub servers: Vec<ServerImage>,
    /// Network segments.
    pub segments: Vec<SegmentImage>,
    /// Flows between segments.
    pub flows: Vec<FlowImage>,
    /// Labels.
    pub labels: Vec<LabelImage>,
    /// `stores` declarations.
    pub stores: Vec<StoresImage>,
    /// `declassify` declarations.
    pub declassify: Vec<DeclassifyImage>,
    /// Typed data, replaceable at run time.
    pub data: Vec<DataImage>,
    /// Type of `context` (a record); absent when the bundle declares none.
    pub context: Option<TypeId>,
    /// Places whose values are never shown.
    pub sensitive: Vec<SensitiveImage>,
    /// Grants.
    pub grants: Vec<GrantImage>,
    /// Rules in canonical order.
    pub rules: Rules,
    /// Nodes of decision trees.
    pub trees: Trees,
    /// Entry points: sorted by (action, server, target), each at most once.
    pub entries: Vec<EntryImage>,
    /// Source files, for positions.
    pub sources: Vec<SourceImage>,
    /// What `why` and `inspect` need; leaving it out changes no decision.
    pub debug: DebugImage,
}

/// A type that a place of the request or of data is read as.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TypeImage {
    /// JSON boolean.
    Bool,
    /// Integral JSON number in i64.
    Int,
    /// JSON number in the exact domain.
    Decimal,
    /// JSON string.
    String,
    /// JSON string holding base64.
    Bytes,
    /// JSON string in the literal syntax `15m`.
    Duration,
    /// JSON string, RFC 3339 with offset.
    Instant,
    /// JSON string `2026-03-02`.
    Date,
    /// JSON string `09:00` or `09:00:30`.
    Time,
    /// JSON string `mon` or `monday`.
    Weekday,
    /// JSON string holding an address.
    Ip,
    /// JSON string holding a network.
    Net,
    /// JSON string holding a host.
    Host,
    /// JSON string holding a URL.
    Url,
    /// JSON string holding an absolute, clean path.
    Path,
    /// Any JSON value.
    Json,
    /// JSON null.
    Null,
    /// JSON string, one of these (sorted).
    Enum(Vec<String>),
    /// JSON array.
    List(TypeId),
    /// JSON array, duplicates of no account.
    Set(TypeId),
    /// JSON object with any keys.
    Map(TypeId),
    /// JSON object; fields not named here read as [`TypeImage::Json`].
    Record(Vec<(SymbolId, TypeId)>),
    /// The first member whose JSON type fits; `String` is tried before types parsed from strings.
    Union(Vec<TypeId>),
    /// Absent and null are themselves.
    Optional(TypeId),
}

impl BundleImage {
    /// A type, or what it is when it is there.
    #[inline]
    pub fn plain_type(&self, ty: TypeId) -> Option<&TypeImage> {
        match self.types.get(ty.index())? {
            TypeImage::Optional(of) => self.types.get(of.index()),
            plain => Some(plain),
        }
    }

    /// The line that the values of a place stand on, if they do.
    pub fn line(&self, slot: SlotId) -> Option<Line> {
        self.plain_type(self.slots.get(slot.index())?.ty)?.line()
    }
}

impl TypeImage {
    /// The line that its values stand on, if they do.
    pub fn line(&self) -> Option<Line> {
        match self {
            TypeImage::Int | TypeImage::Decimal => Some(Line::Number),
            TypeImage::Duration => Some(Line::Duration),
            TypeImage::Instant => Some(Line::Instant),
            TypeImage::Date => Some(Line::Date),
            TypeImage::Time => Some(Line::Time),
            TypeImage::Weekday => Some(Line::Weekday),
            _ => None,
        }
    }
}

/// A constant, as it is made. Those of a whole bundle are [`Constants`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Constant {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number (int or decimal), times 10^18.
    Number(i128),
    /// Text.
    String(Text),
    /// Base64 text.
    Bytes(Text),
    /// Milliseconds.
    Duration(i64),
    /// Milliseconds since the Unix epoch.
    Instant(i64),
    /// Days since the Unix epoch.
    Date(i32),
    /// Seconds since midnight.
    Time(u32),
    /// 0 is Monday.
    Weekday(u8),
    /// An address, IPv4 unwrapped.
    Ip(core::net::IpAddr),
    /// A network: address with host bits zero, prefix length.
    Net(core::net::IpAddr, u8),
    /// A host in canonical form.
    Host(Text),
    /// A URL, normalised text and parts.
    Url(Box<UrlParts>),
    /// A clean path.
    Path(Text),
    /// A segment.
    Segment(SegmentId),
    /// A glob, as [`crate::value::glob`] matches it; escapes still in.
    Glob {
        /// The pattern.
        pattern: Text,
        /// `*` stops at `/`, `**` does not.
        path_like: bool,
    },
    /// A host pattern: exact, or `*.suffix`; A-labels.
    HostPattern(Text),
    /// A weekly window or a span of dates in a zone.
    Window(WindowImage),
    /// A list.
    List(Vec<ConstantId>),
    /// A set, no two equal.
    Set(Vec<ConstantId>),
    /// A record or map, sorted by key, keys distinct.
    Record(Vec<(String, ConstantId)>),
    /// A range: what [`crate::opcode::Opcode::SlotInRange`] tests. At least one end is there.
    Range(RangeImage),
}

/// The ends of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct RangeImage {
    /// The lower end, which belongs to the range.
    pub low: Option<ConstantId>,
    /// The upper end.
    pub high: Option<ConstantId>,
    /// Whether the upper end belongs to it.
    pub inclusive: bool,
}

/// A parsed URL, for constants (the compiler parses) and for the native `url`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct UrlParts {
    /// Normalised text: what equality, order and `like` look at.
    pub text: String,
    /// Lower case.
    pub scheme: String,
    /// Canonical host; absent when the scheme has none.
    pub host: Option<String>,
    /// Port, with the scheme's default.
    pub port: Option<u16>,
    /// Percent-encoded path.
    pub path: String,
    /// Percent-encoded query, without `?`.
    pub query: Option<String>,
    /// User name; absent when empty.
    pub username: Option<String>,
}

/// A set of instants given by civil time in a zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WindowImage {
    /// The zone.
    pub zone: ZoneId,
    /// Days of the week, bit 0 Monday; 0x7f for all.
    pub days: u8,
    /// First second of the day, inclusive. When `from_s >= until_s` the
    /// window crosses midnight and the day is the one it starts on.
    pub from_s: u32,
    /// End of the window, exclusive; 86,400 for the end of the day.
    pub until_s: u32,
    /// First date (days since the epoch), inclusive.
    pub first_date: Option<i32>,
    /// Last date, inclusive.
    pub last_date: Option<i32>,
}

/// A regex automaton: a `regex_automata` sparse DFA, little-endian, anchored, built so that at the
/// end of input it matches exactly the patterns that the whole input matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutomatonImage {
    /// `sparse::DFA::to_bytes_little_endian`, without padding.
    pub dfa: Vec<u8>,
    /// How many patterns it knows.
    pub patterns: u32,
    /// The regex as written; of several patterns, how many they are.
    pub source: String,
}

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZoneImage {
    /// IANA name.
    pub name: String,
    /// Offset before the first transition, seconds east of UTC.
    pub initial_offset_s: i32,
    /// (instant in ms, offset from then on), ascending.
    pub transitions: Vec<(i64, i32)>,
    /// What holds after the last transition; absent when its offset stays.
    pub rule: Option<ZoneRule>,
}

/// A yearly daylight saving rule, as in a POSIX TZ string of form `M.w.d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZoneRule {
    /// Standard offset, seconds east of UTC.
    pub standard_offset_s: i32,
    /// Daylight offset, seconds east of UTC.
    pub daylight_offset_s: i32,
    /// When daylight time begins, in standard local time.
    pub begins: YearlySwitch,
    /// When daylight time ends, in daylight local time.
    pub ends: YearlySwitch,
}

/// A moment of every year: the `week`th `weekday` of `month` (5: the last), at `time_s` local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearlySwitch {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 5.
    pub week: u8,
    /// 0 is Monday.
    pub weekday: u8,
    /// Seconds since local midnight, may be negative or beyond a day.
    pub time_s: i32,
}

/// A native function with its static argument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NativeImage {
    /// Characters of a string.
    Len,
    /// Unicode default lower case.
    Lower,
    /// Unicode default upper case.
    Upper,
    /// Without Unicode white space at both ends.
    Trim,
    /// Pieces between separators; the separator is not empty.
    Split(String),
    /// Absolute, clean path.
    Path,
    /// URL.
    Url,
    /// Host.
    Host,
    /// Address.
    Ip,
    /// RFC 3339 with offset.
    Instant,
    /// Day of the week of an instant.
    Weekday(ZoneId),
    /// Civil date of an instant.
    Date(ZoneId),
    /// Time of day of an instant.
    Time(ZoneId),
    /// SQL.
    Sql(SqlDialect),
}

impl NativeImage {
    /// Whether its result needs memory, so that the extraction stage must compute it beforehand.
    pub fn allocates(&self) -> bool {
        match self {
            NativeImage::Lower | NativeImage::Upper | NativeImage::Host | NativeImage::Url | NativeImage::Sql(_) => {
                true
            }
            NativeImage::Len
            | NativeImage::Trim
            | NativeImage::Split(_)
            | NativeImage::Path
            | NativeImage::Ip
            | NativeImage::Instant
            | NativeImage::Weekday(_)
            | NativeImage::Date(_)
            | NativeImage::Time(_) => false,
        }
    }
}

/// SQL dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SqlDialect {
    /// PostgreSQL.
    Postgres,
    /// MySQL.
    Mysql,
    /// SQLite.
    Sqlite,
    /// ANSI SQL.
    Ansi,
}

/// A resource URI pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct UriPatternImage {
    /// Its parts.
    pub parts: Vec<UriPartImage>,
}

/// One part of a URI pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum UriPartImage {
    /// These characters.
    Text(String),
    /// `*`: any characters but `/`.
    Star,
    /// `**`: any characters.
    DoubleStar,
    /// `{name}`: one or more characters but `/`, captured.
    Variable(String),
}

/// A place of the request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SlotImage {
    /// Where it starts.
    pub root: SlotRoot,
    /// Fields to follow. On the way an absent or null value makes the place absent, and any other
    /// value that is no object is error `type`.
    pub path: Vec<SymbolId>,
    /// What the value is read as; a value that does not fit is error `type` (or that of the parser).
    pub ty: TypeId,
}

/// Facts a slot can start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlotRoot {
    /// `args` of a tool call.
    Args,
    /// `prompt.args`: arguments of a prompt, or of a completion.
    PromptArgs,
    /// Claims of the last link, when it is a user; else error `missing`.
    UserClaims,
    /// Claims of the first link, when it is an agent; else error `missing`.
    AgentClaims,
    /// Claims of the link being classified (class blocks only).
    LinkClaims,
    /// SPIFFE id of the link being classified.
    LinkSpiffe,
    /// Unix user id of the link being classified.
    LinkUid,
    /// `context`.
    Context,
    /// `now`.
    Now,
    /// `network.source`.
    NetworkSource,
    /// `resource.uri`.
    ResourceUri,
    /// A variable of a URI pattern; absent when the pattern does not match.
    UriVariable(PatternId, SymbolId),
    /// `sample`: record of `max_tokens`, `model`, `messages`.
    Sample,
    /// `elicit`: record of `asks_secret`, `mode`, `fields`.
    Elicit,
    /// A data declaration.
    Data(DataId),
    /// Every parameter of a kind, from the tool's [`ToolImage::collect`]; a list.
    Collect(ParameterKind),
}

/// Kinds of parameter a rule can range over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParameterKind {
    /// Places of type path.
    Paths,
    /// Places of type url.
    Urls,
    /// Places of type host.
    Hosts,
    /// Every string anywhere in the arguments.
    Strings,
}

/// A question to the state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryImage {
    /// `session holds L`.
    SessionHolds(LabelId),
    /// `args.x carries L`.
    Carries(LabelId),
    /// `args.x seen in S` with S a data set.
    SeenInData(DataId),
    /// `args.x seen in S` with S a label.
    SeenInLabel(LabelId),
    /// `count(..)`, `sum(..)`, `sequence(..)`.
    Query {
        /// Canonical text: the question's identity.
        text: String,
        /// What the answer is.
        kind: QueryKind,
        /// What is counted by.
        by: HistoryKey,
    },
}

/// What a history query asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum QueryKind {
    /// Answered with an int.
    Count,
    /// Answered with a decimal.
    Sum,
    /// Answered with a bool.
    Sequence,
}

/// What past calls and limits are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryKey {
    /// The session.
    Session,
    /// The user in the chain.
    User,
    /// The outermost agent.
    Agent,
    /// The whole chain; anonymous callers share one key.
    Caller,
}

/// Who a rule is about. How it matches is said by the flags of [`crate::opcode::Opcode::Subject`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectImage {
    /// `anyone`.
    Anyone,
    /// `anonymous`.
    Anonymous,
    /// `any agent`.
    AnyAgent,
    /// `any user`.
    AnyUser,
    /// A user, agent or role.
    Class(ClassId),
    /// `[a, b]`.
    Either(Vec<SubjectId>),
    /// `a & b`.
    Both(Vec<SubjectId>),
    /// `a acting for b`.
    ActingFor(SubjectId, SubjectId),
    /// `server s`.
    Server(ServerId),
}
