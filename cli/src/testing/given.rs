//! `given` lines: what a test states of the world, as state and facts of a case.

use super::json;
use crate::case::Case;
use mcpz_compiler::hir::canonical::{class_name, data_name, grant_name, history_text, label_name, seen_name};
use mcpz_compiler::hir::{
    ClassDefinition, ClassId, Expr, ExprKind, Given, History, Literal, Member, Program, RuleKind, SeenSource, Test,
};
use mcpz_runtime::credential;
use mcpz_runtime::state::{Approval, Failing, HistoryAnswer, LimitUsed};
use serde_json::Value;

/// One, in the units of amounts.
const ONE: i128 = 1_000_000_000_000_000_000;

/// Applies every `given` line, in order.
pub fn apply(program: &Program, test: &Test, case: &mut Case) {
    let arguments = json::value(&test.request.arguments);
    for given in &test.given {
        apply_one(program, test, &arguments, given, case);
    }
}

fn apply_one(program: &Program, test: &Test, arguments: &Value, given: &Given, case: &mut Case) {
    match given {
        Given::History(question, answer) => history(program, arguments, question, answer, case),
        Given::HistoryError(question) => history_error(program, arguments, question, case),
        Given::Approval(count, classes) => approvals(program, *count, classes, case),
        Given::Mfa(age_ms) => case.state.mfa_age_ms = Some(*age_ms),
        Given::Grant(grant) => drop(case.state.grants.insert(grant_name(program, *grant))),
        Given::Context(facts) => case.context = Some(json::value(facts).to_string()),
        Given::Network(address) => case.network = Some(*address),
        Given::Data(data, value) => {
            case.data.insert(data_name(program, *data), json::value(value).to_string());
        }
        Given::IsolatedServer(server) => {
            let name = program.servers.get(server.index()).map(|server| server.name.to_string());
            case.state.isolated_servers.extend(name);
        }
        Given::IsolatedTool(member) => case.state.isolated_tools.extend(tool(program, *member)),
        Given::IsolatedAgent(class) => isolate_agent(test, *class, case),
        Given::Quarantined(member) => case.state.quarantined.extend(tool(program, *member)),
        Given::LimitExhausted(rule) => exhaust(program, rule, case),
        Given::Scope(scope) => case.principal.scopes.push(scope.clone()),
        Given::SessionLabel(label) => drop(case.state.session_labels.insert(label_name(program, *label))),
    }
}

fn history(program: &Program, arguments: &Value, question: &History, answer: &Literal, case: &mut Case) {
    let holds = !matches!(answer, Literal::Bool(false));
    match question {
        History::SessionHolds(label) if holds => {
            case.state.session_labels.insert(label_name(program, *label));
        }
        History::Carries(place, label) if holds => {
            case.state.carried.insert((pointer(place), label_name(program, *label)));
        }
        History::SeenIn(place, source) if holds => {
            let Some(text) = arguments.pointer(&pointer(place)).and_then(json::memory_text) else {
                return;
            };
            let entry = (text, seen_name(program, *source));
            match source {
                SeenSource::Data(_) => case.state.seen_in_data.insert(entry),
                SeenSource::Label(_) => case.state.seen_in_label.insert(entry),
            };
        }
        History::Count(_) | History::Sum(..) | History::Sequence(..) => {
            let answer = match (question, answer) {
                (History::Sum(..), Literal::Int(number)) => {
                    HistoryAnswer::Decimal(i128::from(*number).saturating_mul(ONE))
                }
                (_, Literal::Int(number)) => HistoryAnswer::Int(*number),
                (_, Literal::Decimal(scaled)) => HistoryAnswer::Decimal(*scaled),
                (_, other) => HistoryAnswer::Bool(*other == Literal::Bool(true)),
            };
            case.state.history.insert(history_text(program, question), answer);
        }
        _ => {}
    }
}

fn history_error(program: &Program, arguments: &Value, question: &History, case: &mut Case) {
    let failing = match question {
        History::SessionHolds(label) => Failing::SessionHolds(label_name(program, *label)),
        History::Carries(place, label) => Failing::Carries(pointer(place), label_name(program, *label)),
        History::SeenIn(place, source) => {
            let text = arguments.pointer(&pointer(place)).and_then(json::memory_text).unwrap_or_default();
            match source {
                SeenSource::Data(_) => Failing::SeenInData(text, seen_name(program, *source)),
                SeenSource::Label(_) => Failing::SeenInLabel(text, seen_name(program, *source)),
            }
        }
        other => Failing::History(history_text(program, other)),
    };
    case.state.failing.insert(failing);
}

/// The JSON pointer below `args` of a place.
fn pointer(place: &Expr) -> String {
    match &place.kind {
        ExprKind::Field(base, name) => {
            format!("{}/{}", pointer(base), name.replace('~', "~0").replace('/', "~1"))
        }
        ExprKind::Native(_, inner) => pointer(inner),
        _ => String::new(),
    }
}

/// Distinct people who are nobody in the chain, each of one of the classes and of all that follow from it.
fn approvals(program: &Program, count: u32, classes: &[ClassId], case: &mut Case) {
    for (class, _) in classes.iter().cycle().zip(0..count) {
        let number = case.state.approvals.len() + 1;
        let classes = implied(program, *class);
        case.state.approvals.push(Approval { approver: format!("approver:{number}"), classes, age_ms: 0 });
    }
}

/// A class and the classes that its members belong to by definition.
fn implied(program: &Program, class: ClassId) -> Vec<String> {
    let mut found = vec![class];
    let mut next = 0;
    while let Some(current) = found.get(next).copied() {
        next += 1;
        let base = match program.classes.get(current.index()).map(|row| &row.definition) {
            Some(ClassDefinition::Narrow { base, .. }) => Some(*base),
            _ => None,
        };
        let joins = program.classes.iter().enumerate().filter_map(|(index, row)| match &row.definition {
            ClassDefinition::Join(parts) if parts.contains(&current) => Some(ClassId::new(index)),
            _ => None,
        });
        let more: Vec<ClassId> = base.into_iter().chain(joins).filter(|class| !found.contains(class)).collect();
        found.extend(more);
    }
    found.into_iter().map(|class| class_name(program, class)).collect()
}

fn tool(program: &Program, member: Member) -> Option<(String, String)> {
    let server = program.servers.get(member.server.index())?;
    let tool = server.tools.get(usize::try_from(member.index).ok()?)?;
    Some((server.name.to_string(), tool.name.to_string()))
}

/// Isolates the links of the chain that the test made from this class.
fn isolate_agent(test: &Test, class: ClassId, case: &mut Case) {
    for (test_link, link) in test.chain.iter().zip(&case.principal.chain) {
        if test_link.class == class {
            case.state.isolated_agents.extend(credential::subject(link));
        }
    }
}

fn exhaust(program: &Program, rule: &str, case: &mut Case) {
    let row = program.rules.iter().find(|row| row.id == rule);
    let most = match row.map(|row| &row.kind) {
        Some(RuleKind::Limit(limit)) => limit.at_most,
        _ => 0,
    };
    let used = LimitUsed { used: most.saturating_add(ONE), retry_after_ms: None };
    case.state.limits.insert(rule.to_owned(), used);
}
