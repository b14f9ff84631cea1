//! Tests of the gateway as a whole: the core without I/O, stdio, HTTP.

mod conversation;
mod http;
mod stdio;
mod support;
