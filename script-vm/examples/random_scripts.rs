//! Prints random script pairs for `fixtures/script-vectors/regenerate.py`: one pair a line, both in hexadecimal.
//!
//! Arguments: seed, number of pairs, `policy` or `consensus`, and the limits: script bytes, number bytes, stack bytes.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::{env, error::Error};

use chain_types::ScriptLimits;
use script_vm::Rules;

#[path = "../tests/random_scripts/mod.rs"]
mod random_scripts;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [seed, count, rules, script, number, stack] = &arguments[..] else {
        return Err("wanted: SEED COUNT policy|consensus SCRIPT_BYTES NUMBER_BYTES STACK_BYTES".into());
    };
    let rules = match rules.as_str() {
        "policy" => Rules::GenesisPolicy,
        "consensus" => Rules::GenesisConsensus,
        other => return Err(format!("unknown rules {other:?}").into()),
    };
    let limits = ScriptLimits {
        max_script_len: script.parse()?,
        max_script_num_len: number.parse()?,
        max_stack_memory: stack.parse()?,
    };
    let mut scripts = random_scripts::RandomScripts::new(seed.parse()?, limits, rules);
    for _ in 0..count.parse()? {
        let (unlocking, locking) = scripts.next_pair();
        println!("{}:{}", hex::encode(unlocking.as_bytes()), hex::encode(locking.as_bytes()));
    }
    Ok(())
}
