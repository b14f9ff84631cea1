//! Declarations of a bundle: issuers, classes, servers, labels, segments, data.

use super::{ParameterKind, UriPatternImage};
use crate::ids::*;
use crate::schema::SchemaImage;
use crate::text::Text;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A token issuer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssuerImage {
    /// Its name.
    pub name: String,
    /// The `iss` claim.
    pub url: String,
    /// The `aud` claim.
    pub audience: Option<String>,
    /// Longest lifetime.
    pub lifetime_ms: Option<i64>,
    /// Sender constraints: `mtls`, `dpop`.
    pub bound: Vec<String>,
    /// Type of the claims: a record; a field that is not optional is mandatory.
    pub claims: TypeId,
}

/// Whether a principal is a person or a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkKind {
    /// A person.
    User,
    /// A program.
    Agent,
}

/// Where a credential comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceImageKind {
    /// A token of this issuer.
    Issuer(IssuerId),
    /// A client certificate.
    Mtls,
    /// The local peer process.
    Local,
}

/// A class of principals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassImage {
    /// Its name, qualified by package when not of the root: `base.analyst`.
    pub name: String,
    /// Person or program.
    pub kind: LinkKind,
    /// When a link belongs to it.
    pub definition: ClassDefinitionImage,
    /// Classes of principals this agent may act for.
    pub acts_for: Vec<ClassId>,
}

/// How a class is defined. A condition is a truth block over `LinkClaims`, `LinkSpiffe`, `LinkUid`
/// (and data); it may not ask the state, other facts or subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClassDefinitionImage {
    /// Kind and source fit, and the condition holds.
    Identity {
        /// Source of the credential.
        source: SourceImageKind,
        /// Condition; absent means true.
        condition: Option<BlockId>,
    },
    /// In the base, and the condition holds.
    Narrow {
        /// The base: an earlier class.
        base: ClassId,
        /// Condition; absent means true.
        condition: Option<BlockId>,
    },
    /// In any of these: earlier classes.
    Join(Vec<ClassId>),
}

/// A server.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServerImage {
    /// Its name: what the enforcement point calls it. Unique.
    pub name: String,
    /// `endpoint`.
    pub endpoint: Option<String>,
    /// `command` and arguments.
    pub command: Vec<String>,
    /// `identity spiffe`.
    pub spiffe: Option<String>,
    /// Digest of the catalog (lower-case hex).
    pub catalog_digest: String,
    /// Its segment.
    pub segment: Option<SegmentId>,
    /// `egress`.
    pub egress: Vec<String>,
    /// Parameters outside the schema are refused.
    pub refuse_extra: bool,
    /// Tools in catalog order; names distinct.
    pub tools: Vec<ToolImage>,
    /// Prompts in catalog order; names distinct.
    pub prompts: Vec<PromptImage>,
    /// Resource URIs of the catalog.
    pub resources: Vec<String>,
    /// Resource templates of the catalog.
    pub templates: Vec<String>,
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ToolImage {
    /// Exact name.
    pub name: Text,
    /// What arguments are validated against; nothing in a loaded program, which reads the compiled schema where it stands.
    pub schema: Option<Arc<SchemaImage>>,
    /// Places by kind, for `paths(args)` and the like. [`ParameterKind::Strings`] are everywhere: its rows are
    /// the names that the tool's type declares at any depth, one step each; other names count as strings.
    pub collect: Arc<[CollectImage]>,
    /// `unwraps`, when this is a meta-tool.
    pub unwraps: Option<Box<UnwrapsImage>>,
}

/// Where a tool's arguments hold values of a kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CollectImage {
    /// The kind.
    pub kind: ParameterKind,
    /// Path below `args`; a step that does not fit the value yields nothing, a value at the end
    /// that does not parse yields an error.
    pub path: Vec<StepImage>,
}

/// A step into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepImage {
    /// `.name`
    Field(String),
    /// `[*]`: every element, or every value of a map.
    Each,
}

/// `unwraps T to SERVER, NAME, ARGS`; paths below `args`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnwrapsImage {
    /// Inner server's name; absent: this server.
    pub server: Option<Vec<String>>,
    /// Inner tool's name.
    pub name: Vec<String>,
    /// Inner arguments.
    pub arguments: Vec<String>,
}

/// A prompt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PromptImage {
    /// Exact name.
    pub name: String,
    /// Parameters and whether they are mandatory; all are strings.
    pub parameters: Vec<(String, bool)>,
}

/// What a declaration is about. The parts are united.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetsImage {
    /// Every tool.
    pub any_tool: bool,
    /// Every resource.
    pub any_resource: bool,
    /// Every prompt.
    pub any_prompt: bool,
    /// All of these servers.
    pub servers: Vec<ServerId>,
    /// Tools: server and row of its `tools`.
    pub tools: Vec<(ServerId, u32)>,
    /// Prompts: server and row of its `prompts`.
    pub prompts: Vec<(ServerId, u32)>,
    /// Resources.
    pub resources: Vec<(ServerId, UriPatternImage)>,
}

/// A label.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelImage {
    /// Its name.
    pub name: String,
    /// Results that carry it; an empty path means the whole result.
    pub sources: Vec<(TargetsImage, Vec<StepImage>)>,
}

/// `stores L in T by args.path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoresImage {
    /// The label.
    pub label: LabelId,
    /// Tools that write.
    pub targets: TargetsImage,
    /// Path below `args` of the key.
    pub key: Vec<String>,
}

/// `declassify L in T`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclassifyImage {
    /// The label.
    pub label: LabelId,
    /// Tools that clean.
    pub targets: TargetsImage,
}

/// A network segment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SegmentImage {
    /// Its name.
    pub name: String,
    /// Its networks: address with host bits zero, prefix length.
    pub networks: Vec<(core::net::IpAddr, u8)>,
}

/// A flow between segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowImage {
    /// The caller's segment.
    pub from: SegmentId,
    /// The server's segment.
    pub to: SegmentId,
    /// What may be reached (or, of a forbidden flow, may not); absent means everything.
    pub only: Option<TargetsImage>,
    /// `forbid flow`.
    pub forbid: bool,
}

/// Typed data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataImage {
    /// Its name, qualified by package when not of the root.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Its value as built.
    pub value: ConstantId,
}

/// `sensitive T: args.password`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SensitiveImage {
    /// The tools.
    pub targets: TargetsImage,
    /// Path below `args`.
    pub path: Vec<StepImage>,
}

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GrantImage {
    /// Its name.
    pub name: String,
    /// Who may hold it (matched narrowly).
    pub subject: SubjectId,
    /// For at most.
    pub at_most_ms: i64,
    /// Approved by any of these; empty means self-service.
    pub approvers: Vec<ClassId>,
}
