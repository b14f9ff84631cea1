//! `mcpz new NAME`: a package that checks, tests and builds at once.

use crate::exit::{Failure, Outcome};
use crate::output::{GOOD, NAME, styled};
use crate::shell::{Shell, write_file};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Make a package that checks, tests and builds at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mcpz new acme
  mcpz new acme --path policies/acme
  cd acme && mcpz test && mcpz build")]
pub struct Args {
    /// Its name: letters, digits, `_` and `-`, starting with a letter.
    name: String,

    /// The folder to make; by default one of the package's name.
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
}

/// The files of a new package, with `{{name}}` for its name.
const FILES: [(&str, &str); 9] = [
    ("mcpz.toml", include_str!("../../templates/new/mcpz.toml")),
    ("mcpz.lock", include_str!("../../templates/new/mcpz.lock")),
    (".gitignore", include_str!("../../templates/new/gitignore")),
    ("README.md", include_str!("../../templates/new/README.md")),
    ("catalog/notes.json", include_str!("../../templates/new/catalog/notes.json")),
    ("policy/servers.mcpz", include_str!("../../templates/new/policy/servers.mcpz")),
    ("policy/who.mcpz", include_str!("../../templates/new/policy/who.mcpz")),
    ("policy/rules.mcpz", include_str!("../../templates/new/policy/rules.mcpz")),
    ("policy/tests.mcpz", include_str!("../../templates/new/policy/tests.mcpz")),
];

/// Makes the package.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    check_name(&args.name)?;
    let folder = shell.path(args.path.as_deref().unwrap_or(Path::new(&args.name)));
    let occupied = std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied || folder.is_file() {
        return Err(Failure::input(format!("{} is there already, and not empty", folder.display()))
            .with_help("give another folder with `--path DIR`"));
    }
    for (path, text) in FILES {
        write_file(&folder.join(path), text.replace("{{name}}", &args.name).as_bytes())?;
    }
    say(args, &folder, shell);
    Ok(Outcome::Yes)
}

fn check_name(name: &str) -> Result<(), Failure> {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let rest = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if starts && rest && name != "std" && name.len() <= 64 {
        return Ok(());
    }
    Err(Failure::input(format!("`{}` cannot name a package", crate::escape::inline(name))).with_help(
        "a name is letters, digits, `_` and `-`, starts with a letter, has at most 64 characters, and is not `std`",
    ))
}

fn say(args: &Args, folder: &Path, shell: &mut Shell) {
    if shell.out.is_json() {
        let files: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        shell.out.json(&json!({"package": args.name, "path": folder, "files": files}));
        return;
    }
    shell.out.line(format!("{} package {} in {}", styled(GOOD, "made"), styled(NAME, &args.name), folder.display()));
    for (path, _) in FILES {
        shell.out.line(format!("  {path}"));
    }
    shell.out.line("");
    let shown = folder.display();
    shell.out.line(format!("next: mcpz -C {shown} check, then test and build"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for good in ["acme", "acme-payments", "a_1"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "std", "a/b", "..", "a b", "\u{202e}x"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_lock_pins_the_catalog_as_it_is() {
        let digest = mcpz_compiler_digest(include_bytes!("../../templates/new/catalog/notes.json"));
        assert!(include_str!("../../templates/new/mcpz.lock").contains(&digest), "expected {digest}");
    }

    fn mcpz_compiler_digest(bytes: &[u8]) -> String {
        use sha2::Digest;
        crate::decision::hex(&sha2::Sha256::digest(bytes))
    }
}
