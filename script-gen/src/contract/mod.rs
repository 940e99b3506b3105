//! Contracts, a verifier and what binds it to money, and the files that carry them.

mod artifact;
mod definition;
mod fixed_input;
mod input_text;
mod proof_contract;
mod verifier_artifact;

pub use artifact::{ArtifactError, ContractArtifact};
pub use definition::{ContractDefinition, DefinitionError};
pub use fixed_input::{FixedInput, FixedInputError, FixedInputText};
pub use input_text::InputTextError;
pub use proof_contract::ProofContract;
pub use verifier_artifact::VerifierArtifact;
