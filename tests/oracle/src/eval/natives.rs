//! Native functions of one value.

use super::Scope;
use crate::exact;
use crate::text::clock::{self, Civil};
use crate::text::{address, host, path, sql, web};
use crate::value::{self, Item, Stop, Value, error};
use mcpz_compiler::hir::{Expr, Native};
use mcpz_runtime::decision::ErrorCode;

impl Scope<'_> {
    /// A native function of one operand.
    pub(super) fn native(&self, native: &Native, operand: &Expr) -> Item {
        let subject = self.operand(operand)?;
        match native {
            Native::Weekday(zone) => Ok(Value::Weekday(civil(&subject, zone)?.weekday)),
            Native::Date(zone) => Ok(Value::Date(civil(&subject, zone)?.date)),
            Native::Time(zone) => Ok(Value::Time(civil(&subject, zone)?.second)),
            Native::Ip => to_ip(subject),
            Native::Instant => match subject {
                Value::Instant(_) => Ok(subject),
                other => parse(&other, ErrorCode::Time, |text| clock::parse_instant(text).map(Value::Instant)),
            },
            textual => of_text(textual, &subject),
        }
    }
}

fn of_text(native: &Native, subject: &Value) -> Item {
    let Some(text) = value::text_of(subject) else {
        return error(ErrorCode::Type);
    };
    Ok(match native {
        Native::Len => Value::Number(i128::try_from(text.chars().count()).unwrap_or(i128::MAX) * exact::ONE),
        Native::Lower => Value::Text(text.to_lowercase()),
        Native::Upper => Value::Text(text.to_uppercase()),
        Native::Trim => Value::Text(text.trim().to_string()),
        Native::Split(separator) => {
            Value::List(text.split(separator.as_str()).map(|piece| Ok(Value::Text(piece.to_string()))).collect())
        }
        Native::Path => {
            return parse(subject, ErrorCode::Path, |text| path::parse(text).map(Value::Path));
        }
        Native::Url => {
            return parse(subject, ErrorCode::Url, |text| web::parse(text).map(|url| Value::Url(Box::new(url))));
        }
        Native::Host => {
            return parse(subject, ErrorCode::Host, |text| host::parse(text).map(Value::Host));
        }
        Native::Sql(dialect) => {
            return sql::facts(&text, *dialect).map(Value::Sql).map_err(Stop::Error);
        }
        Native::Weekday(_) | Native::Date(_) | Native::Time(_) | Native::Ip | Native::Instant => {
            return error(ErrorCode::Internal);
        }
    })
}

/// An address: as it is, from a host that is a literal one, or parsed.
fn to_ip(subject: Value) -> Item {
    match subject {
        Value::Ip(_) => Ok(subject),
        other => parse(&other, ErrorCode::Ip, |text| address::parse(text).map(Value::Ip)),
    }
}

fn parse(subject: &Value, code: ErrorCode, parser: impl Fn(&str) -> Option<Value>) -> Item {
    let Some(text) = value::text_of(subject) else {
        return error(ErrorCode::Type);
    };
    parser(&text).ok_or(Stop::Error(code))
}

fn civil(subject: &Value, zone: &str) -> Result<Civil, Stop> {
    match subject {
        Value::Instant(ms) => clock::civil(*ms, zone).ok_or(Stop::Error(ErrorCode::Time)),
        _ => error(ErrorCode::Type),
    }
}
