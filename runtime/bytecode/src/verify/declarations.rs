//! Checks of identities, servers, rules and debug data.

use super::tables::verify_pattern;
use super::{BlockFacts, Check, Uses, VerifyError, ascends, each, ensure, rules};
use crate::container::Section;
use crate::ids::{BlockId, ClassId, TypeId};
use crate::image::*;
use crate::limits::MAX_VALUE_DEPTH;
use crate::value::net;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// Checks them all.
pub(super) fn verify(image: &BundleImage, facts: &[BlockFacts]) -> Result<(), VerifyError> {
    verify_identities(image, facts)?;
    verify_servers(image)?;
    rules::verify(image, facts)?;
    verify_obligations(image)?;
    each(Section::Data, &image.data, |_, data| {
        ensure(data.ty.index() < image.types.len(), "no such type")?;
        ensure(data.value.index() < image.constants.len(), "no such constant")
    })?;
    let context = image.context.is_none_or(|ty| is_record(image, ty));
    ensure(context, "the context is no record").map_err(|problem| VerifyError::section(Section::Data, problem))?;
    verify_debug(image)
}

/// Whether the type is a record.
fn is_record(image: &BundleImage, ty: TypeId) -> bool {
    matches!(image.types.get(ty.index()), Some(TypeImage::Record(_)))
}

/// Issuers, classes and subjects.
fn verify_identities(image: &BundleImage, facts: &[BlockFacts]) -> Result<(), VerifyError> {
    each(Section::Identities, &image.issuers, |_, issuer| {
        ensure(is_record(image, issuer.claims), "claims are no record")
    })?;
    let mut names = BTreeSet::new();
    let distinct = image.issuers.iter().all(|issuer| names.insert(issuer.name.as_str()));
    ensure(distinct, "an issuer stands twice").map_err(|problem| VerifyError::section(Section::Identities, problem))?;
    each(Section::Identities, &image.classes, |row, class| verify_class(image, facts, row, class))?;
    let mut depths: Vec<usize> = Vec::new();
    for (row, subject) in image.subjects.iter().enumerate() {
        let depth = subject_depth(image, subject, &depths)
            .map_err(|problem| VerifyError::new(Section::Identities, row, problem))?;
        depths.push(depth);
    }
    Ok(())
}

/// A class refers to earlier classes and to conditions over its link alone.
fn verify_class(image: &BundleImage, facts: &[BlockFacts], row: usize, class: &ClassImage) -> Check {
    let earlier = |id: &ClassId| ensure(id.index() < row, "a class refers to a later one");
    let condition = |block: &Option<BlockId>| match block {
        None => Ok(()),
        Some(block) => {
            let block = facts.get(block.index()).ok_or("no such block")?;
            ensure(block.truth && !block.uses.has(Uses::REQUEST), "a class condition asks about more than its link")
        }
    };
    match &class.definition {
        ClassDefinitionImage::Identity { source, condition: block } => {
            condition(block)?;
            match source {
                SourceImageKind::Issuer(issuer) => ensure(issuer.index() < image.issuers.len(), "no such issuer")?,
                SourceImageKind::Mtls | SourceImageKind::Local => {}
            }
        }
        ClassDefinitionImage::Narrow { base, condition: block } => {
            condition(block)?;
            earlier(base)?;
        }
        ClassDefinitionImage::Join(of) => of.iter().try_for_each(earlier)?,
    }
    known_classes(image, &class.acts_for)
}

/// Every class named exists.
pub(super) fn known_classes(image: &BundleImage, classes: &[ClassId]) -> Check {
    ensure(classes.iter().all(|class| class.index() < image.classes.len()), "no such class")
}

/// One more than the deepest subject this one refers to.
fn subject_depth(image: &BundleImage, subject: &SubjectImage, depths: &[usize]) -> Result<usize, &'static str> {
    let of = |id: &crate::ids::SubjectId| depths.get(id.index()).copied().ok_or("a subject refers to a later one");
    let deepest = match subject {
        SubjectImage::Either(parts) | SubjectImage::Both(parts) => {
            ensure(!parts.is_empty(), "an empty subject")?;
            parts.iter().try_fold(0, |deepest, id| of(id).map(|depth| depth.max(deepest)))?
        }
        SubjectImage::ActingFor(agent, other) => of(agent)?.max(of(other)?),
        SubjectImage::Class(class) => known_classes(image, &[*class]).map(|()| 0)?,
        SubjectImage::Server(server) => ensure(server.index() < image.servers.len(), "no such server").map(|()| 0)?,
        _ => 0,
    };
    let depth = deepest.saturating_add(1);
    ensure(depth <= MAX_VALUE_DEPTH, "nested too deep").map(|()| depth)
}

/// Servers, segments and flows.
fn verify_servers(image: &BundleImage) -> Result<(), VerifyError> {
    let mut names = BTreeSet::new();
    let distinct = image.servers.iter().all(|server| names.insert(server.name.as_str()));
    ensure(distinct, "a server stands twice").map_err(|problem| VerifyError::section(Section::Servers, problem))?;
    each(Section::Servers, &image.servers, |_, server| {
        let mut tools = BTreeSet::new();
        ensure(server.tools.iter().all(|tool| tools.insert(tool.name.as_str())), "a tool stands twice")?;
        let mut prompts = BTreeSet::new();
        ensure(server.prompts.iter().all(|prompt| prompts.insert(prompt.name.as_str())), "a prompt stands twice")?;
        ensure(server.segment.is_none_or(|segment| segment.index() < image.segments.len()), "no such segment")?;
        let shallow =
            server.tools.iter().all(|tool| tool.collect.iter().all(|place| place.path.len() <= MAX_VALUE_DEPTH));
        ensure(shallow, "a place is too deep")
    })?;
    each(Section::Servers, &image.segments, |_, segment| {
        let valid = segment.networks.iter().all(|(address, length)| net::net_is_valid(*address, *length));
        ensure(valid, "no such network")
    })?;
    each(Section::Servers, &image.flows, |_, flow| {
        let known = flow.from.index() < image.segments.len() && flow.to.index() < image.segments.len();
        ensure(known, "no such segment")?;
        flow.only.as_ref().map_or(Ok(()), |targets| verify_targets(image, targets))
    })
}

/// Every target exists.
fn verify_targets(image: &BundleImage, targets: &TargetsImage) -> Check {
    let server = |id: &crate::ids::ServerId| image.servers.get(id.index()).ok_or("no such server");
    for id in &targets.servers {
        server(id)?;
    }
    for (id, row) in &targets.tools {
        let row = usize::try_from(*row).map_err(|_| "no such tool")?;
        ensure(row < server(id)?.tools.len(), "no such tool")?;
    }
    for (id, row) in &targets.prompts {
        let row = usize::try_from(*row).map_err(|_| "no such prompt")?;
        ensure(row < server(id)?.prompts.len(), "no such prompt")?;
    }
    for (id, pattern) in &targets.resources {
        server(id)?;
        verify_pattern(pattern)?;
    }
    Ok(())
}

/// Labels, stores, declassification, sensitive places and grants.
fn verify_obligations(image: &BundleImage) -> Result<(), VerifyError> {
    let label = |id: crate::ids::LabelId| ensure(id.index() < image.labels.len(), "no such label");
    each(Section::Obligations, &image.labels, |_, row| {
        row.sources.iter().try_for_each(|(targets, _)| verify_targets(image, targets))
    })?;
    each(Section::Obligations, &image.stores, |_, row| {
        label(row.label)?;
        verify_targets(image, &row.targets)
    })?;
    each(Section::Obligations, &image.declassify, |_, row| {
        label(row.label)?;
        verify_targets(image, &row.targets)
    })?;
    each(Section::Obligations, &image.sensitive, |_, row| verify_targets(image, &row.targets))?;
    each(Section::Obligations, &image.grants, |_, grant| {
        ensure(grant.subject.index() < image.subjects.len(), "no such subject")?;
        known_classes(image, &grant.approvers)
    })
}

/// Debug data names real registers, instructions and sources.
fn verify_debug(image: &BundleImage) -> Result<(), VerifyError> {
    let debug = &image.debug;
    let complete = (debug.texts.is_empty() || debug.texts.len() == image.sources.len())
        && (debug.blocks.is_empty() || debug.blocks.len() == image.blocks.len());
    ensure(complete, "debug data is incomplete").map_err(|problem| VerifyError::section(Section::Debug, problem))?;
    each(Section::Debug, &debug.blocks, |row, block| {
        let code = image.blocks.get(row).ok_or("no such block")?;
        let known = |span: &SpanImage| ensure(span.source.index() < image.sources.len(), "no such source");
        for clause in &block.clauses {
            known(&clause.span)?;
            ensure(clause.register < code.registers(), "no such register")?;
            let end = usize::try_from(clause.end).map_err(|_| "no such instruction")?;
            ensure(clause.start <= clause.end && end <= code.length(), "no such instruction")?;
        }
        ensure(ascends(block.atoms.iter().map(|atom| atom.pc)), "atoms are not sorted")?;
        block.atoms.iter().try_for_each(|atom| {
            known(&atom.span)?;
            ensure(usize::try_from(atom.pc).is_ok_and(|pc| pc < code.length()), "no such instruction")
        })
    })
}
