//! Request and program to decision: no I/O, no clock, no randomness, no panic.
//!
//! An enforcement point passes in a verified program, a [`caller::Caller`] (a credential, resolved once), a
//! [`request::Request`] and a [`state::State`], and gets a [`decision::Decision`].
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]
extern crate alloc;

pub mod caller;
pub mod credential;
pub mod data;
pub mod decide;
pub mod decision;
pub mod json;
pub mod natives;
pub mod principal;
pub mod reading;
pub mod report;
pub mod request;
pub mod schema;
pub mod state;
pub mod vm;
pub mod why;

pub use caller::Caller;
pub use decide::{Input, Scratch, decide, decide_reading};
pub use reading::Reading;
pub use why::{Why, why};
