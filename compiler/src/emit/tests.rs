//! Emitting: bundles that the verifier accepts, the same bytes each time.

use crate::build::{Build, BuildOptions, build};
use crate::hir::*;
use crate::lower::testkit::*;
use crate::types::Type;
use mcpz_bytecode::Program as Bundle;
use mcpz_bytecode::ids::BlockId;
use mcpz_bytecode::image::{Block, RuleImage, Rules};
use std::collections::BTreeSet;
use std::fmt::Write as _;

fn built(program: &Program) -> Build {
    build(program, &BuildOptions::default()).expect("the program builds")
}

/// The code of a block as text.
fn listing(block: Block<'_>) -> String {
    let mut text = format!("{} registers\n", block.registers());
    for (pc, at) in block.code().iter().enumerate() {
        let info = at.opcode.info();
        writeln!(text, "{pc:3} {:<13} r{} {} {} /{}", info.mnemonic, at.dst, at.a, at.b, at.flags).expect("a string");
    }
    text
}

/// The code of the only rule with this condition.
fn code_of(condition: Expr) -> String {
    let rules = vec![Rule { where_: Some(condition), ..rule(RuleKind::Forbid, "F") }];
    let build = built(&Program { rules, ..program() });
    Bundle::load(&build.bytes).expect("the verifier accepts it");
    listing(build.image.blocks.iter().last().expect("the rule has a block"))
}

fn tags() -> Expr {
    arg("tags", Type::List(Box::new(Type::String)))
}

#[test]
fn a_conjunction_skips_the_rest_once_it_is_false() {
    let amount = || arg("amount", Type::Decimal);
    let condition = and(vec![
        compare(amount(), Comparison::Gt, int(1)),
        compare(amount(), Comparison::Lt, arg("count", Type::Int)),
    ]);
    insta::assert_snapshot!(code_of(condition));
}

#[test]
fn what_a_loop_does_not_change_is_computed_before_it() {
    let payee = arg("payee", Type::String);
    let lower = |of| expr(ExprKind::Native(Native::Lower, Box::new(of)), Type::String);
    let equal = compare(lower(var(0, Type::String)), Comparison::Eq, lower(payee));
    let inner = any(1, tags(), compare(var(1, Type::String), Comparison::Ne, var(0, Type::String)));
    insta::assert_snapshot!(code_of(any(0, tags(), and(vec![equal, inner]))));
}

fn binary(kind: fn(Box<Expr>, Box<Expr>) -> ExprKind, left: Expr, right: Expr) -> Expr {
    expr(kind(Box::new(left), Box::new(right)), Type::Bool)
}

fn literal(value: Literal, ty: Type) -> Expr {
    expr(ExprKind::Literal(value), ty)
}

fn native(function: Native, of: Expr, ty: Type) -> Expr {
    expr(ExprKind::Native(function, Box::new(of)), ty)
}

fn if_(condition: Expr, yes: Expr, no: Expr, ty: Type) -> Expr {
    expr(ExprKind::If(Box::new(condition), Box::new(yes), Box::new(no)), ty)
}

fn amount() -> Expr {
    arg("amount", Type::Decimal)
}

fn payee() -> Expr {
    arg("payee", Type::String)
}

fn now() -> Expr {
    root(Root::Now, Type::Instant)
}

/// Builds each condition, and has the verifier look at it.
fn accept(conditions: Vec<Expr>) {
    for condition in conditions {
        code_of(condition);
    }
}

#[test]
fn membership_is_accepted_by_the_verifier() {
    let range = |low: Option<Expr>, high: Option<Expr>| {
        let (low, high) = (low.map(Box::new), high.map(Box::new));
        expr(ExprKind::Range { low, high, end_inclusive: true }, Type::Range(Box::new(Type::Decimal)))
    };
    let (from_s, until_s) = (9 * 3600, 17 * 3600);
    let zone = "Europe/Berlin".into();
    let window = Window { zone, days: 0x1f, from_s, until_s, first_date: None, last_date: None };
    let list = || expr(ExprKind::List(vec![payee(), text("eve")]), Type::List(Box::new(Type::String)));
    let note = || Box::new(arg("note", Type::String.optional()));
    let coalesced = expr(ExprKind::Coalesce(note(), Box::new(text("none"))), Type::String);
    accept(vec![
        binary(ExprKind::In, amount(), range(Some(int(1)), None)),
        binary(ExprKind::In, amount(), range(Some(int(1)), Some(arg("count", Type::Int)))),
        binary(ExprKind::In, now(), literal(Literal::Window(window), Type::Window)),
        binary(ExprKind::In, payee(), list()),
        binary(ExprKind::In, payee(), root(Root::Data(DataId(0)), set_of(Type::String))),
        binary(ExprKind::Contains, payee(), text("x")),
        any(0, list(), compare(var(0, Type::String), Comparison::Eq, coalesced)),
        any(
            1,
            expr(ExprKind::Collect(ParameterKind::Paths), Type::List(Box::new(Type::Path))),
            compare(field(var(1, Type::Path), "depth", Type::Int), Comparison::Gt, int(3)),
        ),
        compare(expr(ExprKind::CountOf(Box::new(tags())), Type::Int), Comparison::Gt, int(2)),
    ]);
}

#[test]
fn text_and_natives_are_accepted_by_the_verifier() {
    let glob = Literal::Glob { pattern: "a*".into(), path_like: false };
    let host_pattern = literal(Literal::HostPattern("*.x.org".into()), Type::Host);
    let url = || native(Native::Url, payee(), Type::Url);
    let weekday = native(Native::Weekday("Asia/Tokyo".into()), now(), Type::Weekday);
    let trimmed = native(Native::Trim, payee(), Type::String);
    let root_folder = literal(Literal::Path("/w".into()), Type::Path);
    accept(vec![
        binary(ExprKind::Like, payee(), literal(glob, Type::String)),
        binary(ExprKind::Matches, payee(), literal(Literal::Regex(r"\d+".into()), Type::String)),
        binary(ExprKind::Like, field(url(), "host", Type::Host.optional()), host_pattern),
        compare(field(url(), "port", Type::Int.optional()), Comparison::Eq, int(443)),
        binary(ExprKind::Under, arg("file", Type::Path), root_folder),
        compare(weekday, Comparison::Eq, literal(Literal::Weekday(0), Type::Weekday)),
        compare(native(Native::Len, trimmed, Type::Int), Comparison::Gt, int(2)),
    ]);
}

#[test]
fn facts_state_and_choices_are_accepted_by_the_verifier() {
    let record_of = |fact| root(fact, Type::Record(record(&[])));
    let calls = || CallsQuery { targets: tool(REFUND), by: HistoryKey::User, within_ms: 1000 };
    let history = |history, ty| expr(ExprKind::History(history), ty);
    let seen = History::SeenIn(Box::new(payee()), SeenSource::Data(DataId(0)));
    let sum = history(History::Sum(calls(), "args.amount".into()), Type::Decimal);
    let more = ExprKind::Arith(Arithmetic::Add, Box::new(arg("count", Type::Int)), Box::new(int(1)));
    let delegated = Subject::ActingFor(Box::new(Subject::Class(COPILOT)), Box::new(Subject::AnyUser));
    let peer = literal(Literal::Ip([10, 0, 0, 1].into()), Type::Ip);
    accept(vec![
        expr(ExprKind::Is(Box::new(payee()), Type::Null), Type::Bool),
        if_(payee_is_eve(), compare(amount(), Comparison::Gt, int(1)), payee_is_eve(), Type::Bool),
        compare(if_(payee_is_eve(), int(1), int(2), Type::Int), Comparison::Eq, int(1)),
        history(History::SessionHolds(LabelId(0)), Type::Bool),
        history(seen, Type::Bool),
        compare(sum, Comparison::Gt, int(5)),
        history(History::Sequence(calls(), Box::new(tool(GET_INVOICE))), Type::Bool),
        compare(expr(more, Type::Int), Comparison::Gt, int(5)),
        compare(root(Root::NetworkSource, Type::Ip), Comparison::Ne, peer),
        expr(ExprKind::HasSubject(delegated), Type::Bool),
        compare(field(record_of(Root::Context), "risk", Type::Int), Comparison::Gt, int(50)),
        compare(field(record_of(Root::UserClaims), "sub", Type::String), Comparison::Eq, payee()),
        boolean_literal(true),
    ]);
}

fn boolean_literal(value: bool) -> Expr {
    expr(ExprKind::Literal(Literal::Bool(value)), Type::Bool)
}

fn payee_is_eve() -> Expr {
    compare(arg("payee", Type::String), Comparison::Eq, text("eve"))
}

/// Rules of every kind, on tools.
fn tool_rules() -> Vec<Rule> {
    let approval = Requirement::Approval { count: 2, approvers: vec![SRE], expires_ms: Some(600_000) };
    let limit = Limit { at_most: 10_i128.pow(21), amount: Some(amount()), per_ms: 60_000, by: HistoryKey::Caller };
    let what = RedactWhat::Field(vec![PathStep::Field("ssn".into())]);
    let redaction = Redaction { what, how: RedactHow::KeepLast(4), span: span(3) };
    vec![
        Rule { subject: Subject::Class(ANALYST), targets: tool(GET_INVOICE), ..rule(RuleKind::Permit, "P-1") },
        Rule { grant: Some(GrantId(0)), subject: Subject::Class(SRE), ..rule(RuleKind::Permit, "P-2") },
        Rule { where_: Some(payee_is_eve()), deny: Some(DenyMode::Hide), ..rule(RuleKind::Forbid, "F-1") },
        rule(RuleKind::Require(approval), "R-1"),
        rule(RuleKind::Limit(limit), "L-1"),
        rule(RuleKind::Redact(vec![redaction]), "X-1"),
        Rule { shadow: true, ..rule(RuleKind::Audit(AuditLevel::Summary), "A-1") },
    ]
}

/// A permit on resources whose pattern binds a variable.
fn resource_rule() -> Rule {
    let pattern = UriPattern {
        parts: vec![UriPart::Text("file:///workspace/".into()), UriPart::Variable("team".into()), UriPart::DoubleStar],
    };
    let team = root(Root::UriVariable("team".into()), Type::String);
    let groups = field(root(Root::UserClaims, Type::Record(record(&[]))), "groups", set_of(Type::String));
    Rule {
        actions: BTreeSet::from([Action::Read, Action::Subscribe]),
        targets: Targets { resources: vec![ResourceTarget { server: DOCS, pattern }], ..Targets::default() },
        where_: Some(binary(ExprKind::In, team, groups)),
        ..rule(RuleKind::Permit, "D-1")
    }
}

/// Rules of every kind.
fn full() -> Program {
    let sampling = Rule {
        subject: Subject::Server(PAYMENTS),
        for_subject: Some(Subject::AnyUser),
        actions: BTreeSet::from([Action::Sample]),
        targets: Targets::default(),
        ..rule(RuleKind::Permit, "S-1")
    };
    let grant = Grant {
        name: "prod".into(),
        package: PackageId(0),
        subject: Subject::Class(SRE),
        at_most_ms: 3_600_000,
        approvers: vec![SRE],
        span: span(0),
    };
    let mut rules = tool_rules();
    rules.extend([resource_rule(), sampling]);
    Program { rules, grants: vec![grant], ..program() }
}

#[test]
fn rules_of_every_kind_make_a_bundle_that_loads() {
    let build = built(&full());
    let bundle = Bundle::load(&build.bytes).expect("the verifier accepts it");
    let image = bundle.image();
    assert_eq!((image.name.as_str(), image.version.as_str()), ("acme", "1.2.3"));
    assert_eq!(image.rules.len(), 9);
    assert_eq!(image.entries, build.image.entries);
    for row in 0..image.blocks.len() {
        assert!(bundle.block_steps(BlockId::new(row)) > 0, "block {row}");
    }
}

#[test]
fn two_builds_are_equal_byte_for_byte() {
    assert_eq!(built(&full()).bytes, built(&full()).bytes);
}

#[test]
fn without_debug_the_bundle_is_smaller_and_decides_by_the_same_code() {
    let stripped = build(&full(), &BuildOptions { debug: false, ..BuildOptions::default() }).expect("it builds");
    let whole = built(&full());
    assert!(stripped.bytes.len() < whole.bytes.len());
    assert_eq!(stripped.image.blocks, whole.image.blocks);
    Bundle::load(&stripped.bytes).expect("the verifier accepts it");
}

#[test]
fn moving_rules_in_the_text_changes_positions_only() {
    let mut moved = full();
    for rule in &mut moved.rules {
        for span in [&mut rule.span, &mut rule.head_span] {
            span.start += 12;
            span.end += 12;
        }
    }
    let (before, mut after) = (built(&full()).image, built(&moved).image);
    assert_ne!(before.rules, after.rules);
    let still = after.each_rule().zip(before.each_rule()).filter_map(|(now, then)| {
        let now = now.to_image()?;
        Some(RuleImage { span: then.span(), ..now })
    });
    let still: Vec<RuleImage> = still.collect();
    after.rules = Rules::default();
    still.iter().for_each(|rule| after.push_rule(rule));
    after.debug = before.debug.clone();
    assert_eq!(before, after);
}

#[test]
fn a_hostile_pattern_is_refused_with_its_text() {
    let condition = expr(
        ExprKind::Matches(
            Box::new(arg("payee", Type::String)),
            Box::new(expr(ExprKind::Literal(Literal::Regex("[ab]*a[ab]{24}".into())), Type::String)),
        ),
        Type::Bool,
    );
    let rules = vec![Rule { where_: Some(condition), ..rule(RuleKind::Forbid, "F") }];
    let problems = build(&Program { rules, ..program() }, &BuildOptions::default()).expect_err("it is refused");
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["E0704"]);
    assert!(problems[0].message.contains("`[ab]*a[ab]{24}`"));
}

#[test]
fn collected_places_are_found_at_any_depth() {
    let nested = record(&[("to", Type::Union(vec![Type::Path, Type::Int])), ("url", Type::Url)]);
    let input = record(&[
        ("items", Type::List(Box::new(Type::Record(nested))).optional()),
        ("by_name", Type::Map(Box::new(Type::Host))),
        ("text", Type::String),
    ]);
    let plan: Vec<String> =
        super::plan::collect(&input).iter().map(|row| format!("{:?} {:?}", row.kind, row.path)).collect();
    insta::assert_snapshot!(plan.join("\n"));
}
