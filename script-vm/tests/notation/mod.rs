//! Stacks and scripts as text, and a run of one on the other.

use chain_types::{Opcode, ScriptLimits, encode_push, script_num};
use num_bigint::BigInt;
use script_vm::{Machine, Rules, ScriptError, StackState};

/// Numbers of eight bytes, and little room.
pub(crate) const SMALL: ScriptLimits =
    ScriptLimits { max_script_len: 1_000, max_script_num_len: 8, max_stack_memory: 1_000 };

/// Elements: `-` for none, a decimal number, or hexadecimal after `0x`.
pub(crate) fn elements(text: &str) -> Vec<Vec<u8>> {
    text.split_whitespace()
        .filter(|token| *token != "-")
        .map(|token| match token.strip_prefix("0x") {
            Some(bytes) => hex::decode(bytes).expect("hexadecimal"),
            None => script_num::encode(&token.parse::<BigInt>().expect("a number")),
        })
        .collect()
}

/// Opcode names without `OP_`; anything else is an element to push.
pub(crate) fn script(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .flat_map(|token| match Opcode::from_name(&format!("OP_{token}")) {
            Some(opcode) if token.parse::<i64>().is_err() => vec![opcode.0],
            _ => elements(token).iter().flat_map(|element| encode_push(element)).collect(),
        })
        .collect()
}

/// What `code` makes of a stack under limits and rules.
pub(crate) fn run(before: &str, code: &str, limits: ScriptLimits, rules: Rules) -> Result<StackState, ScriptError> {
    let before = StackState { stack: elements(before), alt_stack: Vec::new() };
    let ran = Machine::new(limits, rules).run_fragment(&before, &script(code));
    ran.map(|(after, _)| after).map_err(|failure| failure.reason)
}
