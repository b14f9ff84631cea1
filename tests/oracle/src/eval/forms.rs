//! Operators that look at one or two values, and the forms that choose.

use super::{Binding, Eval, Scope, as_eval, typed};
use crate::exact;
use crate::text::{glob, host, path, regexes};
use crate::truth::Truth;
use crate::value::{self, Datum, Item, Stop, Value, error};
use mcpz_compiler::hir::{Arithmetic, Comparison, Expr, PredicateId};
use mcpz_compiler::types::Type;
use mcpz_runtime::decision::ErrorCode;
use std::cmp::Ordering;

impl Scope<'_> {
    /// `a == b`, `a < b` and so on.
    pub(super) fn compare(&self, how: Comparison, a: &Expr, b: &Expr) -> Item {
        let (a, b) = self.operands(a, b)?;
        let holds = match how {
            Comparison::Eq => value::equal(&a, &b)?,
            Comparison::Ne => !value::equal(&a, &b)?,
            Comparison::Lt => value::order(&a, &b)? == Ordering::Less,
            Comparison::Le => value::order(&a, &b)? != Ordering::Greater,
            Comparison::Gt => value::order(&a, &b)? == Ordering::Greater,
            Comparison::Ge => value::order(&a, &b)? != Ordering::Less,
        };
        Ok(Value::Bool(holds))
    }

    /// `a like "pattern"`.
    pub(super) fn like(&self, a: &Expr, pattern: &Expr) -> Item {
        let (a, pattern) = self.operands(a, pattern)?;
        let holds = match (&a, &pattern) {
            (Value::Host(name), Value::HostPattern(wanted)) => host::matches(name, wanted),
            (_, Value::Glob(wanted, path_like)) => {
                let Some(subject) = value::text_of(&a) else {
                    return error(ErrorCode::Type);
                };
                glob::matches(&subject, wanted, *path_like)
            }
            _ => return error(ErrorCode::Type),
        };
        Ok(Value::Bool(holds))
    }

    /// `a matches "regex"`.
    pub(super) fn matches(&self, a: &Expr, pattern: &Expr) -> Item {
        let (a, pattern) = self.operands(a, pattern)?;
        match (value::text_of(&a), &pattern) {
            (Some(subject), Value::Regex(wanted)) => {
                regexes::matches(&subject, wanted).map(Value::Bool).ok_or(Stop::Error(ErrorCode::Internal))
            }
            _ => error(ErrorCode::Type),
        }
    }

    /// `a under b`.
    pub(super) fn under(&self, a: &Expr, b: &Expr) -> Item {
        match self.operands(a, b)? {
            (Value::Path(a), Value::Path(b)) => Ok(Value::Bool(path::under(&a, &b))),
            _ => error(ErrorCode::Type),
        }
    }

    /// `a is T`: looks at the JSON type only.
    pub(super) fn is(&self, a: &Expr, ty: &Type) -> Item {
        let holds = match self.eval(a)? {
            None => false,
            Some(Datum::Json(json)) => value::json_type_fits(&json, ty),
            Some(Datum::Typed(found)) => value::kind_fits(&found, ty),
        };
        Ok(Value::Bool(holds))
    }

    /// `has place`.
    pub(super) fn has(&self, place: &Expr) -> Item {
        Ok(Value::Bool(self.eval(place)?.is_some_and(|datum| !datum.is_null())))
    }

    /// `a ?? b`.
    pub(super) fn coalesce(&self, a: &Expr, b: &Expr) -> Eval {
        match self.eval(a)? {
            Some(datum) if !datum.is_null() => typed(datum.read(&a.ty)),
            _ => self.eval_read(b),
        }
    }

    /// `if c then a else b`: the branch not taken is not looked at.
    pub(super) fn choose(&self, c: &Expr, a: &Expr, b: &Expr) -> Eval {
        match self.truth(c) {
            Truth::True => self.eval_read(a),
            Truth::False => self.eval_read(b),
            other => as_eval(other),
        }
    }

    /// A branch: absent and null stay, a value is read by the branch's own type.
    fn eval_read(&self, expr: &Expr) -> Eval {
        match self.eval(expr)? {
            Some(datum) if !datum.is_null() => typed(datum.read(&expr.ty)),
            other => Ok(other),
        }
    }

    /// A predicate is its body, its parameters bound to the arguments as they are.
    pub(super) fn call(&self, id: PredicateId, arguments: &[Expr]) -> Eval {
        let Some(predicate) = self.world.program.predicates.get(id.index()) else {
            return error(ErrorCode::Internal);
        };
        let mut scope = self.clone();
        for ((var, _), argument) in predicate.parameters.iter().zip(arguments) {
            let binding = Binding { value: self.eval(argument), pointer: self.pointer(argument) };
            scope = scope.bind(*var, binding);
        }
        as_eval(scope.truth(&predicate.body))
    }

    /// Checked arithmetic.
    pub(super) fn arithmetic(&self, how: Arithmetic, a: &Expr, b: &Expr, ty: &Type) -> Item {
        let (a, b) = self.operands(a, b)?;
        let overflow = Stop::Error(ErrorCode::Overflow);
        match (a, b) {
            (Value::Number(a), Value::Number(b)) => numbers(how, a, b, ty).ok_or(overflow),
            (Value::Instant(a), Value::Duration(b)) => {
                integers(how, a, b).filter(|_| how != Arithmetic::Mul).map(Value::Instant).ok_or(overflow)
            }
            (Value::Duration(a), Value::Instant(b)) if how == Arithmetic::Add => {
                integers(how, a, b).map(Value::Instant).ok_or(overflow)
            }
            (Value::Instant(a), Value::Instant(b)) if how == Arithmetic::Sub => {
                integers(how, a, b).map(Value::Duration).ok_or(overflow)
            }
            (Value::Duration(a), Value::Duration(b)) if how != Arithmetic::Mul => {
                integers(how, a, b).map(Value::Duration).ok_or(overflow)
            }
            (Value::Duration(span), Value::Number(times)) | (Value::Number(times), Value::Duration(span))
                if how == Arithmetic::Mul =>
            {
                let Some(times) = exact::integral(times) else {
                    return error(ErrorCode::Type);
                };
                let product = i128::from(span).checked_mul(times).and_then(|ms| i64::try_from(ms).ok());
                product.map(Value::Duration).ok_or(overflow)
            }
            _ => error(ErrorCode::Type),
        }
    }

    /// `a..b`.
    pub(super) fn range(&self, low: Option<&Expr>, high: Option<&Expr>, inclusive: bool) -> Item {
        let end = |expr: Option<&Expr>| expr.map(|expr| self.operand(expr)).transpose();
        let (low, high) = value::both(end(low), end(high))?;
        Ok(Value::Range(low.map(Box::new), high.map(Box::new), inclusive))
    }
}

fn numbers(how: Arithmetic, a: i128, b: i128, ty: &Type) -> Option<Value> {
    let result = match how {
        Arithmetic::Add => exact::add(a, b),
        Arithmetic::Sub => exact::subtract(a, b),
        Arithmetic::Mul => exact::multiply(a, b),
    }?;
    if *ty.required() == Type::Int {
        i64::try_from(exact::integral(result)?).ok()?;
    }
    Some(Value::Number(result))
}

fn integers(how: Arithmetic, a: i64, b: i64) -> Option<i64> {
    match how {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Sub => a.checked_sub(b),
        Arithmetic::Mul => a.checked_mul(b),
    }
}
