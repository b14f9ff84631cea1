//! What the language server asks of the command: to run tests, to decide, to explain and to draw.
//!
//! Deciding needs the runtime, and the language server does not depend on it: whoever starts the server hands in a workbench.

use mcpz_compiler::hir::{ClassId, Program};
use serde_json::Value;

/// A test's outcome.
#[derive(Debug, Clone)]
pub struct TestOutcome {
    /// Its title.
    pub title: String,
    /// Expectations that did not hold; empty when it passed.
    pub failures: Vec<String>,
    /// The decision as `mcpz eval` prints it, when the test asks for one.
    pub decision: Option<Value>,
    /// Ids of the rules that were true.
    pub hits: Vec<String>,
}

/// An explained decision.
#[derive(Debug, Clone)]
pub struct Explained {
    /// As `mcpz eval` prints it.
    pub decision: Value,
    /// As `mcpz why` prints it.
    pub why: Value,
    /// The explanation in lines for people.
    pub text: String,
}

/// Runs tests, decides, explains, draws. Errors are sentences for people.
pub trait Workbench: Send + Sync {
    /// Runs the tests with this title, or all.
    fn run_tests(&self, program: &Program, title: Option<&str>) -> Result<Vec<TestOutcome>, String>;

    /// Explains the decision of a test.
    fn explain_test(&self, program: &Program, title: &str) -> Result<Explained, String>;

    /// Explains the decision of a case, given as JSON text.
    fn explain_case(&self, program: &Program, case: &str) -> Result<Explained, String>;

    /// What a credential of this class carries, as far as its conditions say: an object of claims, or one of `spiffe` or `uid`.
    fn sample(&self, program: &Program, class: ClassId) -> Value;

    /// The names of all entry points, and the decision trees of those named (of all without a name) as SVG; with a case its
    /// way is lit.
    fn graph(
        &self,
        program: &Program,
        entry: Option<&str>,
        case: Option<&str>,
    ) -> Result<(String, Vec<String>), String>;

    /// The disassembly.
    fn bytecode(&self, program: &Program) -> Result<String, String>;
}
