//! Answers as text that people can read and review: ranges as `3:4-3:9` (lines and columns from 1), addresses relative to the workspace.

use serde_json::Value;
use std::path::Path;

/// Writes an answer.
pub fn value(value: &Value, root: &Path) -> String {
    let mut lines = Vec::new();
    node(value, root, 0, &mut lines);
    lines.join("\n")
}

/// An address relative to the workspace.
pub fn address(uri: &str, root: &Path) -> String {
    let prefix = format!("{}/", crate::workspace::uri(root));
    let shorter =
        uri.strip_prefix(&prefix).map_or_else(|| uri.replace(&crate::workspace::uri(root), "."), str::to_owned);
    shorter.replace(&root.display().to_string(), ".")
}

/// A position: line and column from 1.
pub fn position(value: &Value) -> String {
    let number = |key: &str| value[key].as_u64().unwrap_or(0) + 1;
    format!("{}:{}", number("line"), number("character"))
}

/// A range.
pub fn range(value: &Value) -> String {
    format!("{}-{}", position(&value["start"]), position(&value["end"]))
}

/// What fits a line is written on it.
fn inline(value: &Value, root: &Path) -> Option<String> {
    match value {
        Value::Null => Some("null".to_owned()),
        Value::String(text) if text.contains('\n') => None,
        Value::String(text) => Some(address(text, root)),
        Value::Object(map) if map.len() == 2 && map.contains_key("start") && map.contains_key("end") => {
            Some(range(value))
        }
        Value::Object(map) if map.len() == 2 && map.contains_key("line") && map.contains_key("character") => {
            Some(position(value))
        }
        Value::Object(map) if map.is_empty() => Some("{}".to_owned()),
        Value::Array(items) if items.is_empty() => Some("[]".to_owned()),
        Value::Array(items) if items.iter().all(|item| item.is_number() || item.is_boolean()) => {
            Some(items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        }
        Value::Object(_) | Value::Array(_) => None,
        other => Some(other.to_string()),
    }
}

fn node(value: &Value, root: &Path, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    if let Some(text) = inline(value, root) {
        lines.push(format!("{indent}{text}"));
        return;
    }
    match value {
        Value::String(text) => lines.extend(text.lines().map(|line| format!("{indent}| {line}").trim_end().to_owned())),
        Value::Array(items) => {
            for item in items {
                let mut inner = Vec::new();
                node(item, root, 0, &mut inner);
                for (row, line) in inner.iter().enumerate() {
                    lines.push(format!("{indent}{} {line}", if row == 0 { "-" } else { " " }));
                }
            }
        }
        Value::Object(map) => {
            for (key, member) in map {
                // Digests change with what they are made of, which no session is about.
                if matches!(key.as_str(), "digest" | "resultId") {
                    lines.push(format!("{indent}{key}: .."));
                    continue;
                }
                match inline(member, root) {
                    Some(text) => lines.push(format!("{indent}{}: {text}", address(key, root))),
                    None => {
                        lines.push(format!("{indent}{}:", address(key, root)));
                        node(member, root, depth + 1, lines);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Completions: label, kind, detail; what is inserted when that is not the label; edits elsewhere.
pub fn completions(items: &Value, prefix: &str) -> String {
    let mut shown: Vec<&Value> = items.as_array().map(|items| items.iter().collect()).unwrap_or_default();
    shown.sort_by_key(|item| item["sortText"].as_str().unwrap_or_default().to_owned());
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let fits = |item: &&Value| {
        let filter = item["filterText"].as_str().unwrap_or(item["label"].as_str().unwrap_or_default());
        filter.starts_with(prefix)
    };
    let lines = shown.into_iter().filter(fits).map(|item| {
        let mut line = format!("{} ({})", text(item, "label"), kind_word(item["kind"].as_u64().unwrap_or(0)));
        let detail = text(item, "detail");
        if !detail.is_empty() {
            line.push_str(&format!(" {detail}"));
        }
        let inserted = item["textEdit"]["newText"].as_str().unwrap_or_default();
        if inserted != text(item, "label") {
            line.push_str(&format!(" => {}", inserted.replace('\n', "\\n")));
        }
        for edit in item["additionalTextEdits"].as_array().into_iter().flatten() {
            let at = position(&edit["range"]["start"]);
            line.push_str(&format!(" + {at} {}", edit["newText"].as_str().unwrap_or_default().replace('\n', "\\n")));
        }
        line
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn kind_word(kind: u64) -> &'static str {
    const WORDS: [&str; 26] = [
        "none",
        "text",
        "method",
        "function",
        "constructor",
        "field",
        "variable",
        "class",
        "interface",
        "module",
        "property",
        "unit",
        "value",
        "enum",
        "keyword",
        "snippet",
        "color",
        "file",
        "reference",
        "folder",
        "enum member",
        "constant",
        "struct",
        "event",
        "operator",
        "type parameter",
    ];
    usize::try_from(kind).ok().and_then(|kind| WORDS.get(kind)).copied().unwrap_or("none")
}

/// Diagnostics: range, severity, code, message, tags, related places.
pub fn diagnostics(items: &Value, root: &Path) -> String {
    let mut lines = Vec::new();
    for item in items.as_array().into_iter().flatten() {
        let severity = if item["severity"] == 1 { "error" } else { "warning" };
        let message = item["message"].as_str().unwrap_or_default().replace('\n', " / ");
        let mut line =
            format!("{} {severity} {} {message}", range(&item["range"]), item["code"].as_str().unwrap_or_default());
        for tag in item["tags"].as_array().into_iter().flatten() {
            line.push_str(if *tag == 1 { " [unnecessary]" } else { " [deprecated]" });
        }
        lines.push(line);
        for related in item["relatedInformation"].as_array().into_iter().flatten() {
            let place = address(related["location"]["uri"].as_str().unwrap_or_default(), root);
            let message = related["message"].as_str().unwrap_or_default();
            lines.push(format!("  {place} {} {message}", range(&related["location"]["range"])));
        }
    }
    lines.join("\n")
}
