//! `cargo xtask conformance`: the official suite of MCP, direct and through the gateway.
//!
//! The suite is run against the server of `tests/conformance`, for both eras, first direct and then through
//! `mcpz gateway` with a policy that permits everything. Every check of every scenario must end the same: the
//! gateway may neither break what works nor hide what does not. The suite and the server's SDK are pinned in
//! `xtask/peers` and installed into `build/peers`.

use crate::peers::{self, Peer};
use crate::root;
use crate::steps::Failed;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The requirement sets of the suite: one for each era.
const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];
/// What the package says of the fixture's place.
const ENDPOINT: &str = "http://127.0.0.1:3000/mcp";

/// How often a scenario that differs is run again.
const RETRIES: usize = 2;

/// `cargo xtask conformance`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Only this scenario, in every revision that has it.
    #[arg(long)]
    pub scenario: Option<String>,
}

/// How a check ended, by scenario and then in the order of the checks.
type Outcomes = BTreeMap<String, Vec<Check>>;

/// One check of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Check {
    name: String,
    status: String,
    why: String,
}

/// Where things are.
struct Place {
    node: PathBuf,
    modules: PathBuf,
    /// For what a run writes.
    folder: PathBuf,
}

/// Runs the suite twice for each revision and compares.
pub fn run(args: &Args) -> Result<(), Failed> {
    let place = install()?;
    let mut different = Vec::new();
    let mut totals = Vec::new();
    for revision in REVISIONS {
        let mut direct = direct(&place, revision, args.scenario.as_deref())?;
        let mut through = through(&place, revision, args.scenario.as_deref())?;
        if direct.is_empty() {
            return Err(Failed(format!("the suite ran nothing for {revision}")));
        }
        again(&place, revision, &mut direct, &mut through)?;
        table(revision, &direct, &through);
        different.extend(differences(revision, &direct, &through));
        totals.push(total(revision, &direct, &through));
    }
    println!();
    for line in totals.iter().chain(&different) {
        println!("{line}");
    }
    match different.len() {
        0 => Ok(()),
        count => Err(Failed(format!("{count} checks end differently through the gateway"))),
    }
}

/// Scenarios look at the clock: what waits half a second for a busy machine fails. One that differs is run again, on both
/// ways, and differs for good when it does so each time.
fn again(place: &Place, revision: &str, direct: &mut Outcomes, through: &mut Outcomes) -> Result<(), Failed> {
    for _ in 0..RETRIES {
        let differing: Vec<String> = direct
            .iter()
            .filter(|(name, checks)| !compare(checks, through.get(*name)).is_empty())
            .map(|(name, _)| name.clone())
            .collect();
        for scenario in differing {
            println!("{revision} {scenario} differed: run again");
            direct.extend(self::direct(place, revision, Some(&scenario))?);
            through.extend(self::through(place, revision, Some(&scenario))?);
        }
    }
    Ok(())
}

fn install() -> Result<Place, Failed> {
    let (node, modules) = peers::installed()?;
    Ok(Place { node, modules, folder: root::build().join("conformance") })
}

fn fixture(place: &Place, log: &str) -> Result<Peer, Failed> {
    fs::create_dir_all(&place.folder)?;
    let program = root::root().join("tests/conformance/server.mjs");
    Peer::start(Command::new(&place.node).arg(program).arg(&place.modules), &place.folder.join(log))
}

fn direct(place: &Place, revision: &str, only: Option<&str>) -> Result<Outcomes, Failed> {
    let server = fixture(place, "server-direct.log")?;
    suite(place, &server.line, revision, "direct", only)
}

fn through(place: &Place, revision: &str, only: Option<&str>) -> Result<Outcomes, Failed> {
    let server = fixture(place, "server-through.log")?;
    let address = peers::free_address()?;
    let package = place.folder.join("package");
    let instead = [(ENDPOINT, server.line.clone())];
    peers::copy_package(&root::root().join("tests/conformance/package"), &package, &instead)?;
    let config = place.folder.join("gateway.toml");
    let text = format!(
        "policy = {package:?}\n\n[listen]\naddress = \"{address}\"\nhosts = [\"localhost:{port}\"]\n\
         origins = [\"http://localhost:{port}\", \"http://{address}\"]\n\n[identity]\nanonymous = true\n\n[server.fixture]\n",
        port = address.port()
    );
    fs::write(&config, text)?;
    let gateway = Peer::gateway(&config, &place.folder.join("gateway.log"))?;
    let outcomes = suite(place, &format!("http://{address}/fixture/mcp"), revision, "through", only);
    drop(gateway);
    outcomes
}

/// Runs the suite against an URL and reads the results it writes. Its exit code says whether all passed, which is
/// not asked here.
fn suite(place: &Place, url: &str, revision: &str, name: &str, only: Option<&str>) -> Result<Outcomes, Failed> {
    let results = place.folder.join(format!("{name}-{revision}"));
    if results.exists() {
        fs::remove_dir_all(&results)?;
    }
    let mut command = Command::new(&place.node);
    command.arg(place.modules.join("@modelcontextprotocol/conformance/dist/index.js"));
    command.args(["server", "--url", url, "-o"]).arg(&results);
    match only {
        Some(scenario) => command.args(["--scenario", scenario, "--spec-version", revision, "--force"]),
        None => command.args(["--requirements", revision]),
    };
    let log = fs::File::create(place.folder.join(format!("{name}-{revision}.log")))?;
    command.stdout(log.try_clone()?).stderr(log).status()?;
    let mut outcomes = Outcomes::new();
    if results.exists() {
        for entry in fs::read_dir(&results)? {
            let folder = entry?.path();
            if let Some(scenario) = scenario_of(&folder) {
                outcomes.insert(scenario, checks(&fs::read_to_string(folder.join("checks.json"))?)?);
            }
        }
    }
    Ok(outcomes)
}

/// `server-tools-list-2026-11-21T15-05-06-219Z` is `tools-list`.
fn scenario_of(folder: &Path) -> Option<String> {
    let name = folder.file_name()?.to_str()?.strip_prefix("server-")?;
    let time = name.char_indices().rev().find(|(_, letter)| *letter == 'T').map(|(index, _)| index)?;
    let date = "-2026-11-21".len();
    name.get(..time.checked_sub(date)?).map(str::to_owned)
}

fn checks(text: &str) -> Result<Vec<Check>, Failed> {
    let document: Value = serde_json::from_str(text)?;
    let text_at = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let check = |check: &Value| Check {
        name: text_at(check, "id"),
        status: text_at(check, "status"),
        why: text_at(check, "errorMessage"),
    };
    Ok(document.as_array().map(|list| list.iter().map(check).collect()).unwrap_or_default())
}

/// How many checks ended so; what the suite only notes has a status of its own.
fn counted(checks: &[Check], status: &str) -> usize {
    checks.iter().filter(|check| check.status == status).count()
}

fn short(checks: Option<&Vec<Check>>) -> String {
    let Some(checks) = checks else {
        return "not run".to_owned();
    };
    let failed = counted(checks, "FAILURE") + counted(checks, "WARNING");
    format!("{} passed, {failed} failed", counted(checks, "SUCCESS"))
}

fn table(revision: &str, direct: &Outcomes, through: &Outcomes) {
    println!("\n{:<46} {:<22} {:<22} same", format!("scenarios of {revision}"), "direct", "through mcpz gateway");
    for (scenario, checks) in direct {
        let other = through.get(scenario);
        let same = if compare(checks, other).is_empty() { "yes" } else { "NO" };
        println!("{scenario:<46} {:<22} {:<22} {same}", short(Some(checks)), short(other));
    }
}

fn total(revision: &str, direct: &Outcomes, through: &Outcomes) -> String {
    let whole = |outcomes: &Outcomes| outcomes.values().filter(|checks| counted(checks, "FAILURE") == 0).count();
    let passed = |outcomes: &Outcomes| outcomes.values().map(|checks| counted(checks, "SUCCESS")).sum::<usize>();
    format!(
        "{revision}: direct {} of {} scenarios without a failure, {} checks passed; through {} of {}, {} checks passed",
        whole(direct),
        direct.len(),
        passed(direct),
        whole(through),
        through.len(),
        passed(through)
    )
}

/// What differs, as lines for people.
fn differences(revision: &str, direct: &Outcomes, through: &Outcomes) -> Vec<String> {
    let mut lines = Vec::new();
    for (scenario, checks) in direct {
        lines.extend(
            compare(checks, through.get(scenario)).into_iter().map(|line| format!("{revision} {scenario}: {line}")),
        );
    }
    for scenario in through.keys().filter(|scenario| !direct.contains_key(*scenario)) {
        lines.push(format!("{revision} {scenario}: was run through the gateway only"));
    }
    lines
}

fn compare(direct: &[Check], through: Option<&Vec<Check>>) -> Vec<String> {
    let Some(through) = through else {
        return vec!["was run direct only".to_owned()];
    };
    let mut lines = Vec::new();
    for index in 0..direct.len().max(through.len()) {
        let (left, right) = (direct.get(index), through.get(index));
        let key = |check: Option<&Check>| check.map(|check| (check.name.clone(), check.status.clone()));
        if key(left) != key(right) {
            lines.push(format!("direct {}, through the gateway {}", shown(left), shown(right)));
        }
    }
    lines
}

fn shown(check: Option<&Check>) -> String {
    match check {
        None => "nothing".to_owned(),
        Some(check) => {
            let why = if check.why.is_empty() { String::new() } else { format!(" ({})", check.why) };
            format!("{} {}{why}", check.status, check.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, status: &str) -> Check {
        Check { name: name.to_owned(), status: status.to_owned(), why: String::new() }
    }

    #[test]
    fn a_folder_names_its_scenario() {
        let of = |name: &str| scenario_of(Path::new(name));
        assert_eq!(of("x/server-tools-list-2026-11-21T15-05-06-219Z").as_deref(), Some("tools-list"));
        assert_eq!(of("server-json-schema-2020-12-2026-11-21T15-05-06-219Z").as_deref(), Some("json-schema-2020-12"));
        assert_eq!(of("else"), None);
    }

    #[test]
    fn every_check_must_end_the_same() {
        let direct = vec![check("a", "SUCCESS"), check("b", "FAILURE")];
        assert!(compare(&direct, Some(&direct.clone())).is_empty());
        assert_eq!(compare(&direct, Some(&vec![check("a", "SUCCESS"), check("b", "SUCCESS")])).len(), 1);
        assert_eq!(compare(&direct, Some(&vec![check("a", "SUCCESS")])).len(), 1);
        assert_eq!(compare(&direct, None).len(), 1);
    }
}
