//! Places of the request: where a slot's value comes from.

use crate::caller::{CallerLink, LinkOrigin};
use crate::json::{Document, Kind, NodeId};
use crate::vm::context::{Context, Uri};
use crate::vm::places::{Found, Plain};
use crate::vm::read::{constant, field, integer, operand};
use crate::vm::value::{Place, Source, Stop, Value};
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::ids::{PatternId, SlotId, SymbolId, TypeId};
use mcpz_bytecode::image::{LinkKind, ParameterKind, SlotImage, SlotRoot, TypeImage};
use mcpz_bytecode::value::{Decimal, path};

/// The value of a slot.
pub fn slot_value<'a>(cx: &Context<'a>, row: SlotId) -> Value<'a> {
    let Some(slot) = cx.image().slots.get(row.index()) else {
        return Value::Error(ErrorCode::Internal);
    };
    if cx.listing && is_late(slot.root) {
        return Value::Unknown;
    }
    match root(cx, slot.root) {
        Root::Json(source, start) => match find(cx, row, slot, (source, start)) {
            Found::There(_, _, Plain::Null) => Value::Null,
            Found::There(source, node, _) => Value::Node(Place { source, node, ty: slot.ty }),
            Found::Absent => Value::Absent,
            Found::Astray => Value::Error(ErrorCode::Type),
        },
        Root::Typed(value) => slot.path.iter().fold(value, |base, symbol| field(cx, base, *symbol)),
    }
}

/// The value of a slot, read as its type. What can be read is not absent and not null.
pub fn read_slot<'a>(cx: &Context<'a>, row: SlotId) -> Result<Value<'a>, Stop> {
    match plain_slot(cx, row) {
        Some(value) => Ok(value),
        None => operand(cx, slot_value(cx, row)),
    }
}

/// The commonest values of slots: texts, paths and integers in JSON.
fn plain_slot<'a>(cx: &Context<'a>, row: SlotId) -> Option<Value<'a>> {
    let Found::There(source, node, plain) = place(cx, row)? else { return None };
    let text = || cx.document(source).str(node);
    match plain {
        Plain::Text => text().map(Value::Text),
        Plain::Path => text().map(|text| Value::Path(path::canonical(text))),
        Plain::Int(number) => Some(Value::Number(Decimal::from_int(number))),
        Plain::Null | Plain::Bool(_) | Plain::Bad(_) | Plain::Other => None,
    }
}

/// Whether a fact is unknown at list time.
fn is_late(root: SlotRoot) -> bool {
    matches!(
        root,
        SlotRoot::Args
            | SlotRoot::PromptArgs
            | SlotRoot::Context
            | SlotRoot::Now
            | SlotRoot::NetworkSource
            | SlotRoot::Sample
            | SlotRoot::Elicit
            | SlotRoot::Collect(_)
    )
}

/// What a slot starts from.
enum Root<'a> {
    /// A JSON object.
    Json(Source, NodeId),
    /// A value.
    Typed(Value<'a>),
}

/// The fact at a root.
fn root<'a>(cx: &Context<'a>, root: SlotRoot) -> Root<'a> {
    let json = |source, there: bool| if there { Root::Json(source, NodeId::ROOT) } else { Root::Typed(Value::Absent) };
    let arguments = |source| match cx.asked {
        Some(asked) => Root::Json(source, asked.arguments.1),
        None => Root::Typed(Value::Absent),
    };
    match root {
        SlotRoot::Args => arguments(Source::Arguments),
        SlotRoot::PromptArgs => arguments(Source::Prompt),
        SlotRoot::Sample | SlotRoot::Elicit => {
            json(Source::Details, cx.asked.is_some_and(|asked| asked.details.is_some()))
        }
        SlotRoot::Context => json(Source::Facts, cx.facts.is_some()),
        SlotRoot::UserClaims => claims(cx.chain.last(), LinkKind::User, Source::User),
        SlotRoot::AgentClaims => claims(cx.chain.first(), LinkKind::Agent, Source::Agent),
        SlotRoot::LinkClaims => json(Source::Link, cx.link.is_some()),
        SlotRoot::LinkSpiffe | SlotRoot::LinkUid => Root::Typed(link_fact(cx.link, root)),
        SlotRoot::Now => Root::Typed(Value::Instant(cx.now_ms)),
        SlotRoot::NetworkSource => Root::Typed(cx.network.map_or(Value::Absent, Value::Ip)),
        SlotRoot::ResourceUri => Root::Typed(match cx.asked.and_then(|asked| asked.uri) {
            Some(Uri::Known(uri)) => Value::Text(uri),
            Some(Uri::Template(_)) => Value::Unknown,
            None => Value::Absent,
        }),
        SlotRoot::UriVariable(pattern, symbol) => Root::Typed(uri_variable(cx, pattern, symbol)),
        SlotRoot::Data(data) => Root::Typed(cx.data.get(cx.program, data).map_or_else(Value::Error, constant)),
        SlotRoot::Collect(kind) => Root::Typed(Value::Places(match kind {
            ParameterKind::Paths => &cx.collected.paths,
            ParameterKind::Urls => &cx.collected.urls,
            ParameterKind::Hosts => &cx.collected.hosts,
            ParameterKind::Strings => &cx.collected.strings,
        })),
    }
}

/// Claims of a link of this kind; error `missing` without one.
fn claims<'a>(link: Option<&'a CallerLink>, kind: LinkKind, source: Source) -> Root<'a> {
    match link {
        Some(link) if link.kind() == kind => Root::Json(source, NodeId::ROOT),
        _ => Root::Typed(Value::Error(ErrorCode::Missing)),
    }
}

/// SPIFFE id or user id of the link being classified.
fn link_fact<'a>(link: Option<&'a CallerLink>, root: SlotRoot) -> Value<'a> {
    match (link.map(CallerLink::origin), root) {
        (Some(LinkOrigin::Mtls(spiffe)), SlotRoot::LinkSpiffe) => Value::Text(spiffe),
        (Some(LinkOrigin::Local(uid)), SlotRoot::LinkUid) => Value::Number(Decimal::from_int(*uid)),
        _ => Value::Absent,
    }
}

/// What a URI pattern captured.
fn uri_variable<'a>(cx: &Context<'a>, pattern: PatternId, symbol: SymbolId) -> Value<'a> {
    if matches!(cx.asked.and_then(|asked| asked.uri), Some(Uri::Template(_))) {
        return Value::Unknown;
    }
    let name = cx.image().symbols.get(symbol.index());
    let captured = cx.captures.by_pattern.iter().find(|(known, _)| *known == pattern);
    let found = captured
        .and_then(|(_, variables)| variables.iter().find(|(key, _)| Some(*key) == name.map(|name| name.as_str())));
    found.map_or(Value::Absent, |(_, value)| Value::Text(value))
}

/// What stands at a slot's place, when it is one of a JSON document and not unknown at list time.
#[inline]
pub fn place(cx: &Context<'_>, row: SlotId) -> Option<Found> {
    if cx.listing {
        return None;
    }
    match cx.places.and_then(|places| places.known(row)) {
        Some(found) => Some(found),
        None => place_anew(cx, row),
    }
}

/// As [`place`], of one that was not looked for before.
fn place_anew(cx: &Context<'_>, row: SlotId) -> Option<Found> {
    let slot = cx.image().slots.get(row.index())?;
    Some(find(cx, row, slot, json_root(cx, slot.root)?))
}

/// The JSON object that a root is, if it is one.
fn json_root(cx: &Context<'_>, slot: SlotRoot) -> Option<(Source, NodeId)> {
    match slot {
        SlotRoot::Args => cx.asked.map(|asked| (Source::Arguments, asked.arguments.1)),
        SlotRoot::Context => cx.facts.map(|_| (Source::Facts, NodeId::ROOT)),
        other => match root(cx, other) {
            Root::Json(source, node) => Some((source, node)),
            Root::Typed(_) => None,
        },
    }
}

/// Where a slot's path leads from an object of a document, found once for each decision.
fn find(cx: &Context<'_>, row: SlotId, slot: &SlotImage, (source, start): (Source, NodeId)) -> Found {
    if let Some(found) = cx.places.and_then(|places| places.known(row)) {
        return found;
    }
    let noted = cx.asked.and_then(|asked| asked.checked?.member(row)).filter(|_| source == Source::Arguments);
    let found = match (noted, slot.path.split_first()) {
        (Some(None), Some(_)) => Found::Absent,
        (Some(Some(member)), Some((_, rest))) => follow(cx, (slot.ty, rest), source, member),
        _ => follow(cx, (slot.ty, &slot.path), source, start),
    };
    if let Some(places) = cx.places {
        places.note(row, found);
    }
    found
}

/// Follows a slot's path through JSON objects.
fn follow(cx: &Context<'_>, (ty, path): (TypeId, &[SymbolId]), source: Source, start: NodeId) -> Found {
    let document = cx.document(source);
    let mut node = start;
    for symbol in path {
        match document.kind(node) {
            Kind::Object => {}
            Kind::Null => return Found::Absent,
            _ => return Found::Astray,
        }
        let name = cx.image().symbols.get(symbol.index()).map_or("", |name| name);
        match document.get(node, name) {
            Some(member) => node = member,
            None => return Found::Absent,
        }
    }
    Found::There(source, node, plain(cx, ty, document, node))
}

/// What a value is, read as a type.
fn plain(cx: &Context<'_>, ty: TypeId, document: Document<'_>, node: NodeId) -> Plain {
    match (cx.image().plain_type(ty), document.kind(node)) {
        (_, Kind::Null) => Plain::Null,
        (Some(TypeImage::String | TypeImage::Enum(_)), Kind::String) => Plain::Text,
        (Some(TypeImage::Path), Kind::String) => match document.str(node).map(path::parse_path) {
            Some(Ok(_)) => Plain::Path,
            Some(Err(code)) => Plain::Bad(code),
            None => Plain::Other,
        },
        (Some(TypeImage::Int), Kind::Number) => integer(document, node).map_or(Plain::Other, Plain::Int),
        (Some(TypeImage::Bool), Kind::Bool) => document.bool(node).map_or(Plain::Other, Plain::Bool),
        _ => Plain::Other,
    }
}
