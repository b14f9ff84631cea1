//! Checking again after an edit: when nothing but the inside of rules in one file has changed, the rules of that file are
//! checked, and everything else is taken over from the check before.
//!
//! What comes out is what a whole check gives, but for the numbers of variables. A rule's meaning depends on declarations and on nothing of
//! other rules; what looks at several rules is made anew (lints over all of them) or stops this shortcut (ids and titles that stand
//! twice, places by which tests name rules). [`changes`] says when it is taken.

use crate::check::{check_bodies, lint_again, lints_all_rules};
use crate::checked::{Indexed, finish, lint_levels};
use crate::diagnostics::codes::{e0123, e0508};
use crate::diagnostics::{self, levels};
use crate::hir::{PackageId, Program, SourceId, Span};
use crate::index::{self, Index, Recorder, ScopeKind};
use crate::memo::Memo;
use crate::package::{self, Loaded};
use crate::resolve;
use crate::source::Workspace;
use mcpz_syntax::Parse;
use mcpz_syntax::ast::{AstNode, Documented, Item, RuleRef};
use std::collections::BTreeMap;

/// Checks a workspace that was checked before, perhaps with other contents.
pub fn check_again(previous: Indexed, workspace: &Workspace, memo: &Memo) -> Indexed {
    let mut sink = Vec::new();
    memo.begin();
    let loaded = package::load(workspace, memo, &mut sink);
    match changes(&previous, &loaded) {
        Changes::Nothing => Indexed { loaded, ..previous },
        Changes::Rules(source) => merge(previous, loaded, source, sink),
        Changes::Anything => finish(loaded, sink),
    }
}

/// What an edit has changed.
enum Changes {
    /// No content: an edit was taken back before anybody looked.
    Nothing,
    /// The inside of rules of one source.
    Rules(SourceId),
    /// Perhaps more.
    Anything,
}

/// What differs between what was checked and what was read now.
fn changes(previous: &Indexed, loaded: &Loaded) -> Changes {
    match changed_sources(&previous.loaded, loaded).as_deref() {
        Some([]) if has_same_digests(&previous.loaded, loaded) => Changes::Nothing,
        Some([source]) if changes_only_rules(previous, loaded, *source) => Changes::Rules(*source),
        _ => Changes::Anything,
    }
}

/// Whether packages are what they were: a manifest that is missing has no digest, and an empty one has.
fn has_same_digests(before: &Loaded, loaded: &Loaded) -> bool {
    before.packages.iter().zip(&loaded.packages).all(|(old, new)| old.digest == new.digest)
}

/// The sources whose texts differ; `None` when there are others than before, or files beside them differ.
fn changed_sources(before: &Loaded, loaded: &Loaded) -> Option<Vec<SourceId>> {
    let same_shape = before.sources.len() == loaded.sources.len()
        && before.files.len() == loaded.files.len()
        && before.packages.len() == loaded.packages.len();
    let same_beside = before.packages.iter().zip(&loaded.packages).all(|(old, new)| {
        old.location == new.location && old.named_files == new.named_files && old.dependencies == new.dependencies
    });
    // What cannot be read counts as empty, which is not the same as being so.
    let same_faults = before.files.iter().zip(&loaded.files).all(|(old, new)| old.fault == new.fault);
    let sources = || before.sources.iter().zip(&loaded.sources);
    let same_names = sources().all(|(old, new)| old.path == new.path && old.package == new.package);
    let differing = sources().enumerate().filter(|(_, (old, new))| old.text != new.text);
    (same_shape && same_beside && same_faults && same_names)
        .then(|| differing.map(|(row, _)| SourceId::new(row)).collect())
}

/// Whether the one source that differs is a policy of the root package, and differs in the inside of its rules.
fn changes_only_rules(previous: &Indexed, loaded: &Loaded, source: SourceId) -> bool {
    let row = source.index();
    let (Some(old), Some(new)) = (previous.loaded.files.get(row), loaded.files.get(row)) else { return false };
    let own = new.package == PackageId(0);
    let alone = !compares_rules(previous) && !names_rules_by_place(&previous.loaded);
    own && alone && unchanged_but_rules(&old.parse, &new.parse)
}

/// Whether two texts differ in nothing but the inside of rules: the same declarations at the same places, the same kinds of rules with
/// the same ids in the same order, no tests.
fn unchanged_but_rules(old: &Parse, new: &Parse) -> bool {
    let (old, new) = (old.source_file().items(), new.source_file().items());
    old.len() == new.len() && old.iter().zip(&new).all(|(old, new)| is_same_item(old, new))
}

fn is_same_item(old: &Item, new: &Item) -> bool {
    if old.syntax().kind() != new.syntax().kind() {
        return false;
    }
    match new {
        Item::Test(_) => false,
        _ if new.rule_word().is_some() => annotations(old) == annotations(new),
        _ => old.range() == new.range() && old.syntax().green() == new.syntax().green(),
    }
}

/// The annotations of a rule as text: an id is named elsewhere, and an `@allow` silences lints.
fn annotations(item: &Item) -> Vec<String> {
    item.annotations().iter().map(|annotation| annotation.syntax().text().to_string()).collect()
}

/// Whether something is wrong that is seen only where the rules or assertions of several files are compared: an id or a title
/// that stands twice.
fn compares_rules(previous: &Indexed) -> bool {
    let codes = [e0123::CODE.code, e0508::CODE.code];
    previous.diagnostics.iter().any(|diagnostic| codes.contains(&diagnostic.code))
}

/// Whether a test names a rule by where it stands, which moves.
fn names_rules_by_place(before: &Loaded) -> bool {
    let items = before.files.iter().flat_map(|file| file.parse.source_file().items());
    let tests = items.filter(|item| matches!(item, Item::Test(_)));
    let mut named = tests.flat_map(|test| test.syntax().descendants().filter_map(RuleRef::cast));
    named.any(|rule| rule.text().contains('/'))
}

/// Checks the rules of a source, and puts them in the place of those before.
fn merge(previous: Indexed, loaded: Loaded, source: SourceId, mut sink: Vec<diagnostics::Diagnostic>) -> Indexed {
    let recorder = Recorder::default();
    let mut unit = resolve::unit(&loaded, Some(recorder.clone()), Some(source), &mut sink);
    // Variables of other files keep their numbers.
    let taken = previous.index.locals.iter().map(|row| row.var.0.saturating_add(1)).max().unwrap_or(0);
    unit.next_var = unit.next_var.max(taken);
    let mut program = unit.program.clone();
    check_bodies(&unit, &mut program, &mut sink);
    let fresh = index::index(&loaded, &unit, program, recorder.take());
    let index = replace(previous.index, fresh, source);
    lint_again(&loaded, &unit, &index, &mut sink);
    let package_of = |span: Span| loaded.sources.get(span.source.index()).map_or(PackageId(0), |source| source.package);
    let mut diagnostics = levels::apply(sink, &lint_levels(&loaded, index.allowed.clone()), package_of);
    let elsewhere = previous.diagnostics.into_iter().filter(|diagnostic| diagnostic.span.source != source);
    // What declarations elsewhere are wrong in is in both, and told once.
    diagnostics.extend(elsewhere.filter(|diagnostic| !lints_all_rules(diagnostic.code)));
    diagnostics::sort(&mut diagnostics);
    Indexed { loaded, index, diagnostics }
}

/// The tables with those of one source from `fresh`, which knows the declarations of all and the rules of that source.
fn replace(previous: Index, fresh: Index, source: SourceId) -> Index {
    let here = |span: Span| span.source == source;
    let mut rules = previous.rules;
    rules.retain(|rule| !here(rule.span));
    let old_scopes = previous.scopes.into_iter().filter(|row| !here(row.span));
    let old_scopes =
        old_scopes.filter(|row| matches!(row.kind, ScopeKind::Rule(_) | ScopeKind::Assert | ScopeKind::Test));
    let new_scopes = fresh
        .scopes
        .into_iter()
        .filter(|row| here(row.span) || matches!(row.kind, ScopeKind::Class | ScopeKind::Predicate));
    let mut scopes: Vec<_> = old_scopes.chain(new_scopes).collect();
    index::scopes::sort(&mut scopes);
    rules.extend(fresh.rules.into_iter().filter(|rule| here(rule.span)));
    rules.sort_by_key(|rule| rule.span);
    let rows: BTreeMap<Span, usize> = rules.iter().enumerate().map(|(row, rule)| (rule.span, row)).collect();
    for scope in &mut scopes {
        if let ScopeKind::Rule(row) = &mut scope.kind {
            *row = rows.get(&scope.span).copied().unwrap_or(usize::MAX);
        }
    }
    let mut locals = previous.locals;
    locals.retain(|row| !here(row.span));
    locals.extend(fresh.locals.into_iter().filter(|row| here(row.span)));
    let (mut names, mut types) = (previous.names, previous.types);
    splice(&mut names, fresh.names, source);
    splice(&mut types, fresh.types, source);
    let mut allowed = previous.allowed;
    allowed.retain(|allowed| !here(allowed.item));
    allowed.extend(fresh.allowed);
    let program = join(previous.program, fresh.program, source);
    Index { names, types, locals, rules, scopes, program, allowed, ..fresh }
}

/// The declarations of `fresh`, its rules and assertions of one source, and all others of `previous`.
fn join(previous: Program, mut fresh: Program, source: SourceId) -> Program {
    let here = |span: Span| span.source == source;
    fresh.rules.retain(|rule| here(rule.span));
    fresh.rules.extend(previous.rules.into_iter().filter(|rule| !here(rule.span)));
    fresh.rules.sort_by_key(|rule| rule.span);
    fresh.asserts.retain(|assert| here(assert.span));
    fresh.asserts.extend(previous.asserts.into_iter().filter(|assert| !here(assert.span)));
    fresh.asserts.sort_by_key(|assert| assert.span);
    fresh.tests = previous.tests;
    fresh
}

/// Puts the rows of one source in the place of those before.
fn splice<V>(table: &mut BTreeMap<Span, V>, fresh: BTreeMap<Span, V>, source: SourceId) {
    let edge = |source: SourceId| Span { source, start: 0, end: 0 };
    let rows = edge(source)..edge(SourceId(source.0.saturating_add(1)));
    let old: Vec<Span> = table.range(rows).map(|(span, _)| *span).collect();
    old.iter().for_each(|span| {
        table.remove(span);
    });
    table.extend(fresh.into_iter().filter(|(span, _)| span.source == source));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check_indexed;
    use crate::source::{MemoryProvider, PackageInput};

    const MANIFEST: &str = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2026\"\n";
    const CATALOG: &str = r#"{"tools": [{"name": "pay", "inputSchema": {"type": "object", "additionalProperties": false,
        "required": ["amount"], "properties": {"amount": {"type": "number"}, "to": {"type": "string"}}}}]}"#;
    const DECLARED: &str = "issuer corp { url \"https://id.example\" audience \"a\" claims { groups: set<string> } }\n\
        user person from corp\nrole boss of person where claims.groups contains \"boss\"\n\
        server desk { endpoint \"https://desk.example/mcp\" catalog \"catalog/desk.json\" }\n\
        predicate small(x: decimal) = x < 5\n\
        @id(\"B-1\")\nforbid anyone to call desk.pay where any(s in strings(args): s == \"x\")\n";
    const RULES: &str = "predicate known(s: string) = s in [\"a\", \"b\"]\n\n\
        permit boss to call desk.pay where small(args.amount)\n\n\
        @id(\"A-2\")\npermit person to call desk.pay where args.amount < 2 and all(s in strings(args): known(s))\n\n\
        audit full for anyone to call desk.*\n";

    fn workspace(rules: &str) -> Workspace {
        workspace_with(rules, "")
    }

    fn workspace_with(rules: &str, tests: &str) -> Workspace {
        let files = [
            ("mcpz.toml", MANIFEST),
            ("catalog/desk.json", CATALOG),
            ("policy/a.mcpz", rules),
            ("policy/b.mcpz", DECLARED),
            ("policy/0.mcpz", tests),
        ];
        Workspace { packages: vec![PackageInput::new("", MemoryProvider::new(files))] }
    }

    /// What editors see of a check, without the numbers of variables.
    fn seen(indexed: &Indexed) -> String {
        let index = &indexed.index;
        let names: Vec<_> = index.names.keys().collect();
        let rules: Vec<_> = index.rules.iter().map(|rule| (&rule.id, rule.span, &rule.targets)).collect();
        let typed: Vec<_> = index.program.rules.iter().map(|rule| (&rule.id, rule.span)).collect();
        let scopes: Vec<_> = index.scopes.iter().map(|row| (row.span, row.kind, &row.facts.args)).collect();
        let mut locals: Vec<_> = index.locals.iter().map(|row| (row.span, &row.name)).collect();
        locals.sort();
        format!("{:#?}", (&indexed.diagnostics, names, &index.types, rules, typed, scopes, locals))
    }

    #[test]
    fn a_check_after_an_edit_gives_what_a_whole_check_gives() {
        let memo = Memo::default();
        let mut known = check_indexed(&workspace(RULES), &memo);
        let edits = [
            ("small(args.amount)", "small(args.amuont)"),
            ("args.amount < 2", "args.amount < 2 and any(s in strings(args): s == \"y\")"),
            ("permit person", "permit nobody"),
            ("permit boss to call desk.pay where", "permit boss to call desk.pay\n\n    where\n"),
            ("audit full for anyone to call desk.*", "audit full for anyone to call desk.pay"),
            ("@id(\"A-2\")", "@id(\"B-1\")"),
            ("known(s: string)", "known(s: string, t: string)"),
            ("permit boss to", "permit boss"),
            ("where small(args.amount)", ""),
        ];
        for (old, new) in edits {
            for text in [RULES.replace(old, new), RULES.to_owned()] {
                assert!(text == RULES || text.contains(new));
                known = check_again(known, &workspace(&text), &memo);
                let whole = check_indexed(&workspace(&text), &Memo::default());
                let (ours, theirs) = (seen(&known), seen(&whole));
                let differing = ours.lines().zip(theirs.lines()).find(|(ours, theirs)| ours != theirs);
                assert_eq!(differing, None, "{old} -> {new}");
                assert_eq!(ours.len(), theirs.len(), "{old} -> {new}");
            }
        }
    }

    /// Takes a package from one content to the next: what is known must be what a whole check gives, each time.
    fn follow(contents: &[Workspace]) {
        let memo = Memo::default();
        let mut known = check_indexed(&contents[0], &memo);
        for workspace in contents {
            known = check_again(known, workspace, &memo);
            let whole = check_indexed(workspace, &Memo::default());
            assert_eq!(seen(&known), seen(&whole));
        }
    }

    #[test]
    fn what_nobody_changed_is_not_checked_again() {
        let memo = Memo::default();
        let whole = check_indexed(&workspace(RULES), &memo);
        let variables = |indexed: &Indexed| indexed.index.locals.iter().map(|row| row.var).collect::<Vec<_>>();
        // Variables of a source that is checked again get other numbers.
        let edited = workspace(&RULES.replace("args.amount < 2", "args.amount < 3"));
        let known = check_again(whole, &edited, &memo);
        let before = (variables(&known), seen(&known));
        let again = check_again(known, &edited, &memo);
        assert_eq!((variables(&again), seen(&again)), before);
        let fresh = check_indexed(&edited, &memo);
        assert_ne!(variables(&fresh), before.0);
    }

    #[test]
    fn a_file_that_is_no_text_any_more_or_again_is_told() {
        let of = |bytes: &[u8]| {
            let files: [(&str, &[u8]); 2] = [("mcpz.toml", MANIFEST.as_bytes()), ("policy/a.mcpz", bytes)];
            let files = files.map(|(path, bytes)| (path.to_owned(), bytes.to_vec()));
            Workspace { packages: vec![PackageInput::new("", MemoryProvider::new(files))] }
        };
        follow(&[of(b"\xff"), of(b""), of(b"\xff")]);
    }

    #[test]
    fn a_manifest_that_is_missing_or_empty_is_told() {
        let of = |files: &[(&str, &str)]| Workspace {
            packages: vec![PackageInput::new("", MemoryProvider::new(files.iter().copied()))],
        };
        follow(&[of(&[]), of(&[("mcpz.toml", "")]), of(&[])]);
    }

    #[test]
    fn an_id_that_stands_twice_is_told_after_every_edit() {
        let twice = RULES.replace("A-2", "B-1");
        let edited = twice.replace("small(args.amount)", "args.amount < 3");
        follow(&[workspace(RULES), workspace(&twice), workspace(&edited), workspace(RULES)]);
        assert!(check_indexed(&workspace(&edited), &Memo::default()).diagnostics.iter().any(|one| one.code == "E0123"));
    }

    #[test]
    fn a_title_that_stands_twice_is_told_after_every_edit() {
        let claimed = "assert \"never\": never allow anyone to call desk.pay where args.amount > 1000\n";
        let rules = format!("{RULES}{claimed}");
        // As long as before: the assertion must not move.
        let edited = rules.replace("small(args.amount)", "args.amount < 3000");
        follow(&[workspace_with(&rules, claimed), workspace_with(&edited, claimed)]);
        let told = check_indexed(&workspace_with(&edited, claimed), &Memo::default()).diagnostics;
        assert!(told.iter().any(|one| one.code == "E0508"), "{told:#?}");
    }

    #[test]
    fn a_rule_that_a_test_names_by_its_place_is_found_or_missed_after_every_edit() {
        let test = "test \"t\" {\n    as person { sub: \"a\", groups: [] }\n    call desk.pay { amount: 1 }\n    \
            expect allow by \"p/policy/a.mcpz:6\"\n}\n";
        let rules = RULES.replace("@id(\"A-2\")\n", "\n");
        let moved = rules.replace("permit boss", "\npermit boss");
        follow(&[
            workspace_with(&rules, test),
            workspace_with(&moved, test),
            workspace_with(&moved.replace("< 2", "< 3"), test),
            workspace_with(&rules, test),
        ]);
        let told = |rules: &str| check_indexed(&workspace_with(rules, test), &Memo::default()).diagnostics;
        assert_ne!(told(&rules), told(&moved), "one of them finds the rule");
    }

    #[test]
    fn only_the_inside_of_rules_may_change() {
        let parse = mcpz_syntax::parse;
        let changed = |old: &str, new: &str| unchanged_but_rules(&parse(RULES), &parse(&RULES.replace(old, new)));
        assert!(changed("small(args.amount)", "args.amount > 7"));
        assert!(!changed("known(s: string)", "known(t: string)"));
        assert!(!changed("permit boss", "forbid boss"));
        assert!(!changed("A-2", "A-3"));
        assert!(!changed("audit full", "test \"t\" { }\naudit full"));
    }
}
