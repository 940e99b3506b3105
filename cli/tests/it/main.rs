//! The real program, run as a user runs it: what it prints, which files it leaves, how it exits.
#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic, as tests do")]

mod common;
mod demo;
mod disclosure;
mod ecosystem;
mod export;
mod files;
mod flow;
mod hidden;
mod import;
mod keys;
mod library;
mod mainnet;
mod node;
mod pay_to;
mod refusals;
mod regtest;
mod sale;
mod sending;
mod served;
mod verifier;
mod verifier_refusals;
mod wanted;
mod ways;
