//! A range of numbers, split over threads.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How many numbers a thread takes at a time.
const CHUNK: u64 = 256;

/// Calls `work` for every number of the range, on every core; the failure with the smallest number
/// wins, so that runs with the same seed fail with the same words.
pub fn each<W>(range: Range<u64>, work: W) -> Result<(), String>
where
    W: Fn(u64) -> Result<(), String> + Sync,
{
    let next = AtomicU64::new(range.start);
    let failed = AtomicBool::new(false);
    let first: Mutex<Option<(u64, String)>> = Mutex::new(None);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let start = next.fetch_add(CHUNK, Ordering::Relaxed);
                    if start >= range.end {
                        return;
                    }
                    for number in start..(start + CHUNK).min(range.end) {
                        if let Err(why) = work(number) {
                            failed.store(true, Ordering::Relaxed);
                            note(&first, number, why);
                            break;
                        }
                    }
                }
            });
        }
    });
    let first = first.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    first.map_or(Ok(()), |(_, why)| Err(why))
}

fn note(first: &Mutex<Option<(u64, String)>>, number: u64, why: String) {
    let mut first = first.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if first.as_ref().is_none_or(|(known, _)| number < *known) {
        *first = Some((number, why));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_visited_once() {
        let sum = AtomicU64::new(0);
        let result = each(0..10_000, |number| {
            sum.fetch_add(number, Ordering::Relaxed);
            Ok(())
        });
        assert_eq!(result, Ok(()));
        assert_eq!(sum.into_inner(), 10_000 * 9_999 / 2);
    }

    #[test]
    fn a_failure_is_told() {
        let result = each(0..1_000, |number| if number == 7 { Err("seven".to_owned()) } else { Ok(()) });
        assert_eq!(result, Err("seven".to_owned()));
    }
}
