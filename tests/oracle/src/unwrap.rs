//! Meta-tools: the outer call is decided, and if it may pass, the inner call too.

use crate::Caller;
use crate::json::Json;
use crate::message;
use crate::steps;
use crate::world::Asked;
use mcpz_compiler::hir::{Action, ServerId, Unwraps};
use mcpz_runtime::decision::{Decision, DenyMode, Effect, Obligations, Reason};
use smol_str::SmolStr;

/// Decides a call and what it wraps.
pub(crate) fn decide(caller: &Caller<'_>, asked: Asked) -> Decision {
    let outer = steps::decide(&caller.world(asked.clone()), caller.digest);
    let Some(unwraps) = wrapping(caller, &asked) else {
        return outer;
    };
    if outer.effect != Effect::Allow {
        return outer;
    }
    let inner = match inner_call(caller, &asked, unwraps) {
        Ok(inner) => steps::decide(&caller.world(inner), caller.digest),
        Err(reason) => {
            let show = if reason == Reason::UnknownTarget { DenyMode::Hide } else { DenyMode::Explain };
            Decision::plain(Effect::Deny, reason, show, caller.digest)
        }
    };
    merge(outer, inner)
}

fn wrapping<'a>(caller: &Caller<'a>, asked: &Asked) -> Option<&'a Unwraps> {
    let tool = asked.tool.filter(|_| asked.action == Action::Call)?;
    let server = caller.program.servers.get(tool.server.index())?;
    server.unwraps.iter().find(|unwraps| unwraps.tool == tool.index)
}

fn inner_call(caller: &Caller<'_>, asked: &Asked, unwraps: &Unwraps) -> Result<Asked, Reason> {
    let text = |path: &[SmolStr]| at(&asked.arguments, path).and_then(Json::as_str).ok_or(Reason::Arguments);
    let server = match &unwraps.server {
        None => asked.server,
        Some(path) => {
            let name = text(path)?;
            let found = caller.program.servers.iter().position(|server| server.name == name);
            found.map(ServerId::new).ok_or(Reason::UnknownTarget)?
        }
    };
    let name = text(&unwraps.name)?;
    let row = caller.program.servers.get(server.index()).ok_or(Reason::UnknownTarget)?;
    let tool = message::tool(row, server, name).ok_or(Reason::UnknownTarget)?;
    if row.unwraps.iter().any(|other| other.tool == tool.index) {
        return Err(Reason::UnknownTarget);
    }
    let arguments = match at(&asked.arguments, &unwraps.arguments) {
        None => Json::Object(Vec::new()),
        Some(object @ Json::Object(_)) => object.clone(),
        Some(_) => return Err(Reason::Arguments),
    };
    Ok(Asked { server, tool: Some(tool), arguments, ..asked.clone() })
}

fn at<'a>(json: &'a Json, path: &[SmolStr]) -> Option<&'a Json> {
    path.iter().try_fold(json, |json, name| json.get(name))
}

/// The inner decision; errors and shadow of both, and the obligations of both when both allow.
fn merge(outer: Decision, mut inner: Decision) -> Decision {
    inner.errors.splice(0..0, outer.errors);
    inner.shadow.splice(0..0, outer.shadow);
    if inner.effect == Effect::Allow {
        inner.obligations = joined(outer.obligations, inner.obligations);
    }
    inner
}

fn joined(mut outer: Obligations, inner: Obligations) -> Obligations {
    outer.redactions.extend(inner.redactions);
    outer.audit = outer.audit.max(inner.audit);
    outer.labels.extend(inner.labels);
    outer.stores.extend(inner.stores);
    outer.consumes.extend(inner.consumes);
    outer
}
