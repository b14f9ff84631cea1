//! Declarations: issuers, classes of principals, servers, labels, segments, data.

use super::{ClassId, DataId, Expr, IssuerId, LabelId, PackageId, SegmentId, ServerId, Span, Targets, VarId};
use crate::catalog::ToolSchema;
use crate::types::{RecordType, Type};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A token issuer.
#[derive(Debug, Clone, PartialEq)]
pub struct Issuer {
    /// Its name.
    pub name: SmolStr,
    /// The package that declares it.
    pub package: PackageId,
    /// The `iss` claim.
    pub url: String,
    /// The `aud` claim that tokens must carry.
    pub audience: Option<String>,
    /// Tokens that live longer are refused.
    pub lifetime_ms: Option<i64>,
    /// Sender constraints, any of which serves: `mtls`, `dpop`.
    pub bound: Vec<SmolStr>,
    /// Declared claims; one that is not optional is mandatory. `sub: string`, `scope: string?` always are there.
    pub claims: RecordType,
    /// Where it stands.
    pub span: Span,
}

/// Whether a principal is a person or a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A program.
    Agent,
}

/// Where a credential comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialSource {
    /// A token of this issuer.
    Issuer(IssuerId),
    /// A client certificate with a SPIFFE id.
    Mtls,
    /// The process that started us (stdio).
    Local,
}

/// A class of principals: a function of one link of the caller's chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: SmolStr,
    /// The package that declares it.
    pub package: PackageId,
    /// Person or program.
    pub kind: PrincipalKind,
    /// When a link belongs to it.
    pub definition: ClassDefinition,
    /// Classes of users this agent may act for (agents declared with `acts for`; empty otherwise).
    pub acts_for: Vec<ClassId>,
    /// Documentation.
    pub docs: String,
    /// Where it stands.
    pub span: Span,
}

/// How a class is defined. `kind` and source are part of the condition.
#[derive(Debug, Clone, PartialEq)]
pub enum ClassDefinition {
    /// `user U from S where C`, `agent A from S where C`.
    Identity {
        /// Its credential's source.
        source: CredentialSource,
        /// Over `claims`, `spiffe`, `uid`; absent means true.
        condition: Option<Expr>,
    },
    /// `role R of X where C`.
    Narrow {
        /// X.
        base: ClassId,
        /// C; absent means true.
        condition: Option<Expr>,
    },
    /// `role R = A | B`.
    Join(Vec<ClassId>),
}

/// A server and its pinned catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Its name.
    pub name: SmolStr,
    /// The package that declares it.
    pub package: PackageId,
    /// `endpoint` URL.
    pub endpoint: Option<String>,
    /// `command` and arguments.
    pub command: Vec<String>,
    /// `identity spiffe`.
    pub spiffe: Option<String>,
    /// Digest of the catalog file (sha-256, lower-case hex).
    pub catalog_digest: String,
    /// Its segment.
    pub segment: Option<SegmentId>,
    /// `egress` entries, `host:port`.
    pub egress: Vec<String>,
    /// `extra refuse` (true, the default): parameters outside the schema are refused.
    pub refuse_extra: bool,
    /// `unwraps`.
    pub unwraps: Vec<Unwraps>,
    /// Tools in catalog order.
    pub tools: Vec<Tool>,
    /// Prompts in catalog order.
    pub prompts: Vec<Prompt>,
    /// Resource URIs listed by the catalog.
    pub resources: Vec<String>,
    /// Resource URI templates (RFC 6570 level 1) listed by the catalog.
    pub resource_templates: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// A tool as pinned.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Exact name.
    pub name: SmolStr,
    /// The server's own words: untrusted text.
    pub description: String,
    /// Type of `args`, overlay applied. Always a record.
    pub input: RecordType,
    /// Parameters that the schema marks as deprecated, as dotted places.
    pub deprecated: BTreeSet<String>,
    /// Type of the structured result, when declared.
    pub output: Option<Type>,
    /// The compiled schema that arguments are validated against.
    pub schema: ToolSchema,
    /// The `inputSchema` as the catalog file has it, as JSON text. The compiler does not look at
    /// it again: it is there so that the reference interpreter can validate by other means.
    pub raw_schema: Arc<str>,
    /// Annotations with the defaults of the MCP specification filled in.
    pub hints: ToolHints,
}

/// `ToolAnnotations` of the MCP specification; absent hints take the specification's defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolHints {
    /// `readOnlyHint`, default false.
    pub read_only: bool,
    /// `destructiveHint`, default true.
    pub destructive: bool,
    /// `idempotentHint`, default false.
    pub idempotent: bool,
    /// `openWorldHint`, default true.
    pub open_world: bool,
}

/// A prompt as pinned.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Exact name.
    pub name: SmolStr,
    /// Its arguments: strings, optional unless required.
    pub input: RecordType,
}

/// `unwraps TOOL to SERVER, NAME, ARGS`: judge the inner call of a meta-tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwraps {
    /// The meta-tool: index into [`Server::tools`].
    pub tool: u32,
    /// Path below `args` of the inner server's name; absent when the inner server is this one.
    pub server: Option<Vec<SmolStr>>,
    /// Path below `args` of the inner tool's name.
    pub name: Vec<SmolStr>,
    /// Path below `args` of the inner arguments.
    pub arguments: Vec<SmolStr>,
}

/// A step into a result or argument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathStep {
    /// `.name`
    Field(SmolStr),
    /// `[*]`
    Each,
}

/// A label and the results that carry it.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Its name.
    pub name: SmolStr,
    /// The package that declares it.
    pub package: PackageId,
    /// Its sources; an empty path means the whole result.
    pub sources: Vec<(Targets, Vec<PathStep>)>,
    /// Where it stands.
    pub span: Span,
}

/// `stores L in T by args.path`.
#[derive(Debug, Clone, PartialEq)]
pub struct Stores {
    /// The label.
    pub label: LabelId,
    /// The tools that write.
    pub targets: Targets,
    /// Path below `args` of the key.
    pub key: Vec<SmolStr>,
    /// Where it stands.
    pub span: Span,
}

/// `declassify L in T`: the result of T does not carry L on.
#[derive(Debug, Clone, PartialEq)]
pub struct Declassify {
    /// The label.
    pub label: LabelId,
    /// The tools that clean.
    pub targets: Targets,
    /// Where it stands.
    pub span: Span,
}

/// A network segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Its name.
    pub name: SmolStr,
    /// The package that declares it.
    pub package: PackageId,
    /// Its networks.
    pub networks: Vec<(std::net::IpAddr, u8)>,
    /// Where it stands.
    pub span: Span,
}

/// `flow A -> B [only T]` or `forbid flow A -> B`.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// The caller's segment.
    pub from: SegmentId,
    /// The server's segment.
    pub to: SegmentId,
    /// `only`: what may be reached; absent means everything.
    pub only: Option<Targets>,
    /// `forbid flow`: closed whatever else opens it.
    pub forbid: bool,
    /// Where it stands.
    pub span: Span,
}

/// Typed data the policy refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// Its name.
    pub name: SmolStr,
    /// The package that declares it.
    pub package: PackageId,
    /// Its type.
    pub ty: Type,
    /// The file it came from, as written.
    pub path: String,
    /// Its value at build time (checked against `ty`).
    pub value: super::Literal,
    /// Where it stands.
    pub span: Span,
}

/// `sensitive T: args.password`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensitive {
    /// The tools.
    pub targets: Targets,
    /// Path below `args`.
    pub path: Vec<PathStep>,
}

/// A named condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate {
    /// Its name.
    pub name: SmolStr,
    /// The package that declares it.
    pub package: PackageId,
    /// Parameters.
    pub parameters: Vec<(VarId, Type)>,
    /// Body.
    pub body: Expr,
    /// Where it stands.
    pub span: Span,
}

/// A server's prompt, tool or resource in a table of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// The server.
    pub server: ServerId,
    /// Row in the server's `tools` or `prompts`.
    pub index: u32,
}

/// Names a data set in a diagnostic or trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataRef(pub DataId);
