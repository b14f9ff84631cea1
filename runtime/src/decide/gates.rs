//! Step 1: kill switch, quarantine, flow, arguments.

use crate::decide::case::Case;
use crate::decide::cover::covers;
use crate::decision::Reason;
use crate::json::{Document, Kind, NodeId};
use crate::schema::{self, NotedMembers};
use crate::state::{Isolation, StateError};
use crate::vm::context::Asked;
use mcpz_bytecode::Program;
use mcpz_bytecode::ids::{SegmentId, ServerId};
use mcpz_bytecode::image::{Action, FlowImage, LinkKind, PromptImage};
use mcpz_bytecode::value::net;

/// Why what is asked may not pass, if so.
pub(crate) fn closed(case: &Case<'_>, asked: &Asked<'_>) -> Option<Reason> {
    let server = case.program.image().servers.get(asked.server.index());
    let tool = asked.tool.and_then(|row| server?.tools.get(row)).map(|tool| tool.name.as_str());
    let server = server.map_or("", |server| server.name.as_str());
    match isolated(case, server, tool) {
        Ok(false) => {}
        Ok(true) => return Some(Reason::Isolated),
        Err(StateError) => return Some(Reason::StateError),
    }
    // A tool that changed under its pin.
    match tool.map_or(Ok(false), |tool| case.state.quarantined(server, tool)) {
        Ok(false) => {}
        Ok(true) => return Some(Reason::Quarantined),
        Err(StateError) => return Some(Reason::StateError),
    }
    if !flow_is_open(case, asked) {
        return Some(Reason::FlowClosed);
    }
    if !arguments_fit(case, asked) {
        return Some(Reason::Arguments);
    }
    None
}

/// Server, tool or an agent of the chain is isolated.
fn isolated(case: &Case<'_>, server: &str, tool: Option<&str>) -> Result<bool, StateError> {
    if case.state.isolated(Isolation::Server(server))? {
        return Ok(true);
    }
    if let Some(tool) = tool
        && case.state.isolated(Isolation::Tool(server, tool))?
    {
        return Ok(true);
    }
    for link in case.caller.chain().iter().filter(|link| link.kind() == LinkKind::Agent) {
        if let Some(subject) = link.subject()
            && case.state.isolated(Isolation::Agent(subject))?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the caller's segment may reach the server's. Servers without a segment and what servers
/// ask are not asked; a caller whose address is not known is in no segment.
fn flow_is_open(case: &Case<'_>, asked: &Asked<'_>) -> bool {
    let image = case.program.image();
    let to = image.servers.get(asked.server.index()).and_then(|server| server.segment);
    let Some(to) = to.filter(|_| !asked.by_server) else {
        return true;
    };
    let holds = |networks: &[_]| {
        case.network.is_some_and(|source| networks.iter().any(|network| net::net_contains(*network, source)))
    };
    let inside = |id: SegmentId| image.segments.get(id.index()).is_some_and(|segment| holds(&segment.networks));
    let applies = |flow: &&FlowImage| {
        flow.to == to && inside(flow.from) && flow.only.as_ref().is_none_or(|only| covers(only, asked))
    };
    let closed = image.flows.iter().filter(applies).any(|flow| flow.forbid);
    let opened = image.flows.iter().filter(applies).any(|flow| !flow.forbid);
    !closed && (inside(to) || opened)
}

/// Whether arguments fit what the catalog pins.
fn arguments_fit(case: &Case<'_>, asked: &Asked<'_>) -> bool {
    let Some(server) = case.program.image().servers.get(asked.server.index()) else {
        return false;
    };
    match (asked.action, asked.tool, asked.prompt) {
        (Action::Call, Some(tool), _) => match asked.checked {
            Some(checked) => checked.fits,
            None => call_fits(case.program, (asked.server, tool), asked.arguments, &mut NotedMembers::default()),
        },
        (Action::Get, _, Some(prompt)) => server.prompts.get(prompt).is_some_and(|prompt| prompt_fits(prompt, asked)),
        _ => true,
    }
}

/// Whether arguments of a call fit the pinned schema, and name no parameter outside it where that is refused. Notes
/// the members that the schema names.
pub(crate) fn call_fits(
    program: &Program,
    (server, tool): (ServerId, usize),
    (document, node): (Document<'_>, NodeId),
    noted: &mut NotedMembers,
) -> bool {
    let refuse_extra = program.image().servers.get(server.index()).is_none_or(|server| server.refuse_extra);
    program.schema(server, tool).is_some_and(|schema| {
        schema::validate_noting(document, node, &schema, noted).is_ok()
            && !(refuse_extra && !schema.is_closed() && schema::extra_parameter(document, node, &schema).is_some())
    })
}

/// Arguments of a prompt are strings, only those it names, and all that are required.
fn prompt_fits(prompt: &PromptImage, asked: &Asked<'_>) -> bool {
    let (document, node) = asked.arguments;
    let named = |key: &str| prompt.parameters.iter().any(|(name, _)| name == key);
    document.members(node).all(|(key, value)| named(key) && document.kind(value) == Kind::String)
        && prompt.parameters.iter().all(|(name, required)| !required || document.get(node, name).is_some())
}
