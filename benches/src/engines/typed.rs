//! The struct that a programmer would read a call into, with borrowed text; by serde_json or sonic-rs.
//!
//! Unknown members are skipped. Duplicate keys of members it names are refused (serde does that).

use crate::model::{IntField, Shape, TextField};
use serde::Deserialize;
use std::borrow::Cow;
use std::ops::Deref;

/// Text of the message, copied only when it holds escapes. A type of its own, because serde always
/// copies the text of an `Option<Cow<str>>`.
#[derive(Debug, Clone, Deserialize)]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// The arguments that rules read.
#[derive(Debug, Clone, Deserialize)]
pub struct Arguments<'a> {
    #[serde(borrow)]
    path: Option<Text<'a>>,
    #[serde(borrow)]
    repo: Option<Text<'a>>,
    #[serde(borrow)]
    query: Option<Text<'a>>,
    #[serde(borrow)]
    mode: Option<Text<'a>>,
    amount: Option<i64>,
    limit: Option<i64>,
}

impl Arguments<'_> {
    /// A text argument.
    pub fn text(&self, field: TextField) -> Option<&str> {
        match field {
            TextField::Path => self.path.as_deref(),
            TextField::Repo => self.repo.as_deref(),
            TextField::Query => self.query.as_deref(),
            TextField::Mode => self.mode.as_deref(),
        }
    }

    /// An integer argument.
    pub fn int(&self, field: IntField) -> Option<i64> {
        match field {
            IntField::Amount => self.amount,
            IntField::Limit => self.limit,
        }
    }
}

/// A call, read.
#[derive(Debug, Clone)]
pub struct TypedCall<'a> {
    /// The tool.
    pub tool: Text<'a>,
    /// The arguments.
    pub arguments: Arguments<'a>,
}

#[derive(Deserialize)]
struct Message<'a, A> {
    #[serde(borrow)]
    method: Text<'a>,
    params: Params<'a, A>,
}

#[derive(Deserialize)]
struct Params<'a, A> {
    #[serde(borrow)]
    name: Text<'a>,
    arguments: A,
}

#[derive(Deserialize)]
struct Deep<'a> {
    #[serde(borrow)]
    job: Job<'a>,
}

#[derive(Deserialize)]
struct Job<'a> {
    #[serde(borrow)]
    spec: Spec<'a>,
}

#[derive(Deserialize)]
struct Spec<'a> {
    #[serde(borrow)]
    params: Arguments<'a>,
}

/// A JSON library.
pub trait Reader: Send + Sync + 'static {
    /// Reads a value.
    fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T>;
}

/// serde_json.
pub struct Serde;

impl Reader for Serde {
    fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
        serde_json::from_slice(bytes).ok()
    }
}

/// sonic-rs.
pub struct Sonic;

impl Reader for Sonic {
    fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
        sonic_rs::from_slice(bytes).ok()
    }
}

/// Reads a call.
pub fn read<R: Reader>(bytes: &[u8], shape: Shape) -> Option<TypedCall<'_>> {
    match shape {
        Shape::Flat => {
            let message: Message<'_, Arguments<'_>> = R::read(bytes)?;
            is_call(&message.method)
                .then_some(TypedCall { tool: message.params.name, arguments: message.params.arguments })
        }
        Shape::Deep => {
            let message: Message<'_, Deep<'_>> = R::read(bytes)?;
            let arguments = message.params.arguments.job.spec.params;
            is_call(&message.method).then_some(TypedCall { tool: message.params.name, arguments })
        }
    }
}

fn is_call(method: &str) -> bool {
    method == "tools/call"
}
