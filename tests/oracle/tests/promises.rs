//! The promises of the language document, section 1, each as a test over generated packages.
//!
//! They are about the virtual machine: what is decided here is what a bundle decides.

use mcpz_compiler::hir::RuleKind;
use mcpz_oracle::driver::{Built, Case, cases};
use mcpz_oracle::generate::GeneratedPackage;
use mcpz_runtime::decision::{Decision, Effect, Reason};
use std::collections::BTreeSet;

const SEED: u64 = 2026;
const PACKAGES: u64 = 60;
const REQUESTS: u64 = 40;

fn verb(rule: &str) -> &str {
    rule.lines().find(|line| !line.starts_with('@')).and_then(|line| line.split(' ').next()).unwrap_or("")
}

/// A package with some of its rules, or none if the rest does not compile without them.
fn with_rules(made: &GeneratedPackage, rules: Vec<String>) -> Option<Built> {
    Built::new(&GeneratedPackage { rules, ..made.clone() }).ok()
}

fn opens(decision: &Decision) -> bool {
    decision.effect == Effect::Allow
}

/// Runs a check over every package with its requests.
fn over_packages(check: impl FnMut(&GeneratedPackage, &Built, &[Case])) {
    over(PACKAGES, REQUESTS, check);
}

/// Runs a check over so many packages, each with so many requests.
fn over(packages: u64, requests: u64, mut check: impl FnMut(&GeneratedPackage, &Built, &[Case])) {
    for package in 0..packages {
        let (made, built, cases) = cases(SEED, package, requests);
        check(&made, &built.expect("the package compiles"), &cases);
    }
}

#[test]
fn promise_1_default_deny() {
    over_packages(|made, _, cases| {
        let rules = made.rules.iter().filter(|rule| !matches!(verb(rule), "permit" | "grant")).cloned().collect();
        let Some(closed) = with_rules(made, rules) else {
            return;
        };
        for case in cases {
            let decision = closed.machine(case);
            let keeps_going = matches!(decision.reason, Reason::Protocol | Reason::List);
            assert!(!opens(&decision) || keeps_going, "{decision:?}");
        }
    });
}

#[test]
fn promise_1_forbid_wins() {
    over(20, REQUESTS, |made, whole, cases| {
        for at in 0..made.rules.len() {
            let mut rules = made.rules.clone();
            let removed = rules.remove(at);
            let Some(fewer) = with_rules(made, rules) else {
                continue;
            };
            for case in cases {
                let (with, without) = (whole.machine(case), fewer.machine(case));
                match verb(&removed) {
                    "permit" | "grant" => assert!(opens(&with) || !opens(&without), "removing opened: {removed}"),
                    _ => assert!(opens(&without) || !opens(&with), "adding opened: {removed}"),
                }
            }
        }
    });
}

#[test]
fn promise_1_order_never_matters() {
    over_packages(|made, whole, cases| {
        let backwards = made.rules.iter().rev().cloned().collect();
        let Some(reversed) = with_rules(made, backwards) else {
            return;
        };
        for case in cases {
            let (one, other) = (whole.machine(case), reversed.machine(case));
            assert_eq!(one.effect, other.effect, "{one:?} {other:?}");
            assert_eq!(whole.error_ids(&one), reversed.error_ids(&other));
            assert_eq!(one.unmet.len(), other.unmet.len());
            assert_eq!(one.obligations.redactions.len(), other.obligations.redactions.len());
            assert_eq!(one.obligations.audit, other.obligations.audit);
            assert_eq!(one.obligations.labels, other.obligations.labels);
            assert_eq!(one.obligations.consumes.len(), other.obligations.consumes.len());
        }
    });
}

#[test]
fn promise_2_an_error_in_a_restriction_denies() {
    let mut seen = 0;
    over_packages(|_, built, cases| {
        for case in cases {
            let decision = built.machine(case);
            let restricting = decision.errors.iter().any(|error| built.rule(error.rule).kind != RuleKind::Permit);
            if restricting {
                seen += 1;
                assert_eq!(decision.effect, Effect::Deny, "{decision:?}");
            }
        }
    });
    assert!(seen > 20, "only {seen} restrictions in error: the generator reaches too few");
}

#[test]
fn promise_2_an_error_in_a_permit_grants_nothing_and_is_reported() {
    let mut seen = 0;
    over(PACKAGES, 150, |made, built, cases| {
        for case in cases {
            let decision = built.machine(case);
            let failed: BTreeSet<String> = built.error_ids(&decision).into_iter().collect();
            let permit = |rule: &&String| {
                verb(rule) == "permit" && failed.iter().any(|id| rule.contains(&format!("(\"{id}\")")))
            };
            if !made.rules.iter().any(|rule| permit(&rule)) || decision.reason == Reason::NotVisible {
                continue;
            }
            let rules = made.rules.iter().filter(|rule| !permit(rule)).cloned().collect();
            let Some(fewer) = with_rules(made, rules) else {
                continue;
            };
            seen += 1;
            let without = fewer.machine(case);
            assert_eq!(opens(&decision), opens(&without), "{decision:?} {without:?}");
        }
    });
    assert!(seen > 20, "only {seen} permits in error: the generator reaches too few");
}

#[test]
fn promise_3_what_does_not_exist_does_not_compile() {
    over_packages(|made, _, _| {
        let server = &made.model.servers[0];
        let (name, tool) = (&server.name, mcpz_oracle::generate::model::after_dot(&server.tools[0].name));
        for wrong in [
            format!("permit anyone to call {name}.no_such_tool"),
            format!("forbid anyone to call {name}.{tool} where args.no_such_parameter == 1"),
            format!("permit anyone to call nowhere.{tool}"),
            format!("permit nobody_known to call {name}.{tool}"),
            format!("permit employee to call {name}.{tool} where user.claims.no_such_claim"),
            format!("permit employee to call {name}.{tool} where user.claims.groups == 7"),
            format!("permit employee to call {name}.{tool} when context.tenant == \"no_such_word\""),
            format!("permit employee to call {name}.{tool} when session holds no_such_label"),
            format!("permit employee to call {name}.{tool} when now < \"soon\""),
        ] {
            let mut rules = made.rules.clone();
            rules.push(wrong.clone());
            assert!(with_rules(made, rules).is_none(), "compiles: {wrong}");
        }
    });
}

#[test]
fn promise_4_lists_and_calls_agree() {
    let (mut hidden, mut shown) = (0, 0);
    over_packages(|made, built, cases| {
        for case in cases {
            let Some(is_listed) = is_listed(built, case) else { continue };
            hidden += usize::from(!is_listed);
            shown += usize::from(is_listed);
            let decision = built.machine(case);
            assert!(is_listed || decision.effect == Effect::Deny, "may be called and is not listed: {decision:?}");
            if !matches!(decision.reason, Reason::Input(_) | Reason::Credential | Reason::UnknownTarget) {
                let is_not_visible = decision.reason == Reason::NotVisible;
                let is_hidden = !is_listed || wraps_hidden(made, built, case);
                assert!(is_listed || is_not_visible, "not listed: {decision:?}");
                assert!(is_hidden || !is_not_visible, "listed: {decision:?}");
            }
        }
    });
    assert!(hidden > 20 && shown > 20, "{hidden} hidden, {shown} shown");
}

#[test]
fn promise_4_holds_for_what_a_call_wraps() {
    let (mut hidden, mut called) = (0, 0);
    over(120, 200, |made, built, cases| {
        for case in cases {
            let Some(within) = case.wrapped(&made.model) else { continue };
            if is_listed(built, case) != Some(true) {
                continue;
            }
            let decision = built.machine(case);
            if opens(&decision) {
                called += 1;
                assert_eq!(is_listed(built, &within), Some(true), "wraps a call of what is not listed: {decision:?}");
            }
            if decision.reason == Reason::NotVisible {
                hidden += 1;
                assert_eq!(is_listed(built, &within), Some(false), "wraps a call of what is listed: {decision:?}");
            }
        }
    });
    assert!(hidden > 0 && called > 0, "{hidden} hidden, {called} called");
}

/// Whether a call wraps one of a tool that the same caller's list does not have: such a call may be denied as that one
/// would be (docs/semantics.md, section 7).
fn wraps_hidden(made: &GeneratedPackage, built: &Built, case: &Case) -> bool {
    case.wrapped(&made.model).is_some_and(|within| is_listed(built, &within) == Some(false))
}

/// Of a tool call: whether the list that the same caller gets has the tool.
fn is_listed(built: &Built, case: &Case) -> Option<bool> {
    let (tool, listing) = case.listing_of_tool()?;
    Some(built.machine(&listing).obligations.listed?.contains(&tool))
}

#[test]
fn promise_6_evaluation_is_bounded_by_the_declared_steps() {
    let mut most = 0;
    over_packages(|_, built, cases| {
        for case in cases {
            let (_, taken, bound) = built.machine_with_steps(case);
            assert!(taken <= bound, "{taken} steps of {bound}");
            most = most.max(taken);
        }
    });
    assert!(most > 20, "decision code hardly runs: {most} steps at most");
}

#[test]
fn promise_7_every_decision_explains_itself() {
    let (mut closest, mut failed) = (0, 0);
    over_packages(|_, built, cases| {
        for case in cases {
            let (decision, why) = (built.machine(case), built.why(case));
            assert_eq!(decision, why.decision, "explaining changes nothing");
            let determined_by_rule = !matches!(
                decision.reason,
                Reason::NoPermit
                    | Reason::NotVisible
                    | Reason::Input(_)
                    | Reason::Credential
                    | Reason::UnknownMethod
                    | Reason::UnknownTarget
                    | Reason::Isolated
                    | Reason::Quarantined
                    | Reason::FlowClosed
                    | Reason::Arguments
                    | Reason::StateError
                    | Reason::Protocol
                    | Reason::List
            );
            assert!(!determined_by_rule || decision.determining.is_some(), "{decision:?}");
            if let Some(rule) = decision.determining {
                let known = built.bundle.image().rule(rule).expect("it is in the bundle");
                assert!(known.span().line > 0, "the rule's line is known");
                assert_eq!(known.id(), built.rule(rule).id);
            }
            if decision.reason == Reason::NoPermit && !why.rules.is_empty() {
                closest += usize::from(why.closest.is_some());
                let trace = |id| why.rules.iter().find(|trace| trace.rule == id);
                failed += why.closest.and_then(trace).map_or(0, |trace| usize::from(trace.first_failed.is_some()));
            }
        }
    });
    assert!(closest > 20 && failed > 20, "{closest} denials with a closest rule, {failed} with a failed clause");
}
