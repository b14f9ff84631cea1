//! Allocations and memory, by a program of its own whose allocator counts.
//!
//! The program `count` prints a [`Counts`] as JSON; [`of_workload`] and [`of_attack`] run it.

use super::{Case, Form};
use crate::engines::EngineName;
use crate::generate::attack::Attack;
use crate::model::Workload;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Command;

/// What one engine allocates.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Memory held after loading, with one worker.
    pub memory_bytes: i64,
    /// Allocations a decision.
    pub allocations: Vec<(Form, Case, f64)>,
    /// Allocations of an attack.
    pub attack: Option<f64>,
}

impl Counts {
    /// Allocations a decision of a form and case.
    pub fn of(&self, form: Form, case: Case) -> Option<f64> {
        self.allocations.iter().find(|row| (row.0, row.1) == (form, case)).map(|row| row.2)
    }
}

/// Counts for an engine and a workload.
pub fn of_workload(engine: EngineName, workload: &Workload, cache: &Path) -> Result<Counts, String> {
    let rules = workload.rules.len().to_string();
    run(&["--engine", engine.name(), "--workload", workload.name, "--rules", &rules], cache)
}

/// Counts for an engine under attack.
pub fn of_attack(engine: EngineName, attack: Attack, cache: &Path) -> Result<Counts, String> {
    run(&["--engine", engine.name(), "--attack", attack.name()], cache)
}

fn run(words: &[&str], cache: &Path) -> Result<Counts, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?.with_file_name("count");
    let output = Command::new(&program).args(words).arg("--cache").arg(cache).output();
    let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}
