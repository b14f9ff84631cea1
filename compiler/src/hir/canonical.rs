//! Canonical texts: the one way a declaration or a history question is named outside the program.
//!
//! A state store, a test's `given` line and the decision code must mean the same question when they
//! write the same words. The text made here *is* that identity: targets are expanded and sorted,
//! durations are in milliseconds, names that are no identifiers are quoted. Declarations of the root
//! package go by their bare name, those of other packages by `package.name`.

use super::{
    CallsQuery, ClassId, DataId, Expr, ExprKind, GrantId, History, HistoryKey, LabelId, PackageId, Program, Root,
    SeenSource, SegmentId, Targets, UriPart, UriPattern,
};

/// The canonical text of a history question, for instance
/// `count(calls to [payments.refund], by: session, within: 300000ms)`.
pub fn history_text(program: &Program, history: &History) -> String {
    match history {
        History::SessionHolds(label) => format!("session holds {}", label_name(program, *label)),
        History::Carries(place, label) => {
            format!("{} carries {}", place_text(program, place), label_name(program, *label))
        }
        History::SeenIn(place, source) => {
            format!("{} seen in {}", place_text(program, place), seen_name(program, *source))
        }
        History::Count(query) => format!("count({})", calls_text(program, query)),
        History::Sum(query, of) => {
            let targets = targets_text(program, &query.targets);
            format!("sum(calls to {targets}, of: {of}, {})", scope_text(query))
        }
        History::Sequence(first, then) => {
            let (first_text, then_text) = (targets_text(program, &first.targets), targets_text(program, then));
            format!("sequence(calls to {first_text}, calls to {then_text}, {})", scope_text(first))
        }
    }
}

fn calls_text(program: &Program, query: &CallsQuery) -> String {
    format!("calls to {}, {}", targets_text(program, &query.targets), scope_text(query))
}

fn scope_text(query: &CallsQuery) -> String {
    format!("by: {}, within: {}ms", key_name(query.by), query.within_ms)
}

/// The word for a history key: `session`, `user`, `agent` or `caller`.
pub fn key_name(key: HistoryKey) -> &'static str {
    match key {
        HistoryKey::Session => "session",
        HistoryKey::User => "user",
        HistoryKey::Agent => "agent",
        HistoryKey::Caller => "caller",
    }
}

/// Expanded targets, sorted, in brackets.
pub fn targets_text(program: &Program, targets: &Targets) -> String {
    let mut parts = Vec::new();
    for (wanted, text) in
        [(targets.any_tool, "any tool"), (targets.any_resource, "any resource"), (targets.any_prompt, "any prompt")]
    {
        if wanted {
            parts.push(text.to_string());
        }
    }
    parts.extend(targets.servers.iter().map(|server| format!("{}.*", server_name(program, *server))));
    for member in &targets.tools {
        if let Some(server) = program.servers.get(member.server.index())
            && let Some(tool) = server.tools.get(index(member.index))
        {
            parts.push(format!("{}.{}", quoted(&server.name), quoted(&tool.name)));
        }
    }
    for member in &targets.prompts {
        if let Some(server) = program.servers.get(member.server.index())
            && let Some(prompt) = server.prompts.get(index(member.index))
        {
            parts.push(format!("{}.prompt.{}", quoted(&server.name), quoted(&prompt.name)));
        }
    }
    for resource in &targets.resources {
        let server = server_name(program, resource.server);
        parts.push(format!("{server}.uri({:?})", pattern_text(&resource.pattern)));
    }
    parts.sort();
    parts.dedup();
    format!("[{}]", parts.join(", "))
}

/// A URI pattern as an author writes it.
pub fn pattern_text(pattern: &UriPattern) -> String {
    pattern
        .parts
        .iter()
        .map(|part| match part {
            UriPart::Text(text) => text.clone(),
            UriPart::Star => "*".to_string(),
            UriPart::DoubleStar => "**".to_string(),
            UriPart::Variable(name) => format!("{{{name}}}"),
        })
        .collect()
}

/// The dotted text of a place: `args.address.city`. A variable shows as `_`.
pub fn place_text(program: &Program, expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Field(base, name) => format!("{}.{}", place_text(program, base), quoted(name)),
        ExprKind::Root(root) => root_text(program, root),
        ExprKind::Native(_, inner) => place_text(program, inner),
        _ => "_".to_string(),
    }
}

/// The words an author writes for a root.
pub fn root_text(program: &Program, root: &Root) -> String {
    match root {
        Root::Args => "args".to_string(),
        Root::PromptArgs => "prompt.args".to_string(),
        Root::UserClaims => "user.claims".to_string(),
        Root::AgentClaims => "agent.claims".to_string(),
        Root::LinkClaims => "claims".to_string(),
        Root::LinkSpiffe => "spiffe".to_string(),
        Root::LinkUid => "uid".to_string(),
        Root::Context => "context".to_string(),
        Root::Now => "now".to_string(),
        Root::NetworkSource => "network.source".to_string(),
        Root::ResourceUri => "resource.uri".to_string(),
        Root::UriVariable(name) => format!("resource.uri.{}", quoted(name)),
        Root::Sample => "sample".to_string(),
        Root::Elicit => "elicit".to_string(),
        Root::Data(data) => data_name(program, *data),
        Root::Var(_) => "_".to_string(),
    }
}

/// A label's name outside the program.
pub fn label_name(program: &Program, id: LabelId) -> String {
    let row = program.labels.get(id.index());
    row.map_or_else(String::new, |label| qualified(program, label.package, &label.name))
}

/// A class's name outside the program.
pub fn class_name(program: &Program, id: ClassId) -> String {
    let row = program.classes.get(id.index());
    row.map_or_else(String::new, |class| qualified(program, class.package, &class.name))
}

/// A data set's name outside the program.
pub fn data_name(program: &Program, id: DataId) -> String {
    let row = program.data.get(id.index());
    row.map_or_else(String::new, |data| qualified(program, data.package, &data.name))
}

/// A segment's name outside the program.
pub fn segment_name(program: &Program, id: SegmentId) -> String {
    let row = program.segments.get(id.index());
    row.map_or_else(String::new, |segment| qualified(program, segment.package, &segment.name))
}

/// A grant's name outside the program.
pub fn grant_name(program: &Program, id: GrantId) -> String {
    let row = program.grants.get(id.index());
    row.map_or_else(String::new, |grant| qualified(program, grant.package, &grant.name))
}

/// A server's name outside the program; servers are declared once in a bundle.
pub fn server_name(program: &Program, id: super::ServerId) -> String {
    let row = program.servers.get(id.index());
    row.map_or_else(String::new, |server| quoted(&server.name))
}

/// The name of what `seen in` looks into.
pub fn seen_name(program: &Program, source: SeenSource) -> String {
    match source {
        SeenSource::Data(data) => data_name(program, data),
        SeenSource::Label(label) => label_name(program, label),
    }
}

fn qualified(program: &Program, package: PackageId, name: &str) -> String {
    match program.packages.get(package.index()) {
        Some(owner) if package.index() != 0 => format!("{}.{name}", owner.name),
        _ => name.to_string(),
    }
}

/// The name itself when it is an identifier, else in quotes.
pub fn quoted(name: &str) -> String {
    let mut chars = name.chars();
    let first_fits = chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let rest_fits = chars.all(|next| next.is_ascii_alphanumeric() || next == '_');
    if first_fits && rest_fits { name.to_string() } else { format!("{name:?}") }
}

fn index(row: u32) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}
