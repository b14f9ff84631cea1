//! Any text: formatting changes no tree, and formatting twice changes nothing more.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(why) = mcpz_syntax_oracle::check_format(text) {
        panic!("{why}");
    }
});
