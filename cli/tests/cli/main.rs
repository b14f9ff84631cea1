//! Tests of the `mcpz` binary, as a person or a script runs it.

mod catalog;
mod deciding;
mod everyday;
mod formats;
mod graphs;
mod real_servers;
mod support;
