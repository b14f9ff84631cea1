//! JSON values of generated requests, and their many spellings.

use super::rng::Rng;

/// A value to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Draft {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// The text of a number.
    Number(String),
    /// Text.
    Text(String),
    /// An array.
    Array(Vec<Draft>),
    /// An object.
    Object(Vec<(String, Draft)>),
}

impl Draft {
    /// A text.
    pub fn text(text: impl Into<String>) -> Draft {
        Draft::Text(text.into())
    }

    /// An object.
    pub fn object(members: impl IntoIterator<Item = (&'static str, Draft)>) -> Draft {
        Draft::Object(members.into_iter().map(|(name, value)| (name.to_string(), value)).collect())
    }
}

/// Plain compact JSON.
pub fn plain(draft: &Draft) -> String {
    write(draft, &mut None)
}

/// JSON in one of its odd but legal spellings.
pub fn spelled(draft: &Draft, rng: &mut Rng) -> String {
    write(draft, &mut Some(rng))
}

fn write(draft: &Draft, rng: &mut Option<&mut Rng>) -> String {
    let mut out = match draft {
        Draft::Null => "null".to_string(),
        Draft::Bool(value) => value.to_string(),
        Draft::Number(text) => text.clone(),
        Draft::Text(text) => string(text, rng),
        Draft::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| write(item, rng)).collect();
            format!("[{}]", items.join(","))
        }
        Draft::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{}:{}", string(name, rng), write(value, rng))).collect();
            format!("{{{}}}", members.join(","))
        }
    };
    if let Some(rng) = rng
        && rng.chance(3)
    {
        out = format!(" {out}\t");
    }
    out
}

fn string(text: &str, rng: &mut Option<&mut Rng>) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        let spell_out = rng.as_mut().is_some_and(|rng| rng.chance(1));
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            _ if c < ' ' || spell_out => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}
