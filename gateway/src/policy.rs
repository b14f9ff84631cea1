//! What decisions are made with: bundle, data and pinned catalogs, as one immutable [`Snapshot`].
//!
//! [`Store`] holds the snapshot that is current. A decision takes one and uses no other; a reload makes a
//! new one beside it and swaps. What does not load, or fails its self-test, is refused as a whole, and the
//! last good snapshot stays.

mod vectors;

pub use vectors::{MustDeny, Who};

use crate::pins::Pins;
use arc_swap::ArcSwap;
use mcpz_bytecode::Program;
use mcpz_bytecode::image::{AuditLevel, Rule, RuleKind};
use mcpz_runtime::data::DataSet;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
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

/// What a bundle is held to before it is served.
#[derive(Debug, Clone, Default)]
pub struct Demands {
    /// Requests that must be denied.
    pub must_deny: Vec<MustDeny>,
    /// Nothing is written down: a bundle with rules that ask for it is refused.
    pub is_unaudited: bool,
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
    demands: Demands,
    changes: watch::Sender<u64>,
    /// Held while a snapshot is made, so that reloads follow one another.
    reloading: Mutex<()>,
    /// Why the last reload was refused, until one succeeds.
    refused: Mutex<Option<PolicyError>>,
}

impl Store {
    /// Loads the first snapshot.
    pub fn open(source: Source, demands: Demands) -> Result<Store, PolicyError> {
        let first = load(&source, &demands, 0)?;
        let (changes, _) = watch::channel(0);
        let (current, reloading, refused) = (ArcSwap::from_pointee(first), Mutex::default(), Mutex::default());
        Ok(Store { current, source, demands, changes, reloading, refused })
    }

    /// The current snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Makes a new snapshot and swaps it in; a refusal changes nothing.
    pub fn reload(&self) -> Result<Arc<Snapshot>, PolicyError> {
        // The newest material wins. Who asks how things stand does not wait for it.
        let _reloading = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = self.current.load().generation.saturating_add(1);
        let loaded = load(&self.source, &self.demands, generation).map(Arc::new);
        if let Ok(snapshot) = &loaded {
            self.current.store(snapshot.clone());
            self.changes.send_replace(generation);
        }
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = loaded.as_ref().err().cloned();
        loaded
    }

    /// Why the last reload was refused, if it was.
    pub fn refusal(&self) -> Option<PolicyError> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of the current snapshot, to be woken by the next.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

/// Material to snapshot.
fn load(source: &Source, demands: &Demands, generation: u64) -> Result<Snapshot, PolicyError> {
    let material = source().map_err(PolicyError)?;
    let snapshot = Snapshot::of(&material, generation)?;
    if demands.is_unaudited
        && let Some(rule) = snapshot.audited_by()
    {
        return Err(PolicyError(format!(
            "rule `{}` asks for an audit log, and there is none: set `folder` and `key` in `[audit]`",
            rule.escape_default()
        )));
    }
    vectors::self_test(&snapshot, &demands.must_deny)?;
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

    /// The first rule that asks for calls to be written down: `audit summary` or `audit full`.
    pub fn audited_by(&self) -> Option<Cow<'_, str>> {
        let asks = |kind: RuleKind<'_>| matches!(kind, RuleKind::Audit(level) if level > AuditLevel::None);
        let mut rules = self.program.image().each_rule();
        rules.find(|rule| !rule.shadow() && asks(rule.kind())).map(Rule::id)
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    /// A bundle of a policy text.
    pub(super) fn bundle(text: &str) -> Vec<u8> {
        use mcpz_compiler::source::{MemoryProvider, PackageInput, Workspace};
        let manifest = "[package]\nname = \"example\"\nversion = \"1.0.0\"\nedition = \"2026\"\n";
        let files = [("mcpz.toml", manifest), ("mcpz.lock", "version = 1\n"), ("policy/main.mcpz", text)];
        let files: BTreeMap<String, Vec<u8>> =
            files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
        let root = PackageInput::new("", MemoryProvider::new(files));
        let checked = mcpz_compiler::check(&Workspace::gather(root, Vec::new(), &|_| None));
        let program = checked.program.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
        mcpz_compiler::build(&program, &mcpz_compiler::BuildOptions::default()).unwrap().bytes
    }

    #[test]
    fn a_bundle_that_asks_for_an_audit_log_needs_one() {
        let source = |rule: &str| -> Source {
            let text = format!("agent a from local where uid == 1\n@id(\"all\") {rule} for anyone to call any tool\n");
            let material = Material { bundle: bundle(&text), ..Material::default() };
            Arc::new(move || Ok(material.clone()))
        };
        for (rule, is_refused) in [("audit full", true), ("audit summary", true), ("audit none", false)] {
            let open = |is_unaudited: bool| Store::open(source(rule), Demands { is_unaudited, ..Demands::default() });
            assert!(open(false).is_ok(), "{rule}");
            assert_eq!(open(true).err().is_some_and(|error| error.0.contains("`all`")), is_refused, "{rule}");
        }
    }

    #[test]
    fn a_reload_keeps_nobody_waiting() {
        let material = Material { bundle: bundle("agent a from local where uid == 1\n"), ..Material::default() };
        let (begun, begins) = channel();
        let (go, goes) = channel::<()>();
        let goes = Mutex::new(goes);
        let source = move || {
            begun.send(()).unwrap();
            goes.lock().unwrap().recv().map_err(|_| "over".to_owned())?;
            Ok(material.clone())
        };
        go.send(()).unwrap();
        let store = Arc::new(Store::open(Arc::new(source), Demands::default()).unwrap());
        begins.recv().unwrap();
        let reloading = store.clone();
        let reload = std::thread::spawn(move || reloading.reload().map(|snapshot| snapshot.generation));
        begins.recv().unwrap();
        // The reload is under way, and stays so until it is told to go on.
        assert_eq!(store.refusal(), None);
        assert_eq!(store.snapshot().generation, 0);
        go.send(()).unwrap();
        assert_eq!(reload.join().unwrap(), Ok(1));
        drop(go);
        assert!(store.reload().is_err());
        assert_eq!(store.refusal(), Some(PolicyError("over".to_owned())));
    }
}
