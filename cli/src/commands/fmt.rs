//! `mcpz fmt`: bring sources into the one layout.

use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::output::{BAD, CAUTION, DIM, GOOD, NAME, styled};
use crate::package::{self, DiskProvider};
use crate::render::{self, Look};
use crate::shell::{Shell, write_file};
use mcpz_compiler::hir::{PackageId, Source, SourceId};
use mcpz_compiler::source::SourceProvider;
use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Bring sources into the one layout.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Comments are kept, every one. Formatting twice changes nothing. A file with syntax errors is left as it is.

Exit code 0: formatted (with `--check`: nothing to do); 1: a file has syntax errors (with `--check`: or would change).

Examples:
  mcpz fmt                     # every source of the package
  mcpz fmt policy/rules.mcpz
  mcpz fmt --check             # for CI
  mcpz fmt --diff              # show, change nothing
  mcpz fmt - < rules.mcpz      # standard input to standard output")]
pub struct Args {
    /// Files or packages; `-` for standard input. By default the current package.
    paths: Vec<PathBuf>,

    /// Change nothing; exit with 1 when something would change.
    #[arg(long)]
    check: bool,

    /// Change nothing; show what would change.
    #[arg(long)]
    diff: bool,
}

impl Args {
    /// Whether standard input is formatted, to standard output.
    pub fn is_of_standard_input(&self) -> bool {
        self.paths.iter().any(|path| path == Path::new("-"))
    }
}

/// A file and what became of it.
struct Formatted {
    path: PathBuf,
    before: String,
    after: Result<String, Vec<mcpz_syntax::SyntaxError>>,
}

/// Formats what is named.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    if args.is_of_standard_input() {
        return standard_input(args, shell);
    }
    let mut files = Vec::new();
    for (path, before) in files_of(args, shell)? {
        let after = mcpz_syntax::format::format(&before);
        files.push(Formatted { path, before, after });
    }
    let only_look = args.check || args.diff;
    let mut clean = true;
    for file in &files {
        match &file.after {
            Ok(after) if *after != file.before => {
                clean &= !args.check;
                if !only_look {
                    write_file(&file.path, after.as_bytes())?;
                }
            }
            Ok(_) => {}
            Err(_) => clean = false,
        }
    }
    if shell.out.is_json() {
        shell.out.json(&to_json(&files));
    } else {
        files.iter().for_each(|file| say(file, args, shell));
    }
    Ok(Outcome::yes_if(clean))
}

fn standard_input(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let before = shell.read_text(Path::new("-"))?;
    match mcpz_syntax::format::format(&before) {
        Ok(after) if args.diff => {
            shell.out.text(&difference("standard input", &before, &after));
            Ok(Outcome::yes_if(!args.check || after == before))
        }
        Ok(after) if args.check => Ok(Outcome::yes_if(after == before)),
        Ok(after) => {
            shell.out.bytes(after.as_bytes());
            Ok(Outcome::Yes)
        }
        Err(errors) => {
            let file = Formatted { path: PathBuf::from("standard input"), before, after: Err(errors) };
            say(&file, args, shell);
            Ok(Outcome::No)
        }
    }
}

/// The files that are named with their texts: a folder stands for the sources of its package.
fn files_of(args: &Args, shell: &Shell) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let mut files = BTreeMap::new();
    let default = [PathBuf::new()];
    let paths = if args.paths.is_empty() { &default[..] } else { &args.paths[..] };
    for path in paths {
        let full = shell.path(path);
        if full.is_file() {
            files.insert(full, shell.read_text(path)?);
            continue;
        }
        if !path.as_os_str().is_empty() && !full.exists() {
            return Err(Failure::input(format!("{} is not there", full.display())));
        }
        let loaded = package::load(&full)?;
        let provider = DiskProvider { root: loaded.root.clone() };
        let sources = provider.list(&loaded.source_folder()).unwrap_or_default();
        for name in sources.iter().filter(|name| name.ends_with(".mcpz")) {
            files.insert(loaded.root.join(name), loaded.read_text(name)?);
        }
    }
    Ok(files)
}

fn say(file: &Formatted, args: &Args, shell: &mut Shell) {
    let name = escape::inline(&package::relative(&file.path, &package::here()));
    match &file.after {
        Ok(after) if *after == file.before => {}
        Ok(after) if args.diff => shell.out.text(&difference(&name, &file.before, after)),
        Ok(_) if args.check => shell.out.line(format!("{} {}", styled(CAUTION, "would change"), styled(NAME, name))),
        Ok(_) => shell.out.line(format!("{} {}", styled(GOOD, "formatted"), styled(NAME, name))),
        Err(errors) => {
            let source = Source { path: name.clone(), text: file.before.clone(), package: PackageId(0) };
            let diagnostics: Vec<_> = errors
                .iter()
                .map(|error| mcpz_compiler::diagnostics::codes::syntax::diagnostic(error, SourceId(0)))
                .collect();
            let look = Look { color: shell.out.color(), ascii: false };
            shell.out.text(&render::render_all(&diagnostics, &[source], look));
            shell.out.line(format!("{} {}", styled(BAD, "not formatted"), styled(NAME, name)));
        }
    }
}

/// A unified diff, coloured.
fn difference(name: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut text = String::new();
    if before == after {
        return text;
    }
    text.push_str(&format!("{}\n", styled(NAME, name)));
    for group in diff.grouped_ops(3) {
        if let Some(first) = group.first() {
            text.push_str(&format!("{}\n", styled(DIM, format!("@@ line {} @@", first.old_range().start + 1))));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ("-", BAD),
                ChangeTag::Insert => ("+", GOOD),
                ChangeTag::Equal => (" ", anstyle::Style::new()),
            };
            let line = escape::block(change.value().trim_end_matches('\n'));
            text.push_str(&format!("{}\n", styled(style, format!("{sign}{line}"))));
        }
    }
    text
}

fn to_json(files: &[Formatted]) -> Value {
    let one = |file: &Formatted| {
        let errors: Vec<Value> = file
            .after
            .as_ref()
            .err()
            .into_iter()
            .flatten()
            .map(|error| {
                let (start, end) = (u32::from(error.range.start()), u32::from(error.range.end()));
                json!({"code": error.code, "message": error.message, "start": start, "end": end})
            })
            .collect();
        let changed = file.after.as_ref().is_ok_and(|after| *after != file.before);
        json!({"path": file.path, "changed": changed, "errors": errors})
    };
    json!({"files": files.iter().map(one).collect::<Vec<_>>()})
}
