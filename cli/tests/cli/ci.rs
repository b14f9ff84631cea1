//! The Git hook in `examples/ci`, on a repository of its own.

use crate::support::Package;
use std::path::{Path, PathBuf};
use std::process::Command;

fn git(package: &Package, words: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.hooksPath=/dev/null"];
    let run = Command::new("git").args(identity).args(words).current_dir(&package.root).output().expect("git starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// The hook's exit code and what it printed.
fn hook(package: &Package) -> (Option<i32>, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let binary = Path::new(env!("CARGO_BIN_EXE_mcpz")).parent().expect("a folder").to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::iter::once(binary).chain(std::env::split_paths(&path)).collect();
    let run = Command::new("sh")
        .arg(root.join("examples/ci/pre-commit/pre-commit"))
        .env("PATH", std::env::join_paths(folders).expect("a path"))
        .current_dir(&package.root)
        .output()
        .expect("the hook starts");
    (run.status.code(), String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr))
}

#[test]
fn the_hook_lets_a_good_package_pass_and_stops_a_broken_one() {
    let package = Package::new();
    git(&package, &["init", "--quiet"]);
    assert_eq!(hook(&package), (Some(0), String::new()), "nothing is staged");
    git(&package, &["add", "."]);
    let (code, said) = hook(&package);
    assert_eq!(code, Some(0), "{said}");
    git(&package, &["commit", "--quiet", "-m", "first"]);
    package.replace("policy/rules.mcpz", "read_note}", "read_noet}");
    git(&package, &["add", "."]);
    let (code, said) = hook(&package);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("read_noet"), "{said}");
}
