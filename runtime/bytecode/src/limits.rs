//! Every limit of the bundle format and the engine, in one place.
//!
//! The emitter refuses to exceed them, the verifier refuses a bundle that does, and the runtime
//! relies on them for its bounds.

/// Largest bundle, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 64 * 1024 * 1024;
/// Most rows of any table.
pub const MAX_TABLE_ROWS: usize = 1 << 20;
/// Longest string of a bundle, in bytes.
pub const MAX_STRING_BYTES: usize = 8 * 1024 * 1024;
/// Most instructions of one block.
pub const MAX_BLOCK_CODE: usize = 1 << 16;
/// Deepest decision tree.
pub const MAX_TREE_DEPTH: usize = 40;
/// Most nodes and rows that one walk over a decision tree may meet.
pub const MAX_TREE_VISITS: u64 = 1 << 22;
/// The same of all trees of a bundle together, each counted once.
pub const MAX_ALL_VISITS: u64 = 1 << 24;
/// Most instructions that are looked at for all the places where rows of trees enter blocks.
pub const MAX_START_CODE: usize = 1 << 26;
/// Most registers of one block.
pub const MAX_REGISTERS: usize = 4096;
/// Deepest nesting of loops in a block.
pub const MAX_LOOP_DEPTH: usize = 3;
/// Longest collection that a loop, `in`, `count` or an equality walks; a longer one is an error.
pub const MAX_COLLECTION: usize = 4096;
/// Most places of one block that jumps lead to from before and that lie ahead: what is known of all registers is kept for each.
pub const MAX_OPEN_JUMPS: usize = 256;
/// Largest step bound of one block.
pub const MAX_BLOCK_STEPS: u64 = 1 << 44;
/// Deepest nesting of a type, a constant, a subject or a compared value.
pub const MAX_VALUE_DEPTH: usize = 64;
/// Most links of a caller's chain.
pub const MAX_CHAIN: usize = 8;
/// Most places that one `paths(args)` and the like may yield.
pub const MAX_COLLECTED: usize = MAX_COLLECTION;
/// Longest JSON pointer handed to the state, in bytes.
pub const MAX_POINTER_BYTES: usize = 4096;
/// Longest path, host or URL that is parsed, in bytes.
pub const MAX_PLACE_BYTES: usize = 64 * 1024;
/// Longest SQL text that is parsed, in bytes.
pub const MAX_SQL_BYTES: usize = 16 * 1024;
/// Deepest SQL expression.
pub const MAX_SQL_DEPTH: usize = 32;
/// Most tokens of SQL.
pub const MAX_SQL_TOKENS: usize = 1024;
/// Most natives computed for one request.
pub const MAX_NATIVE_RESULTS: usize = 16 * 1024;
/// Longest glob, in bytes, and most parts of a URI pattern.
pub const MAX_PATTERN: usize = 1024;
/// Longest URI that patterns are matched against, in bytes.
pub const MAX_URI_BYTES: usize = 8192;
/// Most transitions of one time zone.
pub const MAX_ZONE_TRANSITIONS: usize = 4096;
/// Largest serialised automaton, in bytes.
pub const MAX_AUTOMATON_BYTES: usize = 4 * 1024 * 1024;

/// Trees of more rules than this are searched with an eye on which of them still matter.
pub const LARGE_TREE: u32 = 64;

/// How many of their first rules are tried before any other.
pub const SCOUTS: usize = 16;

/// So many members of arguments are noted while they are validated.
pub const NOTED_MEMBERS: usize = 16;
