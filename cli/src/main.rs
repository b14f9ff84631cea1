//! The `mcpz` binary: everything is in the library, so that tests and `cargo demo` share it.

/// Checking a policy and serving a session make many small values: the system's allocator took a third of the time of an edit.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    mcpz::run(std::env::args_os())
}
