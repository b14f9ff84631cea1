//! Decision graph to bundle image.
//!
//! [`emit`] fills the tables of a [`BundleImage`]: [`code`] turns blocks of the graph into
//! instructions, [`trees`] writes decision trees, [`tables`] interns what they name, [`declarations`] and [`rulebook`] copy
//! what does not depend on a request. Tables are filled in a fixed order (declarations, blocks in
//! graph order, rules in canonical order), so equal programs give equal images.

mod automata;
mod code;
mod declarations;
mod plan;
mod rulebook;
mod spans;
mod tables;
#[cfg(test)]
mod tests;
mod trees;
mod zones;

use crate::decision::DecisionGraph;
use crate::diagnostics::Diagnostic;
use crate::hir::Program;
use crate::hir::lines::Lines;
use crate::lower::RuleSet;
use crate::types::Type;
use mcpz_bytecode::image::{BundleImage, DebugImage};
use tables::Tables;

/// How a bundle is emitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmitOptions {
    /// Whether to add source texts and positions of clauses. They change no decision.
    pub debug: bool,
}

/// Emits a graph. Diagnostics are about limits of the format.
pub fn emit(
    graph: &DecisionGraph,
    rules: &RuleSet,
    program: &Program,
    options: EmitOptions,
) -> Result<BundleImage, Vec<Diagnostic>> {
    let mut tables = Tables::default();
    // What a request holds beyond the declared types is read as JSON.
    tables.ty(&Type::Json);
    let mut diagnostics = Vec::new();
    let mut image = BundleImage::default();
    if let Some(root) = program.packages.first() {
        image.name = root.name.clone();
        image.version = root.version.clone();
    }
    declarations::declare(program, &mut tables, &mut image);
    let lines = Lines::new(&program.sources);
    let mut debug = DebugImage::default();
    let mut starts = Vec::new();
    for block in &graph.blocks {
        match code::block(graph, rules, program, &lines, &mut tables, block) {
            Ok(emitted) => {
                image.blocks.push(&emitted.block);
                debug.blocks.push(emitted.debug);
                starts.push(emitted.starts);
            }
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    declarations::classes(program, graph, &mut image);
    rulebook::grants(program, &mut tables, &mut image);
    rulebook::rules(program, graph, &lines, &mut image);
    trees::trees(graph, rules, &starts, &mut tables, &mut image);
    rulebook::entries(graph, &mut tables, &mut image);
    if options.debug {
        debug.texts = program.sources.iter().map(|source| source.text.clone()).collect();
        image.debug = debug;
    }
    diagnostics.extend(tables.finish(&mut image));
    if diagnostics.is_empty() { Ok(image) } else { Err(diagnostics) }
}
