//! Items with a block of entries: `issuer`, `server`, `profile`, `segment`.

use super::Documented;
use super::expressions::Expr;
use super::names::{FieldPath, FieldStep, Ident, Name, Path, StringLiteral, steps};
use super::support::{self, ast_enum, ast_nodes};
use super::types::{Type, TypeField};
use crate::token::SyntaxKind;

ast_nodes! {
    /// `issuer corp { ... }`
    Issuer,
    /// `url "..."`
    UrlEntry,
    /// `audience "..."`
    AudienceEntry,
    /// `keys "..."`
    KeysEntry,
    /// `lifetime 15m`
    LifetimeEntry,
    /// `bound mtls | dpop`
    BoundEntry,
    /// `claims { ... }`
    ClaimsEntry,
    /// `server payments { ... }`
    Server,
    /// `profile reference { ... }`
    Profile,
    /// `like filesystem.reference`
    ServerLike,
    /// `endpoint "..."`
    EndpointEntry,
    /// `command [...]`
    CommandEntry,
    /// `identity spiffe "..."`
    IdentityEntry,
    /// `catalog "..."`
    CatalogEntry,
    /// `segment pci` in a server
    SegmentEntry,
    /// `egress "..."`
    EgressEntry,
    /// `extra refuse`
    ExtraEntry,
    /// `unwraps call_tool to args.server, args.name, args.arguments`
    UnwrapsEntry,
    /// `overlay { ... }`
    OverlayEntry,
    /// `*.path, move_file.source: path`
    OverlayRule,
    /// `*.path`
    OverlayPattern,
    /// `*` in an overlay pattern
    OverlayAnyTool,
    /// `segment dev { ... }`
    Segment,
    /// `networks "10.0.0.0/8"`
    NetworksEntry,
}

ast_enum! {
    /// One entry of an issuer.
    IssuerEntry {
        /// `url "..."`
        Url(UrlEntry),
        /// `audience "...", "..."`
        Audience(AudienceEntry),
        /// `keys "..."`
        Keys(KeysEntry),
        /// `lifetime 15m`
        Lifetime(LifetimeEntry),
        /// `bound mtls | dpop`
        Bound(BoundEntry),
        /// `claims { ... }`
        Claims(ClaimsEntry),
    }
}

ast_enum! {
    /// One entry of a server or profile.
    ServerEntry {
        /// `endpoint "..."`
        Endpoint(EndpointEntry),
        /// `command [...]`
        Command(CommandEntry),
        /// `identity spiffe "..."`
        Identity(IdentityEntry),
        /// `catalog "..."`
        Catalog(CatalogEntry),
        /// `segment pci`
        Segment(SegmentEntry),
        /// `egress "..."`
        Egress(EgressEntry),
        /// `extra refuse`
        Extra(ExtraEntry),
        /// `unwraps ...`
        Unwraps(UnwrapsEntry),
        /// `overlay { ... }`
        Overlay(OverlayEntry),
    }
}

/// The name and entries of each block.
macro_rules! blocks {
    ($($name:ident of $entry:ident),*) => { $(
        impl Documented for $name {}

        impl $name {
            /// The declared name.
            pub fn name(&self) -> Option<Ident> {
                support::child::<Name>(&self.0)?.ident()
            }

            /// The entries, in source order; one may stand twice.
            pub fn entries(&self) -> Vec<$entry> {
                support::children(&self.0)
            }
        }
    )* };
}
blocks!(Issuer of IssuerEntry, Server of ServerEntry, Profile of ServerEntry, Segment of NetworksEntry);

impl Server {
    /// The profile it is like.
    pub fn profile(&self) -> Option<Path> {
        support::child(&support::child::<ServerLike>(&self.0)?.0)
    }
}

/// Entries that hold one string.
macro_rules! one_string {
    ($($name:ident),*) => { $(
        impl $name {
            /// The string.
            pub fn string(&self) -> Option<StringLiteral> {
                support::first_string(&self.0)
            }
        }
    )* };
}
one_string!(UrlEntry, KeysEntry, EndpointEntry, CatalogEntry, IdentityEntry);

/// Entries that hold strings separated by commas.
macro_rules! many_strings {
    ($($name:ident),*) => { $(
        impl $name {
            /// The strings.
            pub fn strings(&self) -> Vec<StringLiteral> {
                support::strings(&self.0)
            }
        }
    )* };
}
many_strings!(AudienceEntry, EgressEntry, NetworksEntry);

impl LifetimeEntry {
    /// The duration.
    pub fn value(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

impl BoundEntry {
    /// `mtls`, `dpop`.
    pub fn ways(&self) -> Vec<Ident> {
        support::idents(&self.0)
    }
}

impl ClaimsEntry {
    /// The claims and their types.
    pub fn fields(&self) -> Vec<TypeField> {
        support::children(&self.0)
    }
}

impl CommandEntry {
    /// The command line: a list of strings.
    pub fn value(&self) -> Option<Expr> {
        support::child(&self.0)
    }
}

impl IdentityEntry {
    /// The kind of identity: `spiffe`.
    pub fn scheme(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }
}

impl SegmentEntry {
    /// The segment.
    pub fn path(&self) -> Option<Path> {
        support::child(&self.0)
    }
}

impl ExtraEntry {
    /// `refuse` or `ignore`.
    pub fn word(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }
}

impl UnwrapsEntry {
    /// The tool that calls others.
    pub fn tool(&self) -> Option<Ident> {
        support::child::<Name>(&self.0)?.ident()
    }

    /// The parameter that names the server.
    pub fn server_param(&self) -> Option<FieldPath> {
        support::child(&self.0)
    }

    /// The parameter that names the tool.
    pub fn tool_param(&self) -> Option<FieldPath> {
        support::nth_child(&self.0, 1)
    }

    /// The parameter that holds the arguments.
    pub fn args_param(&self) -> Option<FieldPath> {
        support::nth_child(&self.0, 2)
    }
}

impl OverlayEntry {
    /// The rules.
    pub fn rules(&self) -> Vec<OverlayRule> {
        support::children(&self.0)
    }
}

impl OverlayRule {
    /// Which parameters.
    pub fn patterns(&self) -> Vec<OverlayPattern> {
        support::children(&self.0)
    }

    /// What they are.
    pub fn ty(&self) -> Option<Type> {
        support::child(&self.0)
    }
}

impl OverlayPattern {
    /// The tool; `None` for `*`.
    pub fn tool(&self) -> Option<Ident> {
        if self.is_any_tool() {
            return None;
        }
        support::first_ident(&self.0)
    }

    /// Whether it starts with `*`.
    pub fn is_any_tool(&self) -> bool {
        self.0.children().any(|node| node.kind() == SyntaxKind::OverlayAnyTool)
    }

    /// The way to the parameter inside the arguments.
    pub fn parameter(&self) -> Vec<FieldStep> {
        let skipped = usize::from(!self.is_any_tool());
        steps(&self.0).into_iter().skip(skipped).collect()
    }
}
