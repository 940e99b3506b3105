//! Makes Bitcoin SV scripts that check Groth16 proofs over BN254.
//!
//! Two steps, from two kinds of data: a verifying key and a contract give a [`LockingScript`](chain_types::LockingScript)
//! ([`Contract`], [`Groth16Verifier`]); a proof and public inputs give [`Hints`], hence an
//! [`UnlockingScript`](chain_types::UnlockingScript). Both are pure functions: no I/O, no clock, no randomness.
//!
//! ```
//! use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
//! use ark_ec::{AffineRepr, CurveGroup};
//! use ark_groth16::VerifyingKey;
//! use script_gen::{Contract, FixedInput, LockTime, Refund, Target, Terms};
//! use statement::{Nonce, PubkeyHash};
//!
//! // Any key whose first public input is a packed binding; this one is made of small multiples and proves nothing.
//! let g1 = |k: u64| (G1Affine::generator() * Fr::from(k)).into_affine();
//! let g2 = |k: u64| (G2Affine::generator() * Fr::from(k)).into_affine();
//! let gamma_abc_g1 = vec![g1(1), g1(2), g1(3)];
//! let vk = VerifyingKey { alpha_g1: g1(1), beta_g2: g2(1), gamma_g2: g2(2), delta_g2: g2(3), gamma_abc_g1 };
//! let class = FixedInput::parse("class", 4, "7")?;
//! let refund = Refund { recipient: PubkeyHash([0xf0; 20]), lock_time: LockTime::new(900_000)? };
//! let terms = Terms::pay_prover([class.into()], Nonce([1; 8]), refund);
//! let contract = Contract::new(&vk, terms, Target::GENESIS)?;
//! assert!(contract.locking_script().len() < 26_000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
    DefinitionError, FixedInput, FixedInputError, InputRule, InputTerm, InputTextError, LockTime, LockTimeError,
    OpenTerm, Payee, Payout, PayoutError, Payouts, ReadError, Refund, RefundWitness, Signer, Source, Terms,
    VerifierArtifact,
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
