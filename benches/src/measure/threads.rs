//! Throughput: one thread, and two that share one program.

use super::cell::{messages, sessions};
use super::{Effort, Form};
use crate::engines::Engine;
use crate::model::Workload;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// Decisions between two looks at the clock.
const BETWEEN_LOOKS: usize = 64;
/// Longest time before a run in which nothing is counted.
const WARM_UP: Duration = Duration::from_millis(30);
/// Rounds, each of one thread and then two.
const ROUNDS: usize = 9;
/// Steps through the calls, a prime.
const STRIDE: usize = 389;

/// One thread against two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throughput {
    /// Decisions a second of one thread: the best round.
    pub one: f64,
    /// Decisions a second of two threads together: the best round.
    pub two: f64,
    /// What the second thread brings: the median over the rounds of two against one, which were measured one right
    /// after the other. A machine that is slower for a while is slower for both.
    pub ratio: f64,
}

/// Measures one thread and two, in turns.
pub fn throughput<E: Engine>(engine: &E, workload: &Workload, form: Form, effort: Effort) -> Throughput {
    let time = match effort {
        Effort::Quick => Duration::from_millis(30),
        Effort::Full => Duration::from_millis(200),
    };
    let measure = |threads: usize| run(engine, workload, form, threads, time);
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (measure(1), measure(2))).collect();
    let best = |of: fn(&(f64, f64)) -> f64| rounds.iter().map(of).fold(0.0, f64::max);
    Throughput { one: best(|round| round.0), two: best(|round| round.1), ratio: median(&rounds) }
}

/// The median of two against one.
fn median(rounds: &[(f64, f64)]) -> f64 {
    let ratios: Vec<f64> = rounds.iter().map(|(one, two)| two / one).collect();
    super::median(&ratios)
}

fn run<E: Engine>(engine: &E, workload: &Workload, form: Form, threads: usize, time: Duration) -> f64 {
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|number| {
                let barrier = &barrier;
                scope.spawn(move || one_thread(engine, workload, form, number, barrier, time))
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap_or(0.0)).sum()
    })
}

/// Decisions a second of one thread, by its own clock.
fn one_thread<E: Engine>(
    engine: &E,
    workload: &Workload,
    form: Form,
    number: usize,
    barrier: &Barrier,
    time: Duration,
) -> f64 {
    let sessions = sessions(engine, workload, &workload.mixed);
    let messages = messages(workload, &workload.mixed, form);
    let mut worker = engine.worker();
    let reads: Vec<_> = match form {
        Form::Read => sessions.iter().zip(&messages).map(|(session, bytes)| engine.read(session, bytes)).collect(),
        Form::Bytes400 | Form::Bytes4k => Vec::new(),
    };
    let mut decide = |at: usize| match reads.get(at) {
        Some(read) => read.as_ref().is_some_and(|read| engine.decide_read(&mut worker, &sessions[at], read)),
        None => engine.decide_bytes(&mut worker, &sessions[at], &messages[at]),
    };
    let mut at = number * 311 % messages.len();
    let mut step = |count: usize| {
        for _ in 0..count {
            at = (at + STRIDE) % messages.len();
            black_box(decide(black_box(at)));
        }
    };
    let start = Instant::now();
    let mut warm = 0;
    while warm < messages.len() && start.elapsed() < WARM_UP {
        step(1);
        warm += 1;
    }
    barrier.wait();
    let start = Instant::now();
    let mut done = 0;
    while start.elapsed() < time {
        step(BETWEEN_LOOKS);
        done += BETWEEN_LOOKS;
    }
    done as f64 / start.elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gain_is_that_of_the_middle_round() {
        assert_eq!(
            median(&[(1.0, 2.0), (10.0, 19.0), (1.0, 1.0)]),
            1.9,
            "a slow round counts for no more than another"
        );
        assert_eq!(median(&[]), 0.0);
    }
}
