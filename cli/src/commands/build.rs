//! `mcpz build`: compile a package to a bundle, or print a stage on the way.

use crate::case;
use crate::decision::hex;
use crate::durations;
use crate::engine::{Engine, direction_of};
use crate::exit::{Failure, Outcome};
use crate::output::{DIM, GOOD, NAME, styled};
use crate::package::{self, DiskProvider, Loaded};
use crate::pipeline;
use crate::report;
use crate::shell::{Shell, write_file};
use mcpz_compiler::decision::tree::Report;
use mcpz_compiler::decision::{GraphText, Profile};
use mcpz_compiler::hir::Program;
use mcpz_compiler::lower::display::RulesText;
use mcpz_compiler::source::SourceProvider;
use mcpz_compiler::{Build, BuildOptions};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Compile a package to a bundle, or print a stage on the way.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The same sources give the same bytes, wherever and whenever they are built. A package with errors gives none.

Examples:
  mcpz build                          # writes NAME.mcpzb into the package folder
  mcpz build -o out/acme.mcpzb
  mcpz build --no-debug               # without source texts; decides the same
  mcpz build --emit rules             # tokens, tree, ast, hir, rules, graph or asm, to standard output
  mcpz build --report                 # what a decision costs: tests, passes over texts, rules that defeat the index
  mcpz build --deny-unindexed         # fail when rules have to be tested one by one
  mcpz build --profile traffic/session.jsonl   # what this traffic met is looked at first; decides the same")]
pub struct Args {
    /// The package. By default the current one.
    package: Option<PathBuf>,

    /// Where to write; `-` for standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Print this stage instead of writing a bundle.
    #[arg(long, value_enum, value_name = "STAGE", conflicts_with = "output")]
    emit: Option<Stage>,

    /// With `--emit graph`: in the DOT language.
    #[arg(long, requires = "emit")]
    dot: bool,

    /// Print what a decision costs: tests of each entry point, passes over texts, rules tested one by one.
    #[arg(long, conflicts_with = "emit")]
    report: bool,

    /// Fail, and write nothing, when rules have to be tested one by one.
    #[arg(long)]
    deny_unindexed: bool,

    /// Order decision trees by recorded traffic, one case a line: what it met is looked at first.
    #[arg(long, value_name = "TRAFFIC")]
    profile: Option<PathBuf>,

    /// Leave out source texts and positions: explanations then name rules and lines only.
    #[arg(long)]
    no_debug: bool,
}

impl Args {
    /// Whether a stage or the bundle itself goes to standard output.
    pub fn prints_its_product(&self) -> bool {
        self.emit.is_some() || (!self.report && self.output.as_deref() == Some(Path::new("-")))
    }
}

/// The stages of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Stage {
    /// Tokens of every source.
    Tokens,
    /// Lossless syntax tree of every source.
    Tree,
    /// Typed syntax tree of every source.
    Ast,
    /// The typed, resolved program.
    Hir,
    /// Rules in normal form.
    Rules,
    /// The decision graph.
    Graph,
    /// Decision code.
    Asm,
}

/// Builds.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let start = shell.path(args.package.as_deref().unwrap_or_else(|| "".as_ref()));
    let loaded = package::load(&start)?;
    if let Some(stage @ (Stage::Tokens | Stage::Tree | Stage::Ast)) = args.emit {
        return emit_syntax(stage, &loaded, shell);
    }
    let mut checked = pipeline::check(&loaded);
    let mut options = BuildOptions { debug: !args.no_debug, ..BuildOptions::default() };
    let mut built = pipeline::build(&mut checked, &options);
    if let (Some(traffic), Some(first)) = (&args.profile, &built) {
        options.profile = profile(traffic, first, shell)?;
        built = pipeline::build(&mut checked, &options);
    }
    let Some(build) = built else {
        pipeline::show(&checked, shell);
        return Ok(Outcome::No);
    };
    let Some(program) = &checked.program else {
        return Ok(Outcome::No);
    };
    if args.deny_unindexed || args.report {
        let report = report::of(program, &build);
        let denied = args.deny_unindexed && !report.unindexed.is_empty();
        if args.report || denied {
            return reported(args, (&build, program), &report, denied, shell);
        }
    }
    match args.emit {
        Some(stage) => emit(stage, args.dot, program, &build, shell),
        None => write(args, &loaded, &build, shell),
    }
}

/// Decides recorded traffic with a bundle that knows none, and counts the rules that decided.
fn profile(traffic: &Path, build: &Build, shell: &mut Shell) -> Result<Profile, Failure> {
    let text = shell.read_text(traffic)?;
    let engine = Engine::load(&build.bytes)?;
    let mut profile = Profile::default();
    for mut case in case::session(&text, durations::now_ms(), &traffic.display().to_string())? {
        case.direction = direction_of(&case.message, case.direction);
        let decision = engine.decide(&case)?;
        if let Some(rule) = decision.determining.and_then(|id| engine.image().rule(id)) {
            profile.note(&rule.id());
        }
    }
    Ok(profile)
}

/// Prints the report; writes the bundle besides when one is asked for by name and nothing is denied.
fn reported(
    args: &Args,
    (build, program): (&Build, &Program),
    report: &Report,
    denied: bool,
    shell: &mut Shell,
) -> Result<Outcome, Failure> {
    if shell.out.is_json() {
        shell.out.json(&report::to_json(report, build, program));
    } else {
        report::print(report, build, program, shell);
    }
    if denied {
        return Ok(Outcome::No);
    }
    match &args.output {
        Some(path) if path != Path::new("-") => {
            let path = shell.path(path);
            Engine::load(&build.bytes)?;
            write_file(&path, &build.bytes)?;
            Ok(Outcome::Yes)
        }
        _ => Ok(Outcome::Yes),
    }
}

fn write(args: &Args, loaded: &Loaded, build: &Build, shell: &mut Shell) -> Result<Outcome, Failure> {
    if args.output.as_deref() == Some(Path::new("-")) {
        shell.out.bytes(&build.bytes);
        return Ok(Outcome::Yes);
    }
    // What is written was verified as a reader will verify it.
    let engine = Engine::load(&build.bytes)?;
    let path = match &args.output {
        Some(path) => {
            let path = shell.path(path);
            write_file(&path, &build.bytes)?;
            path
        }
        None => {
            let name = loaded.out().unwrap_or_else(|| format!("{}.mcpzb", loaded.name()));
            loaded.write(&name, &build.bytes)?;
            loaded.root.join(name)
        }
    };
    let digest = hex(&engine.program().digest());
    if shell.out.is_json() {
        shell.out.json(&json!({"path": path, "bytes": build.bytes.len(), "digest": digest}));
        return Ok(Outcome::Yes);
    }
    let shown = crate::escape::inline(&package::relative(&path, &package::here()));
    shell.out.line(format!("{} {}  {} bytes", styled(GOOD, "built"), styled(NAME, shown), build.bytes.len()));
    shell.out.line(format!("  digest  {}", styled(DIM, format!("sha256:{digest}"))));
    Ok(Outcome::Yes)
}

/// Stages that exist for any text, broken ones included.
fn emit_syntax(stage: Stage, loaded: &Loaded, shell: &mut Shell) -> Result<Outcome, Failure> {
    let provider = DiskProvider { root: loaded.root.clone() };
    let mut valid = true;
    for path in provider.list(&loaded.source_folder()).unwrap_or_default() {
        if !path.ends_with(".mcpz") {
            continue;
        }
        let text = loaded.read_text(&path)?;
        let parse = mcpz_syntax::parse(&text);
        valid &= parse.errors().is_empty();
        let dump = match stage {
            Stage::Tokens => mcpz_syntax::dump_tokens(&text),
            Stage::Tree => mcpz_syntax::dump_tree(&parse.tree()),
            _ => format!("{:#?}\n", parse.source_file()),
        };
        shell.out.line(format!("== {}", crate::escape::inline(&path)));
        shell.out.text(&crate::escape::block(&dump));
    }
    Ok(Outcome::yes_if(valid))
}

fn emit(stage: Stage, dot: bool, program: &Program, build: &Build, shell: &mut Shell) -> Result<Outcome, Failure> {
    let text = match stage {
        Stage::Hir => format!("{program:#?}\n"),
        Stage::Rules => RulesText { rules: &build.rules, program }.to_string(),
        Stage::Graph if dot => build.graph.to_dot(&build.rules, program),
        Stage::Graph => GraphText { graph: &build.graph, rules: &build.rules, program }.to_string(),
        _ => mcpz_bytecode::disassemble(Engine::load(&build.bytes)?.program()),
    };
    shell.out.text(&crate::escape::block(&text));
    Ok(Outcome::Yes)
}
