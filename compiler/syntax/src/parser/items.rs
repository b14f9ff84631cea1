//! The file and its items. Blocks with entries are in `blocks`, rules in `rules`, tests in `testing`.

use super::core::{List, Parser, quoted_list};
use super::{blocks, expressions, names, rules, subjects, targets, testing, types};
use crate::error::{SyntaxError, codes};
use crate::near;
use crate::token::{SyntaxKind, keywords};

/// Words that open an item, as messages list them.
const OPENERS: &[&str] = &["permit", "forbid", "require", "limit", "redact", "audit", "server", "role", "tag", "test"];

/// Words of other languages where an item is expected, and the word for it here.
const SYNONYMS: &[(&str, &str)] = &[
    ("allow", "permit"),
    ("deny", "forbid"),
    ("block", "forbid"),
    ("import", "use"),
    ("include", "use"),
    ("let", "const"),
    ("function", "predicate"),
    ("fn", "predicate"),
    ("log", "audit"),
    ("group", "role"),
];

/// A file: `//!` lines, then items.
pub(super) fn source_file(p: &mut Parser) {
    p.node(SyntaxKind::SourceFile, |p| {
        while p.eat(SyntaxKind::FileDoc) {}
        while !p.at(SyntaxKind::Eof) {
            let before = p.position();
            item(p);
            if p.position() == before {
                outside_items(p);
            }
        }
    });
}

/// Something at the top level that opens no item: reported once and skipped up to the next item.
fn outside_items(p: &mut Parser) {
    if p.at(SyntaxKind::RBrace) {
        p.report(SyntaxError::new(codes::EXPECTED_ITEM, p.current_range(), "this `}` closes nothing"));
    } else {
        let meant = meant_opener(p.nth_text(0));
        report_no_item(p, meant);
    }
    // INVARIANT: this consumes a token, so the file's loop makes progress.
    p.node(SyntaxKind::Error, |p| {
        p.bump();
        while !p.at_item_start() {
            p.bump_block();
        }
    });
}

/// Says that the current token opens no item, and what was meant by it if that is known.
fn report_no_item(p: &mut Parser, meant: Option<SyntaxKind>) {
    let range = p.current_range();
    let error = SyntaxError::new(codes::EXPECTED_ITEM, range, p.expected_message("an item"));
    p.report(match meant.and_then(SyntaxKind::word) {
        Some(word) => error.with_help(format!("write `{word}`")).with_fix(range, word),
        None => error.with_help(format!("an item opens with a word such as {}", quoted_list(OPENERS))),
    });
}

/// The keyword that a word stands for where an item is expected: a synonym from another language, or a misspelling.
fn meant_opener(word: &str) -> Option<SyntaxKind> {
    if let Some((_, meant)) = SYNONYMS.iter().find(|(synonym, _)| *synonym == word) {
        return SyntaxKind::from_word(meant);
    }
    let kinds = keywords().into_iter().filter_map(|keyword| SyntaxKind::from_word(keyword.text));
    let openers = kinds.filter(|kind| kind.opens_item()).filter_map(SyntaxKind::word);
    SyntaxKind::from_word(&near::nearest(word, openers)?)
}

/// Whether a misspelt word stands here where an item would start.
pub(super) fn at_misspelt_item(p: &Parser) -> bool {
    p.at(SyntaxKind::Ident) && p.at_line_start() && meant_opener(p.nth_text(0)).is_some()
}

/// An item whose first word is misspelt: reported, then read as the item that was meant, so that what it declares is known.
/// Gives nothing, with nothing consumed, if it does not read as that item.
fn misspelt_item(p: &mut Parser) -> Option<SyntaxKind> {
    if !at_misspelt_item(p) {
        return None;
    }
    let meant = meant_opener(p.nth_text(0))?;
    report_no_item(p, Some(meant));
    let before = p.checkpoint();
    p.read_as(meant);
    let kind = item_body(p);
    if p.no_errors_since(&before) && p.at_line_start() {
        return Some(kind);
    }
    p.rewind(&before);
    None
}

/// Doc comments, annotations and one item.
fn item(p: &mut Parser) {
    let marker = p.start();
    names::item_prelude(p);
    if p.at(SyntaxKind::DocComment) || !p.current().opens_item() {
        if let Some(kind) = misspelt_item(p) {
            p.complete(marker, kind);
            return;
        }
        if p.at(SyntaxKind::Eof) {
            p.expected("an item after this");
        }
        p.abandon(&marker);
        return;
    }
    let kind = item_body(p);
    p.complete(marker, kind);
}

/// One item, at the word that opens it.
fn item_body(p: &mut Parser) -> SyntaxKind {
    let keyword = p.current();
    let forbids_flow = keyword == SyntaxKind::ForbidKw && p.nth(1) == SyntaxKind::FlowKw;
    match keyword {
        SyntaxKind::UseKw => use_item(p),
        SyntaxKind::IssuerKw => blocks::issuer(p),
        SyntaxKind::UserKw => user(p),
        SyntaxKind::AgentKw => agent(p),
        SyntaxKind::RoleKw => role(p),
        SyntaxKind::ServerKw => blocks::server(p),
        SyntaxKind::ProfileKw => blocks::profile(p),
        SyntaxKind::TagKw => tag(p),
        SyntaxKind::LabelKw => label(p),
        SyntaxKind::StoresKw => stores(p),
        SyntaxKind::SegmentKw => blocks::segment(p),
        SyntaxKind::FlowKw => flow(p),
        SyntaxKind::ForbidKw if forbids_flow => forbid_flow(p),
        SyntaxKind::ContextKw => context(p),
        SyntaxKind::DataKw => data(p),
        SyntaxKind::SensitiveKw => sensitive(p),
        SyntaxKind::DeclassifyKw => declassify(p),
        SyntaxKind::PredicateKw => predicate(p),
        SyntaxKind::ConstKw => const_(p),
        SyntaxKind::GrantKw => blocks::grant(p),
        SyntaxKind::MonitorKw => blocks::monitor(p),
        SyntaxKind::TestKw => testing::test(p),
        SyntaxKind::AssertKw => testing::assertion(p),
        _ => rules::rule(p),
    }
}

/// `use std.time`, `use a.b as c`, `use a.b.{c, d as e}`
fn use_item(p: &mut Parser) -> SyntaxKind {
    p.bump();
    names::target_path(p, "the path of what is used");
    if names::at_target_tail(p) && p.nth(1) == SyntaxKind::LBrace {
        p.bump();
        p.node(SyntaxKind::UseList, |p| {
            p.bracketed_some(&List::braces("a name"), names::at_segment, use_name);
        });
    } else {
        opt_alias(p);
    }
    SyntaxKind::UseItem
}

/// `c`, `d as e`
fn use_name(p: &mut Parser) {
    p.node(SyntaxKind::UseName, |p| {
        p.node(SyntaxKind::Name, names::segment);
        opt_alias(p);
    });
}

/// `as name`
fn opt_alias(p: &mut Parser) {
    if p.at(SyntaxKind::AsKw) {
        p.node(SyntaxKind::UseAlias, |p| {
            p.bump();
            names::name(p, "a name after `as`");
        });
    }
}

/// `user employee from corp where claims.sub like "user:*"`
fn user(p: &mut Parser) -> SyntaxKind {
    p.bump();
    identity(p, "the name of this kind of user");
    SyntaxKind::User
}

/// `agent copilot from corp where ... acts for employee`
fn agent(p: &mut Parser) -> SyntaxKind {
    p.bump();
    identity(p, "the name of this kind of agent");
    if p.at(SyntaxKind::ActsKw) {
        p.node(SyntaxKind::ActsFor, |p| {
            p.bump();
            p.expect(SyntaxKind::ForKw, "`for`");
            names::path(p, "whom the agent acts for");
            while p.eat(SyntaxKind::Comma) {
                names::path(p, "whom the agent acts for");
            }
        });
    }
    SyntaxKind::Agent
}

/// `NAME from ISSUER where condition`
fn identity(p: &mut Parser, what: &str) {
    names::name(p, what);
    p.expect(SyntaxKind::FromKw, "`from`");
    names::path(p, "an issuer, `mtls` or `local`");
    rules::opt_clause(p, SyntaxKind::WhereKw);
}

/// `role analyst of employee where ...`, `role reader = analyst | sre`
fn role(p: &mut Parser) -> SyntaxKind {
    p.bump();
    names::name(p, "the name of the role");
    match p.current() {
        SyntaxKind::OfKw => {
            p.node(SyntaxKind::RoleBase, |p| {
                p.bump();
                names::path(p, "the role or user that this narrows");
            });
            rules::opt_clause(p, SyntaxKind::WhereKw);
        }
        SyntaxKind::Assign => {
            p.node(SyntaxKind::RoleUnion, |p| {
                p.bump();
                names::path(p, "a role");
                while p.eat(SyntaxKind::Pipe) {
                    names::path(p, "a role");
                }
            });
        }
        _ => p.expected_with_help("`of` or `=`", "`role R of X where ...` narrows X; `role R = A | B` joins roles"),
    }
    SyntaxKind::Role
}

/// `tag destructive = fs.{write_file, edit_file}, payments.refund`
fn tag(p: &mut Parser) -> SyntaxKind {
    p.bump();
    names::name(p, "the name of the tag");
    p.expect(SyntaxKind::Assign, "`=`");
    targets::targets(p);
    SyntaxKind::Tag
}

/// `label untrusted from web.fetch, mail.read: result.messages[*].body`
fn label(p: &mut Parser) -> SyntaxKind {
    p.bump();
    names::name(p, "the name of the label");
    if p.eat(SyntaxKind::FromKw) {
        label_source(p);
        while p.eat(SyntaxKind::Comma) {
            label_source(p);
        }
    }
    SyntaxKind::Label
}

/// `mail.read: result.messages[*].body`
fn label_source(p: &mut Parser) {
    p.node(SyntaxKind::LabelSource, |p| {
        targets::target(p);
        if p.eat(SyntaxKind::Colon) {
            names::field_path(p, "a place in the result, such as `result.body`");
        }
    });
}

/// `stores untrusted in fs.write_file by args.path`
fn stores(p: &mut Parser) -> SyntaxKind {
    p.bump();
    names::path(p, "the name of a label");
    p.expect(SyntaxKind::InKw, "`in`");
    targets::targets(p);
    p.expect(SyntaxKind::ByKw, "`by`");
    names::field_path(p, "the parameter that says where, such as `args.path`");
    SyntaxKind::Stores
}

/// `flow dev -> pci only payments.get_invoice`
fn flow(p: &mut Parser) -> SyntaxKind {
    p.bump();
    flow_ends(p);
    if p.eat(SyntaxKind::OnlyKw) {
        targets::targets(p);
    }
    SyntaxKind::Flow
}

/// `forbid flow dev -> pci`
fn forbid_flow(p: &mut Parser) -> SyntaxKind {
    p.bump();
    p.bump();
    flow_ends(p);
    SyntaxKind::ForbidFlow
}

fn flow_ends(p: &mut Parser) {
    names::path(p, "the name of a segment");
    p.expect(SyntaxKind::Arrow, "`->`");
    names::path(p, "the name of a segment");
}

/// `context { geo: string?  device: { managed: bool } }`
fn context(p: &mut Parser) -> SyntaxKind {
    p.bump();
    types::fields(p);
    SyntaxKind::Context
}

/// `data known_payees: set<string> from "data/known_payees.json"`
fn data(p: &mut Parser) -> SyntaxKind {
    p.bump();
    names::name(p, "the name of the data");
    p.expect(SyntaxKind::Colon, "`:` and the type");
    types::type_(p);
    p.expect(SyntaxKind::FromKw, "`from`");
    p.expect(SyntaxKind::String, "the path of a file, in quotes");
    SyntaxKind::Data
}

/// `sensitive users.update_password: args.password`
fn sensitive(p: &mut Parser) -> SyntaxKind {
    p.bump();
    targets::targets(p);
    p.expect(SyntaxKind::Colon, "`:` and the parameter");
    let what = "what is sensitive, such as `args.password`";
    names::field_path(p, what);
    while p.eat(SyntaxKind::Comma) {
        names::field_path(p, what);
    }
    SyntaxKind::Sensitive
}

/// `declassify untrusted in review.approve`, `declassify untrusted from web.fetch by args.url`
fn declassify(p: &mut Parser) -> SyntaxKind {
    p.bump();
    names::path(p, "the name of a label");
    match p.current() {
        SyntaxKind::InKw => {
            p.node(SyntaxKind::DeclassifyIn, |p| {
                p.bump();
                targets::targets(p);
            });
        }
        SyntaxKind::FromKw => {
            p.node(SyntaxKind::DeclassifyFrom, |p| {
                p.bump();
                targets::targets(p);
                if p.eat(SyntaxKind::ByKw) {
                    names::field_path(p, "a parameter, such as `args.url`");
                }
            });
        }
        _ => p.expected("`in` or `from`"),
    }
    SyntaxKind::Declassify
}

/// `predicate in_office(t: instant) = ...`
fn predicate(p: &mut Parser) -> SyntaxKind {
    p.bump();
    names::name(p, "the name of the predicate");
    p.bracketed(&List::parens("a parameter such as `t: instant`"), |p| p.current().is_word(), parameter);
    p.expect(SyntaxKind::Assign, "`=`");
    expressions::expression(p);
    SyntaxKind::Predicate
}

/// `t: instant`
fn parameter(p: &mut Parser) {
    p.node(SyntaxKind::Param, |p| {
        names::name(p, "the name of a parameter");
        p.expect(SyntaxKind::Colon, "`:` and the type");
        types::type_(p);
    });
}

/// `const LIMIT: int = 100`
fn const_(p: &mut Parser) -> SyntaxKind {
    p.bump();
    names::name(p, "the name of the constant");
    if p.eat(SyntaxKind::Colon) {
        types::type_(p);
    }
    p.expect(SyntaxKind::Assign, "`=`");
    expressions::expression(p);
    SyntaxKind::Const
}

/// A subject for whoever needs one after a keyword.
pub(super) fn subject_after(p: &mut Parser, keyword: SyntaxKind, text: &str) {
    p.expect(keyword, text);
    subjects::subject(p);
}
