//! The caller: a credential resolved against a program, once, to be used for many decisions.
//!
//! [`Caller::resolve`] reads the claims of every link, tests every class on every link, and finds out
//! whether the chain is one that the bundle knows (step 0a of a decision). Nothing of it depends on a
//! request, so that an enforcement point does it once for each credential, and shares the result
//! between threads. A caller belongs to one program and one set of data: with any other every
//! decision is a denial.

use crate::credential;
use crate::data::DataSet;
use crate::json::{Buffers, Document, Kind, Limits};
use crate::natives::Memo;
use crate::principal::{Link, LinkSource, Principal};
use crate::vm::context::{Captures, ClassTable, Collected, Context};
use crate::vm::machine::Machine;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use mcpz_bytecode::Program;
use mcpz_bytecode::ids::{ClassId, IssuerId};
use mcpz_bytecode::image::{ClassDefinitionImage, LinkKind};
use mcpz_bytecode::limits::MAX_CHAIN;

/// A caller, resolved. Immutable.
#[derive(Debug, Clone)]
pub struct Caller {
    chain: Vec<CallerLink>,
    scopes: Vec<String>,
    classes: ClassTable,
    possible: Vec<ClassId>,
    standing: Standing,
    is_clean: bool,
    program: [u8; 32],
    data: u64,
}

/// Whether the chain is one that the bundle knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is.
    Known,
    /// It could be read, but the bundle does not know such a chain.
    Unknown,
    /// It could not be read.
    Unreadable,
}

/// A link of the chain, its claims read.
#[derive(Debug, Clone)]
pub struct CallerLink {
    kind: LinkKind,
    origin: LinkOrigin,
    subject: Option<String>,
    text: String,
    claims: Buffers,
}

/// Where a link's credential comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkOrigin {
    /// A token of this issuer.
    Issuer(IssuerId),
    /// A certificate with this SPIFFE id.
    Mtls(String),
    /// A local process of this user.
    Local(i64),
}

impl CallerLink {
    /// Person or program.
    pub fn kind(&self) -> LinkKind {
        self.kind
    }

    /// Where its credential comes from.
    pub fn origin(&self) -> &LinkOrigin {
        &self.origin
    }

    /// The name it goes by in stores and approvals: see [`credential::subject`].
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// Its claims: an object.
    pub fn claims(&self) -> Document<'_> {
        self.claims.view(&self.text)
    }

    /// Reads a link; `None` when its claims are no JSON object, or its issuer is unknown.
    fn read(program: &Program, link: &Link) -> Option<CallerLink> {
        let origin = match &link.source {
            LinkSource::Issuer(name) => {
                let row = program.image().issuers.iter().position(|issuer| issuer.name == *name)?;
                LinkOrigin::Issuer(IssuerId::new(row))
            }
            LinkSource::Mtls { spiffe } => LinkOrigin::Mtls(spiffe.clone()),
            LinkSource::Local { uid } => LinkOrigin::Local(*uid),
        };
        let mut claims = Buffers::new();
        let document = claims.read(link.claims.as_bytes(), &Limits::DEFAULT).ok()?;
        if document.kind(document.root()) != Kind::Object {
            return None;
        }
        let subject = match &origin {
            LinkOrigin::Mtls(spiffe) => Some(spiffe.clone()),
            LinkOrigin::Local(uid) => Some(format!("uid:{uid}")),
            LinkOrigin::Issuer(_) => credential::subject_claim(document).map(String::from),
        };
        Some(CallerLink { kind: link.kind, origin, subject, text: link.claims.clone(), claims })
    }
}

impl Caller {
    /// Resolves a credential.
    pub fn resolve(program: &Program, data: &DataSet, principal: &Principal) -> Caller {
        let chain: Option<Vec<CallerLink>> = if principal.chain.len() > MAX_CHAIN {
            None
        } else {
            principal.chain.iter().map(|link| CallerLink::read(program, link)).collect()
        };
        let readable = chain.is_some();
        let chain = chain.unwrap_or_default();
        let classes = classify(program, data, &chain);
        let standing = match readable {
            false => Standing::Unreadable,
            true if credential::is_valid(program, &chain, &classes) => Standing::Known,
            true => Standing::Unknown,
        };
        Caller {
            scopes: principal.scopes.clone(),
            possible: classes.possible(),
            is_clean: classes.is_clean(),
            chain,
            classes,
            standing,
            program: program.digest(),
            data: data.stamp(),
        }
    }

    /// The chain, outermost actor first.
    pub fn chain(&self) -> &[CallerLink] {
        &self.chain
    }

    /// Scopes of the credential.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The class tests of every link.
    pub fn classes(&self) -> &ClassTable {
        &self.classes
    }

    /// Classes that some link belongs to or may belong to, ascending.
    pub(crate) fn possible(&self) -> &[ClassId] {
        &self.possible
    }

    /// Whether no class test is in error.
    pub(crate) fn is_clean(&self) -> bool {
        self.is_clean
    }

    /// Whether the chain is known, to be asked with the program and data of the decision.
    pub(crate) fn standing(&self, program: &Program, data: &DataSet) -> Standing {
        if self.program == program.digest() && self.data == data.stamp() { self.standing } else { Standing::Unreadable }
    }
}

/// Tests every class on every link, natives included.
fn classify(program: &Program, data: &DataSet, chain: &[CallerLink]) -> ClassTable {
    let (captures, collected, none) = (Captures::default(), Collected::default(), ClassTable::default());
    let image = program.image();
    let blocks = image.classes.iter().filter_map(|class| match &class.definition {
        ClassDefinitionImage::Identity { condition, .. } | ClassDefinitionImage::Narrow { condition, .. } => *condition,
        ClassDefinitionImage::Join(_) => None,
    });
    let registers = blocks.filter_map(|block| image.blocks.get(block.index()));
    let registers = registers.map(|block| usize::from(block.registers)).max().unwrap_or(0);
    let mut memo = Memo::default();
    loop {
        let (missed, wanted) = (Cell::new(false), RefCell::new(Vec::<(_, String)>::new()));
        let table = {
            let cx = Context {
                program,
                data,
                chain,
                classes: &none,
                asked: None,
                captures: &captures,
                collected: &collected,
                now_ms: 0,
                network: None,
                facts: None,
                memo: &memo,
                wanted: Some(&wanted),
                missed: &missed,
                state: None,
                listing: false,
                eager: true,
                link: None,
            };
            credential::classify(&cx, &mut Machine::new(registers))
        };
        // Every round computes natives that no round computed before, of which there are finitely many.
        let wanted = wanted.into_inner();
        if wanted.is_empty() {
            return table;
        }
        for (parser, text) in &wanted {
            memo.compute(*parser, text);
        }
    }
}
