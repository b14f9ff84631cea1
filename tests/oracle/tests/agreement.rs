//! The virtual machine and the oracle agree, on every field of every decision, and nothing is left
//! out: every reason and most error codes occur.

use mcpz_oracle::driver::pairs;

const PAIRS: u64 = 30_000;
const SEED: u64 = 1;

/// Every reason a decision can have.
const REASONS: [&str; 37] = [
    "allowed",
    "arguments",
    "audit_error",
    "credential",
    "flow_closed",
    "forbid_error",
    "forbidden",
    "grant_needed",
    "input_batch",
    "input_case_folded_key",
    "input_duplicate_key",
    "input_envelope",
    "input_lone_surrogate",
    "input_not_utf8",
    "input_not_object",
    "input_nul_key",
    "input_number_inexact",
    "input_params",
    "input_syntax",
    "input_too_deep",
    "input_trailing",
    "isolated",
    "limit_error",
    "limited",
    "list",
    "no_permit",
    "not_visible",
    "protocol",
    "quarantined",
    "redact_error",
    "requirement_error",
    "requirement_unmet",
    "state_error",
    "unknown_method",
    "unknown_target",
    "input_too_long",
    "input_too_many_nodes",
];

/// Codes that rules in error must show.
const CODES: [&str; 12] =
    ["missing", "type", "overflow", "range", "path", "url", "host", "ip", "time", "sql", "state", "amount"];

#[test]
fn machine_and_oracle_agree() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (count, seed) = (number("ORACLE_PAIRS").unwrap_or(PAIRS), number("ORACLE_SEED").unwrap_or(SEED));
    let stats = pairs(count, seed).unwrap_or_else(|found| panic!("{found}"));
    println!("{stats}");
    assert_eq!(stats.refused, 0, "{stats}");
    for reason in REASONS {
        assert!(stats.reasons.contains_key(reason), "`{reason}` never occurs");
    }
    for code in CODES {
        assert!(stats.errors.contains_key(code), "error `{code}` never occurs");
    }
}
