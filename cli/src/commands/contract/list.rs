//! `contract list`: the library.

use crate::Verdict;
use crate::output::Output;
use core::fmt;
use script_gen::ContractDefinition;
use serde::Serialize;

#[derive(Serialize)]
struct Answer {
    contracts: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: String,
    summary: String,
    /// What the verifying key's circuit proves: `inference`, `accuracy` or `sale`.
    circuit: &'static str,
    /// Which commands make its keys and its proofs.
    keys: &'static str,
    /// The rules its scripts are made for, unless `contract build` is given others.
    profile: String,
    /// Who gets the coins.
    payee: &'static str,
    public_inputs: Vec<Input>,
    refund: &'static str,
}

#[derive(Serialize)]
struct Input {
    name: String,
    /// Where its value comes from.
    source: String,
    required: bool,
}
