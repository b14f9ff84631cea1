//! Literals as JSON, the way a message or a claim would hold them.

use crate::decision::number_text;
use mcpz_bytecode::value::time;
use mcpz_compiler::hir::Literal;
use serde_json::{Map, Value};

/// A literal as JSON. What JSON has no form for is written as the text a policy would hold.
pub fn value(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(flag) => Value::Bool(*flag),
        Literal::Int(number) => Value::from(*number),
        Literal::Decimal(scaled) => decimal(*scaled),
        Literal::String(text) | Literal::Host(text) | Literal::Url(text) | Literal::Path(text) => text.clone().into(),
        Literal::Duration(ms) => time::duration_text(*ms).into(),
        Literal::Instant(ms) => time::instant_text(*ms).into(),
        Literal::Date(days) => time::date_text(i64::from(*days)).into(),
        Literal::Time(seconds) => time_text(*seconds).into(),
        Literal::Weekday(day) => weekday_text(*day).into(),
        Literal::Ip(address) => address.to_string().into(),
        Literal::Net(address, length) => format!("{address}/{length}").into(),
        Literal::Glob { pattern, .. } | Literal::HostPattern(pattern) | Literal::Regex(pattern) => {
            pattern.clone().into()
        }
        Literal::Segment(_) | Literal::Window(_) => Value::Null,
        Literal::List(items) => items.iter().map(value).collect(),
        Literal::Record(fields) => {
            let members: Map<String, Value> =
                fields.iter().map(|(name, item)| (name.to_string(), value(item))).collect();
            Value::Object(members)
        }
    }
}

/// The exact decimal, digit by digit: `serde_json` would make a float of it.
fn decimal(scaled: i128) -> Value {
    serde_json::from_str(&number_text(scaled)).unwrap_or(Value::Null)
}

/// Without seconds where there are none, as people write it.
fn time_text(seconds: u32) -> String {
    let text = time::clock_text(seconds);
    text.strip_suffix(":00").map_or_else(|| text.clone(), str::to_owned)
}

/// Its short name.
fn weekday_text(day: u8) -> &'static str {
    time::weekday_name(day).and_then(|name| name.get(..3)).unwrap_or("mon")
}

/// The text by which a value is remembered (`seen in`): a string as it is, a number in canonical form.
pub fn memory_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => crate::case::scaled(&number.to_string()).ok().map(number_text),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_become_the_json_a_client_would_send() {
        assert_eq!(value(&Literal::Duration(90_000)), "1m30s");
        assert_eq!(value(&Literal::Date(1)), "1970-01-02");
        assert_eq!(value(&Literal::Time(34_200)), "09:30");
        assert_eq!(value(&Literal::Time(34_201)), "09:30:01");
        assert_eq!(value(&Literal::Weekday(2)), "wed");
        assert_eq!(value(&Literal::Decimal(500_000_000_000_000_000)).to_string(), "0.5");
        let record = Literal::Record(vec![("a".into(), Literal::List(vec![Literal::Int(1), Literal::Null]))]);
        assert_eq!(value(&record).to_string(), r#"{"a":[1,null]}"#);
    }
}
