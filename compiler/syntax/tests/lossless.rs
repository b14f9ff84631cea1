//! Every text, right or wrong, gives a tree whose text is the text; the corpus has no errors.

use mcpz_syntax::parse;
use std::path::Path;

fn corpus() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn the_corpus_parses_without_errors() {
    for (name, text) in corpus() {
        let parse = parse(&text);
        let errors: Vec<String> = parse
            .errors()
            .iter()
            .map(|error| {
                format!(
                    "{name}: {} {:?}: {:?}",
                    error.message,
                    error.help,
                    text.get(error.range.start().into()..).map(|t| t.chars().take(30).collect::<String>())
                )
            })
            .collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
        assert_eq!(parse.tree().text().to_string(), text, "{name}");
    }
}

#[test]
fn every_cut_of_the_corpus_is_lossless() {
    for (name, text) in corpus() {
        for (cut, _) in text.char_indices().step_by(5) {
            let part = &text[..cut];
            assert_eq!(parse(part).tree().text().to_string(), part, "{name} cut at {cut}");
            let part = &text[cut..];
            if cut % 3 == 0 {
                assert_eq!(parse(part).tree().text().to_string(), part, "{name} from {cut}");
            }
        }
    }
}

#[test]
fn hostile_nesting_overflows_nothing() {
    let many = 200_000;
    let texts = [
        format!("const c = {}1", "(".repeat(many)),
        format!("const c = {}1", "not ".repeat(many)),
        format!("const c = {}1", "- ".repeat(many)),
        format!("const c = 1{}", " + 1".repeat(many)),
        format!("const c = a{}", " or a".repeat(many)),
        format!("const c = a{}", ".a".repeat(many)),
        format!("const c = {}", "[".repeat(many)),
        format!("const c = {}", "{a:".repeat(many)),
        format!("const c = {}", "if ".repeat(many)),
        format!("const c: {}", "list<".repeat(many)),
        format!("permit {}", "[".repeat(many)),
        format!("permit {}", "(".repeat(many)),
        "server s {".repeat(many / 10),
        "permit ".repeat(many / 10),
    ];
    for text in texts {
        let parse = parse(&text);
        assert!(parse.tree().text() == text.as_str());
    }
}

#[test]
fn a_text_beyond_the_limit_gives_one_error() {
    let text = " ".repeat(mcpz_syntax::limits::MAX_SOURCE_BYTES + 1);
    let parse = parse(&text);
    assert_eq!(parse.errors().len(), 1);
    assert!(parse.tree().text() == text.as_str());
}

#[test]
fn strings_and_docs_come_decoded() {
    use mcpz_syntax::ast::{Documented, Item};
    let source = "/// One.\n///  Two.\n@message(\"say \\\"no\\\"\")\npermit a to call x\n";
    let items = parse(source).source_file().items();
    let [Item::Permit(rule)] = items.as_slice() else { panic!("one permit") };
    assert_eq!(rule.docs(), "One.\n Two.");
    let message = rule.annotation("message").and_then(|annotation| annotation.string()).unwrap();
    assert_eq!(message.text(), "say \"no\"");
    assert_eq!(&source[message.value.source_range(4..5)], "\\\"");
}
