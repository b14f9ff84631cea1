//! `mcpz doc`: pages whose links lead somewhere, that run nothing, and that show hostile text as text.

use crate::support::{Package, mcpz};
use std::collections::BTreeSet;
use std::path::Path;

/// The attributes of this name in a page.
fn attributes<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let start = format!(" {name}=\"");
    text.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn pages(folder: &Path) -> Vec<(String, String)> {
    let read =
        |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    ["index.html", "rules.html", "who.html", "tools.html", "checks.html"]
        .map(|name| (name.to_owned(), read(name)))
        .into()
}

#[test]
fn every_link_leads_to_a_place_and_nothing_runs() {
    let site = tempfile::tempdir().unwrap();
    for example in ["payments", "health", "multitenant", "filesystem"] {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example);
        let output = site.path().join(example);
        mcpz(&package, &["doc", "-o", &output.display().to_string()]).expect(0);
        let pages = pages(&output);
        let places: BTreeSet<String> = pages
            .iter()
            .flat_map(|(name, text)| attributes(text, "id").into_iter().map(move |id| format!("{name}#{id}")))
            .collect();
        for (name, text) in &pages {
            assert!(!text.contains("<script") && !text.contains("javascript:"), "{name} runs something");
            for link in attributes(text, "href").into_iter().filter(|link| link.contains('#')) {
                let full = if link.starts_with('#') { format!("{name}{link}") } else { link.to_owned() };
                assert!(places.contains(&full), "{example}: {name} links to {link}, which is nowhere");
            }
        }
        assert!(output.join("style.css").is_file());
    }
}

#[test]
fn the_overview_says_who_may_call_what() {
    let package = Package::new();
    let json = package.run(&["--format", "json", "doc"]).expect(0).json();
    assert_eq!(json["path"], "doc");
    let index = package.read("doc/index.html");
    let row = index.lines().find(|line| line.contains("<code>delete_note</code>")).unwrap_or_else(|| panic!("{index}"));
    assert!(row.contains("who.html#who-editor") || row.contains("rules.html#rule-"), "{row}");
    assert!(package.read("doc/rules.html").contains("<pre class=\"source\">"));
}

#[test]
fn what_a_server_says_is_text() {
    let package = Package::new();
    package.replace("catalog/notes.json", "Read a note.", "<img src=x onerror=alert(1)>\\u202eRead a note.");
    package.run(&["catalog", "lock"]).expect(0);
    package.run(&["doc"]).expect(0);
    let tools = package.read("doc/tools.html");
    assert!(tools.contains("&lt;img src=x onerror=alert(1)&gt;\\u{202e}Read a note."), "{tools}");
    assert!(!tools.contains("<img"), "{tools}");
}
