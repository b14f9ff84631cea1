//! `fuzz TARGET`: each target is a function of a seed, run for a range of seeds on every core.

use crate::{bundles, parallel};
use clap::ValueEnum;

/// `fuzz`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What is fed.
    #[arg(value_enum)]
    what: Target,
    /// How many inputs.
    #[arg(long, default_value_t = 100_000)]
    runs: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    Parser,
    Format,
    Schema,
    Json,
    Bundle,
}

/// How many inputs one call of a target gets: enough that its set-up does not count.
const BATCH: u64 = 512;

/// Runs a target.
pub fn run(args: &Args) -> Result<String, String> {
    let text = |failure: mcpz_syntax_oracle::Failure| failure.to_string();
    match args.what {
        Target::Bundle => return bundles::fuzz(args.runs, args.seed),
        Target::Parser => batches(args, |runs, seed| mcpz_syntax_oracle::fuzz_parser(runs, seed).map_err(text))?,
        Target::Format => batches(args, |runs, seed| mcpz_syntax_oracle::fuzz_format(runs, seed).map_err(text))?,
        Target::Schema => batches(args, |runs, seed| mcpz_tests::schema_fuzz::fuzz_schema(runs, seed).map(drop))?,
        Target::Json => batches(args, |runs, seed| mcpz_tests::json_fuzz::fuzz_json(runs, seed).map(drop))?,
    }
    let name = args.what.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    Ok(format!("fuzz {name}: {} runs from seed {}: nothing found", args.runs, args.seed))
}

/// Splits the seeds into batches over threads. What is fed must not depend on how they are split.
fn batches<F>(args: &Args, target: F) -> Result<(), String>
where
    F: Fn(u64, u64) -> Result<(), String> + Sync,
{
    parallel::each(0..args.runs.div_ceil(BATCH), |batch| {
        let start = batch * BATCH;
        let runs = BATCH.min(args.runs - start);
        target(runs, args.seed.wrapping_add(start))
    })
}
