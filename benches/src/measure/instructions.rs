//! Instructions a decision, by running ourselves under callgrind.
//!
//! Callgrind counts only inside functions whose names begin with `probed`, so that what comes before costs time but no
//! instructions.

use super::cell::with_calls;
use super::{Case, Form};
use crate::engines::{Engine, EngineName, Visitor};
use crate::model::Workload;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

/// Decisions that are counted.
pub const DECISIONS: usize = 200;
/// The word by which callgrind knows what to count.
const FUNCTIONS: &str = "*probed_*";

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Decisions on calls in this form.
    Calls(Form),
    /// Loading.
    Load,
}

impl Input {
    /// Every input.
    pub const ALL: [Input; 4] =
        [Input::Calls(Form::Read), Input::Calls(Form::Bytes400), Input::Calls(Form::Bytes4k), Input::Load];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Input::Calls(form) => form.name(),
            Input::Load => "load",
        }
    }

    /// The input of a name.
    pub fn find(name: &str) -> Option<Input> {
        Input::ALL.into_iter().find(|input| input.name() == name)
    }
}

/// Whether valgrind is installed.
pub fn is_available() -> bool {
    let found = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// Instructions a decision on mixed calls; none when callgrind did not say.
pub fn count(engine: EngineName, workload: &Workload, form: Form, cache: &Path) -> Option<f64> {
    let text = callgrind(engine, workload, Input::Calls(form), cache, Path::new("/dev/null")).ok()?;
    let line = text.lines().find(|line| line.contains("Collected"))?;
    let total: f64 = line.rsplit(' ').next()?.parse().ok()?;
    Some(total / DECISIONS as f64)
}

/// Runs ourselves under callgrind, which writes what it finds into `out`; what it says.
pub fn callgrind(
    engine: EngineName,
    workload: &Workload,
    input: Input,
    cache: &Path,
    out: &Path,
) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", &format!("--toggle-collect={FUNCTIONS}")]);
    command.arg(format!("--callgrind-out-file={}", out.display()));
    command.arg(program).args(["probe", "--engine", engine.name(), "--workload", workload.name]);
    command.args(["--rules", &workload.rules.len().to_string(), "--input", input.name(), "--cache"]).arg(cache);
    let output = command.output().map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

/// What runs under callgrind.
pub struct Probe<'w> {
    /// The workload.
    pub workload: &'w Workload,
    /// What is counted.
    pub input: Input,
    /// Where compiled forms are kept.
    pub cache: Option<&'w Path>,
}

impl Visitor for Probe<'_> {
    type Output = Result<(), String>;

    fn visit<E: Engine>(self, _: EngineName) -> Result<(), String> {
        let artifact = E::build(self.workload, self.cache)?.artifact;
        let form = match self.input {
            Input::Load => return probed_load::<E>(&artifact).map(|_| ()),
            Input::Calls(form) => form,
        };
        let engine = E::load(&artifact)?;
        with_calls(&engine, self.workload, form, Case::Mixed, |count, decide| {
            // Whatever an engine does once is done before.
            (0..count).for_each(|at| _ = black_box(decide(at)));
            probed_decisions(count, decide);
        });
        Ok(())
    }
}

/// The decisions that are counted.
#[inline(never)]
fn probed_decisions(count: usize, decide: &mut dyn FnMut(usize) -> bool) {
    for at in 0..DECISIONS {
        black_box(decide(black_box(at * 389 % count)));
    }
}

/// The load that is counted.
#[inline(never)]
fn probed_load<E: Engine>(artifact: &E::Artifact) -> Result<E, String> {
    E::load(artifact)
}
