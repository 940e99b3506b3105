//! Finding a contract by what its owner calls it.

use crate::{ContractId, Wallet};

/// Digits of an id that are enough to mean it.
const MIN_DIGITS: usize = 8;

/// How many ids an error names at most.
const MAX_NAMED: usize = 8;

/// Why a name or the beginning of an id means no contract.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindError {
    /// No contract is called so.
    #[error(
        "no contract of the wallet has the name {named:?}, or an id that begins so (with {MIN_DIGITS} digits or more): \
         it has {}",
        list(known)
    )]
    Unknown {
        /// What was looked for.
        named: String,
        /// The contracts there are, by id.
        known: Vec<ContractId>,
    },
    /// Several contracts are.
    #[error("{named:?} may mean {}: give more of the id", list(found))]
    Several {
        /// What was looked for.
        named: String,
        /// What it may mean, by id.
        found: Vec<ContractId>,
    },
}

fn list(ids: &[ContractId]) -> String {
    let named: Vec<_> = ids.iter().take(MAX_NAMED).map(ToString::to_string).collect();
    match ids.len() {
        0 => "none".to_owned(),
        n if n > MAX_NAMED => format!("{} and {} more", named.join(", "), n - MAX_NAMED),
        _ => named.join(", "),
    }
}

impl Wallet {
    /// The one contract that is meant by its id, by the first 8 or more digits of its id, or by its name. What the wallet
    /// keeps of it, [`Self::contract`] gives.
    ///
    /// # Errors
    /// [`FindError`] if there is none, or more than one.
    pub fn find_contract(&self, named: &str) -> Result<ContractId, FindError> {
        let digits = named.to_ascii_lowercase();
        let is_meant = |id: &ContractId, name: &str| {
            name == named || (digits.len() >= MIN_DIGITS && id.to_string().starts_with(&digits))
        };
        let contracts = &self.known.contracts;
        let found = contracts.iter().filter(|(id, contract)| is_meant(id, &contract.name)).map(|(id, _)| *id);
        let found: Vec<_> = found.collect();
        match found[..] {
            [id] => Ok(id),
            [] => Err(FindError::Unknown { named: named.to_owned(), known: contracts.keys().copied().collect() }),
            _ => Err(FindError::Several { named: named.to_owned(), found }),
        }
    }
}
