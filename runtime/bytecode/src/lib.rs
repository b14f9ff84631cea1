//! The bundle.
#![no_std]
