//! Schemas to types, what is not enforced, what is refused; catalogs as a whole.

use super::*;
use crate::types::RecordType;
use serde_json::json;

fn ty(schema: Value) -> String {
    compile_schema(&schema).unwrap().ty.to_string()
}

fn unenforced(schema: Value) -> Vec<(String, String)> {
    compile_schema(&schema).unwrap().unenforced
}

fn problem(schema: Value) -> String {
    compile_schema(&schema).unwrap_err().message
}

fn parsed(file: Value) -> Catalog {
    parse(file.to_string().as_bytes()).unwrap()
}

#[test]
fn schemas_become_types() {
    assert_eq!(ty(json!({"type": "string"})), "string");
    assert_eq!(ty(json!({"type": "string", "format": "uri"})), "string");
    assert_eq!(ty(json!({"enum": ["b", "a", "b"]})), r#""a" | "b""#);
    assert_eq!(ty(json!({"type": ["string", "null"], "enum": ["a", null]})), r#""a"?"#);
    assert_eq!(ty(json!({"const": "x"})), r#""x""#);
    assert_eq!(ty(json!({"type": ["string", "integer", "null"]})), "(int | string)?");
    assert_eq!(ty(json!({"anyOf": [{"type": "integer"}, {"type": "null"}]})), "int?");
    assert_eq!(ty(json!({"type": "array", "items": {"type": "number"}})), "list<decimal>");
    assert_eq!(
        ty(json!({"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false})),
        "list<int | string>"
    );
    assert_eq!(ty(json!({"type": "object", "additionalProperties": {"type": "integer"}})), "map<int>");
    assert_eq!(ty(json!({"type": "object"})), "map<json>");
    assert_eq!(ty(json!({"minLength": 1})), "string");
    assert_eq!(ty(json!({"maximum": 1})), "decimal");
    assert_eq!(ty(json!(true)), "json");
    let object =
        json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}, "required": ["a"]});
    assert_eq!(ty(object), "{a: string, b: bool?}");
    let all = json!({"allOf": [{"properties": {"a": {"type": "number"}}}, {"properties": {"a": {"type": "integer"}}, "required": ["a"]}]});
    assert_eq!(ty(all), "{a: int}");
    let either = json!({"type": "object", "properties": {"a": {"type": "string"}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]});
    assert_eq!(ty(either), "{a: string?, b: json?}");
}

#[test]
fn references_stay_in_the_document_and_recursion_is_json() {
    let list = json!({"$defs": {"n": {"type": "object", "properties": {"next": {"$ref": "#/$defs/n"}, "v": {"type": "integer"}}}}, "$ref": "#/$defs/n"});
    assert_eq!(ty(list), "{next: json?, v: int?}");
    assert_eq!(ty(json!({"definitions": {"a/b": {"type": "string"}}, "$ref": "#/definitions/a~1b"})), "string");
    assert!(problem(json!({"$ref": "https://example.com/schema.json"})).contains("never fetched"));
    assert!(problem(json!({"$ref": "other.json#/a"})).contains("never fetched"));
    assert!(problem(json!({"$ref": "#/nowhere"})).contains("leads nowhere"));
    assert!(problem(json!({"$ref": "#anchor"})).contains("anchor"));
    assert!(problem(json!({"$ref": "#"})).contains("without end"));
    assert!(problem(json!({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"})).contains("without end"));
    assert!(problem(json!({"properties": {"a": {"$id": "https://x/"}}})).contains("$id"));
    assert!(problem(json!({"$schema": "http://json-schema.org/draft-04/schema#"})).contains("draft-07 or 2020-12"));
}

#[test]
fn what_is_not_enforced_is_named() {
    assert!(
        unenforced(json!({"type": "string", "title": "t", "format": "uri", "x-order": 1, "default": 1})).is_empty()
    );
    let pair = |pointer: &str, keyword: &str| (pointer.to_owned(), keyword.to_owned());
    assert_eq!(
        unenforced(
            json!({"unevaluatedProperties": false, "properties": {"a": {"nullable": true, "pattern": "(?=a)"}}})
        ),
        [pair("", "unevaluatedProperties"), pair("/properties/a", "nullable"), pair("/properties/a", "pattern")]
    );
    let draft07 = "http://json-schema.org/draft-07/schema#";
    assert_eq!(
        unenforced(
            json!({"$schema": draft07, "definitions": {"s": {"type": "string"}}, "properties": {"a": {"$ref": "#/definitions/s", "minLength": 1, "title": "t"}}})
        ),
        [pair("/properties/a", "minLength")]
    );
    assert_eq!(unenforced(json!({"multipleOf": 1e-20})), [pair("", "multipleOf")]);
    assert_eq!(unenforced(json!({"additionalItems": false})), [pair("", "additionalItems")]);
}

#[test]
fn malformed_schemas_are_refused() {
    for schema in [
        json!(1),
        json!({"type": "text"}),
        json!({"type": []}),
        json!({"minimum": "1"}),
        json!({"minLength": -1}),
        json!({"multipleOf": 0}),
        json!({"required": "a"}),
        json!({"properties": []}),
        json!({"properties": {"a": 1}}),
        json!({"enum": 1}),
        json!({"anyOf": {}}),
        json!({"uniqueItems": 1}),
        json!({"pattern": 1}),
    ] {
        assert!(compile_schema(&schema).is_err(), "{schema}");
    }
}

#[test]
fn a_catalog_is_read() {
    let catalog = parsed(json!({
        "tools": [
            {"name": "get-issue", "description": "d", "inputSchema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": false}},
            {"name": "ünï/çode.v1", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object", "properties": {"x": {"type": "string"}}}, "annotations": {"readOnlyHint": true, "openWorldHint": false}},
        ],
        "resources": [{"uri": "file:///a"}],
        "resourceTemplates": [{"uriTemplate": "file:///{a}"}],
        "prompts": [{"name": "p", "arguments": [{"name": "x", "required": true}, {"name": "y"}]}],
    }));
    assert_eq!((catalog.problems.len(), catalog.unenforced.len()), (0, 0));
    let names: Vec<&str> = catalog.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["get-issue", "ünï/çode.v1"]);
    assert_eq!(catalog.tools[0].input.to_string(), "{n: int}");
    assert!(!catalog.tools[0].input.open);
    assert_eq!(catalog.tools[0].schema.image.parameters.names, ["n"]);
    assert_eq!(catalog.tools[1].input, RecordType { open: true, ..RecordType::default() });
    let (first, second) = (catalog.tools[0].hints, catalog.tools[1].hints);
    assert!(!first.read_only && first.destructive && !first.idempotent && first.open_world);
    assert!(second.read_only && !second.open_world);
    assert_eq!(catalog.tools[1].output.as_ref().map(ToString::to_string).as_deref(), Some("{x: string?}"));
    assert_eq!(catalog.prompts[0].input.to_string(), "{x: string, y: string?}");
    assert_eq!((catalog.resources.len(), catalog.resource_templates.len()), (1, 1));
    assert_eq!(catalog.digest.len(), 64);
}

#[test]
fn bad_entries_are_problems_and_let_nothing_pass() {
    let catalog = parsed(json!({"tools": [
        {"name": "a", "inputSchema": {"$ref": "https://x/"}},
        {"name": "b"},
        {"name": "b", "inputSchema": {}},
        {"name": "", "inputSchema": {}},
    ]}));
    assert_eq!(catalog.problems.len(), 4);
    assert_eq!(catalog.tools.len(), 2);
    assert!(catalog.tools.iter().all(|tool| tool.schema.image.nodes == [[mcpz_bytecode::schema::Check::Never]]));
    let error = |text: &str| parse(text.as_bytes()).unwrap_err().message;
    assert!(error(r#"{"tools": [], "tools": []}"#).contains("twice"));
    assert!(error("[]").contains("not a JSON object"));
    assert!(error(&format!("{}1{}", "[".repeat(120), "]".repeat(120))).contains("too deeply"));
    assert!(error(r#"{"tools": 1}"#).contains("not a list"));
}

#[test]
fn keywords_must_be_acknowledged() {
    let tool = json!({"name": "a", "inputSchema": {"type": "object", "unevaluatedProperties": false}});
    let open = parsed(json!({"tools": [tool]}));
    assert_eq!(open.unenforced.len(), 1);
    assert_eq!(open.unenforced[0].keyword, "unevaluatedProperties");
    let acknowledged = parsed(json!({"tools": [tool], "acknowledged": {"a": ["unevaluatedProperties"]}}));
    assert!(acknowledged.unenforced.is_empty());
}

#[test]
fn overlays_are_proposed() {
    let catalog = parsed(json!({"tools": [{"name": "get-file", "inputSchema": {"type": "object", "properties": {
        "filePath": {"type": "string"},
        "urls": {"type": "array", "items": {"type": "string"}},
        "target": {"type": "string", "format": "ipv4"},
        "q": {"type": "string", "description": "The SQL query to run"},
        "name": {"type": "string"},
        "path": {"type": "integer"},
        "options": {"type": "object", "properties": {"output_dir": {"type": "string"}}},
    }}}]}));
    let mut lines: Vec<String> = propose_overlay(&catalog).iter().map(|p| format!("{}: {}", p.place, p.ty)).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            r#""get-file".filePath: path"#,
            r#""get-file".options.output_dir: path"#,
            r#""get-file".q: sql"#,
            r#""get-file".target: ip"#,
            r#""get-file".urls: list<url>"#,
        ]
    );
}

#[test]
fn a_definition_is_what_it_says_not_how_it_is_written() {
    let tool = |description: &str, ty: &str| json!({"name": "a", "description": description, "inputSchema": {"type": "object", "properties": {"p": {"type": ty}}}});
    let reordered = json!({"inputSchema": {"properties": {"p": {"type": "string"}}, "type": "object"}, "description": "d", "name": "a", "_meta": {}});
    assert_eq!(definition_digest(&reordered), definition_digest(&tool("d", "string")));
    assert_ne!(definition_digest(&tool("e", "string")), definition_digest(&tool("d", "string")));
}

#[test]
fn the_two_ends_of_a_move_are_paths_where_files_are_spoken_of() {
    let ends = |name: &str, description: &str, one: &str, other: &str, own: &str| {
        let end = |text: &str| {
            if text.is_empty() { json!({"type": "string"}) } else { json!({"type": "string", "description": text}) }
        };
        json!({"name": name, "description": description, "inputSchema": {"type": "object", "properties": {one: end(own), other: end(own)}}})
    };
    let catalog = parsed(json!({"tools": [
        ends("copy_object", "Copies data", "src", "dst", "Path of a file in the workspace"),
        ends("link", "Link a file to a folder.", "from", "to", ""),
        ends("mail", "Send a message with the file attached", "to", "subject", ""),
        ends("migrate", "Moves rows between profiles and tables", "source", "destination", ""),
        ends("move_file", "Move or rename files and directories.", "source", "destination", ""),
        ends("pay", "Pay from one account to another", "from", "to", ""),
        ends("plan", "Plan the files of a trip", "from", "to", "An airport"),
    ]}));
    let places: Vec<String> =
        propose_overlay(&catalog).into_iter().map(|one| format!("{}: {}", one.place, one.ty)).collect();
    assert_eq!(
        places,
        [
            "copy_object.dst: path",
            "copy_object.src: path",
            "link.from: path",
            "link.to: path",
            "move_file.destination: path",
            "move_file.source: path",
        ]
    );
}
