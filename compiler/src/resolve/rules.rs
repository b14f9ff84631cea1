//! Heads of rules: who, which actions, which targets, annotations, ids.

use super::annotations::{self, RuleAnnotations};
use super::items::{Items, RuleItem};
use super::{Place, RuleHead, RuleSyntax, RuleVerb, Unit, subjects, targets};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0115, e0117, e0123, e0137};
use crate::hir::lines::Lines;
use crate::hir::{Action, GrantId, Span, Subject};
use mcpz_syntax::ast::{self, Documented, RuleParts};
use std::collections::{BTreeMap, BTreeSet};

/// What servers ask of clients.
const SERVER_ACTIONS: [Action; 3] = [Action::Sample, Action::Elicit, Action::Roots];

/// Reads the heads of all rules, in canonical order.
pub fn read(items: &Items, unit: &Unit, sink: &mut Vec<Diagnostic>) -> Vec<RuleHead> {
    let mut heads = Vec::new();
    let mut ids = Ids { lines: Lines::new(&unit.program.sources), taken: BTreeMap::new() };
    let mut grant_row = 0;
    for item in &items.rules {
        match &item.ast {
            RuleItem::Grant(grant) => {
                let id = GrantId::new(grant_row);
                grant_row += 1;
                for permit in grant.permits() {
                    let syntax = RuleSyntax::Grant(permit.clone());
                    let mut head = head(unit, item.place, &permit, syntax, RuleVerb::Permit, &mut ids, sink);
                    head.grant = Some(id);
                    head.subject = unit.program.grants.get(id.index()).map(|grant| grant.subject.clone());
                    check_server_actions(&head, &permit, sink);
                    heads.push(head);
                }
            }
            other => heads.extend(plain_rule(unit, item.place, other, &mut ids, sink)),
        }
    }
    heads
}

/// A rule that is no grant.
fn plain_rule(
    unit: &Unit,
    place: Place,
    rule: &RuleItem,
    ids: &mut Ids<'_>,
    sink: &mut Vec<Diagnostic>,
) -> Option<RuleHead> {
    Some(match rule {
        RuleItem::Permit(ast) => {
            let head = head(unit, place, ast, RuleSyntax::Permit(ast.clone()), RuleVerb::Permit, ids, sink);
            check_server_actions(&head, ast, sink);
            head
        }
        RuleItem::Forbid(ast) => head(unit, place, ast, RuleSyntax::Forbid(ast.clone()), RuleVerb::Forbid, ids, sink),
        RuleItem::Require(ast) => {
            head(unit, place, ast, RuleSyntax::Require(ast.clone()), RuleVerb::Require, ids, sink)
        }
        RuleItem::Limit(ast) => head(unit, place, ast, RuleSyntax::Limit(ast.clone()), RuleVerb::Limit, ids, sink),
        RuleItem::Redact(ast) => head(unit, place, ast, RuleSyntax::Redact(ast.clone()), RuleVerb::Redact, ids, sink),
        RuleItem::Audit(ast) => head(unit, place, ast, RuleSyntax::Audit(ast.clone()), RuleVerb::Audit, ids, sink),
        RuleItem::Grant(_) => return None,
    })
}

/// Reads one head.
fn head<R: RuleParts + Documented>(
    unit: &Unit,
    place: Place,
    rule: &R,
    syntax: RuleSyntax,
    verb: RuleVerb,
    ids: &mut Ids<'_>,
    sink: &mut Vec<Diagnostic>,
) -> RuleHead {
    let annotations = annotations::of_rule(place, rule, sink);
    let span = place.of(rule);
    let (subject, for_subject) = who(unit, place, rule, verb, sink);
    let is_server = subject.as_ref().is_some_and(is_server);
    let actions = match verb {
        RuleVerb::Redact => BTreeSet::from([Action::Call, Action::Read, Action::Get]),
        _ => actions(&rule.actions(), verb, subject.as_ref()),
    };
    if is_server && for_subject.is_none() {
        check_client_actions(place, rule, sink);
    }
    let resolved = targets(unit, place, &rule.targets(), &actions, sink);
    if verb == RuleVerb::Permit {
        targets::refuse_hints(unit, place, &rule.targets(), sink);
    }
    let head_end = rule.targets_range().map_or(place.span(rule.keyword_range()).end, |range| u32::from(range.end()));
    let head_start = place.span(rule.keyword_range()).start;
    RuleHead {
        place,
        ast: syntax,
        verb,
        id: id_of(unit, &annotations, place.span(rule.keyword_range()), ids, sink),
        subject,
        for_subject,
        actions,
        targets: resolved.targets,
        targets_ok: resolved.ok,
        message: annotations.message,
        severity: annotations.severity,
        deny: annotations.deny,
        shadow: annotations.shadow,
        grant: None,
        docs: rule.docs(),
        span,
        head_span: Span { start: head_start, end: head_end.max(head_start), ..span },
    }
}

/// A subject, and the subject after `for`.
type Who = (Option<Subject>, Option<Option<Subject>>);

/// Who a rule is about.
fn who<R: RuleParts>(unit: &Unit, place: Place, rule: &R, verb: RuleVerb, sink: &mut Vec<Diagnostic>) -> Who {
    let subject = rule.subject().map(|subject| subjects::subject(unit, place, &subject, sink));
    let after_for = rule.for_subject();
    let for_subject = after_for.as_ref().map(|subject| subjects::subject(unit, place, subject, sink));
    if verb == RuleVerb::Redact {
        // `redact T { .. } for S`: S is the subject; without it everybody is.
        return (for_subject.unwrap_or(Some(Subject::Anyone)), None);
    }
    let subject = subject.flatten();
    if let (Some(known), Some(node)) = (&subject, &after_for)
        && !is_server(known)
    {
        sink.push(e0137::for_without_server(place.of(node)));
        return (subject, None);
    }
    (subject, for_subject)
}

/// Whether a subject is servers only.
fn is_server(subject: &Subject) -> bool {
    match subject {
        Subject::Server(_) => true,
        Subject::Either(members) => !members.is_empty() && members.iter().all(is_server),
        _ => false,
    }
}

/// The actions that words name. `use` is all that its subject can do.
pub fn actions(words: &[ast::Ident], verb: RuleVerb, subject: Option<&Subject>) -> BTreeSet<Action> {
    let by_server = subject.is_some_and(is_server);
    let mut actions = BTreeSet::new();
    for word in words {
        match Action::ALL.into_iter().find(|action| action.word() == word.text) {
            Some(action) => {
                actions.insert(action);
            }
            None if word.text == "use" && by_server => actions.extend(SERVER_ACTIONS),
            None if word.text == "use" && verb == RuleVerb::Permit => {
                actions.extend(Action::ALL.into_iter().filter(|action| !SERVER_ACTIONS.contains(action)));
            }
            None if word.text == "use" => actions.extend(Action::ALL),
            // Any other word was reported by the parser.
            None => {}
        }
    }
    if actions.is_empty() {
        actions.insert(Action::Call);
    }
    actions
}

/// Reports what only servers ask, permitted to somebody else.
fn check_server_actions<R: RuleParts>(head: &RuleHead, rule: &R, sink: &mut Vec<Diagnostic>) {
    if head.subject.as_ref().is_none_or(is_server) {
        return;
    }
    let wrong = rule.actions().into_iter().find(|word| SERVER_ACTIONS.iter().any(|action| action.word() == word.text));
    if let Some(word) = wrong {
        sink.push(e0117::server_action_subject(head.place.span(word.range), &word.text));
    }
}

/// Reports what clients ask, with a server as the subject.
fn check_client_actions<R: RuleParts>(place: Place, rule: &R, sink: &mut Vec<Diagnostic>) {
    let asks = |word: &ast::Ident| word.text == "use" || SERVER_ACTIONS.iter().any(|action| action.word() == word.text);
    if let Some(word) = rule.actions().iter().find(|word| !asks(word)) {
        let help =
            "servers ask to `sample`, `elicit` and list `roots`; who calls a server is named before `to`".to_owned();
        sink.push(e0115::action_target(place.span(word.range), &word.text, "a server as its subject", help));
    }
}

/// The ids given so far.
struct Ids<'u> {
    lines: Lines<'u>,
    taken: BTreeMap<String, Span>,
}

/// The id of a rule: what `@id` says, else `package/path:line`.
fn id_of(
    unit: &Unit,
    annotations: &RuleAnnotations,
    keyword: Span,
    ids: &mut Ids<'_>,
    sink: &mut Vec<Diagnostic>,
) -> String {
    if let Some((id, span)) = &annotations.id {
        if let Some(first) = ids.taken.get(id) {
            sink.push(e0123::duplicate_rule_id(*span, id, *first));
        }
        ids.taken.entry(id.clone()).or_insert(*span);
        return id.clone();
    }
    let Some(source) = unit.program.sources.get(keyword.source.index()) else { return String::new() };
    let (line, column) = ids.lines.place(keyword);
    let by_line = format!("{}:{line}", source.path);
    let id = if ids.taken.contains_key(&by_line) { format!("{by_line}:{column}") } else { by_line };
    ids.taken.entry(id.clone()).or_insert(keyword);
    id
}
