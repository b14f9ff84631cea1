//! What editors ask of a checked workspace, as plain tables: what names mean, which types stand where, which facts each
//! rule's clauses see.
//!
//! An [`Index`] holds no syntax and may cross threads. It is complete as far as the sources make sense: a rule in error
//! still has its row, its scope and the names that were understood. Read next: [`record`] for how names and types
//! get here, [`scopes`] for facts.

pub mod record;
pub mod scopes;

pub use record::{LocalRow, Recorder, Referent};
pub use scopes::{ScopeKind, ScopeRow};

use crate::diagnostics::levels::Allowed;
use crate::hir::{Action, Expr, GrantId, PackageId, Program, Server, ServerId, Span, Subject, Targets, VarId};
use crate::package::Loaded;
use crate::resolve::symbols::{Entity, Symbols};
use crate::resolve::{Declared, RuleVerb, Tag, Unit};
use crate::types::Type;
use record::Record;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The tables.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// Lookup of names.
    pub symbols: Symbols,
    /// The typed program as far as it makes sense; rules in error are missing.
    pub program: Program,
    /// What names mean, by place.
    pub names: BTreeMap<Span, Vec<Referent>>,
    /// Types of expressions and of every prefix of a path, by place.
    pub types: BTreeMap<Span, Type>,
    /// Local variables.
    pub locals: Vec<LocalRow>,
    /// Everything that is declared.
    pub declared: Vec<Declared>,
    /// Every rule, in canonical order, the permits of grants included.
    pub rules: Vec<RuleRow>,
    /// What clauses, conditions and tests see, by place.
    pub scopes: Vec<ScopeRow>,
    /// Tags, expanded.
    pub tags: Vec<Tag>,
    /// Profiles.
    pub profiles: Vec<ProfileRow>,
    /// Constants.
    pub consts: Vec<ConstRow>,
    /// Names of the parameters of predicates.
    pub parameters: Vec<Vec<(SmolStr, VarId, Type)>>,
    /// Where the name of each package can be changed: its manifest's `name`.
    pub package_names: Vec<Span>,
    /// `@allow`s, for lint levels.
    pub allowed: Vec<Allowed>,
}

/// A rule's head.
#[derive(Debug, Clone)]
pub struct RuleRow {
    /// Its id.
    pub id: String,
    /// The package that declares it.
    pub package: PackageId,
    /// What it does.
    pub verb: RuleVerb,
    /// Who; `None` when that is in error.
    pub subject: Option<Subject>,
    /// `for S`.
    pub for_subject: Option<Subject>,
    /// Which actions.
    pub actions: BTreeSet<Action>,
    /// Which targets, as far as they are known.
    pub targets: Targets,
    /// Whether that is all.
    pub targets_ok: bool,
    /// The grant that it belongs to.
    pub grant: Option<GrantId>,
    /// Documentation.
    pub docs: String,
    /// The whole rule.
    pub span: Span,
    /// From its first word to its targets.
    pub head_span: Span,
}

/// A profile.
#[derive(Debug, Clone)]
pub struct ProfileRow {
    /// Its catalog with its overlay applied.
    pub shape: Server,
    /// The servers declared like it.
    pub instances: Vec<ServerId>,
}

/// A constant.
#[derive(Debug, Clone)]
pub struct ConstRow {
    /// Its name.
    pub name: SmolStr,
    /// Where its name stands.
    pub span: Span,
    /// Its value, when it has one.
    pub value: Option<Expr>,
}

/// Makes the tables of what was checked.
pub(crate) fn index(loaded: &Loaded, unit: &Unit, program: Program, record: Record) -> Index {
    let mut locals = record.locals;
    for predicate in &unit.predicates {
        locals.extend(predicate.parameters.iter().map(|(name, var, ty)| LocalRow {
            var: *var,
            name: name.text.clone(),
            span: name.span,
            ty: ty.clone(),
        }));
    }
    let consts = unit.consts.iter().zip(unit.const_values.iter().cloned().chain(std::iter::repeat(None)));
    let mut symbols = unit.symbols.clone();
    symbols.recorder = None;
    Index {
        symbols,
        program,
        names: record.names,
        types: record.types,
        locals,
        declared: unit.declared.clone(),
        rules: unit.rules.iter().map(rule_row).collect(),
        scopes: scopes::of(unit),
        tags: unit.tags.clone(),
        profiles: unit.profiles.iter().map(profile_row).collect(),
        consts: consts
            .map(|(decl, value)| ConstRow { name: decl.name.text.clone(), span: decl.name.span, value })
            .collect(),
        parameters: unit.predicates.iter().map(parameters).collect(),
        package_names: loaded.packages.iter().map(|package| package.manifest.name.span).collect(),
        allowed: unit.allowed.clone(),
    }
}

fn rule_row(head: &crate::resolve::RuleHead) -> RuleRow {
    RuleRow {
        id: head.id.clone(),
        package: head.place.package,
        verb: head.verb,
        subject: head.subject.clone(),
        for_subject: head.for_subject.clone().flatten(),
        actions: head.actions.clone(),
        targets: head.targets.clone(),
        targets_ok: head.targets_ok,
        grant: head.grant,
        docs: head.docs.clone(),
        span: head.span,
        head_span: head.head_span,
    }
}

fn profile_row(profile: &crate::resolve::Profile) -> ProfileRow {
    ProfileRow { shape: profile.shape.clone(), instances: profile.instances.clone() }
}

fn parameters(predicate: &crate::resolve::PredicateDecl) -> Vec<(SmolStr, VarId, Type)> {
    predicate.parameters.iter().map(|(name, var, ty)| (name.text.clone(), *var, ty.clone())).collect()
}

impl Index {
    /// The span at which an entity's name is declared.
    pub fn declaration(&self, entity: Entity) -> Option<Span> {
        self.declared.iter().find(|declared| declared.entity == entity).map(|declared| declared.name.span)
    }
}
