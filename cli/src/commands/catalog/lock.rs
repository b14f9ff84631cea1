//! `mcpz catalog lock`.

use crate::catalogs::lock;
use crate::escape;
use crate::exit::{Failure, Outcome};
use crate::output::{DIM, GOOD, NAME, styled};
use crate::package;
use crate::shell::Shell;
use serde_json::json;

/// Pin every catalog and dependency as they are now.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Use it after you changed a catalog file or a dependency by hand, and have read what changed.

Example:
  mcpz lock")]
pub struct Args {}

/// Writes `mcpz.lock`.
pub fn run(_args: &Args, shell: &mut Shell) -> Result<Outcome, Failure> {
    let loaded = package::load(&shell.directory)?;
    let pins = lock::write(&loaded)?;
    if shell.out.is_json() {
        let list: Vec<_> = pins.iter().map(|p| json!({"kind": p.kind, "name": p.name, "digest": p.digest})).collect();
        shell.out.json(&json!({"file": lock::LOCK, "pins": list}));
        return Ok(Outcome::Yes);
    }
    shell.out.line(format!("{} {}", styled(GOOD, "wrote"), lock::LOCK));
    for pin in &pins {
        let name = styled(NAME, escape::inline(&pin.name));
        shell.out.line(format!("  {:<10} {name}  {}", pin.kind, styled(DIM, &pin.digest)));
    }
    Ok(Outcome::Yes)
}
