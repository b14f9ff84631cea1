//! The virtual machine and the oracle agree, on every field of every decision, and nothing is left
//! out: every reason and most error codes occur.

use mcpz_oracle::driver::{pairs_on, stress};

/// What the test makes by itself: as many as take half a minute unoptimised. `ORACLE_PAIRS` asks for more.
const PAIRS: u64 = 15_000;
/// The pairs that the counts below are about.
const COUNTED: u64 = 30_000;
const SEED: u64 = 1;

/// Every reason a decision can have, and how often it occurs at least in [`COUNTED`] pairs. Requests are made so that most
/// decisions reach the rules; what only costs time is rare.
const REASONS: [(&str, u64); 37] = [
    ("allowed", 3_000),
    ("arguments", 500),
    ("audit_error", 20),
    ("credential", 200),
    ("flow_closed", 200),
    ("forbid_error", 200),
    ("forbidden", 500),
    ("grant_needed", 40),
    ("isolated", 100),
    ("limit_error", 50),
    ("limited", 100),
    ("list", 500),
    ("no_permit", 1_000),
    ("not_visible", 500),
    ("protocol", 200),
    ("quarantined", 50),
    ("redact_error", 20),
    ("requirement_error", 50),
    ("requirement_unmet", 300),
    ("state_error", 50),
    ("unknown_method", 100),
    ("unknown_target", 200),
    ("input_batch", 20),
    ("input_case_folded_key", 20),
    ("input_duplicate_key", 20),
    ("input_envelope", 20),
    ("input_lone_surrogate", 20),
    ("input_not_object", 20),
    ("input_not_utf8", 20),
    ("input_nul_key", 20),
    ("input_number_inexact", 20),
    ("input_params", 20),
    ("input_syntax", 20),
    ("input_too_deep", 20),
    ("input_trailing", 20),
    ("input_too_long", 1),
    ("input_too_many_nodes", 1),
];

/// Codes that rules in error must show.
const CODES: [&str; 15] = [
    "missing",
    "type",
    "overflow",
    "range",
    "path",
    "url",
    "host",
    "ip",
    "time",
    "sql",
    "sql_limit",
    "too_long",
    "state",
    "amount",
    "data",
];

#[test]
fn machine_and_oracle_agree() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (count, seed) = (number("ORACLE_PAIRS").unwrap_or(PAIRS), number("ORACLE_SEED").unwrap_or(SEED));
    let stats = pairs_on(2, count, seed).unwrap_or_else(|found| panic!("{found}"));
    println!("{stats}");
    assert_eq!(stats.refused, 0, "{stats}");
    let share = |least: u64| least * count / COUNTED;
    for (reason, least) in REASONS {
        let times = stats.reasons.get(reason).copied().unwrap_or(0);
        assert!(times >= share(least), "`{reason}` occurs {times} times\n{stats}");
    }
    let rare = |code: &str| ["amount", "sql_limit", "too_long"].contains(&code);
    for code in CODES.into_iter().filter(|code| count >= COUNTED || !rare(code)) {
        assert!(stats.errors.contains_key(code), "error `{code}` never occurs\n{stats}");
    }
}

/// Packages of very many rules over very few fields.
#[test]
fn machine_and_oracle_agree_under_stress() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (packages, seed) = (number("ORACLE_STRESS").unwrap_or(6), number("ORACLE_SEED").unwrap_or(SEED));
    let stats = stress(seed, packages, 60).unwrap_or_else(|found| panic!("{found}"));
    println!("{stats}");
    assert_eq!(stats.refused, 0, "{stats}");
    for code in ["path", "host", "ip", "overflow"] {
        assert!(stats.errors.contains_key(code), "error `{code}` never occurs: {stats}");
    }
}
