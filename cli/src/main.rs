//! The `mcpz` binary: everything is in the library, so that tests and `cargo demo` share it.

fn main() -> std::process::ExitCode {
    mcpz::run(std::env::args_os())
}
