//! What a spend on the chain says.

use ark_bn254::Fr;
use chain_types::{Profile, ScriptLimits, UnlockingScript};
use ledger::{InputError, TxSignatureChecker};
use script_gen::OpenTerm;
use script_vm::{Hook, Machine, Rules, ScriptRole, TxVersion, View};
use tx_builder::Transaction;

use crate::{CheckError, Locked, SpendError, fragment_names};

impl<'a> Locked<'a> {
    /// The public inputs that were given when the coin was claimed, in the key's order.
    ///
    /// The input that spends the coin is run on the script machine, and what is read is what the locking script found on the
    /// stack and accepted: the spender chooses how that came there. Pushes may be of any form, and since Chronicle the
    /// unlocking script of a transaction of version 2 up may compute. That the transaction is in a block is for a chain to
    /// say.
    ///
    /// # Errors
    /// [`SpendError::NotASpend`] if the transaction does not spend the coin, [`SpendError::Check`] if it does not unlock it,
    /// [`SpendError::Read`] if it is a refund.
    pub fn read(&self, spend: &Transaction) -> Result<Vec<(&'a OpenTerm, Fr)>, SpendError> {
        let input_idx = spend.input.iter().position(|input| input.previous_output == self.coin().outpoint);
        let not_a_spend = || SpendError::NotASpend { txid: spend.compute_txid(), outpoint: self.coin().outpoint };
        Ok(self.contract().read_claim_stack(&self.accepted(spend, input_idx.ok_or_else(not_a_spend)?)?)?)
    }

    /// What the unlocking script leaves and the locking script accepts.
    fn accepted(&self, spend: &Transaction, input_idx: usize) -> Result<Vec<Vec<u8>>, SpendError> {
        let unlocking = UnlockingScript::from_bytes(spend.input[input_idx].script_sig.to_bytes());
        let checker = TxSignatureChecker::new(spend, input_idx, self.coin().value)?;
        // Which opcodes there are depends on when the coin was mined, which only the chain knows. Whatever the locking script
        // accepts under either is proved, so the first that it accepts will do.
        let run = |mined_under| {
            let rules = Rules::ChronicleConsensus { version: TxVersion(spend.version.0), mined_under };
            let machine = Machine::new(ScriptLimits::CHRONICLE_POLICY, rules)
                .with_fragments(fragment_names(self.contract().fragments()));
            let mut between = Between(None);
            machine
                .run_with_hook(&unlocking, &self.coin().locking_script, &checker, &mut between)
                .map(|_| between.0.unwrap_or_default())
        };
        let (own, other) = match self.contract().profile() {
            Profile::Genesis => (Profile::Genesis, Profile::Chronicle),
            Profile::Chronicle => (Profile::Chronicle, Profile::Genesis),
        };
        run(own)
            .or_else(|failure| run(other).map_err(|_| failure))
            .map_err(|failure| CheckError::Input { input_idx, source: InputError::Script(failure) }.into())
    }
}

/// The stack between the two scripts, its top last.
struct Between(Option<Vec<Vec<u8>>>);

impl Hook for Between {
    fn before(&mut self, view: &View<'_>) {
        if view.role == ScriptRole::Locking && self.0.is_none() {
            self.0 = Some(view.stack().iter().map(|element| element.bytes().into_owned()).collect());
        }
    }
}
