//! The script machine against arkworks' verifier: random keys and mixes of inputs, proofs valid and not, spends as they
//! should be and changed. A sample runs in the tests, thousands in `examples/differential.rs`.

use ark_bn254::{Bn254, Fq, Fr};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{Field, PrimeField, UniformRand};
use ark_groth16::{Groth16, PreparedVerifyingKey, Proof, prepare_verifying_key};
use chain_types::Profile;
use num_bigint::BigUint;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use script_gen::{Groth16Verifier, HintError, Hints, PublicInput, SpendData, Target};
use script_vm::{Machine, NoSignatures};

use super::{
    B_X, B_Y, InsecureKey, KAPPA_A, KAPPA_C, SCALE_A, SCALE_C, below_power_of_two, g2, machine, proof_number,
    proof_of_numbers, readings, values, with_numbers, written_proof,
};

/// Bytes of one number.
const NUMBER: usize = 32;
/// Most public inputs of a key.
const MAX_INPUTS: usize = 6;
/// Changed spends that are made of each batch's valid ones, of each category.
const CHANGES: usize = 6;

/// What is special about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Category {
    /// A proof as a prover makes it.
    Valid,
    /// One made of a valid proof without its witness.
    Rerandomised,
    /// A valid spend with some numbers written as others of the same residues, and the quotient over them.
    Respelt,
    /// A proof that does not hold, in the hints of one that does.
    SpoiltProof,
    /// A valid spend with another value of an input.
    OtherValue,
    /// A spend that is valid under another key.
    OtherKey,
    /// A valid spend with one byte of its hints changed.
    HintByte,
    /// A valid spend with one bit of an input's bytes turned.
    InputBit,
    /// A valid spend with one part from another.
    MixedParts,
    /// A valid spend with a part longer or shorter, or two parts cut elsewhere.
    OtherLengths,
}

impl Category {
    pub(crate) const ALL: [Self; 10] = [
        Self::Valid,
        Self::Rerandomised,
        Self::Respelt,
        Self::SpoiltProof,
        Self::OtherValue,
        Self::OtherKey,
        Self::HintByte,
        Self::InputBit,
        Self::MixedParts,
        Self::OtherLengths,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Rerandomised => "rerandomised",
            Self::Respelt => "respelt",
            Self::SpoiltProof => "spoilt_proof",
            Self::OtherValue => "other_value",
            Self::OtherKey => "other_key",
            Self::HintByte => "hint_byte",
            Self::InputBit => "input_bit",
            Self::MixedParts => "mixed_parts",
            Self::OtherLengths => "other_lengths",
        }
    }

    /// Whether the hints are those of the proof that is written: then the script must say what arkworks says. With others it
    /// must refuse, whatever the proof.
    const fn has_fitting_hints(self) -> bool {
        matches!(self, Self::Valid | Self::Rerandomised | Self::Respelt)
    }
}

/// Both verdicts on one case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) category: Category,
    /// Whether arkworks takes the proof and the inputs that the unlocking script holds.
    pub(crate) arkworks: bool,
    /// Whether the machine takes the spend.
    pub(crate) script: bool,
}

impl Outcome {
    pub(crate) const fn agrees(self) -> bool {
        if self.category.has_fitting_hints() { self.script == self.arkworks } else { !self.script }
    }
}

/// One key with its verifier, and two valid spends.
struct Batch {
    key: InsecureKey,
    kinds: Vec<PublicInput>,
    verifier: Groth16Verifier,
    prepared: PreparedVerifyingKey<Bn254>,
    machine: Machine,
    target: Target,
    honest: [Honest; 2],
    /// For each open input, the power of two that each bit of its bytes stands for.
    weights: Vec<Vec<Option<u32>>>,
}

struct Honest {
    values: Vec<Fr>,
    proof: Proof<Bn254>,
    spend: SpendData,
}

impl Honest {
    fn new(key: &InsecureKey, verifier: &Groth16Verifier, values: Vec<Fr>, rng: &mut StdRng) -> Self {
        let proof = key.prove(&values, rng.r#gen());
        let spend = verifier.spend(&proof, &values).expect("a valid proof has hints");
        Self { values, proof, spend }
    }
}

/// All cases of one batch: a function of its seed.
pub(crate) fn batch(seed: u64) -> Vec<Outcome> {
    let rng = &mut StdRng::seed_from_u64(seed);
    let batch = Batch::new(rng);
    let mut outcomes: Vec<Outcome> =
        batch.honest.iter().map(|honest| batch.judge(Category::Valid, &honest.spend)).collect();
    outcomes.push(batch.judge(Category::Rerandomised, &batch.rerandomised(rng)));
    outcomes.push(batch.judge(Category::Respelt, &batch.respelt(rng)));
    outcomes.push(batch.judge(Category::OtherKey, &batch.of_another_key(rng)));
    for _ in 0..CHANGES {
        outcomes.push(batch.judge(Category::SpoiltProof, &batch.with_spoilt_proof(rng)));
        outcomes.push(batch.judge(Category::HintByte, &batch.with_hint_byte(rng)));
        outcomes.push(batch.judge(Category::MixedParts, &batch.of_mixed_parts(rng)));
        outcomes.push(batch.judge(Category::OtherLengths, &batch.of_other_lengths(rng)));
        if !batch.weights.is_empty() {
            outcomes.push(batch.judge(Category::OtherValue, &batch.with_other_value(rng)));
            outcomes.push(batch.judge(Category::InputBit, &batch.with_input_bit(rng)));
        }
    }
    outcomes
}

fn random_kind(rng: &mut StdRng) -> PublicInput {
    match rng.gen_range(0..4) {
        0 => PublicInput::Fixed(Fr::rand(rng)),
        // Inputs of a few bits have shapes of their own.
        1 => PublicInput::Bits(rng.gen_range(1..=16)),
        2 => PublicInput::Bits(rng.gen_range(1..=253)),
        _ => PublicInput::Full,
    }
}

impl Batch {
    fn new(rng: &mut StdRng) -> Self {
        let kinds: Vec<PublicInput> = (0..rng.gen_range(0..=MAX_INPUTS)).map(|_| random_kind(rng)).collect();
        let profile = *Profile::ALL.choose(rng).expect("there are profiles");
        let target = Target::policy(profile);
        let key = InsecureKey::new(rng.r#gen(), kinds.len());
        let verifier = Groth16Verifier::new(&key.vk, &kinds, target).expect("a good key");
        let honest = [(), ()].map(|()| Honest::new(&key, &verifier, values(&kinds, rng), rng));
        let weights = weights(&verifier, &kinds);
        let prepared = prepare_verifying_key(&key.vk);
        Self { key, kinds, verifier, prepared, machine: machine(profile), target, honest, weights }
    }

    fn judge(&self, category: Category, spend: &SpendData) -> Outcome {
        let run = self.machine.run(&spend.unlocking_script(), self.verifier.locking_script(), &NoSignatures);
        Outcome { category, arkworks: self.arkworks_takes(spend), script: run.is_ok() }
    }

    /// Whether arkworks takes what the spend's bytes say; not if they are no points of the groups, or no inputs.
    fn arkworks_takes(&self, spend: &SpendData) -> bool {
        let (Some(proof), Some(values)) = (read_proof(&spend.hints.proof), self.written_values(&spend.inputs)) else {
            return false;
        };
        Groth16::<Bn254>::verify_proof(&self.prepared, &proof, &values).expect("as many inputs as the key has")
    }

    /// The public inputs that these bytes give, if the encoding allows them.
    fn written_values(&self, inputs: &[Vec<u8>]) -> Option<Vec<Fr>> {
        let mut open = inputs.iter().zip(&self.weights);
        let value = |kind: &PublicInput| match *kind {
            PublicInput::Fixed(value) => Some(value),
            PublicInput::Bits(_) => {
                let (bytes, weights) = open.next()?;
                written_bits(bytes, weights)
            }
            PublicInput::Full => {
                let (bytes, _) = open.next()?;
                let number = BigUint::from_bytes_le(bytes);
                (bytes.len() == NUMBER && number < Fr::MODULUS.into()).then(|| Fr::from(number))
            }
        };
        self.kinds.iter().map(value).collect()
    }

    fn any<'a>(&'a self, rng: &mut StdRng) -> &'a Honest {
        self.honest.choose(rng).expect("two")
    }

    /// `(s A, B / s, C)` and `(A, B + t delta, C + t A)`.
    fn rerandomised(&self, rng: &mut StdRng) -> SpendData {
        let Honest { values, proof, .. } = self.any(rng);
        let (s, t) = (Fr::rand(rng), Fr::rand(rng));
        let a = (proof.a * s).into_affine();
        let b = (proof.b * s.inverse().expect("not zero")) + g2(self.key.trapdoor.delta * t);
        let c = (a * t + proof.c).into_affine();
        let proof = Proof { a, b: b.into_affine(), c };
        self.verifier.spend(&proof, values).expect("a valid proof has hints")
    }

    /// One number of each blob but the quotient with q added.
    fn respelt(&self, rng: &mut StdRng) -> SpendData {
        let mut spend = self.any(rng).spend.clone();
        for blob in [&mut spend.hints.representatives, &mut spend.hints.slopes, &mut spend.hints.proof] {
            let at = NUMBER * rng.gen_range(0..blob.len() / NUMBER);
            readings::add_modulus(&mut blob[at..at + NUMBER]);
        }
        self.verifier.complete(spend).expect("the same residues")
    }

    /// The hints of a valid proof under a key with one point exchanged; both verifiers are laid out alike.
    fn of_another_key(&self, rng: &mut StdRng) -> SpendData {
        let mut trapdoor = self.key.trapdoor.clone();
        let points = [&mut trapdoor.alpha, &mut trapdoor.beta, &mut trapdoor.gamma, &mut trapdoor.delta];
        let mut points: Vec<&mut Fr> = points.into_iter().chain(&mut trapdoor.gamma_abc).collect();
        **points.choose_mut(rng).expect("some") = Fr::rand(rng);
        let key = InsecureKey::of(trapdoor);
        let verifier = Groth16Verifier::new(&key.vk, &self.kinds, self.target).expect("a good key");
        Honest::new(&key, &verifier, self.any(rng).values.clone(), rng).spend
    }

    fn with_spoilt_proof(&self, rng: &mut StdRng) -> SpendData {
        let [one, other] = &self.honest;
        let hints = &one.spend.hints;
        let number = |k| proof_number(hints, k);
        let of_other = |k| (k, proof_number(&other.spend.hints, k));
        let numbers = match rng.gen_range(0..6) {
            // -A, -C; A and C exchanged, whose y have opposite signs for the same scale; points of another proof.
            0 => vec![(SCALE_A, -number(SCALE_A))],
            1 => vec![(SCALE_C, -number(SCALE_C))],
            2 => vec![
                (KAPPA_A, number(KAPPA_C)),
                (SCALE_A, -number(SCALE_C)),
                (KAPPA_C, number(KAPPA_A)),
                (SCALE_C, -number(SCALE_A)),
            ],
            3 => [KAPPA_A, SCALE_A].map(of_other).to_vec(),
            4 => [KAPPA_C, SCALE_C].map(of_other).to_vec(),
            _ => {
                let b = (written_proof(hints).b + g2(Fr::rand(rng))).into_affine();
                vec![(B_X, b.x.c0), (B_X + 1, b.x.c1), (B_Y, b.y.c0), (B_Y + 1, b.y.c1)]
            }
        };
        let hints = with_numbers(hints, &numbers);
        let refusal = self.verifier.spend(&written_proof(&hints), &one.values);
        assert_eq!(refusal, Err(HintError::ProofInvalid), "no hints for a false proof");
        SpendData { hints, inputs: one.spend.inputs.clone() }
    }

    fn with_other_value(&self, rng: &mut StdRng) -> SpendData {
        let Honest { values, spend, .. } = self.any(rng);
        let mut values = values.clone();
        let open = |at: &usize| !matches!(self.kinds[*at], PublicInput::Fixed(_));
        let places: Vec<usize> = (0..values.len()).filter(open).collect();
        let at = *places.choose(rng).expect("an open input");
        let old = values[at];
        while values[at] == old {
            values[at] = match self.kinds[at] {
                PublicInput::Bits(bits) => below_power_of_two(Fr::rand(rng), bits),
                _ => Fr::rand(rng),
            };
        }
        SpendData { inputs: self.verifier.encode(&values).expect("they fit"), ..spend.clone() }
    }

    fn with_hint_byte(&self, rng: &mut StdRng) -> SpendData {
        let mut spend = self.any(rng).spend.clone();
        let blob = blobs(&mut spend.hints).swap_remove(rng.gen_range(0..4));
        let at = rng.gen_range(0..blob.len());
        blob[at] ^= rng.gen_range(1..=u8::MAX);
        spend
    }

    fn with_input_bit(&self, rng: &mut StdRng) -> SpendData {
        let mut spend = self.any(rng).spend.clone();
        let input = spend.inputs.choose_mut(rng).expect("an open input");
        let at = rng.gen_range(0..input.len());
        input[at] ^= 1 << rng.gen_range(0..8);
        spend
    }

    fn of_mixed_parts(&self, rng: &mut StdRng) -> SpendData {
        let [one, other] = &self.honest;
        let (mut spend, mut other) = (one.spend.clone(), other.spend.clone());
        let at = rng.gen_range(0..5);
        match blobs(&mut spend.hints).into_iter().zip(blobs(&mut other.hints)).nth(at) {
            Some((blob, others)) => blob.clone_from(others),
            None if spend.inputs == other.inputs => spend.hints.proof.clone_from(&other.hints.proof),
            None => spend.inputs = other.inputs,
        }
        spend
    }

    fn of_other_lengths(&self, rng: &mut StdRng) -> SpendData {
        let mut spend = self.any(rng).spend.clone();
        let SpendData { hints, inputs } = &mut spend;
        let mut parts: Vec<&mut Vec<u8>> = blobs(hints).into_iter().chain(inputs).collect();
        let at = rng.gen_range(0..parts.len());
        match rng.gen_range(0..4) {
            0 => parts[at].push(rng.r#gen()),
            1 => drop(parts[at].pop()),
            2 => parts[at].clear(),
            _ => {
                let moved = parts[at].pop().expect("parts are not empty");
                let next = (at + 1) % parts.len();
                parts[next].insert(0, moved);
            }
        }
        spend
    }
}

fn blobs(hints: &mut Hints) -> Vec<&mut Vec<u8>> {
    vec![&mut hints.quotient, &mut hints.representatives, &mut hints.slopes, &mut hints.proof]
}

/// The places of the bits of each open input's bytes in its value, found by encoding the powers of two; none for numbers.
fn weights(verifier: &Groth16Verifier, kinds: &[PublicInput]) -> Vec<Vec<Option<u32>>> {
    let fixed = |kind: &PublicInput| if let PublicInput::Fixed(x) = kind { Some(*x) } else { None };
    let zero: Vec<Fr> = kinds.iter().map(|kind| fixed(kind).unwrap_or_default()).collect();
    let lens = verifier.encode(&zero).expect("zero fits");
    let mut all: Vec<Vec<Option<u32>>> = lens.iter().map(|bytes| vec![None; 8 * bytes.len()]).collect();
    let open = (0..kinds.len()).filter(|at| fixed(&kinds[*at]).is_none());
    for (input, at) in open.enumerate() {
        let PublicInput::Bits(bits) = kinds[at] else { continue };
        for k in 0..bits {
            let mut values = zero.clone();
            values[at] = Fr::from(2u8).pow([u64::from(k)]);
            let bytes = &verifier.encode(&values).expect("it fits")[input];
            let set = (0..8 * bytes.len()).find(|bit| bytes[bit / 8] >> (bit % 8) & 1 == 1);
            all[input][set.expect("a power of two sets a bit")] = Some(k);
        }
    }
    all
}

fn written_bits(bytes: &[u8], weights: &[Option<u32>]) -> Option<Fr> {
    if 8 * bytes.len() != weights.len() {
        return None;
    }
    let set = weights.iter().enumerate().filter(|(bit, _)| bytes[bit / 8] >> (bit % 8) & 1 == 1);
    set.map(|(_, weight)| weight.map(|k| Fr::from(2u8).pow([u64::from(k)]))).sum()
}

/// The proof in these bytes, read as the script reads them, if its points lie in their groups.
fn read_proof(bytes: &[u8]) -> Option<Proof<Bn254>> {
    let (points, scales) = bytes.split_at_checked(SCALE_A * NUMBER)?;
    let unsigned = scales.chunks(NUMBER).map(Fq::from_le_bytes_mod_order);
    let numbers: Vec<Fq> = points.chunks(NUMBER).map(signed).chain(unsigned).collect();
    let proof = proof_of_numbers(&numbers.try_into().ok()?)?;
    (bytes.len() == 8 * NUMBER && in_group(&proof.a) && in_group(&proof.b) && in_group(&proof.c)).then_some(proof)
}

fn in_group(point: &impl AffineRepr) -> bool {
    point.check().is_ok() && !point.is_zero()
}

fn signed(bytes: &[u8]) -> Fq {
    let mut magnitude = bytes.to_vec();
    let Some(top) = magnitude.last_mut() else { return Fq::from(0u8) };
    let negative = *top & 0x80 != 0;
    *top &= 0x7f;
    let value = Fq::from_le_bytes_mod_order(&magnitude);
    if negative { -value } else { value }
}
