//! The overview, who may call which tool, and the page of servers: what each declared, in its own words.

use super::page::{Site, anchor, is_conditional, rule_link, subject};
use super::reach::{about_rest, about_tool, enforced};
use super::rules::what;
use crate::formats::markup;
use crate::output::counted;
use mcpz_compiler::hir::{Member, Program, Rule, RuleKind, Server, ServerId, Tool};
use mcpz_compiler::lower::display::kind_word;
use std::fmt::Write;

/// The overview: a row for each tool.
pub fn overview(site: &Site) -> String {
    let program = site.program;
    let count = |wanted: fn(&RuleKind) -> bool| program.rules.iter().filter(|rule| wanted(&rule.kind)).count();
    let mut out = format!(
        "<p class=\"totals\">{}, {}, {}; {}, {} identities and roles, {}.</p>\n\
         <p>What stands in no row of <b>may be called by</b> is denied. A permit marked <span class=\"if\">if</span> holds under conditions, \
         which its rule says. A forbid wins over every permit.</p>\n",
        counted(count(|kind| matches!(kind, RuleKind::Permit)), "permit"),
        counted(count(|kind| matches!(kind, RuleKind::Forbid)), "forbid"),
        counted(count(|kind| !matches!(kind, RuleKind::Permit | RuleKind::Forbid)), "other rule"),
        counted(program.servers.len(), "server"),
        program.classes.len(),
        counted(program.tests.len(), "test"),
    );
    for (index, server) in program.servers.iter().enumerate() {
        let id = ServerId::new(index);
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "<h2>{}</h2>\n<div class=\"wide\"><table><thead><tr><th>tool</th><th>may be called by</th><th>unless forbidden by</th>\
             <th>only with</th><th>then</th></tr></thead><tbody>",
            markup(&server.name)
        );
        for member in members(id, server) {
            row(&mut out, program, member);
        }
        out.push_str("</tbody></table></div>\n");
        rest(&mut out, program, id);
    }
    out
}

fn members(server: ServerId, row: &Server) -> impl Iterator<Item = Member> {
    let count = u32::try_from(row.tools.len()).unwrap_or(u32::MAX);
    (0..count).map(move |index| Member { server, index })
}

fn tool(program: &Program, member: Member) -> Option<&Tool> {
    program.servers.get(member.server.index())?.tools.get(usize::try_from(member.index).ok()?)
}

fn row(out: &mut String, program: &Program, member: Member) {
    let (Some(tool), Some(server)) = (tool(program, member), program.servers.get(member.server.index())) else {
        return;
    };
    let rules = about_tool(program, member);
    let permits = enforced(&rules, |kind| matches!(kind, RuleKind::Permit));
    let permitted: Vec<String> = permits.iter().map(|rule| permit(program, rule)).collect();
    let links = |wanted: fn(&RuleKind) -> bool| {
        enforced(&rules, wanted).into_iter().map(rule_link).collect::<Vec<_>>().join(" ")
    };
    let hint =
        if tool.hints.destructive && !tool.hints.read_only { " <span class=\"hint\">destructive</span>" } else { "" };
    let closed = if permits.is_empty() { " class=\"closed\"" } else { "" };
    let _ = writeln!(
        out,
        "<tr{closed}><td><a href=\"tools.html#{}\"><code>{}</code></a>{hint}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        anchor("tool", &format!("{}.{}", server.name, tool.name)),
        markup(&tool.name),
        if permitted.is_empty() { "<span class=\"quiet\">nobody</span>".to_owned() } else { permitted.join("<br>") },
        links(|kind| matches!(kind, RuleKind::Forbid)),
        links(|kind| matches!(kind, RuleKind::Require(_) | RuleKind::Limit(_))),
        links(|kind| matches!(kind, RuleKind::Redact(_) | RuleKind::Audit(_))),
    );
}

/// A permit: who, on what condition.
fn permit(program: &Program, rule: &Rule) -> String {
    let word = match (rule.grant, is_conditional(rule)) {
        (Some(_), _) => " <span class=\"if\">by grant</span>",
        (None, true) => " <span class=\"if\">if</span>",
        (None, false) => "",
    };
    format!("{}{word} {}", subject(program, &rule.subject), rule_link(rule))
}

/// Rules about resources, prompts and what the server asks of clients.
fn rest(out: &mut String, program: &Program, server: ServerId) {
    let rules = about_rest(program, server);
    if rules.is_empty() {
        return;
    }
    let items: Vec<String> = rules
        .iter()
        .map(|rule| format!("<li>{} {}: {}</li>", kind_word(&rule.kind), permit(program, rule), what(program, rule)))
        .collect();
    let _ =
        writeln!(out, "<p>About its resources, prompts and what it asks of clients:</p><ul>{}</ul>", items.concat());
}

/// The page of servers.
pub fn body(site: &Site) -> String {
    let mut out = String::from(
        "<p>What servers declared when they were pinned. Descriptions and schemas are <b>their own words</b>: they are shown as they came, and \
         no rule believes them. A server whose tools change under the pin is refused.</p>\n",
    );
    for (index, server) in site.program.servers.iter().enumerate() {
        server_section(&mut out, site.program, ServerId::new(index), server);
    }
    out
}

fn server_section(out: &mut String, program: &Program, id: ServerId, server: &Server) {
    let segment = server.segment.and_then(|id| program.segments.get(id.index()));
    let reached = match &server.endpoint {
        Some(url) => markup(url),
        None if server.command.is_empty() => "<span class=\"quiet\">not said</span>".to_owned(),
        None => format!("<code>{}</code>", markup(&server.command.join(" "))),
    };
    let _ = writeln!(
        out,
        "<h2>{}</h2>\n<dl><dt>reached at</dt><dd>{reached}</dd><dt>identity</dt><dd>{}</dd><dt>segment</dt><dd>{}</dd>\
         <dt>reaches out to</dt><dd>{}</dd><dt>catalog</dt><dd><code>sha256:{}</code></dd></dl>",
        markup(&server.name),
        server.spiffe.as_deref().map_or_else(|| "<span class=\"quiet\">none</span>".to_owned(), markup),
        segment.map_or_else(|| "<span class=\"quiet\">none</span>".to_owned(), |segment| markup(&segment.name)),
        if server.egress.is_empty() {
            "<span class=\"quiet\">nothing</span>".to_owned()
        } else {
            markup(&server.egress.join(", "))
        },
        markup(&server.catalog_digest),
    );
    for (member, tool) in members(id, server).zip(&server.tools) {
        tool_section(out, program, &server.name, member, tool);
    }
}

fn tool_section(out: &mut String, program: &Program, server: &str, member: Member, tool: &Tool) {
    let rules: Vec<String> = about_tool(program, member).into_iter().map(rule_link).collect();
    let hints: Vec<&str> = [
        (tool.hints.read_only, "reads only"),
        (tool.hints.destructive && !tool.hints.read_only, "destructive"),
        (tool.hints.idempotent, "idempotent"),
        (tool.hints.open_world, "open world"),
    ]
    .into_iter()
    .filter_map(|(holds, word)| holds.then_some(word))
    .collect();
    let _ = write!(
        out,
        "<section id=\"{}\" class=\"tool\">\n<h3><code>{}.{}</code> <span class=\"quiet\">{}</span></h3>\n",
        anchor("tool", &format!("{server}.{}", tool.name)),
        markup(server),
        markup(&tool.name),
        hints.join(", "),
    );
    if !tool.description.is_empty() {
        let _ = writeln!(
            out,
            "<blockquote><span class=\"quiet\">the server says</span> {}</blockquote>",
            markup(&tool.description)
        );
    }
    if !tool.input.fields.is_empty() {
        out.push_str("<table><thead><tr><th>parameter</th><th>type, as rules see it</th></tr></thead><tbody>");
        for (name, ty) in &tool.input.fields {
            let _ = write!(
                out,
                "<tr><td><code>{}</code></td><td><code>{}</code></td></tr>",
                markup(name),
                markup(&ty.to_string())
            );
        }
        out.push_str("</tbody></table>\n");
    }
    let rules =
        if rules.is_empty() { "<span class=\"quiet\">none: it is denied</span>".to_owned() } else { rules.join(" ") };
    let _ = writeln!(out, "<p>Rules about it: {rules}</p>\n</section>");
}
