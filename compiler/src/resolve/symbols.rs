//! Lookup of names: what each package declares, what each file imports, and what a path means.
//!
//! A package has one table with several *spaces*: principals, values, segments and labels share one
//! because they meet in conditions; issuers, servers, tags, grants and monitors have one each. A
//! file sees its package's names, then what `use` brought into it. A path whose first segments
//! name a package (an import, a dependency, `std.time`) goes on in that package's table.

use super::{Name, Place};
use crate::diagnostics::codes::{e0102, e0107};
use crate::diagnostics::{Diagnostic, suggest};
use crate::hir::{
    ClassId, DataId, GrantId, IssuerId, LabelId, PackageId, PredicateId, SegmentId, ServerId, SourceId, Span,
};
use crate::ids::row_ids;
use crate::index::{Recorder, Referent};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

row_ids! {
    /// A constant: row of `Unit::consts`.
    ConstId,
    /// A tag.
    TagId,
    /// A profile: the shape of a well-known server.
    ProfileId,
    /// A monitor: row of `Unit::monitors`.
    MonitorId,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// A token issuer.
    Issuer(IssuerId),
    /// A user, agent or role.
    Class(ClassId),
    /// A server.
    Server(ServerId),
    /// A profile.
    Profile(ProfileId),
    /// A tag.
    Tag(TagId),
    /// A label.
    Label(LabelId),
    /// A segment.
    Segment(SegmentId),
    /// Data.
    Data(DataId),
    /// A predicate.
    Predicate(PredicateId),
    /// A constant.
    Const(ConstId),
    /// A grant.
    Grant(GrantId),
    /// A monitor.
    Monitor(MonitorId),
}

/// Kinds of names, as places want them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A token issuer.
    Issuer,
    /// A user, agent or role.
    Class,
    /// A server or profile.
    Server,
    /// A tag.
    Tag,
    /// A label.
    Label,
    /// A segment.
    Segment,
    /// Data.
    Data,
    /// A predicate.
    Predicate,
    /// A constant.
    Const,
    /// A grant.
    Grant,
    /// A monitor.
    Monitor,
}

/// Which names cannot be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Issuers.
    Issuer,
    /// Principals, values, segments, labels.
    Word,
    /// Servers and profiles.
    Server,
    /// Tags.
    Tag,
    /// Grants.
    Grant,
    /// Monitors.
    Monitor,
}

impl Space {
    /// Every space.
    pub const ALL: [Space; 6] = [Space::Word, Space::Server, Space::Tag, Space::Issuer, Space::Grant, Space::Monitor];
}

impl Entity {
    /// Its kind.
    pub fn kind(self) -> Kind {
        match self {
            Entity::Issuer(_) => Kind::Issuer,
            Entity::Class(_) => Kind::Class,
            Entity::Server(_) | Entity::Profile(_) => Kind::Server,
            Entity::Tag(_) => Kind::Tag,
            Entity::Label(_) => Kind::Label,
            Entity::Segment(_) => Kind::Segment,
            Entity::Data(_) => Kind::Data,
            Entity::Predicate(_) => Kind::Predicate,
            Entity::Const(_) => Kind::Const,
            Entity::Grant(_) => Kind::Grant,
            Entity::Monitor(_) => Kind::Monitor,
        }
    }
}

impl Kind {
    /// Its word in messages.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Issuer => "issuer",
            Kind::Class => "role, user or agent",
            Kind::Server => "server",
            Kind::Tag => "tag",
            Kind::Label => "label",
            Kind::Segment => "segment",
            Kind::Data => "data set",
            Kind::Predicate => "predicate",
            Kind::Const => "constant",
            Kind::Grant => "grant",
            Kind::Monitor => "monitor",
        }
    }

    /// Its space.
    pub fn space(self) -> Space {
        match self {
            Kind::Issuer => Space::Issuer,
            Kind::Class | Kind::Label | Kind::Segment | Kind::Data | Kind::Predicate | Kind::Const => Space::Word,
            Kind::Server => Space::Server,
            Kind::Tag => Space::Tag,
            Kind::Grant => Space::Grant,
            Kind::Monitor => Space::Monitor,
        }
    }
}

/// A declared name: what it stands for and where it is declared.
pub type Entry = (Entity, Span);

/// What one package declares.
#[derive(Debug, Clone, Default)]
pub struct PackageTable {
    /// Its name.
    pub name: String,
    /// Its names.
    pub names: BTreeMap<(Space, SmolStr), Entry>,
    /// Packages it can name: dependencies by alias, the standard library by full name.
    pub packages: BTreeMap<String, PackageId>,
    /// Dependencies that are not there, by alias; their manifest's error says so.
    pub absent: BTreeSet<SmolStr>,
}

/// What one file imports.
#[derive(Debug, Clone, Default)]
pub struct FileTable {
    /// Imported names.
    pub names: BTreeMap<(Space, SmolStr), Entry>,
    /// Imported packages.
    pub packages: BTreeMap<SmolStr, PackageId>,
    /// What a `use` in error would have brought in; that error is enough.
    pub failed: BTreeSet<SmolStr>,
}

/// All tables.
#[derive(Debug, Clone, Default)]
pub struct Symbols {
    /// By package.
    pub packages: Vec<PackageTable>,
    /// By source.
    pub files: Vec<FileTable>,
    /// Where lookups are written down, when somebody asks for them.
    pub recorder: Option<Recorder>,
}

/// How far a lookup came.
enum Lookup {
    /// What the first segments (so many) stand for.
    Found(Entry, usize),
    /// The segment at this index is not known in this package; `None`: in the file.
    Missing(usize, Option<PackageId>),
}

impl Symbols {
    /// Looks a path up in a space. Does not report.
    pub fn find(&self, place: Place, space: Space, path: &[Name]) -> Option<(Entity, usize)> {
        match self.lookup(place, space, path) {
            Lookup::Found((entity, _), consumed) => Some((entity, consumed)),
            Lookup::Missing(..) => None,
        }
    }

    /// What the first segments of a path in an expression stand for, and how many they are: data,
    /// constants, predicates, classes, segments, labels. Does not report.
    pub fn value(&self, place: Place, path: &[Name]) -> Option<(Entity, usize)> {
        self.find(place, Space::Word, path)
    }

    /// Whether a path that is not known starts with what another error speaks of: a dependency that is not there, or
    /// what a `use` in error would have brought in.
    pub fn is_reported(&self, place: Place, path: &[Name]) -> bool {
        let Some(first) = path.first() else { return false };
        let is_absent =
            self.packages.get(place.package.index()).is_some_and(|table| table.absent.contains(&first.text));
        is_absent || self.files.get(place.source.index()).is_some_and(|table| table.failed.contains(&first.text))
    }

    /// Whether every dependency and import of every package is there.
    pub fn is_whole(&self) -> bool {
        self.packages.iter().all(|table| table.absent.is_empty())
            && self.files.iter().all(|table| table.failed.is_empty())
    }

    /// Names that an expression could mean, for suggestions.
    pub fn value_names(&self, place: Place) -> Vec<SmolStr> {
        let mut names = self.candidates(place, Space::Word, |_| true);
        names.extend(self.package_names(place));
        names
    }

    /// Looks up a path that must be a name of this kind as a whole. Reports.
    pub fn resolve(&self, place: Place, kind: Kind, path: &[Name], sink: &mut Vec<Diagnostic>) -> Option<Entity> {
        let (entity, consumed) = self.resolve_prefix(place, kind, path, sink)?;
        match path.get(consumed) {
            None => Some(entity),
            Some(extra) => {
                let found = path.first().map_or("", |name| name.text.as_str());
                let message = format!("member of {} `{found}`", kind.word());
                sink.push(e0102::unknown_name(extra.span, &message, &extra.text, None, ""));
                None
            }
        }
    }

    /// Looks up a path that must start with a name of this kind. Reports.
    pub fn resolve_prefix(
        &self,
        place: Place,
        kind: Kind,
        path: &[Name],
        sink: &mut Vec<Diagnostic>,
    ) -> Option<(Entity, usize)> {
        match self.lookup(place, kind.space(), path) {
            Lookup::Found((entity, _), consumed) if entity.kind() == kind => Some((entity, consumed)),
            Lookup::Found((entity, declared), consumed) => {
                let span = joined(path, consumed);
                let name = path.get(consumed.wrapping_sub(1)).map_or("", |name| name.text.as_str());
                sink.push(e0107::wrong_kind(span, name, entity.kind().word(), kind.word(), Some(declared)));
                None
            }
            Lookup::Missing(..) if self.is_reported(place, path) => None,
            Lookup::Missing(at, package) => {
                self.report_missing(place, kind, path, at, package, sink);
                None
            }
        }
    }

    /// Reports the segment of a path that is not known.
    fn report_missing(
        &self,
        place: Place,
        kind: Kind,
        path: &[Name],
        at: usize,
        package: Option<PackageId>,
        sink: &mut Vec<Diagnostic>,
    ) {
        let Some(name) = path.get(at).or(path.last()) else { return };
        let wanted = |entry: &Entry| entry.0.kind() == kind;
        let candidates = match package {
            Some(package) => self.declared_in(package, kind.space(), wanted),
            None => self.candidates(place, kind.space(), wanted),
        };
        let near = suggest::nearest(&name.text, &candidates);
        if near.is_none()
            && let Some((entity, declared)) = self.other_kind(place, package, &name.text)
        {
            sink.push(e0107::wrong_kind(name.span, &name.text, entity.kind().word(), kind.word(), Some(declared)));
            return;
        }
        let word = match package.and_then(|package| self.packages.get(package.index())) {
            Some(table) => format!("{} of package `{}`", kind.word(), table.name),
            None => kind.word().to_owned(),
        };
        let known = suggest::listing(&candidates);
        sink.push(e0102::unknown_name(name.span, &word, &name.text, near.as_deref(), &known));
    }

    /// What a name stands for in another space.
    fn other_kind(&self, place: Place, package: Option<PackageId>, name: &SmolStr) -> Option<Entry> {
        Space::ALL.iter().find_map(|space| match package {
            Some(package) => self.packages.get(package.index())?.names.get(&(*space, name.clone())).copied(),
            None => self.visible(place, *space, name),
        })
    }

    /// What a single name stands for in a file.
    pub fn visible(&self, place: Place, space: Space, name: &SmolStr) -> Option<Entry> {
        let key = (space, name.clone());
        let own = self.packages.get(place.package.index()).and_then(|table| table.names.get(&key));
        let imported = self.files.get(place.source.index()).and_then(|table| table.names.get(&key));
        own.or(imported).copied()
    }

    /// The package that the first segments of a path name, and how many they are.
    pub fn package_prefix(&self, place: Place, path: &[Name]) -> Option<(PackageId, usize)> {
        let first = path.first()?;
        if let Some(package) = self.files.get(place.source.index()).and_then(|table| table.packages.get(&first.text)) {
            return Some((*package, 1));
        }
        let table = self.packages.get(place.package.index())?;
        (1..=path.len()).rev().find_map(|count| {
            let dotted: Vec<&str> = path.iter().take(count).map(|name| name.text.as_str()).collect();
            table.packages.get(&dotted.join(".")).map(|package| (*package, count))
        })
    }

    /// The lookup, written down when somebody asks for that.
    fn lookup(&self, place: Place, space: Space, path: &[Name]) -> Lookup {
        let found = self.look(place, space, path);
        let Some(recorder) = &self.recorder else { return found };
        let (package, upto) = match &found {
            Lookup::Found((entity, _), consumed) => {
                if let Some(name) = consumed.checked_sub(1).and_then(|last| path.get(last)) {
                    recorder.name(name.span, Referent::Entity(*entity));
                }
                (self.package_prefix(place, path).filter(|_| *consumed > 1), consumed - 1)
            }
            Lookup::Missing(at, Some(_)) => (self.package_prefix(place, path), *at),
            Lookup::Missing(_, None) => (None, 0),
        };
        if let Some((package, _)) = package {
            path.iter().take(upto).for_each(|name| recorder.name(name.span, Referent::Package(package)));
        }
        found
    }

    /// The lookup itself.
    fn look(&self, place: Place, space: Space, path: &[Name]) -> Lookup {
        let Some(first) = path.first() else { return Lookup::Missing(0, None) };
        if let Some(entry) = self.visible(place, space, &first.text) {
            return Lookup::Found(entry, 1);
        }
        let Some((package, consumed)) = self.package_prefix(place, path) else { return Lookup::Missing(0, None) };
        let Some(name) = path.get(consumed) else { return Lookup::Missing(consumed - 1, None) };
        let entry = self.packages.get(package.index()).and_then(|table| table.names.get(&(space, name.text.clone())));
        match entry {
            Some(entry) => Lookup::Found(*entry, consumed + 1),
            None => Lookup::Missing(consumed, Some(package)),
        }
    }

    /// Names of a space that a file sees.
    fn candidates(&self, place: Place, space: Space, wanted: impl Fn(&Entry) -> bool) -> Vec<SmolStr> {
        let mut names = self.declared_in(place.package, space, &wanted);
        if let Some(file) = self.files.get(place.source.index()) {
            let imported = file.names.iter().filter(|((of, _), entry)| *of == space && wanted(entry));
            names.extend(imported.map(|((_, name), _)| name.clone()));
        }
        names
    }

    /// Names of a space that a package declares.
    pub fn declared_in(&self, package: PackageId, space: Space, wanted: impl Fn(&Entry) -> bool) -> Vec<SmolStr> {
        let Some(table) = self.packages.get(package.index()) else { return Vec::new() };
        let own = table.names.iter().filter(|((of, _), entry)| *of == space && wanted(entry));
        own.map(|((_, name), _)| name.clone()).collect()
    }

    /// Names of packages that a file sees.
    fn package_names(&self, place: Place) -> Vec<SmolStr> {
        let own = self.packages.get(place.package.index()).into_iter().flat_map(|table| table.packages.keys());
        let imported = self.files.get(place.source.index()).into_iter().flat_map(|table| table.packages.keys());
        own.map(SmolStr::new).chain(imported.cloned()).collect()
    }

    /// Renumbers entities: used when definitions are put into dependency order.
    pub fn renumber(&mut self, change: impl Fn(Entity) -> Entity) {
        if let Some(recorder) = &self.recorder {
            recorder.renumber(&change);
        }
        for table in &mut self.packages {
            table.names.values_mut().for_each(|entry| entry.0 = change(entry.0));
        }
        for table in &mut self.files {
            table.names.values_mut().for_each(|entry| entry.0 = change(entry.0));
        }
    }

    /// The tables of a file, made if there are none.
    pub fn file_mut(&mut self, source: SourceId) -> &mut FileTable {
        if self.files.len() <= source.index() {
            self.files.resize(source.index() + 1, FileTable::default());
        }
        &mut self.files[source.index()]
    }
}

/// Lookups of one kind.
macro_rules! by_kind {
    ($($(#[$doc:meta])* $name:ident -> $id:ident: $variant:ident),* $(,)?) => {
        impl Symbols {$(
            $(#[$doc])*
            pub fn $name(&self, place: Place, path: &[Name], sink: &mut Vec<Diagnostic>) -> Option<$id> {
                match self.resolve(place, Kind::$variant, path, sink)? {
                    Entity::$variant(id) => Some(id),
                    _ => None,
                }
            }
        )*}
    };
}

by_kind! {
    /// The user, agent or role that a path names.
    class -> ClassId: Class,
    /// The issuer that a path names.
    issuer -> IssuerId: Issuer,
    /// The server that a path names.
    server -> ServerId: Server,
    /// The tag that a path names.
    tag -> TagId: Tag,
    /// The label that a path names.
    label -> LabelId: Label,
    /// The segment that a path names.
    segment -> SegmentId: Segment,
    /// The data that a path names.
    data -> DataId: Data,
    /// The predicate that a path names.
    predicate -> PredicateId: Predicate,
    /// The constant that a path names.
    constant -> ConstId: Const,
    /// The grant that a path names.
    grant -> GrantId: Grant,
}

/// The span from the first to the `count`-th segment.
fn joined(path: &[Name], count: usize) -> Span {
    let last = path.get(count.saturating_sub(1)).or(path.last()).map(|name| name.span);
    let first = path.first().map(|name| name.span);
    match (first, last) {
        (Some(first), Some(last)) => Span { end: last.end, ..first },
        _ => Span { source: SourceId(0), start: 0, end: 0 },
    }
}
