//! A wallet and what can happen to it: every fault of `docs/faults.md`, on a real node wherever a node is meant.
#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic, as tests do")]

mod answers;
mod common;
mod conflicts;
mod fault_table;
mod file;
mod kill;

mod proxy;
mod records;
mod reorganisations;
mod shop;
mod substitutes;
mod verdicts;
