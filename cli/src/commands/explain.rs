//! `mcpz explain CODE`: the page of a diagnostic code.

use crate::exit::{Failure, Outcome};
use crate::output::{BAD, BOLD, CAUTION, DIM, NAME, styled};
use crate::shell::Shell;
use mcpz_compiler::diagnostics::{CodeInfo, Severity, codes, suggest};
use serde_json::json;

/// Explain a diagnostic code.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  mcpz explain E0102
  mcpz explain unknown-name
  mcpz explain            # every code, one line each")]
pub struct Args {
    /// A code (`E0102`) or a name (`unknown-name`); without one all are listed.
    code: Option<String>,
}

/// Prints the explanation.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let Some(wanted) = &args.code else {
        list(shell);
        return Ok(Outcome::Yes);
    };
    let Some(info) = find(wanted) else {
        return Err(unknown(wanted));
    };
    if shell.out.is_json() {
        shell.out.json(&to_json(info));
    } else {
        page(info, shell);
    }
    Ok(Outcome::Yes)
}

fn find(wanted: &str) -> Option<&'static CodeInfo> {
    codes::find(wanted).or_else(|| codes::find(&wanted.to_uppercase())).or_else(|| codes::find(&wanted.to_lowercase()))
}

fn unknown(wanted: &str) -> Failure {
    let shown = crate::escape::inline(wanted);
    let failure = Failure::input(format!("there is no diagnostic `{shown}`"));
    let names = codes::ALL.iter().flat_map(|info| [info.code, info.name]);
    match suggest::nearest(wanted, names) {
        Some(near) => failure.with_help(format!("did you mean `{near}`?")),
        None => failure.with_help("`mcpz explain` lists every code"),
    }
}

fn list(shell: &mut Shell) {
    if shell.out.is_json() {
        let all: Vec<_> = codes::ALL.iter().map(|info| to_json(info)).collect();
        shell.out.json(&json!(all));
        return;
    }
    for info in codes::ALL {
        let line = format!("{}  {}  {}", styled(style(info), info.code), styled(NAME, info.name), info.summary);
        shell.out.line(line);
    }
}

fn style(info: &CodeInfo) -> anstyle::Style {
    match info.severity {
        Severity::Error => BAD,
        Severity::Warning => CAUTION,
    }
}

fn severity_word(info: &CodeInfo) -> &'static str {
    match info.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn page(info: &CodeInfo, shell: &mut Shell) {
    let head = format!("{}[{}]", severity_word(info), info.code);
    shell.out.line(format!("{} {}: {}", styled(style(info), head), styled(NAME, info.name), info.summary));
    shell.out.line("");
    shell.out.line(info.explanation.trim());
    for (title, code) in [("Wrong", info.bad), ("Right", info.good)] {
        shell.out.line("");
        shell.out.line(styled(BOLD, format!("{title}:")));
        for line in code.trim_matches('\n').lines() {
            shell.out.line(format!("  {} {line}", styled(DIM, "|")));
        }
    }
}

fn to_json(info: &CodeInfo) -> serde_json::Value {
    json!({
        "code": info.code,
        "name": info.name,
        "severity": severity_word(info),
        "summary": info.summary,
        "explanation": info.explanation.trim(),
        "bad": info.bad.trim_matches('\n'),
        "good": info.good.trim_matches('\n'),
    })
}
