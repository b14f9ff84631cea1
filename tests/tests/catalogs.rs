//! Catalogs, schemas and JSON: ours against independent readers, on small runs.

use mcpz_compiler::catalog;
use mcpz_tests::{json_fuzz::fuzz_json, schema_fuzz};

const CATALOGS: [(&str, &str); 2] =
    [("files", include_str!("../catalogs/files.json")), ("money", include_str!("../catalogs/money.json"))];

#[test]
fn the_validator_equals_jsonschema_on_catalogs() {
    for (name, text) in CATALOGS {
        let counts =
            schema_fuzz::compare_catalog(text.as_bytes(), 5000, 7).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(counts.valid > 20 && counts.valid < counts.compared, "{name}: {counts:?}");
    }
}

#[test]
fn the_validator_equals_jsonschema_on_generated_schemas() {
    let counts = schema_fuzz::fuzz_schema(3000, 1).unwrap_or_else(|error| panic!("{error}"));
    assert!(counts.valid > 1000 && counts.valid < counts.compared && counts.skipped < 600, "{counts:?}");
}

#[test]
fn the_reader_equals_serde_json_with_strict_rules() {
    let counts = fuzz_json(30_000, 1).unwrap_or_else(|error| panic!("{error}"));
    assert!(counts.accepted > 5000 && counts.refused > 5000, "{counts:?}");
}

#[test]
fn types_of_the_catalogs() {
    let inputs = |text: &str| {
        let parsed = catalog::parse(text.as_bytes()).unwrap();
        parsed.tools.iter().map(|tool| format!("{}: {}", tool.name, tool.input)).collect::<Vec<_>>()
    };
    assert_eq!(
        inputs(CATALOGS[0].1),
        [
            r#"read_file: {encoding: ("latin-1" | "utf-8")?, head: int?, path: string}"#,
            "edit-file: {dryRun: bool?, edits: list<{new: string, old: string}>, path: string}",
            "tree: {root: string?, tree: {children: list<json>?, name: string}}",
        ]
    );
    assert_eq!(
        inputs(CATALOGS[1].1),
        [concat!(
            r#"refund/create.v2: {amount: decimal, currency: ("EUR" | "USD")?, invoice: string, labels: map<string>?, "#,
            "note: string?, payee: {card: string?, iban: string?}?, tags: list<string>?}"
        )]
    );
}

#[test]
fn integers_that_doubles_blur_are_refused_unless_the_schema_reaches_there() {
    let fault = |schema: serde_json::Value, value: i64| {
        let compiled = catalog::compile_schema(&schema).unwrap();
        schema_fuzz::fits(&compiled.image, &serde_json::json!(value)).unwrap()
    };
    let safe = 9_007_199_254_740_991;
    assert_eq!(fault(serde_json::json!({"type": "integer"}), safe), None);
    assert_eq!(fault(serde_json::json!({"type": "integer"}), safe + 1), Some("integer_range"));
    assert_eq!(fault(serde_json::json!({"type": "integer"}), -safe - 1), Some("integer_range"));
    let wide = serde_json::json!({"type": "integer", "maximum": i64::MAX});
    assert_eq!(fault(wide.clone(), i64::MAX), None);
    assert_eq!(fault(wide, -safe - 1), Some("integer_range"));
    assert_eq!(fault(serde_json::json!({"type": "number"}), safe + 1), None);
}
