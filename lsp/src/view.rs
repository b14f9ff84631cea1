//! What readers see: packages and documents as they were when a request came.

use crate::config::Config;
use crate::lines::{Encoding, Lines};
use crate::workbench::{TestOutcome, Workbench};
use mcpz_compiler::hir::{PackageId, SourceId, Span};
use mcpz_ide::lens::Coverage;
use mcpz_ide::library::Library;
use mcpz_ide::place::index;
use mcpz_ide::{File, Location, Package};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use tower_lsp_server::ls_types::{self as lsp, Uri};

/// The scheme of the sources of the standard library.
pub const STD_SCHEME: &str = "mcpz-std";

/// A checked package and where its files are.
pub struct View {
    /// The folder of its manifest; the file itself when it has none.
    pub root: PathBuf,
    /// What was checked.
    pub package: Package,
    /// Whether it was made for a file without a manifest.
    pub is_single: bool,
    /// Folders by package; `None` for the standard library.
    pub folders: Vec<Option<PathBuf>>,
    /// Sources by path.
    pub files: BTreeMap<PathBuf, SourceId>,
    /// Lines by source, once somebody asks.
    pub lines: Vec<OnceLock<Lines>>,
    /// In how many tests each rule was true, once all tests of these texts have run.
    pub coverage: OnceLock<Coverage>,
}

impl View {
    /// Keeps what a run of all tests showed.
    pub fn note_coverage(&self, outcomes: &[TestOutcome]) {
        let mut hits: BTreeMap<String, usize> = BTreeMap::new();
        for id in outcomes.iter().flat_map(|outcome| &outcome.hits) {
            *hits.entry(id.clone()).or_default() += 1;
        }
        // The same texts and the same tests: what is there already is the same.
        let _ = self.coverage.set(Coverage { tests: outcomes.len(), hits });
    }

    /// The text of a source.
    pub fn text(&self, source: SourceId) -> &str {
        self.package.text(source)
    }

    /// The path of a source on disk; `None` for the standard library.
    pub fn path(&self, source: SourceId) -> Option<PathBuf> {
        if self.is_single && self.package.package_of(source).0 == 0 {
            return Some(self.root.clone());
        }
        let folder = self.folders.get(self.package.package_of(source).index())?.as_ref()?;
        Some(crate::vfs::normal(&folder.join(self.package.path_in_package(source))))
    }

    fn lines(&self, source: SourceId) -> Option<&Lines> {
        Some(self.lines.get(source.index())?.get_or_init(|| Lines::new(self.text(source))))
    }

    /// The range of bytes of a source.
    pub fn range(&self, source: SourceId, bytes: Range<u32>, encoding: Encoding) -> lsp::Range {
        self.lines(source).map_or_else(lsp::Range::default, |lines| lines.range(self.text(source), bytes, encoding))
    }

    /// The offset of a position.
    pub fn offset(&self, source: SourceId, position: lsp::Position, encoding: Encoding) -> u32 {
        let offset = self.lines(source).map_or(0, |lines| lines.offset(self.text(source), position, encoding));
        u32::try_from(offset).unwrap_or(u32::MAX)
    }
}

/// An open document.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its address as the client spells it.
    pub uri: Uri,
    /// Its text.
    pub text: Arc<str>,
    /// Its version.
    pub version: i32,
}

/// Everything at one moment.
#[derive(Clone)]
pub struct Snapshot {
    /// What was negotiated.
    pub config: Arc<Config>,
    /// Packages by root.
    pub views: BTreeMap<PathBuf, Arc<View>>,
    /// Open documents by path.
    pub documents: BTreeMap<PathBuf, Document>,
    /// The standard library.
    pub library: Arc<Library>,
    /// What runs tests and decides.
    pub workbench: Arc<dyn Workbench>,
}

/// A place in a view.
pub struct At<'s> {
    /// The package.
    pub view: &'s View,
    /// The file.
    pub source: SourceId,
    /// The offset.
    pub offset: u32,
}

impl Snapshot {
    /// The view and source of a document.
    pub fn find(&self, uri: &Uri) -> Option<(&View, SourceId)> {
        if uri.scheme().as_str() == STD_SCHEME {
            return self.find_standard(uri);
        }
        let path = path_of(uri)?;
        // The nearest package that holds the file as its own, else one that depends on it.
        let views = || self.views.values().filter_map(|view| Some((view.as_ref(), *view.files.get(&path)?)));
        let own = views().find(|(view, source)| view.package.package_of(*source).0 == 0);
        own.or_else(|| views().next())
    }

    fn find_standard(&self, uri: &Uri) -> Option<(&View, SourceId)> {
        let path = uri.path().as_str().trim_start_matches('/');
        self.views.values().find_map(|view| {
            let sources = &view.package.loaded.sources;
            let row = sources.iter().position(|source| source.path == path)?;
            Some((view.as_ref(), SourceId::new(row)))
        })
    }

    /// The place of a position in a document.
    pub fn at(&self, uri: &Uri, position: lsp::Position) -> Option<At<'_>> {
        let (view, source) = self.find(uri)?;
        Some(At { view, source, offset: view.offset(source, position, self.config.encoding) })
    }

    /// The address of a source.
    pub fn uri(&self, view: &View, source: SourceId) -> Option<Uri> {
        match view.path(source) {
            Some(path) => self.uri_of_path(&path),
            None if self.config.virtual_documents => {
                let path = &view.package.source(source)?.path;
                Uri::from_str(&format!("{STD_SCHEME}:/{path}")).ok()
            }
            None => None,
        }
    }

    /// The address of a file: as the client spells it when it is open.
    pub fn uri_of_path(&self, path: &Path) -> Option<Uri> {
        match self.documents.get(path) {
            Some(document) => Some(document.uri.clone()),
            None => Uri::from_file_path(path),
        }
    }

    /// A span as a location of the protocol.
    pub fn span(&self, view: &View, span: Span) -> Option<lsp::Location> {
        let range = view.range(span.source, span.start..span.end, self.config.encoding);
        Some(lsp::Location { uri: self.uri(view, span.source)?, range })
    }

    /// A place in any file as a location of the protocol.
    pub fn location(&self, view: &View, location: &Location) -> Option<lsp::Location> {
        match &location.file {
            File::Source(source) => {
                let range = view.range(*source, location.range.clone(), self.config.encoding);
                Some(lsp::Location { uri: self.uri(view, *source)?, range })
            }
            File::Beside { package, path } => {
                let text = view.package.beside(*package, path)?;
                let range = Lines::new(&text).range(&text, location.range.clone(), self.config.encoding);
                Some(lsp::Location { uri: self.beside_uri(view, *package, path)?, range })
            }
        }
    }

    /// The address of a catalog or data file.
    pub fn beside_uri(&self, view: &View, package: PackageId, path: &str) -> Option<Uri> {
        let folder = view.folders.get(package.index())?.as_ref()?;
        self.uri_of_path(&crate::vfs::normal(&folder.join(path)))
    }

    /// The version of a document when it is open.
    pub fn version(&self, uri: &Uri) -> Option<i32> {
        path_of(uri).and_then(|path| self.documents.get(&path)).map(|document| document.version)
    }

    /// The edits of a file as the protocol has them.
    pub fn edits(
        &self,
        view: &View,
        file: &File,
        edits: &[mcpz_ide::place::TextEdit],
    ) -> Option<(Uri, Vec<lsp::TextEdit>)> {
        let text = view.package.file_text(file)?;
        let lines = Lines::new(&text);
        let uri = match file {
            File::Source(source) => self.uri(view, *source)?,
            File::Beside { package, path } => self.beside_uri(view, *package, path)?,
        };
        let one = |edit: &mcpz_ide::place::TextEdit| lsp::TextEdit {
            range: lines.range(&text, edit.range.clone(), self.config.encoding),
            new_text: edit.text.clone(),
        };
        Some((uri, edits.iter().map(one).collect()))
    }

    /// The text at a range of a source.
    pub fn slice<'v>(&self, view: &'v View, source: SourceId, range: &Range<u32>) -> &'v str {
        view.text(source).get(index(range.start)..index(range.end)).unwrap_or("")
    }
}

/// The path of a document; documents that are no files get one that no file has.
pub fn path_of(uri: &Uri) -> Option<PathBuf> {
    if uri.scheme().as_str() == "file" {
        return uri.to_file_path().map(|path| crate::vfs::normal(&path));
    }
    Some(PathBuf::from(format!("/{}:", uri.scheme().as_str())).join(uri.path().as_str().trim_start_matches('/')))
}
