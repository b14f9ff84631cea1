//! Listings of a bundle: what it declares, and its code with the source lines it came from.
//!
//! Everything here is the text of a bundle that may come from anywhere, so everything is escaped.

use crate::decision::place;
use crate::escape;
use mcpz_bytecode::Program;
use mcpz_bytecode::ids::{BlockId, PatternId};
use mcpz_bytecode::image::{
    BlockDebug, BundleImage, ClauseKind, LinkKind, RuleImage, RuleKindImage, UriPartImage,
};
use mcpz_bytecode::opcode::{Instruction, OperandKind, ResultKind};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a bundle declares: titles, and one line for each thing.
pub fn symbols(image: &BundleImage) -> Vec<(&'static str, Vec<String>)> {
    let kind = |kind: LinkKind| match kind {
        LinkKind::User => "user",
        LinkKind::Agent => "agent",
    };
    let rules = image.rules.iter().map(|rule| {
        let shadow = if rule.shadow { " (shadow)" } else { "" };
        format!(
            "{:<10} {}{shadow}  {}",
            rule_kind(rule),
            escape::inline(&rule.id),
            place(image, &rule.span)
        )
    });
    let servers = image.servers.iter().map(|server| {
        let (name, tools) = (escape::inline(&server.name), server.tools.len());
        format!(
            "{name}  {tools} tools, {} prompts, catalog sha256:{}",
            server.prompts.len(),
            escape::inline(&server.catalog_digest)
        )
    });
    vec![
        (
            "issuers",
            image
                .issuers
                .iter()
                .map(|i| format!("{}  {}", escape::inline(&i.name), escape::inline(&i.url)))
                .collect(),
        ),
        (
            "identities",
            image
                .classes
                .iter()
                .map(|c| format!("{:<6} {}", kind(c.kind), escape::inline(&c.name)))
                .collect(),
        ),
        ("servers", servers.collect()),
        (
            "segments",
            image
                .segments
                .iter()
                .map(|s| escape::inline(&s.name))
                .collect(),
        ),
        (
            "labels",
            image
                .labels
                .iter()
                .map(|l| escape::inline(&l.name))
                .collect(),
        ),
        (
            "data",
            image.data.iter().map(|d| escape::inline(&d.name)).collect(),
        ),
        (
            "grants",
            image
                .grants
                .iter()
                .map(|g| escape::inline(&g.name))
                .collect(),
        ),
        ("rules", rules.collect()),
    ]
}

/// The word that opens a rule.
pub fn rule_kind(rule: &RuleImage) -> &'static str {
    match rule.kind {
        RuleKindImage::Permit(_) => "permit",
        RuleKindImage::Forbid => "forbid",
        RuleKindImage::Require(_) => "require",
        RuleKindImage::Limit(_) => "limit",
        RuleKindImage::Redact(_) => "redact",
        RuleKindImage::Audit(_) => "audit",
    }
}

/// A URI pattern as policies write it, escaped.
pub fn pattern(image: &BundleImage, id: PatternId) -> String {
    let Some(pattern) = image.patterns.get(id.index()) else {
        return "?".to_owned();
    };
    let part = |part: &UriPartImage| match part {
        UriPartImage::Text(text) => escape::inline(text),
        UriPartImage::Star => "*".to_owned(),
        UriPartImage::DoubleStar => "**".to_owned(),
        UriPartImage::Variable(name) => format!("{{{}}}", escape::inline(name)),
    };
    pattern.parts.iter().map(part).collect()
}

/// The code of every block; source lines stand before the instructions that came from them.
pub fn disassembly(program: &Program) -> String {
    let image = program.image();
    let users = users(image);
    let mut out = String::new();
    for (index, block) in image.blocks.iter().enumerate() {
        let id = BlockId::new(index);
        let steps = program.block_facts(id).map_or(0, |facts| facts.steps);
        let user = users
            .get(&index)
            .map(|names| names.join(", "))
            .unwrap_or_default();
        let _ = writeln!(
            out,
            "block {index}: {} registers, at most {steps} steps  {user}",
            block.registers
        );
        let debug = image.debug.blocks.get(index);
        for (pc, instruction) in block.code.iter().enumerate() {
            source_line(&mut out, image, debug, pc);
            let _ = writeln!(out, "  {pc:>4}  {}", instruction_text(image, instruction));
        }
        out.push('\n');
    }
    out
}

/// Which rules and classes use each block.
fn users(image: &BundleImage) -> BTreeMap<usize, Vec<String>> {
    let mut users: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for row in image.entries.iter().flat_map(|entry| &entry.rows) {
        let Some(rule) = image.rules.get(row.rule.index()) else {
            continue;
        };
        let names = users.entry(row.block.index()).or_default();
        let name = escape::inline(&rule.id);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    users
}

/// The clause that starts at this instruction, with its place and text.
fn source_line(out: &mut String, image: &BundleImage, debug: Option<&BlockDebug>, pc: usize) {
    let clauses = debug
        .map(|debug| debug.clauses.as_slice())
        .unwrap_or_default();
    for clause in clauses
        .iter()
        .filter(|clause| usize::try_from(clause.start).is_ok_and(|start| start == pc))
    {
        let kind = match clause.kind {
            ClauseKind::Subject => "subject",
            ClauseKind::Where => "where",
            ClauseKind::When => "when",
            ClauseKind::Unless => "unless",
        };
        let _ = writeln!(
            out,
            "        ; {kind} {}  {}",
            place(image, &clause.span),
            source_text(image, clause.span)
        );
    }
}

/// The source text of a span, on one line.
pub fn source_text(image: &BundleImage, span: mcpz_bytecode::image::SpanImage) -> String {
    let text = image.debug.texts.get(span.source.index());
    let range = usize::try_from(span.start).unwrap_or(0)..usize::try_from(span.end).unwrap_or(0);
    let part = text.and_then(|text| text.get(range)).unwrap_or_default();
    let words: Vec<&str> = part.split_whitespace().collect();
    escape::inline(&words.join(" "))
}

fn instruction_text(image: &BundleImage, instruction: &Instruction) -> String {
    let info = instruction.opcode.info();
    let mut text = format!("{:<14}", info.mnemonic);
    if info.result != ResultKind::None {
        let _ = write!(text, " r{} <-", instruction.dst);
    }
    for (kind, value) in [(info.a, instruction.a), (info.b, instruction.b)] {
        if let Some(operand) = operand(image, kind, value) {
            text.push(' ');
            text.push_str(&operand);
        }
    }
    if instruction.flags != 0 {
        let _ = write!(text, " flags {:#05b}", instruction.flags);
    }
    text.trim_end().to_owned()
}

fn operand(image: &BundleImage, kind: OperandKind, value: u32) -> Option<String> {
    let row = usize::try_from(value).ok()?;
    let named = |word: &str, name: Option<String>| match name {
        Some(name) => format!("{word}{value}({})", escape::inline(&name)),
        None => format!("{word}{value}"),
    };
    Some(match kind {
        OperandKind::None => return None,
        OperandKind::Truth | OperandKind::Value => format!("r{value}"),
        OperandKind::Pair => format!("r{value}:r{}", u64::from(value) + 1),
        OperandKind::Run => format!("r{value}.."),
        OperandKind::RunLength => format!("x{value}"),
        OperandKind::Constant | OperandKind::Pattern => {
            named("k", image.constants.get(row).map(|c| format!("{c:?}")))
        }
        OperandKind::Slot => named(
            "s",
            image.slots.get(row).map(|slot| format!("{:?}", slot.root)),
        ),
        OperandKind::Symbol => named("", image.symbols.get(row).cloned()),
        OperandKind::Native => named(
            "n",
            image.natives.get(row).map(|native| format!("{native:?}")),
        ),
        OperandKind::History | OperandKind::HistoryOf => {
            named("h", image.histories.get(row).map(|h| format!("{h:?}")))
        }
        OperandKind::Subject => named(
            "who",
            image
                .subjects
                .get(row)
                .map(|subject| format!("{subject:?}")),
        ),
        OperandKind::Type => named("t", image.types.get(row).map(|ty| format!("{ty:?}"))),
        OperandKind::Automaton => named("a", image.automata.get(row).map(|a| a.source.clone())),
        OperandKind::Jump => format!("+{value}"),
        OperandKind::Body => format!("body {value}"),
    })
}
