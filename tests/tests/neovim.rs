//! A second real client: a headless Neovim with the plugin in `editors/neovim` gets diagnostics, completion, hover and rename.
//!
//! Runs where `nvim` and the binary are there, and says so loudly where they are not: the binary of this profile is built by
//! `cargo build -p mcpz` or the tests of the command.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The binary that stands beside the tests.
fn binary() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    let file = test.parent()?.parent()?.join(format!("mcpz{}", std::env::consts::EXE_SUFFIX));
    file.is_file().then_some(file)
}

#[test]
fn a_headless_neovim_is_served() {
    let has_nvim = Command::new("nvim").arg("--version").output().is_ok_and(|run| run.status.success());
    let (true, Some(binary)) = (has_nvim, binary()) else {
        eprintln!("SKIPPED: the Neovim test needs nvim on PATH and the mcpz binary of this profile");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new(&binary).args(["new", "acme"]).current_dir(folder.path()).output().expect("mcpz starts");
    assert!(made.status.success());
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("editors/neovim");
    let run = Command::new("nvim")
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "--cmd"])
        .arg(format!("set runtimepath^={}", plugin.display()))
        .arg("-c")
        .arg(format!("luafile {}", plugin.join("test/session.lua").display()))
        .args(["-c", "cquit 2"])
        .env("MCPZ", &binary)
        .env("PACKAGE", folder.path().join("acme"))
        .env("XDG_STATE_HOME", folder.path())
        .env("XDG_CACHE_HOME", folder.path())
        .output()
        .expect("nvim starts");
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    for step in ["file type", "client", "diagnostics", "completion", "hover", "rename"] {
        assert!(said.contains(&format!("ok {step}")), "{said}");
    }
    println!("{said}");
}
