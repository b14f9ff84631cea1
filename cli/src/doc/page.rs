//! The frame of a page, and what pages share: links to rules, subjects in words, source text with its words marked.

use crate::formats::markup;
use mcpz_compiler::hir::canonical::class_name;
use mcpz_compiler::hir::{Program, Rule, RuleKind, Span, Subject};
use mcpz_compiler::lower::display::place;
use mcpz_syntax::SyntaxKind;
use mcpz_syntax::lexer::lex;
use std::fmt::Write;

/// Pages in the order of the menu.
const MENU: [(&str, &str); 5] = [
    ("index.html", "Who may do what"),
    ("rules.html", "Rules"),
    ("who.html", "Identities and roles"),
    ("tools.html", "Servers and tools"),
    ("checks.html", "Tests and assertions"),
];

/// What may be loaded: the style sheet beside the page.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'";

/// The program that a site is about.
pub struct Site<'p> {
    /// The program.
    pub program: &'p Program,
    /// The package's name, as text.
    name: String,
    /// Its version.
    version: String,
}

impl<'p> Site<'p> {
    /// The site of a program's first package.
    pub fn new(program: &'p Program) -> Site<'p> {
        let (name, version) = program
            .packages
            .first()
            .map_or_else(Default::default, |package| (package.name.clone(), package.version.clone()));
        Site { program, name, version }
    }
}

/// A page around its body.
pub fn frame(site: &Site, path: &str, title: &str, body: &str) -> String {
    let (name, version, title) = (markup(&site.name), markup(&site.version), markup(title));
    let menu: String = MENU
        .iter()
        .map(|(file, text)| {
            let current = if *file == path { " aria-current=\"page\"" } else { "" };
            format!("<a href=\"{file}\"{current}>{text}</a>")
        })
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} - {name}</title>\n<link rel=\"stylesheet\" href=\"style.css\">\n</head>\n<body>\n\
         <header><p class=\"package\">{name} <span class=\"quiet\">{version}</span></p><nav>{menu}</nav></header>\n\
         <main>\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// The anchor of a rule, a tool or a class: letters, digits and hyphens, told apart by the bytes of all else.
pub fn anchor(kind: &str, name: &str) -> String {
    let mut out = format!("{kind}-");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "_{byte:02x}");
        }
    }
    out
}

/// A rule, as a link to it.
pub fn rule_link(rule: &Rule) -> String {
    let shadow = if rule.shadow { " <span class=\"quiet\">(shadow)</span>" } else { "" };
    format!("<a class=\"id\" href=\"rules.html#{}\">{}</a>{shadow}", anchor("rule", &rule.id), markup(&rule.id))
}

/// A class, as a link to it.
pub fn class_link(program: &Program, id: mcpz_compiler::hir::ClassId) -> String {
    let name = class_name(program, id);
    format!("<a href=\"who.html#{}\">{}</a>", anchor("who", &name), markup(&name))
}

/// A subject in words, with links.
pub fn subject(program: &Program, of: &Subject) -> String {
    let joined = |parts: &[Subject], between: &str| {
        parts.iter().map(|part| subject(program, part)).collect::<Vec<_>>().join(between)
    };
    match of {
        Subject::Anyone => "anyone".to_owned(),
        Subject::Anonymous => "anonymous".to_owned(),
        Subject::AnyAgent => "any agent".to_owned(),
        Subject::AnyUser => "any user".to_owned(),
        Subject::Class(id) => class_link(program, *id),
        Subject::Either(parts) => joined(parts, " or "),
        Subject::Both(parts) => joined(parts, " and "),
        Subject::ActingFor(agent, user) => {
            format!("{} acting for {}", subject(program, agent), subject(program, user))
        }
        Subject::Server(id) => {
            let name = program.servers.get(id.index()).map_or("?", |server| server.name.as_str());
            format!("server {}", markup(name))
        }
    }
}

/// Whether a rule holds only under conditions.
pub fn is_conditional(rule: &Rule) -> bool {
    rule.where_.is_some() || rule.when.is_some() || rule.unless.is_some() || rule.grant.is_some()
}

/// How a kind of rule is marked.
pub fn kind_class(kind: &RuleKind) -> &'static str {
    match kind {
        RuleKind::Permit => "permit",
        RuleKind::Forbid => "forbid",
        RuleKind::Require(_) | RuleKind::Limit(_) => "require",
        RuleKind::Redact(_) | RuleKind::Audit(_) => "also",
    }
}

/// Documentation as a paragraph; nothing when there is none.
pub fn docs(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!("<p class=\"docs\">{}</p>\n", markup(text)) }
}

/// `path:line` of a span.
pub fn at(program: &Program, span: Span) -> String {
    format!("<span class=\"quiet place\">{}</span>", markup(&place(program, span)))
}

/// The source text of the item that a span is in: the span may be of its name alone.
pub fn item_source(program: &Program, span: Span) -> String {
    let text = program.sources.get(span.source.index()).map_or("", |source| source.text.as_str());
    let at = mcpz_syntax::TextSize::from(span.start);
    let items = mcpz_syntax::parse(text).tree();
    let item = items.children().find(|item| item.text_range().contains(at));
    item.map_or_else(|| source(program, span), |item| marked(item.text().to_string().trim()))
}

/// The source text of a span, its words marked.
pub fn source(program: &Program, span: Span) -> String {
    let text = program.sources.get(span.source.index()).map_or("", |source| source.text.as_str());
    let range = usize::try_from(span.start).unwrap_or(0)..usize::try_from(span.end).unwrap_or(0);
    marked(text.get(range).unwrap_or_default())
}

fn marked(text: &str) -> String {
    let mut out = String::from("<pre class=\"source\">");
    for token in lex(text).0 {
        let part = markup(&text[token.range]);
        match token_class(token.kind) {
            Some(class) => {
                let _ = write!(out, "<span class=\"{class}\">{part}</span>");
            }
            None => out.push_str(&part),
        }
    }
    out.push_str("</pre>\n");
    out
}

fn token_class(kind: SyntaxKind) -> Option<&'static str> {
    match kind {
        SyntaxKind::Comment | SyntaxKind::DocComment | SyntaxKind::FileDoc => Some("c"),
        SyntaxKind::String | SyntaxKind::RawString => Some("s"),
        kind if kind.is_literal() => Some("n"),
        kind if kind.is_keyword() => Some("k"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_told_apart_and_need_no_escape() {
        assert_eq!(anchor("rule", "PAY-1"), "rule-PAY-1");
        assert_ne!(anchor("rule", "a b"), anchor("rule", "a_b"));
        assert!(anchor("rule", "\"><b>").bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }
}
