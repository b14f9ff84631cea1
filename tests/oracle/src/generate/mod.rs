//! A type-directed generator: packages that type-check by construction, and requests against them.
//!
//! Everything is a function of one seed. [`package`](mod@package) makes a package (sources, catalogs, data, lock)
//! with the [`model`](model::Model) it was made from; [`request`](mod@request) makes requests that are likely to reach its
//! rules: right and wrong arguments, chains of every shape, states with answers and failures.

pub mod clock;
mod expr;
pub mod guard;
pub mod json;
pub mod model;
pub mod package;
pub mod pools;
pub mod request;
pub mod rng;
pub mod rules;
pub mod state;
pub mod stress;

pub use model::Model;
pub use package::{GeneratedPackage, package, package_of};
pub use request::{GeneratedRequest, request};
pub use rng::Rng;
