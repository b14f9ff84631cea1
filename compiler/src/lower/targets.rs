//! Targets to scopes: the cells of (action, server, target) that a rule applies to.

use super::rules::{Scope, Target};
use crate::hir::{Action, Member, Program, ServerId, Targets, UriPart, UriPattern};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The scopes of a rule with these actions and targets; sorted, none covered by another.
pub fn scopes(program: &Program, actions: &BTreeSet<Action>, targets: &Targets) -> Vec<Scope> {
    let mut found = BTreeSet::new();
    for action in actions {
        match action {
            Action::Call => tools(program, targets, &mut found),
            Action::Read | Action::Subscribe => resources(*action, targets, &mut found),
            Action::Get => prompts(program, *action, targets, &mut found),
            Action::Complete => completions(program, targets, &mut found),
            Action::Sample | Action::Elicit | Action::Roots => {
                found.insert(wide(*action, None));
            }
        }
        if !is_asked_by_server(*action) {
            found.extend(targets.servers.iter().map(|server| wide(*action, Some(*server))));
        }
    }
    prune(found)
}

/// Whether a server asks this of the client.
pub fn is_asked_by_server(action: Action) -> bool {
    matches!(action, Action::Sample | Action::Elicit | Action::Roots)
}

fn wide(action: Action, server: Option<ServerId>) -> Scope {
    Scope { action, server, target: Target::Any }
}

fn named(action: Action, server: ServerId, name: &SmolStr) -> Scope {
    Scope { action, server: Some(server), target: Target::Name(name.clone()) }
}

fn tools(program: &Program, targets: &Targets, found: &mut BTreeSet<Scope>) {
    if targets.any_tool {
        found.insert(wide(Action::Call, None));
    }
    for member in &targets.tools {
        if let Some(name) = tool_name(program, *member) {
            found.insert(named(Action::Call, member.server, name));
        }
    }
}

fn resources(action: Action, targets: &Targets, found: &mut BTreeSet<Scope>) {
    if targets.any_resource {
        found.insert(wide(action, None));
    }
    for resource in &targets.resources {
        let target = Target::Uri(resource.pattern.clone());
        found.insert(Scope { action, server: Some(resource.server), target });
    }
}

fn prompts(program: &Program, action: Action, targets: &Targets, found: &mut BTreeSet<Scope>) {
    if targets.any_prompt {
        found.insert(wide(action, None));
    }
    for member in &targets.prompts {
        if let Some(name) = prompt_name(program, *member) {
            found.insert(named(action, member.server, name));
        }
    }
}

/// Completion is about a prompt's or a resource template's parameter. `any prompt` must not cover
/// templates, nor `any resource` prompts, so each is spelt out for every server.
fn completions(program: &Program, targets: &Targets, found: &mut BTreeSet<Scope>) {
    let action = Action::Complete;
    if targets.any_prompt && targets.any_resource {
        found.insert(wide(action, None));
        return;
    }
    for (row, server) in program.servers.iter().enumerate() {
        let id = ServerId::new(row);
        if targets.any_prompt {
            found.extend(server.prompts.iter().map(|prompt| named(action, id, &prompt.name)));
        }
        if targets.any_resource {
            let everything = UriPattern { parts: vec![UriPart::DoubleStar] };
            found.insert(Scope { action, server: Some(id), target: Target::Uri(everything) });
        }
    }
    let narrow = Targets { any_prompt: false, any_resource: false, ..targets.clone() };
    prompts(program, action, &narrow, found);
    resources(action, &narrow, found);
}

fn prune(found: BTreeSet<Scope>) -> Vec<Scope> {
    let wider: Vec<Scope> = found.iter().filter(|scope| scope.target == Target::Any).cloned().collect();
    let is_covered = |scope: &Scope| wider.iter().any(|other| other != scope && other.covers(scope));
    found.iter().filter(|scope| !is_covered(scope)).cloned().collect()
}

fn tool_name(program: &Program, member: Member) -> Option<&SmolStr> {
    let server = program.servers.get(member.server.index())?;
    Some(&server.tools.get(usize::try_from(member.index).ok()?)?.name)
}

fn prompt_name(program: &Program, member: Member) -> Option<&SmolStr> {
    let server = program.servers.get(member.server.index())?;
    Some(&server.prompts.get(usize::try_from(member.index).ok()?)?.name)
}
