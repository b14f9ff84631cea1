//! Declarations in the bundle's words: issuers, classes, servers, labels, segments, flows, data.

use super::plan;
use super::tables::Tables;
use crate::decision::DecisionGraph;
use crate::hir::canonical::{class_name, data_name, label_name, segment_name};
use crate::hir::{
    Class, ClassDefinition, ClassId, CredentialSource, DataId, LabelId, PrincipalKind, Program, Prompt, SegmentId,
    Server, Tool, Unwraps,
};
use crate::types::Type;
use mcpz_bytecode::ids;
use mcpz_bytecode::image::{
    BundleImage, ClassDefinitionImage, ClassImage, DataImage, DeclassifyImage, FlowImage, IssuerImage, LabelImage,
    LinkKind, PromptImage, SegmentImage, SensitiveImage, ServerImage, SourceImage, SourceImageKind, StoresImage,
    ToolImage, UnwrapsImage,
};
use smol_str::SmolStr;
use std::sync::Arc;

/// Fills everything that needs no code.
pub fn declare(program: &Program, tables: &mut Tables, image: &mut BundleImage) {
    image.sources = program.sources.iter().map(|source| SourceImage { path: source.path.clone() }).collect();
    image.issuers = program
        .issuers
        .iter()
        .map(|issuer| IssuerImage {
            name: issuer.name.to_string(),
            url: issuer.url.clone(),
            audience: issuer.audience.clone(),
            lifetime_ms: issuer.lifetime_ms,
            bound: strings(&issuer.bound),
            claims: tables.ty(&Type::Record(issuer.claims.clone())),
        })
        .collect();
    image.servers = program.servers.iter().map(server).collect();
    image.context = (!program.context.fields.is_empty()).then(|| tables.ty(&Type::Record(program.context.clone())));
    image.data = program
        .data
        .iter()
        .enumerate()
        .map(|(row, data)| DataImage {
            name: data_name(program, DataId::new(row)),
            ty: tables.ty(&data.ty),
            value: tables.typed_constant(&data.value, &data.ty),
        })
        .collect();
    network(program, image);
    labels(program, image);
}

fn network(program: &Program, image: &mut BundleImage) {
    image.segments = program
        .segments
        .iter()
        .enumerate()
        .map(|(row, segment)| SegmentImage {
            name: segment_name(program, SegmentId::new(row)),
            networks: segment.networks.clone(),
        })
        .collect();
    image.flows = program
        .flows
        .iter()
        .map(|flow| FlowImage {
            from: ids::SegmentId::new(flow.from.index()),
            to: ids::SegmentId::new(flow.to.index()),
            only: flow.only.as_ref().map(plan::targets),
            forbid: flow.forbid,
        })
        .collect();
}

fn labels(program: &Program, image: &mut BundleImage) {
    image.labels = program
        .labels
        .iter()
        .enumerate()
        .map(|(row, label)| LabelImage {
            name: label_name(program, LabelId::new(row)),
            sources: label.sources.iter().map(|(targets, path)| (plan::targets(targets), plan::steps(path))).collect(),
        })
        .collect();
    image.stores = program
        .stores
        .iter()
        .map(|stores| StoresImage {
            label: ids::LabelId::new(stores.label.index()),
            targets: plan::targets(&stores.targets),
            key: strings(&stores.key),
        })
        .collect();
    image.declassify = program
        .declassify
        .iter()
        .map(|declassify| DeclassifyImage {
            label: ids::LabelId::new(declassify.label.index()),
            targets: plan::targets(&declassify.targets),
        })
        .collect();
    image.sensitive = program
        .sensitive
        .iter()
        .map(|sensitive| SensitiveImage {
            targets: plan::targets(&sensitive.targets),
            path: plan::steps(&sensitive.path),
        })
        .collect();
}

/// Fills the classes, whose conditions are blocks of the graph.
pub fn classes(program: &Program, graph: &DecisionGraph, image: &mut BundleImage) {
    image.classes = program
        .classes
        .iter()
        .enumerate()
        .map(|(row, class)| {
            let id = ClassId::new(row);
            let condition = graph.classes.get(&id).map(|block| ids::BlockId::new(*block));
            ClassImage {
                name: class_name(program, id),
                kind: match class.kind {
                    PrincipalKind::User => LinkKind::User,
                    PrincipalKind::Agent => LinkKind::Agent,
                },
                definition: definition(class, condition),
                acts_for: class.acts_for.iter().map(|class| ids::ClassId::new(class.index())).collect(),
            }
        })
        .collect();
}

fn definition(class: &Class, condition: Option<ids::BlockId>) -> ClassDefinitionImage {
    match &class.definition {
        ClassDefinition::Identity { source, .. } => ClassDefinitionImage::Identity {
            source: match source {
                CredentialSource::Issuer(issuer) => SourceImageKind::Issuer(ids::IssuerId::new(issuer.index())),
                CredentialSource::Mtls => SourceImageKind::Mtls,
                CredentialSource::Local => SourceImageKind::Local,
            },
            condition,
        },
        ClassDefinition::Narrow { base, .. } => {
            ClassDefinitionImage::Narrow { base: ids::ClassId::new(base.index()), condition }
        }
        ClassDefinition::Join(parts) => {
            ClassDefinitionImage::Join(parts.iter().map(|part| ids::ClassId::new(part.index())).collect())
        }
    }
}

fn server(server: &Server) -> ServerImage {
    ServerImage {
        name: server.name.to_string(),
        endpoint: server.endpoint.clone(),
        command: server.command.clone(),
        spiffe: server.spiffe.clone(),
        catalog_digest: server.catalog_digest.clone(),
        segment: server.segment.map(|segment| ids::SegmentId::new(segment.index())),
        egress: server.egress.clone(),
        refuse_extra: server.refuse_extra,
        tools: server.tools.iter().enumerate().map(|(row, tool)| tool_image(server, row, tool)).collect(),
        prompts: server.prompts.iter().map(prompt).collect(),
        resources: server.resources.clone(),
        templates: server.resource_templates.clone(),
    }
}

fn tool_image(server: &Server, row: usize, tool: &Tool) -> ToolImage {
    let unwraps = server.unwraps.iter().find(|unwraps| usize::try_from(unwraps.tool) == Ok(row));
    ToolImage {
        name: tool.name.as_str().into(),
        schema: Some(Arc::clone(&tool.schema.image)),
        collect: plan::collect(&tool.input).into(),
        unwraps: unwraps.map(|unwraps| Box::new(unwraps_image(unwraps))),
    }
}

fn unwraps_image(unwraps: &Unwraps) -> UnwrapsImage {
    UnwrapsImage {
        server: unwraps.server.as_deref().map(strings),
        name: strings(&unwraps.name),
        arguments: strings(&unwraps.arguments),
    }
}

fn prompt(prompt: &Prompt) -> PromptImage {
    let parameters = prompt.input.fields.iter();
    PromptImage {
        name: prompt.name.to_string(),
        parameters: parameters.map(|(name, ty)| (name.to_string(), !ty.is_optional())).collect(),
    }
}

fn strings(names: &[SmolStr]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
