//! What the main loop owns: open documents, packages, and what has been told to the client.

use crate::config::Config;
use crate::diagnostics;
use crate::lines::Lines;
use crate::outbox::{Message, Outbox};
use crate::vfs::{Disk, FolderProvider, OpenTexts, SingleProvider, find_packages, normal};
use crate::view::{Document, STD_SCHEME, Snapshot, View, path_of};
use crate::workbench::Workbench;
use mcpz_compiler::hir::SourceId;
use mcpz_compiler::memo::Memo;
use mcpz_compiler::source::{MemoryProvider, PackageInput, Workspace};
use mcpz_ide::Package;
use mcpz_ide::library::Library;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tower_lsp_server::ls_types::{Diagnostic, TextDocumentContentChangeEvent, Uri};

/// The manifest that makes a folder a package.
const MANIFEST: &str = "mcpz.toml";

/// The state.
pub struct State {
    config: Arc<Config>,
    disk: Arc<Disk>,
    documents: BTreeMap<PathBuf, Document>,
    /// Roots of packages, and whether each must be checked again.
    roots: BTreeMap<PathBuf, Root>,
    views: BTreeMap<PathBuf, Arc<View>>,
    standard: Vec<PackageInput>,
    /// What earlier checks made of texts that have not changed, of all packages.
    memo: Memo,
    library: Arc<Library>,
    workbench: Arc<dyn Workbench>,
    outbox: Outbox,
    /// What was published last, by address.
    published: BTreeMap<Uri, Vec<Diagnostic>>,
    /// Diagnostics are to be compared with what was published.
    is_unpublished: bool,
}

/// A package's root.
struct Root {
    is_stale: bool,
    is_single: bool,
}

/// How a package is checked.
enum How<'p> {
    /// Whole, after this check of it.
    Whole(Option<Box<Package>>),
    /// As completion in this file needs it.
    For(&'p str),
}

impl State {
    /// The state before the session begins.
    pub fn new(config: Config, outbox: Outbox, workbench: Arc<dyn Workbench>) -> State {
        let standard: Vec<PackageInput> = mcpz_stdlib::PACKAGES
            .iter()
            .map(|package| PackageInput::new(package.name, MemoryProvider::new(package.files.iter().copied())))
            .collect();
        State {
            config: Arc::new(config),
            disk: Arc::new(Disk::default()),
            documents: BTreeMap::new(),
            roots: BTreeMap::new(),
            views: BTreeMap::new(),
            library: Arc::new(Library::new(&standard)),
            standard,
            memo: Memo::default(),
            workbench,
            outbox,
            published: BTreeMap::new(),
            is_unpublished: false,
        }
    }

    /// The session begins: the packages of the workspace are found.
    pub fn start(&mut self, config: Config) {
        let folders = config.folders.clone();
        self.config = Arc::new(config);
        self.add_packages(&folders);
    }

    fn add_packages(&mut self, folders: &[PathBuf]) {
        for root in find_packages(folders, MANIFEST) {
            self.roots.entry(normal(&root)).or_insert(Root { is_stale: true, is_single: false });
        }
    }

    /// A document was opened.
    pub fn open(&mut self, uri: Uri, text: String, version: i32) {
        if uri.scheme().as_str() == STD_SCHEME || uri.scheme().as_str() == mcpz_ide::diagnostics::DOCS_SCHEME {
            return;
        }
        let Some(path) = path_of(&uri) else { return };
        self.documents.insert(path.clone(), Document { uri, text: text.into(), version });
        self.touch(&path);
        self.place(&path);
    }

    /// Makes sure that some package holds a document.
    fn place(&mut self, path: &Path) {
        let manifest = path.ancestors().skip(1).find(|folder| {
            self.documents.contains_key(&folder.join(MANIFEST)) || self.disk.is_manifest(&folder.join(MANIFEST))
        });
        if let Some(root) = manifest {
            let root = root.to_owned();
            self.roots.entry(root.clone()).or_insert(Root { is_stale: true, is_single: false });
            self.check(&root);
            if self.views.get(&root).is_some_and(|view| view.files.contains_key(path)) {
                return;
            }
        }
        if path.extension().is_some_and(|extension| extension == "mcpz") {
            self.roots.entry(path.to_owned()).or_insert(Root { is_stale: true, is_single: true });
        }
    }

    /// A document was edited. Edits of a document that is not open are dropped.
    pub fn edit(&mut self, uri: &Uri, changes: Vec<TextDocumentContentChangeEvent>, version: i32) {
        let Some(path) = path_of(uri) else { return };
        let Some(document) = self.documents.get_mut(&path) else { return };
        let mut text = document.text.to_string();
        for change in changes {
            match change.range {
                Some(range) => {
                    let lines = Lines::new(&text);
                    let start = lines.offset(&text, range.start, self.config.encoding);
                    let end = lines.offset(&text, range.end, self.config.encoding).max(start);
                    text.replace_range(start..end, &change.text);
                }
                None => text = change.text,
            }
        }
        document.text = text.into();
        document.version = version;
        self.touch(&path);
    }

    /// A document was closed: what is on disk counts again.
    pub fn close(&mut self, uri: &Uri) {
        let Some(path) = path_of(uri) else { return };
        if self.documents.remove(&path).is_none() {
            return;
        }
        self.disk.doubt();
        if self.roots.get(&path).is_some_and(|root| root.is_single) {
            self.roots.remove(&path);
            self.views.remove(&path);
            self.is_unpublished = true;
        }
        self.touch(&path);
    }

    /// A document was saved: files beside it may have changed too.
    pub fn saved(&mut self, uri: &Uri) {
        self.disk.doubt();
        if let Some(path) = path_of(uri) {
            self.touch(&path);
        }
    }

    /// Files changed on disk.
    pub fn changed(&mut self, uris: &[Uri]) {
        self.disk.doubt();
        for path in uris.iter().filter_map(path_of) {
            if path.file_name().is_some_and(|name| name == MANIFEST) {
                self.manifest_changed(&path);
            }
            self.touch(&path);
        }
    }

    /// A manifest came or went: files below it change their package.
    fn manifest_changed(&mut self, path: &Path) {
        let Some(root) = path.parent() else { return };
        if self.disk.is_manifest(path) || self.documents.contains_key(path) {
            self.roots.entry(root.to_owned()).or_insert(Root { is_stale: true, is_single: false });
            let below: Vec<PathBuf> = self
                .roots
                .iter()
                .filter(|(file, kind)| kind.is_single && file.starts_with(root))
                .map(|(file, _)| file.clone())
                .collect();
            for file in below {
                self.roots.remove(&file);
                self.views.remove(&file);
                self.place(&file);
            }
        } else {
            self.roots.remove(root);
            self.views.remove(root);
            let open: Vec<PathBuf> = self.documents.keys().filter(|file| file.starts_with(root)).cloned().collect();
            open.iter().for_each(|file| self.place(file));
        }
        self.is_unpublished = true;
    }

    /// Folders of the workspace came and went.
    pub fn folders(&mut self, added: Vec<PathBuf>, removed: &[PathBuf]) {
        let open = |root: &PathBuf, documents: &BTreeMap<PathBuf, Document>| {
            documents.keys().any(|file| file.starts_with(root))
        };
        let gone: Vec<PathBuf> = self
            .roots
            .keys()
            .filter(|root| removed.iter().any(|folder| root.starts_with(folder)) && !open(root, &self.documents))
            .cloned()
            .collect();
        for root in gone {
            self.roots.remove(&root);
            self.views.remove(&root);
        }
        self.add_packages(&added);
        self.is_unpublished = true;
    }

    /// Every package that may read a file must be checked again.
    fn touch(&mut self, path: &Path) {
        for (root, kind) in &mut self.roots {
            let reads = match self.views.get(root) {
                _ if kind.is_single => root == path || root.parent().is_some_and(|folder| path.starts_with(folder)),
                Some(view) => view.folders.iter().flatten().any(|folder| path.starts_with(folder)),
                None => true,
            };
            kind.is_stale |= reads;
        }
    }

    /// Checks what a reader needs: the package of a document, or all.
    pub fn check_for(&mut self, uri: Option<&Uri>) {
        let path = uri.filter(|uri| uri.scheme().as_str() != STD_SCHEME).and_then(path_of);
        let wanted: Vec<PathBuf> = match path {
            Some(path) => self.roots.keys().filter(|root| path.starts_with(root)).cloned().collect(),
            None => self.roots.keys().cloned().collect(),
        };
        for root in wanted {
            self.check(&root);
        }
    }

    /// Nothing waits: checks what is stale, and tells the client what came of it.
    pub fn settle(&mut self) {
        let stale: Vec<PathBuf> =
            self.roots.iter().filter(|(_, root)| root.is_stale).map(|(root, _)| root.clone()).collect();
        for root in stale {
            self.check(&root);
        }
        if self.is_unpublished {
            self.is_unpublished = false;
            self.publish();
        }
    }

    /// As if the compiler had failed on every package.
    #[cfg(test)]
    pub fn forget_views(&mut self) {
        self.views.clear();
        self.is_unpublished = true;
    }

    /// Checks a package if it is stale.
    fn check(&mut self, root: &Path) {
        let Some(kind) = self.roots.get_mut(root).filter(|kind| kind.is_stale) else { return };
        kind.is_stale = false;
        let is_single = kind.is_single;
        if !self.config.watches_files {
            self.disk.doubt();
        }
        // A reader that still looks at what is known keeps it: then everything is checked.
        let known = self.views.remove(root);
        let (kept, previous) = match known.map(Arc::try_unwrap) {
            Some(Ok(view)) => (None, Some(view.package)),
            Some(Err(shared)) => (Some(shared), None),
            None => (None, None),
        };
        let view = catch_unwind(AssertUnwindSafe(|| self.view(root, is_single, How::Whole(previous.map(Box::new)))));
        match view {
            Ok(view) => {
                if !is_single {
                    // What stood alone and now belongs to this package stands alone no more.
                    let taken_in = |file: &PathBuf| view.files.contains_key(file);
                    self.roots.retain(|file, kind| !(kind.is_single && taken_in(file)));
                    self.views.retain(|file, other| !(other.is_single && taken_in(file)));
                }
                self.views.insert(root.to_owned(), Arc::new(view));
            }
            // What was known before stays, if somebody has it; what was published stays in any case.
            Err(_) => {
                self.views.extend(kept.map(|view| (root.to_owned(), view)));
                self.outbox.send(Message::Log(format!("the compiler failed on {}", root.display())));
            }
        }
        self.is_unpublished = true;
    }

    /// Checks a package.
    fn view(&self, root: &Path, is_single: bool, how: How<'_>) -> View {
        let open: OpenTexts =
            Arc::new(self.documents.iter().map(|(path, document)| (path.clone(), document.text.clone())).collect());
        let folder = if is_single { root.parent().unwrap_or(root).to_owned() } else { root.to_owned() };
        let provider = |root: PathBuf| FolderProvider { root, disk: self.disk.clone(), open: open.clone() };
        let input = if is_single {
            PackageInput::new("", SingleProvider { file: root.to_owned(), beside: provider(folder.clone()) })
        } else {
            PackageInput::new("", provider(folder.clone()))
        };
        let load = |location: &str| {
            let folder = normal(&folder.join(location));
            let manifest = folder.join(MANIFEST);
            let exists = open.contains_key(&manifest) || self.disk.is_manifest(&manifest);
            exists.then(|| PackageInput::new(location, provider(folder)))
        };
        let workspace = Workspace::gather(input, self.standard.clone(), &load);
        let package = match how {
            How::For(path) => Package::focused(&workspace, &self.memo, path),
            How::Whole(Some(previous)) => previous.again(&workspace, &self.memo),
            How::Whole(None) => Package::new(&workspace, &self.memo),
        };
        let folders: Vec<Option<PathBuf>> = package
            .loaded
            .packages
            .iter()
            .map(|loaded| (!loaded.is_standard()).then(|| normal(&folder.join(&loaded.location))))
            .collect();
        let lines = package.loaded.sources.iter().map(|_| OnceLock::new()).collect();
        let mut view = View {
            root: root.to_owned(),
            package,
            is_single,
            folders,
            files: BTreeMap::new(),
            lines,
            coverage: OnceLock::new(),
        };
        for row in 0..view.package.loaded.sources.len() {
            let source = SourceId::new(row);
            let is_made_up =
                is_single && view.package.package_of(source).0 == 0 && view.package.parse(source).is_none();
            if let Some(path) = view.path(source).filter(|_| !is_made_up) {
                view.files.insert(path, source);
            }
        }
        view
    }

    /// Whether something is to be checked or told.
    pub fn is_unsettled(&self) -> bool {
        self.is_unpublished || self.roots.values().any(|root| root.is_stale)
    }

    /// The state as completion in a document sees it: of a package that is to be checked again, only what completion needs.
    pub fn snapshot_for_completion(&mut self, uri: &Uri) -> Snapshot {
        let path = path_of(uri).unwrap_or_default();
        let stale: Vec<PathBuf> = self
            .roots
            .iter()
            .filter(|(root, kind)| kind.is_stale && path.starts_with(root))
            .map(|(root, _)| root.clone())
            .collect();
        let focused = match stale.as_slice() {
            [root] => self.focused_view(root, &path),
            _ => None,
        };
        let Some(view) = focused else {
            self.check_for(Some(uri));
            return self.snapshot();
        };
        let mut snapshot = self.snapshot();
        snapshot.views.insert(view.root.clone(), Arc::new(view));
        snapshot
    }

    /// The package of a file that was one of its own policies when it was checked last, as completion in it needs it.
    fn focused_view(&self, root: &Path, path: &Path) -> Option<View> {
        let known = self.views.get(root).filter(|view| !view.is_single)?;
        let source = *known.files.get(path)?;
        if known.package.package_of(source).0 != 0 || known.package.parse(source).is_none() {
            return None;
        }
        let focus = known.package.source(source)?.path.clone();
        catch_unwind(AssertUnwindSafe(|| self.view(root, false, How::For(&focus)))).ok()
    }

    /// The state as readers see it.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            config: self.config.clone(),
            views: self.views.clone(),
            documents: self.documents.clone(),
            library: self.library.clone(),
            workbench: self.workbench.clone(),
        }
    }

    /// Sends the diagnostics that differ from what was sent before.
    fn publish(&mut self) {
        let snapshot = self.snapshot();
        let mut now = diagnostics::all(&snapshot);
        let failed: Vec<&PathBuf> = self.roots.keys().filter(|root| !self.views.contains_key(*root)).collect();
        for (uri, diagnostics) in &self.published {
            if path_of(uri).is_some_and(|path| failed.iter().any(|root| path.starts_with(root))) {
                now.entry(uri.clone()).or_insert_with(|| diagnostics.clone());
            }
        }
        let known: BTreeSet<Uri> = self.published.keys().chain(now.keys()).cloned().collect();
        let mut has_changed = false;
        for uri in known {
            let new = now.get(&uri).cloned().unwrap_or_default();
            let old = self.published.get(&uri);
            if old.is_some_and(|old| *old == new) || (old.is_none() && new.is_empty()) {
                continue;
            }
            has_changed = true;
            if self.config.delivery.pushes() {
                let version = snapshot.version(&uri);
                self.outbox.send(Message::Diagnostics { uri, diagnostics: new, version });
            }
        }
        if has_changed && self.config.delivery.pulls() && self.config.refreshes_diagnostics {
            self.outbox.send(Message::RefreshDiagnostics);
        }
        self.published = now;
    }
}
