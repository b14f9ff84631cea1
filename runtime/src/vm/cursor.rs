//! Walking the elements of a collection, one by one and without memory of its own.

use crate::data::ConstantRef;
use crate::json::{Elements, Kind, Members};
use crate::vm::context::Context;
use crate::vm::read::{constant, json_type, place_value, untyped};
use crate::vm::value::{Place, Register, Value};
use alloc::string::String;
use core::ops::Range;
use core::slice::Iter;
use mcpz_bytecode::ids::{ConstantId, TypeId};
use mcpz_bytecode::image::{ConstantNode, TypeImage};
use mcpz_bytecode::packed::Rows;

/// Where a walk stands. Of a record the values of its members are walked.
#[derive(Clone)]
pub enum Cursor<'a> {
    /// An array; the type of its elements.
    Array(Elements<'a>, Place, TypeId),
    /// An object.
    Object(Members<'a>, Place),
    /// A constant list or set.
    Rows(<Rows<'a, ConstantId> as IntoIterator>::IntoIter, ConstantRef<'a>),
    /// A constant record.
    Fields(Iter<'a, (String, ConstantId)>, ConstantRef<'a>),
    /// Pieces of a text.
    Split(core::str::Split<'a, &'a str>),
    /// Texts.
    Texts(Iter<'a, String>),
    /// Collected places.
    Places(Iter<'a, Place>),
    /// Registers.
    Run(Range<usize>),
    /// Nothing.
    Empty,
}

impl<'a> Cursor<'a> {
    /// A walk over a collection that has been read; of anything else, over nothing.
    pub fn new(cx: &Context<'a>, collection: Value<'a>) -> Self {
        match collection {
            Value::Node(place) => Self::of_place(cx, place),
            Value::Constant(reference) => match reference.get() {
                ConstantNode::List(rows) | ConstantNode::Set(rows) => Cursor::Rows(rows.into_iter(), reference),
                ConstantNode::Record(fields) => Cursor::Fields(fields.iter(), reference),
                _ => Cursor::Empty,
            },
            Value::Split(text, separator) => Cursor::Split(text.split(separator.as_str())),
            Value::Texts(texts) => Cursor::Texts(texts.iter()),
            Value::Places(places) => Cursor::Places(places.iter()),
            Value::Run(first, count) => Cursor::Run(first..first.saturating_add(count)),
            _ => Cursor::Empty,
        }
    }

    /// A walk over a JSON array or object.
    fn of_place(cx: &Context<'a>, place: Place) -> Self {
        let document = cx.document(place.source);
        match (document.kind(place.node), cx.image().types.get(place.ty.index())) {
            (Kind::Array, Some(TypeImage::List(of) | TypeImage::Set(of))) => {
                Cursor::Array(document.elements(place.node), place, *of)
            }
            (Kind::Array, _) => Cursor::Array(document.elements(place.node), place, place.ty),
            (Kind::Object, _) => Cursor::Object(document.members(place.node), place),
            _ => Cursor::Empty,
        }
    }

    /// The next element. Lists of registers take it from `registers`.
    pub fn next(&mut self, cx: &Context<'a>, registers: &[Register<'a>]) -> Option<Register<'a>> {
        self.next_member(cx, registers).map(|(_, element)| element)
    }

    /// The next element, with its key when the collection is a record.
    pub fn next_member(&mut self, cx: &Context<'a>, registers: &[Register<'a>]) -> Option<(&'a str, Register<'a>)> {
        let plain = |value| ("", Register::plain(value));
        match self {
            Cursor::Array(elements, place, of) => {
                let node = elements.next()?;
                Some(("", Register::of(place_value(cx, Place { node, ty: *of, ..*place }))))
            }
            Cursor::Object(members, place) => {
                let (key, node) = members.next()?;
                Some((key, Register::of(member_value(cx, Place { node, ..*place }, key))))
            }
            Cursor::Rows(rows, table) => rows.next().map(|id| plain(constant(table.row(id)))),
            Cursor::Fields(fields, table) => {
                fields.next().map(|(key, id)| (key.as_str(), Register::plain(constant(table.row(*id)))))
            }
            Cursor::Split(pieces) => pieces.next().map(|piece| plain(Value::Text(piece))),
            Cursor::Texts(texts) => texts.next().map(|text| plain(Value::Text(text))),
            Cursor::Places(places) => places.next().map(|place| ("", Register::of(Value::Node(*place)))),
            Cursor::Run(range) => {
                let index = range.next()?;
                registers.get(index).map(|register| ("", *register))
            }
            Cursor::Empty => None,
        }
    }
}

/// A member of an object; `place.ty` is still the type of the object.
fn member_value<'a>(cx: &Context<'a>, place: Place, key: &str) -> Value<'a> {
    let image = cx.image();
    let ty = match image.types.get(place.ty.index()) {
        Some(TypeImage::Map(of)) => Some(*of),
        Some(TypeImage::Record(fields)) => fields
            .iter()
            .find(|(symbol, _)| image.symbols.get(symbol.index()).is_some_and(|name| name == key))
            .map(|(_, of)| *of)
            .or_else(|| json_type(image)),
        _ => Some(place.ty),
    };
    match ty {
        Some(ty) => place_value(cx, Place { ty, ..place }),
        None => untyped(cx.document(place.source), place.node),
    }
}
