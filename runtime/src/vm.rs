//! The decision machine: registers, three-valued logic, no allocation.
//!
//! [`machine`] runs one block of verified code; [`context`] is what it sees; [`value`] what its
//! registers hold; [`read`], [`cursor`] and [`compare`] are its operators; [`subject`] matches chains.

pub mod compare;
pub mod context;
pub mod cursor;
pub mod machine;
pub mod places;
pub mod question;
pub mod quick;
pub mod read;
pub mod slot;
pub mod subject;
pub mod value;
