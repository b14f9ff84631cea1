//! The page of identities: which credentials are whom, and what is said about them.

use super::page::{Site, anchor, at, class_link, docs, item_source, rule_link};
use super::reach::naming;
use crate::durations::duration_text;
use crate::formats::markup;
use mcpz_compiler::hir::canonical::class_name;
use mcpz_compiler::hir::{Class, ClassDefinition, ClassId, CredentialSource, Issuer, PrincipalKind, Program};
use std::fmt::Write;

/// The page.
pub fn body(site: &Site) -> String {
    let program = site.program;
    let mut out = String::from(
        "<p>Every identity and role is a function of a verified credential: there is no list of people to keep in step.</p>\n<h2>Issuers</h2>\n",
    );
    if program.issuers.is_empty() {
        out.push_str("<p class=\"quiet\">No token is believed.</p>\n");
    }
    for issuer in &program.issuers {
        issuer_section(&mut out, program, issuer);
    }
    out.push_str("<h2>Users, agents, roles</h2>\n");
    for (index, class) in program.classes.iter().enumerate() {
        class_section(&mut out, program, ClassId::new(index), class);
    }
    out
}

fn issuer_section(out: &mut String, program: &Program, issuer: &Issuer) {
    let bound: Vec<&str> = issuer.bound.iter().map(|word| word.as_str()).collect();
    let lifetime = issuer.lifetime_ms.map_or_else(|| "any".to_owned(), duration_text);
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<section class=\"rule\">\n<h3>{} {}</h3>\n<dl><dt>issuer</dt><dd>{}</dd><dt>audience</dt><dd>{}</dd><dt>tokens live</dt><dd>at most {}</dd>\
         <dt>bound to the sender</dt><dd>{}</dd><dt>claims</dt><dd><code>{}</code></dd></dl>\n</section>",
        markup(&issuer.name),
        at(program, issuer.span),
        markup(&issuer.url),
        issuer.audience.as_deref().map_or_else(|| "<span class=\"quiet\">not said</span>".to_owned(), markup),
        markup(&lifetime),
        if bound.is_empty() { "<span class=\"quiet\">no</span>".to_owned() } else { markup(&bound.join(" or ")) },
        markup(&issuer.claims.to_string()),
    );
}

fn class_section(out: &mut String, program: &Program, id: ClassId, class: &Class) {
    let name = class_name(program, id);
    let from = match &class.definition {
        ClassDefinition::Identity { source, .. } => credential(program, *source),
        ClassDefinition::Narrow { base, .. } => format!("a part of {}", class_link(program, *base)),
        ClassDefinition::Join(parts) => {
            parts.iter().map(|part| class_link(program, *part)).collect::<Vec<_>>().join(" or ")
        }
    };
    let word = match (&class.definition, class.kind) {
        (ClassDefinition::Identity { .. }, PrincipalKind::User) => "user",
        (ClassDefinition::Identity { .. }, PrincipalKind::Agent) => "agent",
        _ => "role",
    };
    let acts: Vec<String> = class.acts_for.iter().map(|user| class_link(program, *user)).collect();
    let rules: Vec<String> = naming(program, id).into_iter().map(rule_link).collect();
    let _ = write!(
        out,
        "<section id=\"{}\" class=\"rule\">\n<h3><span class=\"kind\">{word}</span> {} {}</h3>\n{}<dl><dt>who</dt><dd>{from}</dd>",
        anchor("who", &name),
        markup(&name),
        at(program, class.span),
        docs(&class.docs),
    );
    if !acts.is_empty() {
        let _ = write!(out, "<dt>acts for</dt><dd>{}</dd>", acts.join(", "));
    }
    let rules = if rules.is_empty() { "<span class=\"quiet\">none by name</span>".to_owned() } else { rules.join(" ") };
    let _ = writeln!(out, "<dt>rules</dt><dd>{rules}</dd></dl>\n{}</section>", item_source(program, class.span));
}

fn credential(program: &Program, source: CredentialSource) -> String {
    match source {
        CredentialSource::Issuer(id) => {
            let name = program.issuers.get(id.index()).map_or("?", |issuer| issuer.name.as_str());
            format!("a token of <b>{}</b>", markup(name))
        }
        CredentialSource::Mtls => "a client certificate".to_owned(),
        CredentialSource::Local => "the process that started the server".to_owned(),
    }
}
