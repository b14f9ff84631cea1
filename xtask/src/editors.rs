//! The clients in `editors/`: what they need, their tests, and `cargo xtask vscode`, which packs the extension.
//!
//! Their packages come from lock files that name versions and digests and no host. A stamp makes a second
//! installation free.

use crate::root;
use crate::setup;
use crate::steps::{self, Failed};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `cargo xtask vscode`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Put a release binary for this machine into the extension.
    #[arg(long)]
    pub bundle: bool,
    /// Where to write. By default `build/mcpz.vsix`.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
}

fn vscode_folder() -> PathBuf {
    root::root().join("editors/vscode")
}

/// Builds and packs the extension.
pub fn vscode(args: &Args) -> Result<(), Failed> {
    let folder = vscode_folder();
    let packaging = folder.join("packaging");
    install(&folder)?;
    install(&packaging)?;
    npm(&folder, &["run", "--silent", "check"])?;
    npm(&folder, &["run", "--silent", "build"])?;
    let server = folder.join("server");
    let _ = fs::remove_dir_all(&server);
    if args.bundle {
        bundle(&server)?;
    }
    let output = match &args.output {
        Some(output) => std::env::current_dir()?.join(output),
        None => root::build().join("mcpz.vsix"),
    };
    if let Some(parent) = output.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut command = Command::new("node");
    command.arg(packaging.join("node_modules/@vscode/vsce/vsce"));
    command.args(["package", "--no-dependencies", "--skip-license", "--allow-missing-repository", "--out"]);
    command.arg(&output).current_dir(&folder);
    if let (true, Some(target)) = (args.bundle, target()) {
        command.args(["--target", target]);
    }
    let packed = steps::run(&mut command);
    // What was bundled must not be taken for part of the sources by the next run.
    let _ = fs::remove_dir_all(&server);
    packed?;
    println!("packed {}", output.display());
    Ok(())
}

/// Builds the command in release and copies it.
fn bundle(server: &Path) -> Result<(), Failed> {
    let words = ["build", "--profile", "dist", "--package", "mcpz", "--message-format", "json-render-diagnostics"];
    let messages = steps::output(Command::new(root::cargo()).args(words).current_dir(root::root()))?;
    let built = messages.lines().rev().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    let built = built.ok_or_else(|| Failed("cargo named no executable".to_owned()))?;
    fs::create_dir_all(server)?;
    let name = built.file_name().unwrap_or_default();
    fs::copy(&built, server.join(name))?;
    Ok(())
}

/// This machine, as VS Code names it.
fn target() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("linux-x64"),
        ("linux", "aarch64") => Some("linux-arm64"),
        ("macos", "x86_64") => Some("darwin-x64"),
        ("macos", "aarch64") => Some("darwin-arm64"),
        ("windows", "x86_64") => Some("win32-x64"),
        _ => None,
    }
}

/// What the tests of the clients need.
pub fn set_up() -> Result<(), Failed> {
    install(&vscode_folder())
}

/// Types, unit tests and grammar tests of the extension, and that it can be bundled.
pub fn test() -> Result<(), Failed> {
    let folder = vscode_folder();
    let mut command = Command::new("npm");
    command.args(["test", "--silent"]).current_dir(&folder);
    if let Some(binary) = binary() {
        command.env("MCPZ", binary);
    }
    steps::run(&mut command)?;
    npm(&folder, &["run", "--silent", "build"])
}

/// The command that was built beside this program.
fn binary() -> Option<PathBuf> {
    let this = std::env::current_exe().ok()?;
    let file = this.with_file_name(format!("mcpz{}", std::env::consts::EXE_SUFFIX));
    file.is_file().then_some(file)
}

/// `npm ci`, unless what the lock file asks for is there.
fn install(folder: &Path) -> Result<(), Failed> {
    setup::node()?;
    let wanted =
        fs::read_to_string(folder.join("package.json"))? + &fs::read_to_string(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.mcpz.stamp");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    npm(folder, &["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])?;
    fs::write(stamp, wanted)?;
    Ok(())
}

fn npm(folder: &Path, words: &[&str]) -> Result<(), Failed> {
    steps::run(Command::new("npm").args(words).current_dir(folder))
}
