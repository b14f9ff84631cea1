//! Tests of the gateway as a whole: the core without I/O, stdio, HTTP.

mod answers;
mod conversation;
mod errors;
mod http;
mod identity;
mod open;
mod operating;
mod reload;
mod secure;
mod spans;
mod stdio;
mod support;
mod survey;
