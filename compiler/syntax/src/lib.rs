//! Tokens, lossless tree and typed AST.
