//! The scope of a rule's clauses: its action and targets bring the facts of the request, its
//! subject those of the caller.

use crate::check::arguments::{of_prompts, of_tools};
use crate::check::principals::{self, Principals};
use crate::check::scope::{Arguments, Known, Scope};
use crate::hir::{Action, Program, Subject, Targets, UriPart};
use crate::resolve::{RuleHead, RuleVerb};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The scope of the clauses of a rule.
pub(crate) fn rule_scope(program: &Program, head: &RuleHead) -> Scope {
    let subject = match (&head.for_subject, &head.subject) {
        (Some(Some(subject)), _) => Some(subject),
        (Some(None), _) => None,
        (None, subject) => subject.as_ref(),
    };
    let targets = head.targets_ok.then_some(&head.targets);
    test_scope(program, &head.actions, targets, subject, head.verb != RuleVerb::Permit)
}

/// The scope for these actions, targets (`None`: in error) and subject (`None`: in error).
pub(crate) fn test_scope(
    program: &Program,
    actions: &BTreeSet<Action>,
    targets: Option<&Targets>,
    subject: Option<&Subject>,
    restriction: bool,
) -> Scope {
    let principals = subject.map_or_else(principals::broken, |subject| principals::of_subject(program, subject));
    let Principals { user, agent, .. } = principals;
    let only = |wanted: &[Action]| !actions.is_empty() && actions.iter().all(|action| wanted.contains(action));
    let mut scope = Scope::closed("the rule is about something else", "");
    scope.restriction = restriction;
    scope.user = user;
    scope.agent = agent;
    scope.request = Known::Yes(());
    scope.caller = Known::Yes(());
    scope.args = arguments(only(&[Action::Call]), targets, NO_ARGS, |targets| of_tools(program, targets));
    scope.prompt_args = arguments(only(&[Action::Get, Action::Complete]), targets, NO_PROMPT_ARGS, |targets| {
        of_prompts(program, targets)
    });
    scope.resource = resource(only(&[Action::Read, Action::Subscribe]), targets);
    scope.sample = asked(only(&[Action::Sample]), "sample");
    scope.elicit = asked(only(&[Action::Elicit]), "elicit");
    scope
}

/// Why `args` is not known, and what would help.
const NO_ARGS: (&str, &str) = (
    "only `call` has arguments of this kind",
    "write a rule of its own that is only about `call`; `args` is known there",
);
/// Why `prompt.args` is not known, and what would help.
const NO_PROMPT_ARGS: (&str, &str) = (
    "only `get` has arguments of this kind",
    "write a rule of its own that is only about `get`; `prompt.args` is known there",
);

fn arguments(
    fits: bool,
    targets: Option<&Targets>,
    (why, help): (&'static str, &'static str),
    meet: impl Fn(&Targets) -> Arguments,
) -> Known<Arguments> {
    if !fits {
        return Known::no(why, help);
    }
    match targets {
        Some(targets) => Known::Yes(meet(targets)),
        None => Known::Broken,
    }
}

fn asked(fits: bool, action: &str) -> Known<()> {
    if fits {
        return Known::Yes(());
    }
    Known::no(
        format!("only what is asked by `{action}` has it"),
        format!("write `permit server S to {action} for ...`"),
    )
}

/// The variables that every resource pattern of the rule has.
fn resource(fits: bool, targets: Option<&Targets>) -> Known<Vec<SmolStr>> {
    if !fits {
        let help = "write a rule of its own that is only about `read` or `subscribe`";
        return Known::no("only `read` and `subscribe` are about resources", help);
    }
    let Some(targets) = targets else { return Known::Broken };
    if targets.any_resource || !targets.servers.is_empty() || targets.resources.is_empty() {
        return Known::Yes(Vec::new());
    }
    let mut common: Option<Vec<SmolStr>> = None;
    for target in &targets.resources {
        let own: Vec<SmolStr> = target.pattern.parts.iter().filter_map(variable).collect();
        common = Some(match common {
            Some(known) => known.into_iter().filter(|name| own.contains(name)).collect(),
            None => own,
        });
    }
    Known::Yes(common.unwrap_or_default())
}

fn variable(part: &UriPart) -> Option<SmolStr> {
    match part {
        UriPart::Variable(name) => Some(name.clone()),
        _ => None,
    }
}
