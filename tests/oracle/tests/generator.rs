//! The generator makes sources that parse, whatever the seed, and the same ones for the same seed.

use mcpz_oracle::generate::{Rng, package};

#[test]
fn generated_sources_parse() {
    for index in 0..300 {
        let made = package(&mut Rng::stream(7, index));
        for (path, text) in made.files() {
            if !path.ends_with(".mcpz") {
                continue;
            }
            let parse = mcpz_syntax::parse(&text);
            let errors = parse.errors();
            if let Some(first) = errors.first() {
                let at = usize::from(first.range.start());
                panic!("package {index}, {path}: {}: `{}`", first.message, &text[at.saturating_sub(80)..at + 20]);
            }
        }
    }
}

#[test]
fn generated_packages_type_check() {
    let mut refused = std::collections::BTreeMap::new();
    for index in 0..300 {
        let made = package(&mut Rng::stream(7, index));
        if let (_, Err(error)) = mcpz_oracle::checked::settled(made) {
            refused.entry(error.split('`').next().unwrap_or("").to_string()).or_insert((index, error));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn one_seed_makes_one_package() {
    let files = || package(&mut Rng::stream(3, 5)).files();
    assert_eq!(files(), files());
}
