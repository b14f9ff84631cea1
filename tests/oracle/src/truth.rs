//! Three truth values with errors, and the fourth of list time (docs/semantics.md, section 1).

use mcpz_runtime::decision::ErrorCode;

/// The value of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It could not be evaluated.
    Error(ErrorCode),
    /// It depends on what is not known at list time.
    Unknown,
}

use Truth::{Error, False, True, Unknown};

impl Truth {
    /// The truth of a plain boolean.
    pub fn of(value: bool) -> Truth {
        if value { True } else { False }
    }

    /// Conjunction: false wins, then error (the smallest), then unknown.
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (False, _) | (_, False) => False,
            (Error(a), Error(b)) => Error(a.min(b)),
            (Error(code), _) | (_, Error(code)) => Error(code),
            (Unknown, _) | (_, Unknown) => Unknown,
            (True, True) => True,
        }
    }

    /// Disjunction: true wins, then error (the smallest), then unknown.
    pub fn or(self, other: Truth) -> Truth {
        match (self, other) {
            (True, _) | (_, True) => True,
            (Error(a), Error(b)) => Error(a.min(b)),
            (Error(code), _) | (_, Error(code)) => Error(code),
            (Unknown, _) | (_, Unknown) => Unknown,
            (False, False) => False,
        }
    }

    /// Negation keeps error and unknown.
    pub fn negate(self) -> Truth {
        match self {
            True => False,
            False => True,
            other => other,
        }
    }

    /// Conjunction of all; true when there are none.
    pub fn all(values: impl IntoIterator<Item = Truth>) -> Truth {
        values.into_iter().fold(True, Truth::and)
    }

    /// Disjunction of all; false when there are none.
    pub fn any(values: impl IntoIterator<Item = Truth>) -> Truth {
        values.into_iter().fold(False, Truth::or)
    }

    /// True or error: what makes a restriction bind.
    pub fn holds_or_errs(self) -> bool {
        matches!(self, True | Error(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpz_runtime::decision::ErrorCode;

    const ROWS: [(&str, Truth); 4] = [("T", True), ("F", False), ("E", Error(ErrorCode::Type)), ("U", Unknown)];

    fn value(word: &str) -> Truth {
        ROWS.iter().find(|(name, _)| *name == word).map(|(_, truth)| *truth).expect("a truth value")
    }

    /// The tables as docs/semantics.md prints them are the tables that run.
    #[test]
    fn tables_are_those_of_the_document() {
        let page = include_str!("../../../docs/semantics.md");
        let mut seen = 0;
        for line in page.lines().filter(|line| line.starts_with("| **")) {
            let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('*')).collect();
            let row = value(cells[1]);
            for (column, (_, other)) in ROWS.iter().enumerate() {
                assert_eq!(row.and(*other), value(cells[2 + column]), "{line}");
                assert_eq!(row.or(*other), value(cells[8 + column]), "{line}");
            }
            assert_eq!(row.negate(), value(cells[14]), "{line}");
            seen += 1;
        }
        assert_eq!(seen, 4);
    }

    #[test]
    fn the_least_error_wins() {
        let (low, high) = (Error(ErrorCode::Missing), Error(ErrorCode::State));
        assert_eq!(low.and(high), low);
        assert_eq!(high.or(low), low);
    }
}
