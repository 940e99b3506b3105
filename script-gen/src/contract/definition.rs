//! What a contract is, as `contracts/<name>/contract.toml` says it.

use chain_types::{Profile, UnknownProfile};
use serde::Deserialize;
use statement::{BINDING, BINDING_BITS};

use super::{InputTerm, Payee, Terms};
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
    /// What the key's circuit proves.
    pub circuit: CircuitKind,
    payee: PayeeKind,
    /// Lists of names, of each of which the key has one at least.
    one_of: Vec<Vec<String>>,
    /// The public inputs that the key may have after the binding.
    input: Vec<InputRule>,
}

/// What a contract's circuit proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CircuitKind {
    /// What a network says of inputs.
    Inference,
    /// How many of a set's labels a network gets right.
    Accuracy,
    /// The same of an encrypted network.
    Sale,
}

/// Who is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PayeeKind {
    Prover,
    Named,
    Class,
}

/// A public input, or all of a row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputRule {
    /// `class`, or `input[*]` for `input[0]`, `input[1]` and so on.
    pub name: String,
    /// Where its value comes from.
    pub source: Source,
    /// Whether every key of the contract has it.
    pub required: bool,
    /// Whether a signer may be asked for.
    #[serde(default)]
    pub may_be_signed: bool,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// It is fixed when the contract is built.
    Deployment,
    /// It is given with the proof.
    Spending,
    /// One or the other, as the terms say.
    Either,
}

impl CircuitKind {
    /// As definitions spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inference => "inference",
            Self::Accuracy => "accuracy",
            Self::Sale => "sale",
        }
    }
}

impl Source {
    /// As definitions spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Spending => "spending",
            Self::Either => "either",
        }
    }
}

/// Why a contract definition is refused, or a key or terms are not of its kind.
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
    /// No contract has this name.
    #[error("unknown contract {found:?}, expected one of {}", ContractDefinition::NAMES.join(", "))]
    Name {
        /// The name.
        found: String,
    },
    /// A name in `one_of` that is no input of the definition, or no name.
    #[error("one_of: expected lists of names of the definition's own inputs; found {found:?}")]
    OneOf {
        /// The list.
        found: Vec<String>,
    },
    /// The key's first public input is not the binding.
    #[error("{contract}: the key's first public input is {found}, expected {BINDING} of {BINDING_BITS} bits")]
    Binding {
        /// The contract.
        contract: String,
        /// The input found.
        found: String,
    },
    /// A public input that the contract does not have.
    #[error("{contract} has no public input {found}, expected {expected}")]
    Input {
        /// The contract.
        contract: String,
        /// The name found.
        found: String,
        /// The names it has.
        expected: String,
    },
    /// A public input is missing.
    #[error("{contract} needs the public input {expected}, the key has {found}")]
    Missing {
        /// The contract.
        contract: String,
        /// The name, or names of which one will do.
        expected: String,
        /// The names there are.
        found: String,
    },
    /// A public input is fixed that must be given at spending, or the other way round.
    #[error("{contract}: the public input {name} must be {expected}")]
    Source {
        /// The contract.
        contract: String,
        /// Its name.
        name: String,
        /// `fixed at deployment`, `given at spending` or `like the others of its row`.
        expected: &'static str,
    },
    /// The terms name other inputs than the key has.
    #[error("{contract}: the terms are for {found}, the key has {expected}")]
    OtherInputs {
        /// The contract.
        contract: String,
        /// Names and widths in the terms.
        found: String,
        /// Names and widths in the key.
        expected: String,
    },
    /// The terms pay otherwise.
    #[error("{contract} pays {expected}, the terms pay {found}")]
    Payee {
        /// The contract.
        contract: String,
        /// Whom it pays.
        expected: &'static str,
        /// Whom the terms pay.
        found: &'static str,
    },
    /// A signer for an input that none can sign.
    #[error("{contract}: {name} takes no signer")]
    Signer {
        /// The contract.
        contract: String,
        /// The input's name.
        name: String,
    },
}

/// The files as released.
const RELEASED: [&str; 5] = [
    include_str!("../../../contracts/inference-payment/contract.toml"),
    include_str!("../../../contracts/model-bounty/contract.toml"),
    include_str!("../../../contracts/private-model-inference/contract.toml"),
    include_str!("../../../contracts/settlement/contract.toml"),
    include_str!("../../../contracts/model-sale/contract.toml"),
];

impl ContractDefinition {
    const FORMAT: &str = "provelock-contract-definition";
    const VERSION: u32 = 3;
    /// Names of all contracts.
    pub const NAMES: [&str; 5] =
        ["inference-payment", "model-bounty", "private-model-inference", "settlement", "model-sale"];

    /// The definitions below `contracts/`, as released with this crate, in the order of [`Self::NAMES`].
    ///
    /// # Errors
    /// Never for a released crate: its test parses the files.
    pub fn all() -> Result<[Self; 5], DefinitionError> {
        let [a, b, c, d, e] = RELEASED.map(Self::parse);
        Ok([a?, b?, c?, d?, e?])
    }

    /// The definition of this name.
    ///
    /// # Errors
    /// [`DefinitionError::Name`] if there is none.
    pub fn named(name: &str) -> Result<Self, DefinitionError> {
        match Self::NAMES.iter().position(|known| *known == name) {
            Some(k) => Self::parse(RELEASED[k]),
            None => Err(DefinitionError::Name { found: name.to_owned() }),
        }
    }

    /// Reads a definition.
    ///
    /// # Errors
    /// [`DefinitionError`] for anything but a known format, version and profile, and answers among the inputs.
    pub fn parse(text: &str) -> Result<Self, DefinitionError> {
        let definition: Self = toml::from_str(text).map_err(|e| DefinitionError::Toml(e.to_string()))?;
        if definition.format != Self::FORMAT || definition.version != Self::VERSION {
            return Err(DefinitionError::Format { format: definition.format, version: definition.version });
        }
        let is_input = |name: &String| definition.input.iter().any(|rule| rule.name == *name);
        let is_bad = |names: &&Vec<String>| names.is_empty() || !names.iter().all(is_input);
        if let Some(found) = definition.one_of.iter().find(is_bad) {
            return Err(DefinitionError::OneOf { found: found.clone() });
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

    /// Whether payouts go by class.
    pub fn pays_by_class(&self) -> bool {
        self.payee == PayeeKind::Class
    }

    /// Whether the contract names the key that is paid.
    pub fn pays_named(&self) -> bool {
        self.payee == PayeeKind::Named
    }

    /// The public inputs that a key may have after the binding.
    pub fn inputs(&self) -> &[InputRule] {
        &self.input
    }

    /// Whether the public input `name` may be given at spending.
    pub fn may_be_open(&self, name: &str) -> bool {
        self.rule(name).is_some_and(|rule| rule.source != Source::Deployment)
    }

    /// Whether the public input `name` may be fixed at deployment.
    pub fn may_be_fixed(&self, name: &str) -> bool {
        self.rule(name).is_some_and(|rule| rule.source != Source::Spending)
    }

    /// Checks that a key and terms are of this contract's kind. `inputs` are names and widths of all of the key's public
    /// inputs, the binding first.
    ///
    /// # Errors
    /// [`DefinitionError`], naming the input.
    pub fn check(&self, inputs: &[(&str, u32)], terms: &Terms) -> Result<(), DefinitionError> {
        let contract = self.name.clone();
        let shown = |inputs: &[(&str, u32)]| match inputs {
            [] => "none".to_owned(),
            inputs => inputs.iter().map(|(name, bits)| format!("{name} of {bits} bits")).collect::<Vec<_>>().join(", "),
        };
        let Some(((BINDING, BINDING_BITS), others)) = inputs.split_first().map(|(first, rest)| (*first, rest)) else {
            let found = inputs.first().map_or_else(|| "missing".to_owned(), |first| shown(&[*first]));
            return Err(DefinitionError::Binding { contract, found });
        };
        self.check_names(&others.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
        let found: Vec<(&str, u32)> = terms.inputs.iter().map(|input| (input.name(), input.bits())).collect();
        if found != others {
            return Err(DefinitionError::OtherInputs { contract, found: shown(&found), expected: shown(others) });
        }
        self.check_terms(terms)
    }

    /// Checks that terms are of this contract's kind, whatever the key.
    ///
    /// # Errors
    /// [`DefinitionError`], naming the input.
    pub fn check_terms(&self, terms: &Terms) -> Result<(), DefinitionError> {
        self.check_names(&terms.inputs.iter().map(InputTerm::name).collect::<Vec<_>>())?;
        self.check_sources(terms)?;
        let contract = || self.name.clone();
        let whom = |kind| match kind {
            PayeeKind::Prover => "whoever the proof is bound to",
            PayeeKind::Named => "a key that it names",
            PayeeKind::Class => "by class",
        };
        let found = match &terms.payee {
            Payee::Prover { .. } => PayeeKind::Prover,
            Payee::Named { .. } => PayeeKind::Named,
            Payee::ByClass(_) => PayeeKind::Class,
        };
        if found != self.payee {
            return Err(DefinitionError::Payee {
                contract: contract(),
                expected: whom(self.payee),
                found: whom(found),
            });
        }
        match terms.signer() {
            Some(signer) if !self.rule(&signer.input).is_some_and(|rule| rule.may_be_signed) => {
                Err(DefinitionError::Signer { contract: contract(), name: signer.input.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Checks the names of a key's public inputs after the binding.
    ///
    /// # Errors
    /// [`DefinitionError::Input`] or [`DefinitionError::Missing`].
    pub fn check_names(&self, names: &[&str]) -> Result<(), DefinitionError> {
        let list = |names: &mut dyn Iterator<Item = &str>| names.collect::<Vec<_>>().join(", ");
        if let Some(unknown) = names.iter().find(|name| self.rule(name).is_none()) {
            let expected = list(&mut self.input.iter().map(|rule| rule.name.as_str()));
            return Err(DefinitionError::Input { contract: self.name.clone(), found: (*unknown).to_owned(), expected });
        }
        let is_there = |rule: &str| names.iter().any(|name| is_of(name, rule));
        let missing = |expected: String| {
            let found = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Err(DefinitionError::Missing { contract: self.name.clone(), expected, found })
        };
        if let Some(rule) = self.input.iter().find(|rule| rule.required && !is_there(&rule.name)) {
            return missing(rule.name.clone());
        }
        if let Some(names) = self.one_of.iter().find(|names| !names.iter().any(|name| is_there(name))) {
            return missing(names.join(" or "));
        }
        Ok(())
    }

    fn check_sources(&self, terms: &Terms) -> Result<(), DefinitionError> {
        for rule in &self.input {
            let mut of_rule = terms.inputs.iter().filter(|input| is_of(input.name(), &rule.name));
            let first_is_open = of_rule.clone().next().is_some_and(|input| input.value().is_none());
            let wrong = of_rule.find_map(|input| {
                let is_open = input.value().is_none();
                let expected = match rule.source {
                    Source::Deployment if is_open => "fixed at deployment",
                    Source::Spending if !is_open => "given at spending",
                    Source::Either if is_open != first_is_open => "like the others of its row",
                    _ => return None,
                };
                Some((input.name().to_owned(), expected))
            });
            if let Some((name, expected)) = wrong {
                return Err(DefinitionError::Source { contract: self.name.clone(), name, expected });
            }
        }
        Ok(())
    }

    /// What holds for a public input; none if the contract has none of that name.
    pub fn rule(&self, name: &str) -> Option<&InputRule> {
        self.input.iter().find(|rule| is_of(name, &rule.name))
    }
}

/// Whether an input's name is `rule`, or in the row that `rule` names.
fn is_of(name: &str, rule: &str) -> bool {
    match rule.strip_suffix("[*]") {
        None => name == rule,
        Some(row) => name.split_once('[').is_some_and(|(word, _)| word == row),
    }
}
