//! Any bytes as a catalog: it is refused or compiled, and a compiled schema verifies.
#![no_main]

use mcpz_bytecode::schema::VerifiedSchema;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(catalog) = mcpz_compiler::catalog::parse(bytes) else { return };
    for tool in &catalog.tools {
        let mut encoded = Vec::new();
        tool.schema.image.encode(&mut encoded);
        assert!(VerifiedSchema::verify(&encoded).is_ok(), "a compiled schema must verify");
    }
});
