//! Decision code as text, with the source lines it comes from.
//!
//! What an operand names is read off the opcode table, so that a new opcode shows here by itself.

use crate::Program;
use crate::ids::{BlockId, ClassId, ConstantId, RuleId, SlotId, TreeId};
use crate::image::{BundleImage, EntryRow, EntryTarget, IntervalImage, SlotImage, SpanImage, TreeNode};
use crate::opcode::{Instruction, OperandKind, ResultKind};
use crate::packed::Rows;
use crate::value::Line;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The whole program as text: entry points, trees, then blocks.
pub fn disassemble(program: &Program) -> String {
    let image = program.image();
    let mut lines = Vec::new();
    for entry in &image.entries {
        lines.push(format!(
            "entry {} {}",
            entry.action.name(),
            entry_target(image, entry.server.map(|id| id.index()), &entry.target)
        ));
        let stages = [
            ("shadow", entry.trees.shadow),
            ("forbids", entry.trees.forbids),
            ("permits", entry.trees.permits),
            ("others", entry.trees.others),
        ];
        for (stage, tree) in stages {
            if let Some(tree) = tree {
                lines.push(format!("  {stage} tree {}", tree.0));
            }
        }
    }
    for (index, tree) in image.trees.iter().enumerate() {
        lines.push(String::new());
        lines.extend(tree_lines(image, index, tree));
    }
    for index in 0..image.blocks.len() {
        lines.push(String::new());
        lines.extend(block_lines(program, BlockId::new(index)));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// One node of a tree.
fn tree_lines(image: &BundleImage, index: usize, tree: TreeNode<'_>) -> Vec<String> {
    let on = |slot: SlotId| image.slots.get(slot.index()).map_or_else(String::new, |slot| slot_text(image, slot));
    let key = |id: ConstantId| image.constants.get(id.index()).map_or_else(String::new, |key| format!("{key:?}"));
    let to = |children: Rows<'_, TreeId>, child: u32| {
        children.at(child).map_or_else(|| "?".to_string(), |tree| format!("tree {}", tree.0))
    };
    let all = |children: Rows<'_, TreeId>, found: Rows<'_, u32>| {
        found.iter().map(|child| to(children, child)).collect::<Vec<_>>().join(", ")
    };
    let head = format!("tree {index}: {}", tree.word());
    match tree {
        TreeNode::Rows(rows) => {
            let row = |row: EntryRow| {
                let late = if row.late { ", late" } else { "" };
                format!("  block {} from {}{late} of {}", row.block.0, row.start, rule_line(image, row.rule))
            };
            core::iter::once(head).chain(rows.iter().map(row)).collect()
        }
        TreeNode::Both(children) => {
            let children: Vec<String> = children.iter().map(|child| format!("tree {}", child.0)).collect();
            alloc::vec![format!("{head} {}", children.join(", "))]
        }
        TreeNode::Present { slot, children } => {
            let children: Vec<String> = children.iter().map(|child| format!("tree {}", child.0)).collect();
            alloc::vec![format!("{head} of {}: {}", on(slot), children.join(", "))]
        }
        TreeNode::Classes { cases, children } => {
            let name = |class: ClassId| image.classes.get(class.index()).map_or("?", |class| &class.name);
            let case =
                |(class, found): (ClassId, Rows<'_, u32>)| format!("  {} -> {}", name(class), all(children, found));
            core::iter::once(head).chain(cases.iter().map(case)).collect()
        }
        TreeNode::Texts { slot, keys, children } => {
            let case = |(id, child): (ConstantId, u32)| format!("  {} -> {}", key(id), to(children, child));
            let mut cases: Vec<String> = keys.cases().map(case).collect();
            // They stand where their hashes say.
            cases.sort();
            core::iter::once(format!("{head} of {}", on(slot))).chain(cases).collect()
        }
        TreeNode::Paths { slot, cases, children } | TreeNode::Networks { slot, cases, children } => {
            let case = |(id, child): (ConstantId, u32)| format!("  {} -> {}", key(id), to(children, child));
            core::iter::once(format!("{head} of {}", on(slot))).chain(cases.iter().map(case)).collect()
        }
        TreeNode::Numbers { slot, cases, children } => {
            let line = image.line(slot).unwrap_or(Line::Number);
            let case = |case: IntervalImage| {
                format!("  {} -> {}", line.interval_text(case.low, case.high), to(children, case.child))
            };
            core::iter::once(format!("{head} of {}", on(slot))).chain(cases.iter().map(case)).collect()
        }
        TreeNode::Patterns { slot, automaton, cases, children } => {
            let case =
                |(pattern, found): (usize, Rows<'_, u32>)| format!("  pattern {pattern} -> {}", all(children, found));
            let first = format!("{head} of {} by automaton {}", on(slot), automaton.0);
            core::iter::once(first).chain(cases.iter().enumerate().map(case)).collect()
        }
    }
}

/// What an entry point is about.
fn entry_target(image: &BundleImage, server: Option<usize>, target: &EntryTarget) -> String {
    let server = match server {
        None => return "any".to_string(),
        Some(row) => image.servers.get(row).map_or("?", |server| &server.name),
    };
    match target {
        EntryTarget::Any => format!("{server}.*"),
        EntryTarget::Name(name) => format!("{server}.{name:?}"),
        EntryTarget::Uri(pattern) => format!("{server}.uri(pattern {})", pattern.0),
    }
}

/// A rule's id, kind and place.
fn rule_line(image: &BundleImage, rule: RuleId) -> String {
    let Some(rule) = image.rule(rule) else { return "?".to_string() };
    format!("{} {:?} ({})", rule.kind().word(), rule.id(), position(image, &rule.span()))
}

/// `path:line:column`.
fn position(image: &BundleImage, span: &SpanImage) -> String {
    let path = image.sources.get(span.source.index()).map_or("?", |source| &source.path);
    format!("{path}:{}:{}", span.line, span.column)
}

/// One block.
fn block_lines(program: &Program, id: BlockId) -> Vec<String> {
    let image = program.image();
    let Some(block) = image.blocks.get(id.index()) else { return Vec::new() };
    let steps = program.block_steps(id);
    let mut lines = alloc::vec![format!("block {}: {} registers, at most {} steps", id.0, block.registers(), steps)];
    let debug = image.debug.blocks.get(id.index());
    for (pc, instruction) in block.code().iter().enumerate() {
        let at = u32::try_from(pc).unwrap_or(u32::MAX);
        for clause in debug.iter().flat_map(|debug| &debug.clauses).filter(|clause| clause.start == at) {
            lines.push(format!("  ; {:?} {}", clause.kind, source_line(image, &clause.span)));
        }
        for atom in debug.iter().flat_map(|debug| &debug.atoms).filter(|atom| atom.pc == at) {
            lines.push(format!("  ;   {}", source_line(image, &atom.span)));
        }
        lines.push(format!("  {pc:4}  {}", instruction_text(image, instruction)));
    }
    lines
}

/// A position with the text that stands there, when the bundle carries it; on one line, escaped.
fn source_line(image: &BundleImage, span: &SpanImage) -> String {
    let text = image.debug.texts.get(span.source.index());
    let (start, end) = (usize::try_from(span.start).ok(), usize::try_from(span.end).ok());
    let excerpt = match (text, start, end) {
        (Some(text), Some(start), Some(end)) => text.get(start..end).unwrap_or(""),
        _ => "",
    };
    let first = excerpt.lines().next().unwrap_or("");
    format!("{} {}", position(image, span), first.escape_debug())
}

/// One instruction.
fn instruction_text(image: &BundleImage, instruction: &Instruction) -> String {
    let info = instruction.opcode.info();
    let mut text = String::new();
    if info.result != ResultKind::None {
        text.push_str(&format!("r{} = ", instruction.dst));
    }
    text.push_str(info.mnemonic);
    for (kind, operand) in [(info.a, instruction.a), (info.b, instruction.b)] {
        if let Some(operand) = operand_text(image, kind, operand) {
            text.push(' ');
            text.push_str(&operand);
        }
    }
    if instruction.flags != 0 {
        text.push_str(&format!(" flags {:#x}", instruction.flags));
    }
    text
}

/// An operand, and what it names.
fn operand_text(image: &BundleImage, kind: OperandKind, operand: u32) -> Option<String> {
    let row = usize::try_from(operand).unwrap_or(usize::MAX);
    Some(match kind {
        OperandKind::None => return None,
        OperandKind::Truth | OperandKind::Value => format!("r{operand}"),
        OperandKind::Pair => format!("r{operand}, r{}", operand.saturating_add(1)),
        OperandKind::Run => format!("from r{operand}"),
        OperandKind::RunLength => format!("count {operand}"),
        OperandKind::Constant | OperandKind::Pattern | OperandKind::Range => format!("{:?}", image.constants.get(row)?),
        OperandKind::Slot => slot_text(image, image.slots.get(row)?),
        OperandKind::Symbol => format!(".{}", image.symbols.get(row)?.escape_debug()),
        OperandKind::Native => format!("{:?}", image.natives.get(row)?),
        OperandKind::History | OperandKind::HistoryOf => format!("{:?}", image.histories.get(row)?),
        OperandKind::Subject => format!("{:?}", image.subjects.get(row)?),
        OperandKind::Type => format!("{:?}", image.types.get(row)?),
        OperandKind::Automaton => format!("/{}/", image.automata.get(row)?.source.escape_debug()),
        OperandKind::Jump => format!("skip {operand}"),
        OperandKind::Body => format!("body {operand}"),
    })
}

/// A slot as a place.
fn slot_text(image: &BundleImage, slot: &SlotImage) -> String {
    let mut text = format!("{:?}", slot.root);
    for symbol in &slot.path {
        text.push('.');
        let name = image.symbols.get(symbol.index()).map_or("?", |name| name);
        text.extend(name.escape_debug());
    }
    text
}
