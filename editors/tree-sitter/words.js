// Written by `cargo xtask codegen` from compiler/syntax/src/token.rs. Do not edit.

/** Reserved and clause words: names after a `.`, as keys and in sets, nowhere else. */
const hard = [
  "use", "issuer", "user", "agent", "role", "server", "profile", "tag", "label", "stores",
  "segment", "flow", "context", "data", "sensitive", "declassify", "predicate", "const", "permit", "forbid",
  "require", "limit", "redact", "audit", "grant", "monitor", "test", "assert", "and", "or",
  "not", "if", "then", "else", "all", "any", "in", "has", "is", "true",
  "false", "null", "to", "for", "by", "where", "when", "unless", "per", "of",
  "at", "as", "from", "only", "acting", "acts", "without", "contains", "like", "matches",
  "under", "carries", "seen", "holds", "session", "calls", "tools", "anyone", "anonymous", "call",
  "read", "subscribe", "get", "complete", "sample", "elicit", "roots", "list", "given", "expect",
];

/** Words that start a path where a `.` follows. */
const roots = [
  "user", "agent", "server", "context", "session", "sample", "elicit",
];

module.exports = { hard, roots };
