//! `segment` and `flow`: where callers and servers are on the network, and what may pass.

use super::items::Items;
use super::{Unit, issuers, names, places, targets};
use crate::check::literal;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::e0135;
use crate::hir::{Action, Flow, Segment, SegmentId, Span};
use mcpz_syntax::ast;
use std::net::IpAddr;

/// Reads every segment, and reports addresses that two of them share.
pub fn read(items: &Items, sink: &mut Vec<Diagnostic>) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut taken: Vec<(usize, (IpAddr, u8), Span)> = Vec::new();
    for (row, item) in items.segments.iter().enumerate() {
        let (name, span) = issuers::name_span(item.place, item.ast.name(), &item.ast);
        let mut segment = Segment { name, package: item.place.package, networks: Vec::new(), span };
        let strings: Vec<ast::StringLiteral> = item.ast.entries().iter().flat_map(|entry| entry.strings()).collect();
        for string in strings {
            let Some(network) = places::parsed(item.place, &string, literal::network, sink) else { continue };
            let here = item.place.span(string.range);
            let other = taken.iter().find(|(owner, known, _)| *owner != row && overlap(*known, network));
            if let Some((owner, _, first)) = other {
                let owner_name: &Segment = &segments[*owner];
                sink.push(e0135::segment_overlap(here, &segment.name, &owner_name.name, *first));
            }
            taken.push((row, network, here));
            segment.networks.push(network);
        }
        segments.push(segment);
    }
    segments
}

/// Whether two networks share an address.
fn overlap(a: (IpAddr, u8), b: (IpAddr, u8)) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32_u32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let ((left, width), (right, other_width)) = (bits(a.0), bits(b.0));
    let prefix = u32::from(a.1.min(b.1));
    width == other_width && (prefix == 0 || (left ^ right) >> width.saturating_sub(prefix) == 0)
}

/// Reads `flow` and `forbid flow`.
pub fn flows(items: &Items, unit: &Unit, sink: &mut Vec<Diagnostic>) -> Vec<Flow> {
    let mut flows = Vec::new();
    for item in &items.flows {
        let ends = (item.ast.source(), item.ast.destination());
        let only = item.ast.only().map(|only| {
            let actions = Action::ALL.into_iter().collect();
            targets(unit, item.place, &only, &actions, sink).targets
        });
        if let Some((from, to)) = resolve_ends(unit, item.place, ends, sink) {
            flows.push(Flow { from, to, only, forbid: false, span: item.place.of(&item.ast) });
        }
    }
    for item in &items.forbidden_flows {
        let ends = (item.ast.source(), item.ast.destination());
        if let Some((from, to)) = resolve_ends(unit, item.place, ends, sink) {
            flows.push(Flow { from, to, only: None, forbid: true, span: item.place.of(&item.ast) });
        }
    }
    flows.sort_by_key(|flow| flow.span);
    flows
}

/// The two segments of a flow.
fn resolve_ends(
    unit: &Unit,
    place: super::Place,
    ends: (Option<ast::Path>, Option<ast::Path>),
    sink: &mut Vec<Diagnostic>,
) -> Option<(SegmentId, SegmentId)> {
    let (from, to) = (ends.0?, ends.1?);
    let from = unit.symbols.segment(place, &names(place, &from), sink);
    let to = unit.symbols.segment(place, &names(place, &to), sink);
    Some((from?, to?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_overlap_when_one_holds_the_other() {
        let net = |text: &str| literal::network(text).unwrap();
        assert!(overlap(net("10.0.0.0/8"), net("10.20.0.0/16")));
        assert!(!overlap(net("10.10.0.0/16"), net("10.20.0.0/16")));
        assert!(overlap(net("0.0.0.0/0"), net("10.20.0.0/16")));
        assert!(!overlap(net("::/0"), net("10.20.0.0/16")));
    }
}
