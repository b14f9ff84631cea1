//! The scopes of the checker as plain tables, for the index.

use super::arguments::{prompts_of, tools_of};
use super::principals::{claims_of, sources_of};
use super::rule::test_scope;
use super::scope::{Known, Scope};
use crate::hir::{Action, Class, ClassDefinition, CredentialSource, Program, SqlDialect, Subject, Targets};
use crate::index::scopes::Facts;
use crate::types::Type;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// What decides the facts of a rule, an assertion or a test.
pub(crate) struct FactTable<'a> {
    /// The actions.
    pub actions: &'a BTreeSet<Action>,
    /// The targets, as far as they are known.
    pub targets: &'a Targets,
    /// The subject; `None` when it is in error.
    pub subject: Option<&'a Subject>,
}

/// The facts of a rule.
pub(crate) fn rule_facts(program: &Program, table: &FactTable<'_>, restriction: bool) -> Facts {
    let scope = test_scope(program, table.actions, Some(table.targets), table.subject, restriction);
    let mut facts = plain(&scope);
    let about = |wanted: &[Action]| table.actions.iter().any(|action| wanted.contains(action));
    if about(&[Action::Call]) {
        facts.tools = tools_of(program, table.targets);
    }
    if about(&[Action::Get, Action::Complete]) {
        facts.prompts = prompts_of(program, table.targets);
    }
    facts
}

fn plain(scope: &Scope) -> Facts {
    let args = scope.args.as_known();
    let is_known = |known: &Known<()>| known.as_known().is_some();
    Facts {
        args: args.map(|args| args.record.clone()),
        lacking: args.map(|args| args.lacking.clone()).unwrap_or_default(),
        prompt_args: scope.prompt_args.as_known().map(|args| args.record.clone()),
        resource: scope.resource.as_known().cloned(),
        user: scope.user.as_known().cloned(),
        agent: scope.agent.as_known().cloned(),
        sample: is_known(&scope.sample),
        elicit: is_known(&scope.elicit),
        request: is_known(&scope.request),
        caller: is_known(&scope.caller),
        restriction: scope.restriction,
        ..Facts::default()
    }
}

/// What the condition of a class sees.
pub(crate) fn class_facts(program: &Program, class: &Class) -> Facts {
    let sources = match &class.definition {
        ClassDefinition::Identity { source, .. } => BTreeSet::from([*source]),
        ClassDefinition::Narrow { base, .. } => sources_of(program, *base),
        ClassDefinition::Join(_) => BTreeSet::new(),
    };
    let only = |wanted: CredentialSource| !sources.is_empty() && sources.iter().all(|source| *source == wanted);
    Facts {
        claims: claims_of(program, &sources),
        spiffe: only(CredentialSource::Mtls),
        uid: only(CredentialSource::Local),
        ..Facts::default()
    }
}

/// The fields of a type that an expression may go down to, with their types.
pub fn fields(ty: &Type) -> Vec<(SmolStr, Type)> {
    let names = super::expr::field_names(ty.required());
    names.into_iter().filter_map(|name| Some((name.clone(), field_type(ty, &name)?))).collect()
}

/// The type of a field; optional when the base is.
pub fn field_type(ty: &Type, name: &SmolStr) -> Option<Type> {
    let found = super::expr::field_type(ty.required(), name)?;
    Some(if ty.is_optional() { found.optional() } else { found })
}

/// Every function of the language: name, and how it is written.
pub fn functions() -> impl Iterator<Item = (&'static str, &'static str)> {
    super::natives::FUNCTIONS.iter().map(|function| (function.name, function.signature))
}

/// What a function of one argument makes; `None` for those whose result depends on more.
pub fn result_of(function: &str) -> Option<Type> {
    super::natives::native(function, None, SqlDialect::Ansi).map(|(_, ty)| ty)
}
