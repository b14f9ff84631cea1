//! Listings of a bundle: what it declares, and the source text it carries.
//!
//! Everything here is the text of a bundle that may come from anywhere, so everything is escaped.

use crate::decision::place;
use crate::escape;
use mcpz_bytecode::ids::PatternId;
use mcpz_bytecode::image::{BundleImage, LinkKind, RuleImage, RuleKindImage, UriPartImage};

/// What a bundle declares: titles, and one line for each thing.
pub fn symbols(image: &BundleImage) -> Vec<(&'static str, Vec<String>)> {
    let kind = |kind: LinkKind| match kind {
        LinkKind::User => "user",
        LinkKind::Agent => "agent",
    };
    let rules = image.rules.iter().map(|rule| {
        let shadow = if rule.shadow { " (shadow)" } else { "" };
        format!(
            "{:<10} {}{shadow}  {}",
            rule_kind(rule),
            escape::inline(&rule.id),
            place(image, &rule.span)
        )
    });
    let servers = image.servers.iter().map(|server| {
        let (name, tools) = (escape::inline(&server.name), server.tools.len());
        format!(
            "{name}  {tools} tools, {} prompts, catalog sha256:{}",
            server.prompts.len(),
            escape::inline(&server.catalog_digest)
        )
    });
    vec![
        (
            "issuers",
            image
                .issuers
                .iter()
                .map(|i| format!("{}  {}", escape::inline(&i.name), escape::inline(&i.url)))
                .collect(),
        ),
        (
            "identities",
            image
                .classes
                .iter()
                .map(|c| format!("{:<6} {}", kind(c.kind), escape::inline(&c.name)))
                .collect(),
        ),
        ("servers", servers.collect()),
        (
            "segments",
            image
                .segments
                .iter()
                .map(|s| escape::inline(&s.name))
                .collect(),
        ),
        (
            "labels",
            image
                .labels
                .iter()
                .map(|l| escape::inline(&l.name))
                .collect(),
        ),
        (
            "data",
            image.data.iter().map(|d| escape::inline(&d.name)).collect(),
        ),
        (
            "grants",
            image
                .grants
                .iter()
                .map(|g| escape::inline(&g.name))
                .collect(),
        ),
        ("rules", rules.collect()),
    ]
}

/// The word that opens a rule.
pub fn rule_kind(rule: &RuleImage) -> &'static str {
    match rule.kind {
        RuleKindImage::Permit(_) => "permit",
        RuleKindImage::Forbid => "forbid",
        RuleKindImage::Require(_) => "require",
        RuleKindImage::Limit(_) => "limit",
        RuleKindImage::Redact(_) => "redact",
        RuleKindImage::Audit(_) => "audit",
    }
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
