//! The validator on images written by hand; `mcpz-tests` compares it with the `jsonschema` crate.

use super::*;
use crate::json::{Buffers, Limits};
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use mcpz_bytecode::schema::{Bound, Check, Combinator, Constant, Parameters, SchemaImage, Size, VerifiedSchema, types};

const ONE: i128 = 1_000_000_000_000_000_000;

fn image(nodes: Vec<Vec<Check>>) -> SchemaImage {
    SchemaImage { nodes, ..SchemaImage::default() }
}

fn outcome(image: &SchemaImage, text: &str) -> Result<(), &'static str> {
    let mut bytes = Vec::new();
    image.encode(&mut bytes);
    let verified = VerifiedSchema::verify(&bytes).unwrap();
    let mut buffers = Buffers::new();
    let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).unwrap();
    validate(document, document.root(), &verified.view(&bytes)).map_err(|fault| fault.keyword)
}

#[test]
fn objects_are_checked_by_member() {
    let properties = vec![("n".to_string(), 1)];
    let members = Check::Members { properties, patterns: vec![], additional: Some(2) };
    let root = vec![Check::Type(types::OBJECT), members, Check::Required(vec!["n".to_string()])];
    let image = image(vec![root, vec![Check::Type(types::INTEGER)], vec![Check::Never]]);
    assert_eq!(outcome(&image, r#"{"n": 1.0}"#), Ok(()));
    assert_eq!(outcome(&image, r#"{"n": 1.5}"#), Err("type"));
    assert_eq!(outcome(&image, r#"{}"#), Err("required"));
    assert_eq!(outcome(&image, r#"{"n": 1, "m": 1}"#), Err("false"));
    assert_eq!(outcome(&image, r#"[]"#), Err("type"));
}

/// The same node, of no form that is laid out: a check that everything passes makes it uncommon.
fn uncommon(mut image: SchemaImage) -> SchemaImage {
    image.nodes.iter_mut().for_each(|checks| checks.push(Check::Combine(Combinator::All, vec![])));
    image
}

#[test]
fn common_forms_say_what_their_checks_say() {
    let texts = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    let choice = texts(&["on", "off", "automatic", "automatically"]).into_iter().map(Constant::String).collect();
    let names = ["a", "mode", "begins_alike", "begins_alike_too", "n"].map(str::to_string);
    let many = (0..70).map(|number| format!("m{number}"));
    let leaves = vec![
        vec![Check::Type(types::STRING), Check::Size(Size::MaxLength, 3)],
        vec![Check::Type(types::STRING), Check::Enum(choice)],
        vec![Check::Type(types::INTEGER), Check::Bound(Bound::Minimum, ONE), Check::IntegerRange(-ONE, 9 * ONE)],
        vec![Check::Enum(vec![Constant::String("x".to_string()), Constant::Null])],
        vec![Check::Never],
    ];
    let values = [
        r#""on""#,
        r#""automatic""#,
        r#""automatixx""#,
        r#""""#,
        "1",
        "0.5",
        "2.0",
        "10",
        "null",
        "{}",
        "[]",
        r#"{"a":"x"}"#,
    ];
    for additional in [None, Some(1), Some(5)] {
        for required in [texts(&[]), texts(&["mode", "begins_alike_too"]), texts(&["unknown"]), texts(&["m69"])] {
            for more in [0, 70] {
                let properties =
                    names.iter().cloned().chain(many.clone().take(more)).zip([2, 1, 3, 4, 0].into_iter().cycle());
                let members = Check::Members { properties: properties.collect(), patterns: vec![], additional };
                let required = Check::Required(required.clone());
                let root = vec![Check::Type(types::OBJECT | types::NULL), required, members];
                let common = image([vec![root], leaves.clone()].concat());
                let uncommon = uncommon(common.clone());
                for value in values {
                    for name in ["a", "mode", "begins_alike", "begins_alike_too", "n", "m69", "other", "unknown"] {
                        let object =
                            format!(r#"{{"mode":"on","{name}_":1,"begins_alike_too":null,"m0":1,"{name}":{value}}}"#);
                        for text in [
                            value,
                            &object,
                            &object.replace(r#""mode":"on","#, ""),
                            &format!(r#"{{"{name}":{value}}}"#),
                        ] {
                            let mut buffers = Buffers::new();
                            if buffers.read(text.as_bytes(), &Limits::DEFAULT).is_err() {
                                continue;
                            }
                            assert_eq!(outcome(&common, text).is_ok(), outcome(&uncommon, text).is_ok(), "{text}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_common_form_names_what_fails() {
    let choice = Check::Enum(vec![Constant::String("on".to_string()), Constant::String("off".to_string())]);
    let image = image(vec![vec![Check::Type(types::STRING), choice]]);
    assert_eq!(outcome(&image, r#""off""#), Ok(()));
    assert_eq!(outcome(&image, r#""of""#), Err("enum"));
    assert_eq!(outcome(&image, "1"), Err("type"));
}

#[test]
fn a_budget_that_is_spent_refuses_even_below_not() {
    let image = image(vec![vec![Check::Not(1)], vec![Check::Ref(1)]]);
    assert_eq!(outcome(&image, "1"), Err("depth"));
}

#[test]
fn a_recursive_schema_follows_the_data() {
    let items = Check::Items { prefix: vec![], rest: Some(0) };
    let image = image(vec![vec![Check::Type(types::ARRAY), items]]);
    assert_eq!(outcome(&image, "[[], [[[]]]]"), Ok(()));
    assert_eq!(outcome(&image, "[[], [[1]]]"), Err("type"));
}

#[test]
fn constants_compare_by_value() {
    let object = Constant::Object(vec![
        ("a".to_string(), Constant::Number(ONE)),
        ("b".to_string(), Constant::Array(vec![Constant::Null, Constant::Bool(true)])),
    ]);
    let image = image(vec![vec![Check::Enum(vec![object, Constant::String("x".to_string())])]]);
    assert_eq!(outcome(&image, r#"{"b": [null, true], "a": 1.0}"#), Ok(()));
    assert_eq!(outcome(&image, r#""x""#), Ok(()));
    assert_eq!(outcome(&image, r#"{"b": [null, false], "a": 1}"#), Err("enum"));
    assert_eq!(outcome(&image, r#"{"a": 1}"#), Err("enum"));
}

#[test]
fn what_is_compared_is_paid_for_by_its_size() {
    let unique = image(vec![vec![Check::UniqueItems]]);
    let rows = |count: usize, size: usize| {
        let row = |last: usize| format!("[{}{last}]", "0,".repeat(size));
        format!("[{}]", (0..count).map(row).collect::<Vec<_>>().join(","))
    };
    assert_eq!(outcome(&unique, &rows(100, 10)), Ok(()));
    assert_eq!(outcome(&unique, "[[0, 1], [0, 1]]"), Err("uniqueItems"));
    assert_eq!(outcome(&unique, &rows(1_500, 100)), Err("steps"), "a million pairs of a hundred nodes");
}

#[test]
fn extra_parameters_are_found() {
    let parameters = Parameters { names: vec!["a".to_string()], patterns: vec![], any: false };
    let mut image = SchemaImage { parameters, ..SchemaImage::default() };
    let extra = |image: &SchemaImage, text: &str| {
        let mut bytes = Vec::new();
        image.encode(&mut bytes);
        let verified = VerifiedSchema::verify(&bytes).unwrap();
        let mut buffers = Buffers::new();
        let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).unwrap();
        let extra = extra_parameter(document, document.root(), &verified.view(&bytes));
        extra.map(|node| document.pointer(node))
    };
    assert_eq!(extra(&image, r#"{"a": 1}"#), None);
    assert_eq!(extra(&image, r#"{"a": 1, "b": 2}"#), Some("/b".to_string()));
    image.parameters.any = true;
    assert_eq!(extra(&image, r#"{"b": 2}"#), None);
}

#[test]
fn damaged_bytes_are_refused_or_harmless() {
    let properties = vec![("n".to_string(), 1)];
    let members = Check::Members { properties, patterns: vec![], additional: None };
    let values = Check::Enum(vec![Constant::Array(vec![Constant::String("x".to_string())])]);
    let image = image(vec![vec![members, Check::Combine(Combinator::Any, vec![1])], vec![values]]);
    let mut bytes = Vec::new();
    image.encode(&mut bytes);
    let mut buffers = Buffers::new();
    let document = buffers.read(br#"{"n": ["x"]}"#, &Limits::DEFAULT).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        if let Ok(verified) = VerifiedSchema::verify(&damaged) {
            let _ = validate(document, document.root(), &verified.view(&damaged));
            let _ = extra_parameter(document, document.root(), &verified.view(&damaged));
        }
    }
    for length in 0..bytes.len() {
        assert!(VerifiedSchema::verify(&bytes[..length]).is_err());
    }
}

#[test]
fn members_that_the_root_names_are_noted() {
    let names = ["a", "bb", "begins_alike", "begins_alike_too", "z"];
    let properties: Vec<_> = names.iter().map(|name| (name.to_string(), 1)).collect();
    let inner = Check::Members { properties: vec![("a".to_string(), 2)], patterns: vec![], additional: None };
    let root = Check::Members { properties, patterns: vec![], additional: None };
    let image = image(vec![vec![root], vec![inner], vec![]]);
    let mut bytes = Vec::new();
    image.encode(&mut bytes);
    let verified = VerifiedSchema::verify(&bytes).unwrap();
    let schema = verified.view(&bytes);
    let many: Vec<_> = (0..20).map(|number| format!(r#""m{number}":0"#)).collect();
    let many = format!(r#"{{{},"bb":1,"a":{{"a":2}}}}"#, many.join(","));
    for text in [
        "{}",
        r#"{"z":null,"y":1,"a":{"a":1,"z":2}}"#,
        r#"{"begins_alike_too":1,"b\u0062":2,"begins_alike":[],"begins_alike_":3}"#,
        &many,
    ] {
        let mut buffers = Buffers::new();
        let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).unwrap();
        let mut noted = NotedMembers::default();
        validate_noting(document, document.root(), &schema, &mut noted).unwrap();
        for (name, noted) in schema.root_members().unwrap().names().zip(noted) {
            assert_eq!(noted, document.member(document.root(), name), "{text}");
        }
    }
}
