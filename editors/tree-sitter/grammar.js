/**
 * The grammar of mcpz for tree-sitter: highlighting, folding and structural editing.
 *
 * It follows `compiler/syntax/grammar/mcpz.pest`, which is normative, and accepts every text that the parser accepts
 * (`cargo xtask tree-sitter` asserts it over the standard library, the examples and the reference). It accepts more: what a clause may
 * stand in, which words a name may not be, and the layout rules of `.` and `@` are the parser's business.
 */

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

const { hard, roots } = require("./words.js");

const list = (rule) => seq(rule, repeat(seq(",", rule)));
const trailing = (rule) => seq(list(rule), optional(","));
const braced = (rule) => seq("{", repeat(rule), "}");
const digits = /[0-9](_?[0-9])*/;

module.exports = grammar({
  name: "mcpz",

  word: ($) => $.identifier,
  extras: ($) => [/\s/, $.comment, $.doc_comment, $.file_doc],
  supertypes: ($) => [$.item, $.expression, $.type, $.target, $.subject],
  conflicts: ($) => [[$._scope]],

  rules: {
    source_file: ($) => repeat($.item),

    // Four disjoint forms: `//`, `///`, `//!`, and `////` that is no documentation.
    comment: (_) => token(choice(seq("//", optional(/[^/!\n][^\n]*/)), seq("////", /[^\n]*/))),
    doc_comment: (_) => token(seq("///", optional(/[^/\n][^\n]*/))),
    file_doc: (_) => token(seq("//!", /[^\n]*/)),

    // -------------------------------------------------------------------------------------------------------- words

    identifier: (_) => /[A-Za-z_][A-Za-z0-9_]*/,
    /** Where any word is a name: keys, members of sets, arguments of annotations. */
    _any_word: ($) => choice($.identifier, ...hard.map((word) => alias(word, $.identifier))),
    _any_name: ($) => choice($._any_word, $.string),
    /** After a `.` any word is a name, keyword or not. */
    _member: ($) => seq(".", choice(alias(token.immediate(/[ \t]*[A-Za-z_][A-Za-z0-9_]*/), $.property), $.string)),
    _root: ($) => choice(...roots.map((word) => alias(word, $.identifier))),

    path: ($) => prec.right(choice(seq($.identifier, repeat($._member)), seq($._root, repeat1($._member)))),
    field_path: ($) =>
      prec.right(
        choice(
          seq($.identifier, repeat(choice($._member, $.index_all))),
          seq($._root, repeat1(choice($._member, $.index_all))),
        ),
      ),
    index_all: (_) => seq("[", "*", "]"),
    rule_id: (_) => /[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*/,
    _rule_ref: ($) => choice($.rule_id, $.string),

    annotation: ($) =>
      prec.right(seq(field("name", $.annotation_name), optional(seq("(", optional(trailing($._annotation_arg)), ")")))),
    annotation_name: (_) => token(seq("@", /[A-Za-z_][A-Za-z0-9_]*/)),
    _annotation_arg: ($) => choice($._number, $.string, $.raw_string, $._any_word),
    _prelude: ($) => repeat1($.annotation),

    // ----------------------------------------------------------------------------------------------------- literals

    integer: (_) => token(digits),
    decimal: (_) => token(seq(digits, ".", digits)),
    duration: (_) => token(repeat1(seq(digits, choice("ms", "s", "m", "h", "d", "w")))),
    size: (_) => token(seq(digits, choice("B", "KB", "MB", "GB", "KiB", "MiB", "GiB"))),
    time: (_) => token(/[0-9]{2}:[0-9]{2}(:[0-9]{2})?/),
    date: (_) => token(/[0-9]{4}-[0-9]{2}-[0-9]{2}/),
    instant: (_) =>
      token(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})/),
    _number: ($) => choice($.integer, $.decimal, $.duration, $.size, $.time, $.date, $.instant),
    string: ($) =>
      seq('"', repeat(choice(token.immediate(prec(1, /[^"\\\n\r]+/)), $.escape)), token.immediate('"')),
    escape: (_) => token.immediate(/\\(u\{[0-9A-Fa-f]{1,6}\}|[^\n\r])/),
    raw_string: (_) => token(/r"[^"\n\r]*"/),
    boolean: (_) => choice("true", "false"),
    null: (_) => "null",

    // -------------------------------------------------------------------------------------------------------- items

    item: ($) =>
      choice(
        $.use_item, $.issuer, $.user, $.agent, $.role, $.server, $.profile, $.tag, $.label, $.stores, $.segment, $.flow,
        $.context, $.data, $.sensitive, $.declassify, $.predicate, $.const, $.permit, $.forbid, $.require, $.limit,
        $.redact, $.audit, $.grant, $.monitor, $.test, $.assert,
      ),

    use_item: ($) => seq(optional($._prelude), "use", $.path, optional(choice($.use_list, $._use_alias))),
    use_list: ($) => seq($._dot_brace, trailing(seq($._any_name, optional($._use_alias))), "}"),
    _use_alias: ($) => seq("as", field("alias", $.identifier)),
    _dot_brace: (_) => token(/\.[ \t]*\{/),
    _dot_star: (_) => token(/\.[ \t]*\*/),

    issuer: ($) => seq(optional($._prelude), "issuer", field("name", $.identifier), braced($.issuer_entry)),
    issuer_entry: ($) =>
      choice(
        seq("url", $.string),
        seq("audience", list($.string)),
        seq("keys", $.string),
        seq("lifetime", $.expression),
        seq("bound", $.identifier, repeat(seq("|", $.identifier))),
        seq("claims", $.fields),
      ),

    user: ($) => seq(optional($._prelude), "user", $._identity),
    agent: ($) => seq(optional($._prelude), "agent", $._identity, optional($.acts_for)),
    _identity: ($) => seq(field("name", $.identifier), "from", field("source", $.path), optional($.where_clause)),
    acts_for: ($) => seq("acts", "for", list($.path)),
    role: ($) =>
      seq(
        optional($._prelude),
        "role",
        field("name", $.identifier),
        choice(seq("of", $.path, optional($.where_clause)), seq("=", $.path, repeat(seq("|", $.path)))),
      ),

    server: ($) =>
      seq(optional($._prelude), "server", field("name", $.identifier), optional(seq("like", $.path)), braced($.server_entry)),
    profile: ($) => seq(optional($._prelude), "profile", field("name", $.identifier), braced($.server_entry)),
    server_entry: ($) =>
      choice(
        seq("endpoint", $.string),
        seq("command", $.expression),
        seq("identity", $.identifier, $.string),
        seq("catalog", $.string),
        seq("segment", $.path),
        seq("egress", list($.string)),
        seq("extra", choice("refuse", "ignore")),
        seq("unwraps", $._any_name, "to", $.field_path, ",", $.field_path, ",", $.field_path),
        seq("overlay", braced($.overlay_rule)),
      ),
    overlay_rule: ($) => seq(list($.overlay_pattern), ":", $.type),
    overlay_pattern: ($) =>
      seq(choice("*", $._any_name), $._member, repeat(choice($._member, $.index_all))),

    tag: ($) => seq(optional($._prelude), "tag", field("name", $.identifier), "=", $._targets),
    label: ($) =>
      seq(optional($._prelude), "label", field("name", $.identifier), optional(seq("from", list($.label_source)))),
    label_source: ($) => seq($.target, optional(seq(":", $.field_path))),
    stores: ($) => seq(optional($._prelude), "stores", $.path, "in", $._targets, "by", $.field_path),
    segment: ($) =>
      seq(optional($._prelude), "segment", field("name", $.identifier), braced(seq("networks", list($.string)))),
    flow: ($) =>
      seq(optional($._prelude), optional("forbid"), "flow", $.path, "->", $.path, optional(seq("only", $._targets))),
    context: ($) => seq(optional($._prelude), "context", $.fields),
    data: ($) => seq(optional($._prelude), "data", field("name", $.identifier), ":", $.type, "from", $.string),
    sensitive: ($) => seq(optional($._prelude), "sensitive", $._targets, ":", list($.field_path)),
    declassify: ($) =>
      seq(
        optional($._prelude),
        "declassify",
        $.path,
        choice(seq("in", $._targets), seq("from", $._targets, optional(seq("by", $.field_path)))),
      ),
    predicate: ($) =>
      seq(
        optional($._prelude),
        "predicate",
        field("name", $.identifier),
        "(",
        optional(trailing($.parameter)),
        ")",
        "=",
        $.expression,
      ),
    parameter: ($) => seq(field("name", $.identifier), ":", $.type),
    const: ($) =>
      seq(optional($._prelude), "const", field("name", $.identifier), optional(seq(":", $.type)), "=", $.expression),

    // -------------------------------------------------------------------------------------------------------- rules

    permit: ($) => seq(optional($._prelude), "permit", $.subject, $._scope, repeat($._clause)),
    forbid: ($) => seq(optional($._prelude), "forbid", $.subject, $._scope, repeat($._clause)),
    require: ($) =>
      seq(optional($._prelude), "require", $._requirement, "for", $.subject, $._scope, repeat($._clause)),
    limit: ($) =>
      seq(
        optional($._prelude),
        "limit",
        $.subject,
        $._scope,
        "at",
        "most",
        $.expression,
        optional(seq("of", $.expression)),
        "per",
        $.expression,
        "by",
        $._counted_by,
        repeat($._clause),
      ),
    redact: ($) =>
      seq(
        optional($._prelude),
        "redact",
        $._targets,
        "{",
        trailing($.redaction),
        "}",
        optional($.for_subject),
        repeat($._clause),
      ),
    audit: ($) =>
      seq(
        optional($._prelude),
        "audit",
        choice("full", "summary", "none"),
        "for",
        $.subject,
        $._scope,
        repeat($._clause),
      ),

    // What servers ask of clients names no target; in a list of actions the next word tells.
    _scope: ($) =>
      seq(
        "to",
        choice(
          alias($._client_action, $.action),
          seq(alias($._server_action, $.action), $._targets),
          seq("[", trailing($.action), "]", optional($._targets)),
        ),
        optional($.for_subject),
      ),
    action: ($) => choice($._client_action, $._server_action),
    _client_action: (_) => choice("sample", "elicit", "roots"),
    _server_action: (_) => choice("call", "read", "subscribe", "get", "complete", "use"),
    for_subject: ($) => seq("for", $.subject),
    _clause: ($) => choice($.where_clause, $.when_clause, $.unless_clause),
    where_clause: ($) => seq("where", $.expression),
    when_clause: ($) => seq("when", $.expression),
    unless_clause: ($) => seq("unless", $.expression),

    _requirement: ($) =>
      choice(
        seq("approval", "by", $.approvers, optional(seq("expires", $.expression))),
        seq("mfa", optional(seq("fresh", $.expression))),
        seq("scope", repeat1($.string)),
      ),
    approvers: ($) => seq(optional(seq($.integer, "of")), $.subject),
    _counted_by: (_) => choice("user", "caller", "agent", "session"),

    redaction: ($) =>
      seq(
        $.field_path,
        choice(
          seq(optional(seq("matching", $.expression)), choice("drop", seq("replace", $.string))),
          seq("keep", choice("first", "last"), $.integer),
        ),
      ),

    grant: ($) =>
      seq(
        optional($._prelude),
        "grant",
        field("name", $.identifier),
        "to",
        $.subject,
        "for",
        "at",
        "most",
        $.expression,
        optional(seq("approved", "by", $.approvers)),
        braced($.grant_permit),
      ),
    grant_permit: ($) => seq(optional($._prelude), "permit", $._scope, repeat($._clause)),

    monitor: ($) =>
      seq(optional($._prelude), "monitor", field("name", $.identifier), "{", $.when_clause, "then", list($.response), "}"),
    response: ($) =>
      choice(
        seq("alert", choice("low", "medium", "high", "critical")),
        seq("quarantine", "session", optional(seq("for", $.expression))),
        seq("isolate", choice("agent", "server", "tool", "caller", "user"), optional(seq("for", $.expression))),
      ),

    // --------------------------------------------------------------------------------------------- tests, assertions

    test: ($) => seq(optional($._prelude), "test", field("title", $.string), braced($._test_line)),
    _test_line: ($) => choice($.as_line, $.at_line, $.given, $.act, $.expect),
    as_line: ($) =>
      seq("as", choice("anonymous", seq($.instance, optional(seq("acting", "for", $.instance))))),
    instance: ($) => seq($.path, optional($.record)),
    at_line: ($) => seq("at", $.instant),
    act: ($) =>
      choice(
        seq(choice("call", "get", "complete", "sample", "elicit"), $.path, optional($.record)),
        seq(choice("read", "subscribe"), $.path, $.string),
        seq(choice("roots", "list"), $.path),
      ),
    given: ($) =>
      seq(
        "given",
        choice(
          seq("error", choice($.call, $._past)),
          seq("approval", "by", $.approvers),
          seq("mfa", $.expression),
          seq("grant", $.path),
          seq("context", $.record),
          seq("network", $.string),
          seq("data", $.path, $.expression),
          seq("isolated", choice("agent", "server", "tool", "user"), $.path),
          seq("quarantined", $.target),
          seq("limit", $._rule_ref, "exhausted"),
          seq("scope", $.string),
          seq($.call, "=", $.expression),
          $._past,
        ),
      ),
    _past: ($) =>
      choice(seq("session", "holds", $.path), seq($.path, "carries", $.path), seq($.path, "seen", "in", $.path)),
    expect: ($) =>
      seq(
        "expect",
        choice(
          seq("allow", optional($._by_rule)),
          seq("deny", optional($._by_rule), optional(choice("explain", "hide", "step_up"))),
          seq("challenge", optional(list($._challenge)), optional($._by_rule)),
          "listed",
          "hidden",
          seq("redact", $.field_path),
          seq("label", $.path),
          seq("audit", choice("full", "summary", "none")),
        ),
      ),
    _by_rule: ($) => seq("by", $._rule_ref),
    _challenge: ($) => choice("approval", "mfa", "scope", seq("grant", $.path)),

    assert: ($) =>
      seq(
        optional($._prelude),
        "assert",
        field("title", $.string),
        ":",
        choice("never", "always"),
        "allow",
        $.subject,
        $._scope,
        repeat($._clause),
        repeat($.without),
      ),
    without: ($) => seq("without", choice(seq("approval", "by", $.approvers), "mfa")),

    // ------------------------------------------------------------------------------------------ subjects and targets

    subject: ($) => choice($.acting, $.both, $.subject_word, $.either, $.paren_subject, $.subject_server, $.path),
    acting: ($) => prec.left(1, seq($.subject, "acting", "for", $.subject)),
    both: ($) => prec.left(2, seq($.subject, "&", $.subject)),
    subject_word: (_) => choice("anyone", "anonymous", seq("any", choice("user", "agent"))),
    either: ($) => seq("[", trailing($.subject), "]"),
    paren_subject: ($) => seq("(", $.subject, ")"),
    subject_server: ($) => seq("server", $.path),

    _targets: ($) => prec.right(list($.target)),
    target: ($) => choice($._target_beyond_paths, $.target_hints, $.path),
    /** Targets that are no expression: these also stand in lists and arguments of history questions. */
    _target_beyond_paths: ($) => choice($.target_tag, $.target_any, $.target_server, $.target_all, $.target_set, $.target_uri),
    target_tag: ($) => seq("tag", $.path),
    target_any: (_) => seq("any", choice("tool", "resource", "prompt")),
    target_hints: ($) => seq("tools", "where", $.expression),
    target_server: ($) => seq("server", $.path),
    target_all: ($) => seq($.path, alias($._dot_star, ".*")),
    target_set: ($) => seq($.path, alias($._dot_brace, ".{"), trailing($._any_name), "}"),
    target_uri: ($) => seq($.path, "(", $.string, ")"),

    // -------------------------------------------------------------------------------------------------------- types

    type: ($) =>
      choice($.union_type, $.optional_type, $.fields, $.string, $.paren_type, $.generic_type, $.type_name),
    union_type: ($) => prec.left(1, seq($.type, "|", $.type)),
    optional_type: ($) => prec(2, seq($.type, "?")),
    paren_type: ($) => seq("(", $.type, ")"),
    generic_type: ($) => prec(3, seq($.type_name, "<", $.type, ">")),
    type_name: ($) => choice($.identifier, "list", "null", "segment"),
    fields: ($) => seq("{", repeat(seq($.type_field, optional(","))), "}"),
    type_field: ($) => seq(field("name", $._any_name), ":", $.type),

    // -------------------------------------------------------------------------------------------------- expressions

    expression: ($) =>
      choice($.if, $.or, $.and, $.not, $.comparison, $.has, $.is, $.history_test, $.coalesce, $.range, $.sum, $.product, $.negation, $._postfix),
    if: ($) => prec.right(0, seq("if", $.expression, "then", $.expression, "else", $.expression)),
    or: ($) => prec.left(1, seq($.expression, "or", $.expression)),
    and: ($) => prec.left(2, seq($.expression, "and", $.expression)),
    not: ($) => prec.right(3, seq("not", $.expression)),
    comparison: ($) =>
      prec.left(
        4,
        seq(
          $.expression,
          field("operator", choice("==", "!=", "<", "<=", ">", ">=", "in", seq("not", "in"), "contains", "like", "matches", "under")),
          $.expression,
        ),
      ),
    has: ($) => prec(4, seq("has", $.path)),
    is: ($) => prec.left(4, seq($.expression, "is", $.type)),
    history_test: ($) =>
      prec.left(4, seq($.expression, choice(seq("carries", $.path), seq("seen", "in", $.path)))),
    coalesce: ($) => prec.left(5, seq($.expression, "??", $.expression)),
    range: ($) =>
      prec.right(
        6,
        choice(
          seq(choice("..", "..="), $.expression),
          seq($.expression, choice("..", "..="), optional($.expression)),
        ),
      ),
    sum: ($) => prec.left(7, seq($.expression, choice("+", "-"), $.expression)),
    product: ($) => prec.left(8, seq($.expression, "*", $.expression)),
    negation: ($) => prec(9, seq("-", $.expression)),
    _postfix: ($) => choice($.field_access, $._primary),
    field_access: ($) => prec.left(10, seq(choice($.field_access, $.call, $.paren, $.record, $.list, $._literal, $.quantified), $._member)),
    _primary: ($) =>
      choice($._literal, $.list, $.record, $.paren, $.quantified, $.session_holds, $.call, $.path),
    _literal: ($) => choice($._number, $.string, $.raw_string, $.boolean, $.null),
    paren: ($) => seq("(", $.expression, ")"),
    list: ($) => seq("[", optional(trailing($._element)), "]"),
    _element: ($) => choice($.expression, $._target_beyond_lists),
    /** A path with an argument is a call in an expression. */
    _target_beyond_lists: ($) => choice($.target_tag, $.target_any, $.target_server, $.target_all, $.target_set),
    record: ($) => seq("{", optional(trailing($.record_field)), "}"),
    record_field: ($) => seq(field("key", $.record_key), ":", $.expression),
    record_key: ($) => seq($._any_name, repeat($._member)),
    quantified: ($) =>
      seq(choice("all", "any"), "(", field("variable", $.identifier), "in", $.expression, ":", $.expression, ")"),
    session_holds: ($) => seq("session", "holds", $.path),
    call: ($) => seq(field("function", $.path), "(", optional(trailing($._argument)), ")"),
    _argument: ($) => choice($._element, $.named_argument, $.calls, $.history_read),
    named_argument: ($) => seq(field("name", $._any_word), ":", choice($.expression, alias($._counted_by, $.identifier))),
    calls: ($) => prec.right(seq("calls", optional(seq("to", $.target_or_list)))),
    target_or_list: ($) => choice($.list, $.path, $.target_uri, $._target_beyond_lists),
    history_read: ($) => seq($.path, "read"),
  },
});
