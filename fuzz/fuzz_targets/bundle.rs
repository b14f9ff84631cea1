//! Any bytes as a bundle, its digests made right: refused or loaded, never a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = mcpz_bytecode::Program::load(bytes);
    if let Some(sealed) = mcpz_bytecode::reseal(bytes) {
        let _ = mcpz_bytecode::Program::load(&sealed);
    }
});
