//! Every engine answers as the reference does, on every workload; nothing may be timed before that.

use mcpz_benches::agree::{self, Agreement};
use mcpz_benches::engines::EngineName;
use mcpz_benches::generate::attack::Attack;
use mcpz_benches::generate::recipe::{self, RECIPES};
use mcpz_benches::generate::workload;
use mcpz_benches::message::{Size, message};
use mcpz_benches::model::{Call, Workload};
use mcpz_benches::reference::Reference;

/// Cedar decides 10,000 rules in tens of milliseconds: thousands of calls would take minutes.
const MOST_RULES_FOR_CEDAR: usize = 1_000;

fn compare(name: &str, rules: usize, engines: &[EngineName]) {
    let workload = workload(recipe::find(name, rules).expect("a recipe"));
    for engine in engines {
        match agree::workload(*engine, &workload) {
            Agreement::Full(count) => assert!(count >= 1_000, "{} on {}: {count}", engine.name(), workload.key()),
            Agreement::NotExpressible(why) => {
                let is_cedar = matches!(engine, EngineName::Cedar | EngineName::CedarSliced);
                assert!(is_cedar && name == "regex", "{} on {}: {why}", engine.name(), workload.key());
            }
            Agreement::Differs(how) => panic!("{} on {}: {how}", engine.name(), workload.key()),
        }
    }
}

fn compare_all(name: &str, rules: usize) {
    let engines: Vec<EngineName> = EngineName::ALL
        .into_iter()
        .filter(|engine| *engine != EngineName::Cedar || rules <= MOST_RULES_FOR_CEDAR)
        .collect();
    compare(name, rules, &engines);
}

#[test]
fn ten_rules() {
    compare_all("W1", 10);
    compare_all("dense", 10);
}

#[test]
fn a_hundred_rules() {
    compare_all("W2", 100);
}

#[test]
fn a_thousand_rules() {
    compare_all("W3", 1_000);
}

#[test]
fn ten_thousand_rules() {
    compare_all("W4", 10_000);
}

#[test]
fn ten_thousand_rules_on_one_tool() {
    // The sliced peers have one slice here: they walk every rule, as Cedar does.
    let quick = [EngineName::Mcpz, EngineName::Raw, EngineName::HandSonic, EngineName::HandSerde];
    compare("dense", 10_000, &quick);
}

#[test]
fn a_hundred_thousand_rules() {
    compare("W5", 100_000, &[EngineName::Mcpz, EngineName::Raw, EngineName::HandSonic]);
}

#[test]
fn wildcards_and_forbids() {
    compare_all("wildcard", 1_000);
    compare_all("forbid", 1_000);
}

#[test]
fn patterns_and_ranges() {
    compare_all("regex", 1_000);
    compare_all("range", 1_000);
}

#[test]
fn deep_arguments_and_many_roles() {
    compare_all("deep", 1_000);
    compare_all("roles64", 1_000);
}

#[test]
fn attacks_are_denied() {
    for attack in Attack::ALL {
        for engine in EngineName::ALL {
            match agree::attack(engine, attack) {
                Agreement::Full(_) => {}
                Agreement::NotExpressible(why) => {
                    assert_eq!(attack, Attack::Regexes, "{} under {}: {why}", engine.name(), attack.name());
                }
                Agreement::Differs(how) => panic!("{} allows {how}", engine.name()),
            }
        }
    }
}

#[test]
fn a_rule_that_lost_a_condition_is_noticed() {
    let whole = workload(recipe::find("W2", 100).expect("a recipe"));
    let mut weaker = whole.clone();
    weaker.rules.iter_mut().filter(|rule| rule.conditions.len() > 1).for_each(|rule| _ = rule.conditions.pop());
    let (whole, weaker_reference) = (Reference::new(&whole), Reference::new(&weaker));
    let differ = |call: &&Call| whole.allows(call) != weaker_reference.allows(call);
    assert!(weaker.mixed.iter().filter(differ).count() > 10);
}

#[test]
fn workloads_are_what_they_say() {
    for recipe in RECIPES.iter().filter(|recipe| recipe.rules <= 10_000) {
        let made = workload(recipe);
        assert_eq!(made.rules.len(), recipe.rules);
        assert_eq!((made.hits.len(), made.misses.len(), made.mixed.len()), (64, 64, 1_000), "{}", made.key());
        assert!(made.rules.iter().all(|rule| (1..=3).contains(&rule.conditions.len())), "{}", made.key());
        sizes_are_right(&made);
        assert_eq!(message(&workload(recipe), &made.hits[0], Size::Small), message(&made, &made.hits[0], Size::Small));
    }
}

fn sizes_are_right(made: &Workload) {
    for call in &made.hits {
        let (small, large) = (message(made, call, Size::Small).len(), message(made, call, Size::Large).len());
        assert!((330..=480).contains(&small) && (4_000..=4_100).contains(&large), "{}: {small} {large}", made.key());
    }
}
