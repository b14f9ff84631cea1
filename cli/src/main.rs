//! The `mcpz` command.
fn main() {}
