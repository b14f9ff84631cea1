//! Rules: `permit`, `forbid`, `require`, `limit`, `redact`, `audit`, and the parts they share.

use super::core::{List, Parser};
use super::{expressions, items, names, primaries, subjects, targets};
use crate::error::{SyntaxError, codes};
use crate::near;
use crate::token::SyntaxKind;

/// Actions that a server asks of a client: they name no target.
const CLIENT_ACTIONS: &[&str] = &["sample", "elicit", "roots"];

/// All actions.
const ACTIONS: &[&str] = &["call", "read", "subscribe", "get", "complete", "sample", "elicit", "roots", "use"];

/// The words that open a clause.
const CLAUSES: &[&str] = &["where", "when", "unless"];

/// One rule; the current word opens it.
pub(super) fn rule(p: &mut Parser) -> SyntaxKind {
    match p.current() {
        SyntaxKind::PermitKw => subject_rule(p, SyntaxKind::PermitRule),
        SyntaxKind::ForbidKw => subject_rule(p, SyntaxKind::ForbidRule),
        SyntaxKind::RequireKw => require(p),
        SyntaxKind::LimitKw => limit(p),
        SyntaxKind::RedactKw => redact(p),
        _ => audit(p),
    }
}

/// `permit analyst to call payments.get_invoice for X where ...`; `forbid` the same
fn subject_rule(p: &mut Parser, kind: SyntaxKind) -> SyntaxKind {
    p.bump();
    subjects::subject(p);
    scope(p);
    clauses(p);
    kind
}

/// `to call payments.refund`, `to sample for analyst`
pub(super) fn scope(p: &mut Parser) {
    p.expect(SyntaxKind::ToKw, "`to` and an action");
    let names_no_target = actions(p);
    if !names_no_target {
        targets::targets(p);
    }
    opt_for_subject(p);
}

/// `call`, `[call, read]`. Whether all of them are asked of the client and so name no target.
fn actions(p: &mut Parser) -> bool {
    let mut all = 0_usize;
    let mut of_the_client = 0_usize;
    p.node(SyntaxKind::Actions, |p| {
        if p.at(SyntaxKind::LBracket) {
            let element = |p: &mut Parser| {
                all += 1;
                of_the_client += usize::from(action(p));
            };
            p.bracketed_some(&List::brackets("an action"), |p| p.current().is_word(), element);
        } else {
            all = 1;
            of_the_client = usize::from(action(p));
        }
    });
    all > 0 && all == of_the_client
}

/// One action. Whether it is asked of the client.
fn action(p: &mut Parser) -> bool {
    let client_action = p.at_any_word(CLIENT_ACTIONS);
    if p.at_any_word(ACTIONS) {
        p.bump_ident();
    } else if !p.at_item_start() && p.current().is_word() && targets::at_target(p) && p.nth(1) != SyntaxKind::Dot {
        unknown_action(p);
        p.node(SyntaxKind::Error, Parser::bump_ident);
    } else {
        p.expected_with_help("an action", "such as `call`, `read`, `[call, read]` or `use`, which stands for all");
    }
    client_action
}

/// Reports an action that is misspelt, or of another language, such as `invoke`.
fn unknown_action(p: &mut Parser) {
    let Some(near) = near::nearest(p.nth_text(0), ACTIONS) else {
        let help = "the actions are call, read, subscribe, get, complete, sample, elicit, roots and use";
        return p.expected_with_help("an action", help);
    };
    let (range, message) = (p.current_range(), p.expected_message("an action"));
    let error = SyntaxError::new(codes::EXPECTED, range, message);
    p.report(error.with_help(format!("did you mean `{near}`?")).with_fix(range, near));
}

/// `for analyst`
fn opt_for_subject(p: &mut Parser) {
    if p.at(SyntaxKind::ForKw) {
        p.node(SyntaxKind::ForSubject, |p| items::subject_after(p, SyntaxKind::ForKw, "`for`"));
    }
}

/// `where ...`, `when ...`, `unless ...`, in any order
pub(super) fn clauses(p: &mut Parser) {
    loop {
        match p.current() {
            kind @ (SyntaxKind::WhereKw | SyntaxKind::WhenKw | SyntaxKind::UnlessKw) => opt_clause(p, kind),
            SyntaxKind::Ident | SyntaxKind::IfKw if misspelt_clause(p) => {}
            _ if clause_is_due(p) => {
                let resumes = |p: &Parser| at_clause(p) || p.at_item_start() || p.at(SyntaxKind::RBrace);
                p.skip_until("`where`, `when`, `unless` or the next item", resumes);
            }
            _ => break,
        }
    }
}

/// A word that is nearly `where`, `when` or `unless`, or the `if` of other languages: reported, and read as what was meant.
fn misspelt_clause(p: &mut Parser) -> bool {
    let meant = if p.at(SyntaxKind::IfKw) { Some("where".to_owned()) } else { near::nearest(p.nth_text(0), CLAUSES) };
    let Some((kind, word)) = meant.as_deref().and_then(|word| Some((SyntaxKind::from_word(word)?, word))) else {
        return false;
    };
    let (range, message) = (p.current_range(), p.expected_message("`where`, `when`, `unless` or the next item"));
    let error = SyntaxError::new(codes::EXPECTED, range, message);
    p.report(error.with_help(format!("write `{word}`")).with_fix(range, word));
    p.read_as(kind);
    true
}

fn at_clause(p: &Parser) -> bool {
    p.at_any(&[SyntaxKind::WhereKw, SyntaxKind::WhenKw, SyntaxKind::UnlessKw])
}

/// Whether what stands here is neither a clause nor the end of a rule, but a clause follows before the next item: then the stray
/// text is skipped, so that the clause is not lost.
fn clause_is_due(p: &Parser) -> bool {
    if items::at_misspelt_item(p)
        || p.at_item_start()
        || p.current().opens_item()
        || p.at_any(&[SyntaxKind::RBrace, SyntaxKind::WithoutKw])
    {
        return false;
    }
    let mut ahead = 0;
    while ahead < 32 {
        match p.nth(ahead) {
            SyntaxKind::WhereKw | SyntaxKind::WhenKw | SyntaxKind::UnlessKw => return true,
            kind if kind == SyntaxKind::Eof
                || kind.opens_item()
                || kind == SyntaxKind::RBrace
                || kind == SyntaxKind::At =>
            {
                return false;
            }
            _ => ahead += 1,
        }
    }
    false
}

/// `where condition`, if it stands here
pub(super) fn opt_clause(p: &mut Parser, keyword: SyntaxKind) {
    if !p.at(keyword) {
        return;
    }
    let kind = match keyword {
        SyntaxKind::WhereKw => SyntaxKind::WhereClause,
        SyntaxKind::WhenKw => SyntaxKind::WhenClause,
        _ => SyntaxKind::UnlessClause,
    };
    p.node(kind, |p| {
        p.bump();
        expressions::expression(p);
    });
}

/// `require approval by sre expires 10m for anyone to call tag destructive`
fn require(p: &mut Parser) -> SyntaxKind {
    p.bump();
    match p.nth_text(0) {
        "approval" => {
            p.node(SyntaxKind::RequireApproval, |p| {
                p.bump_keyword();
                approvers(p);
                if p.at_word("expires") {
                    p.node(SyntaxKind::Expires, keyword_and_quantity);
                }
            });
        }
        "mfa" => {
            p.node(SyntaxKind::RequireMfa, |p| {
                p.bump_keyword();
                if p.eat_word("fresh") {
                    expressions::operand(p);
                }
            });
        }
        "scope" => {
            p.node(SyntaxKind::RequireScope, |p| {
                p.bump_keyword();
                p.expect(SyntaxKind::String, "the name of a scope, in quotes");
                while p.at(SyntaxKind::String) {
                    p.bump();
                }
            });
        }
        _ => p.skip_until("`approval by ...`, `mfa` or `scope \"...\"`", |p| {
            p.at(SyntaxKind::ForKw) || p.at_item_start()
        }),
    }
    items::subject_after(p, SyntaxKind::ForKw, "`for` and a subject");
    scope(p);
    clauses(p);
    SyntaxKind::RequireRule
}

/// `by sre`, `by 2 of [sre, analyst]`
pub(super) fn approvers(p: &mut Parser) {
    p.expect(SyntaxKind::ByKw, "`by` and who approves");
    p.node(SyntaxKind::Approvers, |p| {
        if p.eat(SyntaxKind::Int) {
            p.expect(SyntaxKind::OfKw, "`of`");
        }
        subjects::both(p);
    });
}

/// A keyword and a quantity: `expires 10m`
fn keyword_and_quantity(p: &mut Parser) {
    p.bump_keyword();
    expressions::operand(p);
}

/// `limit analyst to call payments.* at most 5_000 of args.amount per 1d by user`
fn limit(p: &mut Parser) -> SyntaxKind {
    p.bump();
    subjects::subject(p);
    scope(p);
    p.node(SyntaxKind::LimitMost, |p| {
        p.expect(SyntaxKind::AtKw, "`at most` and a number");
        p.expect_word("most");
        expressions::operand(p);
    });
    if p.at(SyntaxKind::OfKw) {
        p.node(SyntaxKind::LimitOf, keyword_and_quantity);
    }
    p.node(SyntaxKind::LimitPer, |p| {
        p.expect(SyntaxKind::PerKw, "`per` and a duration");
        expressions::operand(p);
    });
    p.node(SyntaxKind::LimitBy, |p| {
        if p.at(SyntaxKind::ByKw) {
            p.bump();
            primaries::counted_by(p);
        } else {
            p.expected_with_help(
                "`by`",
                "say whose calls are counted together: `by user`, `by caller`, `by agent` or `by session`",
            );
        }
    });
    clauses(p);
    SyntaxKind::LimitRule
}

/// `redact payments.get_customer { result.ssn keep last 4, result.card drop } for X unless sre`
fn redact(p: &mut Parser) -> SyntaxKind {
    p.bump();
    targets::targets(p);
    p.bracketed_some(&List::braces("what to redact, such as `result.card drop`"), names::at_path, redact_spec);
    opt_for_subject(p);
    clauses(p);
    SyntaxKind::RedactRule
}

/// `result.ssn keep last 4`, `result matching secrets.api_key replace "***"`
fn redact_spec(p: &mut Parser) {
    p.node(SyntaxKind::RedactSpec, |p| {
        names::field_path(p, "a place in the result");
        let matching = p.at_word("matching");
        if matching {
            p.node(SyntaxKind::RedactMatching, keyword_and_quantity);
        }
        match p.nth_text(0) {
            "drop" => {
                p.node(SyntaxKind::RedactDrop, Parser::bump_keyword);
            }
            "replace" => {
                p.node(SyntaxKind::RedactReplace, |p| {
                    p.bump_keyword();
                    p.expect(SyntaxKind::String, "the text to put in its place, in quotes");
                });
            }
            "keep" => {
                if matching {
                    let error = SyntaxError::new(codes::EXPECTED, p.current_range(), "a match cannot be kept in part");
                    p.report_understood(error.with_help("write `drop` or `replace \"...\"`"));
                }
                p.node(SyntaxKind::RedactKeep, |p| {
                    p.bump_keyword();
                    p.expect_choice(&["first", "last"], "`first` or `last`");
                    p.expect(SyntaxKind::Int, "how many characters to keep");
                });
            }
            _ => p.expected("`drop`, `replace \"...\"`, `keep first N` or `keep last N`"),
        }
    });
}

/// `audit full for anyone to call payments.*`
fn audit(p: &mut Parser) -> SyntaxKind {
    p.bump();
    audit_level(p);
    items::subject_after(p, SyntaxKind::ForKw, "`for` and a subject");
    scope(p);
    clauses(p);
    SyntaxKind::AuditRule
}

/// `full`, `summary`, `none`
pub(super) fn audit_level(p: &mut Parser) {
    p.node(SyntaxKind::AuditLevel, |p| {
        p.expect_choice(&["full", "summary", "none"], "how much to record");
    });
}
