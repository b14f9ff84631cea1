//! Rules of every kind.

use super::expr::Pen;
use super::model::{Field, Model, Server, Ty, after_dot};
use super::rng::Rng;

/// A subject and what it makes known.
struct Who {
    text: String,
    user_claims: bool,
    agent_claims: bool,
    has_user: bool,
}

fn who(text: &str) -> Who {
    Who { text: text.to_string(), user_claims: false, agent_claims: false, has_user: false }
}

/// What a rule is about.
struct About {
    action: &'static str,
    targets: String,
    fields: Option<(String, Vec<Field>)>,
    tool: Option<String>,
    of_call: bool,
}

/// The rules of a package, each with its text.
pub fn rules(rng: &mut Rng, model: &Model) -> Vec<String> {
    let mut all = Vec::new();
    let mut number = 0;
    let mut id = || {
        number += 1;
        format!("@id(\"R-{number}\")\n")
    };
    for _ in 0..rng.within(5, 11) {
        all.push(id() + &permit(rng, model));
    }
    for server in &model.servers {
        all.extend(broad(rng, model, server).into_iter().map(|rule| id() + &rule));
    }
    for _ in 0..rng.within(1, 5) {
        all.push(id() + &forbid(rng, model));
    }
    for _ in 0..rng.below(4) {
        all.push(id() + &require(rng, model));
    }
    for _ in 0..rng.below(4) {
        all.push(id() + &limit(rng, model));
    }
    for _ in 0..rng.below(3) {
        all.push(id() + &redact(rng, model));
    }
    for _ in 0..rng.below(3) {
        all.push(id() + &audit(rng, model));
    }
    if rng.chance(30) {
        all.push(id() + "@shadow\n" + &if rng.chance(50) { permit(rng, model) } else { forbid(rng, model) });
    }
    for grant in &model.grants {
        all.push(grant_block(rng, model, grant, &mut id));
    }
    shuffle(rng, &mut all);
    all
}

/// Permits over a whole server, so that most requests are about something the caller may see: some hold, some
/// hang on what is known only when the call is made.
fn broad(rng: &mut Rng, model: &Model, server: &Server) -> Vec<String> {
    let mut found = Vec::new();
    for action in ["call", "read", "get", "subscribe"] {
        let there = match action {
            "call" => true,
            "get" => !server.prompts.is_empty(),
            _ => !server.resources.is_empty() || !server.templates.is_empty(),
        };
        for subject in ["anyone", "any user", "any agent", "employee"] {
            if there && rng.chance(if subject == "anyone" { 45 } else { 20 }) {
                let late = if rng.chance(35) { String::new() } else { format!("\n  when {}", late(rng, model)) };
                found.push(format!("permit {subject} to {action} {}.*{late}", server.name));
            }
        }
    }
    found
}

/// A condition that is unknown when targets are listed.
fn late(rng: &mut Rng, model: &Model) -> String {
    let mut pen = Pen::new(model);
    match rng.below(6) {
        0 => "now >= 1960-01-01T00:00:00Z".to_string(),
        1 => format!("now in {}", super::package::window(rng)),
        2 => format!("({} or not has context.geo)", pen.condition(rng, 1)),
        3 => format!("not session holds {}", rng.pick(&model.labels)),
        4 => "context.tenant is string".to_string(),
        _ => format!("(has context.geo and {} or now > 1960-01-01T00:00:00Z)", pen.condition(rng, 1)),
    }
}

fn shuffle(rng: &mut Rng, all: &mut [String]) {
    for at in (1..all.len()).rev() {
        let other = rng.below(at + 1);
        all.swap(at, other);
    }
}

fn single(rng: &mut Rng, model: &Model, narrow: bool) -> Who {
    match rng.below(20) {
        0..=5 => who("anyone"),
        6 if narrow => who("anonymous"),
        6 | 7 => who("any agent"),
        8..=11 => Who { has_user: true, ..who("any user") },
        _ => {
            let class = rng.pick(&model.classes);
            Who {
                text: class.name.clone(),
                user_claims: class.user && class.claims_known,
                agent_claims: narrow && !class.user && class.claims_known,
                has_user: class.user,
            }
        }
    }
}

fn subject(rng: &mut Rng, model: &Model, narrow: bool) -> Who {
    let users: Vec<_> = model.classes.iter().filter(|class| class.user).collect();
    let agents: Vec<_> = model.classes.iter().filter(|class| !class.user).collect();
    match rng.below(12) {
        0 => {
            let (a, b) = (rng.pick(&model.classes), rng.pick(&model.classes));
            who(&format!("[{}, {}]", a.name, b.name))
        }
        1 => {
            let (a, b) = (rng.pick(&users), rng.pick(&users));
            if a.name == b.name {
                return Who { has_user: true, ..who(&a.name) };
            }
            Who { has_user: true, ..who(&format!("{} & {}", a.name, b.name)) }
        }
        2 | 3 => {
            let (agent, user) = (rng.pick(&agents), rng.pick(&users));
            let actor = if rng.chance(40) { "any agent".to_string() } else { agent.name.clone() };
            Who {
                text: format!("{actor} acting for {}", user.name),
                user_claims: user.claims_known,
                agent_claims: false,
                has_user: true,
            }
        }
        _ => single(rng, model, narrow),
    }
}

fn tool_path(server: &Server, at: usize) -> String {
    format!("{}.{}", server.name, after_dot(&server.tools[at].name))
}

fn about(rng: &mut Rng, model: &Model, narrow: bool) -> About {
    let server = rng.pick(&model.servers);
    match rng.below(12) {
        0 if !server.resources.is_empty() || !server.templates.is_empty() => resource(rng, server),
        1 if !server.prompts.is_empty() => {
            let prompt = rng.pick(&server.prompts);
            let action: &&'static str = rng.pick(&["get", "get", "complete"]);
            About {
                action,
                targets: format!("{}.{}", server.name, after_dot(&prompt.name)),
                fields: Some(("prompt.args".to_string(), prompt.params.clone())),
                tool: None,
                of_call: false,
            }
        }
        2 | 5 => call(format!("{}.*", server.name)),
        3 if narrow => call(rng.word(&["any tool", "tag some"])),
        3 => call(rng.word(&["any tool", "tag some", "tag risky"])),
        4 | 6 => About {
            fields: Some(("args".to_string(), shared(server))),
            ..call(format!("{}, {}", tool_path(server, 0), tool_path(server, 1)))
        },
        _ => {
            let at = rng.below(server.tools.len());
            let path = tool_path(server, at);
            About {
                action: "call",
                targets: path.clone(),
                fields: Some(("args".to_string(), server.tools[at].params.clone())),
                tool: Some(path),
                of_call: true,
            }
        }
    }
}

/// The parameters that the first two tools of a server have in common.
fn shared(server: &Server) -> Vec<Field> {
    let second = &server.tools[1].params;
    let in_both = |field: &Field| {
        let other = second.iter().find(|other| other.name == field.name && other.ty == field.ty)?;
        let (required, nullable) = (field.required && other.required, field.nullable || other.nullable);
        Some(Field { required, nullable, ..field.clone() })
    };
    server.tools[0].params.iter().filter_map(in_both).collect()
}

fn call(targets: String) -> About {
    About { action: "call", targets, fields: None, tool: None, of_call: true }
}

fn resource(rng: &mut Rng, server: &Server) -> About {
    let plain = |action, pattern: &str| About {
        action,
        targets: format!("{}.uri(\"{pattern}\")", server.name),
        fields: None,
        tool: None,
        of_call: false,
    };
    let action = *rng.pick(&["read", "read", "subscribe", "[read, subscribe]"]);
    match rng.below(5) {
        0 => About { action, targets: format!("{}.*", server.name), fields: None, tool: None, of_call: false },
        1 => About { action, targets: "any resource".to_string(), fields: None, tool: None, of_call: false },
        2 => plain(action, "file:///w/**"),
        3 => {
            let variable = Field { name: "team".to_string(), ty: Ty::Text, required: true, nullable: false };
            let fields = Some(("resource.uri".to_string(), vec![variable]));
            About { fields, ..plain(action, "file:///w/{team}/*") }
        }
        _ => plain(action, "file:///**"),
    }
}

fn pen<'a>(model: &'a Model, who: &Who, about: &About) -> Pen<'a> {
    let mut pen = Pen::new(model);
    if who.user_claims {
        pen.add_fields("user.claims", &model.claims, false, false);
    }
    if who.agent_claims {
        pen.add_fields("agent.claims", &model.claims, false, false);
    }
    if let Some((base, fields)) = &about.fields {
        pen.add_fields(base, fields, false, base == "args");
        pen.add_fields(base, fields, false, base == "args");
    }
    pen.of_call = about.of_call;
    pen.has_user = who.has_user;
    pen.tool = about.tool.clone();
    pen
}

fn clauses(rng: &mut Rng, model: &Model, who: &Who, about: &About, percent: usize) -> String {
    let mut pen = pen(model, who, about);
    let mut out = String::new();
    for word in ["where", "when", "unless"] {
        let percent = if word == "unless" { percent / 4 } else { percent };
        if rng.chance(percent) {
            let depth = rng.below(4);
            out.push_str(&format!("\n  {word} {}", pen.condition(rng, depth)));
        }
    }
    out
}

fn permit(rng: &mut Rng, model: &Model) -> String {
    if rng.chance(8) {
        return ask("permit", rng, model);
    }
    let (who, about) = (subject(rng, model, true), about(rng, model, true));
    let clauses = if rng.chance(30) { String::new() } else { clauses(rng, model, &who, &about, 60) };
    format!("permit {} to {} {}{clauses}", who.text, about.action, about.targets)
}

/// What servers ask.
fn ask(verb: &str, rng: &mut Rng, model: &Model) -> String {
    let server = rng.pick(&model.servers);
    let client =
        if rng.chance(60) { format!(" for {}", single(rng, model, verb == "permit").text) } else { String::new() };
    let clause = match rng.below(4) {
        0 => ("sample", "\n  where sample.max_tokens <= 1000"),
        1 => ("elicit", "\n  where not elicit.asks_secret"),
        2 => ("sample", ""),
        _ => ("roots", ""),
    };
    format!("{verb} server {} to {}{client}{}", server.name, clause.0, clause.1)
}

fn annotations(rng: &mut Rng) -> String {
    if rng.chance(30) { format!("@deny({})\n", rng.pick(&["explain", "hide", "step_up"])) } else { String::new() }
}

fn forbid(rng: &mut Rng, model: &Model) -> String {
    if rng.chance(10) {
        return annotations(rng) + &ask("forbid", rng, model);
    }
    let (who, about) = (subject(rng, model, false), about(rng, model, false));
    let mut clauses = clauses(rng, model, &who, &about, 55);
    if clauses.is_empty() {
        let mut pen = pen(model, &who, &about);
        clauses = format!("\n  where {}", pen.condition(rng, 2));
    }
    if !clauses.contains("\n  when ") && rng.chance(80) {
        let late = format!("\n  when {}", late(rng, model));
        let at = clauses.find("\n  unless ").unwrap_or(clauses.len());
        clauses.insert_str(at, &late);
    }
    format!("{}forbid {} to {} {}{clauses}", annotations(rng), who.text, about.action, about.targets)
}

fn require(rng: &mut Rng, model: &Model) -> String {
    let users: Vec<_> = model.classes.iter().filter(|class| class.user).collect();
    let requirement = match rng.below(4) {
        0 => format!("approval by {} expires 10m", rng.pick(&users).name),
        1 => format!("approval by 2 of [{}, {}]", users[0].name, users[1].name),
        2 => rng.word(&["mfa fresh 5m", "mfa"]),
        _ => rng.word(&["scope \"read\"", "scope \"read\" \"write\""]),
    };
    let (who, about) = (subject(rng, model, false), about(rng, model, false));
    let clauses = clauses(rng, model, &who, &about, 60);
    format!("{}require {requirement} for {} to {} {}{clauses}", annotations(rng), who.text, about.action, about.targets)
}

fn limit(rng: &mut Rng, model: &Model) -> String {
    let (who, about) = (subject(rng, model, false), about(rng, model, false));
    let amounts: Vec<&Field> = about
        .fields
        .iter()
        .flat_map(|(_, fields)| fields)
        .filter(|field| matches!(field.ty, Ty::Int | Ty::Decimal) && !field.is_optional())
        .collect();
    let of = match about.fields.as_ref().filter(|_| !amounts.is_empty() && rng.chance(60)) {
        Some((base, _)) => format!(" of {base}.{}", after_dot(&rng.pick(&amounts).name)),
        None => String::new(),
    };
    let by = if who.has_user && rng.chance(30) { "user" } else { *rng.pick(&["caller", "session"]) };
    let clauses = clauses(rng, model, &who, &about, 30);
    let most = rng.pick(&["1", "30", "5_000"]);
    format!(
        "{}limit {} to {} {} at most {most}{of} per 1d by {by}{clauses}",
        annotations(rng),
        who.text,
        about.action,
        about.targets
    )
}

fn redact(rng: &mut Rng, model: &Model) -> String {
    let server = rng.pick(&model.servers);
    let targets = tool_path(server, rng.below(server.tools.len()));
    let about = About { of_call: false, ..call(targets.clone()) };
    let specs = rng.pick(&[
        "result.ssn keep last 4, result.card drop",
        "result.a[*].b replace \"***\"",
        "result matching \"[0-9]+\" replace \"#\", result.name keep first 2",
    ]);
    let clauses = clauses(rng, model, &who("anyone"), &about, 50);
    format!("redact {targets} {{ {specs} }}{clauses}")
}

fn audit(rng: &mut Rng, model: &Model) -> String {
    let (who, about) = (subject(rng, model, false), about(rng, model, false));
    let clauses = clauses(rng, model, &who, &about, 40);
    let level = rng.pick(&["full", "summary", "none"]);
    format!("audit {level} for {} to {} {}{clauses}", who.text, about.action, about.targets)
}

fn grant_block(rng: &mut Rng, model: &Model, grant: &str, id: &mut impl FnMut() -> String) -> String {
    let users: Vec<_> = model.classes.iter().filter(|class| class.user && class.claims_known).collect();
    let holder = rng.pick(&users);
    let server = rng.pick(&model.servers);
    let at = rng.below(server.tools.len());
    let about = About {
        fields: Some(("args".to_string(), server.tools[at].params.clone())),
        tool: Some(tool_path(server, at)),
        ..call(tool_path(server, at))
    };
    let who = Who { user_claims: true, has_user: true, ..who(&holder.name) };
    let clauses = if rng.chance(60) { String::new() } else { clauses(rng, model, &who, &about, 50) };
    let approved = if rng.chance(50) { format!(" approved by {}", users[0].name) } else { String::new() };
    format!(
        "grant {grant} to {} for at most 1h{approved} {{\n{}permit to call {}{clauses}\n}}",
        holder.name,
        id(),
        about.targets
    )
}
