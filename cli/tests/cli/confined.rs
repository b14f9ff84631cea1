//! What a package of strangers may not do: reach out of its folder, speak to the terminal, or lose what a person wrote.

use crate::support::{Package, Run, mcpz, mcpz_with_input};
use std::path::{Path, PathBuf};

/// A place outside of a package.
fn outside(package: &Package, name: &str) -> PathBuf {
    package.root.parent().expect("a folder").join(name)
}

fn fake() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/fake.mjs").display().to_string()
}

fn add(package: &Package, name: &str, mode: &str) -> Run {
    package.run(&["catalog", "add", name, "--timeout", "20", "--", "node", &fake(), mode])
}

/// Whether nothing in a text speaks to a terminal.
fn is_quiet(text: &str) -> bool {
    !text.contains(['\x1b', '\x07', '\u{202e}'])
}

#[test]
fn a_bundle_is_built_within_the_package_or_where_the_command_line_says() {
    let package = Package::new();
    let manifest = package.read("mcpz.toml");
    let absolute = outside(&package, "absolute.mcpzb").display().to_string();
    for out in ["../escaped.mcpzb", &absolute, "a/../../escaped.mcpzb", "./x.mcpzb", ""] {
        package.write("mcpz.toml", &format!("{manifest}\n[build]\nout = \"{out}\"\n"));
        let run = package.run(&["build"]).expect(1);
        assert!(run.out.contains("E0203"), "{out}: {}", run.out);
        assert!(!outside(&package, "escaped.mcpzb").exists() && !Path::new(&absolute).exists(), "{out}");
    }
    package.write("mcpz.toml", &format!("{manifest}\n[build]\nout = \"made/acme.mcpzb\"\n"));
    package.run(&["build"]).expect(0);
    assert!(package.root.join("made/acme.mcpzb").is_file());
    package.run(&["build", "-o", "../chosen.mcpzb"]).expect(0);
    assert!(outside(&package, "chosen.mcpzb").is_file());
}

#[cfg(unix)]
#[test]
fn no_link_leads_what_is_written_out_of_a_package() {
    let package = Package::new();
    let kept = outside(&package, "kept.json");
    std::fs::write(&kept, "kept").unwrap();
    std::fs::create_dir(outside(&package, "elsewhere")).unwrap();
    std::os::unix::fs::symlink(&kept, package.root.join("acme.mcpzb")).unwrap();
    let run = package.run(&["build"]).expect(2);
    assert!(run.err.contains("out of the package"), "{}", run.err);
    std::fs::remove_file(package.root.join("mcpz.lock")).unwrap();
    std::os::unix::fs::symlink(&kept, package.root.join("mcpz.lock")).unwrap();
    package.run(&["lock"]).expect(2);
    std::fs::remove_dir_all(package.root.join("catalog")).unwrap();
    std::os::unix::fs::symlink(outside(&package, "elsewhere"), package.root.join("catalog")).unwrap();
    add(&package, "web", "plain").expect(2);
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "kept");
    assert_eq!(std::fs::read_dir(outside(&package, "elsewhere")).unwrap().count(), 0);
}

#[test]
fn a_catalog_is_written_within_the_package() {
    let package = Package::new();
    add(&package, "web", "plain").expect(0);
    let kept = outside(&package, "outside.json");
    std::fs::write(&kept, "kept").unwrap();
    let servers = package.read("policy/servers.mcpz");
    for path in ["../outside.json".to_owned(), kept.display().to_string(), "catalog/../../outside.json".to_owned()] {
        package.write("policy/servers.mcpz", &servers.replace("catalog/web.json", &path));
        for command in ["update", "diff"] {
            let run = package.run(&["catalog", command, "web", "--timeout", "20"]).expect(2);
            assert!(run.err.contains("out of the package"), "{command} {path}: {}", run.err);
        }
        package.run(&["lock"]).expect(2);
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), "kept", "{path}");
    }
}

#[cfg(unix)]
#[test]
fn no_link_leads_what_is_read_out_of_a_package() {
    let package = Package::new();
    let secret = outside(&package, "secret.json");
    std::fs::rename(package.root.join("catalog/notes.json"), &secret).unwrap();
    std::os::unix::fs::symlink(&secret, package.root.join("catalog/notes.json")).unwrap();
    let run = package.run(&["check"]).expect(1);
    assert!(run.out.contains("E0207") && run.out.contains("out of the package"), "{}", run.out);
    package.run(&["catalog", "diff", "notes", "--with", "../secret.json"]).expect(2);
    let policy = outside(&package, "outside.mcpz");
    std::fs::write(&policy, "permit   anyone to list notes.*\n").unwrap();
    std::os::unix::fs::symlink(&policy, package.root.join("policy/linked.mcpz")).unwrap();
    package.run(&["fmt"]).expect(2);
    package.run(&["build", "--emit", "tree"]).expect(2);
    assert_eq!(std::fs::read_to_string(&policy).unwrap(), "permit   anyone to list notes.*\n");
}

#[cfg(unix)]
#[test]
fn a_link_to_what_never_ends_is_not_read() {
    let package = Package::new();
    std::fs::remove_file(package.root.join("catalog/notes.json")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", package.root.join("catalog/notes.json")).unwrap();
    assert!(package.run(&["check"]).expect(1).out.contains("E0207"));
    package.run(&["run", "--policy", ".", "--", "true"]).expect(2);
    let _socket = std::os::unix::net::UnixListener::bind(package.root.join("policy/pipe.mcpz")).unwrap();
    package.run(&["check"]).expect(1);
}

#[cfg(unix)]
#[test]
fn a_link_within_a_package_is_followed() {
    let package = Package::new();
    std::fs::rename(package.root.join("catalog/notes.json"), package.root.join("catalog/v1.json")).unwrap();
    std::os::unix::fs::symlink("v1.json", package.root.join("catalog/notes.json")).unwrap();
    package.run(&["check"]).expect(0);
}

#[test]
fn why_a_command_could_not_run_cannot_speak_to_the_terminal() {
    let package = Package::new();
    package.replace("policy/servers.mcpz", "catalog/notes.json", "catalog/\u{1b}[31m\u{7}\u{202e}.json");
    let run = package.run(&["lock"]).expect(2);
    assert!(is_quiet(&run.err) && run.err.contains("\\u{1b}[31m\\u{7}\\u{202e}"), "{:?}", run.err);
    let run = package.run(&["-C", "\u{1b}[31m\u{202e}", "check"]).expect(2);
    assert!(is_quiet(&run.err) && run.err.contains("is no folder"), "{:?}", run.err);
}

#[test]
fn where_a_catalog_was_written_cannot_speak_to_the_terminal() {
    let package = Package::new();
    add(&package, "web", "plain").expect(0);
    package.replace("policy/servers.mcpz", "catalog/web.json", "catalog/\u{7}\u{202e}.json");
    let run = package.run(&["catalog", "update", "web", "--timeout", "20"]).expect(0);
    assert!(is_quiet(&run.out) && run.out.contains("\\u{202e}"), "{:?}", run.out);
}

#[test]
fn only_the_package_itself_is_mended() {
    let package = Package::new();
    let folder = package.root.parent().unwrap();
    mcpz(folder, &["new", "base"]).expect(0);
    let misspelt = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap().replace("notes.{list_notes, read_note}", "notes.read_noet");
        std::fs::write(path, text).unwrap();
    };
    let (own, foreign) = (package.root.join("policy/rules.mcpz"), folder.join("base/policy/rules.mcpz"));
    misspelt(&own);
    misspelt(&foreign);
    package.write(
        "mcpz.toml",
        &format!("{}\n[dependencies]\nbase = {{ path = \"../base\" }}\n", package.read("mcpz.toml")),
    );
    package.run(&["lock"]).expect(0);
    let run = package.run(&["check", "--fix"]).expect(1);
    assert_eq!(run.out.matches("fixed").count(), 1, "{}", run.out);
    assert!(std::fs::read_to_string(&own).unwrap().contains("notes.read_note"), "its own file is mended");
    assert!(std::fs::read_to_string(&foreign).unwrap().contains("notes.read_noet"), "a dependency is left as it is");
}

#[test]
fn a_file_of_servers_that_is_no_text_is_kept() {
    let package = Package::new();
    let file = package.root.join("policy/servers.mcpz");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.extend(b"// caf\xe9\n");
    std::fs::write(&file, &bytes).unwrap();
    let run = add(&package, "web", "plain").expect(2);
    assert!(run.err.contains("UTF-8"), "{}", run.err);
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
    assert!(!package.root.join("catalog/web.json").exists(), "nothing is written");
}

#[test]
fn catalogs_are_updated_all_or_not_at_all() {
    let package = Package::new();
    add(&package, "web", "plain").expect(0);
    add(&package, "zed", "full").expect(0);
    package.replace("policy/servers.mcpz", "\"plain\"", "\"changed\"");
    package.replace("policy/servers.mcpz", "\"full\"", "\"endless\"");
    let before = package.read("catalog/web.json");
    package.run(&["catalog", "update", "web", "zed", "--timeout", "20"]).expect(3);
    assert_eq!(package.read("catalog/web.json"), before);
    package.run(&["check"]).expect(0);
}

#[test]
fn a_bundle_is_found_below_the_folder_that_is_given() {
    let package = Package::new();
    package.run(&["build"]).expect(0);
    mcpz(package.root.parent().unwrap(), &["-C", "acme", "graph", "acme.mcpzb", "--to", "dot"]).expect(0);
    mcpz(package.root.parent().unwrap(), &["-C", "acme", "fmt", "--check", "policy/rules.mcpz"]).expect(0);
}

#[cfg(unix)]
#[test]
fn what_is_written_again_keeps_its_permissions_and_links() {
    use std::os::unix::fs::PermissionsExt;
    let package = Package::new();
    let (bundle, link) = (package.root.join("real.mcpzb"), package.root.join("acme.mcpzb"));
    std::fs::write(&bundle, "old").unwrap();
    std::fs::set_permissions(&bundle, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.mcpzb", &link).unwrap();
    package.run(&["build"]).expect(0);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink(), "the link is there still");
    assert!(std::fs::read(&bundle).unwrap().len() > 3, "what it leads to is written");
    assert_eq!(std::fs::metadata(&bundle).unwrap().permissions().mode() & 0o777, 0o640);
    let left = std::fs::read_dir(&package.root).unwrap().flatten();
    assert!(!left.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().ends_with(".tmp")));
}

#[cfg(unix)]
#[test]
fn messages_of_a_client_that_cannot_be_read_are_not_the_servers_fault() {
    let package = Package::new();
    let args = ["run", "--policy", ".", "--server", "notes", "--no-survey", "--", "cat"];
    let run = mcpz_with_input(&package.root, &args, "{\"jsonrpc\"").expect(1);
    assert!(run.err.contains("the messages of the client cannot be read on: input_torn"), "{}", run.err);
}
