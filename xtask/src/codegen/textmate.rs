//! What VS Code is told about the language: the TextMate grammar and the language configuration, from the token table.
//!
//! The grammar colours what can be told from one line. What a name means (a role, a tool, a label) comes later, from the language
//! server's semantic tokens, and is painted over it.

use super::words::{self, GROUPS, SOFT_PLACES};
use serde_json::{Value, json};

/// Names of types. They are ordinary identifiers, so they count only where a type stands.
const TYPES: &[&str] = &[
    "bool", "int", "decimal", "string", "bytes", "duration", "instant", "date", "time", "weekday", "ip", "net", "host",
    "url", "path", "json", "null", "segment", "list", "set", "map",
];

/// Names that the language gives a value: what a request holds.
const ROOTS: &[&str] = &["args", "claims", "hints", "network", "now", "prompt", "resource", "result", "spiffe", "uid"];

const WORD: &str = "[A-Za-z_][A-Za-z0-9_]*";

/// `editors/vscode/syntaxes/mcpz.tmLanguage.json`.
pub fn grammar() -> String {
    let includes: Vec<Value> = [
        "comments",
        "strings",
        "annotations",
        "rule-ids",
        "numbers",
        "soft-words",
        "properties",
        "declarations",
        "keys",
        "roots",
        "words",
        "types",
        "functions",
        "operators",
        "punctuation",
    ]
    .iter()
    .map(|name| json!({"include": format!("#{name}")}))
    .collect();
    pretty(&json!({
        "$comment": "Written by `cargo xtask codegen` from compiler/syntax/src/token.rs. Do not edit.",
        "name": "mcpz",
        "scopeName": "source.mcpz",
        "fileTypes": ["mcpz"],
        "patterns": includes,
        "repository": {
            "comments": patterns(comments()),
            "strings": patterns(strings()),
            "annotations": patterns(annotations()),
            "rule-ids": patterns(rule_ids()),
            "numbers": patterns(numbers()),
            "soft-words": patterns(soft_words()),
            "properties": patterns(properties()),
            "declarations": patterns(declarations()),
            "keys": patterns(keys()),
            "roots": patterns(roots()),
            "words": patterns(hard_words()),
            "types": patterns(types()),
            "functions": patterns(vec![matched("entity.name.function", &format!("\\b{WORD}(?=\\()"))]),
            "operators": patterns(operators()),
            "punctuation": patterns(punctuation()),
        },
    }))
}

/// `editors/vscode/language-configuration.json`.
pub fn configuration() -> String {
    let pairs = json!([["{", "}"], ["[", "]"], ["(", ")"]]);
    let closing = json!([
        {"open": "{", "close": "}"}, {"open": "[", "close": "]"}, {"open": "(", "close": ")"},
        {"open": "\"", "close": "\"", "notIn": ["string", "comment"]},
    ]);
    let rules = GROUPS[0].words.iter().take(5).copied().collect::<Vec<_>>().join("|");
    pretty(&json!({
        "$comment": "Written by `cargo xtask codegen` from compiler/syntax/src/token.rs. Do not edit.",
        "comments": {"lineComment": "//"},
        "brackets": pairs,
        "autoClosingPairs": closing,
        "surroundingPairs": [["{", "}"], ["[", "]"], ["(", ")"], ["\"", "\""]],
        "wordPattern": WORD,
        "folding": {"offSide": false, "markers": {"start": "^\\s*//\\s*#?region\\b", "end": "^\\s*//\\s*#?endregion\\b"}},
        "indentationRules": {
            "increaseIndentPattern": "^[^\"/]*(?:\"[^\"]*\"[^\"/]*)*[{(\\[]\\s*(?://.*)?$",
            "decreaseIndentPattern": "^\\s*[})\\]]",
        },
        "onEnterRules": [
            {"beforeText": "^\\s*///(?!/).*$", "action": {"indent": "none", "appendText": "/// "}},
            {"beforeText": "^\\s*//!.*$", "action": {"indent": "none", "appendText": "//! "}},
            {"beforeText": format!("^\\s*(?:{rules})\\b[^{{}}]*[^{{}}\\s]\\s*$"), "previousLineText": "^(?!\\s*grant\\b)",
             "action": {"indent": "indent"}},
        ],
    }))
}

fn patterns(patterns: Vec<Value>) -> Value {
    json!({"patterns": patterns})
}

fn matched(scope: &str, pattern: &str) -> Value {
    json!({"name": format!("{scope}.mcpz"), "match": pattern})
}

/// A match whose groups are named, from the first.
fn captured(pattern: &str, scopes: &[&str]) -> Value {
    let captures: serde_json::Map<String, Value> = scopes
        .iter()
        .enumerate()
        .map(|(index, scope)| ((index + 1).to_string(), json!({"name": format!("{scope}.mcpz")})))
        .collect();
    json!({"match": pattern, "captures": captures})
}

fn any_of(words: &[&str]) -> String {
    words.join("|")
}

fn comments() -> Vec<Value> {
    vec![matched("comment.line.documentation", "//[/!](?!/).*$"), matched("comment.line.double-slash", "//.*$")]
}

fn strings() -> Vec<Value> {
    let escape = r#"\\(?:[ntr0\\"/]|u\{[0-9A-Fa-f]{1,6}\})"#;
    vec![
        json!({"name": "string.quoted.other.raw.mcpz", "begin": "\\br\"", "end": "\"|$"}),
        json!({
            "name": "string.quoted.double.mcpz", "begin": "\"", "end": "\"|$",
            "patterns": [
                matched("constant.character.escape", escape),
                matched("invalid.illegal.escape", "\\\\."),
                matched("constant.other.placeholder", &format!("\\{{{WORD}\\}}")),
            ],
        }),
    ]
}

fn annotations() -> Vec<Value> {
    let inside = ["strings", "numbers", "soft-words", "words", "punctuation"];
    let mut within: Vec<Value> = vec![matched("constant.other.code", "\\b[EW][0-9]{4}\\b")];
    within.extend(inside.iter().map(|name| json!({"include": format!("#{name}")})));
    vec![
        json!({
            "begin": format!("@{WORD}(?=\\()"), "end": "(?<=\\))|$",
            "beginCaptures": {"0": {"name": "storage.type.annotation.mcpz"}},
            "patterns": within,
        }),
        matched("storage.type.annotation", &format!("@{WORD}")),
    ]
}

/// Names of rules with hyphens, where a rule is named.
fn rule_ids() -> Vec<Value> {
    let id = format!("{WORD}(?:-[A-Za-z0-9_]+)+");
    vec![
        captured(&format!("\\b(by)\\s+({id})"), &["keyword.other.clause", "constant.other.rule"]),
        captured(
            &format!("\\b(limit)\\s+({id}|{WORD})(?=\\s+exhausted)"),
            &["keyword.other.state", "constant.other.rule"],
        ),
    ]
}

fn numbers() -> Vec<Value> {
    let digits = "[0-9](?:_?[0-9])*";
    let date = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
    let time = "[0-9]{2}:[0-9]{2}(?::[0-9]{2})?";
    let number = |kind: &str, pattern: &str| {
        matched(&format!("constant.numeric.{kind}"), &format!("(?<![A-Za-z0-9_]){pattern}(?![A-Za-z0-9_])"))
    };
    vec![
        number(
            "instant",
            &format!("{date}T[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\\.[0-9]+)?)?(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})"),
        ),
        number("date", date),
        number("time", time),
        number("size", &format!("{digits}(?:B|KB|MB|GB|KiB|MiB|GiB)")),
        number("duration", &format!("(?:{digits}(?:ms|s|m|h|d|w))+")),
        number("decimal", &format!("{digits}\\.{digits}")),
        number("integer", digits),
    ]
}

fn soft_words() -> Vec<Value> {
    let place = |place: &words::SoftPlace| {
        let before = if place.before.contains('|') && !place.before.starts_with("(?<") {
            format!("(?:{})", place.before)
        } else {
            place.before.to_owned()
        };
        captured(&format!("{before}({}){}", any_of(place.words), place.after), &[place.scope])
    };
    SOFT_PLACES.iter().map(place).collect()
}

/// After a `.` any word is a name, keyword or not.
fn properties() -> Vec<Value> {
    vec![
        captured(
            &format!("(?<!\\.)(\\.)(?!\\.)[ \\t]*({WORD})(?=\\()"),
            &["punctuation.accessor", "entity.name.function"],
        ),
        captured(&format!("(?<!\\.)(\\.)(?!\\.)[ \\t]*({WORD})"), &["punctuation.accessor", "variable.other.property"]),
    ]
}

/// A word that opens an item at the start of a line, and the name it declares.
fn declarations() -> Vec<Value> {
    let hard = any_of(&words::hard());
    let declared = |word: &str| {
        captured(
            &format!("^\\s*({word})\\s+(?!(?:{hard})\\b)({WORD})(?!\\s*->)"),
            &[words::DECLARATION_SCOPE, &format!("entity.name.type.{word}")],
        )
    };
    let mut all: Vec<Value> = words::declarations()
        .into_iter()
        .filter(|word| !["predicate", "const", "flow", "stores", "sensitive", "declassify", "context"].contains(word))
        .map(declared)
        .collect();
    all.push(captured(
        &format!("^\\s*(predicate)\\s+({WORD})"),
        &[words::DECLARATION_SCOPE, "entity.name.function.predicate"],
    ));
    all.push(captured(&format!("^\\s*(const)\\s+({WORD})"), &[words::DECLARATION_SCOPE, "variable.other.constant"]));
    all.push(captured(
        &format!("^\\s*(grant|monitor)\\s+(?!(?:{hard})\\b)({WORD})"),
        &["keyword.control.rule", "entity.name.type"],
    ));
    all
}

/// Keys of records, fields and named arguments; `in xs:` is none.
fn keys() -> Vec<Value> {
    vec![
        captured(&format!("\\b(in)\\s+({WORD})(?=\\s*:)"), &["keyword.operator.word", "variable.other"]),
        matched("variable.other.member", &format!("\\b{WORD}(?=\\s*:)")),
    ]
}

fn roots() -> Vec<Value> {
    let given: Vec<&str> = ROOTS.to_vec();
    vec![
        matched("variable.language.root", &format!("\\b(?:{})\\b(?=\\s*\\.(?!\\.))", any_of(&words::roots()))),
        matched("variable.language.root", &format!("\\b(?:{})\\b(?!\\s*[({{])", any_of(&given))),
    ]
}

fn hard_words() -> Vec<Value> {
    let mut all: Vec<Value> =
        GROUPS.iter().map(|group| matched(group.scope, &format!("\\b(?:{})\\b", any_of(group.words)))).collect();
    let declarations = any_of(&words::declarations());
    all.push(matched(words::DECLARATION_SCOPE, &format!("\\b(?:{declarations})\\b")));
    all
}

fn types() -> Vec<Value> {
    vec![matched("support.type", &format!("(?:(?<=: |:|<|\\| |\\bis ))(?:{})\\b(?!\\s*[.(])", any_of(TYPES)))]
}

fn operators() -> Vec<Value> {
    vec![
        matched("keyword.operator.range", "\\.\\.=?"),
        matched("keyword.operator.flow", "->"),
        matched("invalid.illegal.operator", "&&|\\|\\||!(?!=)"),
        matched("keyword.operator.comparison", "==|!=|<=|>="),
        matched("keyword.operator.coalesce", "\\?\\?"),
        matched("keyword.operator", "[=<>+*&|?-]"),
    ]
}

fn punctuation() -> Vec<Value> {
    vec![
        matched("punctuation.separator", "[,:]"),
        matched("punctuation.accessor", "\\."),
        matched("punctuation.section.brackets", "[{}()\\[\\]]"),
    ]
}

/// JSON as it is committed.
pub fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_names_every_word_of_the_table() {
        let grammar = grammar();
        for keyword in mcpz_syntax::keywords() {
            assert!(grammar.contains(keyword.text), "{}", keyword.text);
        }
    }

    #[test]
    fn every_include_has_a_repository_entry() {
        let grammar: Value = serde_json::from_str(&grammar()).expect("the grammar is JSON");
        let text = grammar.to_string();
        for part in text.split("\"include\":\"#").skip(1) {
            let name = part.split('"').next().unwrap_or_default();
            assert!(grammar["repository"][name].is_object(), "{name}");
        }
    }
}
