//! Declarations: `use`, identities and roles, tags, labels, flows, context, data, predicates, constants.

use super::Documented;
use super::expressions::Expr;
use super::names::{FieldPath, Ident, Name, Path, StringLiteral};
use super::rules::WhereClause;
use super::subjects::{Target, Targets};
use super::support::{self, ast_nodes};
use super::types::{Type, TypeField};
use rowan::TextRange;

ast_nodes! {
    /// `use a.b as c`, `use a.b.{c, d as e}`
    UseItem,
    /// `as e`
    UseAlias,
    /// `{c, d as e}`
    UseList,
    /// `d as e`
    UseName,
    /// `user employee from corp where ...`
    User,
    /// `agent copilot from corp where ... acts for employee`
    Agent,
    /// `acts for employee`
    ActsFor,
    /// `role analyst of employee where ...`, `role reader = analyst | sre`
    Role,
    /// `of employee`
    RoleBase,
    /// `= analyst | sre`
    RoleUnion,
    /// `tag destructive = ...`
    Tag,
    /// `label untrusted from ...`
    Label,
    /// `mail.read: result.body`
    LabelSource,
    /// `stores untrusted in fs.write_file by args.path`
    Stores,
    /// `flow dev -> pci only ...`
    Flow,
    /// `forbid flow dev -> pci`
    ForbidFlow,
    /// `context { ... }`
    Context,
    /// `data payees: set<string> from "..."`
    Data,
    /// `sensitive users.update: args.password`
    Sensitive,
    /// `declassify L in T`, `declassify L from T by args.p`
    Declassify,
    /// `in T`
    DeclassifyIn,
    /// `from T by args.p`
    DeclassifyFrom,
    /// `predicate p(x: int) = ...`
    Predicate,
    /// `x: int`
    Param,
    /// `const C: int = 1`
    Const,
}

/// The name that each of these declares.
macro_rules! declares_name {
    ($($name:ident),*) => { $(
        impl Documented for $name {}

        impl $name {
            /// The declared name.
            pub fn name(&self) -> Option<Ident> {
                support::child::<Name>(&self.0)?.ident()
            }
        }
    )* };
}
declares_name!(User, Agent, Role, Tag, Label, Data, Predicate, Const);

impl Documented for UseItem {}
impl Documented for Stores {}
impl Documented for Flow {}
impl Documented for ForbidFlow {}
impl Documented for Context {}
impl Documented for Sensitive {}
impl Documented for Declassify {}

/// One name that a `use` brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedName {
    /// The whole path: `a.b.d`.
    pub path: Vec<Ident>,
    /// The name it gets here: the alias, or the last segment.
    pub binding: Ident,
    /// Where this name stands in the `use`.
    pub range: TextRange,
}

impl UseItem {
    /// The path before any list.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }

    /// Every name it brings in.
    pub fn names(&self) -> Vec<UsedName> {
        let Some(path) = self.path() else {
            return Vec::new();
        };
        let segments = path.segments();
        let Some(list) = support::child::<UseList>(&self.0) else {
            let Some(last) = segments.last().cloned() else {
                return Vec::new();
            };
            let binding = alias(&self.0).unwrap_or(last);
            return vec![UsedName { range: super::AstNode::range(&path), path: segments, binding }];
        };
        let one = |used: UseName| {
            let name = support::child::<Name>(&used.0)?.ident()?;
            let path = segments.iter().cloned().chain([name.clone()]).collect();
            Some(UsedName { path, range: name.range, binding: alias(&used.0).unwrap_or(name) })
        };
        support::children::<UseName>(&list.0).into_iter().filter_map(one).collect()
    }
}

fn alias(node: &crate::tree::SyntaxNode) -> Option<Ident> {
    let alias = support::child::<UseAlias>(node)?;
    support::child::<Name>(&alias.0)?.ident()
}

impl User {
    /// The issuer, `mtls` or `local`.
    pub fn source(&self) -> Option<Path> {
        support::child(&self.0)
    }

    /// The condition on verified credentials.
    pub fn condition(&self) -> Option<Expr> {
        support::child::<WhereClause>(&self.0)?.condition()
    }
}

impl Agent {
    /// The issuer, `mtls` or `local`.
    pub fn source(&self) -> Option<Path> {
        support::child(&self.0)
    }

    /// The condition on verified credentials.
    pub fn condition(&self) -> Option<Expr> {
        support::child::<WhereClause>(&self.0)?.condition()
    }

    /// The users it acts for.
    pub fn acts_for(&self) -> Vec<Path> {
        support::child::<ActsFor>(&self.0).map(|acts| support::children(&acts.0)).unwrap_or_default()
    }
}

impl Role {
    /// What `of` names.
    pub fn base(&self) -> Option<Path> {
        support::child(&support::child::<RoleBase>(&self.0)?.0)
    }

    /// The condition after `where`.
    pub fn condition(&self) -> Option<Expr> {
        support::child::<WhereClause>(&self.0)?.condition()
    }

    /// The roles joined by `|`; empty if it is not written with `=`.
    pub fn members(&self) -> Vec<Path> {
        support::child::<RoleUnion>(&self.0).map(|union| support::children(&union.0)).unwrap_or_default()
    }

    /// Whether it is written with `=`.
    pub fn is_union(&self) -> bool {
        support::child::<RoleUnion>(&self.0).is_some()
    }
}

/// The targets of a node that has one list of them.
fn targets_of(node: &crate::tree::SyntaxNode) -> Vec<Target> {
    support::child::<Targets>(node).map(|targets| targets.targets()).unwrap_or_default()
}

impl Tag {
    /// What bears the tag.
    pub fn targets(&self) -> Vec<Target> {
        targets_of(&self.0)
    }
}

impl Label {
    /// What the label comes from.
    pub fn sources(&self) -> Vec<LabelSource> {
        support::children(&self.0)
    }
}

impl LabelSource {
    /// Whose results bear the label.
    pub fn target(&self) -> Option<Target> {
        support::child(&self.0)
    }

    /// The part of the result; the whole if there is none.
    pub fn field(&self) -> Option<FieldPath> {
        support::child(&self.0)
    }
}

impl Stores {
    /// The label.
    pub fn label(&self) -> Option<Path> {
        support::child(&self.0)
    }

    /// The tools that write.
    pub fn targets(&self) -> Vec<Target> {
        targets_of(&self.0)
    }

    /// The parameter that says where.
    pub fn key(&self) -> Option<FieldPath> {
        support::child(&self.0)
    }
}

/// The two ends of a flow.
macro_rules! flow_ends {
    ($($name:ident),*) => { $(
        impl $name {
            /// The segment it starts from.
            pub fn source(&self) -> Option<Path> {
                support::child(&self.0)
            }

            /// The segment it leads to.
            pub fn destination(&self) -> Option<Path> {
                support::nth_child(&self.0, 1)
            }
        }
    )* };
}
flow_ends!(Flow, ForbidFlow);

impl Flow {
    /// What it is open for; `None` means everything.
    pub fn only(&self) -> Option<Vec<Target>> {
        support::child::<Targets>(&self.0).map(|targets| targets.targets())
    }
}

impl Context {
    /// The facts.
    pub fn fields(&self) -> Vec<TypeField> {
        support::children(&self.0)
    }
}

impl Data {
    /// The type.
    pub fn ty(&self) -> Option<Type> {
        support::child(&self.0)
    }

    /// The file.
    pub fn file(&self) -> Option<StringLiteral> {
        support::first_string(&self.0)
    }
}

impl Sensitive {
    /// The tools.
    pub fn targets(&self) -> Vec<Target> {
        targets_of(&self.0)
    }

    /// The parameters or parts of the result.
    pub fn fields(&self) -> Vec<FieldPath> {
        support::children(&self.0)
    }
}

impl Declassify {
    /// The label.
    pub fn label(&self) -> Option<Path> {
        support::child(&self.0)
    }

    /// The targets after `in`, for that form.
    pub fn in_targets(&self) -> Option<Vec<Target>> {
        support::child::<DeclassifyIn>(&self.0).map(|form| targets_of(&form.0))
    }

    /// The targets after `from`, for that form.
    pub fn from_targets(&self) -> Option<Vec<Target>> {
        support::child::<DeclassifyFrom>(&self.0).map(|form| targets_of(&form.0))
    }

    /// The parameter after `by`.
    pub fn key(&self) -> Option<FieldPath> {
        support::child(&support::child::<DeclassifyFrom>(&self.0)?.0)
    }
}

impl Predicate {
    /// The parameters.
    pub fn params(&self) -> Vec<Param> {
        support::children(&self.0)
    }

    /// What it stands for.
    pub fn body(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

impl Param {
    /// The name.
    pub fn name(&self) -> Option<Ident> {
        support::child::<Name>(&self.0)?.ident()
    }

    /// The type.
    pub fn ty(&self) -> Option<Type> {
        support::child(&self.0)
    }
}

impl Const {
    /// The type, if it is written.
    pub fn ty(&self) -> Option<Type> {
        support::child(&self.0)
    }

    /// The value.
    pub fn value(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}
