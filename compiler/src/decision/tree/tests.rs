//! Trees: growth, order of the source, and that every rule is where its keys lead.

use super::patterns::Pattern;
use super::*;
use crate::decision::{DecisionGraph, Profile, SMALL_GROUP, Shape, graph};
use crate::hir::*;
use crate::lower::lower;
use crate::lower::testkit::*;
use crate::types::Type;
use mcpz_bytecode::value::decimal::ONE;
use std::collections::BTreeSet;

fn forbid(id: String, condition: Expr) -> Rule {
    Rule { where_: Some(condition), ..rule(RuleKind::Forbid, &id) }
}

fn planted(rules: Vec<Rule>) -> (DecisionGraph, Report) {
    planted_in(program(), rules)
}

fn planted_in(program: Program, rules: Vec<Rule>) -> (DecisionGraph, Report) {
    let program = Program { rules, ..program };
    let set = lower(&program).0;
    let graph = graph(&set, &program, Shape::default(), &Profile::default());
    let report = report(&program, &graph, &set);
    (graph, report)
}

/// Rules that want a range of the amount and one of a few payees.
fn mixed(count: i64) -> Vec<Rule> {
    let amount = |row: i64| compare(arg("amount", Type::Decimal), Comparison::Gt, int(row));
    let payee = |row: i64| compare(arg("payee", Type::String), Comparison::Eq, text(&format!("p{}", row % 97)));
    (0..count).map(|row| forbid(format!("F-{row}"), and(vec![amount(row), payee(row)]))).collect()
}

#[test]
fn trees_are_as_large_as_their_source() {
    for count in [1, 5, 100, 1000] {
        let (graph, report) = planted(mixed(count));
        let rules = usize::try_from(count).expect("a small count");
        assert_eq!(report.rows, rules, "every rule stands in one leaf");
        assert!(report.nodes <= 3 * rules * MAX_LEVELS, "{} nodes for {rules} rules", report.nodes);
        let cases: usize = graph
            .trees
            .rows()
            .iter()
            .map(|tree| match tree {
                Tree::Switch { on: On::Texts(_, cases), .. } => cases.len(),
                Tree::Switch { on: On::Numbers(_, cases), .. } => cases.len(),
                _ => 0,
            })
            .sum();
        assert!(cases <= 2 * rules * MAX_LEVELS, "{cases} cases for {rules} rules");
    }
}

#[test]
fn a_thousand_rules_on_one_tool_are_parted_until_few_stand_together() {
    let (graph, report) = planted(mixed(1000));
    assert!(report.unindexed.is_empty(), "{:?}", report.unindexed);
    let entry = graph.entries.first().expect("there is one entry point");
    assert!(entry.tests < 200, "at most {} tests", entry.tests);
}

#[test]
fn the_order_of_the_source_changes_no_tree() {
    let rules = mixed(60);
    let mut turned = rules.clone();
    turned.reverse();
    let shape = |rules: Vec<Rule>| {
        let (graph, _) = planted(rules);
        let words: Vec<String> = graph
            .trees
            .rows()
            .iter()
            .map(|tree| match tree {
                Tree::Rows(rows) => format!("rows {}", rows.len()),
                Tree::Both(children) => format!("both {}", children.len()),
                Tree::Present { slot, children } => format!("present {slot:?} {}", children.len()),
                Tree::Switch { on, children } => format!("switch {:?} {}", on.slot(), children.len()),
            })
            .collect();
        let mut words = words;
        words.sort();
        words
    };
    assert_eq!(shape(rules), shape(turned));
}

#[test]
fn rules_without_a_key_are_named_with_the_reason() {
    let odd = |row: i64| {
        let sum = expr(
            ExprKind::Arith(
                Arithmetic::Add,
                Box::new(arg("amount", Type::Decimal)),
                Box::new(arg("fee", Type::Decimal)),
            ),
            Type::Decimal,
        );
        forbid(format!("ODD-{row}"), compare(sum, Comparison::Gt, int(row)))
    };
    let (_, report) = planted((0..9).map(odd).collect());
    let [group] = report.unindexed.as_slice() else { panic!("one group: {:?}", report.unindexed) };
    assert_eq!((group.together, group.stage), (9, Stage::Forbids));
    assert!(group.rules.iter().all(|(_, cause)| *cause == Cause::NoKey), "{:?}", group.rules);
}

#[test]
fn equal_keys_lead_to_the_same_child_and_overlapping_ones_to_each() {
    let of = |row: i64, low: i64, high: i64| {
        let amount = || arg("amount", Type::Decimal);
        let from = compare(amount(), Comparison::Ge, int(low));
        let to = compare(amount(), Comparison::Le, int(high));
        forbid(format!("R-{row}"), and(vec![from, to]))
    };
    let rules = (0..12).map(|row| of(row, row / 2, row / 2 + 1)).collect();
    let (graph, _) = planted(rules);
    let found = graph.trees.rows().iter().find_map(|tree| match tree {
        Tree::Switch { on: On::Numbers(_, cases), children } => Some((cases, children)),
        _ => None,
    });
    let (cases, children) = found.expect("a switch on the amount");
    assert_eq!((cases.len(), children.len()), (6, 6));
    let unit = 10_i128.pow(18);
    assert_eq!(cases.first(), Some(&(0, unit, 0)), "both ends belong to an interval");
}

/// Twelve forbids, each about one literal of a place of this type.
fn about(ty: &Type, operator: Comparison, literal: impl Fn(i64) -> Literal) -> Vec<Rule> {
    let one = |row: i64| {
        let literal = expr(ExprKind::Literal(literal(row)), ty.clone());
        forbid(format!("R-{row}"), compare(arg("place", ty.clone()), operator, literal))
    };
    (0..12).map(one).collect()
}

#[test]
fn times_are_parted_like_numbers() {
    let narrow = |row: i64| i32::try_from(row).expect("a small number");
    let of = |ty: Type, literal: &dyn Fn(i64) -> Literal| {
        let (graph, report) = planted(about(&ty, Comparison::Lt, literal));
        assert!(report.unindexed.is_empty(), "{ty:?}: {:?}", report.unindexed);
        let found = graph.trees.rows().iter().find_map(|tree| match tree {
            Tree::Switch { on: On::Numbers(_, cases), .. } => cases.get(3).copied(),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no intervals of {ty:?}"))
    };
    // In milliseconds, days, seconds and days: all but the end itself.
    let before = (i128::MIN, 2, 3);
    assert_eq!(of(Type::Duration, &Literal::Duration), before);
    assert_eq!(of(Type::Instant, &Literal::Instant), before);
    assert_eq!(of(Type::Date, &|row| Literal::Date(narrow(row))), before);
    assert_eq!(of(Type::Time, &|row| Literal::Time(narrow(row).unsigned_abs())), before);
    let optional = Type::Optional(Box::new(Type::Instant));
    assert_eq!(of(optional, &Literal::Instant), before, "what may be absent");
}

#[test]
fn ends_for_integers_are_integers() {
    let ends = |operator: Comparison, ty: Type| {
        let half = |row: i64| Literal::Decimal(i128::from(row) * ONE + ONE / 2);
        let (graph, _) = planted(about(&ty, operator, half));
        let found = graph.trees.rows().iter().find_map(|tree| match tree {
            Tree::Switch { on: On::Numbers(_, cases), .. } => cases.get(3).map(|(low, high, _)| (*low, *high)),
            _ => None,
        });
        found.expect("intervals")
    };
    assert_eq!(ends(Comparison::Lt, Type::Int), (i128::MIN, 3 * ONE), "up to 3, where less than 3.5 is asked for");
    assert_eq!(ends(Comparison::Ge, Type::Int), (4 * ONE, i128::MAX));
    assert_eq!(ends(Comparison::Ge, Type::Decimal), (3 * ONE + ONE / 2, i128::MAX));
    let (graph, _) = planted(about(&Type::Int, Comparison::Gt, Literal::Int));
    let above = graph.trees.rows().iter().any(
        |tree| matches!(tree, Tree::Switch { on: On::Numbers(_, cases), .. } if cases.contains(&(ONE, i128::MAX, 0))),
    );
    assert!(above, "more than 0 is from 1 on");
}

#[test]
fn equal_paths_hosts_and_addresses_are_one_switch() {
    let of = |ty: Type, literal: &dyn Fn(i64) -> Literal| {
        let (graph, report) = planted(about(&ty, Comparison::Eq, literal));
        assert!(report.unindexed.is_empty(), "{ty:?}: {:?}", report.unindexed);
        let switches = graph.trees.rows().iter().filter_map(|tree| match tree {
            Tree::Switch { on, .. } => Some(on.clone()),
            _ => None,
        });
        let all: Vec<On> = switches.collect();
        let [on] = <[On; 1]>::try_from(all).expect("one switch");
        on
    };
    let texts = |on: On| match on {
        On::Texts(_, cases) => cases.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(texts(of(Type::Path, &|row| Literal::Path(format!("/a/{row}")))), 12);
    assert_eq!(texts(of(Type::Host, &|row| Literal::Host(format!("h{row}.org")))), 12);
    assert_eq!(texts(of(Type::Url, &|row| Literal::Url(format!("https://h.org/{row}")))), 12);
    let address = |row: i64| IpAddr::from([10, 0, 0, u8::try_from(row).expect("a small number")]);
    let On::Networks(_, cases) = of(Type::Ip, &|row| Literal::Ip(address(row))) else { panic!("no networks") };
    assert_eq!(cases.first(), Some(&((address(0), 32), 0)), "an address is a network of its own");
}

#[test]
fn segments_are_parted_by_their_networks() {
    let network = |row: u8| (IpAddr::from([10, row, 0, 0]), 16);
    let segment = |row: u8| Segment {
        name: format!("s{row}").into(),
        package: PackageId::new(0),
        networks: vec![network(row), network(row + 100)],
        span: span(1),
    };
    let one = |row: usize| {
        let literal = expr(ExprKind::Literal(Literal::Segment(SegmentId::new(row))), Type::Segment);
        forbid(format!("R-{row}"), expr(ExprKind::In(Box::new(arg("place", Type::Ip)), Box::new(literal)), Type::Bool))
    };
    let program = Program { segments: (0..12).map(segment).collect(), ..program() };
    let (graph, report) = planted_in(program, (0..12).map(one).collect());
    assert!(report.unindexed.is_empty(), "{:?}", report.unindexed);
    let cases = graph.trees.rows().iter().find_map(|tree| match tree {
        Tree::Switch { on: On::Networks(_, cases), .. } => Some(cases.as_slice()),
        _ => None,
    });
    let cases = cases.expect("networks");
    assert_eq!(cases.len(), 24, "both networks of each");
    assert_eq!(cases.first().map(|case| case.0), Some(network(0)));
}

/// So many values that rules name.
fn list(length: usize) -> Expr {
    let items = (0..length).map(|row| Literal::String(format!("v{row}"))).collect();
    expr(ExprKind::Literal(Literal::List(items)), Type::List(Box::new(Type::String)))
}

/// The cases of all switches over whole texts.
fn text_cases(graph: &DecisionGraph) -> usize {
    let cases = graph.trees.rows().iter().map(|tree| match tree {
        Tree::Switch { on: On::Texts(_, cases), .. } => cases.len(),
        _ => 0,
    });
    cases.sum()
}

#[test]
fn a_long_list_that_many_rules_name_does_not_multiply() {
    let about = |server: usize, id: String, condition: Expr| {
        let refund = tool(Member { server: ServerId::new(server), ..REFUND });
        Rule { targets: refund, ..forbid(id, condition) }
    };
    let of_server = |server: usize, length: usize| -> Vec<Rule> {
        let place = || arg("payee", Type::String);
        let within = expr(ExprKind::In(Box::new(place()), Box::new(list(length))), Type::Bool);
        let equal = |row: i64| compare(place(), Comparison::Eq, text(&format!("p{row}")));
        let others = (0..7).map(|row| about(server, format!("E-{server}-{row}"), equal(row)));
        others.chain([about(server, format!("L-{server}"), within)]).collect()
    };
    // As many trees as servers, which all have the same tools.
    let planted_on = |servers: usize, rules: Vec<Rule>| -> usize {
        let own = program();
        let payments = own.servers.first().expect("there is one");
        let server = |row: usize| Server { name: format!("s{row}").into(), ..payments.clone() };
        let (graph, _) = planted_in(Program { servers: (0..servers).map(server).collect(), ..own }, rules);
        text_cases(&graph)
    };
    let cases = |servers: usize, length: usize| {
        planted_on(servers, (0..servers).flat_map(|row| of_server(row, length)).collect())
    };
    // One rule about a tool of each, as a tag is, instead of a rule for each.
    let tagged = |servers: usize, length: usize| {
        let refunds = (0..servers).map(|row| Member { server: ServerId::new(row), ..REFUND }).collect();
        let rules = (0..servers).flat_map(|row| of_server(row, length));
        let (mut named, mut others): (Vec<Rule>, Vec<Rule>) = rules.partition(|rule| rule.id.starts_with('L'));
        let named = named.swap_remove(0);
        others.push(Rule { targets: Targets { tools: refunds, ..Targets::default() }, ..named });
        planted_on(servers, others)
    };
    assert_eq!(tagged(40, SMALL_GROUP - 1), 40 * (7 + SMALL_GROUP - 1), "small enough to stand beside the others");
    assert_eq!((tagged(10, 500), tagged(40, 500)), (10 * 7, 40 * 7), "one tree for all tools, which is one rule");
    assert_eq!(cases(40, LONG_LIST), 40 * (7 + LONG_LIST), "short enough for any number of rules");
    assert_eq!(cases(10, 500), 10 * 507, "few rules name it");
    assert_eq!(cases(40, 500), 40 * 7, "in no tree");
}

#[test]
fn a_tag_that_many_rules_name_does_not_multiply_them() {
    // So many rules about a tool of each server, as a tag is, and one of each server's own.
    let planted_with = |servers: usize, rules: i64| {
        let own = program();
        let payments = own.servers.first().expect("there is one");
        let server = |row: usize| Server { name: format!("s{row}").into(), ..payments.clone() };
        let refund = |row: usize| Member { server: ServerId::new(row), ..REFUND };
        let equal =
            |id: String, value: &str| forbid(id, compare(arg("payee", Type::String), Comparison::Eq, text(value)));
        let about = |servers: std::ops::Range<usize>, rule: Rule| Rule {
            targets: Targets { tools: servers.map(refund).collect(), ..Targets::default() },
            ..rule
        };
        let tagged = (0..rules).map(|row| about(0..servers, equal(format!("T-{row}"), &format!("t{row}"))));
        let single = (0..servers).map(|row| about(row..row + 1, equal(format!("S-{row}"), &format!("s{row}"))));
        let rules = tagged.chain(single).collect();
        planted_in(Program { servers: (0..servers).map(server).collect(), ..own }, rules)
    };
    let (graph, report) = planted_with(20, 200);
    assert_eq!(text_cases(&graph), 200, "each rule stands in one tree");
    assert_eq!(report.rows, 200 + 20, "each rule stands in one leaf, however many tools it is about");
    let rows_of = |entry: &crate::decision::Entry| {
        let rows = entry.trees.iter().flat_map(|(_, root)| graph.trees.leaf_rows(*root));
        rows.map(|row| row.rule).collect::<BTreeSet<_>>().len()
    };
    assert!(graph.entries.iter().all(|entry| rows_of(entry) == 201), "and is found from each");
    assert!(graph.entries.iter().all(|entry| entry.tests < 10));
    // A group of at most 64 rules and keys stands beside what else there is.
    assert_eq!(text_cases(&planted_with(20, 32).0), 20 * (32 + 1));
    assert_eq!(text_cases(&planted_with(20, 33).0), 33, "one rule of its own is no switch");
}

#[test]
fn a_leaf_that_entry_points_share_is_reported_once() {
    let odd = |row: i64| compare(arg("payee", Type::String), Comparison::Ne, text(&format!("t{row}")));
    let tools = (0..2).map(|index| Member { index, ..REFUND }).collect::<BTreeSet<_>>();
    let rule = |row: i64| Rule {
        targets: Targets { tools: tools.clone(), ..Targets::default() },
        ..forbid(format!("R-{row}"), odd(row))
    };
    let (_, report) = planted((0..9).map(rule).collect());
    let [group] = report.unindexed.as_slice() else { panic!("one group: {:?}", report.unindexed) };
    assert_eq!((group.others, group.together, report.rows), (1, 9, 9));
}

#[test]
fn rules_that_name_a_crowded_list_are_told_so() {
    let one = |row: usize| {
        let within = ExprKind::In(Box::new(arg("payee", Type::String)), Box::new(list(LONG_LIST + 1)));
        forbid(format!("R-{row}"), expr(within, Type::Bool))
    };
    let (_, report) = planted((0..=MAX_NAMING).map(one).collect());
    let [group] = report.unindexed.as_slice() else { panic!("one group: {:?}", report.unindexed) };
    assert!(group.rules.iter().all(|(_, cause)| *cause == Cause::Crowded), "{:?}", group.rules);
}

#[test]
fn a_literal_of_another_type_is_no_key() {
    let path = |row: i64| Literal::Path(format!("/a/{row}"));
    let (_, report) = planted(about(&Type::Host, Comparison::Eq, path));
    let [group] = report.unindexed.as_slice() else { panic!("one group: {:?}", report.unindexed) };
    assert!(group.rules.iter().all(|(_, cause)| *cause == Cause::NoKey), "{:?}", group.rules);
}

#[test]
fn patterns_of_one_place_share_one_pass() {
    let like = |row: i64| {
        let pattern = Expr {
            kind: ExprKind::Literal(Literal::Glob { pattern: format!("acct-{row}-*"), path_like: false }),
            ..text("")
        };
        let payee = arg("payee", Type::String);
        forbid(format!("L-{row}"), expr(ExprKind::Like(Box::new(payee), Box::new(pattern)), Type::Bool))
    };
    let (_, report) = planted((0..40).map(like).collect());
    let [field] = report.fields.as_slice() else { panic!("one field: {:?}", report.fields) };
    assert_eq!((field.passes, field.patterns), (1, 40));
    assert!(report.unindexed.is_empty());
    let distinct: BTreeSet<Pattern> = (0..40).map(|row| Pattern::Glob(format!("acct-{row}-*"), false)).collect();
    assert_eq!(distinct.len(), field.patterns);
}

#[test]
fn what_decided_most_stands_first_and_no_row_is_lost() {
    let tags = || arg("tags", Type::List(Box::new(Type::String)));
    let tagged = |row: i64| {
        let tag = compare(var(0, Type::String), Comparison::Ne, text(&format!("t{row}")));
        forbid(format!("T-{row:02}"), any(0, tags(), tag))
    };
    let rules: Vec<Rule> = mixed(40).into_iter().chain((0..9).map(tagged)).collect();
    let program = Program { rules, ..program() };
    let set = lower(&program).0;
    let mut profile = Profile::default();
    profile.note("T-03");
    profile.note("a rule that is gone");
    let of = |profile: &Profile| {
        let graph = graph(&set, &program, Shape::default(), profile);
        let root = graph.entries[0].trees[0].1;
        let Some(Tree::Both(parts)) = graph.trees.get(root) else { panic!("rules with and without keys") };
        let rows = |tree: TreeId| graph.trees.leaf_rows(tree).iter().map(|row| row.rule.index()).collect::<Vec<_>>();
        parts.iter().map(|part| rows(*part)).collect::<Vec<_>>()
    };
    let (plain, ordered) = (of(&Profile::default()), of(&profile));
    assert!(!plain[0].contains(&43) && ordered[0].contains(&43), "{plain:?} {ordered:?}");
    assert_eq!(ordered, of(&profile));
    let all = |parts: &[Vec<usize>]| parts.iter().flatten().copied().collect::<BTreeSet<_>>();
    assert_eq!(all(&plain), all(&ordered));
}
