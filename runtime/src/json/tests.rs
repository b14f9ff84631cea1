//! What is read, and what is refused by which name.

use super::*;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

fn fault(text: &str) -> &'static str {
    fault_of_bytes(text.as_bytes())
}

fn fault_of_bytes(text: &[u8]) -> &'static str {
    match Buffers::new().read(text, &Limits::DEFAULT) {
        Ok(_) => "none",
        Err(fault) => fault.kind.name(),
    }
}

fn message_fault(text: &str) -> &'static str {
    match Buffers::new().read_message(text.as_bytes(), &Limits::DEFAULT) {
        Ok(_) => "none",
        Err(fault) => fault.kind.name(),
    }
}

fn number(text: &str) -> Option<i128> {
    let mut buffers = Buffers::new();
    let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).ok()?;
    document.number(document.root())
}

#[test]
fn a_document_can_be_walked() {
    let mut buffers = Buffers::new();
    let text = r#" {"b": [1, "x\n", {"deep": null}], "a": true, "": -2.50} "#;
    let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).unwrap();
    let root = document.root();
    assert_eq!(document.kind(root), Kind::Object);
    assert_eq!(document.members(root).map(|(key, _)| key).collect::<Vec<_>>(), ["b", "a", ""]);
    let b = document.get(root, "b").unwrap();
    let elements: Vec<NodeId> = document.elements(b).collect();
    assert_eq!((document.size(b), elements.len()), (3, 3));
    assert_eq!(document.integer(elements[0]), Some(1));
    assert_eq!(document.str(elements[1]), Some("x\n"));
    assert_eq!(document.raw(elements[1]), r#""x\n""#);
    assert_eq!(document.raw(b), r#"[1, "x\n", {"deep": null}]"#);
    let deep = document.get(elements[2], "deep").unwrap();
    assert!(document.is_null(deep));
    assert_eq!(document.pointer(deep), "/b/2/deep");
    assert_eq!(document.get(root, "a").and_then(|node| document.bool(node)), Some(true));
    assert_eq!(document.get(root, "").and_then(|node| document.number(node)), Some(-2_500_000_000_000_000_000));
    assert_eq!(document.get(root, "none"), None);
    assert_eq!(document.get(b, "deep"), None);
}

#[test]
fn buffers_are_reused() {
    let mut buffers = Buffers::new();
    assert!(buffers.read(br#"{"a": ["\u0041", 1, 2, 3]}"#, &Limits::DEFAULT).is_ok());
    assert!(buffers.read(b"{", &Limits::DEFAULT).is_err());
    let document = buffers.read(br#"["\u0042"]"#, &Limits::DEFAULT).unwrap();
    assert_eq!(document.len(), 2);
    assert_eq!(document.elements(document.root()).next().and_then(|node| document.str(node)), Some("B"));
}

#[test]
fn numbers_are_exact_or_refused() {
    let one = number::ONE;
    for same in ["1", "1.0", "10e-1", "0.1e1", "1.0000000000000000000000000000", "100000000000000000000e-20"] {
        assert_eq!(number(same), Some(one), "{same}");
    }
    assert_eq!(number("-0"), Some(0));
    assert_eq!(number("0e999999999999999999"), Some(0));
    assert_eq!(number("1e-18"), Some(1));
    assert_eq!(number("99999999999999999999.999999999999999999"), Some(10_i128.pow(38) - 1));
    let inexact = [
        "1e-19",
        "0.1234567890123456789",
        "100000000000000000000",
        "1e20",
        "1e400",
        "-1e400",
        "1e-400",
        "1e99999999999999999999999",
        "123456789012345678901234567890123456789012345678901234567890",
    ];
    for text in inexact {
        assert_eq!(fault(text), "input_number_inexact", "{text}");
    }
    for text in ["01", "-", "1.", ".5", "+1", "1e", "1e+", "0x1", "NaN", "Infinity", "-Infinity", "1_0", "--1"] {
        assert!(["input_syntax", "input_trailing"].contains(&fault(text)), "{text}");
    }
}

#[test]
fn duplicate_keys_are_refused_at_any_depth_and_in_any_spelling() {
    assert_eq!(fault(r#"{"a": 1, "a": 1}"#), "input_duplicate_key");
    assert_eq!(fault(r#"{"a": 1, "b": 2, "\u0061": 1}"#), "input_duplicate_key");
    assert_eq!(fault(r#"[[{"x": [{"a": 1, "b": {}, "a": null}]}]]"#), "input_duplicate_key");
    assert_eq!(fault(r#"{"a": 1, "A": 1}"#), "none");
    assert_eq!(fault(r#"{"a": {"a": {"a": 1}}}"#), "none");
}

#[test]
fn strings_are_sound_unicode() {
    for text in [r#""\ud800""#, r#""\udc00""#, r#""\ud800x""#, r#""\ud800\n""#, r#""\ud800\ud800""#, r#"{"\udfff": 1}"#]
    {
        assert_eq!(fault(text), "input_lone_surrogate", "{text}");
    }
    for text in ["\"\n\"", "\"\t\"", r#""\x""#, r#""\u12""#, r#""\u12g4""#, "\"", r#""\"#, "'a'"] {
        assert_eq!(fault(text), "input_syntax", "{text}");
    }
    assert_eq!(fault_of_bytes(b"\"\xff\""), "input_not_utf8");
    assert_eq!(fault_of_bytes(b"\"\xed\xa0\x80\""), "input_not_utf8");
    assert_eq!(fault(r#"{"a\u0000b": 1}"#), "input_nul_key");
    let mut buffers = Buffers::new();
    let document = buffers.read(r#""é\ud83d\ude00\/\"""#.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!(document.str(document.root()), Some("é😀/\""));
}

#[test]
fn the_grammar_is_strict() {
    for text in
        ["", " ", "{", "[1,]", "{\"a\":1,}", "[1 2]", "{\"a\" 1}", "{a: 1}", "[1}", "tru", "// x\n1", "\u{feff}1", "]"]
    {
        assert_eq!(fault(text), "input_syntax", "{text:?}");
    }
    for text in ["1 1", "{} {}", "null,", "truex", "[]]", "{}\0"] {
        assert_eq!(fault(text), "input_trailing", "{text:?}");
    }
}

#[test]
fn limits_hold() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(fault(&nested(64)), "none");
    assert_eq!(fault(&nested(65)), "input_too_deep");
    assert_eq!(fault(&"[".repeat(1_000_000)), "input_too_deep");
    let limits = Limits { max_bytes: 10, max_depth: 1000, max_nodes: 3 };
    let mut buffers = Buffers::new();
    let name = |result: Result<Document<'_>, JsonFault>| result.map(|_| ()).map_err(|fault| fault.kind.name());
    assert_eq!(name(buffers.read(b"[1, 2]", &limits)), Ok(()));
    assert_eq!(name(buffers.read(b"[1, 2,3]", &limits)), Err("input_too_many_nodes"));
    assert_eq!(name(buffers.read(b"[1,2      ]", &limits)), Err("input_too_long"));
    let deep = Limits { max_bytes: 1000, max_depth: 1000, max_nodes: 1000 };
    assert_eq!(name(buffers.read(nested(65).as_bytes(), &deep)), Err("input_too_deep"));
}

#[test]
fn equality_is_by_value() {
    let mut buffers = Buffers::new();
    let text =
        r#"[{"a": 1, "b": [1, "x"]}, {"b": [1.0, "\u0078"], "a": 10e-1}, {"a": 1, "b": [1]}, {"a": 1, "c": [1, "x"]}]"#;
    let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).unwrap();
    let values: Vec<NodeId> = document.elements(document.root()).collect();
    assert!(document.equal(values[0], values[1]));
    assert!(!document.equal(values[0], values[2]));
    assert!(!document.equal(values[0], values[3]));
}

#[test]
fn a_tool_call_is_read() {
    let mut buffers = Buffers::new();
    let text = r#"{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"get-issue","arguments":{"Name":1},"_meta":{"progressToken":1}}}"#;
    let message = buffers.read_message(text.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!((message.kind, message.method, message.name), (MessageKind::Request, "tools/call", Some("get-issue")));
    assert!(message.arguments.is_some() && message.uri.is_none());
    let text = r#"{"jsonrpc":"2.0","method":"resources/read","params":{"uri":"file:///x"}}"#;
    let message = buffers.read_message(text.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!((message.kind, message.uri), (MessageKind::Notification, Some("file:///x")));
}

#[test]
fn unsound_envelopes_are_refused() {
    assert_eq!(message_fault("[]"), "input_batch");
    assert_eq!(message_fault("1"), "input_not_object");
    let envelopes = [
        r#"{}"#,
        r#"{"jsonrpc":"1.0","method":"ping"}"#,
        r#"{"jsonrpc":2.0,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","method":1}"#,
        r#"{"jsonrpc":"2.0","method":"ping","params":[]}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#,
        r#"{"jsonrpc":"2.0","result":{}}"#,
    ];
    for text in envelopes {
        assert_eq!(message_fault(text), "input_envelope", "{text}");
    }
    let params = [
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":1}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":[]}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":null}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"name":"a"}}"#,
    ];
    for text in params {
        assert_eq!(message_fault(text), "input_params", "{text}");
    }
    assert_eq!(message_fault(r#"{"jsonrpc":"2.0","id":1,"result":{"x":1}}"#), "none");
    assert_eq!(message_fault(r#"{"jsonrpc":"2.0","id":null,"error":{"code":1}}"#), "none");
}

#[test]
fn keys_that_imitate_the_protocol_are_refused_where_the_protocol_reads() {
    let call =
        |extra: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"a"{extra}}}}}"#);
    for key in ["Name", "NAME", "argument\u{17f}", "Arguments", "ta\u{17f}\u{212a}", "_Meta", "\\u004eame"] {
        assert_eq!(message_fault(&call(&format!(r#","{key}":{{}}"#))), "input_case_folded_key", "{key}");
    }
    assert_eq!(message_fault(&call(r#","_meta":{"ProgressToken":1}"#)), "input_case_folded_key");
    assert_eq!(message_fault(&call(r#","arguments":{"Name":1,"METHOD":2}"#)), "none");
    assert_eq!(message_fault(&call(r#","other":{"Name":1}"#)), "none");
    assert_eq!(message_fault(r#"{"jsonrpc":"2.0","method":"ping","Method":"tools/call"}"#), "input_case_folded_key");
    assert_eq!(message_fault(r#"{"jsonrpc":"2.0","method":"ping","re\ufb05ult":1}"#), "none");
    assert_eq!(message_fault(r#"{"jsonrpc":"2.0","method":"ping","param\u017f":{}}"#), "input_case_folded_key");
}

#[test]
fn every_fault_has_a_name_of_its_own() {
    let mut names: Vec<_> = FaultKind::ALL.iter().map(|kind| kind.name().to_string()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), FaultKind::ALL.len());
    assert!(names.iter().all(|name| name.starts_with("input_")));
}

#[test]
fn integers_of_every_length_are_read() {
    for length in 1..=20 {
        for first in ['1', '9'] {
            let digits = format!("{first}{}", "9".repeat(length - 1));
            let expected: i128 = digits.parse().unwrap();
            for text in [digits.clone(), format!("{digits}        "), format!("[0,{digits},\"padding\"]")] {
                let mut buffers = Buffers::new();
                let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).unwrap();
                let node = document.elements(document.root()).nth(1).unwrap_or(document.root());
                assert_eq!(document.integer(node), Some(expected), "{text}");
                assert_eq!(document.number(node), Some(expected * number::ONE), "{text}");
            }
            assert_eq!(number(&format!("-{digits}")), Some(-expected * number::ONE));
            assert_eq!(fault(&format!("0{digits}")), "input_syntax");
            assert_eq!(number(&format!("{digits}.5")), Some(expected * number::ONE + number::ONE / 2));
        }
    }
    let hundred = 100 * number::ONE;
    for (text, value) in [("1e2", hundred), ("-1E+2", -hundred), ("-0", 0), ("0.0", 0), ("-0.50", -number::ONE / 2)] {
        assert_eq!(number(text), Some(value), "{text}");
    }
}

#[test]
fn objects_of_every_size_are_looked_into() {
    for count in [0, 1, 7, 8, 9, 15, 16, 17, 18, 40, 10_000] {
        let member = |row: usize| format!(r#""key number {row}": {row}"#);
        let members: Vec<_> = (0..count).rev().map(member).collect();
        let text = format!("[{{{}}}]", members.join(","));
        let mut buffers = Buffers::new();
        let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).unwrap();
        let object = document.elements(document.root()).next().unwrap();
        assert_eq!((document.size(object), document.members(object).count()), (count, count));
        for row in 0..count {
            let found = document.get(object, &format!("key number {row}")).and_then(|node| document.integer(node));
            assert_eq!(found, i128::try_from(row).ok());
        }
        assert_eq!(document.get(object, "key number"), None);
    }
}

#[test]
fn a_key_that_is_there_twice_is_found_wherever_it_stands() {
    for count in [2, 8, 9, 16, 17, 18] {
        for (first, second) in (0..count).flat_map(|second| (0..second).map(move |first| (first, second))) {
            for spelled in [format!("k{first}"), format!("\\u006b{first}")] {
                let mut text = "{".to_string();
                let mut offset = 0;
                for row in 0..count {
                    let key = if row == second { spelled.clone() } else { format!("k{row}") };
                    text.push_str(&format!(r#"{}"{key}":"#, if row == 0 { "" } else { "," }));
                    offset = if row == second { text.len() } else { offset };
                    text.push_str("{}");
                }
                text.push('}');
                let fault = Buffers::new().read(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
                assert_eq!(fault.kind, FaultKind::DuplicateKey);
                assert_eq!(usize::try_from(fault.offset), Ok(offset), "{text}");
                // What is wrong behind it is told first.
                text.pop();
                assert_eq!(self::fault(&text), "input_syntax");
            }
        }
    }
    assert_eq!(fault(r#"{"": 1, "a": 2, "": 3}"#), "input_duplicate_key");
    assert_eq!(fault(r#"{"12345678a": 1, "12345678b": 2, "12345678": 3}"#), "none");
}

#[test]
fn escapes_are_read_wherever_they_stand() {
    let escapes = [
        ("\\n", "\n"),
        ("\\\"", "\""),
        ("\\\\", "\\"),
        ("\\\\\\\"\\\\", "\\\"\\"),
        ("\\b\\f\\r\\t\\/", "\u{8}\u{c}\r\t/"),
        ("\\u00e9u", "éu"),
        ("\\ud83d\\ude00", "😀"),
    ];
    let mut buffers = Buffers::new();
    for (escape, decoded) in escapes {
        for before in 0..140 {
            for after in [0, 1, 70] {
                let (head, tail) = ("u".repeat(before), "n".repeat(after));
                let text = format!(r#"["{head}{escape}{tail}","{escape}{escape}"]"#);
                let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).unwrap();
                let mut strings = document.elements(document.root()).map(|node| document.str(node).unwrap());
                assert_eq!(strings.next().unwrap(), format!("{head}{decoded}{tail}"));
                assert_eq!(strings.next().unwrap(), format!("{decoded}{decoded}"));
            }
        }
    }
}

#[test]
fn what_is_wrong_in_a_string_is_told_at_its_byte() {
    let wrong: [(&[u8], usize); 8] = [
        (b"\n", 0),
        (b"\0", 0),
        (b"\x1f", 0),
        (b"\\x", 1),
        (b"\\u12g4", 4),
        (b"\\ud800", 2),
        (b"\\ude00", 2),
        (b"\\ud83d\\u0041", 2),
    ];
    for (bytes, inside) in wrong {
        for escape in ["", "\\n", "\\ud83d\\ude00"] {
            for before in 0..64 {
                for end in ["", "\"", "more than sixteen bytes\""] {
                    let mut text = format!("\"{escape}{}", "a".repeat(before)).into_bytes();
                    let offset = text.len() + inside;
                    text.extend_from_slice(bytes);
                    text.extend_from_slice(end.as_bytes());
                    let fault = Buffers::new().read(&text, &Limits::DEFAULT).unwrap_err();
                    let cut_short = end.is_empty() && bytes.len() == 6 && inside == 2;
                    assert_eq!(usize::try_from(fault.offset), Ok(offset), "{}", text.escape_ascii());
                    assert!(cut_short || (fault.kind == FaultKind::LoneSurrogate) == (inside == 2));
                }
            }
        }
    }
    for length in 0..100 {
        for escape in ["", "\\t"] {
            let text = format!("\"{escape}{}", "a".repeat(length));
            let fault = Buffers::new().read(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
            assert_eq!((fault.kind, usize::try_from(fault.offset)), (FaultKind::Syntax, Ok(text.len())));
        }
    }
}

#[test]
fn a_string_is_decoded_once_and_its_memory_is_used_again() {
    let mut buffers = Buffers::new();
    let mut before = None;
    for text in [r#"["a\n","b\n"]"#, r#"["c\n"]"#] {
        let document = buffers.read(text.as_bytes(), &Limits::DEFAULT).unwrap();
        let node = document.elements(document.root()).next().unwrap();
        let place = document.str(node).map(str::as_ptr);
        assert_eq!(document.str(node).map(str::as_ptr), place);
        assert!(before.is_none() || before == place);
        before = place;
    }
}
