//! The bare verifier on the script machine, under a node's default policy.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

#[path = "../common/mod.rs"]
mod common;

mod accept;
mod build;
mod differential;
mod forged_points;
mod hints;
mod inputs;
mod readings;
mod residue;
mod scales;
mod shapes;
mod tamper;
