//! Which version of the interface this is.

/// The version of this ABI. It grows when a function or a structure changes in a way that a compiled caller
/// would notice; new functions alone do not change it.
pub const MCPZ_ABI_VERSION: u32 = 1;

/// The `MCPZ_ABI_VERSION` that the library was built with. A caller that loads the library at run time compares it
/// with that of its header, and does not go on when they differ.
///
/// Threads: any, at any time.
#[unsafe(no_mangle)]
pub extern "C" fn mcpz_abi_version() -> u32 {
    MCPZ_ABI_VERSION
}
