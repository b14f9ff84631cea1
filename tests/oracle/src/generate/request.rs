//! Requests against a model: messages, chains, facts.

use super::json::{Draft, plain, spelled};
use super::model::{Class, Field, Model, Server, Source, Ty, WORDS};
use super::pools;
use super::rng::Rng;
use mcpz_runtime::principal::{Link, LinkKind, LinkSource, Principal};
use mcpz_runtime::request::Direction;
use std::net::IpAddr;

/// A generated request.
#[derive(Debug, Clone)]
pub struct GeneratedRequest {
    /// The message.
    pub message: Vec<u8>,
    /// The server.
    pub server: String,
    /// Which way it goes.
    pub direction: Direction,
    /// Who asks.
    pub principal: Principal,
    /// The time.
    pub now_ms: i64,
    /// `context`.
    pub context: Option<String>,
    /// The peer's address.
    pub network_source: Option<IpAddr>,
}

/// Makes a request.
pub fn request(rng: &mut Rng, model: &Model) -> GeneratedRequest {
    let server = rng.pick(&model.servers);
    let (direction, method, params) = message(rng, model, server);
    let message = envelope(rng, &method, params);
    GeneratedRequest {
        message,
        server: if rng.chance(1) { "nowhere".to_string() } else { server.name.clone() },
        direction,
        principal: principal(rng, model),
        now_ms: *rng.pick(pools::NOWS),
        context: context(rng, model),
        network_source: if rng.chance(85) { rng.pick(pools::PEERS).parse().ok() } else { None },
    }
}

fn envelope(rng: &mut Rng, method: &str, params: Draft) -> Vec<u8> {
    let mut members = vec![
        ("jsonrpc".to_string(), Draft::text("2.0")),
        ("id".to_string(), if rng.chance(80) { Draft::Number("1".to_string()) } else { Draft::text("x") }),
        ("method".to_string(), Draft::text(method)),
        ("params".to_string(), params),
    ];
    if method.starts_with("notifications/") {
        members.remove(1);
    }
    if rng.chance(1) {
        break_envelope(rng, &mut members);
    }
    let text = spelled(&Draft::Object(members), rng);
    if rng.chance(2) { break_text(rng, text) } else { text.into_bytes() }
}

fn break_envelope(rng: &mut Rng, members: &mut Vec<(String, Draft)>) {
    match rng.below(6) {
        0 => members[0].1 = Draft::text("1.0"),
        1 => drop(members.remove(0)),
        2 => members.push(("Method".to_string(), Draft::text("ping"))),
        3 => {
            let last = members.len() - 1;
            members[last].1 = Draft::Array(Vec::new());
        }
        4 => members.push(("method".to_string(), Draft::text("ping"))),
        _ => members.retain(|(name, _)| name != "method"),
    }
}

fn break_text(rng: &mut Rng, text: String) -> Vec<u8> {
    match rng.below(100) {
        0 => return vec![b' '; 4 * 1024 * 1024 + 1],
        1 => return format!("[{}0]", "0,".repeat(200_001)).into_bytes(),
        _ => {}
    }
    match rng.below(10) {
        8 => b"7".to_vec(),
        9 => text.replacen('{', "{\"a\\u0000\":1,", 1).into_bytes(),
        0 => text[..text.len() - 1].to_string().into_bytes(),
        1 => format!("{text} x").into_bytes(),
        2 => format!("[{text}]").into_bytes(),
        3 => [text.as_bytes(), b"\xff"].concat(),
        4 => text.replacen(':', ":\"\\ud800\",\"k\":", 1).into_bytes(),
        5 => text.replacen('{', "{\"a\":1,\"\\u0061\":2,", 1).into_bytes(),
        6 => text.replacen("\"id\":1", &format!("\"id\":{}", rng.pick(pools::INEXACT)), 1).into_bytes(),
        _ => format!("{}{}", "[".repeat(70), "]".repeat(70)).into_bytes(),
    }
}

fn message(rng: &mut Rng, model: &Model, server: &Server) -> (Direction, String, Draft) {
    let up = Direction::ToServer;
    match rng.below(100) {
        0..=59 => (up, "tools/call".to_string(), call(rng, server)),
        60..=63 if server.unwraps.is_some() || rng.chance(5) => {
            (up, "tools/call".to_string(), wrapped(rng, model, server))
        }
        64..=71 if !server.resources.is_empty() || !server.templates.is_empty() || rng.chance(5) => {
            let method =
                *rng.pick(&["resources/read", "resources/read", "resources/subscribe", "resources/unsubscribe"]);
            (up, method.to_string(), Draft::object([("uri", Draft::text(uri(rng, server)))]))
        }
        72..=77 if !server.prompts.is_empty() || rng.chance(5) => (up, "prompts/get".to_string(), prompt(rng, server)),
        78..=80 if !server.prompts.is_empty() || rng.chance(5) => {
            (up, "completion/complete".to_string(), completion(rng, server))
        }
        60..=80 => (up, "tools/call".to_string(), call(rng, server)),
        81..=88 => {
            let (method, params) = ask(rng);
            (Direction::ToClient, method, params)
        }
        89..=94 => {
            let method =
                *rng.pick(&["tools/list", "tools/list", "prompts/list", "resources/list", "resources/templates/list"]);
            (up, method.to_string(), Draft::Object(Vec::new()))
        }
        95 | 96 => {
            let method = *rng.pick(&["initialize", "ping", "notifications/initialized", "logging/setLevel"]);
            (up, method.to_string(), Draft::Object(Vec::new()))
        }
        97 => (up, rng.word(&["tools/delete", "Tools/call", "", "tasks/get", "roots/list"]), Draft::Object(Vec::new())),
        98 => {
            (Direction::ToClient, rng.word(&["tools/call", "ping", "x"]), Draft::object([("name", Draft::text("a"))]))
        }
        _ => (up, "tools/call".to_string(), Draft::Object(Vec::new())),
    }
}

fn call(rng: &mut Rng, server: &Server) -> Draft {
    let tool = rng.pick(&server.tools);
    let name = if rng.chance(2) { rng.word(&["nothing", "READ", "read ", ""]) } else { tool.name.clone() };
    let mut members = vec![("name".to_string(), Draft::Text(name))];
    if tool.params.iter().any(|param| param.required) || rng.chance(80) {
        members.push(("arguments".to_string(), arguments(rng, &tool.params)));
    }
    if rng.chance(1) {
        members.push(("arguments2".to_string(), Draft::Null));
    }
    Draft::Object(members)
}

/// A call through a meta-tool: of a tool of this server, of another one, of itself, of nothing.
fn wrapped(rng: &mut Rng, model: &Model, server: &Server) -> Draft {
    let other = rng.pick(&model.servers);
    let tool = rng.pick(&other.tools);
    let mut inner = Vec::new();
    if rng.chance(80) {
        inner.push((
            "server".to_string(),
            Draft::text(if rng.chance(90) { other.name.clone() } else { "x".to_string() }),
        ));
    }
    if rng.chance(95) {
        inner.push(("name".to_string(), Draft::text(if rng.chance(90) { tool.name.clone() } else { "x".to_string() })));
    }
    if rng.chance(90) {
        let arguments = if rng.chance(95) { arguments(rng, &tool.params) } else { wrong(rng) };
        inner.push(("arguments".to_string(), arguments));
    }
    let name = server.unwraps.map_or("call_tool".to_string(), |(at, _)| server.tools[at].name.clone());
    Draft::object([("name", Draft::Text(name)), ("arguments", Draft::Object(inner))])
}

/// Arguments: mostly right, sometimes with one thing wrong.
fn arguments(rng: &mut Rng, fields: &[Field]) -> Draft {
    let broken = rng.chance(6);
    let mut members = Vec::new();
    for field in fields {
        let absent = if field.required { broken && rng.chance(20) } else { rng.chance(40) };
        if absent {
            continue;
        }
        let null = if field.nullable { rng.chance(30) } else { broken && rng.chance(15) };
        let value = match null {
            true => Draft::Null,
            false if broken && rng.chance(30) => wrong(rng),
            false => value(rng, &field.ty),
        };
        members.push((field.name.clone(), value));
    }
    if rng.chance(4) {
        members.push(("extra".to_string(), wrong(rng)));
    }
    Draft::Object(members)
}

fn wrong(rng: &mut Rng) -> Draft {
    match rng.below(6) {
        0 => Draft::Null,
        1 => Draft::Bool(true),
        2 => Draft::Number(rng.word(pools::INT_TEXTS)),
        3 => Draft::text(rng.word(pools::ODD_TEXTS)),
        4 => Draft::Array(vec![Draft::text("a")]),
        _ => Draft::object([("path", Draft::text("/etc"))]),
    }
}

/// A value of a type; strings that are to be parsed are odd now and then.
fn value(rng: &mut Rng, ty: &Ty) -> Draft {
    let good = rng.chance(70);
    match ty {
        Ty::Bool => Draft::Bool(rng.chance(50)),
        Ty::Int => {
            let all = pools::INT_TEXTS;
            Draft::Number(rng.word(if good { &all[..10] } else { all }))
        }
        Ty::Decimal => Draft::Number(rng.word(pools::DECIMAL_TEXTS)),
        Ty::Text => Draft::Text(text(rng)),
        Ty::Words => Draft::text(rng.word(WORDS)),
        Ty::Path => Draft::text(rng.word(if good { &pools::PATH_TEXTS[..9] } else { pools::PATH_TEXTS })),
        Ty::Url => Draft::text(rng.word(if good { &pools::URL_TEXTS[..6] } else { pools::URL_TEXTS })),
        Ty::Host => Draft::text(rng.word(if good { &pools::HOST_TEXTS[..10] } else { pools::HOST_TEXTS })),
        Ty::Ip => Draft::text(rng.word(if good { &pools::IP_TEXTS[..12] } else { pools::IP_TEXTS })),
        Ty::Instant => Draft::text(rng.word(if good { &pools::INSTANT_TEXTS[..4] } else { pools::INSTANT_TEXTS })),
        Ty::Clock(clock) => Draft::text(clock.text(rng, good)),
        Ty::List(element) if rng.below(150) == 0 => {
            // Longer than the runtime looks at.
            let one = value(rng, element);
            Draft::Array(vec![one; rng.within(4_095, 4_098)])
        }
        Ty::List(element) => Draft::Array((0..rng.below(4)).map(|_| value(rng, element)).collect()),
        Ty::Map(element) => Draft::Object(
            ["k", "a/b", "~"].iter().take(rng.below(4)).map(|key| (key.to_string(), value(rng, element))).collect(),
        ),
        Ty::Record(fields) => arguments(rng, fields),
        Ty::Open => Draft::object([("x", Draft::Number("1".to_string()))]),
        Ty::TextOrInt => {
            let either = if rng.chance(50) { Ty::Text } else { Ty::Int };
            value(rng, &either)
        }
    }
}

fn text(rng: &mut Rng) -> String {
    match rng.below(10) {
        0..=4 => rng.word(pools::TEXTS),
        5 if rng.chance(15) => format!("select {}1{}", "(".repeat(40), ")".repeat(40)),
        5 => rng.word(pools::SQL_TEXTS),
        6 => rng.word(pools::ODD_TEXTS),
        7 => rng.word(pools::PATH_TEXTS),
        8 => rng.word(pools::URL_TEXTS),
        _ => {
            let pool = *rng.pick(&[pools::HOST_TEXTS, pools::IP_TEXTS, pools::INSTANT_TEXTS, pools::SQL_TEXTS]);
            rng.word(pool)
        }
    }
}

fn uri(rng: &mut Rng, server: &Server) -> String {
    match rng.below(8) {
        0..=2 if !server.resources.is_empty() => rng.pick(&server.resources).clone(),
        0..=5 if !server.templates.is_empty() => {
            let filled = rng.pick(&server.templates).replace("{team}", "red").replace("{file}", "x.txt");
            filled.replace("{id}", "c1").replace("{section}", "guide")
        }
        6 => rng.word(&[
            "file:///w/../etc",
            "file:///w/red/../x",
            "file:///w/%2e%2e/x",
            "mem:///notes",
            "",
            "file:///w//x",
            "FILE:///w/a",
        ]),
        7 => rng.word(&["mem://c1/notes", "docs://guide", "docs://a/b"]),
        _ => format!(
            "file:///w/{}/{}",
            rng.pick(&["red", "blue", "c1", "é", "c++", "c%2B%2B", "%C3%A9", "a|b"]),
            rng.pick(&["x.txt", "a b", "y", "a%20b", "a%3Fb", "a%3fb"])
        ),
    }
}

fn prompt(rng: &mut Rng, server: &Server) -> Draft {
    let name = match server.prompts.is_empty() || rng.chance(5) {
        true => "nothing".to_string(),
        false => rng.pick(&server.prompts).name.clone(),
    };
    let mut given = Vec::new();
    if rng.chance(90) {
        given.push(("topic".to_string(), Draft::Text(text(rng))));
    }
    if rng.chance(50) {
        given.push(("style".to_string(), if rng.chance(90) { Draft::Text(text(rng)) } else { wrong(rng) }));
    }
    if rng.chance(3) {
        given.push(("extra".to_string(), Draft::text("x")));
    }
    Draft::object([("name", Draft::Text(name)), ("arguments", Draft::Object(given))])
}

fn completion(rng: &mut Rng, server: &Server) -> Draft {
    let reference = match rng.below(3) {
        0 if !server.templates.is_empty() => Draft::object([
            ("type", Draft::text("ref/resource")),
            ("uri", Draft::text(rng.pick(&server.templates).clone())),
        ]),
        1 if rng.chance(20) => Draft::object([("type", Draft::text("ref/prompt")), ("name", Draft::text("nothing"))]),
        _ => Draft::object([("type", Draft::text("ref/prompt")), ("name", Draft::text("summarize"))]),
    };
    let argument = Draft::object([("name", Draft::text("topic")), ("value", Draft::Text(text(rng)))]);
    Draft::object([("ref", reference), ("argument", argument)])
}

fn ask(rng: &mut Rng) -> (String, Draft) {
    match rng.below(3) {
        0 => {
            let mut members = vec![("messages".to_string(), Draft::Array(Vec::new()))];
            if rng.chance(80) {
                let tokens = rng.word(&["1", "1000", "1001", "100000", "1.5"]);
                members.push(("maxTokens".to_string(), Draft::Number(tokens)));
            }
            ("sampling/createMessage".to_string(), Draft::Object(members))
        }
        1 => ("elicitation/create".to_string(), elicitation(rng)),
        _ => ("roots/list".to_string(), Draft::Object(Vec::new())),
    }
}

/// `context`: mostly some of the declared facts.
pub fn context(rng: &mut Rng, model: &Model) -> Option<String> {
    if rng.chance(20) {
        return None;
    }
    let mut members = Vec::new();
    for field in &model.context {
        if rng.chance(75) {
            let bad = rng.chance(4);
            members.push((field.name.clone(), if bad { wrong(rng) } else { value(rng, &field.ty) }));
        }
    }
    Some(plain(&Draft::Object(members)))
}

/// Claims are mostly of their type: a wrong one is refused before any rule is asked.
fn claim_value(rng: &mut Rng, ty: &Ty) -> Draft {
    match ty {
        Ty::Int if !rng.chance(3) => Draft::Number(rng.word(&pools::INT_TEXTS[..8])),
        _ if rng.below(300) == 0 => wrong(rng),
        // Mostly groups that some role asks for, so that roles fit.
        Ty::List(_) if rng.chance(60) => {
            let groups = ["admin", "a", "b", "alice"].into_iter().filter(|_| rng.chance(50));
            Draft::Array(groups.map(Draft::text).collect())
        }
        Ty::Path if rng.chance(70) => Draft::text(rng.word(&pools::PATH_TEXTS[..9])),
        _ => value(rng, ty),
    }
}

/// A chain: mostly of someone the package knows, so that rules are reached.
///
/// Nobody, a user, an agent, an agent for a user it may act for; now and then a wrong one.
pub fn principal(rng: &mut Rng, model: &Model) -> Principal {
    let identities: Vec<_> = model.classes.iter().enumerate().filter(|(at, class)| class.identity == *at).collect();
    let named = |name: &str| identities.iter().find(|(_, class)| class.name == name).map(|(_, class)| *class);
    let of_kind = |user: bool| identities.iter().filter(move |(_, class)| class.user == user).collect::<Vec<_>>();
    let (users, agents) = (of_kind(true), of_kind(false));
    let link_of = |rng: &mut Rng, user: bool, part: Part| {
        let (_, class) = rng.pick(if user { &users } else { &agents });
        one_link(rng, model, class, part)
    };
    let link = |rng: &mut Rng, user: bool| link_of(rng, user, Part::Subject);
    let actor = |rng: &mut Rng, user: bool| link_of(rng, user, Part::Actor);
    let chain = match rng.below(40) {
        0 => Vec::new(),
        1..=20 => {
            let user = named(if rng.chance(75) { "employee" } else { "guest" }).unwrap_or(users[0].1);
            vec![one_link(rng, model, user, Part::Subject)]
        }
        21..=26 => vec![link(rng, false)],
        27..=38 => {
            let acting: Vec<_> = agents.iter().filter(|(_, agent)| agent.text.contains("acts for")).collect();
            let agent = rng.pick(&acting).1;
            let user = if agent.text.contains("acts for guest") { "guest" } else { "employee" };
            let user = named(user).unwrap_or(agent);
            vec![one_link(rng, model, agent, Part::Actor), one_link(rng, model, user, Part::Subject)]
        }
        _ => match rng.below(4) {
            0 => vec![actor(rng, false), link(rng, true)],
            1 => vec![actor(rng, true), link(rng, true)],
            2 => vec![actor(rng, true), link(rng, false)],
            _ => {
                let mut chain: Vec<Link> = (0..rng.within(2, 9)).map(|at| actor(rng, at > 5)).collect();
                chain.push(link(rng, chain.len() > 5));
                chain
            }
        },
    };
    let scopes = pools::SCOPES.iter().filter(|_| rng.chance(60)).map(|scope| scope.to_string()).collect();
    Principal { chain, scopes }
}

/// Who a link of a chain is: the credential's own subject has its mandatory claims, an actor need only be identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Subject,
    Actor,
}

fn one_link(rng: &mut Rng, model: &Model, class: &Class, part: Part) -> Link {
    let (source, mark) = (class.source, class.mark.as_str());
    let kind = if class.user { LinkKind::User } else { LinkKind::Agent };
    match source {
        Source::Mtls => Link { kind, source: LinkSource::Mtls { spiffe: mark.to_string() }, claims: "{}".to_string() },
        Source::Local => {
            let uid = if rng.chance(98) { 1000 } else { 0 };
            Link { kind, source: LinkSource::Local { uid }, claims: "{}".to_string() }
        }
        Source::Issuer => {
            let sub = if rng.chance(98) { format!("{mark}{}", rng.pick(&["1", "2"])) } else { "stranger".to_string() };
            let mut members = vec![("sub".to_string(), Draft::Text(sub))];
            for claim in &model.claims {
                let there = match part {
                    Part::Subject if claim.required => rng.below(300) > 0,
                    Part::Subject | Part::Actor => rng.chance(60),
                };
                if there {
                    members.push((claim.name.clone(), claim_value(rng, &claim.ty)));
                }
            }
            Link { kind, source: LinkSource::Issuer("corp".to_string()), claims: plain(&Draft::Object(members)) }
        }
    }
}

/// A form, mostly a plain one.
fn elicitation(rng: &mut Rng) -> Draft {
    let field = rng.word(&["name", "password", "api_key", "color"]);
    let mut about = vec![("type".to_string(), Draft::text("string"))];
    if rng.chance(20) {
        about.push(("title".to_string(), Draft::Text(rng.word(&["Your name", "API Token", "Colour"]))));
    }
    if rng.chance(10) {
        about.push(("format".to_string(), Draft::Text(rng.word(&["password", "email"]))));
    }
    let about = if rng.chance(95) { Draft::Object(about) } else { Draft::Bool(true) };
    let properties = if rng.chance(95) { Draft::Object(vec![(field, about)]) } else { Draft::Array(vec![about]) };
    let mut schema = vec![("type".to_string(), Draft::text("object")), ("properties".to_string(), properties)];
    if rng.chance(10) {
        schema.push((rng.word(&["allOf", "required", "title"]), Draft::Array(Vec::new())));
    }
    let mut members = vec![("message".to_string(), Draft::text("?"))];
    match rng.below(20) {
        0 => {}
        1 => members.push(("requestedSchema".to_string(), Draft::text("any"))),
        _ => members.push(("requestedSchema".to_string(), Draft::Object(schema))),
    }
    match rng.below(10) {
        0 => members.push(("mode".to_string(), Draft::text("url"))),
        1 => members.push(("mode".to_string(), Draft::Bool(false))),
        _ => {}
    }
    Draft::Object(members)
}
