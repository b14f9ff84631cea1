//! Strict JSON for data files: exact numbers, no key twice, bounded depth.

use std::collections::BTreeMap;

/// Nesting beyond which a file is refused.
const MAX_DEPTH: usize = 64;

/// A JSON value. Numbers keep their text, so that none is rounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// Text.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// What it is, in a message.
    pub fn word(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a bool",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "a list",
            Json::Object(_) => "an object",
        }
    }
}

/// Parses a document, or says what is wrong and on which line.
pub fn parse(text: &str) -> Result<Json, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { text, at: 0 };
    let result = reader.value(0).and_then(|value| {
        reader.space();
        if reader.at == text.len() { Ok(value) } else { Err("text follows the value".to_owned()) }
    });
    result.map_err(|message| {
        let before = text.get(..reader.at).unwrap_or(text);
        format!("{message}, on line {}", before.matches('\n').count() + 1)
    })
}

/// A position in a text.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn eat(&mut self, token: &str) -> bool {
        let eaten = self.rest().starts_with(token);
        self.at += if eaten { token.len() } else { 0 };
        eaten
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > MAX_DEPTH {
            return Err(format!("it is nested deeper than {MAX_DEPTH} levels"));
        }
        self.space();
        match self.rest().chars().next() {
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some('"') => self.string().map(Json::String),
            Some('-' | '0'..='9') => self.number(),
            _ if self.eat("true") => Ok(Json::Bool(true)),
            _ if self.eat("false") => Ok(Json::Bool(false)),
            _ if self.eat("null") => Ok(Json::Null),
            Some(_) => Err("a value is wanted".to_owned()),
            None => Err("the text ends too soon".to_owned()),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, String> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.eat("]") {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.eat("]") {
                return Ok(Json::Array(items));
            }
            if !self.eat(",") {
                return Err("`,` or `]` is wanted".to_owned());
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        self.at += 1;
        let mut members = BTreeMap::new();
        self.space();
        if self.eat("}") {
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            if !self.rest().starts_with('"') {
                return Err("a key in quotes is wanted".to_owned());
            }
            let key = self.string()?;
            self.space();
            if !self.eat(":") {
                return Err("`:` is wanted".to_owned());
            }
            let value = self.value(depth + 1)?;
            if members.insert(key.clone(), value).is_some() {
                return Err(format!("key `{}` stands twice", key.escape_debug()));
            }
            self.space();
            if self.eat("}") {
                return Ok(Json::Object(members));
            }
            if !self.eat(",") {
                return Err("`,` or `}` is wanted".to_owned());
            }
        }
    }

    /// A string: its extent is found here, its escapes are decoded by `serde_json`.
    fn string(&mut self) -> Result<String, String> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, c)| {
            let closes = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            closes
        });
        let Some((end, _)) = end else { return Err("a string is not closed".to_owned()) };
        let token = rest.get(..=end).unwrap_or_default();
        let decoded =
            serde_json::from_str::<String>(token).map_err(|_| "a string holds a bad escape or character".to_owned())?;
        self.at += token.len();
        Ok(decoded)
    }

    fn number(&mut self) -> Result<Json, String> {
        let rest = self.rest();
        let length = rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let token = rest.get(..length).unwrap_or_default().to_owned();
        let valid = serde_json::from_str::<serde_json::Value>(&token).is_ok_and(|value| value.is_number());
        if !valid {
            return Err(format!("`{token}` is no number"));
        }
        self.at += length;
        Ok(Json::Number(token))
    }
}

/// The value of a JSON number times 10^18, when it is exact: at most 18 digits after the point, |x| < 10^20.
pub fn scaled(token: &str) -> Option<i128> {
    let (negative, unsigned) = match token.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, token),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.trim_start_matches('+').parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let joined = format!("{whole}{fraction}");
    let digits = joined.trim_start_matches('0').trim_end_matches('0');
    let trailing = joined.trim_start_matches('0').len() - digits.len();
    if digits.is_empty() {
        return Some(0);
    }
    let shift =
        exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?.checked_add(i32::try_from(trailing).ok()?)?;
    let power = u32::try_from(shift.checked_add(18)?).ok()?;
    let value = digits.parse::<i128>().ok()?.checked_mul(10_i128.checked_pow(power)?)?;
    let limit = 10_i128.pow(38);
    (value < limit).then_some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_exactly() {
        let value = parse(" {\"a\": [1, 2.50, \"x\\u00e9\"], \"b\": null} ").unwrap();
        let Json::Object(members) = value else { panic!("an object") };
        let list = vec![Json::Number("1".into()), Json::Number("2.50".into()), Json::String("x\u{e9}".into())];
        assert_eq!(members["a"], Json::Array(list));
        assert_eq!(members["b"], Json::Null);
    }

    #[test]
    fn what_is_not_strict_is_refused() {
        for text in ["", "[1", "{\"a\":1,\"a\":2}", "[01]", "[1,]", "{a:1}", "\"\\ud800\"", "nul", "1 2", "[1}"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&format!("{}1{}", "[".repeat(70), "]".repeat(70))).unwrap_err().contains("nested"));
        assert_eq!(parse("[1,\n2,\n x]").unwrap_err(), "a value is wanted, on line 3");
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        assert_eq!(scaled("1"), Some(10_i128.pow(18)));
        assert_eq!(scaled("-12.50"), Some(-125 * 10_i128.pow(17)));
        assert_eq!(scaled("1e3"), Some(10_i128.pow(21)));
        assert_eq!(scaled("1.0"), Some(10_i128.pow(18)));
        assert_eq!(scaled("0.0000000000000000001"), None);
        assert_eq!(scaled("100000000000000000000"), None);
        assert_eq!(scaled("1e-400"), None);
        assert_eq!(scaled("0e999"), Some(0));
    }
}
