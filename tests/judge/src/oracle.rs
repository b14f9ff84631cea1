//! `oracle`: the virtual machine against the reference interpreter, in batches over threads.

use crate::parallel;
use mcpz_oracle::driver::{self, Stats};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;

/// Pairs of one batch; each batch has a seed of its own, which a failure names.
const BATCH: u64 = 2_000;

/// `oracle`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many pairs of package and request.
    #[arg(long, default_value_t = 50_000)]
    pairs: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// SEED:INDEX of one pair, as a failure prints it.
    #[arg(long, value_name = "SEED:INDEX")]
    replay: Option<String>,
}

/// Compares, or replays one pair.
pub fn run(args: &Args) -> Result<String, String> {
    if let Some(replay) = &args.replay {
        return replay_one(replay);
    }
    let total = Mutex::new(Stats::default());
    parallel::each(0..args.pairs.div_ceil(BATCH), |batch| {
        let count = BATCH.min(args.pairs - batch * BATCH);
        let stats = driver::pairs(count, args.seed.wrapping_add(batch)).map_err(|found| found.to_string())?;
        let mut total = total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        add(&mut total, stats);
        Ok(())
    })?;
    let stats = total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    summary(args, &stats)
}

fn replay_one(replay: &str) -> Result<String, String> {
    let wrong = || format!("`{replay}` is no SEED:INDEX");
    let (seed, index) = replay.split_once(':').ok_or_else(wrong)?;
    let (seed, index) = (seed.parse().map_err(|_| wrong())?, index.parse().map_err(|_| wrong())?);
    driver::replay(seed, index).map_err(|found| found.to_string())?;
    let mut text = String::new();
    for (path, source) in driver::sources(seed, index) {
        let _ = writeln!(text, "-- {path} --\n{source}");
    }
    Ok(format!("{text}\nthe two agree on {replay}"))
}

fn add(total: &mut Stats, stats: Stats) {
    total.packages += stats.packages;
    total.refused += stats.refused;
    total.pairs += stats.pairs;
    total.shadows += stats.shadows;
    total.refusals.extend(stats.refusals);
    merge(&mut total.reasons, stats.reasons);
    merge(&mut total.errors, stats.errors);
}

fn merge(total: &mut BTreeMap<&'static str, u64>, counts: BTreeMap<&'static str, u64>) {
    for (word, count) in counts {
        *total.entry(word).or_default() += count;
    }
}

/// What was compared. A generator whose packages are mostly refused compares nothing: that fails too.
fn summary(args: &Args, stats: &Stats) -> Result<String, String> {
    let mut text = format!(
        "oracle: {} pairs over {} packages from seed {}: VM and reference interpreter agree on everything\n",
        stats.pairs, stats.packages, args.seed
    );
    let list = |counts: &BTreeMap<&'static str, u64>| {
        counts.iter().map(|(word, count)| format!("{word} {count}")).collect::<Vec<_>>().join(", ")
    };
    let _ = writeln!(text, "  reasons: {}", list(&stats.reasons));
    let _ = writeln!(text, "  errors:  {}", list(&stats.errors));
    let _ = write!(text, "  shadow hits: {}; packages refused by the checker: {}", stats.shadows, stats.refused);
    if stats.refused > stats.packages / 10 {
        let mut refusals = stats.refusals.clone();
        refusals.sort();
        refusals.truncate(5);
        return Err(format!("{text}\ntoo many generated packages are refused:\n{}", refusals.join("\n")));
    }
    Ok(text)
}
