//! Measures all engines; `cargo xtask bench` builds and runs it.
//!
//! What it finds goes to standard output, what it is doing to standard error.

use clap::{Parser, Subcommand, ValueEnum};
use mcpz_benches::engines::EngineName;
use mcpz_benches::generate::{recipe, workload};
use mcpz_benches::measure::instructions::{self, Input, Probe};
use mcpz_benches::measure::{Effort, Form, profile};
use mcpz_benches::report::{chart, docs, json, table};
use mcpz_benches::run::{Plan, Results, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Measure mcpz and its peers on the same rules.
#[derive(Parser)]
#[command(name = "bench", max_term_width = 100)]
struct Cli {
    /// Short measurements, and no peers at 100,000 rules: minutes for everything.
    #[arg(long)]
    quick: bool,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Only these workloads: W1 to W5, dense, wildcard, regex, range, forbid, deep, roles64, attack.
    #[arg(long, value_delimiter = ',')]
    workloads: Vec<String>,
    /// Only these engines.
    #[arg(long, value_delimiter = ',')]
    engines: Vec<String>,
    /// Count instructions with callgrind, which takes long. Done by itself in a full run.
    #[arg(long)]
    instructions: bool,
    /// Measure nothing; say which functions mcpz' instructions go to, by callgrind, on these workloads (W1 by default).
    #[arg(long)]
    profile: bool,
    /// Write the charts into this folder.
    #[arg(long)]
    charts: Option<PathBuf>,
    /// Write `PERFORMANCE.md` and its charts into this folder.
    #[arg(long)]
    docs: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Decide some calls: what callgrind looks at.
    #[command(hide = true)]
    Probe {
        #[arg(long)]
        engine: String,
        #[arg(long)]
        workload: String,
        #[arg(long)]
        rules: usize,
        #[arg(long)]
        input: String,
        #[arg(long)]
        cache: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Some(Command::Probe { engine, workload, rules, input, cache }) => {
            probe(engine, (workload, *rules), input, cache.as_deref())
        }
        None if cli.profile => profiles(&cli),
        None => measure(&cli),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn measure(cli: &Cli) -> Result<(), String> {
    let plan = plan(cli)?;
    // A bundle of another day must not be measured.
    let _ = fs::remove_dir_all(&plan.cache);
    fs::create_dir_all(&plan.cache).map_err(|error| format!("{}: {error}", plan.cache.display()))?;
    let results = run(&plan, &mut |line| eprintln!("{line}"))?;
    match cli.format {
        Format::Table => print!("{}", table::text(&results)),
        Format::Json => println!("{}", json::document(&results)),
    }
    if let Some(folder) = &cli.charts {
        charts(&results, folder)?;
    }
    if let Some(folder) = &cli.docs {
        charts(&results, folder)?;
        write(&folder.join("PERFORMANCE.md"), &docs::page(&results))?;
    }
    Ok(())
}

/// Where instructions go.
fn profiles(cli: &Cli) -> Result<(), String> {
    let plan = plan(cli)?;
    if !instructions::is_available() {
        return Err("a profile needs valgrind".to_owned());
    }
    fs::create_dir_all(&plan.cache).map_err(|error| format!("{}: {error}", plan.cache.display()))?;
    let is_wanted = |name: &str| match &cli.workloads[..] {
        [] => name == "W1",
        names => names.iter().any(|wanted| wanted == name),
    };
    for recipe in recipe::RECIPES.iter().filter(|recipe| is_wanted(recipe.name)) {
        let workload = workload(recipe);
        for input in [Input::Calls(Form::Read), Input::Calls(Form::Bytes400), Input::Load] {
            let lines = profile::profile(EngineName::Mcpz, &workload, input, &plan.cache)?;
            let title = format!("{}, {} rules: {}", recipe.name, recipe.rules, input.name());
            print!("{}", profile::table(&title, &lines));
        }
    }
    Ok(())
}

fn plan(cli: &Cli) -> Result<Plan, String> {
    let known = |name: &String| name == "attack" || recipe::RECIPES.iter().any(|recipe| recipe.name == name);
    if let Some(name) = cli.workloads.iter().find(|name| !known(name)) {
        return Err(format!("no workload is called `{name}`"));
    }
    let engines: Result<Vec<EngineName>, String> = cli
        .engines
        .iter()
        .map(|name| EngineName::find(name).ok_or_else(|| format!("no engine is called `{name}`")))
        .collect();
    let engines = engines?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(Plan {
        effort: if cli.quick { Effort::Quick } else { Effort::Full },
        workloads: cli.workloads.clone(),
        engines: if engines.is_empty() { EngineName::ALL.to_vec() } else { engines },
        instructions: (cli.instructions || !cli.quick) && instructions::is_available(),
        cache: program.with_file_name("bench-cache"),
    })
}

fn charts(results: &Results, folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for form in Form::ALL {
        if let Some(svg) = chart::svg(results, form) {
            write(&folder.join(format!("performance-{}.svg", form.name())), &svg)?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

fn probe(engine: &str, at: (&str, usize), input: &str, cache: Option<&Path>) -> Result<(), String> {
    let engine = EngineName::find(engine).ok_or("no such engine")?;
    let recipe = recipe::find(at.0, at.1).ok_or("no such workload")?;
    let input = Input::find(input).ok_or("no such input")?;
    engine.visit(Probe { workload: &workload(recipe), input, cache })
}
