//! `mcpz catalog` against two public servers, as `cargo xtask setup` installs them into `build/`.

use crate::support::Package;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// The program of a server; what is not installed yet is installed. None where what it needs is not on this machine.
fn installed(program: &str) -> Option<String> {
    static SETUP: Once = Once::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let file: PathBuf = root.join("build").join(program);
    if !file.exists() {
        SETUP.call_once(|| {
            let status = Command::new(env!("CARGO")).args(["xtask", "setup"]).current_dir(root).status();
            assert!(status.is_ok_and(|status| status.success()), "`cargo xtask setup` failed");
        });
    }
    if !file.exists() {
        eprintln!("left out: {program} is not installed, which needs Python 3");
    }
    file.exists().then(|| file.display().to_string())
}

fn tools(package: &Package, catalog: &str) -> Vec<String> {
    let catalog: serde_json::Value = serde_json::from_str(&package.read(catalog)).expect("a catalog");
    let tools = catalog["tools"].as_array().expect("tools");
    tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn the_filesystem_server_is_captured_and_a_policy_over_it_decides() {
    let package = Package::new();
    let server = installed("node/node_modules/.bin/mcp-server-filesystem").expect("Node is needed");
    let root = package.root.display().to_string();
    package.run(&["catalog", "add", "fs", "--", &server, &root]).expect(0);
    let names = tools(&package, "catalog/fs.json");
    assert!(names.len() >= 11, "{names:?}");
    assert!(names.contains(&"write_file".to_owned()) && names.contains(&"move_file".to_owned()), "{names:?}");
    let policy = package.read("policy/servers.mcpz");
    assert!(policy.contains("*.path: path"), "{policy}");
    package.run(&["fmt", "--check"]).expect(0);
    package.write(
        "policy/fs.mcpz",
        "@id(\"FS\")\npermit editor to call fs.write_file where args.path under \"/work\"\n\n\
         test \"inside\" {\n    as editor\n    call fs.write_file { path: \"/work/a\", content: \"x\" }\n    expect allow by FS\n}\n\n\
         test \"outside\" {\n    as editor\n    call fs.write_file { path: \"/etc/passwd\", content: \"x\" }\n    expect deny by none\n}\n",
    );
    package.run(&["test"]).expect(0);
    package.run(&["catalog", "diff", "fs"]).expect(0);
    package.replace("policy/fs.mcpz", "fs.write_file where", "fs.write_fiel where");
    let check = package.run(&["check"]).expect(1);
    assert!(check.out.contains("write_file"), "{}", check.out);
}

#[test]
fn the_git_server_is_captured_twice_the_same() {
    let package = Package::new();
    let Some(server) = installed("python/bin/mcp-server-git") else { return };
    package.run(&["catalog", "add", "git", "--timeout", "60", "--", &server]).expect(0);
    let first = package.read("catalog/git.json");
    let names = tools(&package, "catalog/git.json");
    assert!(names.len() >= 10 && names.contains(&"git_commit".to_owned()), "{names:?}");
    package.run(&["check"]).expect(0);
    let update = package.run(&["catalog", "update", "git", "--timeout", "60"]).expect(0);
    assert!(update.out.contains("unchanged"), "{}", update.out);
    assert_eq!(first, package.read("catalog/git.json"));
}
