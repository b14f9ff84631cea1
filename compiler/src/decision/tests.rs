//! The decision graph: shape, simplification, size.

use super::{GraphText, Profile, Shape, graph};
use crate::hir::*;
use crate::lower::lower;
use crate::lower::testkit::*;
use crate::types::Type;
use std::collections::BTreeSet;

fn small() -> Program {
    let amount = || arg("amount", Type::Decimal);
    let wide = Targets { servers: BTreeSet::from([PAYMENTS]), ..Targets::default() };
    let over = |value| compare(amount(), Comparison::Gt, int(value));
    Program {
        rules: vec![
            Rule { subject: Subject::Class(SRE), where_: Some(over(0)), ..rule(RuleKind::Permit, "PAY-1") },
            Rule { targets: wide, when: Some(over(500)), ..rule(RuleKind::Forbid, "PAY-2") },
            Rule {
                actions: Action::ALL.into(),
                targets: Targets { any_tool: true, ..Targets::default() },
                ..rule(RuleKind::Audit(AuditLevel::Full), "LOG")
            },
        ],
        ..program()
    }
}

#[test]
fn entry_points_list_rules_once_each_and_bound_their_tests() {
    let program = small();
    let rules = lower(&program).0;
    let graph = graph(&rules, &program, Shape::default(), &Profile::default());
    insta::assert_snapshot!(GraphText { graph: &graph, rules: &rules, program: &program });
}

#[test]
fn the_graph_has_no_cycle_and_can_be_drawn() {
    let program = small();
    let rules = lower(&program).0;
    let graph = graph(&rules, &program, Shape::default(), &Profile::default());
    assert!(graph.is_acyclic(&rules, &program));
    let dot = graph.to_dot(&rules, &program);
    assert!(dot.starts_with("digraph decision {") && dot.ends_with("}\n"));
    for label in ["\"PAY-1\"", "\"call payments.refund\"", "\"args.amount > 500\""] {
        assert!(dot.contains(label), "{label} is drawn in {dot}");
    }
}

/// The text of the only rule's condition in the graph.
fn simplified(condition: Expr) -> String {
    let program = Program { rules: vec![Rule { where_: Some(condition), ..rule(RuleKind::Forbid, "F") }], ..program() };
    let rules = lower(&program).0;
    let graph = graph(&rules, &program, Shape::default(), &Profile::default());
    let block = graph.blocks.iter().find(|block| block.rule.is_some()).expect("the rule has a block");
    let node = block.clauses.last().expect("it has a clause").node;
    crate::lower::display::term_text(&program, &graph.nodes.tables(&rules.tables), node)
}

fn boolean(value: bool) -> Expr {
    expr(ExprKind::Literal(Literal::Bool(value)), Type::Bool)
}

fn payee() -> Expr {
    compare(arg("payee", Type::String), Comparison::Eq, text("eve"))
}

fn not(of: Expr) -> Expr {
    expr(ExprKind::Not(Box::new(of)), Type::Bool)
}

#[test]
fn simplification_keeps_the_truth_tables() {
    let if_ = |condition, yes, no| expr(ExprKind::If(Box::new(condition), Box::new(yes), Box::new(no)), Type::Bool);
    assert_eq!(simplified(or(vec![payee(), boolean(true)])), "true");
    assert_eq!(simplified(or(vec![payee(), and(vec![payee(), boolean(false)])])), "args.payee == \"eve\"");
    assert_eq!(simplified(or(vec![payee(), payee()])), "args.payee == \"eve\"");
    assert_eq!(simplified(if_(boolean(true), payee(), boolean(false))), "args.payee == \"eve\"");
    assert_eq!(simplified(or(vec![not(not(payee())), boolean(false)])), "args.payee == \"eve\"");
    // `x or not x` is an error when x is: it must stay.
    assert_eq!(simplified(or(vec![payee(), not(payee())])), "(args.payee == \"eve\" or not(args.payee == \"eve\"))");
    // A conditional with equal branches still needs its condition.
    assert!(simplified(if_(payee(), boolean(false), boolean(false))).contains("if args.payee"));
}

#[test]
fn size_is_linear_in_the_rules() {
    let with = |count: i64| {
        let condition = |row| compare(arg("amount", Type::Decimal), Comparison::Gt, int(row));
        let rules = (0..count)
            .map(|row| Rule { where_: Some(condition(row)), ..rule(RuleKind::Forbid, &format!("F-{row}")) })
            .collect();
        let program = Program { rules, ..program() };
        let set = lower(&program).0;
        let graph = graph(&set, &program, Shape::default(), &Profile::default());
        let rows: usize = graph.entries.iter().map(|entry| entry.rows.len()).sum();
        (graph.nodes.len(), graph.blocks.len(), rows)
    };
    let (small, large) = (with(100), with(1000));
    assert!(large.0 <= small.0 * 10 && large.1 <= small.1 * 10 && large.2 == small.2 * 10, "{small:?} {large:?}");
}

#[test]
fn cheap_clauses_are_tested_first() {
    let history = expr(ExprKind::History(History::SessionHolds(LabelId(0))), Type::Bool);
    let program = Program {
        rules: vec![Rule { where_: Some(history), when: Some(payee()), ..rule(RuleKind::Forbid, "F") }],
        ..program()
    };
    let graph = graph(&lower(&program).0, &program, Shape::default(), &Profile::default());
    let block = graph.blocks.last().expect("the rule has a block");
    assert_eq!(block.order, [0, 2, 1], "subject, comparison, then the question to the state");
}
