//! Claims that give away what they pay for: sent when nothing can come before them, or when the user says so.

use crate::values::machines_clock;
use contracts::{Disclosure, DisclosureError};
use core::num::NonZeroU32;
use ledger::Chain;
use script_gen::{Contract, ContractArtifact, ContractDefinition};
use tx_builder::{OutPoint, Txid};
use wallet::{Gate, Purpose, Recorded};

/// What a user can do about a claim that is held back.
pub(crate) const ADVICE: &str =
    "wait and try again; or, if it is known already or you take the risk, add --disclose-anyway";

/// When a claim is sent that gives away what it pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disclosing {
    /// When its coin is deep in the chain and its refund far off.
    WhenSafe,
    /// `--disclose-anyway`.
    Anyway,
}

impl Disclosing {
    /// What the flag means.
    pub(crate) const fn with_flag(anyway: bool) -> Self {
        if anyway { Self::Anyway } else { Self::WhenSafe }
    }

    /// The test of `claim`, which spends `coin` of the contract, with so many confirmations of its deployment.
    pub(crate) fn check(
        self,
        (contract, coin): (&Contract, OutPoint),
        claim: Txid,
        confirmations: NonZeroU32,
        chain: &dyn Chain,
    ) -> Result<(), DisclosureError> {
        match self {
            Self::WhenSafe => Disclosure { confirmations, now: machines_clock() }.check(contract, coin, claim, chain),
            Self::Anyway => Ok(()),
        }
    }

    /// The same test for what a wallet is about to send for the first time.
    pub(crate) const fn gate(self, confirmations: NonZeroU32) -> ClaimGate {
        ClaimGate { disclosing: self, confirmations }
    }
}

/// Holds claims back.
pub(crate) struct ClaimGate {
    disclosing: Disclosing,
    confirmations: NonZeroU32,
}

impl Gate for ClaimGate {
    fn hold(&self, recorded: &Recorded, contract: Option<&wallet::Contract>, chain: &dyn Chain) -> Option<String> {
        let (Disclosing::WhenSafe, Purpose::Claim { coin, .. }) = (self.disclosing, recorded.purpose()) else {
            return None;
        };
        let contract = contract?;
        if ContractDefinition::named(&contract.name).is_ok_and(|definition| !definition.pays_named()) {
            return None;
        }
        let checked = match ContractArtifact::parse(&contract.artifact) {
            Ok((_, contract)) => {
                let checked = self.disclosing.check((&contract, *coin), recorded.txid(), self.confirmations, chain);
                checked.map_err(anyhow::Error::from)
            }
            Err(error) => Err(anyhow::Error::from(error)
                .context("the claim may give away what it pays for, and the wallet's contract cannot be read")),
        };
        checked.err().map(|error| format!("{error:#}; {ADVICE}"))
    }
}
