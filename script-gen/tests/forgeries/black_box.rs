//! A cheating prover that knows only script bytes: it takes checks out of a locking script and finds quotients by
//! running what is left at many points. Nothing here uses the generator's own description of the relations.

use std::ops::Range;

use ark_bn254::Fq;
use ark_ff::{AdditiveGroup, BigInteger, PrimeField};
use chain_types::{LockingScript, Opcode, encode_push};
use num_bigint::{BigInt, BigUint, Sign};
use script_gen::{Groth16Verifier, Hints};
use script_vm::{Element, Hook, Machine, StackState, View};
use sha2::{Digest, Sha256};

/// One instruction of a script, with the path of its fragment.
#[derive(Clone)]
pub(crate) struct Step {
    bytes: Vec<u8>,
    fragment: String,
}

/// A locking script that can be taken apart.
#[derive(Clone)]
pub(crate) struct Script(Vec<Step>);

/// Where a relation is added to a combination.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addition {
    at: usize,
    /// Whether the new relation's value lies on top, above what the combination was before.
    value_on_top: bool,
}

/// The places where relations are added, the second of each combination first.
#[derive(Default)]
pub(crate) struct Additions {
    pub(crate) odd: Vec<Addition>,
    pub(crate) even: Vec<Addition>,
}

fn op(opcode: Opcode) -> Vec<u8> {
    vec![opcode.0]
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
        Self(starts.windows(2).map(step).collect())
    }

    pub(crate) fn locking_script(&self) -> LockingScript {
        LockingScript::from_bytes(self.0.iter().flat_map(|step| step.bytes.clone()).collect())
    }

    /// The steps of a fragment that are this opcode.
    fn find(&self, fragment: &str, opcode: Opcode) -> Vec<usize> {
        let is_it = |step: &Step| step.fragment == fragment && step.bytes == op(opcode);
        (0..self.0.len()).filter(|at| is_it(&self.0[*at])).collect()
    }

    fn with(&self, at: usize, bytes: Vec<u8>) -> Self {
        let mut other = self.clone();
        other.0[at].bytes = bytes;
        other
    }

    /// Takes direct check `k` of a fragment out: the two numbers are dropped unseen.
    pub(crate) fn without_equality(&self, fragment: &str, k: usize) -> Self {
        let at = self.find(fragment, Opcode::OP_NUMEQUALVERIFY)[k];
        self.with(at, op(Opcode::OP_2DROP))
    }

    /// Takes the signature check out.
    pub(crate) fn without_signature(&self) -> Self {
        self.with(self.find("binding", Opcode::OP_CHECKSIGVERIFY)[0], op(Opcode::OP_2DROP))
    }

    /// Takes the check of the signature's type byte out.
    pub(crate) fn without_signature_type(&self) -> Self {
        self.with(self.find("binding", Opcode::OP_EQUALVERIFY)[0], op(Opcode::OP_2DROP))
    }

    /// The path of the fragment in which a relation is added.
    pub(crate) fn fragment_of(&self, addition: Addition) -> &str {
        &self.0[addition.at].fragment
    }

    /// Takes the first relation of a combination out, by the place where the second is added to it.
    pub(crate) fn without_first_relation(&self, second: Addition) -> Self {
        self.with(second.at, op(if second.value_on_top { Opcode::OP_NIP } else { Opcode::OP_DROP }))
    }

    /// Pushes another number wherever this one is pushed.
    pub(crate) fn with_number(&self, from: Fq, to: Fq) -> Self {
        let push = |x: Fq| encode_push(&chain_types::script_num::encode(&BigInt::from(BigUint::from(x))));
        let places: Vec<usize> = (0..self.0.len()).filter(|at| self.0[*at].bytes == push(from)).collect();
        let [at] = places[..] else { panic!("{from} is pushed {} times", places.len()) };
        self.with(at, push(to))
    }

    /// Takes a relation out of its combination.
    pub(crate) fn without_relation(&self, addition: Addition) -> Self {
        self.with(addition.at, op(if addition.value_on_top { Opcode::OP_DROP } else { Opcode::OP_NIP }))
    }

    /// Leaves one concatenation out of the challenges' preimages: its upper part is not hashed.
    pub(crate) fn without_concatenation(&self, k: usize) -> Self {
        let cats = self.find("verifier/challenges", Opcode::OP_CAT);
        self.with(cats[k], op(Opcode::OP_DROP))
    }

    /// Hashes a constant in the transcript's place: rho and sigma are the same for all hints.
    pub(crate) fn without_transcript(&self) -> Self {
        let rho = self.find("verifier/challenges", Opcode::OP_SHA256)[0];
        let cats = self.find("verifier/challenges", Opcode::OP_CAT);
        let last = *cats.iter().rfind(|at| **at < rho).expect("a transcript");
        self.with(last, [op(Opcode::OP_2DROP), encode_push(&[7; 32])].concat())
    }

    /// The point that the script draws for these hints.
    pub(crate) fn drawn_point(&self, hints: &Hints, input: &[u8]) -> Fq {
        let draws = self.find("verifier/challenges", Opcode::OP_SHA256);
        let until: Vec<u8> = self.0[..=draws[2]].iter().flat_map(|step| step.bytes.clone()).collect();
        let blobs = with_input(hints, &hints.quotient, input);
        let after = run(&until, &blobs);
        Fq::from_le_bytes_mod_order(after.last().expect("the digest"))
    }

    /// What the script finds for total - w Q P6 at this point, whatever point the hash calls for.
    pub(crate) fn difference_at(&self, z: Fq, blobs: &[&[u8]]) -> Fq {
        let draws = self.find("verifier/challenges", Opcode::OP_SHA256);
        assert_eq!(draws.len(), 3, "rho, sigma, z");
        let mut digest = z.into_bigint().to_bytes_le();
        digest.resize(32, 0);
        let drawn = [op(Opcode::OP_DROP), encode_push(&digest)].concat();
        let verdict = self.find("verifier/identity", Opcode::OP_NOT)[0];
        let bytes = self.0.iter().enumerate().flat_map(|(at, step)| match at {
            _ if at == draws[2] => &drawn[..],
            _ if at == verdict => &[],
            _ => &step.bytes,
        });
        let script: Vec<u8> = bytes.copied().collect();
        let after = run(&script, blobs);
        let [residue] = &after[..] else { panic!("{} elements are left", after.len()) };
        to_field(&chain_types::script_num::decode(residue))
    }

    /// Hints with the quotient under which the identity holds for this script, if there is one.
    pub(crate) fn complete(&self, hints: &Hints, input: &[u8]) -> Option<Hints> {
        let n_coefficients = hints.quotient.len() / 32;
        let zeros = vec![0; hints.quotient.len()];
        let blobs = |quotient| with_input(hints, quotient, input);
        // total = w T(v): T is found from its values. From z = 2 on v^3 - 9 is positive, as it is for any hash.
        let (degree, n_points) = (n_coefficients + 6, n_coefficients + 9);
        let points: Vec<(Fq, Fq)> =
            (2u64..).map(Fq::from).take(n_points).map(|z| (z * z, self.at(z, &blobs(&zeros)))).collect();
        let mut total = interpolate(&points);
        assert!(total[degree..].iter().all(|c| *c == Fq::ZERO), "the total's degree is as documented");
        let mut quotient = vec![Fq::ZERO; n_coefficients];
        for k in (0..n_coefficients).rev() {
            let top = total[k + 6];
            quotient[k] = top;
            total[k + 3] += top * Fq::from(18);
            total[k] -= top * Fq::from(82);
        }
        let divides = total[..6].iter().all(|c| *c == Fq::ZERO);
        let quotient = quotient.iter().flat_map(|c| c.into_bigint().to_bytes_le()).collect();
        divides.then(|| Hints { quotient, ..hints.clone() })
    }

    fn at(&self, z: Fq, blobs: &[&[u8]]) -> Fq {
        self.difference_at(z, blobs) / z
    }

    /// Finds where relations are added: a sum that has just been multiplied by a challenge is a multiple of it.
    pub(crate) fn additions(&self, hints: &Hints, input: &[u8]) -> Additions {
        let blobs = with_input(hints, &hints.quotient, input);
        let rho = Sha256::digest([&hints.proof[..], &hints.slopes, &hints.representatives, input].concat());
        let challenges = [rho, Sha256::digest(rho)].map(|digest| BigInt::from_bytes_le(Sign::Plus, &digest));
        let mut finder = Finder { challenges, found: Additions::default() };
        let script = self.locking_script();
        let run = Machine::policy().run_fragment_with_hook(&stack_of(&blobs), script.as_bytes(), &mut finder);
        run.unwrap_or_else(|failure| panic!("{failure}"));
        // The last line multiplies the sum of the odd relations by rho once more.
        finder.found.odd.retain(|addition| self.fragment_of(*addition) != "verifier/identity");
        finder.found
    }
}

struct Finder {
    challenges: [BigInt; 2],
    found: Additions,
}

impl Hook for Finder {
    fn before(&mut self, view: &View<'_>) {
        let [.., below, top] = view.stack() else { return };
        if view.opcode != Opcode::OP_ADD {
            return;
        }
        let [odd, even] = &self.challenges;
        let is_shifted = |element: &Element, challenge: &BigInt| {
            let number = element.number();
            number.bits() > 256 && &*number % challenge == BigInt::ZERO
        };
        for (challenge, found) in [(odd, &mut self.found.odd), (even, &mut self.found.even)] {
            let shifted = [is_shifted(below, challenge), is_shifted(top, challenge)];
            if shifted[0] != shifted[1] {
                found.push(Addition { at: view.index, value_on_top: shifted[0] });
            }
        }
    }
}

fn stack_of(blobs: &[&[u8]]) -> StackState {
    StackState { stack: blobs.iter().map(|blob| blob.to_vec()).collect(), alt_stack: Vec::new() }
}

/// The main stack that a script leaves, its top last.
fn run(script: &[u8], blobs: &[&[u8]]) -> Vec<Vec<u8>> {
    let run = Machine::policy().run_fragment(&stack_of(blobs), script);
    run.unwrap_or_else(|failure| panic!("{failure}")).0.stack
}

/// The elements of the stack, deepest first.
pub(crate) fn with_input<'a>(hints: &'a Hints, quotient: &'a [u8], input: &'a [u8]) -> Vec<&'a [u8]> {
    let mut blobs = vec![quotient, &hints.representatives, &hints.slopes, &hints.proof];
    if !input.is_empty() {
        blobs.push(input);
    }
    blobs
}

fn to_field(n: &BigInt) -> Fq {
    let magnitude = Fq::from(n.magnitude().clone());
    if n.sign() == Sign::Minus { -magnitude } else { magnitude }
}

/// The polynomial with these values, by Newton's divided differences, lowest power first.
fn interpolate(points: &[(Fq, Fq)]) -> Vec<Fq> {
    let mut newton: Vec<Fq> = points.iter().map(|(_, value)| *value).collect();
    for order in 1..points.len() {
        for k in (order..points.len()).rev() {
            newton[k] = (newton[k] - newton[k - 1]) / (points[k].0 - points[k - order].0);
        }
    }
    let mut out = vec![Fq::ZERO; points.len()];
    for (coefficient, (x, _)) in newton.iter().zip(points).rev() {
        for k in (1..out.len()).rev() {
            out[k] = out[k - 1] - out[k] * x;
        }
        out[0] = *coefficient - out[0] * x;
    }
    out
}
