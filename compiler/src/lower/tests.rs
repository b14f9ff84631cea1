//! Lowering, shown as text.

use super::display::RulesText;
use super::lower;
use super::rules::RuleSet;
use super::testkit::*;
use crate::hir::*;
use crate::types::Type;
use std::collections::BTreeSet;

fn lowered(program: &Program) -> RuleSet {
    let (rules, diagnostics) = lower(program);
    assert_eq!(diagnostics, vec![], "lowering must not complain");
    rules
}

fn shown(program: &Program) -> String {
    RulesText { rules: &lowered(program), program }.to_string()
}

/// The text of the rules alone, without the classes of the frame.
fn shown_rules(rules: Vec<Rule>) -> String {
    let program = Program { rules, ..program() };
    without_classes(&shown(&program))
}

fn without_classes(text: &str) -> String {
    text.lines().skip(4).collect::<Vec<_>>().join("\n")
}

#[test]
fn classes_become_conditions_over_one_link() {
    insta::assert_snapshot!(shown(&program()));
}

#[test]
fn clauses_are_split_into_conjuncts_and_unless_is_negated_by_parts() {
    let amount = || arg("amount", Type::Decimal);
    let low_and_known = and(vec![
        compare(amount(), Comparison::Lt, int(500)),
        compare(arg("payee", Type::String), Comparison::Ne, text("eve")),
    ]);
    let sre_or_note = or(vec![
        expr(ExprKind::HasSubject(Subject::Class(SRE)), Type::Bool),
        expr(ExprKind::Has(Box::new(arg("note", Type::String.optional()))), Type::Bool),
    ]);
    let permit = Rule {
        subject: Subject::Either(vec![Subject::Class(SRE), Subject::Class(ANALYST)]),
        where_: Some(low_and_known),
        unless: Some(sre_or_note),
        ..rule(RuleKind::Permit, "PAY-1")
    };
    insta::assert_snapshot!(shown_rules(vec![permit]));
}

#[test]
fn predicates_are_inlined_and_quantifiers_named_by_level() {
    // predicate risky(x) = any(v in args.tags: v == x) : its binder must not capture the caller's.
    let tags = || arg("tags", Type::List(Box::new(Type::String)));
    let mut program = program();
    program.predicates.push(Predicate {
        name: "risky".into(),
        package: PackageId(0),
        parameters: vec![(VarId(0), Type::String)],
        body: any(1, tags(), compare(var(1, Type::String), Comparison::Eq, var(0, Type::String))),
        span: span(0),
    });
    let call = |argument| expr(ExprKind::Call(PredicateId(0), vec![argument]), Type::Bool);
    let nested = any(2, tags(), call(var(2, Type::String)));
    let twice = or(vec![call(text("a")), call(text("a"))]);
    program.rules.push(Rule { where_: Some(and(vec![nested, twice])), ..rule(RuleKind::Forbid, "F-1") });
    insta::assert_snapshot!(without_classes(&shown(&program)));
}

#[test]
fn equal_conditions_are_one_term() {
    let condition = || compare(arg("payee", Type::String), Comparison::Eq, text("eve"));
    let rules = vec![
        Rule { where_: Some(condition()), ..rule(RuleKind::Forbid, "F-1") },
        Rule { when: Some(condition()), ..rule(RuleKind::Forbid, "F-2") },
    ];
    let set = lowered(&Program { rules, ..program() });
    let term = |row: usize| set.rules[row].variants[0].condition.clauses[1].term;
    assert_eq!(term(0), term(1));
}

#[test]
fn a_place_is_one_slot_however_it_is_used() {
    let path = || arg("file", Type::Path);
    let root = expr(ExprKind::Literal(Literal::Path("/workspace".into())), Type::Path);
    let under = expr(ExprKind::Under(Box::new(path()), Box::new(root)), Type::Bool);
    let present = expr(ExprKind::Has(Box::new(arg("file", Type::Path.optional()))), Type::Bool);
    let set = lowered(&Program {
        rules: vec![Rule { where_: Some(and(vec![present, under])), ..rule(RuleKind::Permit, "P") }],
        ..program()
    });
    let of_args = set.tables.slots.rows().iter().filter(|slot| slot.root == Root::Args && !slot.path.is_empty());
    let types: Vec<&Type> = of_args.map(|slot| &slot.ty).collect();
    assert_eq!(types, [&Type::Path.optional()]);
}

#[test]
fn targets_become_the_fewest_scopes() {
    let all = Targets {
        servers: BTreeSet::from([PAYMENTS]),
        tools: BTreeSet::from([GET_INVOICE, REFUND]),
        any_prompt: true,
        ..Targets::default()
    };
    let wide = Rule { actions: Action::ALL.into(), targets: all, ..rule(RuleKind::Audit(AuditLevel::Full), "A") };
    insta::assert_snapshot!(shown_rules(vec![wide]));
}

fn uri(parts: Vec<UriPart>) -> ResourceTarget {
    ResourceTarget { server: DOCS, pattern: UriPattern { parts } }
}

#[test]
fn uri_variables_are_bound_by_the_first_pattern_that_matches() {
    let team = || UriPart::Variable("team".into());
    let patterns = vec![
        uri(vec![UriPart::Text("file:///open/".into()), UriPart::DoubleStar]),
        uri(vec![UriPart::Text("file:///workspace/".into()), team(), UriPart::Text("/".into()), UriPart::DoubleStar]),
    ];
    let read = Rule {
        actions: BTreeSet::from([Action::Read]),
        targets: Targets { resources: patterns, ..Targets::default() },
        where_: Some(compare(root(Root::UriVariable("team".into()), Type::String), Comparison::Eq, text("red"))),
        ..rule(RuleKind::Permit, "DOCS-1")
    };
    insta::assert_snapshot!(shown_rules(vec![read]));
}

#[test]
fn ranges_are_tested_by_their_ends_wherever_they_stand() {
    let range = |low, high| {
        let kind =
            ExprKind::Range { low: Some(Box::new(int(low))), high: Some(Box::new(int(high))), end_inclusive: true };
        expr(kind, Type::Range(Box::new(Type::Int)))
    };
    let list = |items| expr(ExprKind::List(items), Type::List(Box::new(Type::Range(Box::new(Type::Int)))));
    let within = |collection| expr(ExprKind::In(Box::new(arg("count", Type::Int)), Box::new(collection)), Type::Bool);
    let forbid = Rule {
        where_: Some(and(vec![within(range(1, 5)), within(list(vec![range(1, 2), range(8, 9)]))])),
        ..rule(RuleKind::Forbid, "RANGE")
    };
    insta::assert_snapshot!(shown_rules(vec![forbid]));
}

#[test]
fn history_questions_carry_their_canonical_text() {
    let calls = CallsQuery { targets: tool(REFUND), by: HistoryKey::Session, within_ms: 300_000 };
    let count = expr(ExprKind::History(History::Count(calls)), Type::Int);
    let carries =
        expr(ExprKind::History(History::Carries(Box::new(arg("payee", Type::String)), LabelId(0))), Type::Bool);
    let forbid = Rule {
        when: Some(and(vec![compare(count, Comparison::Gt, int(3)), carries])),
        ..rule(RuleKind::Forbid, "HIST")
    };
    insta::assert_snapshot!(shown_rules(vec![forbid]));
}

#[test]
fn limits_have_their_amount_as_a_value() {
    let limit = Limit {
        at_most: 5_000 * 10_i128.pow(18),
        amount: Some(arg("amount", Type::Decimal)),
        per_ms: 86_400_000,
        by: HistoryKey::Caller,
    };
    insta::assert_snapshot!(shown_rules(vec![rule(RuleKind::Limit(limit), "LIM")]));
}

/// `p(x) = q(x + 1) or q(x * 3)`, many times over.
fn doubling(depth: u32) -> Program {
    let mut program = program();
    let x = |id| var(id, Type::Int);
    let arith = |operation, left, right| expr(ExprKind::Arith(operation, Box::new(left), Box::new(right)), Type::Int);
    for level in 0..depth {
        let body = match level.checked_sub(1) {
            None => compare(x(level), Comparison::Eq, int(7)),
            Some(below) => {
                let call = |argument| expr(ExprKind::Call(PredicateId(below), vec![argument]), Type::Bool);
                or(vec![call(arith(Arithmetic::Add, x(level), int(1))), call(arith(Arithmetic::Mul, x(level), int(3)))])
            }
        };
        program.predicates.push(Predicate {
            name: format!("p{level}").into(),
            package: PackageId(0),
            parameters: vec![(VarId(level), Type::Int)],
            body,
            span: span(0),
        });
    }
    let call = expr(ExprKind::Call(PredicateId(depth - 1), vec![arg("count", Type::Int)]), Type::Bool);
    program.rules.push(Rule { where_: Some(call), ..rule(RuleKind::Forbid, "BIG") });
    program
}

#[test]
fn a_condition_that_explodes_is_refused_once() {
    let (_, diagnostics) = lower(&doubling(20));
    let codes: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, ["E0701"]);
    assert_eq!(lower(&doubling(6)).1, vec![]);
}

#[test]
fn a_fourth_quantifier_is_refused() {
    let tags = || arg("tags", Type::List(Box::new(Type::String)));
    let innermost = compare(var(0, Type::String), Comparison::Eq, text("a"));
    let nested = (0..4).fold(innermost, |body, id| any(id, tags(), body));
    let rules = vec![Rule { where_: Some(nested), ..rule(RuleKind::Forbid, "DEEP") }];
    let (_, diagnostics) = lower(&Program { rules, ..program() });
    assert_eq!(diagnostics.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>(), ["E0702"]);
}
