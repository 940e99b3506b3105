//! What the tests of this crate share: keys with known trapdoors, valid spends, and named refusals.
#![allow(dead_code, reason = "each test program uses its own part")]

pub(crate) mod contract;
pub(crate) mod differential;
pub(crate) mod readings;

use std::{ops::Range, sync::LazyLock};

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField, Zero};
use ark_groth16::{Proof, VerifyingKey};
use ark_std::UniformRand;
use chain_types::{LockingScript, Profile, UnlockingScript};
use rand::{SeedableRng, rngs::StdRng};
use script_gen::{Groth16Verifier, HintError, Hints, PublicInput, SpendData, Target};
use script_vm::{Failure, FragmentMap, Machine, Metrics, NoSignatures, ScriptError, TxVersion};

use readings::{Check, Verdict};

/// The logarithms of a key's points.
#[derive(Clone)]
pub(crate) struct Trapdoor {
    pub(crate) alpha: Fr,
    pub(crate) beta: Fr,
    pub(crate) gamma: Fr,
    pub(crate) delta: Fr,
    pub(crate) gamma_abc: Vec<Fr>,
}

/// A key whose trapdoor is known, which makes proofs of anything without a circuit.
///
/// The verifier cannot tell such proofs from others; proofs of real circuits are in the tests of `prover` and
/// `node-tests`.
pub(crate) struct InsecureKey {
    pub(crate) trapdoor: Trapdoor,
    pub(crate) vk: VerifyingKey<Bn254>,
}

pub(crate) fn g1(x: Fr) -> G1Affine {
    (G1Projective::generator() * x).into_affine()
}

pub(crate) fn g2(x: Fr) -> G2Affine {
    (G2Projective::generator() * x).into_affine()
}

impl InsecureKey {
    pub(crate) fn new(seed: u64, n_inputs: usize) -> Self {
        let rng = &mut StdRng::seed_from_u64(seed);
        let [alpha, beta, gamma, delta] = std::array::from_fn(|_| Fr::rand(rng));
        let gamma_abc = (0..=n_inputs).map(|_| Fr::rand(rng)).collect();
        Self::of(Trapdoor { alpha, beta, gamma, delta, gamma_abc })
    }

    pub(crate) fn of(trapdoor: Trapdoor) -> Self {
        let vk = VerifyingKey {
            alpha_g1: g1(trapdoor.alpha),
            beta_g2: g2(trapdoor.beta),
            gamma_g2: g2(trapdoor.gamma),
            delta_g2: g2(trapdoor.delta),
            gamma_abc_g1: trapdoor.gamma_abc.iter().map(|x| g1(*x)).collect(),
        };
        Self { trapdoor, vk }
    }

    /// A proof for these inputs that verifies, blinded by `seed`.
    pub(crate) fn prove(&self, inputs: &[Fr], seed: u64) -> Proof<Bn254> {
        let rng = &mut StdRng::seed_from_u64(seed);
        let (a, b) = (Fr::rand(rng), Fr::rand(rng));
        let Trapdoor { alpha, beta, gamma, delta, gamma_abc } = &self.trapdoor;
        let l = inputs.iter().zip(&gamma_abc[1..]).fold(gamma_abc[0], |sum, (x, k)| sum + *x * k);
        let c = (a * b - *alpha * beta - l * gamma) * delta.inverse().expect("not zero");
        assert!(!c.is_zero());
        Proof { a: g1(a), b: g2(b), c: g1(c) }
    }
}

/// The field element that `statement::public_input_bits` packs these bytes into.
pub(crate) fn packed(bytes: &[u8]) -> Fr {
    let bits = statement::public_input_bits(bytes);
    bits.iter().rev().fold(Fr::zero(), |x, bit| x.double() + if *bit { Fr::ONE } else { Fr::ZERO })
}

/// Digits of 6u+2 after the leading one, as `docs/math/verifier.md` lists them.
#[rustfmt::skip]
pub(crate) const LOOP_DIGITS: [i8; 64] = [
    1, -1, 3, 0, 0, 0, 0, 0, -5, 0, 0, 0, -1, 0, 0, 0,
    3, 0, 0, 0, -2, 0, 0, 0, 0, 0, 2, 0, 0, 0, -3, 0,
    0, 0, -2, 0, 0, 0, 0, 0, -3, 0, 0, 0, 0, 0, -5, 0,
    0, 0, 2, 0, 0, 0, -2, 0, 0, 0, -3, 0, 1, 0, 0, 0,
];

/// Verifiers with no open input, and with each kind and width of them: (name, inputs).
pub(crate) fn mixes() -> Vec<(&'static str, Vec<PublicInput>)> {
    use PublicInput::{Bits, Fixed, Full};
    vec![
        ("no input", vec![]),
        ("all fixed", vec![Fixed(Fr::from(5u8)), Fixed(-Fr::from(5u8))]),
        ("one bit", vec![Bits(1)]),
        // Digits of one bit, filling their bytes and not.
        ("small", vec![Bits(7), Bits(8), Bits(9), Bits(13)]),
        ("a digest's 160 bits", vec![Bits(160)]),
        ("the contract's", vec![BINDING, Fixed(Fr::from(7u8))]),
        ("most bits", vec![Bits(253)]),
        ("full", vec![Full]),
        ("all kinds", vec![Full, Fixed(Fr::from(3u8)), Bits(64), Bits(65), Full, Bits(191), Bits(193)]),
    ]
}

/// The public input of a contract that is built in its script.
pub(crate) const BINDING: PublicInput = PublicInput::Bits(statement::BINDING_BITS);

/// A public input of 232 bits: 29 bytes, four rows of 58 digits.
pub(crate) const ONE_232: PublicInput = PublicInput::Bits(232);

/// Values that public inputs of these kinds may have: the fixed ones their own, the others anything that fits.
pub(crate) fn values(inputs: &[PublicInput], rng: &mut StdRng) -> Vec<Fr> {
    let value = |input: &PublicInput| match *input {
        PublicInput::Fixed(value) => value,
        PublicInput::Bits(bits) => below_power_of_two(Fr::rand(rng), bits),
        PublicInput::Full => Fr::rand(rng),
    };
    inputs.iter().map(value).collect()
}

/// The lowest bits of `x`.
pub(crate) fn below_power_of_two(x: Fr, bits: u32) -> Fr {
    let low = x.into_bigint().to_bits_le().into_iter().take(bits as usize).collect::<Vec<_>>();
    Fr::from_bigint(BigInteger::from_bits_le(&low)).expect("no more bits than before")
}

pub(crate) fn verifier(key: &InsecureKey, inputs: &[PublicInput]) -> Groth16Verifier {
    Groth16Verifier::new(&key.vk, inputs, Target::GENESIS).expect("a good key")
}

/// Places of numbers in the proof part: `kappa = r^2 x` of A, the coordinates of B, kappa of C, and the scales r with
/// `r^3 y_A = 1` and `r^3 y_C = -1`.
pub(crate) const KAPPA_A: usize = 0;
pub(crate) const B_X: usize = 1;
pub(crate) const B_Y: usize = 3;
pub(crate) const KAPPA_C: usize = 5;
pub(crate) const SCALE_A: usize = 6;
pub(crate) const SCALE_C: usize = 7;

/// Number `k` of the proof part as `Groth16Verifier::spend` writes it: below q, so its reading does not matter.
pub(crate) fn proof_number(hints: &Hints, k: usize) -> Fq {
    Fq::from_le_bytes_mod_order(&hints.proof[32 * k..][..32])
}

/// `hints` with these numbers of the proof part exchanged.
pub(crate) fn with_numbers(hints: &Hints, numbers: &[(usize, Fq)]) -> Hints {
    let mut changed = hints.clone();
    for (k, value) in numbers {
        changed.proof[32 * k..][..32].copy_from_slice(&value.into_bigint().to_bytes_le());
    }
    changed
}

/// The proof that hints are for: a re-randomisation of the one they were made of.
pub(crate) fn written_proof(hints: &Hints) -> Proof<Bn254> {
    proof_of_numbers(&std::array::from_fn(|k| proof_number(hints, k))).expect("no scale is zero")
}

/// The proof that these numbers of the proof part give; none if a scale is zero.
pub(crate) fn proof_of_numbers(n: &[Fq; 8]) -> Option<Proof<Bn254>> {
    let point = |kappa: Fq, scale: Fq, unit: Fq| {
        let inverse = scale.inverse()?;
        Some(G1Affine::new_unchecked(kappa * inverse.square(), unit * inverse.square() * inverse))
    };
    Some(Proof {
        a: point(n[KAPPA_A], n[SCALE_A], Fq::ONE)?,
        b: G2Affine::new_unchecked(Fq2::new(n[B_X], n[B_X + 1]), Fq2::new(n[B_Y], n[B_Y + 1])),
        c: point(n[KAPPA_C], n[SCALE_C], -Fq::ONE)?,
    })
}

/// A valid spend of a bare verifier.
pub(crate) struct Spend {
    pub(crate) profile: Profile,
    pub(crate) key: InsecureKey,
    pub(crate) verifier: Groth16Verifier,
    /// The public inputs, all of the key's.
    pub(crate) values: Vec<Fr>,
    /// As the prover made it; `hints` are for [`written_proof`].
    pub(crate) proof: Proof<Bn254>,
    pub(crate) hints: Hints,
    /// The open public inputs as the script takes them.
    pub(crate) inputs: Vec<Vec<u8>>,
}

impl Spend {
    pub(crate) fn new(key_seed: u64, inputs: &[PublicInput], proof_seed: u64) -> Self {
        Self::under(Profile::Genesis, key_seed, inputs, proof_seed)
    }

    pub(crate) fn under(profile: Profile, key_seed: u64, inputs: &[PublicInput], proof_seed: u64) -> Self {
        let values = values(inputs, &mut StdRng::seed_from_u64(proof_seed));
        Self::of_values(profile, InsecureKey::new(key_seed, inputs.len()), inputs, values, proof_seed)
    }

    pub(crate) fn of_values(
        profile: Profile,
        key: InsecureKey,
        inputs: &[PublicInput],
        values: Vec<Fr>,
        proof_seed: u64,
    ) -> Self {
        let verifier = Groth16Verifier::new(&key.vk, inputs, Target::policy(profile)).expect("a good key");
        let proof = key.prove(&values, proof_seed);
        let SpendData { hints, inputs } = verifier.spend(&proof, &values).expect("a valid proof");
        Self { profile, key, verifier, values, proof, hints, inputs }
    }

    /// Another valid proof's hints, for the same inputs.
    pub(crate) fn other_hints(&self) -> Hints {
        let proof = self.key.prove(&self.values, 0x07e4);
        assert_ne!(proof, self.proof);
        self.verifier.spend(&proof, &self.values).expect("a valid proof").hints
    }

    /// These hints with the spend's own inputs.
    pub(crate) fn data(&self, hints: &Hints) -> SpendData {
        SpendData { hints: hints.clone(), inputs: self.inputs.clone() }
    }

    /// These hints with the quotient that they and the spend's own inputs call for.
    pub(crate) fn complete(&self, hints: &Hints) -> Result<Hints, HintError> {
        self.verifier.complete(self.data(hints)).map(|spend| spend.hints)
    }

    /// The machine's verdict on these hints with the spend's own inputs.
    pub(crate) fn run(&self, hints: &Hints) -> Result<Metrics, Box<Failure>> {
        self.run_data(&self.data(hints))
    }

    /// The machine's verdict on the spend's own hints with these inputs.
    pub(crate) fn run_inputs(&self, inputs: &[Vec<u8>]) -> Result<Metrics, Box<Failure>> {
        self.run_data(&SpendData { hints: self.hints.clone(), inputs: inputs.to_vec() })
    }

    pub(crate) fn run_data(&self, data: &SpendData) -> Result<Metrics, Box<Failure>> {
        self.run_script(&data.unlocking_script())
    }

    pub(crate) fn run_script(&self, unlocking: &UnlockingScript) -> Result<Metrics, Box<Failure>> {
        run_under(self.profile, &self.verifier, self.verifier.locking_script(), unlocking)
    }

    /// Fails unless these hints are refused with the quotient they have, and no other quotient would do.
    #[track_caller]
    pub(crate) fn assert_no_quotient_helps(&self, hints: &Hints, check: Check, label: &str) {
        assert_refused(self.run(hints), check, label);
        assert_eq!(self.complete(hints).err(), Some(HintError::ProofInvalid), "{label}");
    }
}

/// One valid spend with an input of 232 bits, made once.
pub(crate) fn spend() -> &'static Spend {
    spend_under(Profile::Genesis)
}

/// As [`spend`], under each profile.
pub(crate) fn spend_under(profile: Profile) -> &'static Spend {
    static GENESIS: LazyLock<Spend> = LazyLock::new(|| Spend::under(Profile::Genesis, 31, &[ONE_232], 32));
    static CHRONICLE: LazyLock<Spend> = LazyLock::new(|| Spend::under(Profile::Chronicle, 31, &[ONE_232], 32));
    match profile {
        Profile::Genesis => &GENESIS,
        Profile::Chronicle => &CHRONICLE,
    }
}

/// Runs a spend under a node's default policy; `locking` is laid out as the verifier's own script.
pub(crate) fn run_on(
    verifier: &Groth16Verifier,
    locking: &LockingScript,
    unlocking: &UnlockingScript,
) -> Result<Metrics, Box<Failure>> {
    run_under(Profile::Genesis, verifier, locking, unlocking)
}

fn run_under(
    profile: Profile,
    verifier: &Groth16Verifier,
    locking: &LockingScript,
    unlocking: &UnlockingScript,
) -> Result<Metrics, Box<Failure>> {
    let machine = machine(profile).with_fragments(fragment_map(&verifier.fragments()));
    machine.run(unlocking, locking, &NoSignatures)
}

/// A node's default policy under a profile, for the transactions that the profile's scripts are spent by.
pub(crate) fn machine(profile: Profile) -> Machine {
    match profile {
        Profile::Chronicle => Machine::chronicle_policy(TxVersion::RELAXED),
        _ => Machine::policy(),
    }
}

pub(crate) fn fragment_map(fragments: &[(Range<usize>, &str)]) -> FragmentMap {
    let mut map = FragmentMap::default();
    fragments.iter().for_each(|(range, path)| map.add(range.clone(), *path));
    map
}

/// An unlocking script of these pushes, each in its shortest form.
pub(crate) fn pushes(blobs: &[&[u8]]) -> UnlockingScript {
    let mut script = UnlockingScript::default();
    blobs.iter().for_each(|blob| script.push_slice(blob));
    script
}

/// Fails unless the run was refused by this check: the reason, and the fragment it happened in.
#[track_caller]
pub(crate) fn assert_refused(run: Result<Metrics, Box<Failure>>, check: Check, label: &str) {
    match check {
        // The script's end belongs to no fragment.
        Check::Identity => assert_refused_at(run, None, &ScriptError::EvalFalse, label),
        Check::G1 => {
            assert_refused_at(run, Some("verifier/g1_points"), &ScriptError::NumEqualVerify, label);
        }
    }
}

/// Fails unless the run was refused for this reason in this fragment.
#[track_caller]
pub(crate) fn assert_refused_at(
    run: Result<Metrics, Box<Failure>>,
    fragment: Option<&str>,
    reason: &ScriptError,
    label: &str,
) {
    let failure = run.err().unwrap_or_else(|| panic!("{label}: was accepted"));
    assert_eq!((failure.fragment.as_deref(), &failure.reason), (fragment, reason), "{label}: {failure}");
}

/// Fails unless the run ended as `verdict` says.
#[track_caller]
pub(crate) fn assert_verdict(run: Result<Metrics, Box<Failure>>, verdict: Verdict, label: &str) {
    match verdict {
        Verdict::Accepted => {
            run.unwrap_or_else(|failure| panic!("{label}: {failure}"));
        }
        Verdict::Refused(check) => assert_refused(run, check, label),
    }
}
