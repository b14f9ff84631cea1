//! What decisions are made with: bundle, data and pinned catalogs, as one immutable [`Snapshot`].
//!
//! [`Store`] holds the snapshot that is current. A decision takes one and uses no other; a reload makes a
//! new one beside it and swaps. What does not load, or fails its self-test, is refused as a whole, and the
//! last good snapshot stays.

use crate::pins::Pins;
use arc_swap::ArcSwap;
use mcpz_bytecode::Program;
use mcpz_runtime::data::DataSet;
use mcpz_runtime::decision::Effect;
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use mcpz_runtime::request::{Direction, Facts, Request};
use mcpz_runtime::state::TableState;
use mcpz_runtime::{Caller, Input, Scratch};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// Everything that a decision depends on and that a reload replaces.
#[derive(Debug)]
pub struct Snapshot {
    /// The verified bundle.
    pub program: Program,
    /// Data in place of what it was built with.
    pub data: DataSet,
    /// What servers declared when they were pinned.
    pub pins: Pins,
    /// Digest of the bundle, lower-case hexadecimal.
    pub digest: String,
    /// How many snapshots came before.
    pub generation: u64,
}

/// What a snapshot is made of, as bytes.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// The bundle.
    pub bundle: Vec<u8>,
    /// Data by name: JSON texts.
    pub data: BTreeMap<String, Vec<u8>>,
    /// Catalogs by server: the bytes whose digests the bundle holds.
    pub catalogs: BTreeMap<String, Vec<u8>>,
}

/// Where material comes from, asked again at each reload: files, or a package that is compiled.
pub type Source = Arc<dyn Fn() -> Result<Material, String> + Send + Sync>;

/// A request that must be denied before anything is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MustDeny {
    /// The server.
    pub server: String,
    /// The message.
    pub message: String,
    /// The local user who asks; absent: an anonymous caller.
    pub uid: Option<i64>,
}

/// Why there is no snapshot. The text is for operators; it holds nothing that callers sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError(pub String);

impl std::fmt::Display for PolicyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PolicyError {}

/// The current snapshot, and how to make the next.
pub struct Store {
    current: ArcSwap<Snapshot>,
    source: Source,
    vectors: Vec<MustDeny>,
    changes: watch::Sender<u64>,
    /// Why the last reload was refused, until one succeeds. Held while a snapshot is made.
    refused: Mutex<Option<PolicyError>>,
}

impl Store {
    /// Loads the first snapshot.
    pub fn open(source: Source, vectors: Vec<MustDeny>) -> Result<Store, PolicyError> {
        let first = load(&source, &vectors, 0)?;
        let (changes, _) = watch::channel(0);
        Ok(Store { current: ArcSwap::from_pointee(first), source, vectors, changes, refused: Mutex::new(None) })
    }

    /// The current snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Makes a new snapshot and swaps it in; a refusal changes nothing.
    pub fn reload(&self) -> Result<Arc<Snapshot>, PolicyError> {
        // Reloads follow one another, so that the newest material wins.
        let mut refused = self.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let generation = self.current.load().generation.saturating_add(1);
        match load(&self.source, &self.vectors, generation) {
            Ok(snapshot) => {
                self.current.store(Arc::new(snapshot));
                *refused = None;
                self.changes.send_replace(generation);
                Ok(self.snapshot())
            }
            Err(error) => {
                *refused = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Why the last reload was refused, if it was.
    pub fn refusal(&self) -> Option<PolicyError> {
        self.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The number of the current snapshot, to be woken by the next.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

/// Material to snapshot.
fn load(source: &Source, vectors: &[MustDeny], generation: u64) -> Result<Snapshot, PolicyError> {
    let material = source().map_err(PolicyError)?;
    let snapshot = Snapshot::of(&material, generation)?;
    self_test(&snapshot, vectors)?;
    Ok(snapshot)
}

impl Snapshot {
    /// Verifies all material; any fault refuses the whole.
    pub fn of(material: &Material, generation: u64) -> Result<Snapshot, PolicyError> {
        let program = Program::load(&material.bundle).map_err(|error| {
            PolicyError(format!("the bundle is refused: {error}; build it again with `mcpz build`"))
        })?;
        let mut data = DataSet::default();
        for (name, text) in &material.data {
            data.replace(&program, name, text)
                .map_err(|error| PolicyError(format!("data `{}` is refused: {error:?}", name.escape_default())))?;
        }
        let pins = Pins::read(&program, &material.catalogs).map_err(PolicyError)?;
        let digest = hex(&program.digest());
        Ok(Snapshot { program, data, pins, digest, generation })
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What must be denied under every policy there is, and what the operator says must be denied under this one.
fn self_test(snapshot: &Snapshot, vectors: &[MustDeny]) -> Result<(), PolicyError> {
    let servers = snapshot.program.image().servers.iter();
    let mut all: Vec<MustDeny> = servers.flat_map(|server| always(&server.name)).collect();
    all.extend_from_slice(vectors);
    all.iter().try_for_each(|vector| match denies(snapshot, vector) {
        true => Ok(()),
        false => Err(PolicyError(format!(
            "self-test: a request to server `{}` that must be denied is not: {}",
            vector.server.escape_default(),
            vector.message.escape_default()
        ))),
    })
}

/// Vectors that no policy may allow: no such tool, no such method, a key twice.
fn always(server: &str) -> [MustDeny; 3] {
    let vector = |message: &str| MustDeny { server: server.to_owned(), message: message.to_owned(), uid: None };
    [
        vector(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\u0001 no such tool"}}"#),
        vector(r#"{"jsonrpc":"2.0","id":1,"method":"no/such/method"}"#),
        vector(r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}"#),
    ]
}

/// Whether a vector is denied.
fn denies(snapshot: &Snapshot, vector: &MustDeny) -> bool {
    let chain = vector.uid.map(|uid| Link {
        kind: LinkKind::Agent,
        source: LinkSource::Local { uid },
        claims: "{}".to_owned(),
    });
    let principal = Principal { chain: chain.into_iter().collect(), scopes: Vec::new() };
    let caller = Caller::resolve(&snapshot.program, &snapshot.data, &principal);
    let request = Request {
        message: vector.message.as_bytes(),
        server: &vector.server,
        direction: Direction::ToServer,
        facts: Facts::default(),
    };
    let input = Input {
        program: &snapshot.program,
        data: &snapshot.data,
        caller: &caller,
        request,
        state: &TableState::default(),
    };
    mcpz_runtime::decide(&input, &mut Scratch::new()).effect == Effect::Deny
}
