//! `runtime/capi/include/mcpz.h`: the C interface, from the functions themselves.

use crate::root;
use crate::steps::Failed;

/// Modules in the order in which a reader wants them.
const MODULES: [&str; 9] =
    ["version", "status", "bytes", "text", "program", "principal", "state", "decide", "decision"];

/// The whole header.
pub fn text() -> Result<String, Failed> {
    let folder = root::root().join("runtime/capi");
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).map_err(Failed)?;
    let sources = MODULES.into_iter().map(|module| folder.join(format!("src/{module}.rs")));
    let builder = sources.fold(cbindgen::Builder::new().with_config(config), cbindgen::Builder::with_src);
    let bindings = builder.generate()?;
    let mut header = Vec::new();
    bindings.write(&mut header);
    // Rust's heading for what a caller must keep, as plain text.
    Ok(String::from_utf8(header)?.replace("# Safety\n", "Safety:\n"))
}
