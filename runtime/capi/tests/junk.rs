//! A seeded run of the boundary driver: no crash, and a denial for all junk. `RUSTC_BOOTSTRAP=1 cargo fuzz run capi`
//! goes on from here.

mod boundary;

use boundary::World;
use mcpz_tests::built::built;
use mcpz_tests::packages::repository;
use mcpz_tests::seeded::Random;

/// Runs of the driver.
const RUNS: usize = 20_000;

fn world() -> World {
    let example = |name: &str| repository().join("examples").join(name);
    let session = std::fs::read_to_string(example("quickstart").join("traffic/session.jsonl")).expect("a session");
    let Ok(cases) = mcpz::case::session(&session, 0, "the session") else { panic!("a sound session") };
    let seeds = cases.into_iter().map(|case| case.message).collect();
    World::new(built(&example("quickstart")).bytes, &built(&example("filesystem")).bytes, seeds)
}

#[test]
fn junk_at_the_boundary_never_crashes_and_always_denies() {
    let world = world();
    let mut random = Random::new(2026);
    for run in 0..RUNS {
        let mut bytes: Vec<u8> = (0..random.below(120)).map(|_| random.bits().to_le_bytes()[0]).collect();
        if run % 3 == 0 {
            // Mostly zeros: few things wrong at a time.
            let kept = random.below(bytes.len() + 1);
            bytes[kept..].fill(0);
        }
        world.run(&bytes);
    }
}
