//! Times the machine on a script the size of a proof verifier's: 1,900 products of 32 to 1,000 bytes among 16,000
//! instructions.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::{error::Error, time::Instant};

use chain_types::{LockingScript, Opcode, UnlockingScript};
use num_bigint::BigInt;
use script_vm::{Machine, NoSignatures};

const RUNS: usize = 21;

/// A number of `len` bytes without a pattern.
fn number(len: usize, seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let mut bytes: Vec<u8> = (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    if let Some(top) = bytes.last_mut() {
        *top = 0x5a;
    }
    bytes
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut unlocking = UnlockingScript::default();
    let mut locking = LockingScript::default();
    unlocking.push_slice(&number(32, 0));
    let modulus = chain_types::script_num::encode(&((BigInt::from(1) << 254) - 127));
    locking.push_slice(&modulus);
    for round in 0..1_900usize {
        // One product in ten is of numbers of up to 500 bytes, with a result of up to 1,000; the rest as in a field.
        let len = if round % 10 == 0 { 40 + round / 4 } else { 32 };
        let wide = number(len, round as u8);
        locking.push_opcode(Opcode::OP_SWAP);
        if round % 4 == 0 {
            locking.push_slice(&wide);
        } else {
            locking.push_opcode(Opcode::OP_DUP);
        }
        for opcode in [Opcode::OP_MUL, Opcode::OP_OVER, Opcode::OP_MOD, Opcode::OP_DUP] {
            locking.push_opcode(opcode);
        }
        for opcode in [Opcode::OP_ADD, Opcode::OP_SWAP] {
            locking.push_opcode(opcode);
        }
    }
    for opcode in [Opcode::OP_2DROP, Opcode::OP_1] {
        locking.push_opcode(opcode);
    }
    let machine = Machine::policy();
    let mut micros = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let metrics = machine.run(&unlocking, &locking, &NoSignatures)?;
        micros.push(start.elapsed().as_micros());
        if micros.len() == RUNS {
            micros.sort_unstable();
            let median = micros[RUNS / 2];
            println!(
                "{} bytes, {} instructions, {} products, widest number {} bytes, peak {} bytes: {median} us (median of {RUNS})",
                locking.len(),
                metrics.instructions,
                metrics.times(Opcode::OP_MUL),
                metrics.widest_number,
                metrics.peak_stack_bytes,
            );
        }
    }
    Ok(())
}
