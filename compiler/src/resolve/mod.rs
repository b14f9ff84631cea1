//! Names to ids: declarations become rows of [`hir::Program`], and every name is looked up once.
//!
//! Terms. A *place* is the package and file a node stands in; it decides which names are seen and
//! makes spans. A *unit* is what the checker works on: the program's declarations, the lookup
//! tables, and the syntax of everything whose inside the checker types (constants, predicates,
//! rules, tests, assertions, monitors). Errors go to a sink of diagnostics; a name that is not
//! known is reported once, where it stands, and what depends on it stays silent.
//!
//! Read next: [`symbols`] for lookup, `declare` for the order in which declarations are read,
//! `subjects` and `targets` for what rules are about.

mod annotations;
mod build;
mod catalogs;
mod classes;
mod context;
mod data;
mod declare;
mod grants;
mod guard;
mod imports;
mod issuers;
mod items;
mod json;
mod labels;
pub mod order;
mod overlap;
mod overlay;
mod places;
mod rules;
mod segments;
mod servers;
mod subjects;
pub mod symbols;
mod tags;
mod targets;
mod types;
mod unwraps;
pub mod uri;

pub use build::unit;
pub use catalogs::{Catalog, CatalogFault};
pub use places::field_path;
pub use rules::actions;
pub use servers::{Profile, catalog_paths};
pub use subjects::{approvers, subject};
pub use symbols::{ConstId, Entity, ProfileId, Symbols, TagId};
pub use tags::Tag;
pub use targets::{ResolvedTargets, member, targets};
pub use types::type_of;
pub use uri::uri_pattern;

use crate::hir::{self, GrantId, PackageId, SourceId, Span, VarId};
use crate::types::Type;
use mcpz_syntax::{TextRange, ast};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The package.
    pub package: PackageId,
    /// The file.
    pub source: SourceId,
}

impl Place {
    /// The span of a range of this file.
    pub fn span(self, range: TextRange) -> Span {
        Span { source: self.source, start: range.start().into(), end: range.end().into() }
    }

    /// The span of a node of this file.
    pub fn of(self, node: &impl ast::AstNode) -> Span {
        self.span(node.range())
    }
}

/// One segment of a path, or a declared name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Its text, without quotes.
    pub text: SmolStr,
    /// Where it stands, quotes included.
    pub span: Span,
}

impl Name {
    /// The name that an identifier of the syntax stands for.
    pub fn new(place: Place, ident: &ast::Ident) -> Name {
        Name { text: SmolStr::new(&ident.text), span: place.span(ident.range) }
    }
}

/// The segments of a path.
pub fn names(place: Place, path: &ast::Path) -> Vec<Name> {
    path.segments().iter().map(|ident| Name::new(place, ident)).collect()
}

/// What the checker works on.
pub struct Unit {
    /// Lookup of names.
    pub symbols: Symbols,
    /// Declarations. Predicates have their parameters, and [`hir::ExprKind::Error`] as body, until the
    /// checker fills them in; rules, tests, assertions and monitors are empty.
    pub program: hir::Program,
    /// Where each user, agent or role stands, as a whole item. Row is [`hir::ClassId`].
    pub class_items: Vec<Span>,
    /// Constants; a constant only refers to constants before it. Row is [`ConstId`].
    pub consts: Vec<ConstDecl>,
    /// Values of constants, once they are checked.
    pub const_values: Vec<Option<hir::Expr>>,
    /// Predicates; a predicate only calls predicates before it. Row is [`hir::PredicateId`].
    pub predicates: Vec<PredicateDecl>,
    /// Tags, expanded. Row is [`TagId`].
    pub tags: Vec<Tag>,
    /// Profiles. Row is [`ProfileId`].
    pub profiles: Vec<Profile>,
    /// Rules in canonical order, the permits of grants included.
    pub rules: Vec<RuleHead>,
    /// Tests of the root package.
    pub tests: Vec<Placed<ast::Test>>,
    /// Assertions of all packages.
    pub asserts: Vec<Placed<ast::Assert>>,
    /// Monitors of all packages.
    pub monitors: Vec<Placed<ast::Monitor>>,
    /// Every declaration that can be used or not: for lints.
    pub declared: Vec<Declared>,
    /// `@allow`s, for lint levels.
    pub allowed: Vec<crate::diagnostics::levels::Allowed>,
    /// The first variable that is free for binders.
    pub next_var: u32,
}

/// A node and the place it stands in.
#[derive(Debug, Clone)]
pub struct Placed<T> {
    /// Where it stands.
    pub place: Place,
    /// The node.
    pub ast: T,
}

/// A declaration, for lints that ask whether it is used.
#[derive(Debug, Clone)]
pub struct Declared {
    /// What it is.
    pub entity: Entity,
    /// Its name.
    pub name: Name,
    /// Its package.
    pub package: PackageId,
}

/// A constant.
#[derive(Debug, Clone)]
pub struct ConstDecl {
    /// Its name.
    pub name: Name,
    /// Where it stands.
    pub place: Place,
    /// Its syntax.
    pub ast: ast::Const,
    /// Its type, when it is written.
    pub declared: Option<Type>,
    /// It is part of a circle, which is reported: it has no value.
    pub circular: bool,
}

/// A predicate.
#[derive(Debug, Clone)]
pub struct PredicateDecl {
    /// Its name.
    pub name: Name,
    /// Where it stands.
    pub place: Place,
    /// Its syntax.
    pub ast: ast::Predicate,
    /// Its parameters.
    pub parameters: Vec<(Name, VarId, Type)>,
    /// It is part of a circle, which is reported: its body is not checked.
    pub circular: bool,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleVerb {
    /// `permit`
    Permit,
    /// `forbid`
    Forbid,
    /// `require`
    Require,
    /// `limit`
    Limit,
    /// `redact`
    Redact,
    /// `audit`
    Audit,
}

impl RuleVerb {
    /// The word that opens the rule.
    pub fn word(self) -> &'static str {
        match self {
            RuleVerb::Permit => "permit",
            RuleVerb::Forbid => "forbid",
            RuleVerb::Require => "require",
            RuleVerb::Limit => "limit",
            RuleVerb::Redact => "redact",
            RuleVerb::Audit => "audit",
        }
    }
}

/// The syntax of a rule.
#[derive(Debug, Clone)]
pub enum RuleSyntax {
    /// `permit`
    Permit(ast::PermitRule),
    /// `forbid`
    Forbid(ast::ForbidRule),
    /// `require`
    Require(ast::RequireRule),
    /// `limit`
    Limit(ast::LimitRule),
    /// `redact`
    Redact(ast::RedactRule),
    /// `audit`
    Audit(ast::AuditRule),
    /// A permit inside a grant.
    Grant(ast::GrantPermit),
}

impl RuleSyntax {
    /// All clauses, in source order; one kind may stand twice.
    pub fn clauses(&self) -> Vec<ast::Clause> {
        use ast::RuleParts;
        match self {
            RuleSyntax::Permit(rule) => rule.clauses(),
            RuleSyntax::Forbid(rule) => rule.clauses(),
            RuleSyntax::Require(rule) => rule.clauses(),
            RuleSyntax::Limit(rule) => rule.clauses(),
            RuleSyntax::Redact(rule) => rule.clauses(),
            RuleSyntax::Audit(rule) => rule.clauses(),
            RuleSyntax::Grant(rule) => rule.clauses(),
        }
    }
}

/// A rule of which the head is resolved; the checker adds what it does and its clauses.
#[derive(Debug, Clone)]
pub struct RuleHead {
    /// Where it stands.
    pub place: Place,
    /// Its syntax.
    pub ast: RuleSyntax,
    /// What it does.
    pub verb: RuleVerb,
    /// Its id, unique in the program.
    pub id: String,
    /// Who; `None` when that is in error, which is reported.
    pub subject: Option<hir::Subject>,
    /// `for S`; the inner `None` is an error that is reported.
    pub for_subject: Option<Option<hir::Subject>>,
    /// Which actions; never empty.
    pub actions: BTreeSet<hir::Action>,
    /// Which targets.
    pub targets: hir::Targets,
    /// Whether every name in the targets was known. If not, what depends on them stays silent.
    pub targets_ok: bool,
    /// `@message`.
    pub message: Option<String>,
    /// `@severity`.
    pub severity: Option<SmolStr>,
    /// `@deny`.
    pub deny: Option<hir::DenyMode>,
    /// `@shadow`.
    pub shadow: bool,
    /// The grant that it belongs to.
    pub grant: Option<GrantId>,
    /// Documentation.
    pub docs: String,
    /// The whole rule.
    pub span: Span,
    /// From its first word to its targets.
    pub head_span: Span,
}

impl RuleHead {
    /// The rule, once the checker knows the rest. `None` when its subject is in error.
    pub fn finish(
        &self,
        kind: hir::RuleKind,
        where_: Option<hir::Expr>,
        when: Option<hir::Expr>,
        unless: Option<hir::Expr>,
    ) -> Option<hir::Rule> {
        let for_subject = match &self.for_subject {
            Some(subject) => Some(subject.clone()?),
            None => None,
        };
        Some(hir::Rule {
            kind,
            package: self.place.package,
            id: self.id.clone(),
            subject: self.subject.clone()?,
            for_subject,
            actions: self.actions.clone(),
            targets: self.targets.clone(),
            where_,
            when,
            unless,
            message: self.message.clone(),
            severity: self.severity.clone(),
            deny: self.deny,
            shadow: self.shadow,
            grant: self.grant,
            docs: self.docs.clone(),
            span: self.span,
            head_span: self.head_span,
        })
    }
}
