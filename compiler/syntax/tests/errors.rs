//! What the parser says about broken texts: each snapshot holds the text and every error, so that no other file is needed to
//! judge it. One mistake gives one error.

use mcpz_syntax::{SyntaxError, ast, parse};
use std::fmt::Write;

/// The source with its errors marked, as plain text.
fn report(source: &str) -> String {
    let parsed = parse(source);
    assert_eq!(parsed.tree().text().to_string(), source);
    let mut out = format!("{source}\n----\n");
    for error in parsed.errors() {
        describe(&mut out, source, error);
    }
    if parsed.is_valid() {
        out.push_str("no errors\n");
    }
    let _ = writeln!(out, "items: {}", items(&parsed.source_file()));
    out
}

fn describe(out: &mut String, source: &str, error: &SyntaxError) {
    let start = usize::from(error.range.start());
    let before = &source[..start];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    let _ = writeln!(out, "{} {line}:{column} {:?}: {}", error.code, &source[error.range], error.message);
    if let Some(help) = &error.help {
        let _ = writeln!(out, "    help: {help}");
    }
    if let Some((range, text)) = &error.fix {
        let _ = writeln!(out, "    fix: {:?} -> {text:?}", &source[*range]);
    }
}

/// The items that survive, by the first word of each.
fn items(file: &ast::SourceFile) -> String {
    use ast::Documented;
    let text = file.syntax_text();
    let word = |item: &ast::Item| text[item.keyword_range()].to_owned();
    file.items().iter().map(word).collect::<Vec<_>>().join(" ")
}

trait SyntaxText {
    fn syntax_text(&self) -> String;
}

impl SyntaxText for ast::SourceFile {
    fn syntax_text(&self) -> String {
        ast::AstNode::syntax(self).text().to_string()
    }
}

/// A snapshot for each named text.
macro_rules! snapshots {
    ($($name:ident: $source:expr,)*) => { $(
        #[test]
        fn $name() {
            insta::assert_snapshot!(report($source));
        }
    )* };
}

snapshots! {
    half_typed_rule_subject: "permit\n\npermit a to call x",
    half_typed_rule_action: "permit analyst to\n\npermit a to call x",
    half_typed_rule_targets: "permit analyst to call\n\nrole r of employee",
    half_typed_rule_path: "permit analyst to call payments.\n\nrole r of employee where claims.\n\npermit a to call x",
    half_typed_rule_condition: "permit analyst to call payments.x where args.amount <=\n  when now in hours\nforbid a to call x",
    half_typed_rule_before_server: "permit analyst to call\nserver fs {\n  catalog \"c\"\n}",
    half_typed_for_subject: "permit server payments to sample for\npermit a to call x",
    misspelt_permit: "permitt anyone to call any tool\nforbid b to call y",
    misspelt_forbid_after_a_rule: "permit a to call x\n  where args.n == 5\nforbdi anyone to call y\n  when c\nrole r of e",
    misspelt_item_that_is_broken_too: "permitt anyone call x\n  where y\nforbid b to call y",
    misspelt_block: "serever x {\n  command [\"a\"]\n  catalog \"c\"\n}\ntag t = x.*",
    misspelt_block_that_is_broken_too: "grantt g to sre for at most {\n  permit to call y\n  forbid to call z\n}\ntag t = x.*",
    misspelt_with_doc_and_annotation: "/// Docs.\n@id(\"A\")\npremit a to call x",
    misspelt_and_unlike_anything: "banana a to call x\n  where y\npermit a to call x",
    misspelt_clause: "permit a to call x\n  whre args.n == 5\npermit b to call y if args.n == 5\n  unles c",
    unknown_block: "policy p {\n  permit a to call x\n}\nforbid a to call x",
    wrong_action: "permit analyst to invoke payments.refund where args.amount > 5",
    misspelt_action: "permit analyst to cal payments.refund where args.amount > 5",
    missing_to: "forbid analyst call payments.refund",
    missing_comma_in_list: "const c = [1, 2 3]\nconst d = 1",
    missing_comma_in_targets: "tag t = fs.{a b}, fs.c",
    unclosed_list: "const c = [1, 2\n\npermit a to call x",
    unclosed_parenthesis: "permit a to call x where (b and c\n  when d\npermit e to call f",
    unclosed_block: "server fs {\n  catalog \"c\"\n\nserver web {\n  catalog \"w\"\n}",
    stray_brace: "permit a to call x\n}\npermit b to call y",
    unknown_entry: "server fs {\n  catalogue \"c\"\n  segment dev\n}\nsegment dev {}",
    unknown_entry_with_block: "server fs {\n  options { a: 1, b: { c: 2 } }\n  segment dev\n}",
    unknown_test_line: "test \"t\" {\n  as a\n  when x\n  call b.c {}\n  expect allow\n}",
    missing_outcome: "test \"t\" {\n  as a\n  call b.c {}\n  expect\n}",
    text_between_items: "permit a to call x\nallow b to call y\npermit c to call z",
    stray_words_before_clause: "permit a to call x only if where b == c",
    word_as_name: "role list of employee\ntag where = fs.x",
    quoted_declaration: "tag \"my tag\" = fs.x",
    chained_comparison: "permit a to call x where 1 < args.n < 5 and b",
    assign_for_equals: "permit a to call x where args.n = 5 and b == c",
    foreign_operators: "permit a to call x where b && !c || d;",
    foreign_comments: "# a comment\npermit a to call x /* why */ where b",
    single_quotes: "const c = 'it says \"hi\"'",
    unclosed_string: "server fs {\n  catalog \"c\n  segment dev\n}",
    bad_escape: "const c = \"\\d+ \\u{D800} ok\\n\"",
    bad_numbers: "const c = [12ab, 1.5h, 1__0, 2026-03-021, 9min]",
    not_ascii: "role stäff of employee",
    hidden_characters: "// safe\u{202E}tfel\npermit a to call x where b == \"c\u{200B}d\"",
    bare_carriage_return: "// comment\rpermit anyone to call x\n",
    misplaced_doc: "permit a to call x\n  /// about the clause\n  where b\n/// nothing follows",
    misplaced_file_doc: "permit a to call x\n//! too late",
    missing_else: "const c = if a then b\nconst d = 1",
    unparenthesised_if: "const c = a and if b then c else d",
    too_deep: &format!("const c = {}1{}\nconst d = 1", "(".repeat(80), ")".repeat(80)),
    too_long_a_chain: &format!("const c = 1{}\nconst d = 1", " + 1".repeat(40)),
    empty_lists: "use a.{}\ntag t = fs.{}\npermit [] to [] x\nredact a.b { }",
    limit_without_by: "limit a to call x at most 5 per 1m\npermit a to call x",
    redact_without_action: "redact a.b { result.c, result.d drop }",
    keep_a_match: "redact a.b { result matching \"x\" keep last 4 }",
    missing_monitor_then: "monitor m {\n  when a > 1\n  alert high\n}",
    grant_with_forbid: "grant g to a for at most 1h {\n  forbid a to call x\n}\npermit a to call x",
    annotation_without_name: "@\npermit a to call x",
    annotation_without_item: "@id(\"x\")",
    approval_without_by: "require approval sre for anyone to call x",
    unknown_requirement: "require captcha for anyone to call x\npermit a to call x",
    context_field_without_type: "context { geo string? risk: int }",
}
