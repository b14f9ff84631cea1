//! Meta-tools: the outer call is decided, and if it may pass, the inner call too.

use crate::decide::case::{Case, Work};
use crate::decide::steps;
use crate::decision::{Decision, DenyMode, Effect, Obligations, Reason};
use crate::json::{Document, Kind, NodeId};
use crate::natives::Memo;
use crate::vm::context::Asked;
use alloc::string::String;
use mcpz_bytecode::image::{Action, UnwrapsImage};

/// Decides what is asked, and what it wraps. `decision` is an allow so far.
pub(crate) fn decide(
    case: &Case<'_>,
    asked: &Asked<'_>,
    empty: Document<'_>,
    (memo, work): (&mut Memo, &mut Work),
    decision: &mut Decision,
) {
    steps::decide(case, asked, (memo, work), decision);
    if let Some(unwraps) = wrapping(case, asked)
        && decision.effect == Effect::Allow
    {
        let mut inner = steps::undecided(case);
        match inner_call(case, asked, unwraps, empty) {
            Ok(call) => steps::decide(case, &call, (memo, work), &mut inner),
            Err(Reason::UnknownTarget) => inner.refuse(Reason::UnknownTarget, DenyMode::Hide),
            Err(reason) => inner.refuse(reason, DenyMode::Explain),
        }
        let outer = core::mem::replace(decision, inner);
        merge(outer, decision);
    }
}

/// How the tool unwraps, when it is a meta-tool.
pub(crate) fn wrapping<'a>(case: &Case<'a>, asked: &Asked<'_>) -> Option<&'a UnwrapsImage> {
    let row = asked.tool.filter(|_| asked.action == Action::Call)?;
    case.program.image().servers.get(asked.server.index())?.tools.get(row)?.unwraps.as_deref()
}

/// The inner call, or why there is none.
pub(crate) fn inner_call<'b>(
    case: &Case<'_>,
    asked: &Asked<'b>,
    unwraps: &UnwrapsImage,
    empty: Document<'b>,
) -> Result<Asked<'b>, Reason> {
    let (document, root) = asked.arguments;
    let text = |path: &[String]| at(document, root, path).and_then(|node| document.str(node)).ok_or(Reason::Arguments);
    let servers = &case.program.image().servers;
    let server = match &unwraps.server {
        None => asked.server,
        Some(path) => {
            let name = text(path)?;
            case.program.server(name).ok_or(Reason::UnknownTarget)?
        }
    };
    let name = text(&unwraps.name)?;
    let row = servers.get(server.index()).ok_or(Reason::UnknownTarget)?;
    let tool = case.program.tool(server, name).ok_or(Reason::UnknownTarget)?;
    if row.tools.get(tool).is_some_and(|tool| tool.unwraps.is_some()) {
        return Err(Reason::UnknownTarget);
    }
    let arguments = match at(document, root, &unwraps.arguments) {
        None => (empty, empty.root()),
        Some(node) if document.kind(node) == Kind::Object => (document, node),
        Some(_) => return Err(Reason::Arguments),
    };
    Ok(Asked { server, tool: Some(tool), arguments, checked: None, ..*asked })
}

/// The node at a path of fields.
fn at(document: Document<'_>, root: NodeId, path: &[String]) -> Option<NodeId> {
    path.iter().try_fold(root, |node, name| document.get(node, name))
}

/// The inner decision; errors and shadow of both, and the obligations of both when both allow.
fn merge(outer: Decision, inner: &mut Decision) {
    inner.errors.splice(0..0, outer.errors);
    inner.shadow.splice(0..0, outer.shadow);
    if inner.effect == Effect::Allow {
        inner.obligations = joined(outer.obligations, core::mem::take(&mut inner.obligations));
    }
}

/// Obligations of both, the outer's first.
fn joined(mut outer: Obligations, inner: Obligations) -> Obligations {
    outer.redactions.extend(inner.redactions);
    outer.audit = outer.audit.max(inner.audit);
    outer.labels.extend(inner.labels);
    outer.stores.extend(inner.stores);
    outer.consumes.extend(inner.consumes);
    outer
}
