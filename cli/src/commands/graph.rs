//! `mcpz graph`: draw the decision trees of an entry point, and the way that one request takes.

use super::case_args::CaseArgs;
use super::inspect::entry_name;
use crate::engine::Engine;
use crate::exit::{Failure, Outcome};
use crate::graph::{self, MAX_BOXES, Patterns, Picture, Trail};
use crate::output::{GOOD, NAME, styled};
use crate::shell::{Shell, write_file};
use mcpz_bytecode::image::EntryImage;
use mcpz_compiler::diagnostics::suggest::nearest;
use serde_json::json;
use std::path::PathBuf;

/// The most entry points that are listed where none is near.
const MAX_NAMES: usize = 20;

/// Draw the decision trees of an entry point, and the way that one request takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Boxes are entry points, steps, switches and what rules do; arrows carry the keys that lead on, and the rules with their source
lines. With a case, what its request meets is drawn in red. Entry points are named as `mcpz inspect` lists them.

Examples:
  mcpz graph -o decision.svg
  mcpz graph --entry 'call payments.refund' -o refund.svg
  mcpz graph --input case.json -o why.svg
  mcpz graph acme.mcpzb --to mermaid >> docs/policy.md
  mcpz graph --to dot | dot -Tpng > graph.png")]
pub struct Args {
    #[command(flatten)]
    case: CaseArgs,

    /// Only this entry point; may be given several times.
    #[arg(long, value_name = "NAME")]
    entry: Vec<String>,

    /// The form of the picture.
    #[arg(long, value_enum, default_value_t = Form::Svg)]
    to: Form,

    /// Where to write. By default standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Args {
    /// Whether the picture goes to standard output.
    pub fn prints_its_product(&self) -> bool {
        self.output.is_none()
    }
}

/// Forms of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// Scalable Vector Graphics.
    Svg,
    /// The language of Graphviz.
    Dot,
    /// The language of Mermaid, for Markdown.
    Mermaid,
}

/// Draws.
pub fn run(args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let Some((engine, build)) = args.case.built(shell)? else {
        return Ok(Outcome::No);
    };
    known_entries(args, &engine)?;
    let patterns = build.as_ref().map_or_else(|| Patterns::of_bundle(engine.image()), Patterns::of_build);
    let case = if args.case.has_case() { Some(args.case.case(shell)?) } else { None };
    let trail = match &case {
        Some(case) => engine.trail(case)?,
        None => Trail::default(),
    };
    let met = |entry: &EntryImage| case.is_none() || trail.meets(entry);
    let wanted = |entry: &&EntryImage| match args.entry.as_slice() {
        [] => met(entry),
        names => names.contains(&entry_name(engine.image(), entry)),
    };
    let entries: Vec<&EntryImage> = engine.image().entries.iter().filter(wanted).collect();
    if entries.is_empty() {
        return Err(Failure::input("the request meets no rule, so there is nothing to draw"));
    }
    let picture = graph::picture(engine.image(), &patterns, &entries, &trail);
    if picture.boxes.len() > MAX_BOXES && args.to == Form::Svg {
        return Err(Failure::input(format!(
            "the picture has {} boxes, more than people can read",
            picture.boxes.len()
        ))
        .with_help("`--entry NAME` draws one entry point, `--input CASE` the way of one request"));
    }
    write(args, &engine, &picture, shell)
}

/// Every entry point that is asked for is there.
fn known_entries(args: &Args, engine: &Engine) -> Result<(), Failure> {
    let names: Vec<String> = engine.image().entries.iter().map(|entry| entry_name(engine.image(), entry)).collect();
    let Some(name) = args.entry.iter().find(|name| !names.contains(name)) else { return Ok(()) };
    let failure = Failure::input(format!("there is no entry point `{}`", crate::escape::inline(name)));
    Err(failure.with_help(match nearest(name, names.iter()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.len() <= MAX_NAMES => format!("there are: {}", names.join(", ")),
        None => format!("there are {}: `mcpz inspect` lists them", names.len()),
    }))
}

fn write(args: &Args, engine: &Engine, picture: &Picture, shell: &mut Shell) -> Result<Outcome, Failure> {
    let text = match args.to {
        Form::Svg => graph::svg(picture, &format!("Decision trees of {}", engine.image().name)),
        Form::Dot => graph::dot(picture),
        Form::Mermaid => graph::mermaid(picture),
    };
    let Some(output) = &args.output else {
        shell.out.bytes(text.as_bytes());
        return Ok(Outcome::Yes);
    };
    let path = shell.path(output);
    write_file(&path, text.as_bytes())?;
    let (boxes, arrows) = (picture.boxes.len(), picture.arrows.len());
    if shell.out.is_json() {
        shell.out.json(&json!({"path": path, "boxes": boxes, "arrows": arrows}));
    } else {
        shell.out.line(format!("{} {}  {boxes} boxes", styled(GOOD, "drawn"), styled(NAME, output.display())));
    }
    Ok(Outcome::Yes)
}
