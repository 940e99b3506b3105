//! Contracts, a verifier and what binds it to money, and the files that carry them.

mod artifact;
mod definition;
mod digit;
mod input_text;
mod verifier_artifact;

pub use artifact::{ArtifactError, ContractArtifact};
pub use definition::{ContractDefinition, DefinitionError};
pub use digit::DigitContract;
pub use input_text::InputTextError;
pub use verifier_artifact::VerifierArtifact;
