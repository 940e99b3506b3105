//! Random scripts that run for a while: most instructions are kept only if the machine gets through them, and the
//! last lines pin the whole stack, so that a judge who accepts has computed every element the same.

use chain_types::{LockingScript, Opcode, ScriptLimits, UnlockingScript, encode_push, script_num};
use num_bigint::{BigInt, BigUint};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use script_vm::{Machine, Rules, StackState, TxVersion};

/// Opcodes whose top operand should be a small number to get anywhere.
const INDEXED: [Opcode; 6] =
    [Opcode::OP_PICK, Opcode::OP_ROLL, Opcode::OP_SPLIT, Opcode::OP_NUM2BIN, Opcode::OP_LSHIFT, Opcode::OP_RSHIFT];

/// A public key that is on the curve: secp256k1's generator, compressed (SEC 2, section 2.4.1).
pub(crate) const GENERATOR: [u8; 33] = [
    0x02, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62, 0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b,
    0xfc, 0xdb, 0x2d, 0xce, 0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98,
];

/// Makes random scripts; the same seed, limits and rules give the same ones.
pub(crate) struct RandomScripts {
    rng: StdRng,
    limits: ScriptLimits,
    rules: Rules,
    machine: Machine,
}

impl RandomScripts {
    pub(crate) fn new(seed: u64, limits: ScriptLimits, rules: Rules) -> Self {
        Self { rng: StdRng::seed_from_u64(seed), limits, rules, machine: Machine::new(limits, rules) }
    }

    /// A pair that usually is accepted, and sometimes fails at a random instruction.
    pub(crate) fn next_pair(&mut self) -> (UnlockingScript, LockingScript) {
        let mut unlocking = Vec::new();
        let mut state = StackState::default();
        for _ in 0..self.rng.gen_range(0..5) {
            let value = self.value();
            unlocking.extend(encode_push(&value));
            state.stack.push(value);
        }
        // Drawn for rules since Chronicle alone: the vectors of a real node are made of what those of Genesis draw.
        if self.rules.version().is_some_and(|version| version >= TxVersion::RELAXED) && self.rng.gen_bool(0.3) {
            let count = self.rng.gen_range(1..10);
            unlocking.extend(self.walk(&mut state, count));
            state.alt_stack.clear();
        }
        let count = self.rng.gen_range(1..40);
        let mut locking = self.walk(&mut state, count);
        locking.extend(pin(&state));
        if self.rng.gen_ratio(1, 20) && !locking.is_empty() {
            let at = self.rng.gen_range(0..locking.len());
            locking[at] ^= 1 << self.rng.gen_range(0..8);
        }
        (UnlockingScript::from_bytes(unlocking), LockingScript::from_bytes(locking))
    }

    /// At most `count` units that the machine gets through, or that end with one it does not.
    fn walk(&mut self, state: &mut StackState, count: u32) -> Vec<u8> {
        let mut script = Vec::new();
        let mut failing = false;
        for _ in 0..count {
            let unit = self.unit(2);
            match self.machine.run_fragment(state, &unit) {
                // Pinning large elements would make large scripts.
                Ok((after, _)) if after.stack.iter().chain(&after.alt_stack).map(Vec::len).sum::<usize>() > 1_000 => {
                    continue;
                }
                Ok((after, _)) => *state = after,
                Err(_) if self.rng.gen_ratio(1, 30) => failing = true,
                Err(_) => continue,
            }
            script.extend(unit);
            if failing {
                break;
            }
        }
        script
    }

    /// A few instructions that belong together.
    fn unit(&mut self, nesting: u32) -> Vec<u8> {
        if self.rules.version().is_some() && self.rng.gen_ratio(1, 5) {
            return self.chronicle_unit(nesting);
        }
        match self.rng.gen_range(0..100) {
            0..=29 => {
                let value = self.value();
                encode_push(&value)
            }
            30..=32 => {
                let value = self.value();
                self.clumsy_push(&value)
            }
            33..=50 => {
                let index = self.index();
                let mut unit = encode_push(&script_num::encode(&index));
                unit.extend(INDEXED.choose(&mut self.rng).map(|op| op.0));
                unit
            }
            51..=58 if nesting > 0 => self.conditional(nesting - 1),
            59 => vec![self.rng.gen_range(0x61..=0xff)],
            60 => self.signature_check(),
            // Stack, byte-string, number and hash opcodes.
            61..=82 => vec![self.rng.gen_range(0x6b..=0x88)],
            _ => vec![self.rng.gen_range(0x8b..=0xaa)],
        }
    }

    /// What Chronicle brought back; an older output runs into it sometimes.
    fn chronicle_unit(&mut self, nesting: u32) -> Vec<u8> {
        match self.rng.gen_range(0..10) {
            1..=2 if nesting > 0 => {
                let condition = if self.rng.gen_bool(0.7) { vec![Opcode::OP_VER.0] } else { self.push() };
                let branch = if self.rng.gen_bool(0.5) { Opcode::OP_VERIF } else { Opcode::OP_VERNOTIF };
                self.branches([condition, vec![branch.0]].concat(), nesting - 1)
            }
            0..=3 => {
                let opcodes = [Opcode::OP_VER, Opcode::OP_2MUL, Opcode::OP_2DIV];
                opcodes.choose(&mut self.rng).map(|opcode| opcode.0).into_iter().collect()
            }
            chosen => {
                let mut unit = if self.rng.gen_bool(0.5) { self.push() } else { Vec::new() };
                let indices = if chosen == 4 { 2 } else { 1 };
                for _ in 0..indices {
                    unit.extend(encode_push(&script_num::encode(&self.index())));
                }
                unit.push(if chosen == 4 { Opcode::OP_SUBSTR.0 } else { self.rng.gen_range(0xb4..=0xb7) });
                unit
            }
        }
    }

    fn conditional(&mut self, nesting: u32) -> Vec<u8> {
        let mut unit = encode_push(&script_num::encode(&self.rng.gen_range(0..2).into()));
        unit.push(if self.rng.gen_bool(0.5) { Opcode::OP_IF.0 } else { Opcode::OP_NOTIF.0 });
        self.branches(unit, nesting)
    }

    /// One or two branches after what opens them.
    fn branches(&mut self, mut unit: Vec<u8>, nesting: u32) -> Vec<u8> {
        for branch in 0..self.rng.gen_range(1..=2) {
            if branch > 0 {
                unit.push(Opcode::OP_ELSE.0);
            }
            for _ in 0..self.rng.gen_range(0..4) {
                unit.extend(self.unit(nesting));
            }
        }
        if self.rng.gen_ratio(1, 25) {
            unit.push(Opcode::OP_RETURN.0);
        }
        unit.push(Opcode::OP_ENDIF.0);
        unit
    }

    fn push(&mut self) -> Vec<u8> {
        let value = self.value();
        encode_push(&value)
    }

    /// Checks of empty or well-formed but wrong signatures.
    fn signature_check(&mut self) -> Vec<u8> {
        let signature: &[u8] = if self.rng.gen_bool(0.7) { &[] } else { &[0x30, 6, 2, 1, 1, 2, 1, 1, 0x41] };
        let public_key = GENERATOR;
        let mut unit = Vec::new();
        if self.rng.gen_bool(0.5) {
            unit.extend(encode_push(signature));
            unit.extend(encode_push(&public_key));
            unit.push(Opcode::OP_CHECKSIG.0);
        } else {
            unit.extend(encode_push(&[]));
            unit.extend(encode_push(signature));
            unit.extend(encode_push(&[1]));
            unit.extend([encode_push(&public_key), encode_push(&public_key), encode_push(&[2])].concat());
            unit.push(Opcode::OP_CHECKMULTISIG.0);
        }
        unit
    }

    /// A push by an opcode that may be longer than needed.
    fn clumsy_push(&mut self, value: &[u8]) -> Vec<u8> {
        match u8::try_from(value.len()) {
            Ok(len) if len <= 75 && self.rng.gen_bool(0.5) => [&[len], value].concat(),
            Ok(len) => [&[Opcode::OP_PUSHDATA1.0, len], value].concat(),
            Err(_) => encode_push(value),
        }
    }

    fn index(&mut self) -> BigInt {
        match self.rng.gen_range(0..12) {
            0 => BigInt::from(-1),
            1 => self.rng.gen_range(0..100).into(),
            2 => (BigInt::from(1) << self.rng.gen_range(20..70)) - self.rng.gen_range(0..2),
            3 => self.limits.max_script_num_len.into(),
            _ => self.rng.gen_range(0..10).into(),
        }
    }

    fn value(&mut self) -> Vec<u8> {
        match self.rng.gen_range(0..10) {
            0..=3 => script_num::encode(&self.rng.gen_range(-20..140).into()),
            4 => {
                let power = BigInt::from(1) << (8 * self.rng.gen_range(0..40) + self.rng.gen_range(6u32..9));
                let sign = [1, -1].choose(&mut self.rng).copied().unwrap_or(1);
                script_num::encode(&(sign * (power - self.rng.gen_range(0..2))))
            }
            5..=6 => {
                let mut bytes = vec![0; self.rng.gen_range(1..40)];
                self.rng.fill(&mut bytes[..]);
                script_num::encode(&BigInt::from(BigUint::from_bytes_le(&bytes)))
            }
            7 => {
                let mut bytes = vec![0; self.rng.gen_range(0..100)];
                self.rng.fill(&mut bytes[..]);
                bytes
            }
            8 => vec![self.rng.gen_range(0..=255); self.rng.gen_range(0..20)],
            _ => [&[0x80][..], &[0], &[0, 0x80], &[5, 0], &[1, 0, 0x80], &[0xff, 0x80]]
                .choose(&mut self.rng)
                .map_or_else(Vec::new, |bytes| bytes.to_vec()),
        }
    }
}

/// Instructions that succeed only on exactly this stack.
fn pin(state: &StackState) -> Vec<u8> {
    let mut out = Vec::new();
    for element in state.alt_stack.iter().rev() {
        out.push(Opcode::OP_FROMALTSTACK.0);
        out.extend(encode_push(element));
        out.push(Opcode::OP_EQUALVERIFY.0);
    }
    for element in state.stack.iter().rev() {
        out.extend(encode_push(element));
        out.push(Opcode::OP_EQUALVERIFY.0);
    }
    out.extend([Opcode::OP_DEPTH.0, Opcode::OP_NOT.0]);
    out
}
