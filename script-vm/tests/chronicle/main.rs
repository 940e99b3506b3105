//! The rules since Chronicle: its opcodes, and what it waives.
//!
//! The rows follow node v1.2.2, `src/script/interpreter.cpp`.

#![allow(non_snake_case, reason = "test names are area__case__expected")]

#[path = "../notation/mod.rs"]
mod notation;
mod opcodes;
mod rules;
