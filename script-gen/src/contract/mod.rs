//! Contracts, a verifier and what binds it to money, and the files that carry them.

mod artifact;
mod claim;
mod definition;
mod fixed_input;
mod frame;
mod input_text;
mod payouts;
mod proof;
mod terms;
mod terms_text;
mod verifier_artifact;
mod witness;

pub use artifact::{ArtifactError, ContractArtifact};
pub use claim::ReadError;
pub use definition::{CircuitKind, ContractDefinition, DefinitionError, InputRule, Source};
pub use fixed_input::{FixedInput, FixedInputError};
pub(crate) use frame::{Frame, Piece};
pub use input_text::InputTextError;
pub use payouts::{Payout, PayoutError, Payouts};
pub use proof::Contract;
pub use terms::{InputTerm, LockTime, LockTimeError, OpenTerm, Payee, Refund, Signer, Terms};
pub use verifier_artifact::VerifierArtifact;
pub use witness::{Attestation, ClaimWitness, RefundWitness};
