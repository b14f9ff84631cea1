//! Codes of errors, of JSON-RPC and of the protocol: what the gateway answers, and what it looks for in answers.

/// JSON-RPC: the text is no message.
pub const INVALID_REQUEST: i64 = -32600;
/// JSON-RPC: no such method.
pub const NO_METHOD: i64 = -32601;
/// JSON-RPC: no such thing.
pub const INVALID_PARAMS: i64 = -32602;
/// MCP up to 2025-11-25: no such resource.
pub const NO_RESOURCE: i64 = -32002;
/// What this gateway answers when a policy denies and says so.
pub const DENIED: i64 = -32003;
/// MCP 2026-07-28: a header does not repeat the body.
pub const HEADER_MISMATCH: i64 = -32020;
/// MCP 2026-07-28: the client did not say that it can do what the answer would need.
pub const NO_CAPABILITY: i64 = -32021;
/// MCP 2026-07-28: the version of the request is not supported.
pub const UNSUPPORTED_VERSION: i64 = -32022;
