//! Places of the request: where a slot's value comes from.

use crate::caller::{CallerLink, LinkOrigin};
use crate::json::{Document, Kind, NodeId};
use crate::vm::context::{Context, Uri};
use crate::vm::read::{constant, field, place_value};
use crate::vm::value::{Place, Value};
use mcpz_bytecode::ErrorCode;
use mcpz_bytecode::ids::{PatternId, SymbolId};
use mcpz_bytecode::image::{LinkKind, ParameterKind, SlotImage, SlotRoot};
use mcpz_bytecode::value::Decimal;

/// The value of a slot.
pub fn slot_value<'a>(cx: &Context<'a>, slot: &'a SlotImage) -> Value<'a> {
    if cx.listing && is_late(slot.root) {
        return Value::Unknown;
    }
    match root(cx, slot.root) {
        Root::Json(document, node, argument) => json_place(cx, slot, document, node, argument),
        Root::Typed(value) => slot.path.iter().fold(value, |base, symbol| field(cx, base, *symbol)),
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
    /// A JSON object, and whether the state knows its places.
    Json(Document<'a>, NodeId, bool),
    /// A value.
    Typed(Value<'a>),
}

/// The fact at a root.
fn root<'a>(cx: &Context<'a>, root: SlotRoot) -> Root<'a> {
    let json = |document: Option<Document<'a>>| match document {
        Some(document) => Root::Json(document, document.root(), false),
        None => Root::Typed(Value::Absent),
    };
    match root {
        SlotRoot::Args => match cx.asked {
            Some(asked) => Root::Json(asked.arguments.0, asked.arguments.1, true),
            None => Root::Typed(Value::Absent),
        },
        SlotRoot::PromptArgs => match cx.asked {
            Some(asked) => Root::Json(asked.arguments.0, asked.arguments.1, false),
            None => Root::Typed(Value::Absent),
        },
        SlotRoot::Sample | SlotRoot::Elicit => json(cx.asked.and_then(|asked| asked.details)),
        SlotRoot::Context => json(cx.facts),
        SlotRoot::UserClaims => claims(cx.chain.last(), LinkKind::User),
        SlotRoot::AgentClaims => claims(cx.chain.first(), LinkKind::Agent),
        SlotRoot::LinkClaims => json(cx.link.map(CallerLink::claims)),
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
fn claims<'a>(link: Option<&'a CallerLink>, kind: LinkKind) -> Root<'a> {
    match link {
        Some(link) if link.kind() == kind => Root::Json(link.claims(), link.claims().root(), false),
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
    let captured = cx.captures.by_pattern.get(pattern.index()).and_then(Option::as_ref);
    let found =
        captured.and_then(|variables| variables.iter().find(|(key, _)| Some(*key) == name.map(|name| name.as_str())));
    found.map_or(Value::Absent, |(_, value)| Value::Text(value))
}

/// Follows a slot's path through JSON objects.
fn json_place<'a>(
    cx: &Context<'a>,
    slot: &SlotImage,
    document: Document<'a>,
    start: NodeId,
    argument: bool,
) -> Value<'a> {
    let mut node = start;
    for symbol in &slot.path {
        match document.kind(node) {
            Kind::Object => {}
            Kind::Null => return Value::Absent,
            _ => return Value::Error(ErrorCode::Type),
        }
        let Some(name) = cx.image().symbols.get(symbol.index()) else {
            return Value::Error(ErrorCode::Internal);
        };
        match document.get(node, name) {
            Some(member) => node = member,
            None => return Value::Absent,
        }
    }
    place_value(Place { document, node, ty: slot.ty, argument })
}
