//! Stress packages: very many rules over very few fields.
//!
//! What later stages of the compiler share between rules is what these packages overlap in: globs, regular
//! expressions, host patterns, prefixes of paths, nested networks, ranges with equal bounds, equalities and words of
//! one enum, all over the same field, with errors in every position; and long chains of conditions.

use super::clock::Clock;
use super::model::{Field, Model, Server, Tool, Ty, WORDS, model};
use super::package::{self, GeneratedPackage};
use super::pools;
use super::rng::Rng;

const HOSTS: &[&str] = &["example.org", "*.example.org", "api.example.org", "*.api.example.org", "*.org", "*.internal"];
const FOLDERS: &[&str] = &["/", "/w", "/w/a", "/w/a/b.txt", "/w/prod", "/etc", "/etc/passwd"];
const PATH_GLOBS: &[&str] = &["/w/*", "/w/**", "/w/a*", "/w/a/*", "/*/a", "/**.txt", "/w/?", "/w/a/b.t?t", "**"];
const TEXT_GLOBS: &[&str] = &["*", "a*", "al*", "ali*", "alice", "*e", "*ce", "a*e", "?lice", "*li*", "c?", "c[1]"];
const REGEXES: &[&str] =
    &["a+", "al.*", ".*ice", "[a-z]+", "[a-z]*e", "(alice|bob|carol)", "c[0-9]", "c[0-4]", ".{1,5}", "(a|b)*", ".*"];
const TEXTS: &[&str] = &["a", "b", "alice", "bob", "c1", "c2", "admin", ""];
const NUMBERS: &[&str] = &["0", "1", "5", "10", "100"];
const NETS: &[&str] =
    &["10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/24", "10.0.0.1/32", "0.0.0.0/0", "::/0", "::1/128", "fc00::/7"];
const INSTANTS: &[&str] = &["2026-03-01T00:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T10:00:01Z"];

/// Makes a stress package of 20 to 200 rules, or a crowd.
pub fn package(rng: &mut Rng) -> GeneratedPackage {
    if rng.chance(25) {
        return crowd(rng);
    }
    let model = Model { servers: vec![server(rng)], grants: Vec::new(), ..model(rng) };
    let declarations = package::declarations(rng, &model);
    let most = if rng.chance(15) { 200 } else { 50 };
    let count = rng.within(20, most);
    let forbids = rng.within(0, 30);
    let rules = (0..count).map(|number| rule(rng, &model, number, forbids)).collect();
    GeneratedPackage { model, declarations, rules, guard: Vec::new() }
}

/// A hundred permits and more on one tool, nearly all of them conjunctions of plain tests: what an engine may
/// pass over once one of them holds. A few forbids, restrictions and conditions of other kinds stand among them.
fn crowd(rng: &mut Rng) -> GeneratedPackage {
    let fields = [("text", Ty::Text), ("path", Ty::Path), ("count", Ty::Int), ("word", Ty::Words), ("tag", Ty::Text)];
    let params = fields.into_iter().map(|(name, ty)| {
        let required = rng.chance(70);
        Field { name: name.to_string(), ty, required, nullable: false }
    });
    let tool = Tool { name: "send".to_string(), params: params.collect(), additional: None, style: 0 };
    let mut server = server(rng);
    server.tools[0] = tool.clone();
    let model = Model { servers: vec![server], grants: Vec::new(), ..model(rng) };
    let declarations = package::declarations(rng, &model);
    let others = *rng.pick(&[0, 0, 1, 5]);
    let count = rng.within(100, 220);
    let member = |number: usize, rng: &mut Rng| {
        if rng.chance(others) {
            return rule(rng, &model, number, 20);
        }
        let who = rng.word(&["anyone", "any user", "employee", "guest", "copilot", "role0"]);
        let terms: Vec<String> = plain_terms(rng, &tool);
        format!("@id(\"S-{number:03}\")\npermit {who} to call s0.send\n  where {}", terms.join(" and "))
    };
    let rules = (0..count).map(|number| member(number, rng)).collect();
    GeneratedPackage { model, declarations, rules, guard: Vec::new() }
}

/// One to three plain tests of different fields.
fn plain_terms(rng: &mut Rng, tool: &Tool) -> Vec<String> {
    let mut fields: Vec<&Field> = tool.params.iter().collect();
    let count = rng.within(1, 3);
    let mut terms = Vec::new();
    for _ in 0..count {
        let field = fields.swap_remove(rng.below(fields.len()));
        let place = format!("args.{}", field.name);
        let known = match field.ty {
            Ty::Path => format!("{place} {}", under_or_like(rng)),
            Ty::Int => format!("{place} in {}..={}", rng.below(6), rng.within(6, 100)),
            Ty::Words => format!("{place} in [\"{}\", \"{}\"]", rng.pick(WORDS), rng.pick(WORDS)),
            _ => format!("{place} like \"{}\"", rng.pick(TEXT_GLOBS)),
        };
        terms.push(if field.is_optional() { format!("has {place} and {known}") } else { known });
    }
    terms
}

fn under_or_like(rng: &mut Rng) -> String {
    if rng.chance(60) {
        format!("under \"{}\"", rng.pick(FOLDERS))
    } else {
        format!("like \"{}\"", rng.pick(PATH_GLOBS))
    }
}

fn server(rng: &mut Rng) -> Server {
    let fields = [
        ("host", Ty::Host),
        ("path", Ty::Path),
        ("text", Ty::Text),
        ("amount", Ty::Decimal),
        ("count", Ty::Int),
        ("ip", Ty::Ip),
        ("word", Ty::Words),
        ("at", Ty::Instant),
        ("clock", Ty::Clock(*rng.pick(&Clock::ALL))),
        ("url", Ty::Url),
        ("paths", Ty::List(Box::new(Ty::Path))),
    ];
    let mut tool = |name: &str| {
        let mut params = Vec::new();
        for (name, ty) in &fields {
            if rng.chance(80) {
                let required = rng.chance(80);
                params.push(Field { name: name.to_string(), ty: ty.clone(), required, nullable: false });
            }
        }
        if params.is_empty() {
            params.push(Field { name: "text".to_string(), ty: Ty::Text, required: true, nullable: false });
        }
        Tool { name: name.to_string(), params, additional: None, style: 0 }
    };
    let tools = vec![tool("send"), tool("put")];
    Server {
        name: "s0".to_string(),
        tools,
        prompts: Vec::new(),
        resources: Vec::new(),
        templates: Vec::new(),
        segment: None,
        ignores_extra: false,
        unwraps: None,
    }
}

fn rule(rng: &mut Rng, model: &Model, number: usize, forbids: usize) -> String {
    let tool = rng.pick(&model.servers[0].tools).clone();
    let who = rng.word(&["anyone", "anyone", "any user", "employee", "guest", "copilot", "role0"]);
    let target = format!("s0.{}", tool.name);
    let selective = rng.within(1, 4);
    let where_ = condition(rng, &tool, selective);
    let verb = match rng.below(100) {
        at if at < forbids => {
            // A forbid that holds often hides all the rest.
            let narrow = conjunction(rng, &tool, 2);
            return format!("@id(\"F-{number}\")\nforbid {who} to call {target}\n  where {narrow} and {where_}");
        }
        0..=69 => format!("permit {who} to call {target}"),
        70..=77 => format!("require mfa fresh 5m for {who} to call {target}"),
        78..=82 => format!("require scope \"admin\" for {who} to call {target}"),
        83..=88 => format!("limit {who} to call {target} at most 30 per 1d by caller"),
        89..=94 => format!("audit {} for {who} to call {target}", rng.pick(&["full", "summary"])),
        95 | 96 => format!("@shadow\nforbid {who} to call {target}"),
        _ => {
            let when = rng.pick(&["session holds label0", "not has context.geo", "now < 2026-03-02T10:00:00Z"]);
            return format!("@id(\"D-{number}\")\nredact {target} {{ result.f{number} drop }}\n  when {when}");
        }
    };
    format!("@id(\"S-{number}\")\n{verb}\n  where {where_}")
}

/// A few terms over different fields, a long chain, or alternatives one inside the other.
fn condition(rng: &mut Rng, tool: &Tool, selective: usize) -> String {
    match rng.below(12) {
        0 => {
            let terms: Vec<String> = (0..rng.within(10, 40)).map(|_| term(rng, tool)).collect();
            format!("({})", terms.join(" or "))
        }
        1 => {
            let terms: Vec<String> = (0..rng.within(10, 25)).map(|_| format!("not ({})", term(rng, tool))).collect();
            format!("({})", terms.join(" and "))
        }
        2 => (0..rng.within(4, 9))
            .fold(term(rng, tool), |rest, _| format!("(if {} then {} else {rest})", term(rng, tool), term(rng, tool))),
        3 => (0..rng.within(4, 9)).fold(term(rng, tool), |rest, _| format!("not ({rest})")),
        _ => conjunction(rng, tool, selective),
    }
}

/// Terms over different fields.
fn conjunction(rng: &mut Rng, tool: &Tool, most: usize) -> String {
    let mut fields: Vec<&Field> = tool.params.iter().collect();
    let mut terms = Vec::new();
    while terms.len() < most && !fields.is_empty() {
        let field = fields.swap_remove(rng.below(fields.len()));
        terms.push(about(rng, field));
    }
    terms.join(" and ")
}

fn term(rng: &mut Rng, tool: &Tool) -> String {
    let field = rng.pick(&tool.params).clone();
    about(rng, &field)
}

fn about(rng: &mut Rng, field: &Field) -> String {
    let place = format!("args.{}", field.name);
    let known = of(rng, &place, &field.ty);
    if field.is_optional() { format!("(has {place} and {known})") } else { known }
}

fn of(rng: &mut Rng, p: &str, ty: &Ty) -> String {
    match ty {
        Ty::Host => match rng.below(4) {
            0 => format!("{p} == \"{}\"", rng.pick(&["example.org", "api.example.org"])),
            1 => format!("{p} in \"{}\"", rng.pick(NETS)),
            _ => format!("{p} like \"{}\"", rng.pick(HOSTS)),
        },
        Ty::Path => match rng.below(5) {
            0 => format!("{p} == \"{}\"", rng.pick(FOLDERS)),
            1 | 2 => format!("{p} like \"{}\"", rng.pick(PATH_GLOBS)),
            _ => format!("{p} under \"{}\"", rng.pick(FOLDERS)),
        },
        Ty::Text => of_text(rng, p),
        Ty::Decimal | Ty::Int => of_number(rng, p, *ty == Ty::Decimal),
        Ty::Ip => match rng.below(4) {
            0 => format!("{p} == \"10.0.0.1\""),
            1 => format!("{p} in [\"{}\", \"{}\"]", rng.pick(NETS), rng.pick(NETS)),
            _ => format!("{p} in \"{}\"", rng.pick(NETS)),
        },
        Ty::Words => match rng.below(3) {
            0 => format!("{p} == \"{}\"", rng.pick(WORDS)),
            1 => format!("{p} != \"{}\"", rng.pick(WORDS)),
            _ => format!("{p} in [\"{}\", \"{}\"]", rng.pick(WORDS), rng.pick(WORDS)),
        },
        Ty::Clock(clock) => clock.condition(rng, p),
        Ty::Instant => format!("{p} {} {}", rng.pick(&["<", "<=", ">", ">=", "=="]), rng.pick(INSTANTS)),
        Ty::Url => match rng.below(3) {
            0 => format!("{p}.scheme {} \"https\"", rng.pick(&["==", "!="])),
            1 => format!("{p} == \"{}\"", rng.pick(pools::URLS)),
            _ => format!("({p}.host ?? \"none.invalid\") like \"{}\"", rng.pick(HOSTS)),
        },
        Ty::List(_) => {
            let quantifier = rng.pick(&["any", "all"]);
            format!("{quantifier}(x in {p}: {})", of(rng, "x", &Ty::Path))
        }
        _ => format!("has {p}"),
    }
}

fn of_text(rng: &mut Rng, p: &str) -> String {
    match rng.below(7) {
        0 => format!("{p} == \"{}\"", rng.pick(TEXTS)),
        1 => format!("{p} in [\"{}\", \"{}\", \"{}\"]", rng.pick(TEXTS), rng.pick(TEXTS), rng.pick(TEXTS)),
        2 | 3 => format!("{p} like \"{}\"", rng.pick(TEXT_GLOBS)),
        4 => format!("{p} matches \"{}\"", rng.pick(REGEXES)),
        5 => format!("{p} contains \"{}\"", rng.pick(&["a", "li", "ice", "c"])),
        // A string that is no path: an error in the middle of whatever stands around it.
        _ => format!("{p} under \"{}\"", rng.pick(FOLDERS)),
    }
}

/// Comparisons and ranges whose bounds meet.
fn of_number(rng: &mut Rng, p: &str, decimal: bool) -> String {
    let (low, high) = (rng.below(NUMBERS.len()), rng.below(NUMBERS.len()));
    let (low, high) = (NUMBERS[low.min(high)], NUMBERS[low.max(high)]);
    match rng.below(4) {
        0 => format!("{p} in {low}..={high}"),
        1 if low != high => format!("{p} in {low}..{high}"),
        2 if decimal => format!("{p} {} {low}.5", rng.pick(&["<", "<=", ">", ">="])),
        // Overflows for the largest numbers: an error that other terms may decide over.
        3 => format!("{p} * {p} {} {high}", rng.pick(&["<", ">="])),
        _ => format!("{p} {} {low}", rng.pick(&["==", "!=", "<", "<=", ">", ">="])),
    }
}
