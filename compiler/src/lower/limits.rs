//! Limits of lowering. They bound the work on hostile sources; real policies stay far below.

/// Deepest nesting of an expression after predicates are inlined.
pub const MAX_DEPTH: usize = 160;
/// Most distinct terms that one condition may add.
pub const MAX_TERMS: usize = 1 << 16;
/// Most quantifiers inside each other.
pub const MAX_LOOPS: u32 = 3;
