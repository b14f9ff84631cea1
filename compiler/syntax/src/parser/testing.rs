//! `test` blocks and `assert` items.

use super::core::{Completed, Parser, quoted_list};
use super::{expressions, names, primaries, rules, subjects, targets};
use crate::error::{SyntaxError, codes};
use crate::token::SyntaxKind;

/// Words that open a line of a test.
const LINES: &[&str] = &[
    "as",
    "at",
    "given",
    "call",
    "read",
    "subscribe",
    "get",
    "complete",
    "sample",
    "elicit",
    "roots",
    "list",
    "expect",
];

/// `test "name" { as ... at ... given ... call ... expect ... }`
pub(super) fn test(p: &mut Parser) -> SyntaxKind {
    p.bump();
    p.expect(SyntaxKind::String, "the name of the test, in quotes");
    let open_range = p.current_range();
    if !p.expect(SyntaxKind::LBrace, "`{`") {
        return SyntaxKind::Test;
    }
    while !p.at_any(&[SyntaxKind::RBrace, SyntaxKind::Eof]) {
        if p.at_any_word(LINES) {
            line(p);
        } else if p.at_item_start() {
            break;
        } else {
            unknown_line(p);
        }
    }
    p.close(SyntaxKind::RBrace, "`}`", open_range);
    SyntaxKind::Test
}

fn unknown_line(p: &mut Parser) {
    let message = format!("{} opens no line of a test", p.found());
    let error = SyntaxError::new(codes::UNKNOWN_ENTRY, p.current_range(), message);
    p.report(error.with_help(format!("a line opens with {}", quoted_list(LINES))));
    // INVARIANT: this consumes a token, so the loop over lines makes progress.
    p.node(SyntaxKind::Error, |p| {
        p.bump();
        while !p.at_any(&[SyntaxKind::RBrace, SyntaxKind::Eof]) && !p.at_item_start() {
            if p.at_line_start() && p.at_any_word(LINES) {
                break;
            }
            p.bump();
        }
    });
}

/// One line of a test; the current word opens it.
fn line(p: &mut Parser) {
    match p.current() {
        SyntaxKind::AsKw => {
            p.node(SyntaxKind::AsLine, as_line);
        }
        SyntaxKind::AtKw => {
            p.node(SyntaxKind::AtLine, |p| {
                p.bump();
                p.expect(SyntaxKind::Instant, "an instant such as `2026-03-02T10:00:00Z`");
            });
        }
        SyntaxKind::GivenKw => given(p),
        SyntaxKind::ExpectKw => expect(p),
        _ => {
            p.node(SyntaxKind::ActLine, act);
        }
    }
}

/// `as anonymous`, `as copilot { claims.sub: "agent:copilot:1" } acting for analyst { ... }`
fn as_line(p: &mut Parser) {
    p.bump();
    if p.at(SyntaxKind::AnonymousKw) {
        p.node(SyntaxKind::SubjectAnonymous, Parser::bump);
        return;
    }
    subject_instance(p);
    if p.eat(SyntaxKind::ActingKw) {
        p.expect(SyntaxKind::ForKw, "`for`");
        subject_instance(p);
    }
}

/// `analyst { claims.customers: ["c1"] }`
fn subject_instance(p: &mut Parser) {
    if !names::at_path(p) {
        p.expected("a role or identity, or `anonymous`");
        return;
    }
    p.node(SyntaxKind::SubjectInstance, |p| {
        names::path(p, "a role or identity");
        opt_record(p);
    });
}

fn opt_record(p: &mut Parser) {
    if p.at(SyntaxKind::LBrace) {
        primaries::record(p);
    }
}

/// `call payments.refund { amount: 10 }`, `read docs "file:///a"`, `roots editor`, `list payments.refund`
fn act(p: &mut Parser) {
    let action = p.current();
    p.bump_ident();
    let what = match action {
        SyntaxKind::SampleKw
        | SyntaxKind::ElicitKw
        | SyntaxKind::RootsKw
        | SyntaxKind::ReadKw
        | SyntaxKind::SubscribeKw => "the name of a server",
        SyntaxKind::GetKw | SyntaxKind::CompleteKw => "a prompt such as `server.prompt`",
        _ => "a tool such as `server.tool`",
    };
    names::path(p, what);
    match action {
        SyntaxKind::ReadKw | SyntaxKind::SubscribeKw => {
            p.expect(SyntaxKind::String, "the URI of a resource, in quotes");
        }
        SyntaxKind::RootsKw | SyntaxKind::ListKw => {}
        _ => opt_record(p),
    }
}

/// What the state is before the call: `given session holds untrusted`, `given mfa 2m`, `given approval by sre`, ...
fn given(p: &mut Parser) {
    let marker = p.start();
    p.bump();
    let kind = match p.nth_text(0) {
        "error" => {
            p.bump_keyword();
            failing_history(p);
            SyntaxKind::GivenError
        }
        "approval" => {
            p.bump_keyword();
            rules::approvers(p);
            SyntaxKind::GivenApproval
        }
        "mfa" => {
            p.bump_keyword();
            expressions::operand(p);
            SyntaxKind::GivenMfa
        }
        "grant" => {
            p.bump_keyword();
            names::path(p, "the name of a grant");
            SyntaxKind::GivenGrant
        }
        "context" => {
            p.bump_keyword();
            if p.at(SyntaxKind::LBrace) {
                primaries::record(p);
            } else {
                p.expected("a record such as `{ geo: \"DE\" }`");
            }
            SyntaxKind::GivenContext
        }
        "network" => {
            p.bump_keyword();
            p.expect(SyntaxKind::String, "an address in quotes");
            SyntaxKind::GivenNetwork
        }
        "data" => {
            p.bump_keyword();
            names::path(p, "the name of data");
            expressions::expression(p);
            SyntaxKind::GivenData
        }
        _ => given_state(p),
    };
    p.complete(marker, kind);
}

/// The forms of `given` that speak of isolation, limits, scopes and history.
fn given_state(p: &mut Parser) -> SyntaxKind {
    match p.nth_text(0) {
        "isolated" => {
            p.bump_keyword();
            p.expect_choice(&["agent", "server", "tool", "user"], "what is isolated");
            names::path(p, "the name of what is isolated");
            SyntaxKind::GivenIsolated
        }
        "quarantined" => {
            p.bump_keyword();
            targets::target(p);
            SyntaxKind::GivenQuarantined
        }
        "limit" => {
            p.bump_keyword();
            names::rule_ref(p);
            p.expect_word("exhausted");
            SyntaxKind::GivenLimit
        }
        "scope" => {
            p.bump_keyword();
            p.expect(SyntaxKind::String, "the name of a scope, in quotes");
            SyntaxKind::GivenScope
        }
        _ if primaries::at_history(p) => {
            primaries::history(p);
            p.expect(SyntaxKind::Assign, "`=` and its value");
            expressions::expression(p);
            SyntaxKind::GivenHistory
        }
        _ => {
            past(p);
            SyntaxKind::GivenState
        }
    }
}

/// What a state store fails to tell: `count(calls to fs.*, by: user, within: 1h)`, `session holds untrusted`
fn failing_history(p: &mut Parser) {
    if primaries::at_history(p) {
        primaries::history(p);
    } else {
        past(p);
    }
}

/// `session holds L`, `args.x carries L`, `args.x seen in S`
fn past(p: &mut Parser) {
    if p.at(SyntaxKind::SessionKw) && p.nth(1) == SyntaxKind::HoldsKw {
        primaries::session_holds(p);
        return;
    }
    let Some(left): Option<Completed> = names::path(p, "what is given, such as `session holds untrusted` or `mfa 2m`")
    else {
        return;
    };
    match p.current() {
        SyntaxKind::CarriesKw => {
            let marker = p.wrap(left);
            p.bump();
            names::path(p, "the name of a label");
            p.complete(marker, SyntaxKind::CarriesExpr);
        }
        SyntaxKind::SeenKw => {
            let marker = p.wrap(left);
            p.bump();
            p.expect(SyntaxKind::InKw, "`in`");
            names::path(p, "the name of data");
            p.complete(marker, SyntaxKind::SeenExpr);
        }
        _ => p.expected("`carries` or `seen in`"),
    }
}

/// What the decision must be: `expect allow by PAY-1`, `expect deny hide`, `expect challenge approval`, ...
fn expect(p: &mut Parser) {
    let marker = p.start();
    p.bump();
    let word = p.nth_text(0);
    if !matches!(word, "allow" | "deny" | "challenge" | "listed" | "hidden" | "redact" | "label" | "audit") {
        p.expected_with_help(
            "an outcome",
            "one of `allow`, `deny`, `challenge`, `listed`, `hidden`, `redact`, `label` or `audit`",
        );
        p.complete(marker, SyntaxKind::Error);
        return;
    }
    p.bump_keyword();
    let kind = match word {
        "allow" => {
            opt_by_rule(p);
            SyntaxKind::ExpectAllow
        }
        "deny" => {
            opt_by_rule(p);
            if p.at_any_word(&["explain", "hide", "step_up"]) {
                p.bump_ident();
            }
            SyntaxKind::ExpectDeny
        }
        "challenge" => {
            challenges(p);
            opt_by_rule(p);
            SyntaxKind::ExpectChallenge
        }
        "listed" => SyntaxKind::ExpectListed,
        "hidden" => SyntaxKind::ExpectHidden,
        "redact" => {
            names::field_path(p, "a place in the result, such as `result.ssn`");
            SyntaxKind::ExpectRedact
        }
        "label" => {
            names::path(p, "the name of a label");
            SyntaxKind::ExpectLabel
        }
        _ => {
            rules::audit_level(p);
            SyntaxKind::ExpectAudit
        }
    };
    p.complete(marker, kind);
}

/// `by PAY-1`
fn opt_by_rule(p: &mut Parser) {
    if p.eat(SyntaxKind::ByKw) {
        names::rule_ref(p);
    }
}

/// `approval, mfa`, `grant prod_write`, or nothing
fn challenges(p: &mut Parser) {
    const KINDS: &[&str] = &["approval", "mfa", "scope", "grant"];
    if !p.at_any_word(KINDS) {
        return;
    }
    loop {
        p.node(SyntaxKind::ChallengeKind, |p| {
            let names_grant = p.at(SyntaxKind::GrantKw);
            p.expect_choice(KINDS, "what is asked for");
            if names_grant {
                names::path(p, "the name of a grant");
            }
        });
        if !p.eat(SyntaxKind::Comma) {
            break;
        }
    }
}

/// `assert "text": never allow anyone to call payments.refund where ... without approval by sre`
pub(super) fn assertion(p: &mut Parser) -> SyntaxKind {
    p.bump();
    p.expect(SyntaxKind::String, "what is asserted, in quotes");
    p.expect(SyntaxKind::Colon, "`:`");
    p.node(SyntaxKind::AssertMode, |p| {
        p.expect_choice(&["never", "always"], "`never allow` or `always allow`");
        p.expect_word("allow");
    });
    subject_and_scope(p);
    while p.at(SyntaxKind::WithoutKw) {
        without(p);
    }
    SyntaxKind::Assert
}

/// A subject, a scope and clauses.
fn subject_and_scope(p: &mut Parser) {
    subjects::subject(p);
    rules::scope(p);
    rules::clauses(p);
}

/// `without approval by sre`, `without mfa`
fn without(p: &mut Parser) {
    let marker = p.start();
    p.bump();
    if p.eat_word("approval") {
        rules::approvers(p);
        p.complete(marker, SyntaxKind::WithoutApproval);
    } else {
        p.expect_word("mfa");
        p.complete(marker, SyntaxKind::WithoutMfa);
    }
}
