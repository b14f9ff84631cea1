//! The standard library, embedded.
