//! The driver: for each generated package, check, build, load, and compare the virtual machine's
//! decisions with the oracle's, field by field.

use crate::checked::{checked, checked_files, settled};
use crate::generate::model::Model;
use crate::generate::{self, GeneratedPackage, GeneratedRequest, Rng, state};
use crate::questions::questions;
use mcpz_bytecode::Program as Bundle;
use mcpz_compiler::decision::Shape;
use mcpz_compiler::hir::Program;
use mcpz_compiler::{BuildOptions, build};
use mcpz_runtime::data::DataSet;
use mcpz_runtime::decision::{Decision, RuleId};
use mcpz_runtime::request::{Facts, Request};
use mcpz_runtime::state::TableState;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// Requests that are made for one package.
pub const REQUESTS_PER_PACKAGE: u64 = 200;

/// How often each outcome occurred.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    /// Packages that were built.
    pub packages: u64,
    /// Packages that the checker refused: a defect of the generator, counted and shown.
    pub refused: u64,
    /// The first error of some refused packages.
    pub refusals: Vec<String>,
    /// Pairs of decisions compared.
    pub pairs: u64,
    /// Decisions by reason.
    pub reasons: BTreeMap<&'static str, u64>,
    /// Rules in error by code.
    pub errors: BTreeMap<&'static str, u64>,
    /// Decisions with a shadow rule that mattered.
    pub shadows: u64,
}

/// A decision on which the two sides differ, with all that is needed to see why.
#[derive(Debug, Clone)]
pub struct Disagreement {
    /// The seed of the run.
    pub seed: u64,
    /// Which request.
    pub index: u64,
    /// What happened, for a person.
    pub report: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "the virtual machine and the oracle disagree")?;
        writeln!(out, "replay: cargo xtask oracle --replay {}:{}", self.seed, self.index)?;
        out.write_str(&self.report)
    }
}

/// Compares `count` pairs of decisions.
pub fn pairs(count: u64, seed: u64) -> Result<Stats, Box<Disagreement>> {
    range(seed, 0..count)
}

/// Compares the pairs of these indices.
pub fn range(seed: u64, indices: Range<u64>) -> Result<Stats, Box<Disagreement>> {
    let mut stats = Stats::default();
    let mut next = indices.start;
    while next < indices.end {
        let package = next / REQUESTS_PER_PACKAGE;
        let first = package * REQUESTS_PER_PACKAGE;
        let end = indices.end.min(first + REQUESTS_PER_PACKAGE);
        compare_package(seed, package, next - first..end - first, &mut stats)?;
        next = end;
    }
    Ok(stats)
}

/// Compares the one pair that a replay line names.
pub fn replay(seed: u64, index: u64) -> Result<Stats, Box<Disagreement>> {
    range(seed, index..index + 1)
}

/// The sources of the package that a replay line names, those of its guard package among them.
pub fn sources(seed: u64, index: u64) -> BTreeMap<String, String> {
    let made = make_package(seed, index / REQUESTS_PER_PACKAGE);
    let guard = made.guard_files().unwrap_or_default();
    made.files().into_iter().chain(guard.into_iter().map(|(path, text)| (format!("guard/{path}"), text))).collect()
}

/// Every so many packages one is a [stress](generate::stress) package.
pub const STRESS_EVERY: u64 = 25;

fn make_package(seed: u64, package: u64) -> GeneratedPackage {
    let mut rng = Rng::stream(seed, package);
    if package % STRESS_EVERY == STRESS_EVERY - 1 {
        generate::stress::package(&mut rng)
    } else {
        generate::package(&mut rng)
    }
}

/// Compares pairs of stress packages only: so many of each of so many packages.
pub fn stress(seed: u64, packages: u64, requests: u64) -> Result<Stats, Box<Disagreement>> {
    let mut stats = Stats::default();
    let chosen = (0..).filter(|package| package % STRESS_EVERY == STRESS_EVERY - 1);
    let most = requests.min(REQUESTS_PER_PACKAGE);
    for package in chosen.take(usize::try_from(packages).unwrap_or(usize::MAX)) {
        compare_package(seed, package, 0..most, &mut stats)?;
    }
    Ok(stats)
}

fn compare_package(seed: u64, package: u64, requests: Range<u64>, stats: &mut Stats) -> Result<(), Box<Disagreement>> {
    let (made, built) = prepare(seed, package);
    let built = match built {
        Ok(built) => built,
        Err(refusal) => {
            stats.refused += 1;
            stats.pairs += requests.end - requests.start;
            if stats.refusals.len() < 20 {
                stats.refusals.push(format!("package {package}: {refusal}"));
            }
            return Ok(());
        }
    };
    stats.packages += 1;
    for number in requests {
        let case = Case::make(seed, package, number, &made, &built);
        let (machine, oracle) = (built.machine(&case), built.oracle(&case));
        if machine != oracle {
            let index = package * REQUESTS_PER_PACKAGE + number;
            let report = report(&made, &case, &machine, &oracle);
            return Err(Box::new(Disagreement { seed, index, report }));
        }
        stats.count(&oracle);
    }
    Ok(())
}

/// A package of a run, made and built.
fn prepare(seed: u64, package: u64) -> (GeneratedPackage, Result<Built, String>) {
    built(make_package(seed, package))
}

/// Builds a package; rules that can never match are taken out of it first.
pub fn built(made: GeneratedPackage) -> (GeneratedPackage, Result<Built, String>) {
    let (made, program) = settled(made);
    let built = program.and_then(Built::of);
    (made, built)
}

/// Compares `count` pairs of decisions on so many threads.
pub fn pairs_on(threads: u64, count: u64, seed: u64) -> Result<Stats, Box<Disagreement>> {
    let packages = count.div_ceil(REQUESTS_PER_PACKAGE);
    let share = packages.div_ceil(threads.max(1)) * REQUESTS_PER_PACKAGE;
    let parts = (0..threads).map(|thread| (thread * share).min(count)..((thread + 1) * share).min(count));
    let found: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = parts.map(|part| scope.spawn(move || range(seed, part))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a comparison ends")).collect()
    });
    let mut total = Stats::default();
    for stats in found {
        total.merge(stats?);
    }
    Ok(total)
}

/// A package of a run with its first requests.
pub fn cases(seed: u64, package: u64, requests: u64) -> (GeneratedPackage, Result<Built, String>, Vec<Case>) {
    let (made, built) = prepare(seed, package);
    let cases = match &built {
        Ok(built) => (0..requests).map(|number| Case::make(seed, package, number, &made, built)).collect(),
        Err(_) => Vec::new(),
    };
    (made, built, cases)
}

impl Stats {
    fn count(&mut self, decision: &Decision) {
        self.pairs += 1;
        *self.reasons.entry(decision.reason.name()).or_default() += 1;
        for error in &decision.errors {
            *self.errors.entry(error.code.name()).or_default() += 1;
        }
        self.shadows += u64::from(!decision.shadow.is_empty());
    }

    /// Adds what another run counted.
    pub fn merge(&mut self, other: Stats) {
        self.packages += other.packages;
        self.refused += other.refused;
        self.refusals.extend(other.refusals);
        self.pairs += other.pairs;
        self.shadows += other.shadows;
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
        for (code, count) in other.errors {
            *self.errors.entry(code).or_default() += count;
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} pairs over {} packages agree ({} refused)", self.pairs, self.packages, self.refused)?;
        for refusal in &self.refusals {
            writeln!(out, "  refused: {refusal}")?;
        }
        let words = |counts: &BTreeMap<&'static str, u64>| {
            counts.iter().map(|(word, count)| format!("{word} {count}")).collect::<Vec<_>>().join(", ")
        };
        writeln!(out, "reasons: {}", words(&self.reasons))?;
        writeln!(out, "rules in error: {}", words(&self.errors))?;
        write!(out, "decisions with a shadow rule that mattered: {}", self.shadows)
    }
}

/// A package on both sides.
pub struct Built {
    /// For the oracle.
    pub program: Program,
    /// For the virtual machine.
    pub bundle: Bundle,
}

impl Built {
    /// Checks and builds a package.
    pub fn new(made: &GeneratedPackage) -> Result<Built, String> {
        checked(made).and_then(Built::of)
    }

    /// Checks and builds a package given as files.
    pub fn of_files(files: BTreeMap<String, String>) -> Result<Built, String> {
        checked_files(files).and_then(Built::of)
    }

    fn of(program: Program) -> Result<Built, String> {
        let built = build(&program, &options(&program)).map_err(|errors| format!("build: {:?}", errors.first()))?;
        let bundle = Bundle::load(&built.bytes).map_err(|error| format!("load: {error:?}"))?;
        Ok(Built { program, bundle })
    }

    /// What the virtual machine decides.
    pub fn machine(&self, case: &Case) -> Decision {
        mcpz_runtime::decide(&Resolved::of(self, case).input(self, case), &mut mcpz_runtime::Scratch::new())
    }

    /// What the oracle decides.
    pub fn oracle(&self, case: &Case) -> Decision {
        crate::decide(&crate::Question {
            program: &self.program,
            digest: self.bundle.digest(),
            data: &case.data,
            principal: &case.request.principal,
            request: &case.request(),
            state: &case.state,
        })
    }

    /// Ids of the rules in error, sorted.
    pub fn error_ids(&self, decision: &Decision) -> Vec<String> {
        let mut ids: Vec<String> = decision.errors.iter().map(|error| self.rule(error.rule).id.clone()).collect();
        ids.sort();
        ids
    }

    /// What the virtual machine decides, and the steps of decision code: taken, and declared as the bound.
    pub fn machine_with_steps(&self, case: &Case) -> (Decision, u64, u64) {
        let mut scratch = mcpz_runtime::Scratch::new().counting_steps();
        let decision = mcpz_runtime::decide(&Resolved::of(self, case).input(self, case), &mut scratch);
        (decision, scratch.steps().taken, scratch.steps().bound)
    }

    /// What the virtual machine decides, explained.
    pub fn why(&self, case: &Case) -> mcpz_runtime::why::Why {
        mcpz_runtime::why::why(&Resolved::of(self, case).input(self, case), &mut mcpz_runtime::Scratch::new())
    }

    /// The replaced data; what is refused is unfit.
    fn data(&self, case: &Case) -> DataSet {
        let mut data = DataSet::default();
        for (name, text) in &case.data {
            // A refusal is what some cases are about: it shows in the decision.
            let _ = data.replace(&self.bundle, name, text.as_bytes());
        }
        data
    }

    /// A rule of the program.
    pub fn rule(&self, id: RuleId) -> &mcpz_compiler::hir::Rule {
        &self.program.rules[id.index()]
    }
}

/// One request with its state.
#[derive(Debug, Clone)]
pub struct Case {
    /// The request.
    pub request: GeneratedRequest,
    /// The state.
    pub state: TableState,
    /// Replaced data: names and JSON texts.
    pub data: Vec<(String, String)>,
}

impl Case {
    fn make(seed: u64, package: u64, number: u64, made: &GeneratedPackage, built: &Built) -> Case {
        let mut rng = Rng::stream(seed ^ 0x5bd1_e995, package * REQUESTS_PER_PACKAGE + number);
        let request = generate::request(&mut rng, &made.model);
        let state = state::state(&mut rng, &made.model, &questions(&built.program), &request);
        let data = state::data(&mut rng, &made.model);
        Case { request, state, data }
    }

    /// Of a tool call: the tool, and the same caller asking for the list of tools.
    pub fn listing_of_tool(&self) -> Option<(String, Case)> {
        let message: serde_json::Value = serde_json::from_slice(&self.request.message).ok()?;
        let tool = message.pointer("/params/name")?.as_str()?;
        let mut listing = self.clone();
        listing.request.message = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#.to_vec();
        (message["method"] == "tools/call").then(|| (tool.to_string(), listing))
    }

    /// Of a call of a meta-tool whose `unwraps` reads this message: the call that it wraps, as if it were made itself.
    pub fn wrapped(&self, model: &Model) -> Option<Case> {
        let message: serde_json::Value = serde_json::from_slice(&self.request.message).ok()?;
        let outer = model.servers.iter().find(|server| server.name == self.request.server)?;
        let (tool, names_server) = outer.unwraps?;
        (message.pointer("/params/name")?.as_str()? == outer.tools[tool].name).then_some(())?;
        let given = |name: &str| message.pointer(&format!("/params/arguments/{name}"));
        let params = serde_json::json!({ "name": given("name")?, "arguments": given("arguments") });
        let mut wrapped = self.clone();
        if names_server {
            wrapped.request.server = given("server")?.as_str()?.to_string();
        }
        wrapped.request.message =
            serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
                .to_string()
                .into();
        Some(wrapped)
    }

    /// The request as the runtime takes it.
    pub fn request(&self) -> Request<'_> {
        Request {
            message: &self.request.message,
            server: &self.request.server,
            direction: self.request.direction,
            facts: Facts {
                now_ms: self.request.now_ms,
                context: self.request.context.as_deref().into(),
                network_source: self.request.network_source,
            },
        }
    }
}

/// How a generated program is built: every other one with trees that part all they can, so that few
/// rules are enough to try every kind of switch, and every third with trees for all rules that stand before the same targets.
fn options(program: &Program) -> BuildOptions {
    let (rules, usual) = (program.rules.len(), Shape::default());
    let leaf = if rules.is_multiple_of(2) { 1 } else { usual.leaf };
    let group = if rules.is_multiple_of(3) { 0 } else { usual.group };
    BuildOptions { shape: Shape { leaf, group }, ..BuildOptions::default() }
}

/// What of a case the virtual machine works out before it decides.
struct Resolved {
    data: DataSet,
    caller: mcpz_runtime::Caller,
}

impl Resolved {
    fn of(built: &Built, case: &Case) -> Resolved {
        let data = built.data(case);
        let caller = mcpz_runtime::Caller::resolve(&built.bundle, &data, &case.request.principal);
        Resolved { data, caller }
    }

    fn input<'a>(&'a self, built: &'a Built, case: &'a Case) -> mcpz_runtime::Input<'a> {
        mcpz_runtime::Input {
            program: &built.bundle,
            data: &self.data,
            caller: &self.caller,
            request: case.request(),
            state: &case.state,
        }
    }
}

/// Drops rules while the two sides still differ, and tells what is left.
fn report(made: &GeneratedPackage, case: &Case, machine: &Decision, oracle: &Decision) -> String {
    let mut small = made.clone();
    let mut shown = (machine.clone(), oracle.clone());
    let mut at = 0;
    while at < small.rules.len() {
        let mut fewer = small.clone();
        fewer.rules.remove(at);
        match Built::new(&fewer).map(|built| (built.machine(case), built.oracle(case))) {
            Ok((machine, oracle)) if machine != oracle => {
                small = fewer;
                shown = (machine, oracle);
            }
            _ => at += 1,
        }
    }
    let message = String::from_utf8_lossy(&case.request.message);
    let schema = schema_of(&small, case).unwrap_or_default();
    format!(
        "{}\nrules:\n{}\n\nguard rules:\n{}\n\nschema: {schema}\nmessage: {message}\nrequest: {:#?}\nstate: {:?}\ndata: {:?}\n\nmachine: {:?}\n\noracle:  {:?}\n",
        difference(&shown.0, &shown.1),
        small.rules.join("\n\n"),
        small.guard.join("\n\n"),
        GeneratedRequest { message: Vec::new(), ..case.request.clone() },
        case.state,
        case.data,
        shown.0,
        shown.1
    )
}

/// The schema of the tool that is called.
fn schema_of(made: &GeneratedPackage, case: &Case) -> Option<String> {
    let program = checked(made).ok()?;
    let message: serde_json::Value = serde_json::from_slice(&case.request.message).ok()?;
    let name = message.pointer("/params/name")?.as_str()?;
    let server = program.servers.iter().find(|server| server.name == case.request.server.as_str())?;
    server.tools.iter().find(|tool| tool.name == name).map(|tool| tool.raw_schema.to_string())
}

/// The fields that differ.
fn difference(machine: &Decision, oracle: &Decision) -> String {
    let mut out = String::new();
    let mut field = |name: &str, machine: String, oracle: String| {
        if machine != oracle {
            out.push_str(&format!("  {name}: machine {machine}, oracle {oracle}\n"));
        }
    };
    field("effect", format!("{:?}", machine.effect), format!("{:?}", oracle.effect));
    field("reason", machine.reason.name().to_string(), oracle.reason.name().to_string());
    field("show", format!("{:?}", machine.show), format!("{:?}", oracle.show));
    field("determining", format!("{:?}", machine.determining), format!("{:?}", oracle.determining));
    field("unmet", format!("{:?}", machine.unmet), format!("{:?}", oracle.unmet));
    field("obligations", format!("{:?}", machine.obligations), format!("{:?}", oracle.obligations));
    field("errors", format!("{:?}", machine.errors), format!("{:?}", oracle.errors));
    field("shadow", format!("{:?}", machine.shadow), format!("{:?}", oracle.shadow));
    field("retry after", format!("{:?}", machine.retry_after_ms), format!("{:?}", oracle.retry_after_ms));
    out
}
