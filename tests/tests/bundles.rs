//! What a bundle promises: the same bytes from the same sources wherever they stand, and few of them.

use mcpz_bytecode::Program;
use mcpz_bytecode::container::Section;
use mcpz_compiler::{BuildOptions, build};
use mcpz_tests::built::built;
use mcpz_tests::packages::repository;

const EXAMPLES: &[&str] = &["quickstart", "filesystem", "payments", "health", "multitenant"];

#[test]
fn two_builds_on_two_paths_are_byte_identical() {
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    mcpz_test_kit::folder::copy(&repository().join("examples"), elsewhere.path()).expect("the examples can be copied");
    for example in EXAMPLES {
        let here = built(&repository().join("examples").join(example));
        let there = built(&elsewhere.path().join(example));
        assert!(here.bytes == there.bytes, "{example}: the bytes differ");
    }
}

#[test]
fn payments_fits_sixteen_kibibytes_without_debug_sections_and_zones() {
    let package = built(&repository().join("examples/payments"));
    let lean = build(&package.hir, &BuildOptions { debug: false, ..BuildOptions::default() }).expect("it builds");
    let program = Program::load(&lean.bytes).expect("it verifies");
    let zones: usize =
        program.sizes().iter().filter(|size| size.section == Section::Zones).map(|size| size.bytes).sum();
    let size = lean.bytes.len() - zones;
    assert!(size < 16 * 1024, "{size} bytes without debug sections and time zone tables");
}

#[test]
fn leaving_the_debug_sections_out_changes_no_code() {
    let package = built(&repository().join("examples/payments"));
    let lean = build(&package.hir, &BuildOptions { debug: false, ..BuildOptions::default() }).expect("it builds");
    let program = Program::load(&lean.bytes).expect("it verifies");
    assert_eq!(program.image().blocks, package.program.image().blocks);
    assert!(lean.bytes.len() < package.bytes.len());
}
