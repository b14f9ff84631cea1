//! A distribution of the time of one decision, from batches.
//!
//! A clock costs as much as the fastest decision here, so batches of different calls are timed. The
//! same batches run in several rounds, and each counts with its fastest round: what another process
//! took away is no property of the engine. What remains is that some calls cost more than others, and
//! that is what the 99th percentile is of.
//!
//! Rounds are run one at a time, so that [`super::turns`] can run those of other measurements between
//! them. Calls are decided once, unmeasured, at the beginning of a round: what others left in the
//! caches is no property of the engine either.

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// For all rounds together; slow decisions take more, for the least numbers below.
    pub total: Duration,
    /// For one round.
    pub round: Duration,
    /// For deciding calls that are not measured, at the beginning of a round.
    pub warm_up: Duration,
    /// Least batches.
    pub least_batches: usize,
    /// Most batches.
    pub most_batches: usize,
    /// Least rounds.
    pub least_rounds: usize,
    /// Most rounds.
    pub most_rounds: usize,
}

impl Budget {
    /// The budget of one engine on the calls of one form and case.
    pub fn of_cell(effort: Effort) -> Budget {
        match effort {
            Effort::Quick => Budget {
                total: Duration::from_millis(48),
                round: Duration::from_millis(6),
                warm_up: Duration::from_micros(4_500),
                least_batches: 6,
                most_batches: BATCHES,
                least_rounds: 3,
                most_rounds: 8,
            },
            Effort::Full => Budget {
                total: Duration::from_millis(500),
                round: Duration::from_millis(62),
                warm_up: Duration::from_millis(62),
                least_batches: 32,
                most_batches: BATCHES,
                least_rounds: 4,
                most_rounds: 24,
            },
        }
    }

    /// The budget of one side of a block in which few rules are compared with many: both sides get the same batches and
    /// the same rounds, however long they take.
    pub fn of_growth() -> Budget {
        Budget {
            total: Duration::MAX,
            round: Duration::MAX,
            warm_up: Duration::from_millis(20),
            // With these the mixed calls come twice, each time in other company.
            least_batches: 64,
            most_batches: 64,
            least_rounds: 3,
            most_rounds: 3,
        }
    }
}

/// How a measurement is cut up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cut {
    /// Calls in a batch.
    batch: usize,
    /// Batches in a round.
    batches: usize,
    /// Rounds.
    rounds: usize,
    /// Calls that are decided before a round and not measured.
    warm: usize,
}

impl Cut {
    /// The cut for this many calls, of which one takes about so long.
    fn of(budget: Budget, calls: usize, one: Duration) -> Cut {
        let one = one.max(Duration::from_nanos(1));
        let batch = times(LONGEST_BATCH, one).clamp(1, BATCH);
        let batch_time = one * batch as u32;
        let batches = times(budget.round, batch_time).clamp(budget.least_batches, budget.most_batches);
        let round_time = batch_time * batches as u32;
        let rounds = times(budget.total, round_time).clamp(budget.least_rounds, budget.most_rounds);
        Cut { batch, batches, rounds, warm: times(budget.warm_up, one).min(calls).min(batch * batches) }
    }
}

/// How many times a part fits into a whole.
fn times(whole: Duration, part: Duration) -> usize {
    usize::try_from(whole.as_nanos() / part.as_nanos().max(1)).unwrap_or(usize::MAX)
}

/// A measurement, round by round.
#[derive(Debug, Clone)]
pub struct Timing {
    calls: usize,
    cut: Cut,
    clock: Duration,
    /// Of each batch.
    fastest: Vec<Duration>,
}

impl Timing {
    /// Decides for a while, to see how long it takes, and cuts the measurement accordingly.
    pub fn prepare(calls: usize, budget: Budget, decide: &mut dyn FnMut(usize) -> bool) -> Timing {
        let cut = Cut::of(budget, calls, try_out(calls, budget.warm_up, decide));
        Timing { calls, cut, clock: clock_cost(), fastest: vec![Duration::MAX; cut.batches] }
    }

    /// How many rounds it is meant to have.
    pub fn rounds(&self) -> usize {
        self.cut.rounds
    }

    /// One round.
    pub fn round(&mut self, decide: &mut dyn FnMut(usize) -> bool) {
        for number in 0..self.cut.warm {
            black_box(decide(black_box(number * STRIDE % self.calls)));
        }
        let mut at = 0;
        for best in &mut self.fastest {
            let start = Instant::now();
            for _ in 0..self.cut.batch {
                black_box(decide(black_box(at)));
                at = (at + STRIDE) % self.calls;
            }
            *best = (*best).min(start.elapsed());
        }
    }

    /// Begins anew, with the same cut.
    pub fn forget(&mut self) {
        self.fastest.fill(Duration::MAX);
    }

    /// What came of it, after one round at least.
    pub fn distribution(&self) -> Distribution {
        let each = |time: &Duration| time.saturating_sub(self.clock).as_secs_f64() * 1e9 / self.cut.batch as f64;
        percentiles(self.fastest.iter().map(each).collect())
    }
}

/// Half, and 99 of a hundred.
fn percentiles(mut each: Vec<f64>) -> Distribution {
    each.sort_by(f64::total_cmp);
    let at = |share: f64| each[((each.len() - 1) as f64 * share).round() as usize];
    Distribution { p50_ns: at(0.5), p99_ns: at(0.99) }
}

/// Measures decisions on so many calls, one round right after the other.
pub fn distribution(calls: usize, budget: Budget, decide: &mut dyn FnMut(usize) -> bool) -> Distribution {
    let mut timing = Timing::prepare(calls, budget, decide);
    for _ in 0..timing.rounds() {
        timing.round(decide);
    }
    timing.distribution()
}

/// Runs for a while; what a decision takes, roughly.
fn try_out(calls: usize, at_most: Duration, decide: &mut dyn FnMut(usize) -> bool) -> Duration {
    let start = Instant::now();
    let mut done = 0u32;
    while (done as usize) < 2 * calls && (done < 2 || start.elapsed() < at_most) {
        black_box(decide(black_box(done as usize * STRIDE % calls)));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(budget: Budget, one: Duration) -> Cut {
        Cut::of(budget, 1_000, one)
    }

    #[test]
    fn quick_decisions_fill_their_rounds_and_slow_ones_take_part_in_fewer() {
        let quick = Budget::of_cell(Effort::Quick);
        assert_eq!(
            cut(quick, Duration::from_nanos(2_500)),
            Cut { batch: 32, batches: 75, rounds: 8, warm: 1_000 },
            "75 batches of 80 microseconds in 6 milliseconds"
        );
        assert_eq!(
            cut(quick, Duration::from_nanos(50)),
            Cut { batch: 32, batches: 256, rounds: 8, warm: 1_000 },
            "no more rounds than others have"
        );
        assert_eq!(
            cut(quick, Duration::from_millis(40)),
            Cut { batch: 1, batches: 6, rounds: 3, warm: 0 },
            "a round of a quarter of a second, three times"
        );
        assert_eq!(cut(quick, Duration::ZERO).rounds, 8, "what takes no time is cut as well");
    }

    #[test]
    fn growth_is_of_sides_that_are_cut_alike() {
        let budget = Budget::of_growth();
        assert_eq!(cut(budget, Duration::from_nanos(80)), cut(budget, Duration::from_micros(12)));
    }

    #[test]
    fn no_more_calls_warm_up_than_are_measured() {
        let few = Cut::of(Budget::of_cell(Effort::Quick), 1_000, Duration::from_micros(400));
        assert!(few.warm <= few.batch * few.batches, "{few:?}");
        assert_eq!(Cut::of(Budget::of_cell(Effort::Quick), 64, Duration::from_nanos(100)).warm, 64);
    }

    #[test]
    fn every_round_decides_the_same_calls() {
        let mut seen = Vec::new();
        let mut decide = |call| {
            seen.push(call);
            true
        };
        let budget = Budget { least_rounds: 2, most_rounds: 2, ..Budget::of_growth() };
        let mut timing = Timing::prepare(10, budget, &mut decide);
        for _ in 0..timing.rounds() {
            timing.round(&mut decide);
        }
        let round = timing.cut.warm + timing.cut.batch * timing.cut.batches;
        let rounds = &seen[seen.len() - 2 * round..];
        assert_eq!(rounds[..round], rounds[round..]);
    }

    #[test]
    fn percentiles_are_of_batches() {
        let each: Vec<f64> = (0..=200).rev().map(f64::from).collect();
        assert_eq!(percentiles(each), Distribution { p50_ns: 100.0, p99_ns: 198.0 });
        assert_eq!(percentiles(vec![7.0]), Distribution { p50_ns: 7.0, p99_ns: 7.0 });
    }
}
