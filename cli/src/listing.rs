//! Listings of a bundle: what it declares, and the source text it carries.
//!
//! Everything here is the text of a bundle that may come from anywhere, so everything is escaped.

use crate::decision::place;
use crate::escape;
use mcpz_bytecode::ids::PatternId;
use mcpz_bytecode::image::{BundleImage, ClassImage, LinkKind, Rule, ServerImage, UriPartImage};

/// What a bundle declares: titles, and one line for each thing.
pub fn symbols(image: &BundleImage) -> Vec<(&'static str, Vec<String>)> {
    let names = |names: Vec<&String>| names.into_iter().map(|name| escape::inline(name)).collect();
    vec![
        ("issuers", issuers(image)),
        ("identities", identities(image)),
        ("servers", servers(image)),
        ("segments", names(image.segments.iter().map(|s| &s.name).collect())),
        ("labels", names(image.labels.iter().map(|l| &l.name).collect())),
        ("data", names(image.data.iter().map(|d| &d.name).collect())),
        ("grants", names(image.grants.iter().map(|g| &g.name).collect())),
        ("rules", image.each_rule().map(|rule| rule_line(image, rule)).collect()),
    ]
}

fn issuers(image: &BundleImage) -> Vec<String> {
    let line = |name: &str, url: &str| format!("{}  {}", escape::inline(name), escape::inline(url));
    image.issuers.iter().map(|issuer| line(&issuer.name, &issuer.url)).collect()
}

fn identities(image: &BundleImage) -> Vec<String> {
    let kind = |kind: LinkKind| match kind {
        LinkKind::User => "user",
        LinkKind::Agent => "agent",
    };
    let line = |class: &ClassImage| format!("{:<6} {}", kind(class.kind), escape::inline(&class.name));
    image.classes.iter().map(line).collect()
}

fn servers(image: &BundleImage) -> Vec<String> {
    let line = |server: &ServerImage| {
        format!(
            "{}  {} tools, {} prompts, catalog sha256:{}",
            escape::inline(&server.name),
            server.tools.len(),
            server.prompts.len(),
            escape::inline(&server.catalog_digest)
        )
    };
    image.servers.iter().map(line).collect()
}

fn rule_line(image: &BundleImage, rule: Rule<'_>) -> String {
    let shadow = if rule.shadow() { " (shadow)" } else { "" };
    let (kind, name) = (rule.kind().word(), escape::inline(&rule.id()));
    format!("{kind:<10} {name}{shadow}  {}", place(image, &rule.span()))
}

/// A URI pattern as policies write it, escaped.
pub fn pattern(image: &BundleImage, id: PatternId) -> String {
    let Some(pattern) = image.patterns.get(id.index()) else {
        return "?".to_owned();
    };
    let part = |part: &UriPartImage| match part {
        UriPartImage::Text(text) => escape::inline(text),
        UriPartImage::Star => "*".to_owned(),
        UriPartImage::DoubleStar => "**".to_owned(),
        UriPartImage::Variable(name) => format!("{{{}}}", escape::inline(name)),
    };
    pattern.parts.iter().map(part).collect()
}

/// The source text of a span, on one line.
pub fn source_text(image: &BundleImage, span: mcpz_bytecode::image::SpanImage) -> String {
    let text = image.debug.texts.get(span.source.index());
    let range = usize::try_from(span.start).unwrap_or(0)..usize::try_from(span.end).unwrap_or(0);
    let part = text.and_then(|text| text.get(range)).unwrap_or_default();
    let words: Vec<&str> = part.split_whitespace().collect();
    escape::inline(&words.join(" "))
}
