//! Makes Bitcoin SV scripts that check Groth16 proofs over BN254.
//!
//! Two steps, from two kinds of data: a verifying key and a contract give a [`LockingScript`](chain_types::LockingScript)
//! ([`Contract`], [`Groth16Verifier`]); a proof and public inputs give [`Hints`], hence an
//! [`UnlockingScript`](chain_types::UnlockingScript). Both are pure functions: no I/O, no clock, no randomness.
//!
//! # A proof in a script
//!
//! ```
//! use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
//! use ark_ec::{AffineRepr, CurveGroup};
//! use ark_groth16::{Proof, VerifyingKey};
//! use script_gen::{Groth16Verifier, PublicInput, Target};
//! use script_vm::{Machine, NoSignatures, ScriptError};
//!
//! // A key of two public inputs whose secrets are known to all: so proofs of anything can be made without a circuit.
//! let g1 = |k: Fr| (G1Affine::generator() * k).into_affine();
//! let g2 = |k: Fr| (G2Affine::generator() * k).into_affine();
//! let [one, two, three] = [1u64, 2, 3].map(Fr::from);
//! let gamma_abc_g1 = vec![g1(one), g1(two), g1(three)];
//! let (alpha_g1, beta_g2, gamma_g2, delta_g2) = (g1(one), g2(one), g2(two), g2(three));
//! let vk = VerifyingKey::<Bn254> { alpha_g1, beta_g2, gamma_g2, delta_g2, gamma_abc_g1 };
//! let prove = |inputs: [Fr; 2]| {
//!     let (a, b) = (Fr::from(5), Fr::from(11));
//!     let c = (a * b - one - (one + two * inputs[0] + three * inputs[1]) * two) / three;
//!     Proof::<Bn254> { a: g1(a), b: g2(b), c: g1(c) }
//! };
//!
//! // Deployment: the first input is given at spending, 8 bits; the second is fixed.
//! let verifier = Groth16Verifier::new(&vk, &[PublicInput::Bits(8), PublicInput::Fixed(7.into())], Target::GENESIS)?;
//!
//! // Spending.
//! let inputs = [Fr::from(200), Fr::from(7)];
//! let mut data = verifier.spend(&prove(inputs), &inputs)?;
//! Machine::policy().run(&data.unlocking_script(), verifier.locking_script(), &NoSignatures)?;
//!
//! // Another input with the same proof.
//! data.inputs[0][0] ^= 1;
//! let refused = Machine::policy().run(&data.unlocking_script(), verifier.locking_script(), &NoSignatures);
//! assert_eq!(refused.map_err(|failure| failure.reason), Err(ScriptError::EvalFalse));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A contract
//!
//! A verifier alone opens for whoever sees a proof. A [`Contract`] pays whom the proof is bound to, or fixed outputs by
//! class, or after a lock time its funder; what tells it from others are its [`Terms`].
//!
//! ```
//! # use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
//! # use ark_ec::{AffineRepr, CurveGroup};
//! # use ark_groth16::VerifyingKey;
//! use script_gen::{ContractArtifact, ContractDefinition, FixedInput, LockTime, Refund, Terms};
//! use statement::{Nonce, PubkeyHash};
//! # let g1 = |k: u64| (G1Affine::generator() * Fr::from(k)).into_affine();
//! # let g2 = |k: u64| (G2Affine::generator() * Fr::from(k)).into_affine();
//! # let gamma_abc_g1 = vec![g1(1), g1(2), g1(3)];
//! # let vk = VerifyingKey { alpha_g1: g1(1), beta_g2: g2(1), gamma_g2: g2(2), delta_g2: g2(3), gamma_abc_g1 };
//!
//! // One of the library's; `vk` is a key whose public inputs are the packed binding and a class.
//! let definition = ContractDefinition::named("inference-payment")?;
//! let class = FixedInput::parse("class", 4, "7")?;
//! let refund = Refund { recipient: PubkeyHash([0xf0; 20]), lock_time: LockTime::new(900_000)? };
//! let terms = Terms::pay_prover([class.into()], Nonce([1; 8]), refund);
//! definition.check(&[("binding", 224), ("class", 4)], &terms)?;
//! let (artifact, contract) = ContractArtifact::build(&definition, &vk, terms)?;
//! assert!(contract.locking_script().len() < 26_000);
//!
//! // Whoever reads the file builds the script anew.
//! let (_, same) = ContractArtifact::parse(&artifact.to_json())?;
//! assert_eq!(same.locking_script(), contract.locking_script());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Transactions that lock and spend are made by the crate `contracts`.
//!
//! How the check works, and why it is sound, is in `docs/math/verifier.md`. Who guards against what is in
//! `docs/threat_model.md`.

mod bn254;
mod compiled;
mod contract;
mod cost;
mod error;
mod groth16;
mod hint;
pub mod introspection;
mod ir;
mod poly;
mod target;
mod text;
mod torus;
mod verifier;

pub use contract::{
    ArtifactError, Attestation, CircuitKind, ClaimWitness, Contract, ContractArtifact, ContractDefinition,
    DefinitionError, FixedInput, FixedInputError, HintsFile, InputRule, InputTerm, InputTextError, LockTime,
    LockTimeError, OpenTerm, Payee, Payout, PayoutError, Payouts, ReadError, Refund, RefundWitness, ScryptArtifact,
    Signer, Source, Terms, VerifierArtifact,
};
pub use cost::{Cost, ScriptCost};
pub use error::{BuildError, HintError, KeyError};
#[cfg(feature = "search")]
pub use groth16::shortest_orders;
pub use groth16::{Groth16Verifier, SpendData};
pub use hint::Hints;
#[cfg(feature = "search")]
pub use ir::search::{FoundOrder, Options, Progress};
pub use target::Target;
pub use text::{AsmError, TemplateError, assemble, disassemble};
pub use verifier::public_input::{MAX_INPUT_BITS, PublicInput};

/// Name and version of this generator; another version may make other bytes of the same contract.
pub const GENERATOR: &str = concat!("provelock script-gen ", env!("CARGO_PKG_VERSION"));
