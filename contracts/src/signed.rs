//! Transactions that are ready to send, checked on the script machine.

use std::ops::Range;

use chain_types::{Opcode, Profile, Satoshis};
use ledger::{InputError, check_input, policy_machine};
use script_gen::{Contract, Payee};
use script_vm::FragmentMap;
use tx_builder::{Funded, Transaction, TxOut, UnlockError, Version};

/// A transaction with every input unlocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What to send.
    pub transaction: Transaction,
    /// What it pays to whoever mines it.
    pub fee: Satoshis,
    /// The outputs it spends, in the order of its inputs.
    pub spent: Vec<TxOut>,
}

impl Signed {
    pub(crate) fn of(funded: Funded) -> Result<Self, UnlockError> {
        let (fee, spent) = (funded.fee(), funded.spent());
        Ok(Self { transaction: funded.finish()?, fee, spent })
    }
}

/// The version of transactions that spend what is locked under a profile's rules: the lowest with all of them.
pub const fn spend_version(profile: Profile) -> Version {
    match profile {
        Profile::Genesis => Version::ONE,
        Profile::Chronicle => Version::TWO,
    }
}

/// Runs the scripts of every input of `transaction` as a node would that has `contract`'s rules for the next block, under
/// its default policy. `spent` are the outputs that the inputs spend, in their order; where one is under `contract`, a
/// failure names the piece of its script.
///
/// Not checked, as only a chain knows: whether the coins exist and are unspent, whether the lock time is reached.
///
/// # Errors
/// [`CheckError`].
pub fn check(transaction: &Transaction, spent: &[TxOut], contract: &Contract) -> Result<(), CheckError> {
    let (n_inputs, n_spent) = (transaction.input.len(), spent.len());
    if n_inputs != n_spent {
        return Err(CheckError::SpentCount { found: n_spent, expected: n_inputs });
    }
    let machine = policy_machine(contract.profile(), transaction);
    for (input_idx, spent) in spent.iter().enumerate() {
        let machine = if spent.script_pubkey.as_bytes() == contract.locking_script().as_bytes() {
            let unlocking = transaction.input[input_idx].script_sig.as_bytes();
            machine.clone().with_fragments(names_of_way(contract, unlocking))
        } else {
            machine.clone()
        };
        let refused = |source| CheckError::Input { input_idx, source };
        check_input(transaction, input_idx, spent, &machine).map_err(refused)?;
    }
    Ok(())
}

/// Why a transaction would be refused for its scripts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// Not one spent output for each input.
    #[error("{found} spent outputs for {expected} inputs")]
    SpentCount {
        /// Outputs given.
        found: usize,
        /// Inputs of the transaction.
        expected: usize,
    },
    /// An input does not unlock its coin.
    #[error("input {input_idx} does not unlock its coin")]
    Input {
        /// Which input.
        input_idx: usize,
        /// What its scripts do.
        source: InputError,
    },
}

/// The names of a contract's pieces for the way that `unlocking` takes through its script. What stands between pieces, and
/// the end of the script, pass on the answer of the last piece that ran: a failure there is that one's.
pub(crate) fn names_of_way(contract: &Contract, unlocking: &[u8]) -> FragmentMap {
    let is_refund = unlocking.last() == Some(&Opcode::OP_0.0);
    // A claim that no script looks at ends with the verifier; all others go on behind the refund's piece.
    let ends_with_verifier =
        !is_refund && matches!(contract.terms().payee, Payee::Prover { signer: None } | Payee::Named { .. });
    let (mut names, mut end) = (FragmentMap::default(), 0);
    let (mut last, mut answer) = ("", None);
    for (bytes, path) in contract.fragments() {
        if path == REFUND && ends_with_verifier {
            answer = Some(last);
        }
        last = if path.is_empty() { last } else { path };
        end = bytes.end;
        names.add(bytes, fragment_name(last));
    }
    names.add(end..end + 1, fragment_name(answer.unwrap_or(last)));
    names
}

/// The name of the piece that a refund runs and a claim does not.
const REFUND: &str = "refund";

/// The names of a whole locking script's pieces, for reports of the script machine.
pub fn fragment_names(fragments: Vec<(Range<usize>, &str)>) -> FragmentMap {
    let mut names = FragmentMap::default();
    // A script that ends with "false" fails behind its last byte: that is the answer of its last piece with a name.
    if let Some((_, path)) = fragments.iter().rev().find(|(_, path)| !path.is_empty()) {
        let end = fragments.last().map_or(0, |(bytes, _)| bytes.end);
        names.add(end..end + 1, *path);
    }
    for (bytes, path) in fragments {
        names.add(bytes, fragment_name(path));
    }
    names
}

/// The name of a piece of a locking script; what is outside of all pieces only clears the stack.
pub fn fragment_name(path: &str) -> &str {
    if path.is_empty() { "clean-up" } else { path }
}
