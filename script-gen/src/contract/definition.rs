//! What a contract is, as `contracts/<name>/contract.toml` says it.

use chain_types::{Profile, UnknownProfile};
use serde::Deserialize;
use statement::BINDING_LEN;

use crate::target::Target;

/// A contract's definition, read from TOML; unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractDefinition {
    format: String,
    version: u32,
    /// The contract's name, that of its folder.
    pub name: String,
    /// One sentence on what it pays for.
    pub summary: String,
    /// File name of the template below `templates/`.
    pub template: String,
    profile: String,
    /// Where the values of all public inputs but the first come from.
    other_public_inputs: Source,
    /// The parts of the first public input.
    binding: Vec<Part>,
}

/// One part of the binding.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    name: String,
    bytes: usize,
    source: Source,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Source {
    Deployment,
    SpenderKeyHash,
}

/// Why a contract definition is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// Not TOML, or a key is missing, unknown or of another type.
    #[error("{0}")]
    Toml(String),
    /// Another format or version.
    #[error(
        "format {format:?} version {version}: expected {:?} version {}",
        ContractDefinition::FORMAT,
        ContractDefinition::VERSION
    )]
    Format {
        /// The format found.
        format: String,
        /// The version found.
        version: u32,
    },
    /// The profile has no meaning.
    #[error("profile: {0}")]
    Profile(#[from] UnknownProfile),
    /// The binding is not the one that circuits and scripts are made for.
    #[error("binding: expected recipient (20, spender-key-hash), nonce (8, deployment)")]
    Binding,
    /// The other public inputs come from elsewhere.
    #[error("other_public_inputs: expected deployment")]
    OtherInputs,
}

impl ContractDefinition {
    const FORMAT: &str = "provelock-contract-definition";
    const VERSION: u32 = 2;

    /// The definition of `contracts/inference-payment`, as released with this crate.
    ///
    /// # Errors
    /// Never for a released crate: its test parses the file.
    pub fn inference_payment() -> Result<Self, DefinitionError> {
        Self::parse(include_str!("../../../contracts/inference-payment/contract.toml"))
    }

    /// Reads a definition.
    ///
    /// # Errors
    /// [`DefinitionError`] for anything but a known format, version, profile and binding.
    pub fn parse(text: &str) -> Result<Self, DefinitionError> {
        let definition: Self = toml::from_str(text).map_err(|e| DefinitionError::Toml(e.to_string()))?;
        if definition.format != Self::FORMAT || definition.version != Self::VERSION {
            return Err(DefinitionError::Format { format: definition.format, version: definition.version });
        }
        let expected = [("recipient", 20, Source::SpenderKeyHash), ("nonce", 8, Source::Deployment)];
        let found = definition.binding.iter().map(|p| (p.name.as_str(), p.bytes, p.source));
        if !found.eq(expected) || definition.binding.iter().map(|p| p.bytes).sum::<usize>() != BINDING_LEN {
            return Err(DefinitionError::Binding);
        }
        if definition.other_public_inputs != Source::Deployment {
            return Err(DefinitionError::OtherInputs);
        }
        definition.target()?;
        Ok(definition)
    }

    /// The same for the rules of another profile.
    #[must_use]
    pub fn with_profile(mut self, profile: Profile) -> Self {
        profile.name().clone_into(&mut self.profile);
        self
    }

    /// What the contract's scripts are made for.
    ///
    /// # Errors
    /// [`DefinitionError::Profile`] for an unknown profile.
    pub fn target(&self) -> Result<Target, DefinitionError> {
        Ok(Target::policy(self.profile.parse::<Profile>()?))
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    const RELEASED: &str = include_str!("../../../contracts/inference-payment/contract.toml");

    #[test]
    fn definition__released_file__parses() {
        let definition = ContractDefinition::parse(RELEASED).expect("the released file is valid");
        assert_eq!(definition.name, "inference-payment");
        assert_eq!(definition.target(), Ok(Target::GENESIS));
    }

    #[test]
    fn definition__changed_file__is_refused_by_name() {
        let changed = |from: &str, to: &str| ContractDefinition::parse(&RELEASED.replacen(from, to, 1));
        assert!(matches!(changed("version = 2", "version = 3"), Err(DefinitionError::Format { version: 3, .. })));
        assert!(matches!(changed("\"genesis\"", "\"none\""), Err(DefinitionError::Profile(_))));
        assert_eq!(changed("bytes = 20", "bytes = 21"), Err(DefinitionError::Binding));
        assert_eq!(changed("spender-key-hash", "deployment"), Err(DefinitionError::Binding));
        let others = changed("other_public_inputs = \"deployment\"", "other_public_inputs = \"spender-key-hash\"");
        assert_eq!(others, Err(DefinitionError::OtherInputs));
        let unknown = ContractDefinition::parse(&format!("owner = \"me\"\n{RELEASED}"));
        assert!(matches!(unknown, Err(DefinitionError::Toml(message)) if message.contains("owner")));
    }
}
