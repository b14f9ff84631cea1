//! `mcpz check`: find the mistakes in a package.

use crate::exit::{Failure, Outcome};
use crate::fixes;
use crate::formats::{github, sarif};
use crate::output::{Format, GOOD, NAME, counted, styled};
use crate::package::{self, Loaded};
use crate::pipeline::{self, Checked};
use crate::shell::Shell;
use mcpz_compiler::BuildOptions;
use mcpz_compiler::diagnostics::{Diagnostic, Edit};
use mcpz_compiler::hir::{PackageId, Source};
use serde_json::json;
use std::path::PathBuf;

/// How often fixes are applied before the rest is left to a person.
const FIX_ROUNDS: usize = 8;

/// Find the mistakes in a package.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0: no error; 1: errors (with `--strict` warnings too).

Examples:
  mcpz check
  mcpz check policies/acme
  mcpz check --fix                 # make the changes a machine can make
  mcpz --format json check | jq '.diagnostics[].code'
  mcpz check --format sarif > mcpz.sarif        # for code scanning
  mcpz check --format github                    # annotations of a pull request")]
pub struct Args {
    /// The package: a folder, or a file in it. By default the current one.
    package: Option<PathBuf>,

    /// Make the changes that a machine can make, then check again.
    #[arg(long)]
    fix: bool,

    /// Let warnings fail the check too.
    #[arg(long)]
    strict: bool,
}

/// Checks, perhaps mends, and shows what is left.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let start = shell.path(args.package.as_deref().unwrap_or_else(|| "".as_ref()));
    let mut loaded = package::load(&start)?;
    let mut made = Vec::new();
    if args.fix {
        for _ in 0..FIX_ROUNDS {
            let titles = fix_once(&loaded)?;
            if titles.is_empty() {
                break;
            }
            made.extend(titles);
            loaded = package::load(&loaded.root)?;
        }
    }
    let mut checked = pipeline::check(&loaded);
    // Limits of the format are found by building; a package that checks must build.
    let _ = pipeline::build(&mut checked, &BuildOptions { debug: false, ..BuildOptions::default() });
    say(&loaded, &checked, &made, shell);
    let clean = !checked.has_errors() && (!args.strict || checked.diagnostics.is_empty());
    Ok(Outcome::yes_if(clean))
}

/// Applies the fixes that do not overlap to the files of this package. Dependencies are pinned as they are, and may be of others:
/// they are mended where they are developed.
fn fix_once(loaded: &Loaded) -> Result<Vec<String>, Failure> {
    let checked = mcpz_compiler::check(&loaded.workspace);
    let sources = checked.sources();
    let own = |edit: &Edit| sources.get(edit.span.source.index()).is_some_and(|source| source.package == PackageId(0));
    let is_own = |diagnostic: &&Diagnostic| diagnostic.fixes.first().is_some_and(|fix| fix.edits.iter().all(own));
    let diagnostics: Vec<Diagnostic> = checked.diagnostics.iter().filter(is_own).cloned().collect();
    let fixed = fixes::apply(&diagnostics, sources);
    // The first part of a source's path is the package's name.
    let path = |source: &Source| source.path.split_once('/').map_or("", |(_, path)| path).to_owned();
    let named: Vec<_> = fixed.texts.iter().map(|(index, text)| (&sources[*index], text)).collect();
    let is_there = |source: &Source| loaded.read(&path(source)).is_ok_and(|bytes| bytes == source.text.as_bytes());
    if !named.iter().all(|(source, _)| is_there(source)) {
        return Ok(Vec::new());
    }
    named.iter().try_for_each(|(source, text)| loaded.write(&path(source), text.as_bytes()))?;
    Ok(fixed.made)
}

fn say(loaded: &Loaded, checked: &Checked, made: &[String], shell: &mut Shell) {
    match shell.out.format() {
        Format::Json => {
            let mut value = pipeline::to_json(checked);
            value["package"] = json!(loaded.name());
            value["fixed"] = json!(made);
            shell.out.json(&value);
        }
        Format::Sarif => shell.out.json(&sarif::log(&checked.diagnostics, &checked.sources)),
        Format::Github => {
            github::lines(&checked.diagnostics, &checked.sources).into_iter().for_each(|line| shell.out.line(line));
        }
        _ => say_to_people(loaded, checked, made, shell),
    }
}

fn say_to_people(loaded: &Loaded, checked: &Checked, made: &[String], shell: &mut Shell) {
    for title in made {
        shell.out.line(format!("{} {}", styled(GOOD, "fixed"), crate::escape::inline(title)));
    }
    pipeline::show(checked, shell);
    if let (Some(program), false) = (&checked.program, checked.has_errors()) {
        let counts = [
            counted(program.rules.len(), "rule"),
            counted(program.servers.len(), "server"),
            counted(program.tests.len(), "test"),
        ]
        .join(", ");
        shell.out.line(format!("{} {}  {counts}", styled(GOOD, "checked"), styled(NAME, loaded.name())));
    }
}
