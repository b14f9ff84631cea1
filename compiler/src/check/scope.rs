//! The environment of an expression: which facts it may start from, and what is known of them.
//!
//! A [`Scope`] is made once for a clause, predicate or declaration; an [`Env`] is a scope with the
//! local variables and the [`Facts`] that hold at one point of it.

use super::narrow::Facts;
use crate::hir::{Span, VarId};
use crate::types::{RecordType, Type};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Whether a fact is known in a scope.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Known<T> {
    /// It is.
    Yes(T),
    /// It is not, and why; what would help.
    No {
        /// "a bare agent acts alone".
        why: Cow<'static, str>,
        /// "write `copilot acting for ...`".
        help: Cow<'static, str>,
    },
    /// Something it depends on is in error, which is reported: whatever is said of it stays silent.
    Broken,
}

impl<T> Known<T> {
    /// Not known.
    pub fn no(why: impl Into<Cow<'static, str>>, help: impl Into<Cow<'static, str>>) -> Self {
        Known::No { why: why.into(), help: help.into() }
    }

    /// The value, if it is known.
    pub fn as_known(&self) -> Option<&T> {
        match self {
            Known::Yes(value) => Some(value),
            _ => None,
        }
    }
}

/// What is known of `args` or `prompt.args`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Arguments {
    /// The meet of the targets' parameters.
    pub record: RecordType,
    /// The targets that lack a parameter which others have, as `server.tool`.
    pub lacking: BTreeMap<SmolStr, Vec<String>>,
    /// The only target, as `server.tool`, where there is but one.
    pub of: Option<String>,
}

/// What the condition of a user, agent or role sees of a credential.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Credential {
    /// `claims`.
    pub claims: Known<RecordType>,
    /// `spiffe`.
    pub spiffe: Known<()>,
    /// `uid`.
    pub uid: Known<()>,
}

/// The facts that a clause, predicate or declaration may start from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scope {
    /// `args`.
    pub args: Known<Arguments>,
    /// `prompt.args`.
    pub prompt_args: Known<Arguments>,
    /// `resource.uri`, with the variables common to all patterns.
    pub resource: Known<Vec<SmolStr>>,
    /// `sample`.
    pub sample: Known<()>,
    /// `elicit`.
    pub elicit: Known<()>,
    /// `user.claims`.
    pub user: Known<RecordType>,
    /// `agent.claims`.
    pub agent: Known<RecordType>,
    /// `claims`, `spiffe`, `uid`.
    pub credential: Known<Credential>,
    /// `context`, `now`, `network.source`.
    pub request: Known<()>,
    /// Roles as conditions, and questions about history.
    pub caller: Known<()>,
    /// The rule narrows: hollow parameters are errors.
    pub restriction: bool,
    /// The condition is a monitor's, which may ask `novel`.
    pub monitor: bool,
}

impl Scope {
    /// A scope in which nothing of the request is known, for this reason.
    pub fn closed(why: &'static str, help: &'static str) -> Scope {
        Scope {
            args: Known::no(why, help),
            prompt_args: Known::no(why, help),
            resource: Known::no(why, help),
            sample: Known::no(why, help),
            elicit: Known::no(why, help),
            user: Known::no(why, help),
            agent: Known::no(why, help),
            credential: Known::no(
                "only conditions of users, agents and roles see it",
                "write `user.claims` or `agent.claims`",
            ),
            request: Known::no(why, help),
            caller: Known::no(why, help),
            restriction: false,
            monitor: false,
        }
    }
}

/// A local variable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Local {
    /// Its name.
    pub name: SmolStr,
    /// Its id.
    pub var: VarId,
    /// Its type.
    pub ty: Type,
    /// It ranges over `args`: provenance may be asked of it.
    pub from_args: bool,
}

/// What is known at one point of an expression.
#[derive(Debug, Clone)]
pub(crate) struct Env<'a> {
    /// The facts there are.
    pub scope: &'a Scope,
    /// Local variables, innermost last.
    pub locals: Vec<Local>,
    /// What conditions around this point show.
    pub facts: Facts,
    /// The innermost condition around this point, and whether a guard put before it needs parentheses.
    pub condition: Option<(Span, bool)>,
    /// The point stands directly under `not`.
    pub negated: bool,
}

impl<'a> Env<'a> {
    /// The environment at the start of a scope.
    pub fn new(scope: &'a Scope) -> Env<'a> {
        Env { scope, locals: Vec::new(), facts: Facts::default(), condition: None, negated: false }
    }

    /// With more facts.
    pub fn with_facts(&self, facts: &Facts) -> Env<'a> {
        Env { facts: self.facts.and(facts), negated: false, ..self.clone() }
    }

    /// With one more variable.
    pub fn with_local(&self, local: Local) -> Env<'a> {
        let mut env = self.clone();
        env.locals.push(local);
        env
    }

    /// The local variable of this name.
    pub fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().rev().find(|local| local.name == name)
    }
}
