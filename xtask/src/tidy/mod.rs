//! The rules of the house that no compiler checks. `cargo test` runs them too.
//!
//! [`files`] reads every tracked file: module docs, length, words that must not be committed.
//! [`dependencies`] reads `cargo metadata`: who may depend on whom, and which crates only one part may use.

mod dependencies;
mod files;

use crate::steps::Failed;

/// One broken rule: where, and which.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// A path, with a line where there is one.
    pub place: String,
    /// What is wrong and what to do.
    pub what: String,
}

/// Checks everything, prints what is found.
pub fn run() -> Result<(), Failed> {
    let findings = findings()?;
    for finding in &findings {
        println!("{}: {}", finding.place, finding.what);
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(Failed(format!("{count} untidy places"))),
    }
}

/// Everything that is found, sorted.
pub fn findings() -> Result<Vec<Finding>, Failed> {
    let mut findings = files::check()?;
    findings.extend(dependencies::check()?);
    findings.sort();
    Ok(findings)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_house_is_tidy() {
        let findings = super::findings().expect("tidy runs");
        let list: Vec<String> = findings.iter().map(|f| format!("{}: {}", f.place, f.what)).collect();
        assert!(list.is_empty(), "{}", list.join("\n"));
    }
}
