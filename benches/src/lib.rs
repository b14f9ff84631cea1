//! The same rules for every engine, and what they cost.
//!
//! [`generate`] makes rules and calls that belong to no engine ([`model`]), [`reference`] is their
//! meaning, [`engines`] writes them for each engine, [`agree`] checks that all answer alike, and
//! [`measure`] times. [`report`] makes the table, the chart, the JSON and `docs/PERFORMANCE.md` of it.
//! `cargo xtask bench` runs it all; README.md says what is compared with what.

pub mod agree;
pub mod engines;
pub mod generate;
pub mod measure;
pub mod message;
pub mod model;
pub mod reference;
pub mod report;
pub mod rng;
pub mod run;
