//! `issuer`: who signs tokens, for whom, and which claims they carry.

use super::items::Items;
use super::{Place, Placed, places, types};
use crate::check::literal;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0111, e0112};
use crate::hir::{Issuer, Span};
use crate::types::{RecordType, Type};
use mcpz_syntax::ast::{self, AstNode, IssuerEntry, StringLiteral};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Reads every issuer.
pub fn read(items: &Items, sink: &mut Vec<Diagnostic>) -> Vec<Issuer> {
    items.issuers.iter().map(|item| issuer(item, sink)).collect()
}

/// One issuer.
fn issuer(item: &Placed<ast::Issuer>, sink: &mut Vec<Diagnostic>) -> Issuer {
    let place = item.place;
    let name = item.ast.name();
    let span = name.as_ref().map_or_else(|| place.of(&item.ast), |name| place.span(name.range));
    let text = name.map(|name| SmolStr::new(name.text)).unwrap_or_default();
    let mut issuer = Issuer {
        name: text,
        package: place.package,
        url: String::new(),
        audience: None,
        lifetime_ms: None,
        bound: Vec::new(),
        claims: RecordType::default(),
        span,
    };
    let mut seen = BTreeMap::new();
    for entry in item.ast.entries() {
        let word = word(&entry);
        let here = place.span(entry.range());
        if let Some(first) = seen.insert(word, here) {
            sink.push(e0111::duplicate_entry(here, word, first));
            continue;
        }
        read_entry(place, &entry, &mut issuer, sink);
    }
    if !seen.contains_key("url") {
        let what = format!("issuer `{}`", issuer.name);
        sink.push(e0112::missing_entry(span, &what, "`url`", "url \"https://...\""));
    }
    add_standard_claims(&mut issuer.claims);
    issuer
}

/// The word that opens an entry.
fn word(entry: &IssuerEntry) -> &'static str {
    match entry {
        IssuerEntry::Url(_) => "url",
        IssuerEntry::Audience(_) => "audience",
        IssuerEntry::Keys(_) => "keys",
        IssuerEntry::Lifetime(_) => "lifetime",
        IssuerEntry::Bound(_) => "bound",
        IssuerEntry::Claims(_) => "claims",
    }
}

/// Reads one entry into the issuer.
fn read_entry(place: Place, entry: &IssuerEntry, issuer: &mut Issuer, sink: &mut Vec<Diagnostic>) {
    match entry {
        IssuerEntry::Url(entry) => {
            if let Some(string) = entry.string() {
                // The `iss` claim is compared as text: the URL is checked and kept as written.
                places::parsed(place, &string, literal::url, sink);
                issuer.url = string.text().to_owned();
            }
        }
        IssuerEntry::Audience(entry) => read_audience(place, &entry.strings(), issuer, sink),
        IssuerEntry::Keys(entry) => {
            if let Some(string) = entry.string() {
                places::parsed(place, &string, literal::url, sink);
            }
        }
        IssuerEntry::Lifetime(entry) => {
            issuer.lifetime_ms = entry.value().and_then(|value| places::duration_ms(place, &value, "`lifetime`", sink));
        }
        IssuerEntry::Bound(entry) => {
            issuer.bound = entry.ways().iter().map(|way| SmolStr::new(&way.text)).collect();
            issuer.bound.sort();
            issuer.bound.dedup();
        }
        IssuerEntry::Claims(entry) => issuer.claims = types::record_of(place, &entry.fields(), sink),
    }
}

/// One audience: tokens for several would be usable at each of them.
fn read_audience(place: Place, strings: &[StringLiteral], issuer: &mut Issuer, sink: &mut Vec<Diagnostic>) {
    let Some((first, rest)) = strings.split_first() else { return };
    issuer.audience = Some(first.text().to_owned());
    if let Some(second) = rest.first() {
        sink.push(e0111::duplicate_entry(place.span(second.range), "audience", place.span(first.range)));
    }
}

/// Claims that every token may be asked for.
fn add_standard_claims(claims: &mut RecordType) {
    let standard: [(&str, Type); 2] = [("sub", Type::String), ("scope", Type::String.optional())];
    for (name, ty) in standard {
        claims.fields.entry(SmolStr::new_static(name)).or_insert(ty);
    }
}

/// Where a declaration's name stands; the whole node when it has none.
pub fn name_span(place: Place, name: Option<ast::Ident>, node: &impl AstNode) -> (SmolStr, Span) {
    match name {
        Some(name) => (SmolStr::new(&name.text), place.span(name.range)),
        None => (SmolStr::default(), place.of(node)),
    }
}
