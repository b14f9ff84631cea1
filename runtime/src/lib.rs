//! Request and program to decision.
#![no_std]
