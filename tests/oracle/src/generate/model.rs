//! What a generated package declares: servers with tools, principals, labels, segments, data.
//!
//! The model is what both halves of the generator know: the policy is written about it, and the
//! requests are made for it.

use super::clock::Clock;
use super::rng::Rng;

/// A type of a parameter, claim, context field or data element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `decimal`
    Decimal,
    /// `string`
    Text,
    /// A string enum.
    Words,
    /// `path`, by overlay.
    Path,
    /// `url`, by overlay.
    Url,
    /// `host`, by overlay.
    Host,
    /// `ip`, by overlay.
    Ip,
    /// `instant`, by overlay.
    Instant,
    /// Another kind of time, by overlay.
    Clock(Clock),
    /// `list<T>`
    List(Box<Ty>),
    /// `map<T>`
    Map(Box<Ty>),
    /// A record.
    Record(Vec<Field>),
    /// `string | int`
    TextOrInt,
    /// An object of anything: the inner arguments of a meta-tool.
    Open,
}

/// The words of enums.
pub const WORDS: &[&str] = &["open", "paid", "void"];

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// Whether it must be there.
    pub required: bool,
    /// Whether it may be null.
    pub nullable: bool,
}

impl Field {
    /// Whether the value may be absent or null.
    pub fn is_optional(&self) -> bool {
        !self.required || self.nullable
    }
}

/// A tool.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub params: Vec<Field>,
    /// `additionalProperties` of its schema, when it says so.
    pub additional: Option<bool>,
    /// Bits that choose how its schema says what it says: by reference, by `oneOf`, with patterns and formats.
    pub style: u8,
}

/// A prompt.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Its name.
    pub name: String,
    /// Its arguments: strings.
    pub params: Vec<Field>,
}

/// A server.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// Its tools.
    pub tools: Vec<Tool>,
    /// Its prompts.
    pub prompts: Vec<Prompt>,
    /// Resource URIs.
    pub resources: Vec<String>,
    /// Resource templates.
    pub templates: Vec<String>,
    /// Its segment.
    pub segment: Option<usize>,
    /// `extra ignore`
    pub ignores_extra: bool,
    /// `unwraps`: the tool, and whether it names another server.
    pub unwraps: Option<(usize, bool)>,
}

/// Where the credential of a class comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The issuer.
    Issuer,
    /// A client certificate.
    Mtls,
    /// The local process.
    Local,
}

/// A user, agent or role.
#[derive(Debug, Clone)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Whether it is a user (otherwise an agent).
    pub user: bool,
    /// Credential.
    pub source: Source,
    /// What the `sub` claim starts with, or what the SPIFFE id or user id is.
    pub mark: String,
    /// Declaration text.
    pub text: String,
    /// The identity it narrows; itself for an identity.
    pub identity: usize,
    /// Whether every member comes from the issuer, so that its claims are known.
    pub claims_known: bool,
}

/// What a package declares.
#[derive(Debug, Clone)]
pub struct Model {
    /// Claims of the issuer.
    pub claims: Vec<Field>,
    /// Classes.
    pub classes: Vec<Class>,
    /// Servers.
    pub servers: Vec<Server>,
    /// Labels.
    pub labels: Vec<String>,
    /// Segments: names and networks.
    pub segments: Vec<(String, String)>,
    /// Context fields.
    pub context: Vec<Field>,
    /// Data declarations: names, types as written, element types.
    pub data: Vec<(String, DataKind)>,
    /// Grants.
    pub grants: Vec<String>,
}

/// Kinds of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKind {
    /// `set<string>`
    Texts,
    /// `list<int>`
    Ints,
    /// `set<decimal>`
    Decimals,
    /// `list<net>`
    Nets,
    /// `set<path>`
    Paths,
    /// `{ limit: int, names: set<string>, note: string? }`
    Settings,
}

const TOOL_NAMES: &[&str] =
    &["read", "write_file", "get-issue", "list.items", "call", "if", "weird name", "A", "refund", "search", "übung"];
const PARAM_NAMES: &[&str] =
    &["path", "to", "amount", "in", "user-id", "q", "x", "status", "items", "where", "opts", "Name", "a.b"];
const RESOURCES: &[&str] =
    &["file:///w/a", "file:///w/red/x.txt", "docs://guide", "mem://c1/notes", "https://example.org/doc"];
const TEMPLATES: &[&str] = &["file:///w/{team}/{file}", "mem://{id}/notes", "docs://{section}"];

/// Makes a model.
pub fn model(rng: &mut Rng) -> Model {
    let segments = segments(rng);
    let servers = (0..rng.within(1, 2)).map(|at| server(rng, at, segments.len())).collect();
    let claims = claims(rng);
    let classes = classes(rng);
    Model {
        claims,
        classes,
        servers,
        labels: (0..rng.within(1, 2)).map(|at| format!("label{at}")).collect(),
        segments,
        context: vec![
            field("geo", Ty::Text, false, false),
            field(
                "device",
                Ty::Record(vec![field("managed", Ty::Bool, true, false), field("risk", Ty::Int, true, false)]),
                rng.chance(50),
                false,
            ),
            field("tenant", Ty::Words, true, false),
        ],
        data: vec![
            ("names".to_string(), DataKind::Texts),
            ("sizes".to_string(), DataKind::Ints),
            ("prices".to_string(), DataKind::Decimals),
            ("nets".to_string(), DataKind::Nets),
            ("homes".to_string(), DataKind::Paths),
            ("settings".to_string(), DataKind::Settings),
        ],
        grants: (0..rng.below(3)).map(|at| format!("grant{at}")).collect(),
    }
}

fn field(name: &str, ty: Ty, required: bool, nullable: bool) -> Field {
    Field { name: name.to_string(), ty, required, nullable }
}

fn segments(rng: &mut Rng) -> Vec<(String, String)> {
    let all = [("dev", "10.0.0.0/16"), ("pci", "10.20.0.0/16"), ("lab", "192.168.0.0/16")];
    let count = if rng.chance(40) { rng.within(1, 3) } else { 0 };
    all.iter().take(count).map(|(name, net)| (name.to_string(), net.to_string())).collect()
}

fn claims(rng: &mut Rng) -> Vec<Field> {
    vec![
        field("groups", Ty::List(Box::new(Ty::Text)), true, false),
        field("customers", Ty::List(Box::new(Ty::Text)), rng.chance(70), false),
        field("level", Ty::Int, false, false),
        field("on_call", Ty::Bool, false, rng.chance(30)),
        field("home", Ty::Path, false, false),
    ]
}

/// Users and agents, one of each kind of credential.
fn identities(rng: &mut Rng) -> Vec<Class> {
    let identity = |name: &str, user, source, mark: &str, text: String, at| Class {
        name: name.to_string(),
        user,
        source,
        mark: mark.to_string(),
        text,
        identity: at,
        claims_known: source == Source::Issuer,
    };
    vec![
        identity(
            "employee",
            true,
            Source::Issuer,
            "user:",
            "user employee from corp where claims.sub like \"user:*\"".to_string(),
            0,
        ),
        identity(
            "guest",
            true,
            Source::Issuer,
            "guest:",
            "user guest from corp where claims.sub like \"guest:*\"".to_string(),
            1,
        ),
        identity(
            "copilot",
            false,
            Source::Issuer,
            "agent:copilot:",
            "agent copilot from corp where claims.sub like \"agent:copilot:*\" acts for employee".to_string(),
            2,
        ),
        identity(
            "batch",
            false,
            Source::Mtls,
            "spiffe://acme.example/batch",
            format!(
                "agent batch from mtls where spiffe == \"spiffe://acme.example/batch\"{}",
                if rng.chance(50) { " acts for guest" } else { "" }
            ),
            3,
        ),
        identity(
            "desktop",
            false,
            Source::Local,
            "1000",
            "agent desktop from local where uid == 1000 acts for employee".to_string(),
            4,
        ),
    ]
}

fn classes(rng: &mut Rng) -> Vec<Class> {
    let mut all = identities(rng);
    let conditions = [
        "claims.groups contains \"admin\"",
        "claims.groups contains \"a\" or claims.groups contains \"b\"",
        "claims.on_call ?? false",
        "has claims.level and claims.level >= 5",
        "count(claims.groups) > 1",
        "not (has claims.home and claims.home under \"/etc\")",
        "any(g in claims.groups: g in names)",
    ];
    for at in 0..rng.within(1, 4) {
        let users: Vec<usize> = (0..all.len()).filter(|at| all[*at].claims_known).collect();
        let base = *rng.pick(&users);
        let (name, identity) = (format!("role{at}"), all[base].identity);
        let text = format!("role {name} of {} where {}", all[base].name, rng.pick(&conditions));
        let (user, mark) = (all[base].user, all[base].mark.clone());
        all.push(Class { name, user, source: Source::Issuer, mark, text, identity, claims_known: true });
    }
    if rng.chance(40) {
        let text = "role staff = employee | guest".to_string();
        let (mark, name) = ("user:".to_string(), "staff".to_string());
        all.push(Class { name, user: true, source: Source::Issuer, mark, text, identity: 0, claims_known: true });
    }
    all
}

fn server(rng: &mut Rng, at: usize, segments: usize) -> Server {
    let mut names: Vec<&str> = TOOL_NAMES.to_vec();
    let mut tools = (0..rng.within(2, 4))
        .map(|_| {
            let name = names.swap_remove(rng.below(names.len())).to_string();
            let additional = *rng.pick(&[None, None, Some(true), Some(false)]);
            Tool { name, params: params(rng), additional, style: style(rng) }
        })
        .collect::<Vec<Tool>>();
    share(rng, &mut tools);
    let prompts = (0..rng.below(3))
        .map(|at| Prompt {
            name: ["summarize", "draft-letter"][at].to_string(),
            params: vec![field("topic", Ty::Text, true, false), field("style", Ty::Text, false, false)],
        })
        .collect();
    let unwraps = rng.chance(25).then(|| {
        tools.push(meta_tool());
        (tools.len() - 1, true)
    });
    Server {
        name: format!("s{at}"),
        tools,
        prompts,
        resources: some_of(rng, RESOURCES),
        templates: some_of(rng, TEMPLATES),
        segment: if segments > 0 && rng.chance(60) { Some(rng.below(segments)) } else { None },
        ignores_extra: rng.chance(25),
        unwraps,
    }
}

/// A tool that calls another one.
fn meta_tool() -> Tool {
    let params = vec![
        field("server", Ty::Text, false, false),
        field("name", Ty::Text, true, false),
        field("arguments", Ty::Open, false, false),
    ];
    Tool { name: "call_tool".to_string(), params, additional: None, style: 0 }
}

/// Half of the schemas are plain.
fn style(rng: &mut Rng) -> u8 {
    if rng.chance(50) { 0 } else { u8::try_from(rng.below(256)).unwrap_or(0) }
}

/// The second tool takes over parameters of the first, so that rules over both have something to read.
fn share(rng: &mut Rng, tools: &mut [Tool]) {
    if let [first, second, ..] = tools
        && rng.chance(70)
    {
        for param in first.params.iter().take(3) {
            second.params.retain(|own| own.name != param.name);
            second.params.push(Field { required: rng.chance(70), ..param.clone() });
        }
    }
}

/// A model of one server whose tools have so few possible arguments that all can be tried.
pub fn small_model(rng: &mut Rng) -> Model {
    let names = ["flag", "size", "to", "status", "place", "either"];
    let types = [Ty::Bool, Ty::Int, Ty::Text, Ty::Words, Ty::Path, Ty::TextOrInt];
    let mut tool = |name: &str| {
        let mut left: Vec<usize> = (0..names.len()).collect();
        let params = (0..rng.within(1, 3))
            .map(|_| {
                let at = left.swap_remove(rng.below(left.len()));
                let nullable = !is_overlaid(&types[at]) && rng.chance(15);
                Field { name: names[at].to_string(), ty: types[at].clone(), required: rng.chance(60), nullable }
            })
            .collect();
        Tool { name: name.to_string(), params, additional: None, style: 0 }
    };
    let tools = vec![tool("a"), tool("b"), tool("c")];
    let server = Server {
        name: "s0".to_string(),
        tools,
        prompts: Vec::new(),
        resources: Vec::new(),
        templates: Vec::new(),
        segment: None,
        ignores_extra: false,
        unwraps: None,
    };
    Model { servers: vec![server], ..model(rng) }
}

fn some_of(rng: &mut Rng, all: &[&str]) -> Vec<String> {
    all.iter().filter(|_| rng.chance(50)).map(|text| text.to_string()).collect()
}

fn params(rng: &mut Rng) -> Vec<Field> {
    let mut names: Vec<&str> = PARAM_NAMES.to_vec();
    (0..rng.within(1, 5))
        .map(|_| {
            let name = names.swap_remove(rng.below(names.len())).to_string();
            let ty = param_type(rng, 2);
            let overlaid = is_overlaid(&ty);
            Field { name, ty, required: rng.chance(60), nullable: !overlaid && rng.chance(15) }
        })
        .collect()
}

/// Whether the type comes from an overlay, because a JSON schema cannot say it.
pub fn is_overlaid(ty: &Ty) -> bool {
    match ty {
        Ty::Path | Ty::Url | Ty::Host | Ty::Ip | Ty::Instant | Ty::Clock(_) => true,
        Ty::List(element) => is_overlaid(element),
        _ => false,
    }
}

fn param_type(rng: &mut Rng, depth: usize) -> Ty {
    let scalar = |rng: &mut Rng| {
        // Aside, so that what else a seed stands for stays as it is.
        let clock = rng.clone().below(8);
        let picked = rng
            .pick(&[
                Ty::Bool,
                Ty::Int,
                Ty::Int,
                Ty::Decimal,
                Ty::Decimal,
                Ty::Text,
                Ty::Text,
                Ty::Text,
                Ty::Words,
                Ty::Path,
                Ty::Path,
                Ty::Url,
                Ty::Host,
                Ty::Ip,
                Ty::Instant,
            ])
            .clone();
        match Clock::ALL.get(clock) {
            Some(clock) if picked == Ty::Instant => Ty::Clock(*clock),
            _ => picked,
        }
    };
    if depth == 0 || rng.chance(65) {
        return scalar(rng);
    }
    match rng.below(5) {
        0 | 1 => Ty::List(Box::new(list_element(rng))),
        2 => Ty::Record(record(rng)),
        3 => Ty::Map(Box::new(if rng.chance(50) { Ty::Int } else { Ty::Text })),
        _ => Ty::TextOrInt,
    }
}

fn list_element(rng: &mut Rng) -> Ty {
    if rng.chance(15) {
        return Ty::Record(vec![field("name", Ty::Text, true, false), field("size", Ty::Int, false, false)]);
    }
    rng.pick(&[Ty::Int, Ty::Text, Ty::Text, Ty::Path, Ty::Url, Ty::Host, Ty::Decimal]).clone()
}

fn record(rng: &mut Rng) -> Vec<Field> {
    vec![
        field("id", Ty::Int, rng.chance(60), rng.chance(20)),
        field("name", Ty::Text, rng.chance(60), rng.chance(20)),
        field("tags", Ty::List(Box::new(Ty::Text)), rng.chance(40), false),
    ]
}

/// A name where it follows a dot: quoted unless it is a word.
pub fn after_dot(name: &str) -> String {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if starts && chars.all(|next| next.is_ascii_alphanumeric() || next == '_') {
        name.to_string()
    } else {
        format!("\"{name}\"")
    }
}
