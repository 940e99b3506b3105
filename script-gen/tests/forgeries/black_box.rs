//! A locking script as a cheating prover sees it: bytes. Checks are taken out of it. Nothing here uses the generator's
//! own description of the relations.

use std::ops::Range;

use ark_bn254::Fq;
use chain_types::{LockingScript, Opcode, encode_push};
use num_bigint::{BigInt, BigUint};
use script_gen::Groth16Verifier;

/// Where rho, sigma and z are drawn.
pub(crate) const CHALLENGES: &str = "verifier/challenges";

/// One place of a script: an instruction, or what stands for it, with the path of its fragment.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) bytes: Vec<u8>,
    pub(crate) fragment: String,
}

/// A locking script that can be taken apart.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
    /// The places where rho, sigma and z are hashed.
    pub(crate) draws: [usize; 3],
}

/// The places of this opcode in a fragment.
fn find(steps: &[Step], fragment: &str, opcode: Opcode) -> Vec<usize> {
    let is_it = |step: &Step| step.fragment == fragment && step.bytes == op(opcode);
    (0..steps.len()).filter(|at| is_it(&steps[*at])).collect()
}

pub(crate) fn op(opcode: Opcode) -> Vec<u8> {
    vec![opcode.0]
}

pub(crate) fn bytes_of<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Vec<u8> {
    steps.into_iter().flat_map(|step| step.bytes.iter().copied()).collect()
}

impl Script {
    pub(crate) fn of(verifier: &Groth16Verifier) -> Self {
        Self::new(verifier.locking_script(), &verifier.fragments())
    }

    pub(crate) fn new(script: &LockingScript, fragments: &[(Range<usize>, &str)]) -> Self {
        let mut starts: Vec<usize> = script.instructions().map(|read| read.expect("whole pushes").0).collect();
        starts.push(script.len());
        let step = |range: &[usize]| {
            let (_, path) = fragments.iter().find(|(bytes, _)| bytes.contains(&range[0])).expect("all is covered");
            Step { bytes: script.as_bytes()[range[0]..range[1]].to_vec(), fragment: (*path).to_owned() }
        };
        let steps: Vec<Step> = starts.windows(2).map(step).collect();
        let draws = find(&steps, CHALLENGES, Opcode::OP_SHA256).try_into().expect("rho, sigma, z");
        Self { steps, draws }
    }

    pub(crate) fn locking_script(&self) -> LockingScript {
        LockingScript::from_bytes(bytes_of(&self.steps))
    }

    /// Runs of bytes of one fragment, with its path, as [`Groth16Verifier::fragments`] gives them of the whole script.
    pub(crate) fn fragments(&self) -> Vec<(Range<usize>, &str)> {
        let mut start = 0;
        let range = |step: &'_ Step| {
            let range = start..start + step.bytes.len();
            start = range.end;
            range
        };
        let ranges: Vec<_> = self.steps.iter().map(range).collect();
        ranges.into_iter().zip(self.steps.iter().map(|step| step.fragment.as_str())).collect()
    }

    pub(crate) fn find(&self, fragment: &str, opcode: Opcode) -> Vec<usize> {
        find(&self.steps, fragment, opcode)
    }

    pub(crate) fn with(&self, at: usize, bytes: Vec<u8>) -> Self {
        let mut other = self.clone();
        other.steps[at].bytes = bytes;
        other
    }

    /// Puts these instructions in the place of the k-th of this opcode in a fragment.
    pub(crate) fn replacing(&self, fragment: &str, opcode: Opcode, k: usize, by: &[Opcode]) -> Self {
        self.with(self.find(fragment, opcode)[k], by.iter().map(|opcode| opcode.0).collect())
    }

    /// Takes direct check `k` of a fragment out: the two numbers are dropped unseen.
    pub(crate) fn without_equality(&self, fragment: &str, k: usize) -> Self {
        self.replacing(fragment, Opcode::OP_NUMEQUALVERIFY, k, &[Opcode::OP_2DROP])
    }

    /// How many direct checks a fragment has.
    pub(crate) fn n_equalities(&self, fragment: &str) -> usize {
        self.find(fragment, Opcode::OP_NUMEQUALVERIFY).len()
    }

    /// How many instructions of the script are this opcode.
    pub(crate) fn count(&self, opcode: Opcode) -> usize {
        self.steps.iter().filter(|step| step.bytes == op(opcode)).count()
    }

    /// Takes the last answer out: whatever the difference is, 1 is left.
    pub(crate) fn without_verdict(&self) -> Self {
        self.replacing("verifier/identity", Opcode::OP_NOT, 0, &[Opcode::OP_DROP, Opcode::OP_1])
    }

    /// Pushes another number wherever this one is pushed.
    pub(crate) fn with_number(&self, from: Fq, to: Fq) -> Self {
        let push = |x: Fq| encode_push(&chain_types::script_num::encode(&BigInt::from(BigUint::from(x))));
        let places: Vec<usize> = (0..self.steps.len()).filter(|at| self.steps[*at].bytes == push(from)).collect();
        let [at] = places[..] else { panic!("{from} is pushed {} times", places.len()) };
        self.with(at, push(to))
    }

    /// Pushes other bytes where a fragment pushes these.
    pub(crate) fn with_push(&self, fragment: &str, from: &[u8], to: &[u8]) -> Self {
        let is_it = |step: &Step| step.fragment == fragment && step.bytes == encode_push(from);
        let places: Vec<usize> = (0..self.steps.len()).filter(|at| is_it(&self.steps[*at])).collect();
        let [at] = places[..] else { panic!("{from:?} is pushed {} times", places.len()) };
        self.with(at, encode_push(to))
    }

    /// Drops what a fragment's first such opcode takes and pushes a constant.
    pub(crate) fn with_constant_in_place_of(&self, fragment: &str, opcode: Opcode, constant: &[u8]) -> Self {
        self.with(self.find(fragment, opcode)[0], [op(Opcode::OP_DROP), encode_push(constant)].concat())
    }

    /// Hashes a constant where rho (0) or sigma (1) is drawn.
    pub(crate) fn with_constant_hashed(&self, k: usize, constant: &[u8]) -> Self {
        self.with(self.draws[k], [op(Opcode::OP_DROP), encode_push(constant), op(Opcode::OP_SHA256)].concat())
    }

    // ---- the transcript: concatenations in order, proof || slopes || representatives and d || inputs.., then rho || Q

    /// The concatenation's upper part is not hashed.
    pub(crate) fn without_upper(&self, k: usize) -> Self {
        self.replacing(CHALLENGES, Opcode::OP_CAT, k, &[Opcode::OP_DROP])
    }

    /// The concatenation's lower part is not hashed.
    pub(crate) fn without_lower(&self, k: usize) -> Self {
        self.replacing(CHALLENGES, Opcode::OP_CAT, k, &[Opcode::OP_NIP])
    }

    /// Of the concatenation's upper part the bytes from `len` on are not hashed.
    pub(crate) fn without_tail(&self, k: usize, len: usize) -> Self {
        let at = self.find(CHALLENGES, Opcode::OP_CAT)[k];
        let len = encode_push(&chain_types::script_num::encode(&BigInt::from(len)));
        let rest = [Opcode::OP_SPLIT, Opcode::OP_DROP, Opcode::OP_CAT].map(|opcode| opcode.0);
        self.with(at, [&len[..], &rest].concat())
    }
}
