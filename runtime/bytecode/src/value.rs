//! Scalar values and their parsers, shared by the compiler (literals) and the runtime (places).
//!
//! Every parser takes untrusted text and answers with the value in its one canonical form or with
//! an [`crate::ErrorCode`]. None panics, recurses or takes more than time linear in its input (the
//! glob matchers: linear in input times pattern).

pub mod decimal;
pub mod glob;
pub mod host;
pub mod line;
pub mod net;
pub mod path;
pub mod pattern;
pub mod time;
pub mod uri;
pub mod zone;

pub use decimal::Decimal;
pub use line::Line;
