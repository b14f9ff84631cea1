//! Packages on disk: finding one, reading its files, gathering what it depends on.

use crate::exit::Failure;
use crate::shell::write_file;
use mcpz_compiler::hir::Source;
use mcpz_compiler::package::stays_inside;
use mcpz_compiler::source::{MemoryProvider, PackageInput, ReadError, SourceProvider, Workspace};
use mcpz_lsp::below::{LEADS_OUT, MAX_FILE_BYTES, read_below};
use mcpz_lsp::vfs::files_below;
use std::path::{Component, Path, PathBuf};

/// The manifest that makes a folder a package.
pub const MANIFEST: &str = "mcpz.toml";

/// A package on disk with all that it may refer to.
pub struct Loaded {
    /// The folder of its manifest.
    pub root: PathBuf,
    /// Its files and those of its dependencies and the standard library.
    pub workspace: Workspace,
    /// Package names and their folders, to tell where a source stands on disk.
    folders: Vec<(String, PathBuf)>,
}

/// Finds the package that `start` (a folder, or a file in it) belongs to, and gathers its workspace.
pub fn load(start: &Path) -> Result<Loaded, Failure> {
    let root = find_root(start)?;
    let standard_library: Vec<PackageInput> = mcpz_stdlib::PACKAGES
        .iter()
        .map(|package| PackageInput::new(package.name, MemoryProvider::new(package.files.iter().copied())))
        .collect();
    let input = PackageInput::new("", DiskProvider { root: root.clone() });
    let open = |location: &str| {
        let folder = root.join(location);
        folder.join(MANIFEST).is_file().then(|| PackageInput::new(location, DiskProvider { root: folder }))
    };
    let workspace = Workspace::gather(input, standard_library, &open);
    let folders =
        workspace.packages.iter().map(|package| (package_name(package), root.join(&package.location))).collect();
    Ok(Loaded { root, workspace, folders })
}

/// The nearest folder at or above `start` that holds a manifest.
pub fn find_root(start: &Path) -> Result<PathBuf, Failure> {
    let start = if start.as_os_str().is_empty() { Path::new(".") } else { start };
    let absolute = std::fs::canonicalize(start)
        .map_err(|error| Failure::input(format!("{} cannot be opened: {error}", start.display())))?;
    absolute.ancestors().find(|folder| folder.join(MANIFEST).is_file()).map(Path::to_path_buf).ok_or_else(|| {
        Failure::input(format!("no package: neither {} nor a folder above it holds `{MANIFEST}`", absolute.display()))
            .with_help("`mcpz new NAME` makes a package; `-C DIR` runs in another folder")
    })
}

/// The name in a package's manifest, as far as it can be read.
fn package_name(package: &PackageInput) -> String {
    let read = || -> Option<String> {
        let text = String::from_utf8(package.provider.read(MANIFEST).ok()?).ok()?;
        let table: toml::Table = text.parse().ok()?;
        Some(table.get("package")?.get("name")?.as_str()?.to_owned())
    };
    read().unwrap_or_default()
}

impl Loaded {
    /// The package's name, as its manifest has it; `package` when it has none.
    pub fn name(&self) -> &str {
        match self.folders.first() {
            Some((name, _)) if !name.is_empty() => name,
            _ => "package",
        }
    }

    /// The folder of its sources, below the package.
    pub fn source_folder(&self) -> String {
        let folder = self.build_setting("sources").unwrap_or_else(|| "policy".to_owned());
        folder.trim_end_matches('/').to_owned()
    }

    /// The folders whose files it is made of: its own and those of path dependencies.
    pub fn folders_on_disk(&self) -> Vec<PathBuf> {
        self.folders.iter().map(|(_, folder)| folder.clone()).filter(|folder| folder.join(MANIFEST).is_file()).collect()
    }

    /// Where its bundle goes, when the manifest says so.
    pub fn out(&self) -> Option<String> {
        self.build_setting("out")
    }

    fn build_setting(&self, key: &str) -> Option<String> {
        let text = String::from_utf8(self.read(MANIFEST).ok()?).ok()?;
        let table: toml::Table = text.parse().ok()?;
        Some(table.get("build")?.get(key)?.as_str()?.to_owned())
    }

    /// The bytes of one of its files.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        DiskProvider { root: self.root.clone() }.read(path)
    }

    /// The text of one of its files.
    pub fn read_text(&self, path: &str) -> Result<String, Failure> {
        let failed = |reason: &str| Failure::input(format!("{} {reason}", self.root.join(path).display()));
        let bytes = self.read(path).map_err(|error| match error {
            ReadError::NotFound => failed("is not there"),
            ReadError::Failed(reason) => failed(&format!("cannot be read: {reason}")),
        })?;
        String::from_utf8(bytes).map_err(|_| failed("is not UTF-8"))
    }

    /// Writes one of its files. What leads out of the package, by its letters or by a link, is not written.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), Failure> {
        inside(path)?;
        let file = self.root.join(path);
        let root = std::fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        let there = file.ancestors().find_map(|part| std::fs::canonicalize(part).ok());
        if !there.is_some_and(|there| there.starts_with(&root)) {
            return Err(leads_out(path));
        }
        write_file(&file, bytes)
    }

    /// The file on disk of a source of the bundle; none for the standard library.
    pub fn file(&self, source_path: &str) -> Option<PathBuf> {
        let candidates = self.folders.iter().filter_map(|(name, folder)| {
            let rest = source_path.strip_prefix(name.as_str())?.strip_prefix('/')?;
            let file = folder.join(rest);
            file.is_file().then_some(file)
        });
        candidates.into_iter().next()
    }

    /// Sources with the paths that a person sees: relative to where they are.
    pub fn shown(&self, sources: &[Source]) -> Vec<Source> {
        let here = here();
        let path = |source: &Source| match self.file(&source.path) {
            Some(file) => relative(&file, &here),
            None => source.path.clone(),
        };
        sources.iter().map(|source| Source { path: path(source), ..source.clone() }).collect()
    }
}

/// A path that a package names for one of its own files.
pub fn inside(path: &str) -> Result<&str, Failure> {
    if stays_inside(path) { Ok(path) } else { Err(leads_out(path)) }
}

fn leads_out(path: &str) -> Failure {
    Failure::input(format!("`{}` cannot be used: {LEADS_OUT}", crate::escape::inline(path)))
        .with_help("name a file below the folder of `mcpz.toml`")
}

/// Where the process runs: paths are shown from there.
pub fn here() -> PathBuf {
    std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default()
}

/// A path relative to `here`, with `..` for what is not below it; whole when the two have no folder in common.
pub fn relative(file: &Path, here: &Path) -> String {
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let (mut to, mut from) = (file.components().peekable(), here.components().peekable());
    let mut shared = false;
    while let Some(part) = to.next_if(|part| from.peek() == Some(part)) {
        shared |= matches!(part, Component::Normal(_));
        from.next();
    }
    if !shared {
        return file.display().to_string();
    }
    let up = from.map(|_| Component::ParentDir);
    up.chain(to).collect::<PathBuf>().display().to_string()
}

/// Files below a folder.
pub struct DiskProvider {
    /// The folder of the manifest.
    pub root: PathBuf,
}

impl DiskProvider {
    /// A path of the package on disk. What leads out of the package is not found.
    fn resolve(&self, path: &str) -> Result<PathBuf, ReadError> {
        let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if inside { Ok(self.root.join(path)) } else { Err(ReadError::NotFound) }
    }
}

impl SourceProvider for DiskProvider {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        read_below(&self.root, &self.resolve(path)?, MAX_FILE_BYTES)
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, ReadError> {
        let files = files_below(&self.resolve(dir)?)?;
        let folder = dir.trim_end_matches('/');
        let path = |file: String| if folder.is_empty() { file } else { format!("{folder}/{file}") };
        Ok(files.into_iter().map(path).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_found_from_below_and_its_files_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        std::fs::create_dir_all(root.join("policy/deep")).unwrap();
        std::fs::write(root.join(MANIFEST), "[package]\nname = \"acme\"\n").unwrap();
        std::fs::write(root.join("policy/deep/a.mcpz"), "").unwrap();
        std::fs::write(root.join("policy/.hidden"), "").unwrap();
        assert_eq!(find_root(&root.join("policy/deep")).unwrap(), root);
        let provider = DiskProvider { root };
        assert_eq!(provider.list("policy").unwrap(), ["policy/deep/a.mcpz"]);
        assert_eq!(provider.list("nowhere"), Err(ReadError::NotFound));
    }

    #[test]
    fn no_path_leads_out_of_a_package() {
        let folder = tempfile::tempdir().unwrap();
        let provider = DiskProvider { root: folder.path().join("in") };
        std::fs::create_dir_all(&provider.root).unwrap();
        std::fs::write(folder.path().join("secret"), "x").unwrap();
        assert_eq!(provider.read("../secret"), Err(ReadError::NotFound));
        assert_eq!(provider.read("/etc/passwd"), Err(ReadError::NotFound));
    }

    #[test]
    fn paths_are_shown_from_where_the_command_runs() {
        let shown = |file: &str, here: &str| relative(Path::new(file), Path::new(here));
        assert_eq!(shown("/w/acme/policy/a.mcpz", "/w"), "acme/policy/a.mcpz");
        assert_eq!(shown("/w/base/policy/a.mcpz", "/w/acme"), "../base/policy/a.mcpz");
        assert_eq!(shown("/w/a.mcpz", "/w/acme/policy"), "../../a.mcpz");
        assert_eq!(shown("/w/acme2/a.mcpz", "/w/acme"), "../acme2/a.mcpz", "components, not letters");
        assert_eq!(shown("/w/a.mcpz", "/x/acme"), "/w/a.mcpz", "nothing in common");
        assert_eq!(shown("/w/a.mcpz", ""), "/w/a.mcpz");
    }

    #[test]
    fn a_folder_without_a_package_says_what_to_do() {
        let failure = find_root(Path::new("/")).unwrap_err();
        assert!(failure.message.contains("mcpz.toml"), "{}", failure.message);
    }
}
