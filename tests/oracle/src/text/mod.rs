//! What strings mean: paths, hosts, addresses, URLs, patterns, times and SQL (docs/semantics.md, section 5).

pub mod address;
pub mod clock;
pub mod glob;
pub mod host;
pub mod path;
pub mod regexes;
pub mod sql;
pub mod uri;
pub mod web;
