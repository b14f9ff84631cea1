//! The virtual machine and the oracle agree, on every field of every decision.

use mcpz_oracle::driver::pairs;

#[test]
fn machine_and_oracle_agree() {
    let count = std::env::var("ORACLE_PAIRS").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000);
    let seed = std::env::var("ORACLE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let stats = pairs(count, seed).unwrap_or_else(|found| panic!("{found}"));
    println!("{stats:#?}");
    assert_eq!(stats.refused, 0, "{:#?}", stats.refusals);
}
