//! Any text: no panic, the tree's text is the source, the normative grammar agrees.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(why) = mcpz_syntax_oracle::check_parser(text) {
        panic!("{why}");
    }
});
