//! Setup, prove and verify with Groth16 over BN254, and the files in between.
//!
//! Randomness enters only as a caller's [`CryptoRng`]. Setup randomness that survives lets its owner prove anything:
//! use the operating system's generator and let it go.

mod fault;
mod info;
mod key;
mod payload;
mod points;
mod progress;
mod proof;
mod prover;
mod setup;

pub use fault::{ArtifactError, ArtifactFault};
pub use info::CircuitInfo;
pub use key::{ProvingKey, VerifyingKey};
pub use progress::Progress;
pub use proof::{NamedValue, Proof, ProofDocument};

use crate::circuit::{Assignment, Circuit, Unsatisfied};
use crate::digest::Digest;
use ark_bn254::{Bn254, Fr};
use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::UniformRand;
use ark_groth16::Groth16;
use progress::Meter;
use prover::Blinding;
use rand::{CryptoRng, RngCore};

/// Why a setup failed: the field has roots of unity for 2^28 rows only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the circuit of model {model} has {constraints} constraints, more than the 2^28 that the field allows")]
pub struct SetupError {
    /// The model's name.
    pub model: String,
    /// Constraints of its circuit.
    pub constraints: usize,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The assignment does not satisfy the circuit: there is nothing to prove.
    #[error("nothing to prove")]
    Unsatisfied(#[from] Unsatisfied),
    /// The proving key was made for other constraints.
    #[error("the proving key is for circuit {}, this is circuit {}; run `setup` for this model", key.id, circuit.id)]
    OtherCircuit {
        /// What the key is for.
        key: Box<CircuitInfo>,
        /// What is being proved.
        circuit: Box<CircuitInfo>,
    },
    /// The proving key names these constraints, but is wrong about how they are made of the model, or about the names or
    /// widths of the public inputs: its proofs would say what the circuit does not.
    #[error("the proving key gives circuit {} another specification or other public inputs; run `setup` for this model", circuit.id)]
    Mislabelled {
        /// What the key says of the circuit.
        key: Box<CircuitInfo>,
        /// What is being proved.
        circuit: Box<CircuitInfo>,
    },
    /// The key makes proofs that its own verifying key refuses: it was damaged or not made by `setup`.
    #[error("the proving key makes proofs that its verifying key refuses; run `setup` again")]
    BadKey(#[source] Rejection),
}

/// Why a proof is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The proof names another verifying key.
    #[error("the proof is for verifying key {found}, not {expected}")]
    OtherKey {
        /// The key that the proof names.
        found: Digest,
        /// The key at hand.
        expected: Digest,
    },
    /// The proof names the key, but says of its circuit what the key does not.
    #[error("the proof says {field} {found}, its verifying key {expected}")]
    OtherCircuit {
        /// `model`, `spec` or `circuit`.
        field: &'static str,
        /// What the proof says.
        found: String,
        /// What the key says.
        expected: String,
    },
    /// The key takes another number of public inputs.
    #[error("{found} public inputs, the verifying key takes {expected}")]
    InputCount {
        /// Inputs given.
        found: usize,
        /// Inputs of the key.
        expected: usize,
    },
    /// A public input of the proof has another name than the verifying key gives it.
    #[error("public input {index} is called {found}, the verifying key calls it {expected}")]
    InputName {
        /// Its place, from 0.
        index: usize,
        /// The proof's name for it.
        found: String,
        /// The key's name for it.
        expected: String,
    },
    /// A public input has more bits than the circuit gives it.
    #[error("public input {name} is 0x{found}, expected less than 2^{bits}")]
    InputTooLarge {
        /// Its name.
        name: String,
        /// The value, 64 hex digits.
        found: String,
        /// Its width.
        bits: u32,
    },
    /// A proof element's coordinates are on no point of its curve.
    #[error("proof element {element} is not on its curve")]
    NotOnCurve {
        /// `A`, `B` or `C`.
        element: &'static str,
    },
    /// A proof element is on the curve, but not in the group of order r.
    #[error("proof element {element} is not in the group of order r")]
    WrongSubgroup {
        /// `A`, `B` or `C`.
        element: &'static str,
    },
    /// A proof element is the identity, which the locking script cannot represent and no honest prover produces.
    #[error("proof element {element} is the identity")]
    Identity {
        /// `A`, `B` or `C`.
        element: &'static str,
    },
    /// The pairing equation does not hold: the proof is not about these public inputs, or not a proof.
    #[error("the pairing equation does not hold")]
    Pairing,
}

/// Makes the two keys of a circuit.
///
/// # Errors
/// [`SetupError`] if the circuit is too large for the field's roots of unity.
///
/// # Security
/// Whoever knows what `rng` produced can prove untrue statements under these keys.
pub fn setup<R: RngCore + CryptoRng>(circuit: &Circuit, rng: &mut R) -> Result<(ProvingKey, VerifyingKey), SetupError> {
    setup_with_progress(circuit, rng, &|_| ())
}

/// Like [`setup`], and reports how far it is.
///
/// # Errors
/// As [`setup`].
pub fn setup_with_progress<R: RngCore + CryptoRng>(
    circuit: &Circuit,
    rng: &mut R,
    report: &(dyn Fn(Progress) + Sync),
) -> Result<(ProvingKey, VerifyingKey), SetupError> {
    let too_large =
        || SetupError { model: circuit.model_name().to_owned(), constraints: circuit.r1cs().n_constraints() };
    let inner = setup::generate(circuit.r1cs(), rng, report).ok_or_else(too_large)?;
    let verifying = VerifyingKey::new(CircuitInfo::of(circuit), inner.vk.clone());
    Ok((ProvingKey::new(verifying.clone(), inner), verifying))
}

/// Proves that `assignment` satisfies `circuit`, hiding everything but the public inputs.
///
/// The finished proof is verified once before it is returned, so a damaged key cannot produce a useless proof.
///
/// # Errors
/// [`ProveError::Unsatisfied`] names the constraints that do not hold; [`ProveError::OtherCircuit`] and
/// [`ProveError::BadKey`] mean the key.
pub fn prove<R: RngCore + CryptoRng>(
    key: &ProvingKey,
    circuit: &Circuit,
    assignment: &Assignment,
    rng: &mut R,
) -> Result<Proof, ProveError> {
    prove_with_progress(key, circuit, assignment, rng, &|_| ())
}

/// Like [`prove`], and reports how far it is.
///
/// # Errors
/// As [`prove`].
pub fn prove_with_progress<R: RngCore + CryptoRng>(
    key: &ProvingKey,
    circuit: &Circuit,
    assignment: &Assignment,
    rng: &mut R,
    report: &(dyn Fn(Progress) + Sync),
) -> Result<Proof, ProveError> {
    let info = CircuitInfo::of(circuit);
    let other_circuit =
        || ProveError::OtherCircuit { key: Box::new(key.circuit().clone()), circuit: Box::new(info.clone()) };
    let (constraints, wires) = (circuit.shape().constraints, assignment.values());
    let meter = Meter::new((constraints + prover::work(key.inner())) as u64, report);
    meter.begin("checking the constraints");
    let rows = circuit.check_rows(assignment)?;
    meter.add("checking the constraints", constraints as u64);
    if key.circuit().id != info.id || !key.fits(circuit) {
        return Err(other_circuit());
    }
    if !info.agrees(key.circuit()) {
        return Err(ProveError::Mislabelled { key: Box::new(key.circuit().clone()), circuit: Box::new(info) });
    }
    let n_known = circuit.shape().public_inputs + 1;
    let blinding = Blinding { r: Fr::rand(rng), s: Fr::rand(rng) };
    let proof = prover::create(key.inner(), n_known, rows, wires, blinding, &meter).ok_or_else(other_circuit)?;
    let proof = Proof::new(proof);
    verify(key.verifying_key(), &wires[1..n_known], &proof).map_err(ProveError::BadKey)?;
    Ok(proof)
}

/// Accepts a proof for `public_inputs`, each within its width, or says why not.
///
/// # Errors
/// The [`Rejection`] of the first check that fails, in the order of its variants.
pub fn verify(vk: &VerifyingKey, public_inputs: &[Fr], proof: &Proof) -> Result<(), Rejection> {
    vk.circuit().check(public_inputs)?;
    let points = proof.inner();
    check_point("A", &points.a)?;
    check_point("B", &points.b)?;
    check_point("C", &points.c)?;
    let prepared = ark_groth16::prepare_verifying_key(vk.inner());
    match Groth16::<Bn254>::verify_proof(&prepared, points, public_inputs) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(Rejection::Pairing),
    }
}

fn check_point<P: SWCurveConfig>(element: &'static str, point: &Affine<P>) -> Result<(), Rejection> {
    if point.is_zero() {
        Err(Rejection::Identity { element })
    } else if !point.is_on_curve() {
        Err(Rejection::NotOnCurve { element })
    } else if !point.is_in_correct_subgroup_assuming_on_curve() {
        Err(Rejection::WrongSubgroup { element })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
