//! Tests of the `mcpz` binary, as a person or a script runs it.

mod catalog;
mod ci;
mod confined;
mod deciding;
mod doc;
mod everyday;
mod examples;
mod formats;
mod graphs;
mod operating;
mod profile;
mod real_servers;
mod support;
