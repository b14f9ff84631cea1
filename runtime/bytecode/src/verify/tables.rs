//! Checks of leaf tables: symbols, types, constants, zones, natives, patterns, slots, histories.

use super::{Check, VerifyError, ascends, each, ensure};
use crate::container::Section;
use crate::ids::{ConstantId, TypeId};
use crate::image::*;
use crate::limits::{
    MAX_AUTOMATON_BYTES, MAX_PATTERN, MAX_STRING_BYTES, MAX_URI_BYTES, MAX_VALUE_DEPTH, MAX_ZONE_TRANSITIONS,
};
use crate::value::{decimal, host, net, path};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// Largest offset from UTC, in seconds.
const MAX_OFFSET_S: u32 = 26 * 3600;

/// Checks them all.
pub(super) fn verify(image: &BundleImage) -> Result<(), VerifyError> {
    let mut names = BTreeSet::new();
    let distinct = image.symbols.iter().all(|symbol| names.insert(symbol.as_str()));
    ensure(distinct, "a field name stands twice").map_err(|problem| VerifyError::section(Section::Symbols, problem))?;
    verify_types(image)?;
    each(Section::Zones, &image.zones, |_, zone| verify_zone(zone))?;
    verify_constants(image)?;
    each(Section::Automata, &image.automata, |_, automaton| {
        ensure(automaton.dfa.len() <= MAX_AUTOMATON_BYTES, "the automaton is too large")
    })?;
    each(Section::Extraction, &image.natives, |_, native| verify_native(image, native))?;
    each(Section::Extraction, &image.patterns, |_, pattern| verify_pattern(pattern))?;
    each(Section::Extraction, &image.slots, |_, slot| verify_slot(image, slot))?;
    each(Section::Extraction, &image.histories, |_, history| match history {
        HistoryImage::SessionHolds(label) | HistoryImage::Carries(label) | HistoryImage::SeenInLabel(label) => {
            ensure(label.index() < image.labels.len(), "no such label")
        }
        HistoryImage::SeenInData(data) => ensure(data.index() < image.data.len(), "no such data"),
        HistoryImage::Query { .. } => Ok(()),
    })
}

/// Types refer to earlier types and are not too deep.
fn verify_types(image: &BundleImage) -> Result<(), VerifyError> {
    let mut depths: Vec<usize> = Vec::new();
    for (row, ty) in image.types.iter().enumerate() {
        let depth = type_depth(image, ty, &depths).map_err(|problem| VerifyError::new(Section::Types, row, problem))?;
        depths.push(depth);
    }
    Ok(())
}

/// One more than the deepest row this type refers to.
fn type_depth(image: &BundleImage, ty: &TypeImage, depths: &[usize]) -> Result<usize, &'static str> {
    let of = |id: &TypeId| depths.get(id.index()).copied().ok_or("a type refers to a later one");
    let deepest = match ty {
        TypeImage::List(id) | TypeImage::Set(id) | TypeImage::Map(id) | TypeImage::Optional(id) => of(id)?,
        TypeImage::Record(fields) => {
            ensure(ascends(fields.iter().map(|(symbol, _)| symbol)), "fields of a record are not sorted")?;
            let known = fields.iter().all(|(symbol, _)| symbol.index() < image.symbols.len());
            ensure(known, "no such field name")?;
            fields.iter().try_fold(0, |deepest, (_, id)| of(id).map(|depth| depth.max(deepest)))?
        }
        TypeImage::Union(members) => {
            ensure(!members.is_empty(), "a union without members")?;
            members.iter().try_fold(0, |deepest, id| of(id).map(|depth| depth.max(deepest)))?
        }
        TypeImage::Enum(names) => {
            ensure(!names.is_empty() && ascends(names.iter()), "names of an enum are not sorted")?;
            0
        }
        _ => 0,
    };
    within_depth(deepest)
}

/// One level deeper, if that is allowed.
fn within_depth(deepest: usize) -> Result<usize, &'static str> {
    let depth = deepest.saturating_add(1);
    ensure(depth <= MAX_VALUE_DEPTH, "nested too deep").map(|()| depth)
}

/// Constants are canonical, refer to earlier constants and are not too deep.
fn verify_constants(image: &BundleImage) -> Result<(), VerifyError> {
    let mut depths: Vec<usize> = Vec::new();
    for (row, constant) in image.constants.iter().enumerate() {
        let depth = constant
            .ok_or("no such constant, or it is too long")
            .and_then(|constant| verify_scalar(image, constant).and_then(|()| constant_depth(constant, &depths)))
            .map_err(|problem| VerifyError::new(Section::Constants, row, problem))?;
        depths.push(depth);
    }
    Ok(())
}

/// One more than the deepest row this constant refers to.
fn constant_depth(constant: ConstantNode<'_>, depths: &[usize]) -> Result<usize, &'static str> {
    let of = |id: ConstantId| depths.get(id.index()).copied().ok_or("a constant refers to a later one");
    let deepest = match constant {
        ConstantNode::List(rows) | ConstantNode::Set(rows) => {
            rows.iter().try_fold(0, |deepest, id| of(id).map(|depth| depth.max(deepest)))?
        }
        ConstantNode::Record(fields) => {
            ensure(ascends(fields.iter().map(|(key, _)| key)), "keys of a record are not sorted")?;
            fields.iter().try_fold(0, |deepest, (_, id)| of(*id).map(|depth| depth.max(deepest)))?
        }
        ConstantNode::Range(range) => {
            ensure(range.low.is_some() || range.high.is_some(), "a range without ends")?;
            [range.low, range.high]
                .iter()
                .flatten()
                .try_fold(0, |deepest, id| of(*id).map(|depth| depth.max(deepest)))?
        }
        _ => 0,
    };
    within_depth(deepest)
}

/// A scalar is in its one canonical form.
fn verify_scalar(image: &BundleImage, constant: ConstantNode<'_>) -> Check {
    match constant {
        ConstantNode::Number(units) => ensure(decimal::Decimal::from_units(units).is_ok(), "number out of range"),
        ConstantNode::String(text) | ConstantNode::Bytes(text) => {
            ensure(text.len() <= MAX_STRING_BYTES, "text too long")
        }
        ConstantNode::Time(seconds) => ensure(seconds <= 86_400, "no such time"),
        ConstantNode::Weekday(day) => ensure(day < 7, "no such weekday"),
        ConstantNode::Ip(ip) => ensure(net::unwrap_ip(ip) == ip, "address is not unwrapped"),
        ConstantNode::Net(address, length) => ensure(net::net_is_valid(address, length), "no such network"),
        ConstantNode::Host(text) => {
            ensure(host::parse_host(text).is_ok_and(|canonical| canonical == text), "host is not canonical")
        }
        ConstantNode::Path(text) => ensure(path::parse_path(text) == Ok(text), "path is not canonical"),
        ConstantNode::Segment(id) => ensure(id.index() < image.segments.len(), "no such segment"),
        ConstantNode::Glob { pattern, .. } => ensure(pattern.len() <= MAX_PATTERN, "glob too long"),
        ConstantNode::HostPattern(text) => ensure(
            host::parse_host_pattern(text).is_ok_and(|canonical| canonical == text),
            "host pattern is not canonical",
        ),
        ConstantNode::Window(window) => {
            ensure(window.zone.index() < image.zones.len(), "no such zone")?;
            ensure(window.days <= 0x7f && window.from_s <= 86_400 && window.until_s <= 86_400, "no such window")
        }
        _ => Ok(()),
    }
}

/// Transitions ascend, offsets are sane, rules name real moments.
fn verify_zone(zone: &ZoneImage) -> Check {
    ensure(zone.transitions.len() <= MAX_ZONE_TRANSITIONS, "too many transitions")?;
    ensure(ascends(zone.transitions.iter().map(|(at, _)| at)), "transitions are not sorted")?;
    let sane = |offset: i32| offset.unsigned_abs() <= MAX_OFFSET_S;
    let offsets = sane(zone.initial_offset_s) && zone.transitions.iter().all(|(_, offset)| sane(*offset));
    ensure(offsets, "offset out of range")?;
    let Some(rule) = zone.rule else { return Ok(()) };
    ensure(sane(rule.standard_offset_s) && sane(rule.daylight_offset_s), "offset out of range")?;
    let switch = |at: &YearlySwitch| {
        (1..=12).contains(&at.month)
            && (1..=5).contains(&at.week)
            && at.weekday < 7
            && at.time_s.unsigned_abs() <= 7 * 86_400
    };
    ensure(switch(&rule.begins) && switch(&rule.ends), "no such yearly switch")
}

/// Zones exist, separators are not empty.
fn verify_native(image: &BundleImage, native: &NativeImage) -> Check {
    match native {
        NativeImage::Split(separator) => ensure(!separator.is_empty(), "empty separator"),
        NativeImage::Weekday(zone) | NativeImage::Date(zone) | NativeImage::Time(zone) => {
            ensure(zone.index() < image.zones.len(), "no such zone")
        }
        _ => Ok(()),
    }
}

/// A URI pattern is bounded and its variables are distinct.
pub(super) fn verify_pattern(pattern: &UriPatternImage) -> Check {
    ensure(pattern.parts.len() <= MAX_PATTERN, "pattern too long")?;
    let mut names = BTreeSet::new();
    for part in &pattern.parts {
        match part {
            UriPartImage::Text(text) => ensure(!text.is_empty() && text.len() <= MAX_URI_BYTES, "no such text")?,
            UriPartImage::Variable(name) => ensure(names.insert(name), "a variable stands twice")?,
            UriPartImage::Star | UriPartImage::DoubleStar => {}
        }
    }
    Ok(())
}

/// A slot's references exist.
fn verify_slot(image: &BundleImage, slot: &SlotImage) -> Check {
    ensure(slot.path.iter().all(|symbol| symbol.index() < image.symbols.len()), "no such field name")?;
    ensure(slot.ty.index() < image.types.len(), "no such type")?;
    match slot.root {
        SlotRoot::UriVariable(pattern, symbol) => {
            ensure(pattern.index() < image.patterns.len(), "no such pattern")?;
            ensure(symbol.index() < image.symbols.len(), "no such variable")
        }
        SlotRoot::Data(data) => ensure(data.index() < image.data.len(), "no such data"),
        _ => Ok(()),
    }
}
