//! Names and declarations: what is said about broken packages. Each snapshot holds source and output.

use mcpz_compiler::diagnostics::{Diagnostic, example, plain};
use mcpz_compiler::hir::Program;
use mcpz_compiler::source::{MemoryProvider, PackageInput};
use mcpz_compiler::{Checked, check};

/// The standard library as the compiler's caller gives it.
fn standard_library() -> Vec<PackageInput> {
    let package = |package: &mcpz_stdlib::StdPackage| {
        let files = package.files.iter().map(|(path, bytes)| (*path, *bytes));
        PackageInput::new(package.name, MemoryProvider::new(files))
    };
    mcpz_stdlib::PACKAGES.iter().map(package).collect()
}

/// Checks a source inside the frame package.
fn checked(source: &str) -> Checked {
    check(&example::workspace(source, standard_library()))
}

/// The declarations of a source that has no errors.
fn program(source: &str) -> Program {
    let checked = checked(source);
    let errors: Vec<Diagnostic> = checked.diagnostics.iter().filter(|one| one.is_error()).cloned().collect();
    assert_eq!(plain::render(&errors, checked.sources()), "");
    checked.program.unwrap()
}

/// Source and output in one text. Only errors of names, declarations and packages are shown.
fn report(source: &str) -> String {
    let checked = checked(source);
    let ours = |one: &&Diagnostic| ["E00", "E01", "E02"].iter().any(|prefix| one.code.starts_with(prefix));
    let shown: Vec<Diagnostic> = checked.diagnostics.iter().filter(ours).cloned().collect();
    format!("{source}\n---- {} ----\n{}", shown.len(), plain::render(&shown, checked.sources()))
}

/// One snapshot test for each source.
macro_rules! reports {
    ($($name:ident: $source:expr;)*) => { $(
        #[test]
        fn $name() {
            insta::assert_snapshot!(report($source));
        }
    )* };
}

reports! {
    misspelt_tool_and_role: "permit anlyst to call payments.get_invioce";
    misspelt_everything_once: "permit analyst to call paymnts.refund, tag outbond\n\
        forbid anyone to read dcos.uri(\"file:///x\")\nflow dve -> pci\nrole lead of employe where claims.on_call ?? false";
    one_error_silences_dependents: "tag money = payments.refnd\nrequire mfa for anyone to call tag money\n\
        forbid anyone to call tag money where args.amount > 5";
    a_class_circle: "role a = b\nrole b = c | sre\nrole c of a where claims.on_call ?? false";
    a_role_of_both_kinds: "role staff = analyst | copilot";
    acting_the_wrong_way_round: "forbid analyst acting for copilot to call payments.refund";
    a_server_as_subject: "permit server payments to call fs.read_file";
    sampling_by_a_role: "permit analyst to sample";
    a_prompt_is_called: "permit analyst to call docs.summarize";
    a_tool_is_read: "permit analyst to read payments.refund";
    a_tag_of_hints_in_a_permit: "tag safe = tools where hints.read_only\npermit analyst to call tag safe";
    tags_in_a_circle: "tag a = tag b, payments.refund\ntag b = tag a";
    a_second_name_for_a_server: "server money {\n  endpoint \"https://mcp.pay.internal/mcp\"\n  catalog \"catalog/payments.json\"\n}";
    an_overlay_that_misses: "server files {\n  command [\"x\"]\n  catalog \"catalog/fs.json\"\n  \
        overlay { read_file.pth: path  raed_file.path: path  *.target: path }\n}";
    overlapping_segments: "segment office { networks \"10.20.30.0/24\" }";
    a_bad_pattern: "permit analyst to read docs.uri(\"workspace/{team}\"), docs.uri(\"file:///{a}{b}\")";
    a_stolen_name: "data analyst: set<string> from \"data/blocked_payees.json\"\nconst args = 1";
    a_data_file_of_another_shape: "data limits: map<{most: int}> from \"data/limits.json\"\n\
        -- data/limits.json --\n{ \"eu\": { \"most\": 5 }, \"us\": { \"mots\": 6 } }\n";
    a_data_file_that_is_not_there: "data payees: set<string> from \"data/blockd_payees.json\"";
    a_sensitive_parameter_misspelt: "sensitive payments.refund: args.paye";
    a_label_of_a_parameter: "label secret from payments.get_invoice: args.id";
    predicates_in_a_circle: "predicate p(x: int) = q(x)\npredicate q(x: int) = x > 0 and p(x)\nconst c = d\nconst d = c";
    imports_that_are_not_there: "use std.tiem\nuse bsae.x\nuse std.guard.{paths, nte}";
    an_import_in_error_is_one_error: "use std.tme\nuse std.guard.sqll\nuse bsae.{team, leads as heads}\nuse std.guard.nets.privat\n\
        const hours = time.business_hours_berlin\nrole r = team | heads\n\
        permit analyst to call payments.refund where sql.reads_only(args.id) when now in tme.x and now in hours\n\
        test \"by what is not there\" { as analyst\n call payments.refund { }\n expect deny by SQL-1 }";
    a_dependency_that_is_not_there: "use base\nuse base.{team, leads as heads}\nrole r = team | heads | base.others\n\
        permit r to call payments.refund where base.big(args.id) when now in base.hours\n\
        test \"by what is not there\" { as analyst\n call payments.refund { }\n given limit B-2 exhausted\n expect deny by B-1 }\n\
        -- mcpz.toml --\n[package]\nname = \"frame\"\nversion = \"0.1.0\"\nedition = \"2026\"\n\
        [dependencies]\nbase = { path = \"../bsae\" }\n";
    two_names_from_one_import: "use std.time\nuse std.mcp.time\nuse std.guard.secrets as payments";
    annotations_that_are_not_there: "@idd(\"R\")\n@deny(hidden)\n@message(5)\npermit analyst to call payments.refund\n\
        @id(\"T\")\ntag t = payments.refund";
    a_guard_that_opens: "permit analyst to call payments.get_invoice\nflow dev -> pci\n\
        grant g to sre for at most 1h { permit to call payments.refund }\ndeclassify untrusted in web.fetch\n\
        -- mcpz.toml --\n[package]\nname = \"frame\"\nversion = \"0.1.0\"\nedition = \"2026\"\nauthority = \"guard\"\n";
    a_manifest_with_mistakes: "-- mcpz.toml --\n[package]\nname = \"frame\"\nversion = \"1\"\nedtion = \"2026\"\n[lints]\nunusd = \"warn\"\n";
    a_catalog_that_changed: "-- mcpz.toml --\n[package]\nname = \"frame\"\nversion = \"0.1.0\"\nedition = \"2026\"\n\
        -- mcpz.lock --\nversion = 1\n[[catalog]]\nserver = \"payments\"\npath = \"catalog/payments.json\"\n\
        digest = \"sha256:0000000000000000000000000000000000000000000000000000000000000000\"\n";
}

#[test]
fn a_profile_gives_its_overlay_and_its_tags_to_every_server_like_it() {
    let program = program(
        "use std.mcp.filesystem\n\
         server one like filesystem.reference { command [\"one\"] }\n\
         server two like filesystem.reference { command [\"two\"]  catalog \"catalog/fs.json\" }\n\
         forbid anyone to call tag filesystem.writes",
    );
    let server = |name: &str| program.servers.iter().find(|server| server.name == name).unwrap();
    let path_of = |server: &str, tool: &str| {
        let tools = &program.servers.iter().find(|known| known.name == server).unwrap().tools;
        tools.iter().find(|known| known.name == tool).unwrap().input.fields["path"].to_string()
    };
    assert!(server("one").tools.len() > 10);
    assert_eq!(server("two").tools.len(), 3);
    assert_eq!((path_of("one", "write_file").as_str(), path_of("two", "write_file").as_str()), ("path", "path"));
    let checked = checked("");
    assert!(checked.program.is_some());
}

#[test]
fn classes_are_defined_before_they_are_used() {
    let program = program("role everybody = seniors | analyst\nrole seniors of sre where claims.on_call ?? false");
    let row = |name: &str| program.classes.iter().position(|class| class.name == name).unwrap();
    assert!(row("seniors") < row("everybody") && row("sre") < row("seniors"));
    assert!(row("employee") < row("copilot"));
}

#[test]
fn rules_without_an_id_are_named_by_their_place() {
    let checked = checked("permit analyst to call payments.refund\n@id(\"X\") forbid anyone to call fs.*");
    let ids: Vec<&str> = checked.unit.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["frame/policy/example.mcpz:1", "X"]);
}

#[test]
fn names_of_another_package_are_qualified_or_imported() {
    let base = "-- mcpz.toml --\n[package]\nname = \"frame\"\nversion = \"0.1.0\"\nedition = \"2026\"\n\
        [dependencies]\nbase = { path = \"../base\" }\n\
        -- ../base/mcpz.toml --\n[package]\nname = \"base\"\nversion = \"0.1.0\"\nedition = \"2026\"\n\
        -- ../base/policy/base.mcpz --\nissuer other { url \"https://other.example\" }\n\
        user guest from other where claims.sub like \"guest:*\"\n";
    for use_it in [
        "permit base.guest to call payments.get_invoice\n",
        "use base.guest\npermit guest to call payments.get_invoice\n",
        "use base as b\npermit b.guest to call payments.get_invoice\n",
        "use base.{guest as visitor}\npermit visitor to call payments.get_invoice\n",
    ] {
        let checked = checked(&format!("{use_it}{base}"));
        assert!(checked.unit.rules[0].subject.is_some(), "{use_it}");
    }
    let missing = checked(&format!("permit guest to call payments.get_invoice\n{base}"));
    assert!(missing.unit.rules[0].subject.is_none());
}

#[test]
fn the_same_sources_give_the_same_program() {
    let source = "use std.mcp.filesystem\nserver one like filesystem.reference { command [\"one\"] }\n\
        permit analyst to call tag filesystem.reads\nforbid anyone to call tag filesystem.writes";
    let (first, second) = (checked(source), checked(source));
    assert_eq!(format!("{:?}", first.unit.program), format!("{:?}", second.unit.program));
    assert_eq!(format!("{:?}", first.unit.rules), format!("{:?}", second.unit.rules));
}

/// Deletes, doubles and swaps pieces of the frame's policy: checking never panics and never accepts what it reports.
#[test]
fn broken_texts_never_panic() {
    let frame = include_str!("../src/diagnostics/codes/frame/policy/frame.mcpz");
    let rules = "\npermit analyst to call payments.refund where args.amount < 5\nforbid anyone to call tag outbound\n\
        grant g to sre for at most 1h approved by analyst { permit to call fs.write_file }\n\
        predicate p(x: int) = x > 0\nconst c: int = 5\nuse std.mcp.filesystem\n";
    let text = format!("{frame}{rules}");
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..300 {
        let mut broken: Vec<&str> = words.clone();
        for _ in 0..=random(3) {
            let (at, other) = (random(broken.len()), random(broken.len()));
            match random(3) {
                0 => drop(broken.drain(at..(at + random(4)).min(broken.len()))),
                1 => broken.swap(at, other),
                _ => broken.insert(at, words[random(words.len())]),
            }
        }
        let source = format!("-- policy/frame.mcpz --\n{}", broken.concat());
        let checked = checked(&source);
        let failed = checked.diagnostics.iter().any(Diagnostic::is_error);
        assert_eq!(failed, checked.program.is_none(), "{source}");
        plain::render(&checked.diagnostics, checked.sources());
    }
}

/// One tool, one parameter, one enum value, one claim and one role misspelt: five errors, five right suggestions.
#[test]
fn five_misspelt_names_give_five_right_suggestions() {
    let source = "permit anlyst to call payments.list_invoices\n\
        permit analyst to call payments.get_invioce where args.customer_id in user.claims.customers\n\
        permit sre to call payments.refund where args.amuont < 10\n\
        permit sre to call payments.refund where args.currency == \"UER\"\n\
        permit analyst to call payments.get_invoice where args.customer_id in user.claims.custommers\n";
    let checked = checked(source);
    let errors: Vec<&Diagnostic> = checked.diagnostics.iter().filter(|one| one.is_error()).collect();
    let mended: Vec<&str> =
        errors.iter().filter_map(|one| Some(one.fixes.first()?.edits.first()?.text.trim_matches('"'))).collect();
    let shown = plain::render(&checked.diagnostics, checked.sources());
    assert_eq!(mended, ["analyst", "get_invoice", "amount", "EUR", "customers"], "{shown}");
    assert_eq!(errors.len(), 5, "{shown}");
}
