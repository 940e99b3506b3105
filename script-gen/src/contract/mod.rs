//! Contracts: a verifier, and what binds it to money.

mod artifact;
mod definition;
mod digit;

pub use artifact::{ArtifactError, ContractArtifact};
pub use definition::{ContractDefinition, DefinitionError};
pub use digit::DigitContract;
