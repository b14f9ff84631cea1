//! `server` and `profile`: endpoints, pinned catalogs, overlays.
//!
//! A *profile* is the shape of a well-known server: a catalog and an overlay without an endpoint. A
//! server declared `like` one takes over its overlay and, when it names none, its catalog.

use super::items::Items;
use super::symbols::{Entity, Kind, ProfileId};
use super::{Place, Unit, catalogs, data, issuers, names, overlay, places, unwraps};

use crate::check::literal;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0107, e0111, e0112, e0113, e0140, e0208, e0209, e0210, e0211};
use crate::hir::{Server, ServerId, Span};
use crate::memo::ReadCatalog;
use crate::package::{Loaded, lock};
use mcpz_syntax::ast::{self, AstNode, ServerEntry, StringLiteral};
use std::collections::BTreeMap;

/// A profile: the shape of a well-known server.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its catalog with its overlay applied, as a server that nobody runs.
    pub shape: Server,
    /// Its overlay.
    overlay: Vec<ast::OverlayEntry>,
    /// Where it stands.
    place: Place,
    /// `unwraps` entries.
    unwraps: Vec<ast::UnwrapsEntry>,
    /// The servers declared `like` it.
    pub instances: Vec<ServerId>,
}

/// (server or profile, catalog path) of every declaration of the root package: what `mcpz lock` pins.
pub fn catalog_paths(loaded: &Loaded) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    for file in loaded.files.iter().filter(|file| file.package.0 == 0) {
        for item in file.parse.source_file().items() {
            let (name, entries) = match &item {
                ast::Item::Server(server) => (server.name(), server.entries()),
                ast::Item::Profile(profile) => (profile.name(), profile.entries()),
                _ => continue,
            };
            let catalog = entries.iter().find_map(|entry| match entry {
                ServerEntry::Catalog(entry) => entry.string(),
                _ => None,
            });
            if let (Some(name), Some(catalog)) = (name, catalog) {
                paths.push((name.text, catalog.text().to_owned()));
            }
        }
    }
    paths
}

/// Reads every profile.
pub fn profiles(items: &Items, loaded: &Loaded, sink: &mut Vec<Diagnostic>) -> Vec<Profile> {
    let one = |item: &super::Placed<ast::Profile>| {
        let (name, span) = issuers::name_span(item.place, item.ast.name(), &item.ast);
        let mut shape = empty(name.clone(), item.place, span);
        let mut parts = Parts::default();
        read_entries(item.place, &item.ast.entries(), &mut shape, &mut parts, None, sink);
        match &parts.catalog {
            Some(catalog) => load_catalog(item.place, &name, catalog, &mut shape, loaded, sink),
            None => {
                let what = format!("profile `{name}`");
                sink.push(e0112::missing_entry(span, &what, "`catalog`", "catalog \"catalog/NAME.json\""));
            }
        }
        for entry in &parts.overlay {
            overlay::apply(item.place, entry, &mut shape, overlay::Missing::Report, sink);
        }
        shape.unwraps =
            parts.unwraps.iter().filter_map(|entry| unwraps::read(item.place, entry, &shape, sink)).collect();
        Profile { shape, overlay: parts.overlay, place: item.place, unwraps: parts.unwraps, instances: Vec::new() }
    };
    items.profiles.iter().map(one).collect()
}

/// Entries that need the catalog before they can be read.
#[derive(Default)]
struct Parts {
    catalog: Option<StringLiteral>,
    overlay: Vec<ast::OverlayEntry>,
    unwraps: Vec<ast::UnwrapsEntry>,
    spans: BTreeMap<&'static str, Span>,
}

/// A server before its entries are read.
fn empty(name: smol_str::SmolStr, place: Place, span: Span) -> Server {
    Server {
        name,
        package: place.package,
        endpoint: None,
        command: Vec::new(),
        spiffe: None,
        catalog_digest: String::new(),
        segment: None,
        egress: Vec::new(),
        refuse_extra: true,
        unwraps: Vec::new(),
        tools: Vec::new(),
        prompts: Vec::new(),
        resources: Vec::new(),
        resource_templates: Vec::new(),
        span,
    }
}

/// Reads every server into the unit.
pub fn read(items: &Items, loaded: &Loaded, unit: &mut Unit, sink: &mut Vec<Diagnostic>) {
    let mut declared: Vec<BTreeMap<&'static str, Span>> = Vec::new();
    for item in &items.servers {
        let place = item.place;
        let (name, span) = issuers::name_span(place, item.ast.name(), &item.ast);
        let mut server = empty(name.clone(), place, span);
        let mut parts = Parts::default();
        read_entries(place, &item.ast.entries(), &mut server, &mut parts, Some(&*unit), sink);
        let profile = item.ast.profile().and_then(|path| profile_of(place, &path, unit, sink));
        match (&parts.catalog, profile) {
            (Some(catalog), _) => load_catalog(place, &name, catalog, &mut server, loaded, sink),
            (None, Some(id)) => take_shape(&mut server, unit, id),
            (None, None) if item.ast.profile().is_some() => {}
            (None, None) => {
                let what = format!("server `{name}`");
                sink.push(e0112::missing_entry(span, &what, "`catalog`", "catalog \"catalog/NAME.json\""));
            }
        }
        if let Some(id) = profile {
            let own_catalog = parts.catalog.is_some();
            join_profile(&mut server, unit, id, own_catalog, ServerId::new(unit.program.servers.len()), sink);
        }
        for entry in &parts.overlay {
            overlay::apply(place, entry, &mut server, overlay::Missing::Report, sink);
        }
        let own =
            parts.unwraps.iter().filter_map(|entry| unwraps::read(place, entry, &server, sink)).collect::<Vec<_>>();
        server.unwraps.extend(own);
        require_address(&server, &parts.spans, sink);
        report_duplicates(&server, &parts.spans, &unit.program.servers, &declared, sink);
        declared.push(parts.spans);
        unit.program.servers.push(server);
    }
}

/// `like P`.
fn profile_of(place: Place, path: &ast::Path, unit: &Unit, sink: &mut Vec<Diagnostic>) -> Option<ProfileId> {
    match unit.symbols.resolve(place, Kind::Server, &names(place, path), sink)? {
        Entity::Profile(id) => Some(id),
        _ => {
            let segments = path.segments();
            let name = segments.last().map_or("", |segment| segment.text.as_str());
            sink.push(e0107::wrong_kind(place.of(path), name, "server", "profile", None));
            None
        }
    }
}

/// A server without a catalog of its own takes the profile's.
fn take_shape(server: &mut Server, unit: &Unit, id: ProfileId) {
    let Some(profile) = unit.profiles.get(id.index()) else { return };
    let shape = profile.shape.clone();
    server.catalog_digest = shape.catalog_digest;
    server.tools = shape.tools;
    server.prompts = shape.prompts;
    server.resources = shape.resources;
    server.resource_templates = shape.resource_templates;
    server.unwraps = shape.unwraps;
}

/// A server with a catalog of its own takes what fits of the profile's overlay.
fn join_profile(
    server: &mut Server,
    unit: &mut Unit,
    id: ProfileId,
    own_catalog: bool,
    instance: ServerId,
    sink: &mut Vec<Diagnostic>,
) {
    let Some(profile) = unit.profiles.get_mut(id.index()) else { return };
    profile.instances.push(instance);
    if !own_catalog {
        return;
    }
    for entry in &profile.overlay {
        overlay::apply(profile.place, entry, server, overlay::Missing::Skip, sink);
    }
    let entries = &profile.unwraps;
    // A meta-tool that this server's catalog lacks is passed over.
    server.unwraps =
        entries.iter().filter_map(|entry| unwraps::read(profile.place, entry, server, &mut Vec::new())).collect();
}

/// Reads entries that do not need the catalog, and keeps the others.
fn read_entries(
    place: Place,
    entries: &[ServerEntry],
    server: &mut Server,
    parts: &mut Parts,
    unit: Option<&Unit>,
    sink: &mut Vec<Diagnostic>,
) {
    for entry in entries {
        let word = word(entry);
        let span = place.span(entry.range());
        let repeats = matches!(entry, ServerEntry::Egress(_) | ServerEntry::Unwraps(_) | ServerEntry::Overlay(_));
        if let Some(first) = parts.spans.get(word).filter(|_| !repeats) {
            sink.push(e0111::duplicate_entry(span, word, *first));
            continue;
        }
        parts.spans.entry(word).or_insert(span);
        match entry {
            ServerEntry::Catalog(entry) => parts.catalog = entry.string(),
            ServerEntry::Overlay(entry) => parts.overlay.push(entry.clone()),
            ServerEntry::Unwraps(entry) => parts.unwraps.push(entry.clone()),
            ServerEntry::Extra(entry) => {
                server.refuse_extra = entry.word().is_none_or(|word| word.text != "ignore");
            }
            entry => read_address(place, entry, server, unit, sink),
        }
    }
}

/// Entries that say where a server is.
fn read_address(
    place: Place,
    entry: &ServerEntry,
    server: &mut Server,
    unit: Option<&Unit>,
    sink: &mut Vec<Diagnostic>,
) {
    match entry {
        ServerEntry::Endpoint(entry) => {
            server.endpoint = entry.string().and_then(|text| places::parsed(place, &text, literal::url, sink));
        }
        ServerEntry::Identity(entry) => {
            let id = |text: &StringLiteral, sink: &mut Vec<Diagnostic>| {
                places::parsed(place, text, literal::spiffe_id, sink)
            };
            server.spiffe = entry.string().and_then(|text| id(&text, sink));
        }
        ServerEntry::Egress(entry) => {
            for text in entry.strings() {
                if let Some((host, port)) = places::parsed(place, &text, literal::host_port, sink) {
                    server.egress.push(format!("{host}:{port}"));
                }
            }
        }
        ServerEntry::Command(entry) => {
            let Some(value) = entry.value() else { return };
            match places::string_list(place, &value) {
                Ok(command) if !command.is_empty() => server.command = command,
                Ok(_) => sink.push(e0140::command_shape(place.of(&value))),
                Err(span) => sink.push(e0140::command_shape(span)),
            }
        }
        ServerEntry::Segment(entry) => {
            let path = entry.path();
            server.segment =
                unit.zip(path).and_then(|(unit, path)| unit.symbols.segment(place, &names(place, &path), sink));
        }
        _ => {}
    }
}

/// The word that opens an entry.
fn word(entry: &ServerEntry) -> &'static str {
    match entry {
        ServerEntry::Endpoint(_) => "endpoint",
        ServerEntry::Command(_) => "command",
        ServerEntry::Identity(_) => "identity",
        ServerEntry::Catalog(_) => "catalog",
        ServerEntry::Segment(_) => "segment",
        ServerEntry::Egress(_) => "egress",
        ServerEntry::Extra(_) => "extra",
        ServerEntry::Unwraps(_) => "unwraps",
        ServerEntry::Overlay(_) => "overlay",
    }
}

/// Reads a catalog, checks its pin, and fills in what the server offers.
fn load_catalog(
    place: Place,
    name: &str,
    file: &StringLiteral,
    server: &mut Server,
    loaded: &Loaded,
    sink: &mut Vec<Diagnostic>,
) {
    let Some(bytes) = data::read_file(place, file, "catalog", loaded, sink) else { return };
    let span = place.span(file.range);
    let read = loaded.memo.catalog(&bytes, || ReadCatalog {
        digest: lock::hex(&bytes),
        catalog: std::str::from_utf8(&bytes).ok().map(catalogs::parse),
    });
    server.catalog_digest = read.digest.clone();
    check_pin(place, name, file, &format!("sha256:{}", read.digest), loaded, sink);
    let Some((catalog, faults)) = &read.catalog else {
        sink.push(e0208::catalog_malformed(span, file.text(), "it is not UTF-8", None));
        return;
    };
    for fault in faults {
        sink.push(match (&fault.tool, &fault.keyword) {
            (Some(tool), Some(keyword)) => e0209::catalog_keyword(span, file.text(), tool, keyword),
            (Some(tool), None) => {
                let message = format!("tool `{tool}`: {}", fault.message);
                e0208::catalog_malformed(span, file.text(), &message, fault.help.clone())
            }
            _ => e0208::catalog_malformed(span, file.text(), &fault.message, fault.help.clone()),
        });
    }
    server.tools = catalog.tools.clone();
    server.prompts = catalog.prompts.clone();
    server.resources = catalog.resources.clone();
    server.resource_templates = catalog.resource_templates.clone();
}

/// Compares a catalog with its pin.
fn check_pin(
    place: Place,
    name: &str,
    file: &StringLiteral,
    digest: &str,
    loaded: &Loaded,
    sink: &mut Vec<Diagnostic>,
) {
    let Some(package) = loaded.packages.get(place.package.index()) else { return };
    let span = place.span(file.range);
    let what = format!("catalog `{}`", file.text());
    let command = format!("mcpz catalog update {name}");
    match package.lock.catalogs.get(name) {
        None => sink.push(e0210::pin_missing(span, &what, &command)),
        Some(pin) if pin.digest.value != digest => {
            sink.push(e0211::pin_mismatch(span, &what, pin.digest.span, digest, &command));
        }
        Some(_) => {}
    }
}

/// A server has an endpoint or a command.
fn require_address(server: &Server, spans: &BTreeMap<&'static str, Span>, sink: &mut Vec<Diagnostic>) {
    if !spans.contains_key("endpoint") && !spans.contains_key("command") {
        let what = format!("server `{}`", server.name);
        sink.push(e0112::missing_entry(server.span, &what, "`endpoint` or `command`", "endpoint \"https://...\""));
    }
}

/// Reports what another server of the bundle has declared already.
fn report_duplicates(
    server: &Server,
    spans: &BTreeMap<&'static str, Span>,
    others: &[Server],
    declared: &[BTreeMap<&'static str, Span>],
    sink: &mut Vec<Diagnostic>,
) {
    for (other, other_spans) in others.iter().zip(declared) {
        let same = [
            ("endpoint", server.endpoint.is_some() && server.endpoint == other.endpoint),
            ("command", !server.command.is_empty() && server.command == other.command),
            ("identity", server.spiffe.is_some() && server.spiffe == other.spiffe),
        ];
        for (what, _) in same.iter().filter(|(_, same)| *same) {
            let span = spans.get(what).copied().unwrap_or(server.span);
            let first = other_spans.get(what).copied().unwrap_or(other.span);
            sink.push(e0113::duplicate_server(span, &server.name, what, &other.name, first));
        }
    }
}
