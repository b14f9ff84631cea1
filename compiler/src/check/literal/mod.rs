//! String literals take the type their place expects, and are parsed there and then.
//!
//! Each parser takes the decoded text and returns a [`Literal`] or a [`LiteralError`] that
//! points *inside* the text; the caller maps its offsets back to the source. The same parsers read
//! the strings of `data` files and of declarations. Host patterns and SPIFFE ids have small pest
//! grammars of their own beside this file; the other forms are those of a standard library.

mod glob;
mod host;
mod net;
mod regex;
mod time;
mod uri;

pub use glob::{Glob, GlobNote, glob};
pub use host::{host, host_pattern, host_port};
pub use net::{ip, network};
pub(crate) use regex::is_size_error;
pub use regex::{RegexNote, RegexNoteKind, ascii_pattern, regex, regex_notes};
pub use time::{date, instant, time_of_day, weekday, zone};
pub use uri::{path, spiffe_id, url};

use crate::hir::Literal;
use crate::types::Type;
use smol_str::SmolStr;

/// Why a literal is not what its place expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiteralError {
    /// First byte of the mistake in the decoded text.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// What is wrong: lower case, no final period.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The whole text, mended, when a machine can.
    pub replacement: Option<String>,
}

impl LiteralError {
    /// A mistake in this part of the text.
    pub fn at(start: usize, end: usize, message: impl Into<String>) -> Self {
        Self { start, end, message: message.into(), help: None, replacement: None }
    }

    /// A mistake that is the whole text.
    pub fn whole(text: &str, message: impl Into<String>) -> Self {
        Self::at(0, text.len(), message)
    }

    /// Adds what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the mended text.
    pub fn replacement(mut self, text: impl Into<String>) -> Self {
        self.replacement = Some(text.into());
        self
    }
}

/// The name of what a literal of this type is, for messages: `network`, `URL`.
pub fn kind_name(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Net => Some("network"),
        Type::Ip => Some("address"),
        Type::Host => Some("host"),
        Type::Url => Some("URL"),
        Type::Path => Some("path"),
        Type::Instant => Some("instant"),
        Type::Date => Some("date"),
        Type::Time => Some("time of day"),
        Type::Weekday => Some("weekday"),
        Type::Enum(_) => Some("value"),
        _ => None,
    }
}

/// Parses a string as a value of this type. Types that no string stands for give an error.
pub fn parse(text: &str, ty: &Type) -> Result<Literal, LiteralError> {
    match ty.required() {
        Type::String | Type::Json | Type::Error => Ok(Literal::String(text.to_owned())),
        Type::Net => network(text).map(|(address, prefix)| Literal::Net(address, prefix)),
        Type::Ip => ip(text).map(Literal::Ip),
        Type::Host => host(text).map(Literal::Host),
        Type::Url => url(text).map(Literal::Url),
        Type::Path => path(text).map(Literal::Path),
        Type::Instant => instant(text).map(Literal::Instant),
        Type::Date => date(text).map(Literal::Date),
        Type::Time => time_of_day(text).map(Literal::Time),
        Type::Weekday => weekday(text).map(Literal::Weekday),
        Type::Enum(values) => enum_value(text, values),
        Type::Union(members) => union_member(text, members),
        other => Err(LiteralError::whole(text, format!("a string is no `{other}`"))),
    }
}

fn enum_value(text: &str, values: &[SmolStr]) -> Result<Literal, LiteralError> {
    if values.iter().any(|value| value == text) {
        return Ok(Literal::String(text.to_owned()));
    }
    let error = LiteralError::whole(text, format!("`{text}` is not one of the values of this enum"));
    let known = values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    let error = error.help(format!("its values are {known}"));
    match crate::diagnostics::suggest::nearest(text, values.iter().map(SmolStr::as_str)) {
        Some(near) => Err(error.replacement(near)),
        None => Err(error),
    }
}

/// A union takes plain text when it has `string` or the enum value; otherwise its first member that parses.
fn union_member(text: &str, members: &[Type]) -> Result<Literal, LiteralError> {
    if members.contains(&Type::String) {
        return Ok(Literal::String(text.to_owned()));
    }
    let mut first_error = None;
    for member in members {
        match parse(text, member) {
            Ok(literal) => return Ok(literal),
            Err(error) if first_error.is_none() && kind_name(member).is_some() => first_error = Some(error),
            Err(_) => {}
        }
    }
    Err(first_error.unwrap_or_else(|| LiteralError::whole(text, "a string has none of the types expected here")))
}
