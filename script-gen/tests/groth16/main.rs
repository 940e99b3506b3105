//! The bare verifier on the script machine, under a node's default policy.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

#[path = "../common/mod.rs"]
mod common;

mod readings;
