//! Questions to the state. What the state answers is unknown at list time.

use crate::json::{Document, Kind, NodeId};
use crate::state::{HistoryAnswer, HistoryKey, HistoryQuery, QueryKind, SeenSource, State, StateError};
use crate::vm::context::Context;
use crate::vm::read::operand;
use crate::vm::value::{Place, Register, Stop, Value, text_of};
use alloc::string::String;
use core::fmt::Write;
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::image::{HistoryImage, LinkKind};
use mcpz_bytecode::limits::MAX_POINTER_BYTES;
use mcpz_bytecode::value::Decimal;

/// Longest text of a number.
const VALUE_BYTES: usize = 64;

/// Memory for the texts of questions; it is made once, and never grows.
#[derive(Debug, Default)]
pub struct QuestionText {
    pointer: String,
    value: String,
}

impl QuestionText {
    /// The same, with memory for the longest pointer and number.
    pub fn ready(mut self) -> Self {
        self.pointer.reserve(MAX_POINTER_BYTES.saturating_sub(self.pointer.len()));
        self.value.reserve(VALUE_BYTES.saturating_sub(self.value.len()));
        self
    }
}

/// The state, or why it cannot be asked.
fn state<'a>(cx: &Context<'a>) -> Result<&'a dyn State, Stop> {
    cx.state.ok_or(Stop::Unknown)
}

/// A store that fails is an error of the question.
fn answered<T>(answer: Result<T, StateError>) -> Result<T, Stop> {
    answer.map_err(|_| Stop::Error(ErrorCode::State))
}

/// Whether there is someone to count by.
pub fn has_key(cx: &Context<'_>, key: HistoryKey) -> bool {
    match key {
        HistoryKey::Session | HistoryKey::Caller => true,
        HistoryKey::User => cx.chain.last().is_some_and(|link| link.kind() == LinkKind::User),
        HistoryKey::Agent => cx.chain.first().is_some_and(|link| link.kind() == LinkKind::Agent),
    }
}

/// A question without an operand.
pub fn ask<'a>(cx: &Context<'a>, question: &HistoryImage) -> Result<Value<'a>, Stop> {
    match question {
        HistoryImage::SessionHolds(label) => {
            let label = cx.image().labels.get(label.index()).ok_or(Stop::Error(ErrorCode::Internal))?;
            answered(state(cx)?.session_holds(&label.name)).map(Value::Bool)
        }
        HistoryImage::Query { text, kind, by } => {
            let state = state(cx)?;
            if !has_key(cx, *by) {
                return Err(Stop::Error(ErrorCode::Missing));
            }
            match (kind, answered(state.history(&HistoryQuery { text, kind: *kind, by: *by }))?) {
                (QueryKind::Count, HistoryAnswer::Int(count)) => Ok(Value::Number(Decimal::from_int(count))),
                (QueryKind::Sum, HistoryAnswer::Decimal(units)) => {
                    Decimal::from_units(units).map(Value::Number).map_err(|_| Stop::Error(ErrorCode::State))
                }
                (QueryKind::Sequence, HistoryAnswer::Bool(happened)) => Ok(Value::Bool(happened)),
                _ => Err(Stop::Error(ErrorCode::State)),
            }
        }
        HistoryImage::Carries(_) | HistoryImage::SeenInData(_) | HistoryImage::SeenInLabel(_) => {
            Err(Stop::Error(ErrorCode::Internal))
        }
    }
}

/// A question about the place in a register.
pub fn ask_of<'a>(
    cx: &Context<'a>,
    question: &HistoryImage,
    place: Register<'a>,
    texts: &mut QuestionText,
) -> Result<bool, Stop> {
    operand(cx, place.value)?;
    let text = scalar_text(cx, place.value, &mut texts.value);
    let internal = Stop::Error(ErrorCode::Internal);
    match question {
        HistoryImage::Carries(label) => {
            let (Some(asked), Some(node)) = (cx.asked, place.origin) else {
                return Err(internal);
            };
            write_pointer(asked.arguments, node, &mut texts.pointer)?;
            let label = cx.image().labels.get(label.index()).ok_or(internal)?;
            answered(state(cx)?.carries(&texts.pointer, text, &label.name))
        }
        HistoryImage::SeenInData(data) => {
            let text = text.ok_or(Stop::Error(ErrorCode::Type))?;
            let data = cx.image().data.get(data.index()).ok_or(internal)?;
            answered(state(cx)?.seen_in(text, SeenSource::Data(&data.name)))
        }
        HistoryImage::SeenInLabel(label) => {
            let text = text.ok_or(Stop::Error(ErrorCode::Type))?;
            let label = cx.image().labels.get(label.index()).ok_or(internal)?;
            answered(state(cx)?.seen_in(text, SeenSource::Label(&label.name)))
        }
        HistoryImage::SessionHolds(_) | HistoryImage::Query { .. } => Err(internal),
    }
}

/// A string as it is, a number in canonical form, a boolean by its word; collections have none.
fn scalar_text<'t>(cx: &Context<'t>, value: Value<'t>, buffer: &'t mut String) -> Option<&'t str> {
    let number = match value {
        Value::Node(Place { source, node, .. }) => {
            let document = cx.document(source);
            match document.kind(node) {
                Kind::String => return document.str(node),
                Kind::Bool => return document.bool(node).map(bool_word),
                Kind::Number => Decimal::from_units(document.number(node)?).ok()?,
                Kind::Null | Kind::Array | Kind::Object => return None,
            }
        }
        Value::Number(number) => number,
        Value::Bool(value) => return Some(bool_word(value)),
        other => return text_of(other),
    };
    buffer.clear();
    write!(buffer, "{number}").ok()?;
    Some(buffer)
}

/// `true` or `false`.
fn bool_word(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Writes the JSON pointer of a node below the arguments. One that is too long is an error.
fn write_pointer(arguments: (Document<'_>, NodeId), target: NodeId, out: &mut String) -> Result<(), Stop> {
    let (document, mut at) = arguments;
    out.clear();
    while at != target {
        let child = child_towards(document, at, target).ok_or(Stop::Error(ErrorCode::Internal))?;
        match document.key(child.1) {
            Some(key) => push_key(key, out)?,
            None => push_index(child.0, out)?,
        }
        at = child.1;
    }
    Ok(())
}

/// The child below which the target stands, with its position. Nodes stand in the order of the text,
/// so it is the last child not behind the target.
fn child_towards(document: Document<'_>, parent: NodeId, target: NodeId) -> Option<(usize, NodeId)> {
    let not_behind = |child: &(usize, NodeId)| child.1 <= target;
    match document.kind(parent) {
        Kind::Array => document.elements(parent).enumerate().take_while(not_behind).last(),
        Kind::Object => document.members(parent).map(|(_, node)| node).enumerate().take_while(not_behind).last(),
        _ => None,
    }
}

/// Appends text, if there is room.
fn push(text: &str, out: &mut String) -> Result<(), Stop> {
    if out.len().saturating_add(text.len()) > MAX_POINTER_BYTES {
        return Err(Stop::Error(ErrorCode::TooLong));
    }
    out.push_str(text);
    Ok(())
}

/// Appends `/key`, escaped.
fn push_key(key: &str, out: &mut String) -> Result<(), Stop> {
    push("/", out)?;
    let mut buffer = [0_u8; 4];
    for character in key.chars() {
        match character {
            '~' => push("~0", out)?,
            '/' => push("~1", out)?,
            other => push(other.encode_utf8(&mut buffer), out)?,
        }
    }
    Ok(())
}

/// Appends `/index`.
fn push_index(index: usize, out: &mut String) -> Result<(), Stop> {
    if out.len().saturating_add(24) > MAX_POINTER_BYTES {
        return Err(Stop::Error(ErrorCode::TooLong));
    }
    write!(out, "/{index}").map_err(|_| Stop::Error(ErrorCode::TooLong))
}
