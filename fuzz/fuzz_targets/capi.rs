//! Any bytes as calls of the C interface, sound and broken: no crash, a denial for what is broken, and what Rust decides for the rest.
#![no_main]

// The driver stands with the tests of the boundary, where unsafe code may stand.
#[path = "../../runtime/capi/tests/boundary/mod.rs"]
mod boundary;

use boundary::World;
use mcpz_tests::built::built;
use mcpz_tests::packages::repository;
use std::cell::OnceCell;

thread_local! {
    static WORLD: OnceCell<World> = const { OnceCell::new() };
}

fn world() -> World {
    let folder = repository().join("examples/quickstart");
    let session = std::fs::read_to_string(folder.join("traffic/session.jsonl")).expect("a session");
    let Ok(cases) = mcpz::case::session(&session, 0, "the session") else { panic!("a sound session") };
    let other = built(&repository().join("examples/filesystem")).bytes;
    World::new(built(&folder).bytes, &other, cases.into_iter().map(|case| case.message).collect())
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    WORLD.with(|cell| cell.get_or_init(world).run(bytes));
});
