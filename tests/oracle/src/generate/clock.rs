//! Kinds of time besides instants: what policies say of them, and what requests hold.

use super::rng::Rng;

/// A kind of time, by overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// `duration`
    Duration,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `weekday`
    Weekday,
}

/// Literals of a kind of time, ascending; what requests hold, first what can be read.
struct Pool {
    literals: &'static [&'static str],
    texts: &'static [&'static str],
    readable: usize,
}

const DURATIONS: Pool = Pool {
    literals: &["0s", "999ms", "1s", "15m", "1h30m", "7d"],
    texts: &["0s", "1000ms", "1s", "90m", "1h30m", "1w", "7d1ms", "", "15", "1.5h", "-1s", "99999999999w", "1H"],
    readable: 7,
};
const DATES: Pool = Pool {
    literals: &["1969-12-31", "2026-03-01", "2026-03-02", "2026-03-03", "9999-12-31"],
    texts: &["2026-03-02", "2026-03-01", "1970-01-01", "9999-12-31", "0000-01-01", "2026-02-29", "2026-3-2", ""],
    readable: 5,
};
const TIMES: Pool = Pool {
    literals: &["00:00", "08:59", "09:00", "17:00", "23:59"],
    texts: &["09:00", "09:00:01", "00:00:00", "17:00", "23:59:59", "24:00", "9:00", "09:60", "", "09:00Z"],
    readable: 5,
};
const WEEKDAYS: Pool = Pool {
    literals: &["\"mon\"", "\"tuesday\"", "\"fri\"", "\"sunday\""],
    texts: &["mon", "monday", "tue", "fri", "sunday", "Mon", "mo", "", "8"],
    readable: 5,
};

impl Clock {
    /// All of them.
    pub const ALL: [Clock; 4] = [Clock::Duration, Clock::Date, Clock::Time, Clock::Weekday];

    /// Its name in the language.
    pub fn word(self) -> &'static str {
        match self {
            Clock::Duration => "duration",
            Clock::Date => "date",
            Clock::Time => "time",
            Clock::Weekday => "weekday",
        }
    }

    fn pool(self) -> &'static Pool {
        match self {
            Clock::Duration => &DURATIONS,
            Clock::Date => &DATES,
            Clock::Time => &TIMES,
            Clock::Weekday => &WEEKDAYS,
        }
    }

    /// What a request holds: readable, or anything.
    pub fn text(self, rng: &mut Rng, good: bool) -> &'static str {
        let Pool { texts, readable, .. } = *self.pool();
        let texts = if good { &texts[..readable] } else { texts };
        texts[rng.below(texts.len())]
    }

    /// A condition on a place of this kind, with bounds that meet those of others.
    pub fn condition(self, rng: &mut Rng, place: &str) -> String {
        let literals = self.pool().literals;
        let (one, other) = (rng.below(literals.len()), rng.below(literals.len()));
        let (low, high) = (literals[one.min(other)], literals[one.max(other)]);
        match rng.below(4) {
            0 => format!("{place} in [{low}, {high}]"),
            1 if self != Clock::Weekday => format!("{place} in {low}..={high}"),
            2 if self != Clock::Weekday && low != high => format!("{place} in {low}..{high}"),
            // Days of the week are equal or not, and have no order in the language.
            _ if self == Clock::Weekday => format!("{place} {} {low}", rng.pick(&["==", "!="])),
            _ => format!("{place} {} {low}", rng.pick(&["==", "!=", "<", "<=", ">", ">="])),
        }
    }
}
