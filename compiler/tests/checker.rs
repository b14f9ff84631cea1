//! What the checker accepts and refuses, as tables: a policy beside the codes it gets.
//!
//! Every line stands in the frame package of the error codes (`src/diagnostics/codes/frame`).

use mcpz_compiler::check;
use mcpz_compiler::diagnostics::{Severity, example};
use mcpz_compiler::source::{MemoryProvider, PackageInput};

/// Codes of the errors of a policy, in order of place.
fn errors(policy: &str) -> Vec<&'static str> {
    codes(policy, Severity::Error)
}

fn codes(policy: &str, severity: Severity) -> Vec<&'static str> {
    found(policy, severity).into_iter().map(|(code, _)| code).collect()
}

/// Codes and messages of a policy, in order of place.
fn found(policy: &str, severity: Severity) -> Vec<(&'static str, String)> {
    let standard = mcpz_stdlib::PACKAGES.iter().map(|package| {
        let files = package.files.iter().map(|(path, bytes)| (*path, *bytes));
        PackageInput::new(package.name, MemoryProvider::new(files))
    });
    let checked = check(&example::workspace(policy, standard.collect()));
    let in_example = |source: usize| checked.sources()[source].path.ends_with(example::EXAMPLE_PATH);
    let found = checked.diagnostics.iter().filter(|one| one.severity == severity);
    found
        .filter(|one| one.is_error() || in_example(one.span.source.index()))
        .map(|one| (one.code, one.message.clone()))
        .collect()
}

/// Checks that every clause of a rule gets these codes.
fn table(head: &str, rows: &[(&str, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(clauses, wanted)| {
            let found = errors(&format!("{head} {clauses}\n"));
            (found != *wanted).then(|| format!("{clauses}\n  wanted {wanted:?}, found {found:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const LIST: &str = "permit analyst to call payments.list_invoices";
const REFUND: &str = "permit sre to call payments.refund";

#[test]
fn what_an_import_in_error_would_bring_in_is_not_reported_where_it_is_used() {
    let rules = "const hours = time.business_hours_berlin\n\
        permit analyst to call payments.get_invoice where sql.reads_only(args.id) and nets.inside(args.id) when now in tme.x or now in hours\n\
        test \"by a rule of what is not there\" { as analyst\n call payments.get_invoice { id: \"i\", customer_id: \"c\" }\n expect deny by SQL-1 }\n";
    let misspelt = format!("use std.tme\nuse std.guard.sqll\nuse bsae.nets\n{rules}");
    assert_eq!(errors(&misspelt), ["E0104", "E0104", "E0104"]);
}

#[test]
fn what_a_dependency_that_is_not_there_would_hold_is_not_reported_where_it_is_used() {
    let policy = "use base\nuse base.{team, leads as heads}\nrole r = team | heads | base.others\n\
        permit analyst to call payments.get_invoice where base.big(args.id) when now in base.hours\n\
        test \"by a rule of what is not there\" { as analyst\n call payments.get_invoice { id: \"i\", customer_id: \"c\" }\n given limit B-2 exhausted\n expect deny by B-1 }\n\
        -- mcpz.toml --\n[package]\nname = \"frame\"\nversion = \"0.1.0\"\nedition = \"2026\"\n\
        [dependencies]\nbase = { path = \"../bsae\" }\n";
    assert_eq!(errors(policy), ["E0204"]);
}

#[test]
fn a_clause_of_the_other_kind_is_warned_of_once() {
    let circumstances = "permit analyst to call payments.get_invoice where now > 2026-01-01T00:00:00Z";
    assert_eq!(codes(circumstances, Severity::Warning), ["W0607"]);
    let twice = format!("{circumstances} where args.id == \"i\"");
    assert_eq!((errors(&twice), codes(&twice, Severity::Warning)), (vec!["E0401"], vec!["W0607"]));
}

#[test]
fn a_parameter_that_is_not_there_is_said_of_one_tool_or_of_all() {
    let said = |targets: &str| {
        let policy = format!("permit analyst to call {targets} where args.custmer_id == \"c\"");
        found(&policy, Severity::Error)
    };
    let one = ("E0306", "`payments.refund` has no parameter `custmer_id`".to_owned());
    let all = ("E0306", "no target of this rule has a parameter `custmer_id`".to_owned());
    assert_eq!((said("payments.refund"), said("payments.{refund, get_invoice}")), (vec![one], vec![all]));
}

#[test]
fn presence_narrows_across_operators_and_clauses() {
    table(
        LIST,
        &[
            ("where args.limit <= 20", &["E0303"]),
            ("where has args.limit and args.limit <= 20", &[]),
            ("where args.limit <= 20 and has args.limit", &[]),
            ("where not has args.limit or args.limit <= 20", &[]),
            ("where has args.limit or args.limit <= 20", &["E0303"]),
            ("where has args.limit when args.limit <= 20 and now > 2026-01-01T00:00:00Z", &[]),
            ("where args.limit <= 20 unless not has args.limit", &[]),
            ("where args.limit <= 20 unless has args.limit", &["E0303"]),
            ("where if has args.limit then args.limit <= 20 else true", &[]),
            ("where args.limit is int and args.limit <= 20", &[]),
            ("where (args.limit ?? 20) <= 20", &[]),
            ("where not (has args.limit and args.limit > 20)", &[]),
            ("where any(c in user.claims.customers: has args.limit and args.limit < 3 and c == args.customer_id)", &[]),
            ("where args.limit < 1 or args.limit > 5", &["E0303"]),
            ("when context.device.managed", &["E0303"]),
            ("when has context.device and context.device.managed", &[]),
            ("when has context.device.managed and context.device.risk < 5", &[]),
        ],
    );
}

#[test]
fn comparisons_and_membership() {
    table(
        REFUND,
        &[
            ("where args.amount == 10 and args.currency == \"EUR\"", &[]),
            ("where 10.5 <= args.amount", &[]),
            ("where args.amount in 0.01..=10_000", &[]),
            ("where args.amount in [1, 2.5]", &[]),
            ("where args.currency in [\"EUR\", \"USD\"]", &[]),
            ("where args.currency in [\"EUR\", \"USDD\"]", &["E0305"]),
            ("where \"EUR\" == args.currency", &[]),
            ("where args.payee not in blocked_payees", &[]),
            ("where args.amount in blocked_payees", &["E0316"]),
            ("where args.payee < 5", &["E0301"]),
            ("where args.currency < \"EUR\"", &["E0304"]),
            ("where args.reason == null", &["E0322"]),
            ("where ip(args.payee) in \"10.0.0.0/8\"", &[]),
            ("where ip(args.payee) in [\"10.0.0.0/8\", \"fd00::/8\"]", &[]),
            ("where args.payee in \"10.0.0.0/8\"", &["E0334"]),
            ("where host(args.payee) in \"10.0.0.1\"", &["E0317"]),
            ("where user.claims.groups contains \"sre\"", &[]),
            ("where user.claims.groups contains 5", &["E0316"]),
            ("where args.payee contains \"x\"", &[]),
            ("when network.source in dev", &["E0303"]),
            ("when has network.source and network.source in dev", &[]),
            ("when weekday(now, \"Europe/Berlin\") in [\"mon\", \"tue\"]", &[]),
            ("when weekday(now, \"Europe/Berlin\") == \"mnday\"", &["E0317"]),
            ("when now in window(zone: \"Europe/Berlin\", days: [\"mon\"], hours: 22:00..06:00)", &[]),
            ("when now in dates(2026-03-01..=2026-03-31)", &[]),
            ("when now - 2026-03-01T00:00:00Z > 3d", &[]),
            ("when now + now > 3d", &["E0323"]),
        ],
    );
}

#[test]
fn patterns_take_literals_of_their_place() {
    table(
        "permit analyst to call fs.read_file",
        &[
            ("where args.path under \"/workspace\"", &[]),
            ("where args.path under \"workspace\"", &["E0317"]),
            ("where args.path like \"/workspace/**/*.md\"", &[]),
            ("where args.path like \"workspace/*\"", &["E0317"]),
            ("where args.path.name == \"README\" and args.path.depth < 4", &[]),
            ("where args.path.nam == \"README\"", &["E0307"]),
            ("where args.path == \"/etc/../x\"", &["E0317"]),
            ("where args.path matches r\"x.*\"", &["E0321"]),
        ],
    );
    table(
        "permit analyst to call web.fetch",
        &[
            ("where url(args.url).host like \"*.example.com\"", &[]),
            ("where url(args.url).host like \"*example.com\"", &["E0317"]),
            ("where url(args.url).scheme == \"https\" and url(args.url).port == 443", &[]),
            ("where args.url.host == \"x\"", &["E0308"]),
            ("where args.url under \"/x\"", &[]),
            ("where args.url matches r\"[\"", &["E0318"]),
        ],
    );
}

#[test]
fn a_subject_makes_claims_known() {
    let row = |subject: &str| {
        format!("permit {subject} to call payments.list_invoices where args.customer_id in user.claims.customers\n")
    };
    for known in [
        "analyst",
        "any user",
        "[analyst, sre]",
        "analyst & sre",
        "copilot acting for analyst",
        "any agent acting for any user",
    ] {
        assert_eq!(errors(&row(known)), [] as [&str; 0], "{known}");
    }
    for unknown in ["anyone", "copilot", "any agent", "[analyst, copilot]", "copilot acting for anyone"] {
        assert_eq!(errors(&row(unknown)), ["E0310"], "{unknown}");
    }
    assert_eq!(
        errors("permit copilot to call payments.list_invoices where agent.claims.sub like \"agent:*\"\n"),
        [] as [&str; 0]
    );
}

#[test]
fn actions_bring_their_facts() {
    let rows: &[(&str, &[&str])] = &[
        ("permit analyst to read docs.uri(\"docs://{team}/*\") where resource.uri.team in user.claims.groups", &[]),
        (
            "permit analyst to read docs.uri(\"docs://{team}/*\") where resource.uri.tema in user.claims.groups",
            &["E0307"],
        ),
        ("permit analyst to read docs.* where args.x == 1", &["E0311"]),
        ("permit analyst to get docs.summarize where prompt.args.topic == \"x\"", &[]),
        ("permit analyst to get docs.summarize where prompt.args.tpic == \"x\"", &["E0306"]),
        ("permit server docs to sample for analyst where sample.max_tokens <= 1000", &[]),
        ("permit server docs to elicit for any user where not elicit.asks_secret", &[]),
        ("forbid anyone to call fs.* where any(p in paths(args): not (p under \"/workspace\"))", &[]),
        ("forbid anyone to call fs.* where args.path under \"/etc\"", &["E0405"]),
        ("permit sre to call fs.* where has args.path and args.path under \"/etc\"", &[]),
        (
            "forbid anyone to call web.fetch when session holds untrusted and count(calls to web.fetch, by: session, within: 5m) > 3",
            &[],
        ),
        ("forbid anyone to call payments.refund where args.payee carries untrusted", &[]),
        ("forbid anyone to call payments.refund where args.reason carries untrusted", &["E0303"]),
        ("permit sre to call payments.refund unless analyst", &[]),
    ];
    table("", rows);
}

#[test]
fn one_mistake_gives_one_error() {
    let rows: &[(&str, &[&str])] = &[
        ("permit sre to call payments.refnd where args.nothing < args.else_ and lenn(args.x)", &["E0103", "E0313"]),
        ("permit sree to call payments.refund where user.claims.nothing == 1", &["E0102"]),
        ("permit sre to call payments.refund where args.amuont < 10 and args.amuont > 2", &["E0306"]),
        ("predicate p(x: strng) = x == 5 and x under \"/\"", &["E0133"]),
        ("permit sre to call payments.refund where not (unknown_thing == 5) and unknown_thing > 3", &["E0309"]),
    ];
    table("", rows);
}

#[test]
fn monitors_have_their_names_checked() {
    let rows: &[(&str, &[&str])] = &[
        (
            "monitor m { when sequence(confidential read, calls to tag outbound, by: session, within: 10m) then alert high, quarantine session for 1h }",
            &[],
        ),
        ("monitor m { when count(calls to tag outbound, by: agent, within: 5m) > 20 then isolate agent for 15m }", &[]),
        ("monitor m { when novel(calls, by: agent, baseline: 14d) then alert medium }", &[]),
        ("monitor m { when count(calls to tag outbond, by: agent, within: 5m) > 20 then alert low }", &["E0102"]),
        ("forbid anyone to call web.fetch when novel(calls, by: agent, baseline: 14d)", &["E0333"]),
    ];
    table("", rows);
}

#[test]
fn lints_warn_and_stay_silent() {
    let rows: [(&str, &[&str]); 10] = [
        ("permit sre to call payments.refund where args.amount < 5", &[]),
        ("permit sre to call payments.refund when args.amount < 5", &["W0607"]),
        ("permit sre to call payments.refund where context.geo is string", &["W0607"]),
        ("permit sre to call payments.refund where args.payee carries untrusted", &[]),
        (
            "permit sre to call payments.get_invoice where args.id matches r\"^a.example.com$\"",
            &["W0616", "W0614", "W0616"],
        ),
        ("permit sre to call payments.get_invoice where has args.id", &["W0619"]),
        ("permit sre to call payments.get_invoice where has user.claims.groups", &["W0619"]),
        ("permit copilot acting for sre to call payments.get_invoice where has agent.claims.sub", &["W0619"]),
        ("permit copilot acting for sre to call payments.get_invoice where has agent.claims.groups", &[]),
        ("permit copilot acting for sre to call payments.get_invoice where size(agent.claims.groups ?? []) > 0", &[]),
    ];
    for (policy, wanted) in rows {
        assert_eq!(codes(&format!("{policy}\n"), Severity::Warning), wanted, "{policy}");
    }
}
