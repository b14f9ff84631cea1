//! Which string parameters look like paths, URLs, hosts or addresses.
//!
//! A proposal is a guess for a person to confirm, from the parameter's `format`, its name, then its
//! description. Names that may mean anything (`name`, `query`, `id`) propose nothing. The two *ends* of a
//! move or copy (`source` and `destination`, `from` and `to`) say what they are only by what is moved: they
//! are paths where the description speaks of files.

use super::Catalog;
use crate::hir::Tool;
use crate::types::{RecordType, Type};
use serde_json::Value;
use smol_str::SmolStr;

/// A line of a proposed overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The tool.
    pub tool: SmolStr,
    /// The fields below `args`.
    pub path: Vec<SmolStr>,
    /// `move_file.source`: as an overlay writes it.
    pub place: String,
    /// `path`, `list<url>`: as an overlay writes it.
    pub ty: String,
    /// Why.
    pub why: String,
}

/// Deepest record that proposals are looked for in.
const MAX_DEPTH: usize = 8;

/// Proposes types for string parameters, tool by tool.
pub fn propose_overlay(catalog: &Catalog) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    for tool in &catalog.tools {
        let schema: Value = serde_json::from_str(&tool.raw_schema).unwrap_or_default();
        collect(tool, &tool.input, &schema, &mut Vec::new(), &mut proposals);
    }
    proposals
}

fn collect(tool: &Tool, record: &RecordType, schema: &Value, path: &mut Vec<SmolStr>, out: &mut Vec<Proposal>) {
    if path.len() >= MAX_DEPTH {
        return;
    }
    for (name, ty) in &record.fields {
        let property =
            schema.get("properties").and_then(|properties| properties.get(name.as_str())).unwrap_or(&Value::Null);
        path.push(name.clone());
        match ty.required() {
            Type::String => {
                let guessed = guess(name, property, false).or_else(|| end_of_move(tool, record, name, property));
                push(tool, path, guessed, false, out);
            }
            Type::List(inner) if **inner == Type::String => push(tool, path, guess(name, property, true), true, out),
            Type::Record(inner) => collect(tool, inner, property, path, out),
            _ => {}
        }
        path.pop();
    }
}

fn push(tool: &Tool, path: &[SmolStr], guessed: Option<Guess>, is_list: bool, out: &mut Vec<Proposal>) {
    let Some((ty, why)) = guessed else {
        return;
    };
    let steps = std::iter::once(&tool.name).chain(path).map(|step| as_written(step)).collect::<Vec<_>>();
    out.push(Proposal {
        tool: tool.name.clone(),
        path: path.to_vec(),
        place: steps.join("."),
        ty: if is_list { format!("list<{ty}>") } else { ty.to_owned() },
        why,
    });
}

/// A type, and why.
type Guess = (&'static str, String);

/// Pairs of names for where something is taken from and where it is put.
const ENDS: [(&str, &str); 5] =
    [("source", "destination"), ("source", "target"), ("src", "dst"), ("src", "dest"), ("from", "to")];

/// One of the two ends of a move, where files are spoken of: by the parameter's own description, else by the tool's.
fn end_of_move(tool: &Tool, record: &RecordType, name: &str, property: &Value) -> Option<Guess> {
    let partner = |(one, other): (&'static str, &'static str)| match name {
        name if name == one => Some(other),
        name if name == other => Some(one),
        _ => None,
    };
    let other = ENDS.into_iter().filter_map(partner).find(|other| record.fields.contains_key(*other))?;
    let own = property.get("description").and_then(Value::as_str);
    let word = speaks_of_files(own.unwrap_or(&tool.description))?;
    Some(("path", format!("it stands beside `{other}`, and the description speaks of a {word}")))
}

/// A word for something in a file system that a text has.
fn speaks_of_files(text: &str) -> Option<&'static str> {
    const WORDS: [(&str, &str); 4] =
        [("file", "files"), ("directory", "directories"), ("folder", "folders"), ("path", "paths")];
    let lower = text.to_lowercase();
    let mut words = lower.split(|character: char| !character.is_alphanumeric());
    words.find_map(|word| WORDS.into_iter().find(|(one, many)| word == *one || word == *many)).map(|(one, _)| one)
}

fn guess(name: &str, property: &Value, is_list: bool) -> Option<Guess> {
    let place = if is_list { property.get("items").unwrap_or(&Value::Null) } else { property };
    if let Some(format) = place.get("format").and_then(Value::as_str) {
        return by_format(format).map(|ty| (ty, format!("its format is `{}`", format.escape_debug())));
    }
    let words = words_of(name);
    let last = words.last().map(String::as_str).unwrap_or_default();
    let singular = last.strip_suffix('s').filter(|_| is_list).unwrap_or(last);
    let description = property.get("description").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    // A file or folder may be a bare name, which is no path: its description has to say.
    let may_be_bare = ["file", "filename", "folder"].contains(&singular) && !description.contains("path");
    if let Some(ty) = by_name(singular).filter(|_| !may_be_bare) {
        return Some((ty, format!("it is called `{}`", name.escape_debug())));
    }
    by_description(&description).map(|(ty, phrase)| (ty, format!("its description says \"{phrase}\"")))
}

fn by_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "uri" | "url" => "url",
        "ipv4" | "ipv6" => "ip",
        "hostname" | "idn-hostname" => "host",
        "date-time" => "instant",
        "date" => "date",
        _ => return None,
    })
}

fn by_name(word: &str) -> Option<&'static str> {
    Some(match word {
        "path" | "file" | "filename" | "filepath" | "dir" | "directory" | "folder" | "cwd" => "path",
        "url" | "uri" | "href" | "webhook" | "endpoint" => "url",
        "host" | "hostname" | "domain" => "host",
        "ip" | "ipaddress" => "ip",
        "cidr" | "subnet" => "net",
        "sql" => "sql",
        _ => return None,
    })
}

fn by_description(description: &str) -> Option<(&'static str, &'static str)> {
    const PHRASES: [(&str, &str); 9] = [
        ("path", "absolute path"),
        ("path", "path to the file"),
        ("path", "path to a file"),
        ("path", "file path"),
        ("path", "directory path"),
        ("url", "url to fetch"),
        ("url", "url of the"),
        ("sql", "sql query"),
        ("sql", "sql statement"),
    ];
    PHRASES.into_iter().find(|(_, phrase)| description.contains(phrase))
}

/// `filePath`, `file_path` and `file-path` are `file`, `path`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in name.chars() {
        let starts_word = !character.is_alphanumeric() || (character.is_uppercase() && after_lower);
        if starts_word && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase();
    }
    words
}

fn as_written(name: &str) -> String {
    let mut characters = name.chars();
    let plain = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|other| other.is_ascii_alphanumeric() || other == '_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.escape_debug()) }
}
