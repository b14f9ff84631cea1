//! The record that lookup and checking write while they work: which name means what, and which type stands where.
//!
//! It is only kept when somebody asks ([`crate::check_indexed`]); a compiler that makes a bundle writes none.

use crate::hir::{Expr, ExprKind, Member, PackageId, Root, Span, VarId};
use crate::resolve::symbols::Entity;
use crate::types::Type;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What a name in a source stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Referent {
    /// Something declared.
    Entity(Entity),
    /// A tool of a catalog.
    Tool(Member),
    /// A prompt of a catalog.
    Prompt(Member),
    /// A package.
    Package(PackageId),
    /// A quantifier's binder or a predicate's parameter.
    Local(VarId),
}

/// A local variable and where it is bound.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalRow {
    /// Its id.
    pub var: VarId,
    /// Its name.
    pub name: SmolStr,
    /// Where it is bound.
    pub span: Span,
    /// Its type.
    pub ty: Type,
}

/// What was recorded.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// What names mean. A name of a `use` may mean several things.
    pub names: BTreeMap<Span, Vec<Referent>>,
    /// Types of expressions, and of every prefix of a path.
    pub types: BTreeMap<Span, Type>,
    /// Local variables.
    pub locals: Vec<LocalRow>,
}

/// A handle to a record, shared by everything that writes it.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Record>>);

impl Recorder {
    /// A name means this.
    pub fn name(&self, span: Span, referent: Referent) {
        self.with(|record| {
            let meanings = record.names.entry(span).or_default();
            if !meanings.contains(&referent) {
                meanings.push(referent);
            }
        });
    }

    /// An expression has its type; so have the bases of its fields.
    pub fn typed(&self, expr: &Expr) {
        self.with(|record| {
            let mut next = Some(expr);
            while let Some(expr) = next {
                if expr.ty != Type::Error {
                    record.types.insert(expr.span, expr.ty.clone());
                }
                next = match &expr.kind {
                    ExprKind::Field(base, _) => Some(base),
                    ExprKind::Root(Root::Var(var)) => {
                        let meanings = record.names.entry(expr.span).or_default();
                        if !meanings.contains(&Referent::Local(*var)) {
                            meanings.push(Referent::Local(*var));
                        }
                        None
                    }
                    _ => None,
                };
            }
        });
    }

    /// A variable is bound.
    pub fn local(&self, row: LocalRow) {
        self.with(|record| record.locals.push(row));
    }

    /// Entities are renumbered.
    pub fn renumber(&self, change: impl Fn(Entity) -> Entity) {
        self.with(|record| {
            for referent in record.names.values_mut().flatten() {
                if let Referent::Entity(entity) = referent {
                    *entity = change(*entity);
                }
            }
        });
    }

    /// Takes what was recorded.
    pub fn take(&self) -> Record {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn with(&self, write: impl FnOnce(&mut Record)) {
        write(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
