//! Items whose body is a block of entries: `issuer`, `server`, `profile`, `segment`, `grant`, `monitor`.

use super::core::{Parser, quoted_list};
use super::{expressions, names, rules, subjects, types};
use crate::error::{SyntaxError, codes};
use crate::token::SyntaxKind;

/// One kind of entry: the word that opens it, its node, and what reads the rest.
pub(super) struct Entry {
    pub(super) word: &'static str,
    pub(super) kind: SyntaxKind,
    pub(super) body: fn(&mut Parser),
}

/// `{ entry* }`: the list context of every block. `opener` is the word before the block, for messages.
pub(super) fn entries(p: &mut Parser, opener: &str, table: &[Entry]) {
    let open_range = p.current_range();
    if !p.expect(SyntaxKind::LBrace, "`{`") {
        return;
    }
    while !p.at_any(&[SyntaxKind::RBrace, SyntaxKind::Eof]) {
        if let Some(entry) = table.iter().find(|entry| p.at_word(entry.word)) {
            p.node(entry.kind, |p| {
                p.bump_keyword();
                (entry.body)(p);
            });
        } else if p.at_item_start() {
            break;
        } else {
            unknown_entry(p, opener, table);
        }
    }
    p.close(SyntaxKind::RBrace, "`}`", open_range);
}

fn unknown_entry(p: &mut Parser, opener: &str, table: &[Entry]) {
    let words: Vec<&str> = table.iter().map(|entry| entry.word).collect();
    let message = format!("{} is nothing that `{opener}` has", p.found());
    let error = SyntaxError::new(codes::UNKNOWN_ENTRY, p.current_range(), message);
    p.report(error.with_help(format!("it can have {}", quoted_list(&words))));
    let resumes = |p: &Parser| {
        p.at(SyntaxKind::RBrace)
            || p.at_item_start()
            || (p.at_line_start() && table.iter().any(|entry| p.at_word(entry.word)))
    };
    if p.nth(1) == SyntaxKind::LBrace {
        skip_block(p);
    } else {
        // INVARIANT: this consumes a token, so the block's loop makes progress.
        p.node(SyntaxKind::Error, |p| {
            p.bump();
            while !resumes(p) && !p.at(SyntaxKind::Eof) {
                p.bump();
            }
        });
    }
}

/// An unknown entry with a block of its own: skipped with it.
fn skip_block(p: &mut Parser) {
    p.node(SyntaxKind::Error, |p| {
        let mut open = 0_usize;
        while !p.at(SyntaxKind::Eof) {
            match p.current() {
                SyntaxKind::LBrace => open += 1,
                SyntaxKind::RBrace => open = open.saturating_sub(1),
                _ => {}
            }
            let closed = open == 0 && p.at(SyntaxKind::RBrace);
            p.bump();
            if closed {
                break;
            }
        }
    });
}

/// `issuer corp { url "..." audience "..." lifetime 15m bound mtls | dpop claims { ... } }`
pub(super) fn issuer(p: &mut Parser) -> SyntaxKind {
    const ENTRIES: &[Entry] = &[
        Entry { word: "url", kind: SyntaxKind::UrlEntry, body: one_string },
        Entry { word: "audience", kind: SyntaxKind::AudienceEntry, body: strings },
        Entry { word: "keys", kind: SyntaxKind::KeysEntry, body: one_string },
        Entry { word: "lifetime", kind: SyntaxKind::LifetimeEntry, body: quantity },
        Entry { word: "bound", kind: SyntaxKind::BoundEntry, body: bindings },
        Entry { word: "claims", kind: SyntaxKind::ClaimsEntry, body: types::fields },
    ];
    p.bump();
    names::name(p, "the name of the issuer");
    entries(p, "issuer", ENTRIES);
    SyntaxKind::Issuer
}

/// `server payments like profiles.stripe { endpoint "..." catalog "..." segment pci }`
pub(super) fn server(p: &mut Parser) -> SyntaxKind {
    const ENTRIES: &[Entry] = &[
        Entry { word: "endpoint", kind: SyntaxKind::EndpointEntry, body: one_string },
        Entry { word: "command", kind: SyntaxKind::CommandEntry, body: expressions::expression },
        Entry { word: "identity", kind: SyntaxKind::IdentityEntry, body: identity },
        Entry { word: "catalog", kind: SyntaxKind::CatalogEntry, body: one_string },
        Entry { word: "overlay", kind: SyntaxKind::OverlayEntry, body: overlay },
        Entry { word: "segment", kind: SyntaxKind::SegmentEntry, body: segment_name },
        Entry { word: "egress", kind: SyntaxKind::EgressEntry, body: strings },
        Entry { word: "extra", kind: SyntaxKind::ExtraEntry, body: extra },
        Entry { word: "unwraps", kind: SyntaxKind::UnwrapsEntry, body: unwraps },
    ];
    p.bump();
    names::name(p, "the name of the server");
    if p.at(SyntaxKind::LikeKw) {
        p.node(SyntaxKind::ServerLike, |p| {
            p.bump();
            names::path(p, "the name of a profile");
        });
    }
    entries(p, "server", ENTRIES);
    SyntaxKind::Server
}

/// `profile reference { catalog "..." overlay { ... } }`: the shape of a well-known server
pub(super) fn profile(p: &mut Parser) -> SyntaxKind {
    const ENTRIES: &[Entry] = &[
        Entry { word: "catalog", kind: SyntaxKind::CatalogEntry, body: one_string },
        Entry { word: "overlay", kind: SyntaxKind::OverlayEntry, body: overlay },
        Entry { word: "extra", kind: SyntaxKind::ExtraEntry, body: extra },
        Entry { word: "unwraps", kind: SyntaxKind::UnwrapsEntry, body: unwraps },
    ];
    p.bump();
    names::name(p, "the name of the profile");
    entries(p, "profile", ENTRIES);
    SyntaxKind::Profile
}

/// `segment pci { networks "10.20.0.0/16" }`
pub(super) fn segment(p: &mut Parser) -> SyntaxKind {
    const ENTRIES: &[Entry] = &[Entry { word: "networks", kind: SyntaxKind::NetworksEntry, body: strings }];
    p.bump();
    names::name(p, "the name of the segment");
    entries(p, "segment", ENTRIES);
    SyntaxKind::Segment
}

/// `"text"`
fn one_string(p: &mut Parser) {
    p.expect(SyntaxKind::String, "a string in quotes");
}

/// `"a", "b"`
fn strings(p: &mut Parser) {
    one_string(p);
    while p.eat(SyntaxKind::Comma) {
        one_string(p);
    }
}

/// `15m`
fn quantity(p: &mut Parser) {
    expressions::operand(p);
}

/// `mtls | dpop`
fn bindings(p: &mut Parser) {
    const WAYS: &[&str] = &["mtls", "dpop"];
    p.expect_choice(WAYS, "how tokens are bound to their sender");
    while p.eat(SyntaxKind::Pipe) {
        p.expect_choice(WAYS, "how tokens are bound to their sender");
    }
}

/// `spiffe "spiffe://acme.example/ns/pay"`
fn identity(p: &mut Parser) {
    if p.at(SyntaxKind::Ident) {
        p.bump();
    } else {
        p.expected("a kind of identity, such as `spiffe`");
    }
    one_string(p);
}

/// `pci`
fn segment_name(p: &mut Parser) {
    names::path(p, "the name of a segment");
}

/// `refuse`, `ignore`
fn extra(p: &mut Parser) {
    p.expect_choice(&["refuse", "ignore"], "what to do with parameters outside the schema");
}

/// `call_tool to args.server, args.name, args.arguments`
fn unwraps(p: &mut Parser) {
    if names::at_segment(p) {
        p.node(SyntaxKind::Name, names::segment);
    } else {
        p.expected("the name of the tool that calls others");
    }
    p.expect(SyntaxKind::ToKw, "`to`");
    names::field_path(p, "the parameter that names the server");
    p.expect(SyntaxKind::Comma, "`,` and the parameter that names the tool");
    names::field_path(p, "the parameter that names the tool");
    p.expect(SyntaxKind::Comma, "`,` and the parameter that holds the arguments");
    names::field_path(p, "the parameter that holds the arguments");
}

/// `{ *.path, move_file.source: path  read_files.paths: list<path> }`
fn overlay(p: &mut Parser) {
    let open_range = p.current_range();
    p.expect(SyntaxKind::LBrace, "`{`");
    while !p.at_any(&[SyntaxKind::RBrace, SyntaxKind::Eof]) {
        if at_overlay_pattern(p) {
            p.node(SyntaxKind::OverlayRule, overlay_rule);
        } else if p.at_item_start() {
            break;
        } else {
            let resumes = |p: &Parser| at_overlay_pattern(p) || p.at(SyntaxKind::RBrace) || p.at_item_start();
            p.skip_until("a parameter such as `tool.parameter: path`", resumes);
        }
    }
    p.close(SyntaxKind::RBrace, "`}`", open_range);
}

fn at_overlay_pattern(p: &Parser) -> bool {
    (p.at(SyntaxKind::Star) || names::at_segment(p)) && p.nth(1) == SyntaxKind::Dot
}

/// `*.path, move_file.source: path`
fn overlay_rule(p: &mut Parser) {
    overlay_pattern(p);
    while p.eat(SyntaxKind::Comma) {
        overlay_pattern(p);
    }
    p.expect(SyntaxKind::Colon, "`:` and the type");
    types::type_(p);
}

/// `*.path`, `edit_file.edits[*].path`
fn overlay_pattern(p: &mut Parser) {
    if !at_overlay_pattern(p) {
        p.expected("a parameter such as `tool.parameter`");
        return;
    }
    p.node(SyntaxKind::OverlayPattern, |p| {
        if p.at(SyntaxKind::Star) {
            p.node(SyntaxKind::OverlayAnyTool, Parser::bump);
        } else {
            names::segment(p);
        }
        names::field_path_tail(p);
    });
}

/// `grant prod_write to sre for at most 1h approved by on_call { permit to call ... }`
pub(super) fn grant(p: &mut Parser) -> SyntaxKind {
    p.bump();
    names::name(p, "the name of the grant");
    p.expect(SyntaxKind::ToKw, "`to` and a subject");
    subjects::subject(p);
    p.node(SyntaxKind::GrantFor, |p| {
        p.expect(SyntaxKind::ForKw, "`for at most` and a duration");
        p.expect(SyntaxKind::AtKw, "`at most` and a duration");
        p.expect_word("most");
        expressions::operand(p);
    });
    if p.eat_word("approved") {
        rules::approvers(p);
    }
    grant_body(p);
    SyntaxKind::Grant
}

/// `{ permit to call fs.write_file where ... }`
fn grant_body(p: &mut Parser) {
    let open_range = p.current_range();
    if !p.expect(SyntaxKind::LBrace, "`{`") {
        return;
    }
    while !p.at_any(&[SyntaxKind::RBrace, SyntaxKind::Eof]) {
        let marker = p.start();
        let before = p.position();
        names::item_prelude(p);
        if p.at(SyntaxKind::PermitKw) && p.nth(1) == SyntaxKind::ToKw {
            p.bump();
            rules::scope(p);
            rules::clauses(p);
            p.complete(marker, SyntaxKind::GrantPermit);
            continue;
        }
        p.abandon(&marker);
        if p.at_item_start() && !p.closes_before_next_item() {
            break;
        }
        let message = p.expected_message("`permit to ...`");
        let error = SyntaxError::new(codes::EXPECTED, p.current_range(), message);
        p.report(error.with_help("a grant only permits; other rules stand outside it"));
        // INVARIANT: this consumes a token, so the loop over permits makes progress.
        p.node(SyntaxKind::Error, |p| {
            p.bump();
            while !p.at(SyntaxKind::RBrace) && !p.at_item_start() {
                p.bump();
            }
        });
        if p.position() == before {
            break;
        }
    }
    p.close(SyntaxKind::RBrace, "`}`", open_range);
}

/// `monitor burst { when count(...) > 20 then alert high, isolate agent for 15m }`
pub(super) fn monitor(p: &mut Parser) -> SyntaxKind {
    p.bump();
    names::name(p, "the name of the monitor");
    let open_range = p.current_range();
    p.expect(SyntaxKind::LBrace, "`{`");
    if p.at(SyntaxKind::WhenKw) {
        rules::opt_clause(p, SyntaxKind::WhenKw);
    } else {
        p.expected("`when` and what it watches for");
    }
    p.expect(SyntaxKind::ThenKw, "`then` and what to do");
    response(p);
    while p.eat(SyntaxKind::Comma) {
        response(p);
    }
    p.close(SyntaxKind::RBrace, "`}`", open_range);
    SyntaxKind::Monitor
}

/// `alert critical`, `quarantine session for 1h`, `isolate agent for 15m`
fn response(p: &mut Parser) {
    const ISOLATED: &[&str] = &["agent", "server", "tool", "caller", "user"];
    match p.nth_text(0) {
        "alert" => {
            p.node(SyntaxKind::Alert, |p| {
                p.bump_keyword();
                p.expect_choice(&["low", "medium", "high", "critical"], "how severe it is");
            });
        }
        "quarantine" => {
            p.node(SyntaxKind::Quarantine, |p| {
                p.bump_keyword();
                p.expect_choice(&["session"], "`session`");
                opt_for_duration(p);
            });
        }
        "isolate" => {
            p.node(SyntaxKind::Isolate, |p| {
                p.bump_keyword();
                p.expect_choice(ISOLATED, "what to isolate");
                opt_for_duration(p);
            });
        }
        _ => p.expected("`alert`, `quarantine session` or `isolate`"),
    }
}

/// `for 15m`
fn opt_for_duration(p: &mut Parser) {
    if p.eat(SyntaxKind::ForKw) {
        expressions::operand(p);
    }
}
