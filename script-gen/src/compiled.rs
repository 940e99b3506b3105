//! From a key and what surrounds the verifier to a locking script, and the hints for it.

use std::ops::Range;

use ark_bn254::Bn254;
use ark_groth16::{Proof, VerifyingKey};
use chain_types::LockingScript;

use crate::{
    contract::{Frame, Piece},
    error::{BuildError, HintError},
    hint::{self, Hints},
    ir::{
        Builder, Bytes, Program, order,
        schedule::{Instr, Scheduled, schedule},
    },
    target::Target,
    verifier::{
        self, Constants, HintBlobs, Layout,
        layout::{COEFF_LEN, PROOF_NUMBERS},
        public_input::{OpenInput, PublicInput},
    },
};

/// A verifier laid out as a script, with all that hint computation needs.
pub(crate) struct Compiled {
    constants: Constants,
    layout: Layout,
    program: Program,
    instructions: Scheduled,
    locking_script: LockingScript,
}

/// A verifier as its statements were recorded.
pub(crate) struct Recorded {
    constants: Constants,
    layout: Layout,
    pub(crate) program: Program,
}

/// Records `prologue` above the hint blobs, then the verifier over the open inputs' bytes that it answers.
pub(crate) fn record(
    vk: &VerifyingKey<Bn254>,
    inputs: &[PublicInput],
    target: Target,
    prologue: impl FnOnce(&mut Builder, &[OpenInput]) -> Vec<Bytes>,
) -> Result<Recorded, BuildError> {
    let open = OpenInput::of(inputs)?;
    let constants = Constants::new(vk, inputs, &open)?;
    let layout = Layout::new(open, target.limits);
    let mut builder = Builder::new(target);
    let blobs = HintBlobs::declare(&mut builder, &layout);
    let open_inputs = prologue(&mut builder, &layout.inputs);
    let accepted = verifier::record(&mut builder, &layout, &constants, blobs, &open_inputs);
    let program = builder.finish(accepted)?;
    Ok(Recorded { constants, layout, program })
}

/// The script with its frame around it, whose pieces are fragments too.
fn framed(frame: Frame, inner: Scheduled, fragments: &mut Vec<String>) -> Scheduled {
    let mut named = |pieces: Vec<Piece>| -> Scheduled {
        let piece = |(name, instrs): Piece| {
            fragments.push(name.to_owned());
            let index = fragments.len() - 1;
            instrs.into_iter().map(move |instr| (instr, index)).collect::<Scheduled>()
        };
        pieces.into_iter().flat_map(piece).collect()
    };
    let (mut script, after) = (named(frame.before), named(frame.after));
    script.extend(inner);
    script.extend(after);
    script
}

impl core::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Compiled({} instructions, {:?})", self.instructions.len(), self.locking_script)
    }
}

impl Compiled {
    /// The script of `prologue` above the hint blobs, then the verifier over the open inputs' bytes that it answers, all
    /// within `frame`.
    pub(crate) fn new(
        vk: &VerifyingKey<Bn254>,
        inputs: &[PublicInput],
        target: Target,
        frame: Frame,
        prologue: impl FnOnce(&mut Builder, &[OpenInput]) -> Vec<Bytes>,
    ) -> Result<Self, BuildError> {
        let Recorded { constants, layout, mut program } = record(vk, inputs, target, prologue)?;
        order::arrange(&mut program, order::orders(target.profile));
        let instructions = framed(frame, schedule(&program), &mut program.fragments);
        let bytes: Vec<u8> = instructions.iter().flat_map(|(instr, _)| instr.to_bytes()).collect();
        let limit = target.limits.max_script_len;
        if bytes.len() > limit {
            return Err(BuildError::ScriptTooLong { role: "locking", len: bytes.len(), limit });
        }
        Ok(Self { constants, layout, program, instructions, locking_script: LockingScript::from_bytes(bytes) })
    }

    pub(crate) fn locking_script(&self) -> &LockingScript {
        &self.locking_script
    }

    /// Hints for a proof, with `inputs` as the bytes the prologue will leave.
    pub(crate) fn hints(&self, proof: &Proof<Bn254>, inputs: &[Vec<u8>]) -> Result<Hints, HintError> {
        hint::compute(&self.program, &self.layout, &self.constants, proof, inputs)
    }

    /// The public inputs given at spending.
    pub(crate) fn open_inputs(&self) -> &[OpenInput] {
        &self.layout.inputs
    }

    /// Hints of the right lengths that prove nothing.
    pub(crate) fn blank_hints(&self) -> Hints {
        let layout = &self.layout;
        Hints {
            quotient: vec![0; layout.quotient_len()],
            representatives: vec![0; layout.representatives_len()],
            slopes: vec![0; layout.slopes_len()],
            proof: vec![0; PROOF_NUMBERS * COEFF_LEN],
        }
    }

    /// `hints` with the quotient that their other blobs and the inputs' bytes call for.
    pub(crate) fn complete(&self, hints: Hints, inputs: &[Vec<u8>]) -> Result<Hints, HintError> {
        hint::complete(&self.program, &self.layout, &self.constants, hints, inputs)
    }

    /// Consecutive instructions of one fragment, in script order, with the fragment's path.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &Instr>)> {
        self.instructions
            .chunk_by(|(_, one), (_, next)| one == next)
            .map(|run| (self.program.fragments[run[0].1].as_str(), run.iter().map(|(instr, _)| instr)))
    }

    /// Runs of bytes that belong to one fragment, in script order, with the fragment's path.
    pub(crate) fn fragments(&self) -> Vec<(Range<usize>, &str)> {
        let mut end = 0;
        self.runs()
            .map(|(path, run)| {
                let start = end;
                end += run.map(|instr| instr.to_bytes().len()).sum::<usize>();
                (start..end, path)
            })
            .collect()
    }

    /// The range of the push of `data` in the fragment `path`, if there is exactly one.
    pub(crate) fn push_of(&self, path: &str, data: &[u8]) -> Option<Range<usize>> {
        let mut end = 0;
        let mut found = Vec::new();
        for (instr, fragment) in &self.instructions {
            let start = end;
            end += instr.to_bytes().len();
            if self.program.fragments[*fragment] == path && matches!(instr, Instr::Push(pushed) if pushed == data) {
                found.push(start..end);
            }
        }
        match found.len() {
            1 => found.pop(),
            _ => None,
        }
    }

    /// Bound on the widest number, in bytes.
    pub(crate) fn widest_number(&self) -> u64 {
        self.program.widest_number
    }
}
