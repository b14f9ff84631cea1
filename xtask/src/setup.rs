//! Installs what tests need beside Rust: two public MCP servers, pinned, into `build/`.
//!
//! `build/node` gets the packages of `xtask/servers/package-lock.json`, `build/python` a virtual
//! environment with `xtask/servers/requirements.txt`. A stamp with both files' text makes a second
//! run free. Where Python 3 is not, what is written in Python is left out, and so are the tests of it, which say so.

use crate::root;
use crate::steps::{self, Failed, output};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Installs both servers, unless they are there as pinned.
pub fn run_in(build: &Path, pins: &Path) -> Result<(), Failed> {
    let manifest = read(&pins.join("package.json"))?;
    let lock = read(&pins.join("package-lock.json"))?;
    let requirements = read(&pins.join("requirements.txt"))?;
    let has_python = output(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_ok();
    let wanted = format!("{manifest}\n{lock}\n{requirements}\npython: {has_python}");
    let stamp = build.join("setup.stamp");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) {
        println!("MCP servers for tests: as pinned");
        return Ok(());
    }
    let _ = fs::remove_file(&stamp);
    install_node(&build.join("node"), &manifest, &lock)?;
    if has_python {
        install_python(&build.join("python"), &pins.join("requirements.txt"))?;
    } else {
        println!("Python 3 with venv is not here: servers in Python and the tree-sitter grammar will not be tested");
    }
    fs::write(&stamp, wanted)?;
    println!("MCP servers for tests: installed into build/");
    Ok(())
}

/// `cargo xtask setup`.
pub fn run() -> Result<(), Failed> {
    run_in(&root::build(), &root::root().join("xtask/servers"))
}

/// Installs what of the servers runs on Node, unless it is there.
pub fn server_filesystem() -> Result<(), Failed> {
    let folder = root::build().join("node");
    if folder.join("node_modules/@modelcontextprotocol/server-filesystem").exists() {
        return Ok(());
    }
    let pins = root::root().join("xtask/servers");
    install_node(&folder, &read(&pins.join("package.json"))?, &read(&pins.join("package-lock.json"))?)
}

/// Node is there, and new enough.
pub fn node() -> Result<(), Failed> {
    let version = output(Command::new("node").arg("--version")).map_err(|_| {
        Failed("Node is needed for the tests of real servers and of editors: install Node 20 or later".to_owned())
    })?;
    let major: u32 = version.trim().trim_start_matches('v').split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    if major < 20 {
        return Err(Failed(format!("Node {} is too old: 20 or later is needed", version.trim())));
    }
    Ok(())
}

fn install_node(folder: &Path, manifest: &str, lock: &str) -> Result<(), Failed> {
    node()?;
    fs::create_dir_all(folder)?;
    fs::write(folder.join("package.json"), manifest)?;
    fs::write(folder.join("package-lock.json"), lock)?;
    let flags = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    steps::run(Command::new("npm").args(flags).current_dir(folder))
}

fn install_python(folder: &Path, requirements: &Path) -> Result<(), Failed> {
    steps::run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let python = folder.join("bin/python");
    let flags = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r"];
    steps::run(Command::new(python).args(flags).arg(requirements))
}

fn read(path: &Path) -> Result<String, Failed> {
    fs::read_to_string(path).map_err(|error| Failed(format!("{}: {error}", path.display())))
}
