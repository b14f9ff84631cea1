//! Targets, paths and extraction plans in the bundle's words.

use crate::hir::{ParameterKind, PathStep, Targets};
use crate::types::{RecordType, Type};
use mcpz_bytecode::ids::ServerId;
use mcpz_bytecode::image::{self, CollectImage, StepImage, TargetsImage};
use std::collections::BTreeSet;

/// Deepest place that `paths(args)` and the like look for.
const MAX_PLAN_DEPTH: usize = 32;

/// Targets of a declaration.
pub fn targets(targets: &Targets) -> TargetsImage {
    let server = |id: crate::hir::ServerId| ServerId::new(id.index());
    TargetsImage {
        any_tool: targets.any_tool,
        any_resource: targets.any_resource,
        any_prompt: targets.any_prompt,
        servers: targets.servers.iter().map(|id| server(*id)).collect(),
        tools: targets.tools.iter().map(|member| (server(member.server), member.index)).collect(),
        prompts: targets.prompts.iter().map(|member| (server(member.server), member.index)).collect(),
        resources: targets
            .resources
            .iter()
            .map(|resource| (server(resource.server), super::tables::uri_pattern(&resource.pattern)))
            .collect(),
    }
}

/// Steps into a value.
pub fn steps(path: &[PathStep]) -> Vec<StepImage> {
    let step = |step: &PathStep| match step {
        PathStep::Field(name) => StepImage::Field(name.to_string()),
        PathStep::Each => StepImage::Each,
    };
    path.iter().map(step).collect()
}

/// A parameter kind in the bundle's words.
pub fn kind(kind: ParameterKind) -> image::ParameterKind {
    match kind {
        ParameterKind::Paths => image::ParameterKind::Paths,
        ParameterKind::Urls => image::ParameterKind::Urls,
        ParameterKind::Hosts => image::ParameterKind::Hosts,
        ParameterKind::Strings => image::ParameterKind::Strings,
    }
}

/// Where a tool's arguments hold paths, URLs and hosts, by their type; and the names it declares.
pub fn collect(input: &RecordType) -> Vec<CollectImage> {
    let mut found = BTreeSet::new();
    record(input, &mut Vec::new(), &mut found);
    found.into_iter().collect()
}

fn record(ty: &RecordType, path: &mut Vec<StepImage>, found: &mut BTreeSet<CollectImage>) {
    for (name, field) in &ty.fields {
        found.insert(CollectImage {
            kind: image::ParameterKind::Strings,
            path: vec![StepImage::Field(name.to_string())],
        });
        path.push(StepImage::Field(name.to_string()));
        place(field, path, found);
        path.pop();
    }
}

fn place(ty: &Type, path: &mut Vec<StepImage>, found: &mut BTreeSet<CollectImage>) {
    if path.len() > MAX_PLAN_DEPTH {
        return;
    }
    let kind = match ty {
        Type::Path => image::ParameterKind::Paths,
        Type::Url => image::ParameterKind::Urls,
        Type::Host => image::ParameterKind::Hosts,
        Type::Optional(of) => return place(of, path, found),
        Type::Union(members) => {
            return members.iter().for_each(|member| place(member, path, found));
        }
        Type::Record(fields) => return record(fields, path, found),
        Type::List(of) | Type::Set(of) | Type::Map(of) => {
            path.push(StepImage::Each);
            place(of, path, found);
            path.pop();
            return;
        }
        _ => return,
    };
    found.insert(CollectImage { kind, path: path.clone() });
}
