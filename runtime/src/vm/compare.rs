//! Equality, order, membership and pattern tests of values that have been read.

use crate::vm::context::Context;
use crate::vm::cursor::Cursor;
use crate::vm::read::{Shape, bounded, constant, operand, shape};
use crate::vm::value::{Place, Register, Stop, Truth, Value, both, text_of};
use core::cmp::Ordering;
use core::net::IpAddr;
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::ids::SegmentId;
use mcpz_bytecode::image::{ConstantNode, TypeImage, WindowImage};
use mcpz_bytecode::limits::MAX_VALUE_DEPTH;
use mcpz_bytecode::value::{glob, host, net, path, time, zone};

/// Error `type`.
const TYPE: Stop = Stop::Error(ErrorCode::Type);

/// Comparisons, with the registers that lists of registers refer to.
#[derive(Clone, Copy)]
pub struct Comparer<'c, 'a> {
    /// What decision code sees.
    pub cx: &'c Context<'a>,
    /// The block's registers.
    pub registers: &'c [Register<'a>],
}

impl<'a> Comparer<'_, 'a> {
    /// `a == b`. Of collections all elements are read first: one in error is the result.
    pub fn equal(&self, a: Value<'a>, b: Value<'a>) -> Result<bool, Stop> {
        if let (Some((left, left_size)), Some((right, right_size))) = (shape(self.cx, a), shape(self.cx, b))
            && (left == Shape::Record) == (right == Shape::Record)
        {
            both(bounded(a, left_size), bounded(b, right_size))?;
            both(self.readable(a, 0), self.readable(b, 0))?;
        }
        Ok(self.same(a, b, 0))
    }

    /// Whether every element, in any depth, can be read.
    fn readable(&self, collection: Value<'a>, depth: usize) -> Result<(), Stop> {
        if depth > MAX_VALUE_DEPTH {
            return Err(Stop::Error(ErrorCode::TooLong));
        }
        let mut stop: Option<Stop> = None;
        let mut elements = Cursor::new(self.cx, collection);
        while let Some(element) = elements.next(self.cx, self.registers) {
            let result = self.element(collection, element.value).and_then(|value| match shape(self.cx, value) {
                Some(_) => self.readable(value, depth.saturating_add(1)),
                None => Ok(()),
            });
            if let Err(found) = result {
                stop = Some(stop.map_or(found, |before| before.merge(found)));
            }
        }
        stop.map_or(Ok(()), Err)
    }

    /// An element as it takes part in comparisons: null stays null, but an absent or null element of
    /// a list written in the policy is an error.
    fn element(&self, collection: Value<'a>, value: Value<'a>) -> Result<Value<'a>, Stop> {
        match value {
            Value::Null if !matches!(collection, Value::Run(..)) => Ok(Value::Null),
            other => operand(self.cx, other),
        }
    }

    /// Equality of values whose elements can all be read.
    fn same(&self, a: Value<'a>, b: Value<'a>, depth: usize) -> bool {
        if depth > MAX_VALUE_DEPTH {
            return false;
        }
        match (shape(self.cx, a), shape(self.cx, b)) {
            (Some((Shape::List, left)), Some((Shape::List, right))) => left == right && self.same_sequence(a, b, depth),
            (Some((Shape::Record, left)), Some((Shape::Record, right))) => {
                left == right && self.same_members(a, b, depth)
            }
            (Some((Shape::Record, _)), Some(_)) | (Some(_), Some((Shape::Record, _))) => false,
            (Some(_), Some(_)) => self.subset(a, b, depth) && self.subset(b, a, depth),
            (None, None) => same_scalar(a, b),
            _ => false,
        }
    }

    /// Element-wise equality of two lists of one length.
    fn same_sequence(&self, a: Value<'a>, b: Value<'a>, depth: usize) -> bool {
        let (mut left, mut right) = (Cursor::new(self.cx, a), Cursor::new(self.cx, b));
        while let Some(one) = left.next(self.cx, self.registers) {
            let Some(other) = right.next(self.cx, self.registers) else {
                return false;
            };
            if !self.same_elements((a, one.value), (b, other.value), depth) {
                return false;
            }
        }
        true
    }

    /// Equality of two elements, each given with its collection.
    fn same_elements(
        &self,
        (a, one): (Value<'a>, Value<'a>),
        (b, other): (Value<'a>, Value<'a>),
        depth: usize,
    ) -> bool {
        match (self.element(a, one), self.element(b, other)) {
            (Ok(one), Ok(other)) => self.same(one, other, depth.saturating_add(1)),
            _ => false,
        }
    }

    /// Whether every element of `inner` is in `outer`.
    fn subset(&self, inner: Value<'a>, outer: Value<'a>, depth: usize) -> bool {
        let mut elements = Cursor::new(self.cx, inner);
        while let Some(element) = elements.next(self.cx, self.registers) {
            if !self.holds(outer, (inner, element.value), depth) {
                return false;
            }
        }
        true
    }

    /// Whether a collection has an element equal to this one.
    fn holds(&self, collection: Value<'a>, wanted: (Value<'a>, Value<'a>), depth: usize) -> bool {
        let mut elements = Cursor::new(self.cx, collection);
        while let Some(element) = elements.next(self.cx, self.registers) {
            if self.same_elements(wanted, (collection, element.value), depth) {
                return true;
            }
        }
        false
    }

    /// Equality of two records of one size: every member of one is the same in the other.
    fn same_members(&self, a: Value<'a>, b: Value<'a>, depth: usize) -> bool {
        let mut members = Cursor::new(self.cx, a);
        while let Some((key, one)) = members.next_member(self.cx, self.registers) {
            let Some(other) = self.member(b, key) else {
                return false;
            };
            if !self.same_elements((a, one.value), (b, other), depth) {
                return false;
            }
        }
        true
    }

    /// A member of a record by key.
    fn member(&self, record: Value<'a>, wanted: &str) -> Option<Value<'a>> {
        if let Value::Constant(reference) = record
            && let ConstantNode::Record(fields) = reference.get()
        {
            let at = fields.binary_search_by(|(key, _)| key.as_str().cmp(wanted)).ok()?;
            return fields.get(at).map(|(_, id)| constant(reference.row(*id)));
        }
        let mut members = Cursor::new(self.cx, record);
        while let Some((key, value)) = members.next_member(self.cx, self.registers) {
            if key == wanted {
                return Some(value.value);
            }
        }
        None
    }

    /// `item in collection`, both read.
    pub fn contained(&self, item: Value<'a>, collection: Value<'a>) -> Truth {
        if let Some((kind, size)) = shape(self.cx, collection) {
            if kind == Shape::Record {
                return Err(TYPE).into();
            }
            if let Err(stop) = bounded(collection, size) {
                return Err(stop).into();
            }
            return self.contained_in_elements(item, collection);
        }
        match collection {
            Value::Net(..) | Value::Segment(_) | Value::Window(_) | Value::HostPattern(_) => {
                self.fits(item, collection)
            }
            _ => Err(TYPE).into(),
        }
    }

    /// Some element fits.
    fn contained_in_elements(&self, item: Value<'a>, collection: Value<'a>) -> Truth {
        let mut result = Truth::False;
        let mut elements = Cursor::new(self.cx, collection);
        while let Some(element) = elements.next(self.cx, self.registers) {
            let fits = match self.element(collection, element.value) {
                Ok(element) => self.fits(item, element),
                Err(stop) => Err(stop).into(),
            };
            result = result.or(fits);
            if result == Truth::True && !self.cx.eager {
                break;
            }
        }
        result
    }

    /// An element that is a set of values itself is asked; others are compared.
    fn fits(&self, item: Value<'a>, element: Value<'a>) -> Truth {
        match (item, element) {
            (Value::Net(..), Value::Net(..)) => Truth::of(same_scalar(item, element)),
            (_, Value::Net(address, length)) => in_net(item, (address, length)).into(),
            (_, Value::Segment(id)) => self.in_segment(item, id).into(),
            (_, Value::Window(window)) => self.in_window(item, window).into(),
            (Value::Host(name), Value::HostPattern(pattern)) => Truth::of(host::host_matches(pattern, name)),
            _ => self.equal(item, element).into(),
        }
    }

    /// Whether an address is in some network of a segment.
    fn in_segment(&self, item: Value<'a>, id: SegmentId) -> Result<bool, Stop> {
        let (Value::Ip(ip), Some(segment)) = (item, self.cx.image().segments.get(id.index())) else {
            return Err(TYPE);
        };
        Ok(segment.networks.iter().any(|network| net::net_contains(*network, ip)))
    }

    /// Whether an instant is in a window.
    fn in_window(&self, item: Value<'a>, window: &WindowImage) -> Result<bool, Stop> {
        let (Value::Instant(instant_ms), Some(zone)) = (item, self.cx.image().zones.get(window.zone.index())) else {
            return Err(TYPE);
        };
        if !time::in_calendar(instant_ms) {
            return Err(Stop::Error(ErrorCode::Time));
        }
        Ok(zone::window_contains(window, zone, instant_ms))
    }

    /// `a contains b`: the substring test of texts, else `b in a`.
    pub fn contains(&self, whole: Value<'a>, part: Value<'a>) -> Truth {
        match (text_of(whole), text_of(part)) {
            (Some(whole), Some(part)) => Truth::of(whole.contains(part)),
            (Some(_), None) => Err(TYPE).into(),
            (None, _) => self.contained(part, whole),
        }
    }

    /// `count(xs)`: of a set, its distinct elements.
    pub fn count(&self, collection: Value<'a>) -> Result<usize, Stop> {
        let (kind, size) = shape(self.cx, collection).ok_or(TYPE)?;
        bounded(collection, size)?;
        if kind != Shape::Set || matches!(collection, Value::Constant(_)) {
            return Ok(size);
        }
        self.readable(collection, 0)?;
        let mut distinct = 0_usize;
        let mut elements = Cursor::new(self.cx, collection);
        while let Some(element) = elements.next(self.cx, self.registers) {
            // An element counts when none equals it among those after it.
            let mut later = elements.clone();
            let mut again = false;
            while let Some(other) = later.next(self.cx, self.registers) {
                again |= self.same_elements((collection, element.value), (collection, other.value), 0);
            }
            distinct = distinct.saturating_add(usize::from(!again));
        }
        Ok(distinct)
    }
}

/// Equality of two values that are no collections. Values of different kinds are unequal, but a
/// string equals the path, host or URL of its text.
fn same_scalar(a: Value<'_>, b: Value<'_>) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) | (Value::Instant(a), Value::Instant(b)) => a == b,
        (Value::Date(a), Value::Date(b)) => a == b,
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Weekday(a), Value::Weekday(b)) => a == b,
        (Value::Ip(a), Value::Ip(b)) => a == b,
        (Value::Net(a, length), Value::Net(b, other)) => a == b && length == other,
        (Value::Segment(a), Value::Segment(b)) => a == b,
        (Value::Window(a), Value::Window(b)) => a == b,
        (Value::HostPattern(a), Value::HostPattern(b)) => a == b,
        (Value::Host(a), Value::Host(b)) | (Value::Path(a), Value::Path(b)) => a == b,
        (Value::Url(a), Value::Url(b)) => a.text == b.text,
        (Value::Sql(a), Value::Sql(b)) => a == b,
        (Value::Text(_), _) | (_, Value::Text(_)) => text_of(a).is_some() && text_of(a) == text_of(b),
        _ => false,
    }
}

/// Order of two values of one ordered kind.
pub fn order(a: Value<'_>, b: Value<'_>) -> Result<Ordering, Stop> {
    Ok(match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.cmp(&b),
        (Value::Duration(a), Value::Duration(b)) | (Value::Instant(a), Value::Instant(b)) => a.cmp(&b),
        (Value::Date(a), Value::Date(b)) => a.cmp(&b),
        (Value::Time(a), Value::Time(b)) => a.cmp(&b),
        (Value::Weekday(a), Value::Weekday(b)) => a.cmp(&b),
        // Code points order like their UTF-8.
        _ => match (text_of(a), text_of(b)) {
            (Some(a), Some(b)) => a.cmp(b),
            _ => return Err(TYPE),
        },
    })
}

/// `item in low..high`, each end present or not.
pub fn in_range(
    item: Value<'_>,
    low: Option<Value<'_>>,
    high: Option<Value<'_>>,
    inclusive: bool,
) -> Result<bool, Stop> {
    let above = low.map_or(Ok(true), |low| order(item, low).map(|order| order != Ordering::Less));
    let below = high.map_or(Ok(true), |high| {
        order(item, high).map(|order| order == Ordering::Less || (inclusive && order == Ordering::Equal))
    });
    both(above, below).map(|(above, below)| above && below)
}

/// Whether an address, or a host that is one, is in a network.
fn in_net(item: Value<'_>, network: (IpAddr, u8)) -> Result<bool, Stop> {
    match item {
        Value::Ip(ip) => Ok(net::net_contains(network, ip)),
        Value::Host(name) => Ok(host::host_address(name).is_some_and(|ip| net::net_contains(network, ip))),
        _ => Err(TYPE),
    }
}

/// `item like pattern`.
pub fn like(item: Value<'_>, pattern: ConstantNode<'_>) -> Result<bool, Stop> {
    match (item, pattern) {
        (Value::Host(name), ConstantNode::HostPattern(pattern)) => Ok(host::host_matches(pattern, name)),
        (_, ConstantNode::Glob { pattern, path_like }) => {
            let text = text_of(item).ok_or(TYPE)?;
            Ok(glob::glob_matches(pattern, path_like, text))
        }
        _ => Err(TYPE),
    }
}

/// `a under b`.
pub fn under(a: Value<'_>, b: Value<'_>) -> Result<bool, Stop> {
    match (a, b) {
        (Value::Path(a), Value::Path(b)) => Ok(path::under(a, b)),
        _ => Err(TYPE),
    }
}

/// `x is T` of a value that is there or null.
pub fn is(cx: &Context<'_>, value: Value<'_>, ty: mcpz_bytecode::ids::TypeId) -> bool {
    match value {
        Value::Node(Place { source, node, .. }) => super::read::json_fits(cx.image(), cx.document(source), node, ty),
        other => kind_fits(cx, other, ty),
    }
}

/// `is` of a value that is no JSON.
fn kind_fits(cx: &Context<'_>, value: Value<'_>, ty: mcpz_bytecode::ids::TypeId) -> bool {
    match cx.image().types.get(ty.index()) {
        None => false,
        Some(TypeImage::Optional(of)) => matches!(value, Value::Null) || kind_fits(cx, value, *of),
        Some(TypeImage::Union(members)) => members.iter().any(|member| kind_fits(cx, value, *member)),
        Some(TypeImage::Json) => true,
        Some(TypeImage::Null) => matches!(value, Value::Null),
        Some(TypeImage::Bool) => matches!(value, Value::Bool(_)),
        Some(TypeImage::Decimal) => matches!(value, Value::Number(_)),
        Some(TypeImage::Int) => matches!(value, Value::Number(number) if number.to_int().is_some()),
        Some(TypeImage::List(_) | TypeImage::Set(_)) => {
            matches!(shape(cx, value), Some((Shape::List | Shape::Set, _)))
        }
        Some(TypeImage::Map(_) | TypeImage::Record(_)) => {
            matches!(shape(cx, value), Some((Shape::Record, _)))
        }
        Some(TypeImage::Duration) => matches!(value, Value::Duration(_)),
        Some(TypeImage::Instant) => matches!(value, Value::Instant(_)),
        Some(_) => text_of(value).is_some(),
    }
}
