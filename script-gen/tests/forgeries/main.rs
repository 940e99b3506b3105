//! Forgeries: what a cheating prover can do once a check is taken out of the script, and cannot while it is in.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

#[path = "../common/mod.rs"]
mod common;

mod binding;
mod black_box;
mod deletions;
mod keys;
mod points;
mod structure;
