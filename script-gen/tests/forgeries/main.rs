//! The forger: what a cheating prover can do once a check is taken out of the script, and cannot while it is in.
//!
//! What is found is the table of docs/math/forger.md.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

#[path = "../common/mod.rs"]
mod common;

mod algebra;
mod binding;
mod black_box;
mod deletions;
mod infinity;
mod inputs;
mod keys;
mod lab;
mod lines;
mod numeric_world;
mod points;
mod probe;
mod prover;
mod redundancy;
mod relations;
mod residue;
mod row;
mod structure;
mod table;
mod transcript;
