//! Instructions a decision, by running ourselves under callgrind.
//!
//! Callgrind counts only inside [`probed_decisions`], so that loading costs time but no instructions.

use super::cell::with_calls;
use super::{Case, Form};
use crate::engines::{Engine, EngineName, Visitor};
use crate::model::Workload;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

/// Decisions that are counted.
const DECISIONS: usize = 200;
/// The word by which callgrind knows the function.
const FUNCTION: &str = "*probed_decisions*";

/// Whether valgrind is installed.
pub fn is_available() -> bool {
    let found = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// Instructions a decision on mixed calls; none when callgrind did not say.
pub fn count(engine: EngineName, workload: &Workload, form: Form, cache: &Path) -> Option<f64> {
    let program = std::env::current_exe().ok()?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", &format!("--toggle-collect={FUNCTION}")]);
    command.arg(program).args(["probe", "--engine", engine.name(), "--workload", workload.name]);
    command.args(["--rules", &workload.rules.len().to_string(), "--input", form.name(), "--cache"]).arg(cache);
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("Collected"))?;
    let total: f64 = line.rsplit(' ').next()?.parse().ok()?;
    Some(total / DECISIONS as f64)
}

/// What runs under callgrind.
pub struct Probe<'w> {
    /// The workload.
    pub workload: &'w Workload,
    /// In what form calls come.
    pub form: Form,
    /// Where compiled forms are kept.
    pub cache: Option<&'w Path>,
}

impl Visitor for Probe<'_> {
    type Output = Result<(), String>;

    fn visit<E: Engine>(self, _: EngineName) -> Result<(), String> {
        let engine = E::load(&E::build(self.workload, self.cache)?.artifact)?;
        with_calls(&engine, self.workload, self.form, Case::Mixed, |count, decide| {
            // Whatever an engine does once is done before.
            (0..count).for_each(|at| _ = black_box(decide(at)));
            probed_decisions(count, decide);
        });
        Ok(())
    }
}

/// The part that is counted.
#[inline(never)]
fn probed_decisions(count: usize, decide: &mut dyn FnMut(usize) -> bool) {
    for at in 0..DECISIONS {
        black_box(decide(black_box(at * 389 % count)));
    }
}
