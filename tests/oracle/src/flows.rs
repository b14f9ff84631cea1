//! Step 1c: flows between segments.

use crate::targets;
use crate::text::address;
use crate::world::World;
use mcpz_compiler::hir::{Flow, SegmentId};

/// Whether the caller's segment may reach the server's. Servers without a segment and what servers
/// ask are not asked; a caller without an address is in no segment.
pub fn is_open(world: &World<'_>) -> bool {
    let server = world.program.servers.get(world.asked.server.index());
    let Some(to) = server.and_then(|server| server.segment) else {
        return true;
    };
    if world.asked.by_server {
        return true;
    }
    let holds = |nets: &[(std::net::IpAddr, u8)]| {
        world.network.is_some_and(|source| nets.iter().any(|net| address::in_net(source, *net)))
    };
    let from: Vec<SegmentId> = (0..world.program.segments.len())
        .map(SegmentId::new)
        .filter(|id| world.program.segments.get(id.index()).is_some_and(|segment| holds(&segment.networks)))
        .collect();
    let applies = |flow: &&Flow| {
        let covered = flow.only.as_ref().is_none_or(|only| targets::cover(only, &world.asked));
        flow.to == to && from.contains(&flow.from) && covered
    };
    let closed = world.program.flows.iter().filter(applies).any(|flow| flow.forbid);
    let opened = world.program.flows.iter().filter(applies).any(|flow| !flow.forbid);
    !closed && (from.contains(&to) || opened)
}
