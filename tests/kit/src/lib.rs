//! What tests of several crates need: folders that are copied, the user that runs them, tokens of an issuer.

pub mod folder;
pub mod token;
