//! What decision code sees: the program, the caller, the facts, the request, the state.

use crate::caller::CallerLink;
use crate::data::DataSet;
use crate::json::{Document, NodeId};
use crate::natives::{Memo, Parser};
use crate::schema::NotedMembers;
use crate::state::State;
use crate::vm::places::Places;
use crate::vm::value::{Place, Source, Truth};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::net::IpAddr;
use mcpz_bytecode::Program;
use mcpz_bytecode::arguments::ArgumentPlace;
use mcpz_bytecode::ids::{ClassId, PatternId, ServerId, SlotId, SubjectId};
use mcpz_bytecode::image::{Action, BundleImage, ClassSet};

/// A resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uri<'a> {
    /// This one.
    Known(&'a str),
    /// Some URI of this template (listings only).
    Template(&'a str),
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The action.
    pub action: Action,
    /// The server that is asked, or that asks.
    pub server: ServerId,
    /// Whether the server is the one who asks.
    pub by_server: bool,
    /// The tool of a call: row of the server's tools.
    pub tool: Option<usize>,
    /// The prompt of a get or completion: row of the server's prompts.
    pub prompt: Option<usize>,
    /// The URI of a read, subscription or completion.
    pub uri: Option<Uri<'a>>,
    /// Arguments: an object.
    pub arguments: (Document<'a>, NodeId),
    /// `sample` or `elicit`: an object.
    pub details: Option<Document<'a>>,
    /// What validating the arguments of a call has found out, where that was done already.
    pub checked: Option<Checked<'a>>,
}

/// What is known of the arguments of a call once they have been validated.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// Whether they fit the pinned schema.
    pub fits: bool,
    /// Places of the arguments, by the member that they begin with.
    pub places: &'a [ArgumentPlace],
    /// Where those members stand.
    pub members: &'a NotedMembers,
}

impl Checked<'_> {
    /// The member that a place begins with, if it is there; `None` at all when validating did not come by it.
    pub fn member(&self, slot: SlotId) -> Option<Option<NodeId>> {
        let place = self.places.iter().find(|place| place.slot == slot)?;
        let member = usize::try_from(place.member).ok().and_then(|member| self.members.get(member));
        member.copied()
    }
}

/// What a URI pattern captured: by variable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Captures<'a> {
    /// The patterns that match, and their variables.
    pub by_pattern: Vec<(PatternId, Vec<(&'a str, &'a str)>)>,
}

impl Captures<'_> {
    /// None.
    pub const NONE: Self = Self { by_pattern: Vec::new() };
}

/// Parameters collected by kind.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// Places of type path.
    pub paths: Vec<Place>,
    /// Places of type url.
    pub urls: Vec<Place>,
    /// Places of type host.
    pub hosts: Vec<Place>,
    /// Strings anywhere.
    pub strings: Vec<Place>,
}

impl Collected {
    /// None.
    pub const NONE: Self = Self { paths: Vec::new(), urls: Vec::new(), hosts: Vec::new(), strings: Vec::new() };
}

/// The class tests of every link, by class then link.
#[derive(Debug, Clone, Default)]
pub struct ClassTable {
    rows: Vec<Truth>,
    links: usize,
}

impl ClassTable {
    /// A table for a chain of this length; classes are added in order.
    pub fn new(links: usize) -> Self {
        Self { rows: Vec::new(), links }
    }

    /// Adds the tests of the next class, one for each link.
    pub fn push(&mut self, tests: impl Iterator<Item = Truth>) {
        self.rows.extend(tests);
    }

    /// The test of a class on a link.
    pub fn get(&self, class: ClassId, link: usize) -> Truth {
        let place = class.index().checked_mul(self.links).and_then(|start| start.checked_add(link));
        let known = place.filter(|_| link < self.links).and_then(|place| self.rows.get(place));
        known.copied().unwrap_or(Truth::False)
    }

    /// Classes that some link belongs to or may belong to.
    pub fn possible(&self) -> ClassSet {
        let classes = self.rows.len().checked_div(self.links).unwrap_or(0);
        let may = |class: &ClassId| (0..self.links).any(|link| self.get(*class, link) != Truth::False);
        (0..classes).map(ClassId::new).filter(may).collect()
    }

    /// Whether no test is in error.
    pub fn is_clean(&self) -> bool {
        !self.rows.iter().any(|truth| matches!(truth, Truth::Error(_)))
    }
}

/// What the subjects of a bundle are of one chain, when no server asks.
#[derive(Debug, Clone, Default)]
pub struct SubjectTable {
    rows: Vec<SubjectTruth>,
}

/// What one subject is of a chain.
#[derive(Debug, Clone, Copy)]
pub struct SubjectTruth {
    /// As a permit matches.
    pub narrowly: Truth,
    /// As a restriction matches.
    pub anywhere: Truth,
}

impl SubjectTable {
    /// A table of all subjects, in the order of the bundle.
    pub fn new(rows: impl Iterator<Item = SubjectTruth>) -> Self {
        Self { rows: rows.collect() }
    }

    /// A subject, if the table has it.
    #[inline]
    pub fn get(&self, subject: SubjectId) -> Option<SubjectTruth> {
        self.rows.get(subject.index()).copied()
    }
}

/// What decision code sees.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its data.
    pub data: &'a DataSet,
    /// The chain.
    pub chain: &'a [CallerLink],
    /// Class tests.
    pub classes: &'a ClassTable,
    /// What subjects are of the chain; empty while links are classified.
    pub subjects: &'a SubjectTable,
    /// What is asked; absent while links are classified.
    pub asked: Option<&'a Asked<'a>>,
    /// Captures of URI patterns.
    pub captures: &'a Captures<'a>,
    /// Collected parameters.
    pub collected: &'a Collected,
    /// Places that were found before, where findings are kept.
    pub places: Option<&'a Places>,
    /// The time.
    pub now_ms: i64,
    /// The peer's address, unwrapped.
    pub network: Option<IpAddr>,
    /// `context`.
    pub facts: Option<Document<'a>>,
    /// Results of allocating natives.
    pub memo: &'a Memo,
    /// Natives that were asked for and not there, when they are to be noted.
    pub wanted: Option<&'a RefCell<Vec<(Parser, String)>>>,
    /// Whether a native was not there.
    pub missed: &'a Cell<bool>,
    /// The state; absent: everything it could answer is unknown.
    pub state: Option<&'a dyn State>,
    /// At list time most facts are unknown.
    pub listing: bool,
    /// Evaluate everything, also what cannot change the result.
    pub eager: bool,
    /// The link being classified.
    pub link: Option<&'a CallerLink>,
}

impl<'a> Context<'a> {
    /// The bundle's tables.
    pub fn image(&self) -> &'a BundleImage {
        self.program.image()
    }

    /// A document of the request; the empty object where there is none.
    #[inline]
    pub fn document(&self, source: Source) -> Document<'a> {
        let found = match source {
            Source::Arguments | Source::Prompt => self.asked.map(|asked| asked.arguments.0),
            Source::Details => self.asked.and_then(|asked| asked.details),
            Source::Facts => self.facts,
            Source::User => self.chain.last().map(CallerLink::claims),
            Source::Agent => self.chain.first().map(CallerLink::claims),
            Source::Link => self.link.map(CallerLink::claims),
        };
        found.unwrap_or(Document::empty_object())
    }

    /// The text of a string of the request.
    #[inline]
    pub fn text(&self, source: Source, node: NodeId) -> Option<&'a str> {
        match source {
            Source::Arguments | Source::Prompt => self.asked?.arguments.0.str(node),
            Source::Facts => self.facts.as_ref()?.str(node),
            _ => self.document(source).str(node),
        }
    }

    /// Notes a native whose result is not there.
    pub fn miss(&self, parser: Parser, text: &str) {
        self.missed.set(true);
        if let Some(wanted) = self.wanted
            && let Ok(mut wanted) = wanted.try_borrow_mut()
        {
            wanted.push((parser, text.to_string()));
        }
    }
}
