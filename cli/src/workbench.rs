//! What the language server asks of the command: tests, decisions, explanations and pictures, from a typed program.

use crate::case::{Case, session};
use crate::commands::inspect::entry_name;
use crate::decision;
use crate::durations;
use crate::engine::{Engine, direction_of};
use crate::exit::Failure;
use crate::graph::{self, MAX_BOXES, Patterns, Trail};
use crate::testing;
use crate::why;
use mcpz_bytecode::image::EntryImage;
use mcpz_compiler::hir::{ClassId, Program, SourceId, Span, TestLink};
use mcpz_compiler::{Build, BuildOptions};
use mcpz_lsp::{Explained, TestOutcome, Workbench};
use mcpz_runtime::principal::LinkSource;
use serde_json::{Value, json};

/// The workbench of the command.
pub struct Bench;

fn words(failure: Failure) -> String {
    let mut text = failure.message;
    for help in failure.help {
        text.push_str(&format!(" ({help})"));
    }
    text
}

/// Builds a program and loads it as any enforcement point would.
fn engine(program: &Program) -> Result<Engine, String> {
    Ok(built(program)?.0)
}

fn built(program: &Program) -> Result<(Engine, Build), String> {
    let build = mcpz_compiler::build(program, &BuildOptions::default())
        .map_err(|diagnostics| diagnostics.first().map_or_else(String::new, |first| first.message.clone()))?;
    Ok((Engine::load(&build.bytes).map_err(words)?, build))
}

/// A case from JSON text.
fn case_of(text: &str) -> Result<Case, String> {
    let mut cases = session(text, durations::now_ms(), "case").map_err(words)?;
    if cases.len() != 1 {
        return Err("exactly one case is wanted".to_owned());
    }
    let mut case = cases.remove(0);
    case.direction = direction_of(&case.message, case.direction);
    Ok(case)
}

fn explain(engine: &Engine, case: &Case) -> Result<Explained, String> {
    let explanation = engine.why(case).map_err(words)?;
    let lines = why::lines(engine.image(), &explanation);
    let plain: Vec<String> = lines.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
    Ok(Explained {
        decision: decision::to_json(engine.image(), &explanation.decision),
        why: why::to_json(engine.image(), &explanation),
        text: plain.join("\n"),
    })
}

impl Workbench for Bench {
    fn run_tests(&self, program: &Program, title: Option<&str>) -> Result<Vec<TestOutcome>, String> {
        let engine = engine(program)?;
        let wanted = program.tests.iter().filter(|test| title.is_none_or(|title| test.title == title));
        wanted
            .map(|test| {
                let result = testing::run_one(program, &engine, test)?;
                let decision = result.decision.as_ref().map(|made| decision::to_json(engine.image(), made));
                Ok(TestOutcome {
                    title: result.title,
                    failures: result.failures,
                    decision,
                    hits: testing::coverage::hits(&engine, program, test)?,
                })
            })
            .collect::<Result<_, Failure>>()
            .map_err(words)
    }

    fn explain_test(&self, program: &Program, title: &str) -> Result<Explained, String> {
        let engine = engine(program)?;
        let test = program.tests.iter().find(|test| test.title == title);
        let test = test.ok_or_else(|| format!("there is no test `{title}`"))?;
        explain(&engine, &testing::case_of(program, test).map_err(words)?)
    }

    fn explain_case(&self, program: &Program, case: &str) -> Result<Explained, String> {
        explain(&engine(program)?, &case_of(case)?)
    }

    fn sample(&self, program: &Program, class: ClassId) -> Value {
        let link = testing::links::link(
            program,
            &TestLink { class, claims: Vec::new(), span: Span { source: SourceId(0), start: 0, end: 0 } },
        );
        match link.source {
            LinkSource::Issuer(_) => serde_json::from_str(&link.claims).unwrap_or(Value::Null),
            LinkSource::Mtls { spiffe } => json!({ "spiffe": spiffe }),
            LinkSource::Local { uid } => json!({ "uid": uid }),
        }
    }

    fn graph(
        &self,
        program: &Program,
        entry: Option<&str>,
        case: Option<&str>,
    ) -> Result<(String, Vec<String>), String> {
        let (engine, build) = built(program)?;
        let image = engine.image();
        let names: Vec<String> = image.entries.iter().map(|entry| entry_name(image, entry)).collect();
        let trail = match case {
            Some(case) => engine.trail(&case_of(case)?).map_err(words)?,
            None => Trail::default(),
        };
        let met = |entry: &EntryImage| case.is_none() || trail.meets(entry);
        // An editor names a tool as policies write it: quoted when it is no identifier.
        let plain = |name: &str| name.replace('"', "");
        let wanted = |found: &&EntryImage| match entry {
            Some(name) => plain(&entry_name(image, found)) == plain(name),
            None => met(found),
        };
        let entries: Vec<&EntryImage> = image.entries.iter().filter(wanted).collect();
        if entries.is_empty() {
            return Err(format!("there is no such entry point; there are: {}", names.join(", ")));
        }
        let picture = graph::picture(image, &Patterns::of_build(&build), &entries, &trail);
        if picture.boxes.len() > MAX_BOXES {
            return Err(format!(
                "the picture has {} boxes, more than people can read: name one entry point",
                picture.boxes.len()
            ));
        }
        Ok((graph::svg(&picture, &format!("Decision trees of {}", image.name)), names))
    }

    fn bytecode(&self, program: &Program) -> Result<String, String> {
        let engine = engine(program)?;
        Ok(mcpz_bytecode::disassemble(engine.program()))
    }
}
