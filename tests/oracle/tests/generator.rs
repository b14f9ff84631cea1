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
            assert!(errors.is_empty(), "package {index}, {path}: {errors:#?}\n{text}");
        }
    }
}

#[test]
fn one_seed_makes_one_package() {
    let files = || package(&mut Rng::stream(3, 5)).files();
    assert_eq!(files(), files());
}
