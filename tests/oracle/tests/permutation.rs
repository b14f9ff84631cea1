//! Rules may be moved: no decision depends on where they stand, nor does a byte of the bundle but positions.

use mcpz_bytecode::Program;
use mcpz_bytecode::container::Section;
use mcpz_compiler::{BuildOptions, build};
use mcpz_oracle::driver::{Built, cases};
use mcpz_oracle::generate::GeneratedPackage;
use mcpz_oracle::generate::rng::Rng;
use std::collections::BTreeSet;

const SEED: u64 = 77;
const PACKAGES: u64 = 40;
const REQUESTS: u64 = 20;
/// Bytes of a bundle before the table of contents, and of one of its rows.
const HEADER: usize = 16;
const ROW: usize = 44;

/// Whether a text is a declaration with rules inside, which is no rule itself.
fn is_grant(rule: &str) -> bool {
    rule.lines().any(|line| line.starts_with("grant "))
}

/// The rules in another order; grants, which are declarations, stay in order among themselves.
fn shuffled(rules: &[String], rng: &mut Rng) -> Vec<String> {
    let mut left: Vec<&String> = rules.iter().collect();
    let mut order: Vec<&String> = Vec::new();
    while !left.is_empty() {
        order.push(left.remove(rng.below(left.len())));
    }
    let mut grants = rules.iter().filter(|rule| is_grant(rule));
    let placed = order.into_iter().map(|rule| if is_grant(rule) { grants.next().unwrap_or(rule) } else { rule });
    placed.cloned().collect()
}

/// The bundle without debug data, section by section.
fn sections(built: &Built) -> Vec<(Section, Vec<u8>)> {
    let bytes =
        build(&built.program, &BuildOptions { debug: false, ..BuildOptions::default() }).expect("it builds").bytes;
    let program = Program::load(&bytes).expect("it verifies");
    let mut at = HEADER + ROW * program.sizes().len();
    let cut = |size: &mcpz_bytecode::program::SectionSize| {
        let start = at;
        at += size.bytes;
        (size.section, bytes[start..at].to_vec())
    };
    program.sizes().iter().map(cut).collect()
}

#[test]
fn permuting_rules_or_files_changes_no_decision_and_no_byte_but_positions() {
    let (mut packages, mut moved) = (0, 0);
    for package in 0..PACKAGES {
        let (made, whole, cases) = cases(SEED, package, REQUESTS);
        let whole = whole.expect("the package compiles");
        let mut rng = Rng::stream(SEED, package);
        let other = GeneratedPackage { rules: shuffled(&made.rules, &mut rng), ..made.clone() };
        let other = Built::new(&other).expect("rules do not depend on each other");
        packages += 1;
        for ((section, before), (_, after)) in sections(&whole).into_iter().zip(sections(&other)) {
            if section == Section::Sources {
                moved += usize::from(before != after);
            } else {
                assert!(before == after, "package {package}: section {} differs", section.name());
            }
        }
        for case in &cases {
            let (one, two) = (whole.machine(case), other.machine(case));
            assert_eq!((one.effect, one.reason), (two.effect, two.reason), "package {package}: {one:?} {two:?}");
            assert_eq!(whole.error_ids(&one).len(), other.error_ids(&two).len(), "package {package}");
            let shadow = |built: &Built, of: &mcpz_runtime::decision::Decision| -> BTreeSet<String> {
                of.shadow.iter().map(|report| built.rule(report.rule).id.clone()).collect()
            };
            assert_eq!(shadow(&whole, &one), shadow(&other, &two), "package {package}");
        }
    }
    assert!(moved * 2 > packages, "only {moved} of {packages} packages were changed by moving their rules");
}
