//! Targets: what a rule is about, expanded against the pinned catalogs.
//!
//! The actions decide what a name means: with `call` a tool, with `get` a prompt; resources are
//! named by `server.uri("...")`. A target written on a profile stands for the same names of every
//! server declared `like` it.

use super::symbols::{Entity, Kind};
use super::{Name, Place, Unit, names, uri};
use crate::check;
use crate::diagnostics::codes::{e0103, e0115, e0119, e0120, e0122};
use crate::diagnostics::{Diagnostic, suggest};
use crate::hir::{Action, Member, ResourceTarget, Server, ServerId, Span, Targets, ToolHints};
use crate::index::Referent;
use mcpz_syntax::ast::{self, Target};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Targets, and whether every name in them was known.
#[derive(Debug, Clone, Default)]
pub struct ResolvedTargets {
    /// What was known.
    pub targets: Targets,
    /// Whether that is all; if not, errors are reported and what depends on it stays silent.
    pub ok: bool,
    /// Some of it rests on `hints`: the tag, and where it is named.
    pub from_hints: bool,
}

/// Resolves targets of a rule.
pub fn targets(
    unit: &Unit,
    place: Place,
    targets: &[Target],
    actions: &BTreeSet<Action>,
    sink: &mut Vec<Diagnostic>,
) -> ResolvedTargets {
    Resolver { unit, place, actions, in_tag: false, sink }.all(targets)
}

/// Resolves the targets that define a tag: tools only, `tools where` allowed, servers expanded.
pub fn tag_targets(
    unit: &Unit,
    place: Place,
    targets: &[Target],
    actions: &BTreeSet<Action>,
    sink: &mut Vec<Diagnostic>,
) -> ResolvedTargets {
    Resolver { unit, place, actions, in_tag: true, sink }.all(targets)
}

/// The tool or prompt that a path names: for tests.
pub fn member(unit: &Unit, place: Place, path: &[Name], action: Action, sink: &mut Vec<Diagnostic>) -> Option<Member> {
    let (entity, consumed) = unit.symbols.resolve_prefix(place, Kind::Server, path, sink)?;
    let Entity::Server(server) = entity else { return None };
    let name = path.get(consumed)?;
    let actions = BTreeSet::from([action]);
    let mut resolver = Resolver { unit, place, actions: &actions, in_tag: false, sink };
    let mut found = ResolvedTargets { ok: true, ..ResolvedTargets::default() };
    resolver.named(&[server], name, &mut found, None);
    found.targets.tools.first().or(found.targets.prompts.first()).copied()
}

/// What resolving needs.
struct Resolver<'u, 's> {
    unit: &'u Unit,
    place: Place,
    actions: &'u BTreeSet<Action>,
    in_tag: bool,
    sink: &'s mut Vec<Diagnostic>,
}

/// The servers that a target is on.
struct On {
    servers: Vec<ServerId>,
    /// The shape that names are checked against, for a profile.
    shape: Option<usize>,
    span: Span,
}

impl Resolver<'_, '_> {
    /// All targets, united.
    fn all(mut self, targets: &[Target]) -> ResolvedTargets {
        let mut found = ResolvedTargets { ok: true, ..ResolvedTargets::default() };
        for target in targets {
            self.one(target, &mut found);
        }
        let spans: Vec<Span> = targets.iter().map(|target| self.place.of(target)).collect();
        if let (Some(first), Some(last)) = (spans.first(), spans.last()) {
            found.targets.span = Some(Span { end: last.end, ..*first });
        }
        found.targets.resources.sort();
        found.targets.resources.dedup();
        found
    }

    /// One target.
    fn one(&mut self, target: &Target, found: &mut ResolvedTargets) {
        match target {
            Target::Tag(tag) => self.tag(tag, found),
            Target::Any(any) => self.any(any, found),
            Target::Hints(hints) => self.hints(hints, found),
            Target::Server(server) => self.path_target(server.path(), found),
            Target::Path(path) => self.path_target(path.path(), found),
            Target::All(all) => match all.server().and_then(|path| self.on(&path, found)) {
                Some(on) => self.whole(&on, found),
                None => found.ok = false,
            },
            Target::Set(set) => match set.server().and_then(|path| self.on(&path, found)) {
                Some(on) => {
                    for ident in set.names() {
                        self.named(&on.servers, &Name::new(self.place, &ident), found, on.shape);
                    }
                }
                None => found.ok = false,
            },
            Target::Uri(uri) => self.uri(uri, found),
            Target::List(list) => list.targets().iter().for_each(|target| self.one(target, found)),
        }
    }

    /// Whether one of the actions is about this kind.
    fn about(&self, kinds: &[Action]) -> bool {
        kinds.iter().any(|kind| self.actions.contains(kind))
    }

    /// The first action, as a word.
    fn action_word(&self) -> &'static str {
        self.actions.first().map_or("use", |action| action.word())
    }

    /// `tag t`.
    fn tag(&mut self, tag: &ast::TargetTag, found: &mut ResolvedTargets) {
        let span = self.place.of(tag);
        let path = tag.path();
        let id = path.and_then(|path| self.unit.symbols.tag(self.place, &names(self.place, &path), self.sink));
        let Some(tag) = id.and_then(|id| self.unit.tags.get(id.index())) else {
            found.ok = false;
            return;
        };
        if !self.about(&[Action::Call]) {
            let help = "a tag is a set of tools, and tools are called: `to call tag ...`".to_owned();
            self.mismatch(span, &format!("tag `{}`", tag.name), help, found);
            return;
        }
        found.ok &= tag.ok;
        found.from_hints |= tag.from_hints;
        found.targets.tools.extend(&tag.targets.tools);
        found.targets.any_tool |= tag.targets.any_tool;
    }

    /// `any tool`, `any resource`, `any prompt`.
    fn any(&mut self, any: &ast::TargetAny, found: &mut ResolvedTargets) {
        let span = self.place.of(any);
        let Some(what) = any.what() else { return };
        let (fits, help) = match what.text.as_str() {
            "tool" => (self.about(&[Action::Call]), "tools are called: `to call any tool`"),
            "resource" => (
                self.about(&[Action::Read, Action::Subscribe, Action::Complete]),
                "resources are read or subscribed to: `to read any resource`",
            ),
            _ => (self.about(&[Action::Get, Action::Complete]), "prompts are got: `to get any prompt`"),
        };
        if !fits {
            self.mismatch(span, &format!("`any {}`", what.text), help.to_owned(), found);
            return;
        }
        match what.text.as_str() {
            "tool" if self.in_tag => self.every_tool(found),
            "tool" => found.targets.any_tool = true,
            "resource" => found.targets.any_resource = true,
            _ => found.targets.any_prompt = true,
        }
    }

    /// Every tool of the bundle, one by one: what `any tool` is in a tag.
    fn every_tool(&mut self, found: &mut ResolvedTargets) {
        for (row, server) in self.unit.program.servers.iter().enumerate() {
            add_tools(ServerId::new(row), server, found, |_| true);
        }
    }

    /// `tools where hints.destructive`.
    fn hints(&mut self, hints: &ast::TargetHints, found: &mut ResolvedTargets) {
        if !self.in_tag {
            self.sink.push(e0120::hints_outside_tag(self.place.of(hints)));
            found.ok = false;
            return;
        }
        found.from_hints = true;
        let Some(condition) = hints.condition() else { return };
        // Mistakes do not depend on the tool: they are reported once, for made-up hints.
        let defaults = ToolHints { read_only: false, destructive: true, idempotent: false, open_world: true };
        if check::hints_condition(self.unit, self.place, &condition, &defaults, self.sink).is_none() {
            found.ok = false;
            return;
        }
        for (row, server) in self.unit.program.servers.iter().enumerate() {
            add_tools(ServerId::new(row), server, found, |hints| {
                check::hints_condition(self.unit, self.place, &condition, hints, &mut Vec::new()) == Some(true)
            });
        }
    }

    /// `server`, `server.name`.
    fn path_target(&mut self, path: Option<ast::Path>, found: &mut ResolvedTargets) {
        let Some(path) = path else {
            found.ok = false;
            return;
        };
        let segments = names(self.place, &path);
        let Some((on, consumed)) = self.on_prefix(&segments) else {
            found.ok = false;
            return;
        };
        match segments.get(consumed) {
            None => self.whole(&on, found),
            Some(name) if segments.len() == consumed + 1 => self.named(&on.servers, name, found, on.shape),
            Some(_) => {
                // A dotted name is one name: `server."a.b"`.
                let rest: Vec<&str> = segments.iter().skip(consumed).map(|name| name.text.as_str()).collect();
                let first = segments.get(consumed).map_or(on.span, |name| name.span);
                let span = Span { end: segments.last().map_or(first.end, |name| name.span.end), ..first };
                let joined = Name { text: SmolStr::new(rest.join(".")), span };
                self.named(&on.servers, &joined, found, on.shape);
            }
        }
    }

    /// The servers that a whole path names.
    fn on(&mut self, path: &ast::Path, found: &mut ResolvedTargets) -> Option<On> {
        let segments = names(self.place, path);
        let (on, consumed) = self.on_prefix(&segments)?;
        if let Some(extra) = segments.get(consumed) {
            self.named(&on.servers, extra, found, on.shape);
            return None;
        }
        Some(on)
    }

    /// The servers that a path starts with, and how many segments name them.
    fn on_prefix(&mut self, segments: &[Name]) -> Option<(On, usize)> {
        let (entity, consumed) = self.unit.symbols.resolve_prefix(self.place, Kind::Server, segments, self.sink)?;
        let span = segments.first().map(|name| name.span)?;
        let on = match entity {
            Entity::Server(id) => On { servers: vec![id], shape: None, span },
            Entity::Profile(id) => {
                let profile = self.unit.profiles.get(id.index())?;
                On { servers: profile.instances.clone(), shape: Some(id.index()), span }
            }
            _ => return None,
        };
        Some((on, consumed))
    }

    /// All of a server, as far as the actions are about it.
    fn whole(&mut self, on: &On, found: &mut ResolvedTargets) {
        if self.in_tag {
            for id in &on.servers {
                if let Some(server) = self.unit.program.servers.get(id.index()) {
                    add_tools(*id, server, found, |_| true);
                }
            }
            return;
        }
        for id in &on.servers {
            let Some(server) = self.unit.program.servers.get(id.index()) else { continue };
            if let Some(kind) = self.missing_kind(server)
                && on.shape.is_none()
                && !server.catalog_digest.is_empty()
            {
                self.sink.push(e0122::server_without(on.span, &server.name, kind));
                found.ok = false;
                continue;
            }
            found.targets.servers.insert(*id);
        }
    }

    /// What the actions are about and the server has nothing of; `None` when it has something.
    fn missing_kind(&self, server: &Server) -> Option<&'static str> {
        let tools = self.about(&[Action::Call]).then_some((server.tools.is_empty(), "tools"));
        let resources = self
            .about(&[Action::Read, Action::Subscribe])
            .then_some((server.resources.is_empty() && server.resource_templates.is_empty(), "resources"));
        let prompts = self.about(&[Action::Get]).then_some((server.prompts.is_empty(), "prompts"));
        let kinds: Vec<(bool, &'static str)> = [tools, resources, prompts].into_iter().flatten().collect();
        // `complete` and `use` have several kinds; one of them is enough.
        let all_missing = !kinds.is_empty() && kinds.iter().all(|(missing, _)| *missing);
        (all_missing && !self.about(&[Action::Complete])).then(|| kinds.first().map(|(_, kind)| *kind)).flatten()
    }

    /// One name of a catalog, on each of the servers.
    fn named(&mut self, servers: &[ServerId], name: &Name, found: &mut ResolvedTargets, shape: Option<usize>) {
        let wants_tool = self.about(&[Action::Call]);
        let wants_prompt = self.about(&[Action::Get, Action::Complete]);
        if !wants_tool && !wants_prompt {
            let help = "resources are named by their URI: `server.uri(\"file:///...\")`".to_owned();
            self.mismatch(name.span, &format!("`{}`", name.text), help, found);
            return;
        }
        if let Some(shape) = shape.and_then(|row| self.unit.profiles.get(row)) {
            let known = position(&shape.shape, &name.text, wants_tool, wants_prompt).is_some();
            if !known {
                self.report_member(&shape.shape, name, wants_tool, wants_prompt, found);
                return;
            }
        }
        for id in servers {
            let Some(server) = self.unit.program.servers.get(id.index()) else { continue };
            match position(server, &name.text, wants_tool, wants_prompt) {
                Some((MemberKind::Tool, index)) => {
                    let member = Member { server: *id, index };
                    self.record(name, Referent::Tool(member));
                    found.targets.tools.insert(member);
                }
                Some((MemberKind::Prompt, index)) => {
                    let member = Member { server: *id, index };
                    self.record(name, Referent::Prompt(member));
                    found.targets.prompts.insert(member);
                }
                // What an instance's catalog lacks of its profile is passed over.
                None if shape.is_some() => {}
                None => self.report_member(server, name, wants_tool, wants_prompt, found),
            }
        }
    }

    /// Writes down what a name means.
    fn record(&self, name: &Name, referent: Referent) {
        if let Some(recorder) = &self.unit.symbols.recorder {
            recorder.name(name.span, referent);
        }
    }

    /// Reports a name that the catalog does not have (for this action).
    fn report_member(
        &mut self,
        server: &Server,
        name: &Name,
        wants_tool: bool,
        wants_prompt: bool,
        found: &mut ResolvedTargets,
    ) {
        found.ok = false;
        // A catalog that could not be read says nothing about names.
        if server.catalog_digest.is_empty() {
            return;
        }
        let is_tool = server.tools.iter().any(|tool| tool.name == name.text);
        let is_prompt = server.prompts.iter().any(|prompt| prompt.name == name.text);
        if is_tool && !wants_tool {
            let help = format!("`{}` is a tool: `to call`", name.text);
            self.mismatch(name.span, &format!("tool `{}`", name.text), help, found);
            return;
        }
        if is_prompt && !wants_prompt {
            let help = format!("`{}` is a prompt: `to get`", name.text);
            self.mismatch(name.span, &format!("prompt `{}`", name.text), help, found);
            return;
        }
        let tools = server.tools.iter().map(|tool| &tool.name).filter(|_| wants_tool);
        let prompts = server.prompts.iter().map(|prompt| &prompt.name).filter(|_| wants_prompt);
        let known: Vec<&SmolStr> = tools.chain(prompts).collect();
        let kind = match (wants_tool, wants_prompt) {
            (true, _) => "tool",
            _ => "prompt",
        };
        let near = suggest::nearest(&name.text, &known).map(|near| suggest::as_written(&near));
        let listed = suggest::listing(&known);
        let error = e0103::unknown_member(name.span, &server.name, kind, &name.text, near.as_deref(), &listed);
        self.sink.push(error);
    }

    /// `server.uri("...")`.
    fn uri(&mut self, target: &ast::TargetUri, found: &mut ResolvedTargets) {
        let pattern = target.pattern().and_then(|string| uri::uri_pattern(self.place, &string, self.sink));
        let on = target.server().and_then(|path| self.on(&path, found));
        if !self.about(&[Action::Read, Action::Subscribe, Action::Complete]) {
            let help = "resources are read or subscribed to: `to read server.uri(\"...\")`".to_owned();
            self.mismatch(self.place.of(target), "a resource pattern", help, found);
            return;
        }
        let (Some(pattern), Some(on)) = (pattern, on) else {
            found.ok = false;
            return;
        };
        for server in on.servers {
            found.targets.resources.push(ResourceTarget { server, pattern: pattern.clone() });
        }
    }

    /// Reports a target that the actions cannot be about.
    fn mismatch(&mut self, span: Span, target: &str, help: String, found: &mut ResolvedTargets) {
        found.ok = false;
        self.sink.push(e0115::action_target(span, self.action_word(), target, help));
    }
}

/// Reports a permit of a tag that rests on hints.
pub fn refuse_hints(unit: &Unit, place: Place, targets: &[Target], sink: &mut Vec<Diagnostic>) {
    for target in targets {
        let Target::Tag(tag) = target else { continue };
        let Some(path) = tag.path() else { continue };
        // A tag that is not known was reported with the targets.
        let id = unit.symbols.tag(place, &names(place, &path), &mut Vec::new());
        let Some(known) = id.and_then(|id| unit.tags.get(id.index())) else { continue };
        if let (true, Some(declared)) = (known.from_hints, known.span) {
            sink.push(e0119::hints_in_permit(place.of(tag), &known.name, declared));
        }
    }
}

/// Whether a member is a tool or a prompt.
enum MemberKind {
    Tool,
    Prompt,
}

/// Where a name stands in a catalog; tools first.
fn position(server: &Server, name: &SmolStr, tools: bool, prompts: bool) -> Option<(MemberKind, u32)> {
    let tool = server.tools.iter().position(|tool| tools && tool.name == *name);
    let prompt = server.prompts.iter().position(|prompt| prompts && prompt.name == *name);
    match (tool, prompt) {
        (Some(row), _) => Some((MemberKind::Tool, u32::try_from(row).ok()?)),
        (None, Some(row)) => Some((MemberKind::Prompt, u32::try_from(row).ok()?)),
        (None, None) => None,
    }
}

/// Adds the tools of a server whose hints fit.
fn add_tools(id: ServerId, server: &Server, found: &mut ResolvedTargets, fits: impl Fn(&ToolHints) -> bool) {
    for (row, tool) in server.tools.iter().enumerate() {
        if fits(&tool.hints) {
            let index = u32::try_from(row).unwrap_or(u32::MAX);
            found.targets.tools.insert(Member { server: id, index });
        }
    }
}
