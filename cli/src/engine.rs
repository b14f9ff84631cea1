//! A loaded bundle and the decisions it makes.
//!
//! Everything that decides goes through [`Engine`]: `eval`, `why`, `test`, `cargo demo`. It turns a
//! [`Case`] into the runtime's request and calls it; it adds no meaning of its own.

use crate::escape;
use crate::exit::Failure;
use mcpz_bytecode::Program;
use mcpz_bytecode::image::{BundleImage, EntryImage, EntryTarget};

/// A verified program with its size.
pub struct Engine {
    program: Program,
    bytes: usize,
}

impl Engine {
    /// Verifies a bundle.
    pub fn load(bytes: &[u8]) -> Result<Engine, Failure> {
        let program = Program::load(bytes).map_err(|error| {
            Failure::input(format!(
                "the bundle is refused: {}",
                escape::inline(&error.to_string())
            ))
            .with_help("build it again with `mcpz build`; a bundle is never repaired")
        })?;
        Ok(Engine {
            program,
            bytes: bytes.len(),
        })
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Its tables.
    pub fn image(&self) -> &BundleImage {
        self.program.image()
    }

    /// Bytes of the bundle.
    pub fn size(&self) -> usize {
        self.bytes
    }

    /// The most steps that one decision of an entry point can take: the sum over the rules that meet there.
    pub fn entry_steps(&self, entry: &EntryImage) -> u64 {
        let image = self.image();
        let wider = image.entries.iter().filter(|other| is_wider(other, entry));
        wider
            .flat_map(|entry| &entry.rows)
            .map(|row| self.block_steps(row.block))
            .fold(0, u64::saturating_add)
    }

    fn block_steps(&self, block: mcpz_bytecode::ids::BlockId) -> u64 {
        self.program
            .block_facts(block)
            .map_or(0, |facts| facts.steps)
    }
}

/// Whether the rows of `other` are merged into decisions of `entry`.
fn is_wider(other: &EntryImage, entry: &EntryImage) -> bool {
    let same_server = other.server.is_none() || other.server == entry.server;
    let same_target = other.target == EntryTarget::Any || other.target == entry.target;
    other.action == entry.action && same_server && same_target
}
