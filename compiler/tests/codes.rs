//! Every code's examples: the bad one has exactly that diagnostic, the good one has no error.

use mcpz_compiler::diagnostics::codes::{ALL, CodeInfo};
use mcpz_compiler::diagnostics::{Diagnostic, Severity, example, plain};
use mcpz_compiler::source::{MemoryProvider, PackageInput};
use mcpz_compiler::{BuildOptions, Checked, build, check};

/// The standard library as the compiler's caller gives it.
fn standard_library() -> Vec<PackageInput> {
    let package = |package: &mcpz_stdlib::StdPackage| {
        let files = package.files.iter().map(|(path, bytes)| (*path, *bytes));
        PackageInput::new(package.name, MemoryProvider::new(files))
    };
    mcpz_stdlib::PACKAGES.iter().map(package).collect()
}

/// Checks an example.
fn checked(text: &str) -> Checked {
    check(&example::workspace(text, standard_library()))
}

/// Errors, and the warnings of the example's own file.
fn relevant(checked: &Checked) -> Vec<&Diagnostic> {
    let in_example = |diagnostic: &&Diagnostic| {
        diagnostic.is_error() || checked.sources()[diagnostic.span.source.index()].path.ends_with(example::EXAMPLE_PATH)
    };
    checked.diagnostics.iter().filter(in_example).collect()
}

/// What is wrong with a code's examples.
fn faults(info: &CodeInfo) -> Option<String> {
    let bad = checked(info.bad);
    let good = checked(info.good);
    let show = |checked: &Checked| {
        let shown: Vec<Diagnostic> = relevant(checked).into_iter().cloned().collect();
        plain::render(&shown, checked.sources())
    };
    if good.diagnostics.iter().any(Diagnostic::is_error) || relevant(&good).iter().any(|one| one.code == info.code) {
        return Some(format!("{}: the good example is not good\n{}", info.code, show(&good)));
    }
    if info.code.starts_with("E07") {
        let made = bad.program.as_ref().map(|program| build(program, &BuildOptions::default()));
        let codes: Vec<&str> = match &made {
            Some(Err(diagnostics)) => diagnostics.iter().map(|diagnostic| diagnostic.code).collect(),
            Some(Ok(_)) => vec!["built"],
            None => vec!["not checked"],
        };
        return (codes != [info.code]).then(|| format!("{}: building the bad example gives {codes:?}", info.code));
    }
    let errors: Vec<&str> = relevant(&bad).iter().filter(|one| one.is_error()).map(|one| one.code).collect();
    let warned = relevant(&bad).iter().any(|one| one.code == info.code);
    let right = match info.severity {
        // The code that says how many more there are comes with those that are shown.
        Severity::Error if info.code == "E0019" => errors.contains(&info.code),
        Severity::Error => !errors.is_empty() && errors.iter().all(|code| *code == info.code),
        Severity::Warning => errors.is_empty() && warned,
    };
    (!right).then(|| format!("{}: the bad example gives\n{}", info.code, show(&bad)))
}

#[test]
fn every_bad_example_has_its_code_and_every_good_one_has_none() {
    let faults: Vec<String> = ALL.iter().filter_map(|info| faults(info)).collect();
    assert!(faults.is_empty(), "{} codes\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn codes_are_unique_sorted_and_well_named() {
    for pair in ALL.windows(2) {
        assert!(pair[0].code < pair[1].code || pair[1].code.starts_with('E'), "{} {}", pair[0].code, pair[1].code);
    }
    let mut names: Vec<&str> = ALL.iter().map(|info| info.name).collect();
    names.sort_unstable();
    let unique = names.len();
    names.dedup();
    assert_eq!(names.len(), unique);
    assert!(ALL.len() >= 60, "{}", ALL.len());
    for info in ALL {
        assert!(info.name.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit()), "{}", info.name);
        assert!(!info.summary.ends_with('.'), "{}", info.code);
    }
}

#[test]
fn the_frame_itself_is_clean() {
    let checked = checked("");
    assert_eq!(plain::render(&checked.diagnostics, checked.sources()), "");
    assert!(checked.program.is_some());
}
