//! All items of a bundle in canonical order, sorted by kind: what every later step starts from.

use super::{Place, Placed};
use crate::hir::SourceId;
use crate::package::Loaded;
use mcpz_syntax::ast::{self, AstNode, Documented, Item};

/// A user or an agent, or a role.
#[derive(Debug, Clone)]
pub enum ClassSyntax {
    /// `user`
    User(ast::User),
    /// `agent`
    Agent(ast::Agent),
    /// `role`
    Role(ast::Role),
}

/// A rule or a grant: what holds rules.
#[derive(Debug, Clone)]
pub enum RuleItem {
    /// `permit`
    Permit(ast::PermitRule),
    /// `forbid`
    Forbid(ast::ForbidRule),
    /// `require`
    Require(ast::RequireRule),
    /// `limit`
    Limit(ast::LimitRule),
    /// `redact`
    Redact(ast::RedactRule),
    /// `audit`
    Audit(ast::AuditRule),
    /// `grant`
    Grant(ast::Grant),
}

/// Items by kind, each in canonical order.
#[derive(Default)]
pub struct Items {
    /// `use`
    pub uses: Vec<Placed<ast::UseItem>>,
    /// `issuer`
    pub issuers: Vec<Placed<ast::Issuer>>,
    /// `user`, `agent`, `role`
    pub classes: Vec<Placed<ClassSyntax>>,
    /// `server`
    pub servers: Vec<Placed<ast::Server>>,
    /// `profile`
    pub profiles: Vec<Placed<ast::Profile>>,
    /// `tag`
    pub tags: Vec<Placed<ast::Tag>>,
    /// `label`
    pub labels: Vec<Placed<ast::Label>>,
    /// `stores`
    pub stores: Vec<Placed<ast::Stores>>,
    /// `segment`
    pub segments: Vec<Placed<ast::Segment>>,
    /// `flow`
    pub flows: Vec<Placed<ast::Flow>>,
    /// `forbid flow`
    pub forbidden_flows: Vec<Placed<ast::ForbidFlow>>,
    /// `context`
    pub contexts: Vec<Placed<ast::Context>>,
    /// `data`
    pub data: Vec<Placed<ast::Data>>,
    /// `sensitive`
    pub sensitive: Vec<Placed<ast::Sensitive>>,
    /// `declassify`
    pub declassify: Vec<Placed<ast::Declassify>>,
    /// `predicate`
    pub predicates: Vec<Placed<ast::Predicate>>,
    /// `const`
    pub consts: Vec<Placed<ast::Const>>,
    /// Rules and grants.
    pub rules: Vec<Placed<RuleItem>>,
    /// Grants alone.
    pub grants: Vec<Placed<ast::Grant>>,
    /// `monitor`
    pub monitors: Vec<Placed<ast::Monitor>>,
    /// `test`, of the root package.
    pub tests: Vec<Placed<ast::Test>>,
    /// `assert`
    pub asserts: Vec<Placed<ast::Assert>>,
    /// Annotations of every item, with the range of the item and whether it is a rule.
    pub annotations: Vec<Placed<(ast::Annotation, mcpz_syntax::TextRange, bool)>>,
}

/// Sorts the items of all files. With a focus the rules, tests, assertions and annotations of that source alone; grants stay, because
/// rules are numbered by them.
pub fn collect(loaded: &Loaded, focus: Option<SourceId>) -> Items {
    let mut items = Items::default();
    for file in &loaded.files {
        let place = Place { package: file.package, source: file.source };
        let in_focus = focus.is_none_or(|focus| focus == file.source);
        for item in file.parse.source_file().items() {
            if !in_focus {
                if !(item.rule_word().is_some() || matches!(item, Item::Test(_) | Item::Assert(_))) {
                    sort(&mut items, place, item);
                }
                continue;
            }
            let range = item.range();
            let on_rule = item.rule_word().is_some();
            let marked =
                item.annotations().into_iter().map(|annotation| Placed { place, ast: (annotation, range, on_rule) });
            items.annotations.extend(marked);
            sort(&mut items, place, item);
        }
    }
    items
}

/// Puts one item where it belongs.
fn sort(items: &mut Items, place: Place, item: Item) {
    let rule = |ast: RuleItem| Placed { place, ast };
    let class = |ast: ClassSyntax| Placed { place, ast };
    match item {
        Item::Use(ast) => items.uses.push(Placed { place, ast }),
        Item::Issuer(ast) => items.issuers.push(Placed { place, ast }),
        Item::User(ast) => items.classes.push(class(ClassSyntax::User(ast))),
        Item::Agent(ast) => items.classes.push(class(ClassSyntax::Agent(ast))),
        Item::Role(ast) => items.classes.push(class(ClassSyntax::Role(ast))),
        Item::Server(ast) => items.servers.push(Placed { place, ast }),
        Item::Profile(ast) => items.profiles.push(Placed { place, ast }),
        Item::Tag(ast) => items.tags.push(Placed { place, ast }),
        Item::Label(ast) => items.labels.push(Placed { place, ast }),
        Item::Stores(ast) => items.stores.push(Placed { place, ast }),
        Item::Segment(ast) => items.segments.push(Placed { place, ast }),
        Item::Flow(ast) => items.flows.push(Placed { place, ast }),
        Item::ForbidFlow(ast) => items.forbidden_flows.push(Placed { place, ast }),
        Item::Context(ast) => items.contexts.push(Placed { place, ast }),
        Item::Data(ast) => items.data.push(Placed { place, ast }),
        Item::Sensitive(ast) => items.sensitive.push(Placed { place, ast }),
        Item::Declassify(ast) => items.declassify.push(Placed { place, ast }),
        Item::Predicate(ast) => items.predicates.push(Placed { place, ast }),
        Item::Const(ast) => items.consts.push(Placed { place, ast }),
        Item::Permit(ast) => items.rules.push(rule(RuleItem::Permit(ast))),
        Item::Forbid(ast) => items.rules.push(rule(RuleItem::Forbid(ast))),
        Item::Require(ast) => items.rules.push(rule(RuleItem::Require(ast))),
        Item::Limit(ast) => items.rules.push(rule(RuleItem::Limit(ast))),
        Item::Redact(ast) => items.rules.push(rule(RuleItem::Redact(ast))),
        Item::Audit(ast) => items.rules.push(rule(RuleItem::Audit(ast))),
        Item::Grant(ast) => {
            items.grants.push(Placed { place, ast: ast.clone() });
            items.rules.push(rule(RuleItem::Grant(ast)));
        }
        Item::Monitor(ast) => items.monitors.push(Placed { place, ast }),
        // Tests of a dependency are run in that package.
        Item::Test(ast) if place.package.0 == 0 => items.tests.push(Placed { place, ast }),
        Item::Test(_) => {}
        Item::Assert(ast) => items.asserts.push(Placed { place, ast }),
    }
}
