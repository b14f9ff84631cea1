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
use crate::natives::{Memo, Parser};
use crate::principal::{Link, LinkSource, Principal};
use crate::vm::context::{Captures, ClassTable, Collected, Context, SubjectTable};
use crate::vm::machine::Machine;
use crate::vm::subject;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicU8, Ordering};
use mcpz_bytecode::Program;
use mcpz_bytecode::ids::IssuerId;
use mcpz_bytecode::image::{ClassDefinitionImage, ClassSet, LinkKind};
use mcpz_bytecode::limits::MAX_CHAIN;

/// A caller, resolved. Immutable: it only keeps what it was asked before.
#[derive(Debug, Clone)]
pub struct Caller {
    chain: Vec<CallerLink>,
    scopes: Vec<String>,
    classes: ClassTable,
    possible: ClassSet,
    standing: Standing,
    is_clean: bool,
    subjects: SubjectTable,
    seen: Seen,
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
        let (classes, subjects) = classify(program, data, &chain);
        let standing = match readable {
            false => Standing::Unreadable,
            true if credential::is_valid(program, &chain, &classes) => Standing::Known,
            true => Standing::Unknown,
        };
        Caller {
            scopes: principal.scopes.clone(),
            possible: classes.possible(),
            is_clean: classes.is_clean(),
            subjects,
            seen: Seen::of(program.tools()),
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

    /// What subjects are of the chain.
    pub(crate) fn subjects(&self) -> &SubjectTable {
        &self.subjects
    }

    /// Whether listings show a tool, given by its number; `find_out` is asked the first time.
    pub(crate) fn sees(&self, tool: usize, find_out: impl FnOnce() -> bool) -> bool {
        let Some(known) = self.seen.tools.get(tool) else { return find_out() };
        match known.load(Ordering::Relaxed) {
            SHOWN => true,
            HIDDEN => false,
            _ => {
                let shown = find_out();
                known.store(if shown { SHOWN } else { HIDDEN }, Ordering::Relaxed);
                shown
            }
        }
    }

    /// Classes that some link belongs to or may belong to.
    pub(crate) fn possible(&self) -> &ClassSet {
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

/// Tests every class on every link, natives included, and every subject on the chain.
fn classify(program: &Program, data: &DataSet, chain: &[CallerLink]) -> (ClassTable, SubjectTable) {
    let mut memo = Memo::default();
    loop {
        let wanted = RefCell::new(Vec::<(_, String)>::new());
        let tables = classify_once(program, data, chain, &memo, &wanted);
        // Every round computes natives that no round computed before, of which there are finitely many.
        let wanted = wanted.into_inner();
        if wanted.is_empty() {
            return tables;
        }
        for (parser, text) in &wanted {
            memo.compute(*parser, text);
        }
    }
}

/// As [`classify`], noting the natives that are missing.
fn classify_once(
    program: &Program,
    data: &DataSet,
    chain: &[CallerLink],
    memo: &Memo,
    wanted: &RefCell<Vec<(Parser, String)>>,
) -> (ClassTable, SubjectTable) {
    let (captures, collected, missed) = (Captures::default(), Collected::default(), Cell::new(false));
    let (no_classes, no_subjects) = (ClassTable::default(), SubjectTable::default());
    let cx = Context {
        program,
        data,
        chain,
        classes: &no_classes,
        subjects: &no_subjects,
        asked: None,
        captures: &captures,
        collected: &collected,
        places: None,
        now_ms: 0,
        network: None,
        facts: None,
        memo,
        wanted: Some(wanted),
        missed: &missed,
        state: None,
        listing: false,
        eager: true,
        link: None,
    };
    let classes = credential::classify(&cx, &mut Machine::new(registers(program)));
    let subjects = subject::table(&Context { classes: &classes, ..cx });
    (classes, subjects)
}

/// Registers that the conditions of classes need.
fn registers(program: &Program) -> usize {
    let image = program.image();
    let blocks = image.classes.iter().filter_map(|class| match &class.definition {
        ClassDefinitionImage::Identity { condition, .. } | ClassDefinitionImage::Narrow { condition, .. } => *condition,
        ClassDefinitionImage::Join(_) => None,
    });
    let blocks = blocks.filter_map(|block| image.blocks.get(block.index()));
    blocks.map(|block| usize::from(block.registers())).max().unwrap_or(0)
}

/// What listings say of each tool, found out once and kept: it depends on the caller, the program and its
/// data, and on nothing else. Two threads may both find it out; they find the same.
#[derive(Debug, Default)]
struct Seen {
    tools: Vec<AtomicU8>,
}

/// [`Seen`]: not found out yet.
const NOT_KNOWN: u8 = 0;
/// [`Seen`]: listings show it.
const SHOWN: u8 = 1;
/// [`Seen`]: they do not.
const HIDDEN: u8 = 2;

impl Seen {
    /// Of so many tools nothing is known.
    fn of(tools: usize) -> Seen {
        Seen { tools: (0..tools).map(|_| AtomicU8::new(NOT_KNOWN)).collect() }
    }
}

impl Clone for Seen {
    fn clone(&self) -> Self {
        let tools = self.tools.iter().map(|tool| AtomicU8::new(tool.load(Ordering::Relaxed)));
        Seen { tools: tools.collect() }
    }
}
