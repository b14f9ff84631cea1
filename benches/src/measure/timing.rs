//! A distribution of the time of one decision, from batches.
//!
//! A clock costs as much as the fastest decision here, so batches of different calls are timed. The
//! same batches run in several rounds, and each counts with its fastest round: what another process
//! took away is no property of the engine. What remains is that some calls cost more than others, and
//! that is what the 99th percentile is of.

use super::Effort;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Calls in a batch.
const BATCH: usize = 32;
/// A batch of slow decisions is cut to about this long.
const LONGEST_BATCH: Duration = Duration::from_millis(1);
/// Most batches.
const BATCHES: usize = 256;
/// Steps through the calls, so that neighbours in a batch were not made one after the other. A prime.
const STRIDE: usize = 389;

/// Nanoseconds a decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distribution {
    /// Half are below.
    pub p50_ns: f64,
    /// 99 of a hundred are below.
    pub p99_ns: f64,
}

/// How much time a measurement gets.
#[derive(Debug, Clone, Copy)]
struct Budget {
    total: Duration,
    least_batches: usize,
    least_rounds: usize,
    most_rounds: usize,
}

impl Budget {
    fn of(effort: Effort) -> Budget {
        match effort {
            Effort::Quick => {
                Budget { total: Duration::from_millis(18), least_batches: 6, least_rounds: 3, most_rounds: 16 }
            }
            Effort::Full => {
                Budget { total: Duration::from_millis(250), least_batches: 32, least_rounds: 4, most_rounds: 64 }
            }
        }
    }
}

/// Measures decisions on `count` calls.
pub fn distribution(count: usize, effort: Effort, mut decide: impl FnMut(usize) -> bool) -> Distribution {
    let budget = Budget::of(effort);
    let one = warm_up(count, budget.total / 4, &mut decide);
    let batch = (LONGEST_BATCH.as_nanos() / one.as_nanos().max(1)).clamp(1, BATCH as u128) as usize;
    let batch_time = one.as_secs_f64() * batch as f64;
    let affordable = budget.total.as_secs_f64() / batch_time.max(1e-9);
    let batches = ((affordable / budget.least_rounds as f64) as usize).clamp(budget.least_batches, BATCHES);
    let rounds = ((affordable / batches as f64) as usize).clamp(budget.least_rounds, budget.most_rounds);
    let clock = clock_cost();
    let mut fastest = vec![Duration::MAX; batches];
    for _ in 0..rounds {
        let mut at = 0;
        for best in &mut fastest {
            let start = Instant::now();
            for _ in 0..batch {
                black_box(decide(black_box(at)));
                at = (at + STRIDE) % count;
            }
            *best = (*best).min(start.elapsed());
        }
    }
    let mut each: Vec<f64> =
        fastest.into_iter().map(|time| time.saturating_sub(clock).as_secs_f64() * 1e9 / batch as f64).collect();
    each.sort_by(f64::total_cmp);
    let at = |share: f64| each[((each.len() - 1) as f64 * share).round() as usize];
    Distribution { p50_ns: at(0.5), p99_ns: at(0.99) }
}

/// Runs for a while; what a decision takes, roughly.
fn warm_up(count: usize, at_most: Duration, decide: &mut impl FnMut(usize) -> bool) -> Duration {
    let start = Instant::now();
    let mut done = 0u32;
    while (done as usize) < 2 * count && (done < 2 || start.elapsed() < at_most) {
        black_box(decide(black_box(done as usize * STRIDE % count)));
        done += 1;
    }
    start.elapsed() / done.max(1)
}

/// What asking the time costs.
fn clock_cost() -> Duration {
    let once = || {
        let start = Instant::now();
        black_box(start).elapsed()
    };
    (0..1_000).map(|_| once()).min().unwrap_or_default()
}
