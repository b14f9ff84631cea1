//! A checked package: sources, trees, tables and diagnostics, immutable and free to cross threads.

use crate::place::{File, Location};
use mcpz_compiler::Indexed;
use mcpz_compiler::diagnostics::Diagnostic;
use mcpz_compiler::hir::{PackageId, Source, SourceId, Span};
use mcpz_compiler::index::Index;
use mcpz_compiler::memo::Memo;
use mcpz_compiler::package::Loaded;
use mcpz_compiler::source::Workspace;
use mcpz_syntax::{Parse, SyntaxNode};

/// The checked workspace of one root package.
pub struct Package {
    /// Packages, sources and parses.
    pub loaded: Loaded,
    /// What names mean, which types stand where, which facts clauses see.
    pub index: Index,
    /// Errors and warnings, by source and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Package {
    /// Checks a workspace. The memo is of earlier checks, or empty.
    pub fn new(workspace: &Workspace, memo: &Memo) -> Package {
        Package::of(mcpz_compiler::check_indexed(workspace, memo))
    }

    /// Checks a workspace that this is an earlier check of: what an edit leaves as it was is taken over.
    pub fn again(self, workspace: &Workspace, memo: &Memo) -> Package {
        let Package { loaded, index, diagnostics } = self;
        Package::of(mcpz_compiler::check_again(Indexed { loaded, index, diagnostics }, workspace, memo))
    }

    /// Checks what completion in one file needs: rules of other files are missing, and so are their diagnostics.
    pub fn focused(workspace: &Workspace, memo: &Memo, path: &str) -> Package {
        Package::of(mcpz_compiler::check_focused(workspace, memo, path))
    }

    fn of(indexed: Indexed) -> Package {
        let Indexed { loaded, index, diagnostics } = indexed;
        Package { loaded, index, diagnostics }
    }

    /// A source.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.loaded.sources.get(id.index())
    }

    /// The text of a source; empty when there is none.
    pub fn text(&self, id: SourceId) -> &str {
        self.source(id).map_or("", |source| source.text.as_str())
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        let range = place_range(span);
        self.text(span.source).get(range).unwrap_or("")
    }

    /// What the parser made of a policy; `None` for manifests and locks.
    pub fn parse(&self, id: SourceId) -> Option<&Parse> {
        self.loaded.files.get(id.index()).map(|file| &file.parse)
    }

    /// The tree of a policy.
    pub fn tree(&self, id: SourceId) -> Option<SyntaxNode> {
        self.parse(id).map(Parse::tree)
    }

    /// The package that a source belongs to.
    pub fn package_of(&self, id: SourceId) -> PackageId {
        self.source(id).map_or(PackageId(0), |source| source.package)
    }

    /// The policies of the root package.
    pub fn own_policies(&self) -> impl Iterator<Item = SourceId> {
        self.loaded.files.iter().filter(|file| file.package.0 == 0).map(|file| file.source)
    }

    /// The path of a source below its package, with `/`.
    pub fn path_in_package(&self, id: SourceId) -> &str {
        let Some(source) = self.source(id) else { return "" };
        let Some(package) = self.loaded.packages.get(source.package.index()) else { return "" };
        source.path.strip_prefix(package.name()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&source.path)
    }

    /// The text of a file that is no source: a catalog or data.
    pub fn beside(&self, package: PackageId, path: &str) -> Option<String> {
        let bytes = self.loaded.packages.get(package.index())?.provider.read(path).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Whether anything stops the build.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The text of any file that a location is in.
    pub fn file_text(&self, file: &File) -> Option<String> {
        match file {
            File::Source(id) => self.source(*id).map(|source| source.text.clone()),
            File::Beside { package, path } => self.beside(*package, path),
        }
    }

    /// Where a span stands.
    pub fn location(&self, span: Span) -> Location {
        Location { file: File::Source(span.source), range: span.start..span.end }
    }
}

/// A span as a range of bytes.
pub fn place_range(span: Span) -> std::ops::Range<usize> {
    let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    at(span.start)..at(span.end.max(span.start))
}
