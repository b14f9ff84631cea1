//! Damaged bundles: every single-bit flip and every truncation of every example bundle.
//!
//! As it is, a damaged bundle must be refused: some digest does not fit. With all digests made right
//! again it must be refused by the verifier, or decide the example's recorded session without a
//! panic and within the step bound that the verifier computed. [`fuzz`] does the same with several
//! random changes at once.

use crate::parallel;
use mcpz::case::{self, Case};
use mcpz::engine::{Engine, direction_of};
use mcpz_bytecode::{Program, reseal};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How many recorded messages a damaged bundle that loads must decide.
const CASES: usize = 4;
/// Bytes of a container before its table of contents, and of one row of that table.
const HEADER_BYTES: usize = 16;
const ROW_BYTES: usize = 44;

/// `mutate-bundles`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only the example of this name.
    #[arg(long)]
    example: Option<String>,
    /// Every n-th mutation only.
    #[arg(long, default_value_t = 1)]
    stride: u64,
}

/// A bundle to damage, and messages to decide with what loads.
struct Target {
    name: String,
    bytes: Vec<u8>,
    cases: Vec<Case>,
}

/// What became of the damaged bundles.
#[derive(Default)]
struct Tally {
    refused: AtomicU64,
    decided: AtomicU64,
}

/// Damages every example.
pub fn run(args: &Args) -> Result<String, String> {
    quiet_panics();
    let mut lines = Vec::new();
    for target in targets(args.example.as_deref())? {
        let tally = Tally::default();
        let (mutations, stride) = (mutations(&target.bytes), args.stride.max(1));
        parallel::each(0..mutations / stride, |number| {
            // The remainder walks, so that a stride meets every kind of mutation.
            check_mutation(&target, number * stride + number % stride, &tally)
        })?;
        let (refused, decided) = (tally.refused.into_inner(), tally.decided.into_inner());
        lines.push(format!(
            "{}: {} bytes, {refused} refused, {decided} decided within bounds",
            target.name,
            target.bytes.len()
        ));
        println!("{}", lines[lines.len() - 1]);
    }
    if lines.is_empty() {
        return Err("no example of that name".to_owned());
    }
    Ok(format!("mutate-bundles: {} bundles, no panic, no bound exceeded", lines.len()))
}

/// Random damage, `runs` times.
pub fn fuzz(runs: u64, seed: u64) -> Result<String, String> {
    quiet_panics();
    let targets = targets(None)?;
    let tally = Tally::default();
    parallel::each(seed..seed.saturating_add(runs), |number| {
        let mut random = Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let target = &targets[random.below(targets.len())];
        let mut bytes = target.bytes.clone();
        for _ in 0..=random.below(6) {
            damage(&mut bytes, &mut random);
        }
        let bytes = if random.below(8) == 0 { bytes } else { reseal(&bytes).unwrap_or(bytes) };
        attempt(target, &bytes, &tally).map_err(|why| format!("fuzz bundle --seed {number} --runs 1: {why}"))
    })?;
    let (refused, decided) = (tally.refused.into_inner(), tally.decided.into_inner());
    Ok(format!("fuzz bundle: {runs} runs from seed {seed}: {refused} refused, {decided} decided within bounds"))
}

/// Every example (or the one of this name), with and without its debug section.
fn targets(only: Option<&str>) -> Result<Vec<Target>, String> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(examples())
        .map_err(|error| format!("examples: {error}"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("mcpz.toml").is_file())
        .collect();
    folders.sort();
    let mut targets = Vec::new();
    for folder in folders {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if only.is_some_and(|only| only != name) {
            continue;
        }
        for (suffix, debug) in [("", false), (" with debug", true)] {
            let bytes = build(&folder, debug)?;
            let cases = cases(&folder)?;
            targets.push(Target { name: format!("{name}{suffix}"), bytes, cases });
        }
    }
    Ok(targets)
}

fn examples() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).join("examples")
}

fn build(folder: &Path, debug: bool) -> Result<Vec<u8>, String> {
    let loaded = mcpz::package::load(folder).map_err(|failure| failure.message)?;
    let mut checked = mcpz::pipeline::check(&loaded);
    let build = mcpz::pipeline::build(&mut checked, &mcpz_compiler::BuildOptions { debug, ..Default::default() });
    build.map(|build| build.bytes).ok_or_else(|| format!("{} does not build", folder.display()))
}

/// A few messages of the recorded session, spread over it.
fn cases(folder: &Path) -> Result<Vec<Case>, String> {
    let file = folder.join("traffic/session.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        return Ok(Vec::new());
    };
    let mut all = case::session(&text, 0, "session").map_err(|failure| failure.message)?;
    for case in &mut all {
        case.direction = direction_of(&case.message, case.direction);
    }
    let step = all.len().div_ceil(CASES).max(1);
    Ok(all.into_iter().skip(step / 2).step_by(step).collect())
}

/// How many mutations there are: each bit, each cut of the file, each cut of a section; the bits twice.
fn mutations(bytes: &[u8]) -> u64 {
    let length = u64::try_from(bytes.len()).unwrap_or(0);
    length * 8 * 2 + length * 2
}

/// One mutation by its number.
fn check_mutation(target: &Target, number: u64, tally: &Tally) -> Result<(), String> {
    let length = u64::try_from(target.bytes.len()).unwrap_or(0);
    let bits = length * 8;
    let tell = |why: String| format!("{}: mutation {number}: {why}", target.name);
    if number < bits * 2 {
        let bit = number / 2;
        let mut bytes = target.bytes.clone();
        let at = usize::try_from(bit / 8).unwrap_or(0);
        bytes[at] ^= 1 << (bit % 8);
        if number.is_multiple_of(2) {
            return must_be_refused(&bytes, tally).map_err(tell);
        }
        return match reseal(&bytes) {
            Some(sealed) => attempt(target, &sealed, tally).map_err(tell),
            None => must_be_refused(&bytes, tally).map_err(tell),
        };
    }
    let cut = usize::try_from((number - bits * 2) / 2).unwrap_or(0);
    if number.is_multiple_of(2) {
        return must_be_refused(&target.bytes[..cut], tally).map_err(tell);
    }
    match cut_section(&target.bytes, cut) {
        Some(bytes) => attempt(target, &bytes, tally).map_err(tell),
        None => Ok(()),
    }
}

fn must_be_refused(bytes: &[u8], tally: &Tally) -> Result<(), String> {
    match std::panic::catch_unwind(|| Program::load(bytes).is_err()) {
        Ok(true) => {
            tally.refused.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
        Ok(false) => Err("it is accepted although a digest does not fit".to_owned()),
        Err(_) => Err("loading it panics".to_owned()),
    }
}

/// Loads and, when that succeeds, decides.
fn attempt(target: &Target, bytes: &[u8], tally: &Tally) -> Result<(), String> {
    let outcome = std::panic::catch_unwind(|| {
        let Ok(engine) = Engine::load(bytes) else {
            return Ok(false);
        };
        for case in &target.cases {
            // A damaged name makes the case unaskable; that is a refusal too.
            let Ok((_, steps)) = engine.decide_counted(case) else {
                continue;
            };
            if steps.taken > steps.bound {
                let (taken, bound) = (steps.taken, steps.bound);
                return Err(format!("a decision takes {taken} steps, its bound is {bound}"));
            }
        }
        Ok(true)
    });
    let counter = match outcome {
        Err(_) => return Err("it panics".to_owned()),
        Ok(Err(why)) => return Err(why),
        Ok(Ok(true)) => &tally.decided,
        Ok(Ok(false)) => &tally.refused,
    };
    counter.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// The bundle with the section that holds byte `at` cut there, and a container that fits it again.
fn cut_section(bytes: &[u8], at: usize) -> Option<Vec<u8>> {
    let count = read_u32(bytes, 12)?;
    let rows: Vec<usize> = (0..count).map(|index| HEADER_BYTES + index * ROW_BYTES).collect();
    let hit = rows.iter().copied().find(|row| {
        let (offset, length) = (read_u32(bytes, row + 4).unwrap_or(0), read_u32(bytes, row + 8).unwrap_or(0));
        (offset..offset + length).contains(&at)
    })?;
    let (offset, length) = (read_u32(bytes, hit + 4)?, read_u32(bytes, hit + 8)?);
    let removed = offset + length - at;
    let mut cut = bytes[..at].to_vec();
    cut.extend_from_slice(&bytes[offset + length..]);
    write_u32(&mut cut, hit + 8, length - removed);
    let total = cut.len();
    write_u32(&mut cut, 8, total);
    for row in rows {
        let place = read_u32(&cut, row + 4)?;
        if place > offset {
            write_u32(&mut cut, row + 4, place - removed);
        }
    }
    reseal(&cut)
}

fn read_u32(bytes: &[u8], at: usize) -> Option<usize> {
    let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(four)).ok()
}

fn write_u32(bytes: &mut [u8], at: usize, value: usize) {
    let value = u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
    bytes[at..at + 4].copy_from_slice(&value);
}

/// One random change.
fn damage(bytes: &mut [u8], random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(6) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
        2 if at + 4 <= bytes.len() => {
            let value = [0, 1, u32::MAX, i32::MAX.unsigned_abs(), 4096, 65_536][random.below(6)];
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        3 if at + 4 <= bytes.len() => {
            let near = u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
            let value = if random.below(2) == 0 { near.wrapping_add(1) } else { near.wrapping_sub(1) };
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        4 => {
            let (from, length) = (random.below(bytes.len()), random.below(24));
            let end = (from + length).min(bytes.len());
            let room = (end - from).min(bytes.len() - at);
            bytes.copy_within(from..from + room, at);
        }
        _ => {
            let end = (at + random.below(16)).min(bytes.len());
            bytes[at..end].fill(u8::try_from(random.below(256)).unwrap_or(0));
        }
    }
}

/// xorshift: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        usize::try_from(self.0 % bound).unwrap_or(0)
    }
}

/// A caught panic is reported once, by us.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}
