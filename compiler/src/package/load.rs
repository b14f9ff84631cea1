//! Reads a workspace: which packages are in the bundle, their sources, and what their spans refer to.
//!
//! A package is in the bundle when the root package reaches it through `[dependencies]` or, for
//! the standard library, through `use`. Packages are numbered root first, then by name; sources
//! are numbered policies first, in canonical order (by path), then manifests and locks, so that a
//! source's number is its rank in every listing.

use super::limits::{MAX_FILES, MAX_PACKAGES, MAX_SOURCE_BYTES};
use super::lock::{self, Lock};
use super::manifest::{self, Manifest};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0201, e0204, e0205, e0206, e0210, e0211, e0214, e0215, e0216, syntax};
use crate::hir::{PackageId, Source, SourceId, Span};
use crate::memo::{Memo, Text, Words};
use crate::resolve::order;
use crate::source::{PackageInput, SourceProvider, Workspace, join};
use mcpz_syntax::{Parse, SyntaxKind, SyntaxNode};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A workspace, read.
#[derive(Default)]
pub struct Loaded {
    /// Packages; the root package is the first.
    pub packages: Vec<LoadedPackage>,
    /// Texts that spans refer to: policies in canonical order, then manifests and locks.
    pub sources: Vec<Source>,
    /// The parsed policies: row `i` is of source `i`.
    pub files: Vec<LoadedFile>,
    /// What earlier checks made of the same contents.
    pub memo: Memo,
}

/// One package of the bundle.
pub struct LoadedPackage {
    /// Its location in the workspace.
    pub location: String,
    /// Its manifest.
    pub manifest: Manifest,
    /// Its lock; empty when it has none.
    pub lock: Lock,
    /// Its direct dependencies by the names its sources use, the standard library's included.
    pub dependencies: BTreeMap<String, PackageId>,
    /// Its files.
    pub provider: Arc<dyn SourceProvider>,
    /// Digest of what the bundle takes from it.
    pub digest: String,
    /// Digest of each catalog and data file that its sources name and that is there.
    pub named_files: BTreeMap<String, String>,
    /// Its manifest's source.
    pub manifest_source: SourceId,
}

impl LoadedPackage {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.manifest.name.value
    }

    /// Whether it belongs to the standard library as the caller gave it.
    pub fn is_standard(&self) -> bool {
        is_standard(&self.location)
    }
}

/// One parsed policy file.
pub struct LoadedFile {
    /// Its source.
    pub source: SourceId,
    /// Its package.
    pub package: PackageId,
    /// What the parser made of it.
    pub parse: Parse,
    /// How often each identifier stands in it.
    pub words: Arc<Words>,
    /// Why it counts as empty.
    pub(crate) fault: Option<FileFault>,
}

/// A package before anything is numbered.
struct Draft {
    input: PackageInput,
    manifest_text: Option<String>,
    lock_text: Option<String>,
    manifest: Manifest,
    policies: Vec<(String, Result<String, FileFault>)>,
    texts: Vec<Text>,
    too_many: bool,
    standard: BTreeSet<String>,
}

/// Why a policy file is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileFault {
    NotText,
    TooLarge,
    NotRead,
}

/// Reads every package that the root package reaches.
pub fn load(workspace: &Workspace, memo: &Memo, sink: &mut Vec<Diagnostic>) -> Loaded {
    let drafts = reach(workspace, memo);
    let mut loaded = number(drafts, memo, sink);
    loaded.memo = memo.clone();
    link(&mut loaded, sink);
    check_names(&loaded, sink);
    // Digests of packages in a circle cannot all be pinned.
    if !report_circles(&loaded, sink) {
        check_pins(&loaded, sink);
    }
    loaded
}

/// Whether a location names a package of the standard library.
fn is_standard(location: &str) -> bool {
    location == "std" || location.starts_with("std.")
}

/// The packages of the bundle: root first, then by manifest name and location.
fn reach(workspace: &Workspace, memo: &Memo) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut known = BTreeSet::new();
    let mut queue: Vec<&PackageInput> = workspace.packages.first().into_iter().collect();
    while let Some(input) = queue.pop() {
        if !known.insert(input.location.clone()) || drafts.len() >= MAX_PACKAGES {
            continue;
        }
        let draft = draft(input, workspace, memo);
        let wanted = draft.manifest.dependencies.values().map(|dependency| join(&input.location, &dependency.path));
        queue.extend(wanted.chain(draft.standard.iter().cloned()).filter_map(|location| workspace.find(&location)));
        drafts.push(draft);
    }
    if let Some((_, rest)) = drafts.split_first_mut() {
        rest.sort_by(|a, b| {
            (&a.manifest.name.value, &a.input.location).cmp(&(&b.manifest.name.value, &b.input.location))
        });
    }
    drafts
}

/// Reads one package's manifest and policies.
fn draft(input: &PackageInput, workspace: &Workspace, memo: &Memo) -> Draft {
    let text = |path: &str| input.provider.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let manifest_text = text("mcpz.toml");
    // Mistakes are reported by `number`, when the manifest has a source id.
    let manifest = manifest::parse(manifest_text.as_deref().unwrap_or_default(), SourceId(0), &mut Vec::new());
    let mut paths = input.provider.list(&manifest.sources).unwrap_or_default();
    paths.retain(|path| path.ends_with(".mcpz"));
    paths.sort();
    paths.dedup();
    let too_many = paths.len() > MAX_FILES;
    paths.truncate(MAX_FILES);
    let policies: Vec<_> = paths.into_iter().map(|path| (path.clone(), read_policy(input, &path))).collect();
    let texts: Vec<Text> = policies.iter().map(|(_, text)| memo.text(text.as_deref().unwrap_or_default())).collect();
    let mut standard = BTreeSet::new();
    for text in &texts {
        for path in text.uses.iter() {
            standard.extend(standard_package(path, workspace));
        }
    }
    standard.remove(&input.location);
    Draft {
        input: input.clone(),
        manifest_text,
        lock_text: text("mcpz.lock"),
        manifest,
        policies,
        texts,
        too_many,
        standard,
    }
}

/// Reads one policy file.
fn read_policy(input: &PackageInput, path: &str) -> Result<String, FileFault> {
    let bytes = input.provider.read(path).map_err(|_| FileFault::NotRead)?;
    if bytes.len() > MAX_SOURCE_BYTES {
        return Err(FileFault::TooLarge);
    }
    String::from_utf8(bytes).map_err(|_| FileFault::NotText)
}

/// The dotted paths that `use` items name, a brace list's names appended one by one.
pub(crate) fn use_paths(tree: &SyntaxNode) -> Vec<String> {
    let mut paths = Vec::new();
    for item in tree.children().filter(|node| node.kind() == SyntaxKind::UseItem) {
        let base =
            item.children().find(|node| node.kind() == SyntaxKind::Path).map(|node| words(&node)).unwrap_or_default();
        let names: Vec<String> = item
            .descendants()
            .filter(|node| node.kind() == SyntaxKind::UseName)
            .filter_map(|node| node.children().find(|child| child.kind() == SyntaxKind::Name).map(|name| words(&name)))
            .collect();
        paths.extend(names.iter().map(|name| format!("{base}.{name}")));
        paths.push(base);
    }
    paths
}

/// The words of a path or name without the trivia between them.
fn words(node: &SyntaxNode) -> String {
    let tokens = node.descendants_with_tokens().filter_map(|element| element.into_token());
    tokens.filter(|token| !token.kind().is_trivia()).map(|token| token.text().to_owned()).collect()
}

/// The package of the standard library that a `use` path starts with: the longest name that fits.
fn standard_package(path: &str, workspace: &Workspace) -> Option<String> {
    let fits =
        |location: &str| path == location || path.strip_prefix(location).is_some_and(|rest| rest.starts_with('.'));
    let named = workspace.packages.iter().map(|package| package.location.as_str());
    named
        .filter(|location| is_standard(location) && fits(location))
        .max_by_key(|location| location.len())
        .map(str::to_owned)
}

/// Gives every source its number, and reads manifests and locks for good.
fn number(drafts: Vec<Draft>, memo: &Memo, sink: &mut Vec<Diagnostic>) -> Loaded {
    let mut policies: Vec<(String, PackageId, String, Option<FileFault>, Text)> = Vec::new();
    let mut packages = Vec::new();
    for (index, mut draft) in drafts.into_iter().enumerate() {
        let package = PackageId::new(index);
        let files = std::mem::take(&mut draft.policies).into_iter().zip(draft.texts.iter().cloned());
        let mut contents = BTreeMap::new();
        for ((path, text), made) in files {
            let full = format!("{}/{path}", draft.manifest.name.value);
            let fault = text.as_ref().err().copied();
            let text = text.unwrap_or_default();
            contents.insert(path, made.digest.to_string());
            policies.push((full, package, text, fault, made));
        }
        packages.push((draft, contents));
    }
    policies.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut loaded = Loaded::default();
    for (path, package, text, fault, made) in policies {
        let source = SourceId::new(loaded.sources.len());
        report_file(source, &path, fault, &made.parse, sink);
        loaded.sources.push(Source { path, text, package });
        loaded.files.push(LoadedFile { source, package, parse: made.parse, words: made.words, fault });
    }
    for (index, (draft, contents)) in packages.into_iter().enumerate() {
        let package = finish(draft, contents, memo, PackageId::new(index), &mut loaded, sink);
        loaded.packages.push(package);
    }
    loaded
}

/// Reports what keeps a file from being used, and its syntax errors.
fn report_file(source: SourceId, path: &str, fault: Option<FileFault>, parse: &Parse, sink: &mut Vec<Diagnostic>) {
    let top = Span { source, start: 0, end: 0 };
    match fault {
        Some(FileFault::NotText) => sink.push(e0214::source_not_text(top, path)),
        Some(FileFault::NotRead) => sink.push(e0214::source_not_read(top, path)),
        Some(FileFault::TooLarge) => {
            sink.push(e0216::package_limits(top, format!("`{path}` is larger than {MAX_SOURCE_BYTES} bytes")));
        }
        None => sink.extend(parse.errors().iter().map(|error| syntax::diagnostic(error, source))),
    }
}

/// Turns a draft into a package: its manifest and lock become sources.
fn finish(
    draft: Draft,
    mut digests: BTreeMap<String, String>,
    memo: &Memo,
    package: PackageId,
    loaded: &mut Loaded,
    sink: &mut Vec<Diagnostic>,
) -> LoadedPackage {
    let name = draft.manifest.name.value.clone();
    let mut add = |path: &str, text: &str| {
        let source = SourceId::new(loaded.sources.len());
        loaded.sources.push(Source { path: format!("{name}/{path}"), text: text.to_owned(), package });
        source
    };
    let manifest_source = add("mcpz.toml", draft.manifest_text.as_deref().unwrap_or_default());
    let lock_source = draft.lock_text.as_deref().map(|text| add("mcpz.lock", text));
    let top = Span { source: manifest_source, start: 0, end: 0 };
    let manifest = match &draft.manifest_text {
        Some(text) => manifest::parse(text, manifest_source, sink),
        None => {
            sink.push(e0201::manifest_missing(top));
            draft.manifest.clone()
        }
    };
    let lock = match (lock_source, &draft.lock_text) {
        (Some(source), Some(text)) => lock::parse(text, source, sink),
        _ => Lock::default(),
    };
    if draft.too_many {
        sink.push(e0216::package_limits(top, format!("package `{name}` has more than {MAX_FILES} sources")));
    }
    if digests.is_empty() && draft.manifest_text.is_some() {
        sink.push(e0215::no_sources(top, &name, &manifest.sources));
    }
    let texts = [("mcpz.toml", &draft.manifest_text), ("mcpz.lock", &draft.lock_text)];
    let digest_of = |text: &Option<String>| text.as_ref().map(|text| memo.digest(text.as_bytes()));
    digests.extend(texts.into_iter().filter_map(|(path, text)| Some((path.to_owned(), digest_of(text)?))));
    let named_files = named_files(&draft, memo);
    digests.extend(named_files.clone());
    LoadedPackage {
        location: draft.input.location,
        manifest,
        lock,
        dependencies: draft.standard.into_iter().map(|name| (name, PackageId(0))).collect(),
        provider: draft.input.provider,
        digest: lock::package_digest_of(&digests),
        named_files,
        manifest_source,
    }
}

/// The digests of the catalogs and data files that a package's sources name.
fn named_files(draft: &Draft, memo: &Memo) -> BTreeMap<String, String> {
    let named = draft.texts.iter().flat_map(|text| text.named_files.iter()).filter(|path| super::stays_inside(path));
    let digest = |path: &String| Some((path.clone(), memo.digest(&draft.input.provider.read(path).ok()?)));
    named.filter_map(digest).collect()
}

/// Resolves dependencies to packages, and reports those that are not there and those in a circle.
fn link(loaded: &mut Loaded, sink: &mut Vec<Diagnostic>) {
    let by_location: BTreeMap<String, PackageId> = loaded
        .packages
        .iter()
        .enumerate()
        .map(|(index, package)| (package.location.clone(), PackageId::new(index)))
        .collect();
    for package in &mut loaded.packages {
        let standard = std::mem::take(&mut package.dependencies);
        for name in standard.into_keys() {
            if let Some(id) = by_location.get(&name) {
                package.dependencies.insert(name, *id);
            }
        }
        for (name, dependency) in &package.manifest.dependencies {
            match by_location.get(&join(&package.location, &dependency.path)) {
                Some(id) => {
                    package.dependencies.insert(name.clone(), *id);
                }
                None => sink.push(e0204::package_not_found(dependency.span, name, &dependency.path)),
            }
        }
    }
}

/// Reports circles of packages at the dependency that closes each. Whether there are any.
fn report_circles(loaded: &Loaded, sink: &mut Vec<Diagnostic>) -> bool {
    let edges: Vec<Vec<usize>> =
        loaded.packages.iter().map(|package| package.dependencies.values().map(|id| id.index()).collect()).collect();
    let circles = order::dependency_order(&edges).circles;
    for circle in &circles {
        let Some(first) = circle.first().and_then(|index| loaded.packages.get(*index)) else { continue };
        let inside = |id: &PackageId| circle.contains(&id.index());
        let closing = first.dependencies.iter().find(|(_, id)| inside(id)).map(|(name, _)| name);
        let span = closing.and_then(|name| first.manifest.dependencies.get(name)).map(|dependency| dependency.span);
        let mut names: Vec<String> = circle
            .iter()
            .filter_map(|index| loaded.packages.get(*index))
            .map(|package| package.name().to_owned())
            .collect();
        names.extend(names.first().cloned());
        let top = Span { source: first.manifest_source, start: 0, end: 0 };
        sink.push(e0205::dependency_cycle(span.unwrap_or(top), &names));
    }
    !circles.is_empty()
}

/// Reports packages of one name.
fn check_names(loaded: &Loaded, sink: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for package in &loaded.packages {
        let span = package.manifest.name.span;
        match seen.get(package.name()) {
            Some(first) => sink.push(e0206::duplicate_package(span, package.name(), *first)),
            None => {
                seen.insert(package.name(), span);
            }
        }
    }
}

/// Compares every dependency by path with its pin.
fn check_pins(loaded: &Loaded, sink: &mut Vec<Diagnostic>) {
    for package in &loaded.packages {
        for (name, dependency) in &package.manifest.dependencies {
            let Some(target) = package.dependencies.get(name).and_then(|id| loaded.packages.get(id.index())) else {
                continue;
            };
            let pin = dependency.digest.as_ref().or(package.lock.dependencies.get(name).map(|pin| &pin.digest));
            let what = format!("dependency `{name}`");
            match pin {
                None => sink.push(e0210::pin_missing(dependency.span, &what, "mcpz lock")),
                Some(pin) if pin.value != target.digest => {
                    sink.push(e0211::pin_mismatch(dependency.span, &what, pin.span, &target.digest, "mcpz lock"));
                }
                Some(_) => {}
            }
        }
    }
}
