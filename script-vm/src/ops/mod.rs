//! The opcodes, by what they work on.
//!
//! Source: Bitcoin SV node v1.2.2, `src/script/interpreter.cpp`, whose order of checks is kept: it decides which
//! reason is given where several apply.

mod byte_strings;
mod chronicle;
mod crypto;
mod numbers;
mod stacks;

use chain_types::Opcode;

use crate::ScriptError;

/// An opcode that the dispatcher does not send here, as the node answers one it does not know.
const fn not_mine(_opcode: Opcode) -> ScriptError {
    ScriptError::BadOpcode
}
