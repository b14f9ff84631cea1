//! What a message asks for: its target among what the catalogs pin (docs/semantics.md, step 0c), and the
//! values that rules may read of it.

use crate::exact;
use crate::json::Json;
use crate::text::regexes;
use crate::world::{Asked, Uri};
use mcpz_compiler::hir::{Action, Member, Program, Server, ServerId};
use regex::Regex;

/// Longest URI that a template may make.
const MAX_URI: usize = 8192;

/// What is asked, or `None` when the target is unknown.
pub fn asked(program: &Program, server: ServerId, action: Action, params: &Json) -> Option<Asked> {
    let row = program.servers.get(server.index())?;
    let blank = about(server, action);
    let name = || text(params, &["name"]);
    let given = || params.get("arguments").cloned().unwrap_or(Json::Object(Vec::new()));
    Some(match action {
        Action::Call => Asked { tool: Some(tool(row, server, name()?)?), arguments: given(), ..blank },
        Action::Get => Asked { prompt: Some(prompt(row, server, name()?)?), arguments: given(), ..blank },
        Action::Read | Action::Subscribe => Asked { uri: Some(resource(row, text(params, &["uri"])?)?), ..blank },
        Action::Complete => Asked { arguments: completed(params), ..completion(row, params, blank)? },
        Action::Sample => Asked { details: sample(params), ..blank },
        Action::Elicit => Asked { details: elicit(params), ..blank },
        Action::Roots => blank,
    })
}

/// A question about a server, without a target yet.
pub fn about(server: ServerId, action: Action) -> Asked {
    Asked {
        action,
        server,
        by_server: [Action::Sample, Action::Elicit, Action::Roots].contains(&action),
        tool: None,
        prompt: None,
        uri: None,
        arguments: Json::Object(Vec::new()),
        details: Json::Object(Vec::new()),
    }
}

/// The value at a path of keys; a number is the place in an array.
pub fn dig<'a>(json: &'a Json, path: &[&str]) -> Option<&'a Json> {
    path.iter().try_fold(json, |json, key| match json {
        Json::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    })
}

/// The string at a path of keys.
pub fn text<'a>(json: &'a Json, path: &[&str]) -> Option<&'a str> {
    dig(json, path).and_then(Json::as_str)
}

/// The tool of a name.
pub fn tool(row: &Server, server: ServerId, name: &str) -> Option<Member> {
    let names = row.tools.iter().map(|tool| tool.name.as_str());
    numbered(names, name).map(|index| Member { server, index })
}

/// The prompt of a name.
pub fn prompt(row: &Server, server: ServerId, name: &str) -> Option<Member> {
    let names = row.prompts.iter().map(|prompt| prompt.name.as_str());
    numbered(names, name).map(|index| Member { server, index })
}

fn numbered<'a>(names: impl Iterator<Item = &'a str>, wanted: &str) -> Option<u32> {
    (0_u32..).zip(names).find(|(_, name)| *name == wanted).map(|(index, _)| index)
}

/// A resource that the catalog lists, or that one of its templates makes in its one clean spelling.
fn resource(row: &Server, uri: &str) -> Option<Uri> {
    let listed = row.resources.iter().any(|known| known == uri);
    let made = || row.resource_templates.iter().any(|template| makes(template, uri));
    (listed || (is_clean(uri) && made())).then(|| Uri::Known(uri.to_string()))
}

/// Whether no other spelling names the same resource, as far as spelling tells: what may stand raw does, what may not
/// is encoded in upper case.
pub fn is_clean(uri: &str) -> bool {
    let spelling = pattern(r#"^[a-z0-9+.\-]+:(?:[^\s\p{Cc}\\%"<>^`{|}]|%(?:2[023]|3[CEF]|5E|60|7[BCD]))*$"#);
    let host = pattern("^(?:https?|wss?|ftp)://[^/?#]*[A-Z]");
    let dots = pattern(r"^[^:]*:(?:[^?#]*/)?\.\.?(?:[/?#]|$)");
    uri.len() <= MAX_URI && spelling.is_match(uri) && !dots.is_match(uri) && !host.is_match(uri)
}

/// Whether a template (RFC 6570 level 1) can make a URI: each variable is one or more characters but `/`.
pub fn makes(template: &str, uri: &str) -> bool {
    let variable = pattern(r"\{[^}]*\}");
    let fixed: Vec<String> = variable.split(template).map(regex::escape).collect();
    pattern(&format!("^{}$", fixed.join("[^/]+"))).is_match(uri)
}

fn pattern(text: &str) -> Regex {
    regexes::compiled(&format!("(?s){text}")).expect("a pattern of this file")
}

/// The prompt, or the resource or template of resources, that `ref` names.
fn completion(row: &Server, params: &Json, blank: Asked) -> Option<Asked> {
    let uri = || text(params, &["ref", "uri"]);
    match text(params, &["ref", "type"])? {
        "ref/prompt" => {
            Some(Asked { prompt: Some(prompt(row, blank.server, text(params, &["ref", "name"])?)?), ..blank })
        }
        "ref/resource" if row.resource_templates.iter().any(|template| Some(template.as_str()) == uri()) => {
            Some(Asked { uri: uri().map(|text| Uri::Known(text.to_string())), ..blank })
        }
        "ref/resource" => Some(Asked { uri: Some(resource(row, uri()?)?), ..blank }),
        _ => None,
    }
}

/// `context.arguments` with `argument` put in.
fn completed(params: &Json) -> Json {
    let earlier = match dig(params, &["context", "arguments"]) {
        Some(Json::Object(members)) => members.clone(),
        _ => Vec::new(),
    };
    let current = text(params, &["argument", "name"]).zip(dig(params, &["argument", "value"]));
    let kept = earlier.into_iter().filter(|(key, _)| current.is_none_or(|(name, _)| name != key));
    let put_in = current.map(|(name, value)| (name.to_string(), value.clone()));
    Json::Object(kept.chain(put_in).collect())
}

/// `sample`: the bound on tokens, the wanted model, and how many messages; each when it is there.
fn sample(params: &Json) -> Json {
    let count = match params.get("messages") {
        Some(Json::Array(messages)) => i128::try_from(messages.len()).ok().map(|count| count * exact::ONE),
        _ => None,
    };
    let fields = [
        ("max_tokens", params.get("maxTokens").cloned()),
        ("model", dig(params, &["modelPreferences", "hints"]).and_then(first_name)),
        ("messages", count.map(Json::Number)),
    ];
    Json::Object(fields.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?))).collect())
}

fn first_name(hints: &Json) -> Option<Json> {
    match hints {
        Json::Array(_) => dig(hints, &["0", "name"]).cloned(),
        _ => None,
    }
}

/// `elicit`: its mode, its fields, and whether one of them asks for a secret. What is no plain form may ask for anything.
fn elicit(params: &Json) -> Json {
    let fields: Vec<&(String, Json)> = match dig(params, &["requestedSchema", "properties"]) {
        Some(Json::Object(members)) => members.iter().collect(),
        _ => Vec::new(),
    };
    let names: Vec<&String> = fields.iter().map(|(name, _)| name).collect();
    let secret = pattern("password|secret|token|key");
    let said = |(name, field): &(String, Json)| match field {
        Json::Object(_) => {
            let title = text(field, &["title"]).unwrap_or("");
            secret.is_match(&format!("{name} {title}").to_lowercase()) || text(field, &["format"]) == Some("password")
        }
        _ => true,
    };
    let asks_secret = !is_plain_form(params) || fields.into_iter().any(said);
    let mode = text(params, &["mode"]).unwrap_or("form");
    Json::Object(vec![
        ("mode".to_string(), Json::String(mode.to_string())),
        ("asks_secret".to_string(), Json::Bool(asks_secret)),
        ("fields".to_string(), Json::Array(names.into_iter().cloned().map(Json::String).collect())),
    ])
}

/// Whether a form is a list of properties and nothing else.
fn is_plain_form(params: &Json) -> bool {
    let plain = pattern(r"^(\$schema|type|title|description|properties|required)$");
    let schema_fits = match params.get("requestedSchema") {
        None => true,
        Some(Json::Object(members)) => members
            .iter()
            .all(|(name, value)| plain.is_match(name) && (name != "properties" || matches!(value, Json::Object(_)))),
        Some(_) => false,
    };
    schema_fits && params.get("mode").is_none_or(|mode| mode.as_str().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_is_clean() {
        for (uri, clean) in [
            ("file:///w/a", true),
            ("file:///w/a%20b?x=1#y", true),
            ("file:///w/%2e/a", false),
            ("file:///w/%2Fa", false),
            ("file:///w/%41", false),
            ("file:///w/%4", false),
            ("file:///w/c++", true),
            ("file:///w/c%2B%2B", false),
            ("file:///w/%C3%A9", false),
            ("file:///w/é", true),
            ("file:///w/a%3fb", false),
            ("file:///w/a%3Fb", true),
            ("file:///w/a|b", false),
            ("http://Host/a", false),
            ("repo://Owner/a", true),
            ("file:///w/../a", false),
            ("file:///w/..", false),
            ("file:///w/..a", true),
            ("file:///w?x=/../y", true),
            ("x:..", false),
            ("FILE:///w/a", false),
            ("file:///w/a b", false),
            ("/w/a", false),
        ] {
            assert_eq!(is_clean(uri), clean, "{uri}");
        }
    }

    #[test]
    fn templates_make_what_their_variables_can() {
        for (template, uri, can) in [
            ("file:///w/{team}/{name}", "file:///w/red/a", true),
            ("file:///w/{team}/{name}", "file:///w/red", false),
            ("file:///w/{team}", "file:///w/", false),
            ("x:{a}-{b}", "x:1-2-3", true),
            ("x:{a}{b}", "x:1", false),
            ("x:/fixed.", "x:/fixed.", true),
            ("x:/fixed.", "x:/fixedx", false),
            ("x:{open", "x:{open", true),
        ] {
            assert_eq!(makes(template, uri), can, "{template} {uri}");
        }
    }
}
