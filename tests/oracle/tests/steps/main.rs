//! The steps of a decision, by hand: every case of `tests/cases/steps` through the virtual machine and
//! through the oracle, and both give what is written, field by field. `README.md` there says how a case is written.

mod case;
mod shown;

use case::{Case, File, Links};
use mcpz_oracle::driver::Built;
use mcpz_oracle::generate::package::{MANIFEST, pin};
use shown::Shown;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const SERVERS: [&str; 4] = ["bank", "files", "hub", "vault"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the oracle stands in tests").join("cases/steps")
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of the frame: all of a package but the rules.
fn frame() -> BTreeMap<String, String> {
    let folder = folder().join("frame");
    let mut files = BTreeMap::from([("policy/a_frame.mcpz".to_string(), text(&folder.join("frame.mcpz")))]);
    let mut lock = "version = 1\n".to_string();
    for server in SERVERS {
        let (path, catalog) = (format!("catalog/{server}.json"), text(&folder.join(format!("{server}.json"))));
        lock.push_str(&pin(server, &path, &catalog));
        files.insert(path, catalog);
    }
    files.insert("data/blocked.json".to_string(), text(&folder.join("blocked.json")));
    files.insert("mcpz.lock".to_string(), lock);
    files.insert("mcpz.toml".to_string(), MANIFEST.to_string());
    files
}

/// Every file of the corpus by name.
fn corpus() -> BTreeMap<String, File> {
    let entries = std::fs::read_dir(folder()).expect("the corpus is there");
    let paths = entries.flatten().map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            let file = toml::from_str(&text(&path)).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, file)
        })
        .collect()
}

/// What is wrong with a case: what the policy does not compile for, or where a side differs from what is written.
fn faults(case: &Case, known: &Links, frame: &BTreeMap<String, String>) -> Vec<String> {
    let mut files = frame.clone();
    files.insert("policy/b_rules.mcpz".to_string(), case.rules.clone());
    let built = match Built::of_files(files) {
        Ok(built) => built,
        Err(error) => return vec![format!("does not compile: {error}")],
    };
    let asked = case.asked(known);
    let sides = [("machine", built.machine(&asked)), ("oracle", built.oracle(&asked))];
    let wanted = Shown::of_expectation(&case.expect);
    sides
        .iter()
        .flat_map(|(side, decision)| {
            let found = Shown::of_decision(&built, decision);
            found.differences(&wanted).into_iter().map(move |difference| format!("{side}: {difference}"))
        })
        .collect()
}

#[test]
fn every_case_is_decided_as_written_on_both_sides() {
    let (frame, known) = (frame(), toml::from_str::<Links>(&text(&folder().join("frame/who.toml"))));
    let known = known.unwrap_or_else(|error| panic!("who.toml: {error}"));
    let (mut count, mut wrong) = (0, Vec::new());
    for (name, file) in corpus() {
        let known: Links = known.clone().into_iter().chain(file.who.clone()).collect();
        for case in &file.case {
            count += 1;
            let faults = faults(case, &known, &frame);
            wrong.extend(faults.into_iter().map(|fault| format!("{name}: {}: {fault}", case.name)));
        }
    }
    assert!(count >= 250, "only {count} cases");
    assert!(wrong.is_empty(), "{} faults in {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_reason_stands_in_the_corpus_and_names_are_unique() {
    let corpus = corpus();
    let cases: Vec<&Case> = corpus.values().flat_map(|file| &file.case).collect();
    let reasons: BTreeSet<&str> = cases.iter().map(|case| case.expect.reason.as_str()).collect();
    for reason in [
        "allowed",
        "arguments",
        "audit_error",
        "credential",
        "flow_closed",
        "forbid_error",
        "forbidden",
        "grant_needed",
        "isolated",
        "limit_error",
        "limited",
        "list",
        "no_permit",
        "not_visible",
        "protocol",
        "quarantined",
        "redact_error",
        "requirement_error",
        "requirement_unmet",
        "state_error",
        "unknown_method",
        "unknown_target",
    ] {
        assert!(reasons.contains(reason), "no case ends with `{reason}`");
    }
    for (name, file) in &corpus {
        let names: BTreeSet<&str> = file.case.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), file.case.len(), "{name}: two cases of one name");
    }
}
