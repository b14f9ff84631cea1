//! Subjects and targets.

use super::expressions::Expr;
use super::names::{Ident, Name, Path, StringLiteral};
use super::support::{self, ast_enum, ast_nodes};

ast_nodes! {
    /// `anyone`
    SubjectAnyone,
    /// `anonymous`
    SubjectAnonymous,
    /// `any user`, `any agent`
    SubjectAny,
    /// `analyst`
    SubjectName,
    /// `server payments`
    SubjectServer,
    /// `[a, b]`
    SubjectEither,
    /// `a & b`
    SubjectBoth,
    /// `copilot acting for analyst`
    SubjectActing,
    /// `tag destructive`
    TargetTag,
    /// `any tool`
    TargetAny,
    /// `tools where hints.destructive`
    TargetHints,
    /// `server fs`
    TargetServer,
    /// `fs`, `fs.write_file`
    TargetPath,
    /// `fs.*`
    TargetAll,
    /// `fs.{a, b}`
    TargetSet,
    /// `docs.uri("file:///**")`
    TargetUri,
    /// `[t, t]` after `calls to`.
    TargetList,
    /// The targets of a rule, separated by commas.
    Targets,
}

ast_enum! {
    /// Who a rule is about.
    Subject {
        /// `anyone`
        Anyone(SubjectAnyone),
        /// `anonymous`
        Anonymous(SubjectAnonymous),
        /// `any user`, `any agent`
        Any(SubjectAny),
        /// `analyst`
        Name(SubjectName),
        /// `server payments`
        Server(SubjectServer),
        /// `[a, b]`
        Either(SubjectEither),
        /// `a & b`
        Both(SubjectBoth),
        /// `a acting for b`
        Acting(SubjectActing),
    }
}

ast_enum! {
    /// What a rule is about.
    Target {
        /// `tag destructive`
        Tag(TargetTag),
        /// `any tool`
        Any(TargetAny),
        /// `tools where hints.destructive`
        Hints(TargetHints),
        /// `server fs`
        Server(TargetServer),
        /// `fs`, `fs.write_file`
        Path(TargetPath),
        /// `fs.*`
        All(TargetAll),
        /// `fs.{a, b}`
        Set(TargetSet),
        /// `docs.uri("...")`
        Uri(TargetUri),
        /// `[t, t]`
        List(TargetList),
    }
}

impl SubjectAny {
    /// `user` or `agent`.
    pub fn what(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }
}

impl SubjectName {
    /// The name of a role or identity.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }
}

impl SubjectServer {
    /// The name of the server.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }
}

impl SubjectEither {
    /// The alternatives.
    pub fn members(&self) -> Vec<Subject> {
        support::children(&self.0)
    }
}

impl SubjectBoth {
    /// What must all fit.
    pub fn members(&self) -> Vec<Subject> {
        support::children(&self.0)
    }
}

impl SubjectActing {
    /// Who acts.
    pub fn actor(&self) -> Option<Subject> {
        support::child(&self.0)
    }

    /// For whom.
    pub fn principal(&self) -> Option<Subject> {
        support::nth_child(&self.0, 1)
    }
}

impl TargetTag {
    /// The name of the tag.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }
}

impl TargetAny {
    /// `tool`, `resource` or `prompt`.
    pub fn what(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }
}

impl TargetHints {
    /// The condition over `hints`.
    pub fn condition(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

impl TargetServer {
    /// The name of the server.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }
}

impl TargetPath {
    /// A server, or a server and one name of its catalog.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }
}

impl TargetAll {
    /// The server.
    pub fn server(&self) -> Option<Path> {
        support::child(&self.0)
    }
}

impl TargetSet {
    /// The server.
    pub fn server(&self) -> Option<Path> {
        support::child(&self.0)
    }

    /// The names.
    pub fn names(&self) -> Vec<Ident> {
        support::children::<Name>(&self.0).iter().filter_map(Name::ident).collect()
    }
}

impl TargetUri {
    /// The server.
    pub fn server(&self) -> Option<Path> {
        support::child(&self.0)
    }

    /// The pattern.
    pub fn pattern(&self) -> Option<StringLiteral> {
        support::first_string(&self.0)
    }
}

impl TargetList {
    /// The targets.
    pub fn targets(&self) -> Vec<Target> {
        support::children(&self.0)
    }
}

impl Targets {
    /// The targets.
    pub fn targets(&self) -> Vec<Target> {
        support::children(&self.0)
    }
}
