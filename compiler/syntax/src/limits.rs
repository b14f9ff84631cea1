//! Every limit of the syntax stage, in one place.
//!
//! They bound recursion and tree height, so that no text, however hostile, can overflow the stack of the parser, of the
//! tree's destructor, or of a pass that walks the tree.

/// Longest source text that is parsed, in bytes. A longer text gives a tree of one error token and one error.
pub const MAX_SOURCE_BYTES: usize = 8 * 1024 * 1024;

/// Deepest nesting of expressions, types and subjects (parentheses, lists, records, calls, `not`, unary `-`, `if`).
pub const MAX_NESTING: u32 = 64;

/// Longest chain of one left-associative operator (`a + b + ...`), because each link makes the tree one level higher.
/// `and` and `or` are flat and have no such limit.
pub const MAX_CHAIN: u32 = 32;

/// Syntax errors kept for one file; the rest are counted as one more error would be no help to anyone.
pub const MAX_ERRORS: usize = 200;

/// Tokens that recovery looks ahead for the end of a block.
pub const MAX_BLOCK_LOOKAHEAD: usize = 2_048;
