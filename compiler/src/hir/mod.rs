//! The typed, resolved program: what the checker makes of the sources of a whole bundle.
//!
//! Everything here is plain data. Names are resolved to ids, literals are parsed to the type their
//! place expects, tags and target patterns are expanded against the pinned catalogs, and every
//! expression carries its type and its span. Two independent readers consume it: `lower`, on the
//! way to bytecode, and the reference interpreter in `tests/oracle`, which walks it rule by rule.
//! Read next: [`expr`], [`rule`], [`decl`], [`testing`].

pub mod canonical;
pub mod content;
pub mod decl;
pub mod expr;
pub mod lines;
pub mod rule;
pub mod same;
pub mod testing;

pub use decl::*;
pub use expr::*;
pub use rule::*;
pub use testing::*;

use crate::ids::row_ids;

row_ids! {
    /// A source file: row of [`Program::sources`].
    SourceId,
    /// A package: row of [`Program::packages`].
    PackageId,
    /// A token issuer.
    IssuerId,
    /// A class of principals: a `user`, an `agent` or a `role`.
    ClassId,
    /// A server.
    ServerId,
    /// A label.
    LabelId,
    /// A segment.
    SegmentId,
    /// A `data` declaration.
    DataId,
    /// A grant.
    GrantId,
    /// A rule, in canonical order.
    RuleId,
    /// A predicate.
    PredicateId,
    /// A local variable: a quantifier's binder or a predicate's parameter.
    VarId,
}

/// A region of a source file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A source file of the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path relative to its package, with `/`, prefixed by the package name: `payments/policy/main.mcpz`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The package it belongs to.
    pub package: PackageId,
}

/// A package of the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether it is marked `authority = "guard"`.
    pub guard: bool,
}

/// The whole typed program.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Packages; the root package is the first.
    pub packages: Vec<Package>,
    /// Sources in canonical order (by path).
    pub sources: Vec<Source>,
    /// Token issuers.
    pub issuers: Vec<Issuer>,
    /// Users, agents and roles. A class only refers to classes before it.
    pub classes: Vec<Class>,
    /// Servers with their pinned catalogs.
    pub servers: Vec<Server>,
    /// Labels.
    pub labels: Vec<Label>,
    /// `stores` declarations.
    pub stores: Vec<Stores>,
    /// `declassify` declarations.
    pub declassify: Vec<Declassify>,
    /// Segments.
    pub segments: Vec<Segment>,
    /// Flows between segments, opened and forbidden.
    pub flows: Vec<Flow>,
    /// The merged `context` record: every field may be missing at run time.
    pub context: crate::types::RecordType,
    /// `data` declarations.
    pub data: Vec<Data>,
    /// `sensitive` places.
    pub sensitive: Vec<Sensitive>,
    /// Predicates. A predicate only calls predicates before it.
    pub predicates: Vec<Predicate>,
    /// Grants; their permits are rules with [`Rule::grant`] set.
    pub grants: Vec<Grant>,
    /// All rules in canonical order: source path, then position.
    pub rules: Vec<Rule>,
    /// Monitors: parsed and resolved by name only, given meaning later.
    pub monitors: Vec<Monitor>,
    /// Tests written in the language.
    pub tests: Vec<Test>,
    /// Assertions to prove.
    pub asserts: Vec<Assert>,
}
