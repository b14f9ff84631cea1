//! The standard library as a table: what each of its packages declares, whether or not a policy uses it.
//!
//! The compiler only loads the packages that a policy names; completion offers all of them, with the `use` that brings one in.

use mcpz_compiler::source::PackageInput;
use mcpz_syntax::ast::{self, AstNode, Documented, Item};
use mcpz_syntax::parse;

/// One name of a package of the standard library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryItem {
    /// The package: `std.time`.
    pub package: String,
    /// The name.
    pub name: String,
    /// What it is.
    pub kind: LibraryKind,
    /// How it is declared, up to its value.
    pub signature: String,
    /// Its documentation.
    pub docs: String,
}

/// Kinds of names that other packages use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LibraryKind {
    /// A predicate.
    Predicate,
    /// A constant.
    Const,
    /// A tag.
    Tag,
    /// A label.
    Label,
    /// A profile.
    Profile,
}

/// The table.
#[derive(Debug, Clone, Default)]
pub struct Library {
    /// Every name, by package and name.
    pub items: Vec<LibraryItem>,
    /// Every package: name, and the documentation of its files.
    pub packages: Vec<(String, String)>,
}

impl Library {
    /// The table of these packages.
    pub fn new(packages: &[PackageInput]) -> Library {
        let mut library = Library::default();
        for package in packages {
            let mut docs = String::new();
            let mut paths = package.provider.list("policy").unwrap_or_default();
            paths.sort();
            for path in paths.iter().filter(|path| path.ends_with(".mcpz")) {
                let text = package.provider.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let Some(text) = text else { continue };
                let file = parse(&text).source_file();
                if docs.is_empty() {
                    docs = file.docs();
                }
                library.items.extend(file.items().iter().filter_map(|item| library_item(&package.location, item)));
            }
            library.packages.push((package.location.clone(), docs));
        }
        library.items.sort_by(|a, b| (&a.package, &a.name).cmp(&(&b.package, &b.name)));
        library.packages.sort();
        library
    }
}

fn library_item(package: &str, item: &Item) -> Option<LibraryItem> {
    let (name, kind) = match item {
        Item::Predicate(item) => (item.name()?, LibraryKind::Predicate),
        Item::Const(item) => (item.name()?, LibraryKind::Const),
        Item::Tag(item) => (item.name()?, LibraryKind::Tag),
        Item::Label(item) => (item.name()?, LibraryKind::Label),
        Item::Profile(item) => (item.name()?, LibraryKind::Profile),
        _ => return None,
    };
    let signature = match item {
        Item::Predicate(predicate) => predicate_signature(predicate),
        _ => name.text.clone(),
    };
    Some(LibraryItem { package: package.to_owned(), name: name.text, kind, signature, docs: item.docs() })
}

/// `name(a: type, b: type)`
fn predicate_signature(predicate: &ast::Predicate) -> String {
    let params: Vec<String> = predicate.params().iter().map(|param| param.syntax().text().to_string()).collect();
    format!("{}({})", predicate.name().map_or(String::new(), |name| name.text), params.join(", "))
}
