//! Any bytes: the strict reader refuses or reads them, and its message reader too.
#![no_main]

use mcpz_runtime::json::{Buffers, Limits};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut buffers = Buffers::new();
    let _ = buffers.read(bytes, &Limits::DEFAULT);
    let _ = buffers.read_message(bytes, &Limits::DEFAULT);
});
