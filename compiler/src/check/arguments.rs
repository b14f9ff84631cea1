//! What is known of `args`: the meet of the parameters of all targets of a rule.

use super::scope::Arguments;
use crate::hir::{Action, Member, Program, Server, Targets};
use crate::types::RecordType;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The tools that targets cover.
pub(crate) fn tools_of(program: &Program, targets: &Targets) -> Vec<Member> {
    members(program, targets, targets.any_tool, |server| server.tools.len(), targets.tools.iter())
}

/// The prompts that targets cover.
pub(crate) fn prompts_of(program: &Program, targets: &Targets) -> Vec<Member> {
    members(program, targets, targets.any_prompt, |server| server.prompts.len(), targets.prompts.iter())
}

fn members<'m>(
    program: &Program,
    targets: &Targets,
    any: bool,
    count: impl Fn(&Server) -> usize,
    named: impl Iterator<Item = &'m Member>,
) -> Vec<Member> {
    let mut found: Vec<Member> = named.copied().collect();
    for (index, server) in program.servers.iter().enumerate() {
        let id = crate::hir::ServerId::new(index);
        if any || targets.servers.contains(&id) {
            let rows = (0..count(server)).filter_map(|row| u32::try_from(row).ok());
            found.extend(rows.map(|index| Member { server: id, index }));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// `server.tool` of a tool, or `server.prompt` of a prompt.
pub(crate) fn member_name(program: &Program, member: Member, action: Action) -> String {
    let Some(server) = program.servers.get(member.server.index()) else { return String::new() };
    let row = usize::try_from(member.index).unwrap_or(usize::MAX);
    let name = match action {
        Action::Get | Action::Complete => server.prompts.get(row).map(|prompt| &prompt.name),
        _ => server.tools.get(row).map(|tool| &tool.name),
    };
    let name = name.map_or_else(String::new, |name| crate::diagnostics::suggest::as_written(name));
    format!("{}.{name}", server.name)
}

/// The meet of the parameters of tools.
pub(crate) fn of_tools(program: &Program, targets: &Targets) -> Arguments {
    let rows = tools_of(program, targets).into_iter().filter_map(|member| {
        let row = usize::try_from(member.index).ok()?;
        let tool = program.servers.get(member.server.index())?.tools.get(row)?;
        Some((member_name(program, member, Action::Call), &tool.input))
    });
    meet(rows.collect())
}

/// The meet of the parameters of prompts.
pub(crate) fn of_prompts(program: &Program, targets: &Targets) -> Arguments {
    let rows = prompts_of(program, targets).into_iter().filter_map(|member| {
        let row = usize::try_from(member.index).ok()?;
        let prompt = program.servers.get(member.server.index())?.prompts.get(row)?;
        Some((member_name(program, member, Action::Get), &prompt.input))
    });
    meet(rows.collect())
}

fn meet(rows: Vec<(String, &RecordType)>) -> Arguments {
    let mut record: Option<RecordType> = None;
    let mut lacking: BTreeMap<SmolStr, Vec<String>> = BTreeMap::new();
    for (_, input) in &rows {
        record = Some(match record {
            Some(known) => known.join_places(input),
            None => (*input).clone(),
        });
    }
    let record = record.unwrap_or_default();
    for name in record.fields.keys() {
        let without = rows.iter().filter(|(_, input)| !input.fields.contains_key(name));
        let without: Vec<String> = without.map(|(tool, _)| tool.clone()).collect();
        if !without.is_empty() {
            lacking.insert(name.clone(), without);
        }
    }
    let of = match rows.as_slice() {
        [(name, _)] => Some(name.clone()),
        _ => None,
    };
    Arguments { record, lacking, of }
}

/// At most three names, for a message.
pub(crate) fn few(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(3).map(|name| format!("`{name}`")).collect();
    match names.len() {
        0..=3 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), more - 3),
    }
}
