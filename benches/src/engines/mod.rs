//! One adapter for each engine, all behind [`Engine`].
//!
//! An adapter is written as the engine's best users would set it up. What an enforcement point knows
//! before the message comes (the verified caller, the server at the other end, the facts) is
//! converted beforehand, once per [`Engine::Session`], for every engine alike.

pub mod cedar;
pub mod cel;
pub mod hand;
pub mod mcpz;
mod mcpz_text;
pub mod raw;
mod raw_scan;
pub mod rego;
pub mod typed;

use crate::model::{Call, Facts, Workload};
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

/// An engine's rules, ready to be loaded.
pub struct Built<A> {
    /// What is loaded: policy text, or a bundle.
    pub artifact: A,
    /// Its size in bytes, where it has one.
    pub bytes: Option<usize>,
    /// Bytes of it that are decision code and rule table, without automata, docs and spans.
    pub code_bytes: Option<usize>,
    /// How long compiling took, where that is a step of its own.
    pub compile: Option<Duration>,
}

impl<A> Built<A> {
    /// Policy text.
    pub fn text(artifact: A, bytes: usize) -> Built<A> {
        Built { artifact, bytes: Some(bytes), code_bytes: None, compile: None }
    }
}

/// What is known of a call before its message is read.
#[derive(Debug, Clone, Copy)]
pub struct Known<'w> {
    /// The caller's name.
    pub agent: &'w str,
    /// The caller's roles, by number; names are in `role_names`.
    pub roles: &'w [usize],
    /// Names of all roles.
    pub role_names: &'w [String],
    /// The server at the other end, by number.
    pub server: usize,
    /// Its name.
    pub server_name: &'w str,
    /// Facts.
    pub facts: &'w Facts,
}

impl<'w> Known<'w> {
    /// What is known of a call of a workload.
    pub fn of(workload: &'w Workload, call: &'w Call) -> Known<'w> {
        let agent = &workload.agents[call.agent];
        Known {
            agent: &agent.id,
            roles: &agent.roles,
            role_names: &workload.roles,
            server: call.server,
            server_name: &workload.servers[call.server].name,
            facts: &call.facts,
        }
    }

    /// Names of the caller's roles.
    pub fn names(&self) -> impl Iterator<Item = &'w str> {
        self.roles.iter().map(|role| self.role_names[*role].as_str())
    }
}

/// An engine under test. The program is shared by threads; a worker belongs to one.
pub trait Engine: Sized + Send + Sync + 'static {
    /// What is loaded.
    type Artifact;
    /// What is known beforehand, in the engine's own form.
    type Session: Send + Sync;
    /// A message already read, in the engine's own form.
    type Read<'a>;
    /// What one thread needs for itself.
    type Worker;

    /// Writes the rules for the engine, and compiles them where that is a step of its own. `cache` is a
    /// folder where a compiled form may be kept between processes.
    fn build(workload: &Workload, cache: Option<&Path>) -> Result<Built<Self::Artifact>, String>;

    /// Loads them.
    fn load(artifact: &Self::Artifact) -> Result<Self, String>;

    /// A worker.
    fn worker(&self) -> Self::Worker;

    /// Converts what is known.
    fn session(&self, known: &Known<'_>) -> Self::Session;

    /// Reads a message; none when the engine's reader refuses it.
    fn read<'a>(&'a self, session: &'a Self::Session, message: &'a [u8]) -> Option<Self::Read<'a>>;

    /// Decides a message already read.
    fn decide_read(&self, worker: &mut Self::Worker, session: &Self::Session, read: &Self::Read<'_>) -> bool;

    /// Decides a message.
    fn decide_bytes(&self, worker: &mut Self::Worker, session: &Self::Session, message: &[u8]) -> bool;
}

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineName {
    /// Ours.
    Mcpz,
    /// A scanner over the raw bytes and a flat table: about as fast as it gets.
    Raw,
    /// Hand-written closures over a struct that sonic-rs reads.
    HandSonic,
    /// Hand-written closures over a struct that serde_json reads.
    HandSerde,
    /// CEL, programs indexed by tool.
    CelIndexed,
    /// Rego on regorus' virtual machine, a program for each tool.
    RegoRvmSliced,
    /// Cedar, a policy set for each tool.
    CedarSliced,
    /// Cedar, one policy set.
    Cedar,
}

impl EngineName {
    /// Every engine, in the order of the tables.
    pub const ALL: [EngineName; 8] = [
        EngineName::Mcpz,
        EngineName::Raw,
        EngineName::HandSonic,
        EngineName::HandSerde,
        EngineName::CelIndexed,
        EngineName::RegoRvmSliced,
        EngineName::CedarSliced,
        EngineName::Cedar,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            EngineName::Mcpz => "mcpz",
            EngineName::Raw => "raw",
            EngineName::HandSonic => "hand_sonic",
            EngineName::HandSerde => "hand_serde",
            EngineName::CelIndexed => "cel_indexed",
            EngineName::RegoRvmSliced => "rego_rvm_sliced",
            EngineName::CedarSliced => "cedar_sliced",
            EngineName::Cedar => "cedar",
        }
    }

    /// The engine of a name.
    pub fn find(name: &str) -> Option<EngineName> {
        EngineName::ALL.into_iter().find(|engine| engine.name() == name)
    }

    /// Whether its load time or its cost for each rule makes it worth leaving out of a quick run at
    /// this number of rules.
    pub fn is_slow_at(self, rules: usize) -> bool {
        let peer = matches!(
            self,
            EngineName::CelIndexed | EngineName::RegoRvmSliced | EngineName::CedarSliced | EngineName::Cedar
        );
        peer && rules > 10_000
    }

    /// Calls `visitor` with the engine's type.
    pub fn visit<V: Visitor>(self, visitor: V) -> V::Output {
        match self {
            EngineName::Mcpz => visitor.visit::<mcpz::Mcpz>(self),
            EngineName::Raw => visitor.visit::<raw::Raw>(self),
            EngineName::HandSonic => visitor.visit::<hand::Hand<typed::Sonic>>(self),
            EngineName::HandSerde => visitor.visit::<hand::Hand<typed::Serde>>(self),
            EngineName::CelIndexed => visitor.visit::<cel::CelIndexed>(self),
            EngineName::RegoRvmSliced => visitor.visit::<rego::RegoSliced>(self),
            EngineName::CedarSliced => visitor.visit::<cedar::CedarSliced>(self),
            EngineName::Cedar => visitor.visit::<cedar::Cedar>(self),
        }
    }
}

/// Something to do with an engine, whichever it is.
pub trait Visitor {
    /// What comes of it.
    type Output;
    /// Does it.
    fn visit<E: Engine>(self, name: EngineName) -> Self::Output;
}

/// A value for each tool of each server, found without building a key.
#[derive(Debug, Clone)]
pub struct ByTool<T>(HashMap<String, HashMap<String, T>>);

impl<T> Default for ByTool<T> {
    fn default() -> Self {
        ByTool(HashMap::new())
    }
}

impl<T> ByTool<T> {
    /// Adds the value of a tool.
    pub fn insert(&mut self, server: &str, tool: &str, value: T) {
        self.0.entry(server.to_owned()).or_default().insert(tool.to_owned(), value);
    }

    /// The value of a tool.
    pub fn get(&self, server: &str, tool: &str) -> Option<&T> {
        self.0.get(server)?.get(tool)
    }

    /// The value of a tool, to change.
    pub fn get_mut(&mut self, server: &str, tool: &str) -> Option<&mut T> {
        self.0.get_mut(server)?.get_mut(tool)
    }

    /// The same tools with other values.
    pub fn map<U>(&self, mut of: impl FnMut(&T) -> U) -> ByTool<U> {
        let rows = self.0.iter().map(|(server, tools)| {
            (server.clone(), tools.iter().map(|(tool, value)| (tool.clone(), of(value))).collect())
        });
        ByTool(rows.collect())
    }
}

/// Policy text for each tool.
pub type Slices = Vec<(String, String, String)>;

/// Bytes of all slices.
pub fn slices_bytes(slices: &Slices) -> usize {
    slices.iter().map(|(_, _, text)| text.len()).sum()
}

/// A text as a JSON string, which is a string literal of every policy language here.
pub fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Texts as string literals with commas between them.
pub fn quote_all(texts: &[String]) -> String {
    texts.iter().map(|text| quote(text)).collect::<Vec<_>>().join(", ")
}

/// A glob as a regular expression over the whole text, for languages without globs.
pub fn glob_as_regex(parts: &[String]) -> String {
    let parts: Vec<String> = parts.iter().map(|part| regex::escape(part)).collect();
    format!("(?s)^{}$", parts.join(".*"))
}
