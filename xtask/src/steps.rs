//! Running commands one after the other, saying what runs and how long it took.

use anstyle::{AnsiColor, Style};
use std::process::Command;
use std::time::{Duration, Instant};

/// Why a command of xtask failed, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed(pub String);

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Failed {
        Failed(error.to_string())
    }
}

const HEAD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// A run of steps, with what became of each.
#[derive(Default)]
pub struct Steps {
    done: Vec<(String, bool, Duration)>,
}

impl Steps {
    /// Runs one step. Its failure is noted and returned; the caller decides whether to go on.
    pub fn step(&mut self, name: &str, work: impl FnOnce() -> Result<(), Failed>) -> bool {
        anstream::println!("{HEAD}==> {name}{HEAD:#}");
        let start = Instant::now();
        let result = work();
        let took = start.elapsed();
        let ok = result.is_ok();
        match &result {
            Ok(()) => anstream::println!("{GOOD}ok{GOOD:#}  {name} ({})\n", seconds(took)),
            Err(Failed(why)) => {
                anstream::println!("{BAD}FAILED{BAD:#}  {name} ({}): {why}\n", seconds(took))
            }
        }
        self.done.push((name.to_owned(), ok, took));
        ok
    }

    /// Prints a line for each step and the totals; fails when a step failed.
    pub fn finish(self) -> Result<(), Failed> {
        let total: Duration = self.done.iter().map(|(_, _, took)| *took).sum();
        anstream::println!("{HEAD}Summary{HEAD:#}");
        for (name, ok, took) in &self.done {
            let (style, word) = if *ok { (GOOD, "ok    ") } else { (BAD, "FAILED") };
            anstream::println!("  {style}{word}{style:#} {:>8}  {name}", seconds(*took));
        }
        let failed = self.done.iter().filter(|(_, ok, _)| !ok).count();
        let passed = self.done.len() - failed;
        anstream::println!("\nsteps: {passed} passed, {failed} failed, in {}", seconds(total));
        if failed == 0 { Ok(()) } else { Err(Failed(format!("{failed} of {} steps failed", self.done.len()))) }
    }
}

/// A duration for people.
pub fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole >= 60 { format!("{}m{:02}s", whole / 60, whole % 60) } else { format!("{:.1}s", duration.as_secs_f64()) }
}

/// Runs a command with our own input and output; fails when it does.
pub fn run(command: &mut Command) -> Result<(), Failed> {
    let shown = show(command);
    let status = command.status().map_err(|error| Failed(format!("`{shown}` could not be started: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failed(format!("`{shown}` ended with {status}"))) }
}

/// Runs a command and returns what it printed.
pub fn output(command: &mut Command) -> Result<String, Failed> {
    let shown = show(command);
    let output = command.output().map_err(|error| Failed(format!("`{shown}` could not be started: {error}")))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(Failed(format!("`{shown}` ended with {}: {}", output.status, stderr.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn show(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|a| a.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_fails_the_run() {
        let mut steps = Steps::default();
        assert!(steps.step("good", || Ok(())));
        assert!(!steps.step("bad", || Err(Failed("no".to_owned()))));
        assert_eq!(steps.finish(), Err(Failed("1 of 2 steps failed".to_owned())));
    }

    #[test]
    fn a_command_that_is_not_there_says_so() {
        let failed = run(&mut Command::new("no-such-command-of-mcpz")).unwrap_err();
        assert!(failed.0.contains("no-such-command-of-mcpz"), "{}", failed.0);
    }
}
