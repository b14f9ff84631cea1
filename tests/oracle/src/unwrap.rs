//! Meta-tools (docs/semantics.md, section 7): a call and what it wraps are a list of decisions, of which the last
//! counts and all report.

use crate::Caller;
use crate::asked::{dig, text, tool};
use crate::json::Json;
use crate::steps;
use crate::world::Asked;
use mcpz_compiler::hir::{Action, ServerId, Unwraps};
use mcpz_runtime::decision::{Decision, DenyMode, Effect, Obligations, Reason};

/// Decides a call and what it wraps.
pub(crate) fn decide(caller: &Caller<'_>, asked: Asked) -> Decision {
    let judge = |asked: &Asked| steps::decide(&caller.world(asked.clone()), caller.digest);
    let mut decisions = vec![judge(&asked)];
    if decisions[0].effect == Effect::Allow
        && let Some(unwraps) = meta_tool(caller, &asked)
    {
        decisions.push(match inner(caller, &asked, unwraps) {
            Ok(inner) => judge(&inner),
            Err(refused) => refused_with(refused, caller.digest),
        });
    }
    together(decisions)
}

fn refused_with(reason: Reason, digest: [u8; 32]) -> Decision {
    // Step 0c hides; arguments that do not fit explain themselves.
    let show = if reason == Reason::UnknownTarget { DenyMode::Hide } else { DenyMode::Explain };
    Decision::plain(Effect::Deny, reason, show, digest)
}

fn meta_tool<'a>(caller: &Caller<'a>, asked: &Asked) -> Option<&'a Unwraps> {
    let called = asked.tool.filter(|_| asked.action == Action::Call)?;
    let unwraps = &caller.program.servers[called.server.index()].unwraps;
    unwraps.iter().find(|unwraps| unwraps.tool == called.index)
}

/// The call inside a call.
fn inner(caller: &Caller<'_>, asked: &Asked, unwraps: &Unwraps) -> Result<Asked, Reason> {
    let path = |names: &[smol_str::SmolStr]| names.iter().map(ToString::to_string).collect::<Vec<String>>();
    let at = |names: &[smol_str::SmolStr]| {
        let path = path(names);
        dig(&asked.arguments, &path.iter().map(String::as_str).collect::<Vec<_>>()).cloned()
    };
    let word = |names: &[smol_str::SmolStr]| {
        let found = at(names).as_ref().and_then(|found| text(found, &[]).map(str::to_string));
        found.ok_or(Reason::Arguments)
    };
    let servers = &caller.program.servers;
    let server = match &unwraps.server {
        None => asked.server.index(),
        Some(names) => {
            let wanted = word(names)?;
            servers.iter().position(|server| server.name == wanted).ok_or(Reason::UnknownTarget)?
        }
    };
    let (id, row) = (ServerId::new(server), &servers[server]);
    let found = tool(row, id, &word(&unwraps.name)?).ok_or(Reason::UnknownTarget)?;
    if row.unwraps.iter().any(|other| other.tool == found.index) {
        return Err(Reason::UnknownTarget);
    }
    let arguments = at(&unwraps.arguments).unwrap_or(Json::Object(Vec::new()));
    match arguments {
        Json::Object(_) => Ok(Asked { server: id, tool: Some(found), arguments, ..asked.clone() }),
        _ => Err(Reason::Arguments),
    }
}

/// The last decision; the errors and shadow of all, and the obligations of all when it allows.
fn together(decisions: Vec<Decision>) -> Decision {
    let errors = decisions.iter().flat_map(|decision| decision.errors.clone()).collect();
    let shadow = decisions.iter().flat_map(|decision| decision.shadow.clone()).collect();
    let mut duties = Obligations::default();
    let mut last = None;
    for decision in decisions {
        let more = decision.obligations.clone();
        duties.redactions.extend(more.redactions);
        duties.labels.extend(more.labels);
        duties.stores.extend(more.stores);
        duties.consumes.extend(more.consumes);
        duties.audit = duties.audit.max(more.audit);
        last = Some(decision);
    }
    let last = last.expect("the outer call is decided");
    let obligations = if last.effect == Effect::Allow { duties } else { Obligations::default() };
    Decision { errors, shadow, obligations, ..last }
}
