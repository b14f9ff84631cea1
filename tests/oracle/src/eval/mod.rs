//! Expressions, one function per form (docs/semantics.md, sections 1 to 3).
//!
//! An expression evaluates to [`Eval`]: a datum, absence, or a stop (error, or unknown at list
//! time). Conditions go through [`Scope::truth`], operands of strict operators through
//! [`Scope::operand`].

mod collect;
mod forms;
pub mod history;
mod members;
mod natives;

use crate::json::Json;
use crate::truth::Truth;
use crate::value::{self, Datum, Item, Stop, Value, error};
use crate::world::{LinkFacts, Uri, World};
use mcpz_compiler::hir::{DataId, Expr, ExprKind, PrincipalKind, Root, VarId};
use mcpz_runtime::decision::ErrorCode;
use std::collections::BTreeMap;

/// What an expression evaluates to; `None` is absent.
pub type Eval = Result<Option<Datum>, Stop>;

/// What a variable stands for: its value, and where below `args` it comes from.
#[derive(Debug, Clone)]
pub struct Binding {
    value: Eval,
    pointer: Option<String>,
}

/// Where an expression is evaluated.
#[derive(Clone)]
pub struct Scope<'a> {
    /// What the decision sees.
    pub world: &'a World<'a>,
    /// At list time, when most roots are unknown.
    pub listing: bool,
    /// Captures of the rule's URI pattern.
    pub captures: Option<&'a BTreeMap<String, String>>,
    /// The link being classified.
    pub link: Option<&'a LinkFacts>,
    vars: BTreeMap<VarId, Binding>,
}

impl<'a> Scope<'a> {
    /// A scope without variables.
    pub fn new(world: &'a World<'a>, listing: bool) -> Self {
        Scope { world, listing, captures: None, link: None, vars: BTreeMap::new() }
    }

    fn bind(&self, var: VarId, binding: Binding) -> Self {
        let mut inner = self.clone();
        inner.vars.insert(var, binding);
        inner
    }

    /// The truth of a condition.
    pub fn truth(&self, expr: &Expr) -> Truth {
        match self.operand(expr) {
            Ok(Value::Bool(value)) => Truth::of(value),
            Ok(_) => Truth::Error(ErrorCode::Type),
            Err(Stop::Error(code)) => Truth::Error(code),
            Err(Stop::Unknown) => Truth::Unknown,
        }
    }

    /// The operand of a strict operator: absent and null are errors, JSON is read as its type.
    pub fn operand(&self, expr: &Expr) -> Item {
        match self.eval(expr)? {
            None => error(ErrorCode::Missing),
            Some(datum) if datum.is_null() => error(ErrorCode::Missing),
            Some(datum) => datum.read(&expr.ty),
        }
    }

    fn operands(&self, a: &Expr, b: &Expr) -> Result<(Value, Value), Stop> {
        value::both(self.operand(a), self.operand(b))
    }

    /// Evaluates one expression.
    pub fn eval(&self, expr: &Expr) -> Eval {
        match &expr.kind {
            ExprKind::Literal(literal) => Ok(Some(Datum::Typed(value::from_literal(literal, &expr.ty)))),
            ExprKind::Root(root) => self.root(root),
            ExprKind::Field(base, name) => self.field(base, name),
            ExprKind::List(items) => self.list(items),
            ExprKind::Not(inner) => as_eval(self.truth(inner).negate()),
            ExprKind::And(parts) => as_eval(Truth::all(parts.iter().map(|part| self.truth(part)))),
            ExprKind::Or(parts) => as_eval(Truth::any(parts.iter().map(|part| self.truth(part)))),
            ExprKind::Compare(how, a, b) => typed(self.compare(*how, a, b)),
            ExprKind::In(a, b) => self.contained(a, b),
            ExprKind::Contains(a, b) => self.contains(a, b),
            ExprKind::Like(a, pattern) => typed(self.like(a, pattern)),
            ExprKind::Matches(a, pattern) => typed(self.matches(a, pattern)),
            ExprKind::Under(a, b) => typed(self.under(a, b)),
            ExprKind::Is(a, ty) => typed(self.is(a, ty)),
            ExprKind::Has(place) => typed(self.has(place)),
            ExprKind::Coalesce(a, b) => self.coalesce(a, b),
            ExprKind::Arith(how, a, b) => typed(self.arithmetic(*how, a, b, &expr.ty)),
            ExprKind::If(c, a, b) => self.choose(c, a, b),
            ExprKind::Range { low, high, end_inclusive } => {
                typed(self.range(low.as_deref(), high.as_deref(), *end_inclusive))
            }
            ExprKind::Quantified { quantifier, var, over, body } => self.quantified(*quantifier, *var, over, body),
            ExprKind::CountOf(xs) => typed(self.count_of(xs)),
            ExprKind::Collect(kind) => self.collected(*kind),
            ExprKind::Native(native, operand) => typed(self.native(native, operand)),
            ExprKind::Call(predicate, arguments) => self.call(*predicate, arguments),
            ExprKind::HasSubject(subject) => as_eval(crate::subjects::anywhere(self, subject)),
            ExprKind::History(question) => self.history(question),
            ExprKind::Error => error(ErrorCode::Internal),
        }
    }

    /// A fact of the request. At list time only the credential, data and the URI asked about are known.
    fn root(&self, root: &Root) -> Eval {
        let asked = &self.world.asked;
        let json = |value: &Json| Ok(Some(Datum::Json(value.clone())));
        let late = |value: Eval| {
            if self.listing { Err(Stop::Unknown) } else { value }
        };
        match root {
            Root::Args | Root::PromptArgs => late(json(&asked.arguments)),
            Root::Sample | Root::Elicit => late(json(&asked.details)),
            Root::Context => late(json(self.world.context)),
            Root::Now => late(Ok(Some(Datum::Typed(Value::Instant(self.world.now_ms))))),
            Root::NetworkSource => late(Ok(self.world.network.map(|ip| Datum::Typed(Value::Ip(ip))))),
            Root::UserClaims => self.claims_of(self.world.chain.last(), PrincipalKind::User),
            Root::AgentClaims => self.claims_of(self.world.chain.first(), PrincipalKind::Agent),
            Root::LinkClaims => Ok(self.link.map(|link| Datum::Json(link.claims.clone()))),
            Root::LinkSpiffe => Ok(self.link.and_then(|link| link.spiffe.clone()).map(text)),
            Root::LinkUid => Ok(self.link.and_then(|link| link.uid).map(int)),
            Root::ResourceUri => self.uri(),
            Root::UriVariable(name) => self.uri_variable(name),
            Root::Data(id) => self.data(*id),
            Root::Var(var) => self.vars.get(var).map_or(error(ErrorCode::Internal), |found| found.value.clone()),
        }
    }

    /// Data: replaced, or as built.
    fn data(&self, id: DataId) -> Eval {
        match self.world.data.get(&id) {
            Some(None) => error(ErrorCode::Data),
            Some(Some(value)) => Ok(Some(Datum::Typed(value.clone()))),
            None => {
                let built = self.world.program.data.get(id.index());
                Ok(built.map(|data| Datum::Typed(value::from_literal(&data.value, &data.ty))))
            }
        }
    }

    fn claims_of(&self, link: Option<&LinkFacts>, kind: PrincipalKind) -> Eval {
        match link {
            Some(link) if link.kind == kind => Ok(Some(Datum::Json(link.claims.clone()))),
            _ => error(ErrorCode::Missing),
        }
    }

    fn uri(&self) -> Eval {
        match &self.world.asked.uri {
            Some(Uri::Known(uri)) => Ok(Some(text(uri.clone()))),
            Some(Uri::Template(_)) => Err(Stop::Unknown),
            None => Ok(None),
        }
    }

    fn uri_variable(&self, name: &str) -> Eval {
        match &self.world.asked.uri {
            Some(Uri::Template(_)) => Err(Stop::Unknown),
            _ => Ok(self.captures.and_then(|found| found.get(name)).cloned().map(text)),
        }
    }
}

fn text(value: String) -> Datum {
    Datum::Typed(Value::Text(value))
}

fn int(value: i64) -> Datum {
    Datum::Typed(Value::Number(crate::exact::from_int(value)))
}

/// A result of an operator as an evaluation.
fn typed(item: Item) -> Eval {
    item.map(|value| Some(Datum::Typed(value)))
}

/// A truth as an evaluation.
fn as_eval(truth: Truth) -> Eval {
    match truth {
        Truth::True => typed(Ok(Value::Bool(true))),
        Truth::False => typed(Ok(Value::Bool(false))),
        Truth::Error(code) => error(code),
        Truth::Unknown => Err(Stop::Unknown),
    }
}
