//! Step 0: whether the chain is one that the bundle knows.

use crate::caller::{CallerLink, LinkOrigin};
use crate::json::{Buffers, Document, Kind, Limits, NodeId};
use crate::principal::{Link, LinkSource};
use crate::vm::context::{ClassTable, Context};
use crate::vm::machine::Machine;
use crate::vm::read::integer;
use crate::vm::value::Truth;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use mcpz_bytecode::Program;
use mcpz_bytecode::ids::{ClassId, TypeId};
use mcpz_bytecode::image::{BundleImage, ClassDefinitionImage, LinkKind, SourceImageKind, TypeImage};

/// The name a link goes by in stores and approvals: `sub` of a token, the SPIFFE id, `uid:N`.
pub fn subject(link: &Link) -> Option<String> {
    match &link.source {
        LinkSource::Mtls { spiffe } => Some(spiffe.clone()),
        LinkSource::Local { uid } => Some(format!("uid:{uid}")),
        LinkSource::Issuer(_) => {
            let mut buffers = Buffers::new();
            let claims = buffers.read(link.claims.as_bytes(), &Limits::DEFAULT).ok()?;
            subject_claim(claims).map(String::from)
        }
    }
}

/// The `sub` claim.
pub(crate) fn subject_claim(claims: Document<'_>) -> Option<&str> {
    claims.get(claims.root(), "sub").and_then(|node| claims.str(node))
}

/// Whether claims fit their issuer's declaration, all links but the last are agents, and each agent
/// may act for the link behind it. The last link is the credential's own subject and has every claim
/// that is mandatory; actors before it are only identified (RFC 8693, 4.1): they have a `sub`, and what
/// else they say is of its type. A mandatory claim that an actor lacks is missing where a rule reads it.
pub(crate) fn is_valid(program: &Program, chain: &[CallerLink], classes: &ClassTable) -> bool {
    let image = program.image();
    let claims_fit = chain.iter().rev().enumerate().all(|(behind, link)| match link.origin() {
        LinkOrigin::Issuer(issuer) => image.issuers.get(issuer.index()).is_some_and(|issuer| match behind {
            0 => fits(image, link.claims(), link.claims().root(), issuer.claims),
            _ => link.subject().is_some() && fits_where_said(image, link.claims(), issuer.claims),
        }),
        LinkOrigin::Mtls(_) | LinkOrigin::Local(_) => true,
    });
    claims_fit
        && chain.iter().enumerate().zip(chain.iter().skip(1)).all(|((at, actor), _)| {
            actor.kind() == LinkKind::Agent && may_act_for(image, classes, at, at.saturating_add(1))
        })
}

/// Whether some class of the actor acts for some class of the other link.
fn may_act_for(image: &BundleImage, classes: &ClassTable, actor: usize, other: usize) -> bool {
    image.classes.iter().enumerate().any(|(row, class)| {
        classes.get(ClassId::new(row), actor) == Truth::True
            && class.acts_for.iter().any(|wanted| classes.get(*wanted, other) == Truth::True)
    })
}

/// Whether the claims that are there have their declared JSON types, whichever are not.
fn fits_where_said(image: &BundleImage, claims: Document<'_>, ty: TypeId) -> bool {
    let Some(TypeImage::Record(fields)) = image.types.get(ty.index()) else { return false };
    fields.iter().all(|(symbol, of)| {
        let name = image.symbols.get(symbol.index()).map_or("", String::as_str);
        claims.get(claims.root(), name).is_none_or(|member| fits(image, claims, member, *of))
    })
}

/// Whether claims have their declared JSON types. What is wrong inside strings shows where they are used.
fn fits(image: &BundleImage, document: Document<'_>, node: NodeId, ty: TypeId) -> bool {
    let kind = document.kind(node);
    match image.types.get(ty.index()) {
        None => false,
        Some(TypeImage::Optional(of)) => kind == Kind::Null || fits(image, document, node, *of),
        Some(TypeImage::Json) => true,
        Some(TypeImage::Union(members)) => members.iter().any(|member| fits(image, document, node, *member)),
        Some(TypeImage::Null) => kind == Kind::Null,
        Some(TypeImage::Bool) => kind == Kind::Bool,
        Some(TypeImage::Decimal) => kind == Kind::Number,
        Some(TypeImage::Int) => integer(document, node).is_some(),
        Some(TypeImage::Enum(words)) => document.str(node).is_some_and(|text| words.iter().any(|word| word == text)),
        Some(TypeImage::List(of) | TypeImage::Set(of)) => {
            kind == Kind::Array && document.elements(node).all(|element| fits(image, document, element, *of))
        }
        Some(TypeImage::Map(of)) => {
            kind == Kind::Object && document.members(node).all(|(_, member)| fits(image, document, member, *of))
        }
        Some(TypeImage::Record(fields)) => {
            kind == Kind::Object
                && fields.iter().all(|(symbol, of)| {
                    let name = image.symbols.get(symbol.index()).map_or("", String::as_str);
                    match document.get(node, name) {
                        Some(member) => fits(image, document, member, *of),
                        None => matches!(image.types.get(of.index()), Some(TypeImage::Optional(_))),
                    }
                })
        }
        Some(_) => kind == Kind::String,
    }
}

/// Tests every class on every link.
pub(crate) fn classify<'a>(cx: &Context<'a>, machine: &mut Machine<'a>) -> ClassTable {
    let mut table = ClassTable::new(cx.chain.len());
    for class in &cx.image().classes {
        let tests: Vec<Truth> = cx
            .chain
            .iter()
            .enumerate()
            .map(|(at, link)| {
                if class.kind == link.kind() {
                    definition(cx, machine, &table, &class.definition, at, link)
                } else {
                    Truth::False
                }
            })
            .collect();
        table.push(tests.into_iter());
    }
    table
}

/// The test of one class on one link; classes before it are in the table.
fn definition<'a>(
    cx: &Context<'a>,
    machine: &mut Machine<'a>,
    table: &ClassTable,
    definition: &ClassDefinitionImage,
    at: usize,
    link: &'a CallerLink,
) -> Truth {
    let inner = Context { link: Some(link), ..*cx };
    let mut holds = |block: &Option<_>| block.map_or(Truth::True, |block| machine.run_truth(&inner, block));
    match definition {
        ClassDefinitionImage::Identity { source, condition } => {
            let same = match (source, link.origin()) {
                (SourceImageKind::Issuer(wanted), LinkOrigin::Issuer(issuer)) => wanted == issuer,
                (SourceImageKind::Mtls, LinkOrigin::Mtls(_)) | (SourceImageKind::Local, LinkOrigin::Local(_)) => true,
                _ => false,
            };
            Truth::of(same).and(holds(condition))
        }
        ClassDefinitionImage::Narrow { base, condition } => table.get(*base, at).and(holds(condition)),
        ClassDefinitionImage::Join(parts) => {
            parts.iter().fold(Truth::False, |truth, part| truth.or(table.get(*part, at)))
        }
    }
}
