//! Measurements in turns: the rounds of each are spread over the time that all of them take.
//!
//! A shared machine is twice as fast at one time as at another, for seconds or minutes. Measured one after the other,
//! two engines would be compared in two phases of the machine; in turns both see the same ones.

use super::cell::Cell;

/// Runs all rounds of all cells, in turns.
pub fn run(cells: &mut [Cell<'_>]) {
    let rounds: Vec<usize> = cells.iter().map(Cell::rounds).collect();
    for number in order(&rounds) {
        cells[number].round();
    }
}

/// Which measurement is next, when each is to have so many rounds. In every turn each has one round at most, in their
/// order; the rounds of those that have fewer are spread evenly over the turns.
pub fn order(rounds: &[usize]) -> Vec<usize> {
    let turns = rounds.iter().copied().max().unwrap_or(0);
    let mut order = Vec::with_capacity(rounds.iter().sum());
    for turn in 0..turns {
        order.extend((0..rounds.len()).filter(|number| takes_part(rounds[*number], turn, turns)));
    }
    order
}

/// Whether one of so many rounds belongs to this turn.
fn takes_part(rounds: usize, turn: usize, turns: usize) -> bool {
    (turn + 1) * rounds / turns > turn * rounds / turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_outermost() {
        assert_eq!(order(&[3, 3]), [0, 1, 0, 1, 0, 1]);
        assert_eq!(order(&[]), [0; 0]);
        assert_eq!(order(&[0, 1]), [1]);
    }

    #[test]
    fn slow_ones_take_part_in_turns_far_apart() {
        assert_eq!(order(&[6, 2, 3]), [0, 0, 2, 0, 1, 0, 2, 0, 0, 1, 2]);
    }

    #[test]
    fn each_has_as_many_rounds_as_it_is_to_have() {
        let rounds = [24, 8, 4, 24, 5, 1];
        let order = order(&rounds);
        for (number, rounds) in rounds.into_iter().enumerate() {
            assert_eq!(order.iter().filter(|next| **next == number).count(), rounds, "number {number}");
        }
    }
}
