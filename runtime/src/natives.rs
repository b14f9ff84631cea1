//! Native functions: what strings are parsed and turned into.
//!
//! Those that allocate (`lower`, `upper`, hosts, URLs, SQL) run in the extraction stage; decision
//! code finds their results in a [`Memo`]. The others work in place.

pub mod sql;
pub mod url;

use crate::vm::context::Context;
use crate::vm::value::{Stop, Value, text_of};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::ids::ZoneId;
use mcpz_bytecode::image::{NativeImage, SqlDialect, UrlParts};
use mcpz_bytecode::limits::MAX_NATIVE_RESULTS;
use mcpz_bytecode::value::{Decimal, host, net, path, time, zone};
use sql::SqlFacts;

/// A parser whose result must be kept somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parser {
    /// `lower`.
    Lower,
    /// `upper`.
    Upper,
    /// Hosts.
    Host,
    /// URLs.
    Url,
    /// SQL.
    Sql(SqlDialect),
}

/// What a [`Parser`] made of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// Text.
    Text(String),
    /// A host.
    Host(String),
    /// A URL.
    Url(Box<UrlParts>),
    /// A statement.
    Sql(Box<SqlFacts>),
    /// Nothing.
    Failed(ErrorCode),
}

/// Results of the extraction stage, by parser and text.
#[derive(Debug, Default)]
pub struct Memo {
    rows: BTreeMap<Parser, BTreeMap<String, Parsed>>,
    count: usize,
}

impl Memo {
    /// Computes a result and keeps it. Past the limit only the refusal is kept.
    pub fn compute(&mut self, parser: Parser, text: &str) {
        let results = self.rows.entry(parser).or_default();
        if results.contains_key(text) {
            return;
        }
        self.count = self.count.saturating_add(1);
        let parsed =
            if self.count > MAX_NATIVE_RESULTS { Parsed::Failed(ErrorCode::TooLong) } else { parse(parser, text) };
        results.insert(text.to_string(), parsed);
    }

    /// A result, if it was computed.
    pub fn get(&self, parser: Parser, text: &str) -> Option<&Parsed> {
        self.rows.get(&parser)?.get(text)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        if self.count > 0 {
            self.rows.clear();
            self.count = 0;
        }
    }
}

/// What a parser makes of a text.
fn parse(parser: Parser, text: &str) -> Parsed {
    let result = match parser {
        Parser::Lower => Ok(Parsed::Text(text.to_lowercase())),
        Parser::Upper => Ok(Parsed::Text(text.to_uppercase())),
        Parser::Host => host::parse_host(text).map(|host| Parsed::Host(host.into_owned())),
        Parser::Url => url::parse_url(text).map(|url| Parsed::Url(Box::new(url))),
        Parser::Sql(dialect) => sql::facts(text, dialect).map(|facts| Parsed::Sql(Box::new(facts))),
    };
    result.unwrap_or_else(Parsed::Failed)
}

/// The value that a parser makes of a text, from the memo.
pub fn parsed<'a>(cx: &Context<'a>, parser: Parser, text: &str) -> Result<Value<'a>, Stop> {
    match cx.memo.get(parser, text) {
        Some(Parsed::Text(text)) => Ok(Value::Text(text)),
        Some(Parsed::Host(host)) => Ok(Value::Host(host)),
        Some(Parsed::Url(url)) => Ok(Value::Url(url)),
        Some(Parsed::Sql(facts)) => Ok(Value::Sql(facts)),
        Some(Parsed::Failed(code)) => Err(Stop::Error(*code)),
        None => {
            cx.miss(parser, text);
            Err(Stop::Error(ErrorCode::Internal))
        }
    }
}

/// Applies a native function to a value that has been read.
pub fn apply<'a>(cx: &Context<'a>, native: &'a NativeImage, subject: Value<'a>) -> Result<Value<'a>, Stop> {
    match (native, subject) {
        (NativeImage::Weekday(zone), _) => civil(cx, *zone, subject).map(|civil| Value::Weekday(civil.weekday)),
        (NativeImage::Date(zone), _) => civil(cx, *zone, subject).map(|civil| Value::Date(civil.date)),
        (NativeImage::Time(zone), _) => civil(cx, *zone, subject).map(|civil| Value::Time(civil.second_of_day)),
        (NativeImage::Ip, Value::Ip(_)) | (NativeImage::Instant, Value::Instant(_)) => Ok(subject),
        _ => match text_of(subject) {
            Some(text) => of_text(cx, native, text),
            None => Err(Stop::Error(ErrorCode::Type)),
        },
    }
}

/// A native function of text.
fn of_text<'a>(cx: &Context<'a>, native: &'a NativeImage, text: &'a str) -> Result<Value<'a>, Stop> {
    let result = match native {
        NativeImage::Len => {
            let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            Ok(Value::Number(Decimal::from_int(count)))
        }
        NativeImage::Trim => Ok(Value::Text(text.trim())),
        NativeImage::Split(separator) => Ok(Value::Split(text, separator)),
        NativeImage::Path => path::parse_path(text).map(Value::Path),
        NativeImage::Ip => net::parse_ip(text).map(Value::Ip),
        NativeImage::Instant => time::parse_instant(text).map(Value::Instant),
        NativeImage::Lower => return parsed(cx, Parser::Lower, text),
        NativeImage::Upper => return parsed(cx, Parser::Upper, text),
        NativeImage::Host => return parsed(cx, Parser::Host, text),
        NativeImage::Url => return parsed(cx, Parser::Url, text),
        NativeImage::Sql(dialect) => return parsed(cx, Parser::Sql(*dialect), text),
        NativeImage::Weekday(_) | NativeImage::Date(_) | NativeImage::Time(_) => Err(ErrorCode::Type),
    };
    result.map_err(Stop::Error)
}

/// Civil time of an instant in a zone.
fn civil(cx: &Context<'_>, zone: ZoneId, subject: Value<'_>) -> Result<zone::Civil, Stop> {
    let Value::Instant(instant_ms) = subject else {
        return Err(Stop::Error(ErrorCode::Type));
    };
    if !time::in_calendar(instant_ms) {
        return Err(Stop::Error(ErrorCode::Time));
    }
    let zone = cx.image().zones.get(zone.index()).ok_or(Stop::Error(ErrorCode::Internal))?;
    Ok(zone::civil_at(zone, instant_ms))
}
