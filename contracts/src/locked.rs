//! Coins out of a contract.

use ark_bn254::Fr;
use chain_types::{FeeRate, LockingScript, Satoshis};
use script_gen::{ClaimWitness, Contract, Payee, Payout, RefundWitness};
use statement::PubkeyHash;
use tx_builder::{BuildError, Coin, Draft, Funded, LockTime, OutPoint, SigningKey, Transaction};

use crate::{
    Evidence, Purse, Signed, SignedCommitment, SpendError, Spender, Way,
    attestation::commitment_bytes,
    check,
    grind::{CONTRACT_INPUT, grind_lock_time, grind_refund_sequence},
    spend_version,
};

/// How many times the fee that is due a settlement with coins from elsewhere may pay. Making a coin of the right value costs far
/// less than one such fee.
const MAX_FEE_RATIO: u64 = 2;

/// A contract's coin: what is under its locking script, and where.
///
/// Every spend is run on the script machine before it is handed out, so that what a node would refuse for its scripts is
/// an error here. The contract's coin is input 0 of every spend.
#[derive(Clone, Debug)]
pub struct Locked<'a> {
    contract: &'a Contract,
    coin: Coin,
}

impl<'a> Locked<'a> {
    /// The coin, if it is under the contract.
    ///
    /// # Errors
    /// [`SpendError::NotUnderContract`].
    pub fn new(contract: &'a Contract, coin: Coin) -> Result<Self, SpendError> {
        if coin.locking_script != *contract.locking_script() {
            let (found, expected) = (coin.locking_script.len(), contract.locking_script().len());
            return Err(SpendError::NotUnderContract { outpoint: coin.outpoint, found, expected });
        }
        Ok(Self::unchecked(contract, coin))
    }

    /// The first output of a deployment that is under the contract.
    ///
    /// # Errors
    /// [`SpendError::NotDeployed`].
    pub fn of(contract: &'a Contract, deployment: &Transaction) -> Result<Self, SpendError> {
        let script = contract.locking_script().as_bytes();
        let outputs = (0..).zip(&deployment.output);
        let found =
            outputs.filter(|(_, output)| output.script_pubkey.as_bytes() == script).map(|(vout, _)| vout).next();
        let coin = found.and_then(|vout| Coin::of(deployment, vout).ok());
        let not_deployed = || SpendError::NotDeployed { txid: deployment.compute_txid() };
        Ok(Self::unchecked(contract, coin.ok_or_else(not_deployed)?))
    }

    pub(crate) const fn unchecked(contract: &'a Contract, coin: Coin) -> Self {
        Self { contract, coin }
    }

    /// The contract.
    pub const fn contract(&self) -> &'a Contract {
        self.contract
    }

    /// The coin.
    pub const fn coin(&self) -> &Coin {
        &self.coin
    }

    /// Claims the coin for the prover: output 0 pays its value less the fee to whom the spender says. The proof is bound to
    /// the spender's key, which signs; a key by itself pays itself.
    ///
    /// # Errors
    /// [`SpendError::OtherWay`] unless the contract pays the prover without a signer; [`SpendError::OtherRecipient`],
    /// [`SpendError::Build`], [`SpendError::Check`].
    pub fn claim<'k>(
        &self,
        spender: impl Into<Spender<'k>>,
        evidence: &Evidence,
        fee_rate: FeeRate,
    ) -> Result<Signed, SpendError> {
        let Spender { key, pay_to } = spender.into();
        self.expect_way(Way::Claim)?;
        self.check_recipient(evidence, key)?;
        let mut funded = self.draft_claim(pay_to, fee_rate)?;
        let signature = funded.sign(CONTRACT_INPUT, key)?.as_bytes().to_vec();
        let witness = ClaimWitness::Prover { signature, public_key: key.public_key_bytes() };
        funded.unlock(CONTRACT_INPUT, self.contract.claim_script(&evidence.data, &witness))?;
        self.checked(funded)
    }

    /// Claims the coin for the prover with the word of the contract's signer ([`Self::attest`]): output 0 holds the signed
    /// commitment and no value, output 1 pays the coin's value less the fee to whom the spender says. The proof is bound to
    /// the spender's key.
    ///
    /// # Errors
    /// [`SpendError::OtherWay`] unless the contract has a signer; [`SpendError::Attestation`] if the word is about another
    /// coin or commitment, or not the signer's; [`SpendError::OtherRecipient`], [`SpendError::Build`],
    /// [`SpendError::Check`].
    pub fn claim_attested<'k>(
        &self,
        spender: impl Into<Spender<'k>>,
        evidence: &Evidence,
        attested: &SignedCommitment,
        fee_rate: FeeRate,
    ) -> Result<Signed, SpendError> {
        let Spender { key, pay_to } = spender.into();
        self.expect_way(Way::AttestedClaim)?;
        self.check_recipient(evidence, key)?;
        let commitment = self.signed_input(&evidence.data)?;
        let mut funded = self.draft_attested(pay_to, commitment, fee_rate)?;
        let attestation = self.apply(attested, commitment, &mut funded)?;
        let signature = funded.sign(CONTRACT_INPUT, key)?.as_bytes().to_vec();
        let witness = ClaimWitness::Attested { signature, public_key: key.public_key_bytes(), attestation };
        funded.unlock(CONTRACT_INPUT, self.contract.claim_script(&evidence.data, &witness))?;
        self.checked(funded)
    }

    /// Settles the coin by the class that is proved: the outputs are those of the contract for this class, and what the
    /// coin holds beyond them is the fee. Whoever has the proof can do so, and nobody can pay others.
    ///
    /// # Errors
    /// [`SpendError::OtherWay`] unless the contract pays by class; [`SpendError::NobodyPaid`]; [`SpendError::Build`] if
    /// the coin does not pay outputs and fee ([`Self::settle_with`] adds coins); [`SpendError::Check`].
    pub fn settle(&self, evidence: &Evidence, fee_rate: FeeRate) -> Result<Signed, SpendError> {
        self.settle_by(evidence, None, fee_rate)
    }

    /// The same with those coins of the purse that come closest to the fee. There is no change, as the contract fixes every
    /// output: what they hold beyond the fee is lost to it.
    ///
    /// # Errors
    /// As [`Self::settle`]; [`SpendError::Excess`] if the fee would be more than twice what is due, which says what coin to
    /// make first; [`SpendError::Unlock`] if a coin is not the purse's.
    pub fn settle_with(&self, evidence: &Evidence, purse: &Purse<'_>, fee_rate: FeeRate) -> Result<Signed, SpendError> {
        self.settle_by(evidence, Some(purse), fee_rate)
    }

    fn settle_by(
        &self,
        evidence: &Evidence,
        purse: Option<&Purse<'_>>,
        fee_rate: FeeRate,
    ) -> Result<Signed, SpendError> {
        let no_class = SpendError::OtherWay { asked: Way::Settlement, expected: self.way() };
        let class = self.contract.class(&evidence.data).ok_or(no_class)?;
        let mut funded = self.draft_settlement(class, purse, fee_rate)?;
        let expected = self.contract.claim_preimage(&evidence.data).ok_or(SpendError::NobodyPaid { class })?;
        let preimage_head = grind_lock_time(&mut funded, &expected)?;
        let lock_time = funded.transaction().lock_time.to_consensus_u32().to_le_bytes();
        let unlocking = self.contract.claim_script(&evidence.data, &ClaimWitness::ByClass { preimage_head, lock_time });
        funded.unlock(CONTRACT_INPUT, unlocking)?;
        if let Some(purse) = purse {
            for input_idx in 1..funded.transaction().input.len() {
                funded.sign_p2pkh(input_idx, purse.key)?;
            }
        }
        self.checked(funded)
    }

    /// Takes the coin back for its funder, whose key signs: output 0 pays its value less the fee to whom the spender says. The
    /// chain takes it from the contract's lock time on; a node that is handed it earlier keeps it aside or refuses it.
    ///
    /// # Errors
    /// [`SpendError::NotTheFunder`], [`SpendError::Build`], [`SpendError::Check`].
    pub fn refund<'k>(&self, spender: impl Into<Spender<'k>>, fee_rate: FeeRate) -> Result<Signed, SpendError> {
        let Spender { key, pay_to } = spender.into();
        let refund = self.contract.terms().refund;
        if key.pubkey_hash() != refund.recipient {
            return Err(SpendError::NotTheFunder { funder: refund.recipient, key: key.pubkey_hash() });
        }
        let mut funded = self.draft_refund(pay_to, fee_rate)?;
        let preimage_head = grind_refund_sequence(&mut funded, &self.contract.refund_preimage())?;
        let signature = funded.sign(CONTRACT_INPUT, key)?.as_bytes().to_vec();
        let witness = RefundWitness { preimage_head, signature, public_key: key.public_key_bytes() };
        funded.unlock(CONTRACT_INPUT, self.contract.refund_script(&witness))?;
        self.checked(funded)
    }
}

/// Fee and outputs, before anything is signed.
impl Locked<'_> {
    /// A claim that pays `recipient`; [`Self::claim`] signs and checks it.
    ///
    /// # Errors
    /// [`SpendError::OtherWay`], [`SpendError::Build`].
    pub fn draft_claim(&self, recipient: PubkeyHash, fee_rate: FeeRate) -> Result<Funded, SpendError> {
        self.expect_way(Way::Claim)?;
        Ok(self.fund_claim(recipient, fee_rate)?)
    }

    /// A claim that carries `commitment` and pays `recipient`; [`Self::claim_attested`] signs and checks it.
    ///
    /// # Errors
    /// [`SpendError::OtherWay`], [`SpendError::Build`].
    pub fn draft_attested(
        &self,
        recipient: PubkeyHash,
        commitment: Fr,
        fee_rate: FeeRate,
    ) -> Result<Funded, SpendError> {
        self.expect_way(Way::AttestedClaim)?;
        Ok(self.fund_attested(recipient, commitment, fee_rate)?)
    }

    /// The settlement of a class; [`Self::settle`] finishes and checks it.
    ///
    /// # Errors
    /// [`SpendError::OtherWay`], [`SpendError::NobodyPaid`], [`SpendError::Build`], [`SpendError::Excess`].
    pub fn draft_settlement(
        &self,
        class: usize,
        purse: Option<&Purse<'_>>,
        fee_rate: FeeRate,
    ) -> Result<Funded, SpendError> {
        self.expect_way(Way::Settlement)?;
        let outputs = self.contract.terms().claim_outputs(class);
        let outputs = outputs.ok_or(SpendError::NobodyPaid { class })?;
        let coins = purse.map_or(&[][..], |purse| purse.coins);
        let funded = self.fund_settlement(&outputs, coins, fee_rate)?;
        let (fee, due) = (funded.fee(), fee_rate.fee(funded.size_bound()));
        // What the contract's own coin leaves was its funder's choice.
        let is_topped_up = funded.transaction().input.len() > 1;
        if is_topped_up && fee.0 > MAX_FEE_RATIO * due.0 {
            let coin = self.top_up(&outputs, fee_rate)?;
            return Err(SpendError::Excess { fee, due, coin });
        }
        Ok(funded)
    }

    /// The value of the one coin that a settlement takes beside the contract's, with nothing to spare.
    fn top_up(&self, outputs: &[Payout], fee_rate: FeeRate) -> Result<Satoshis, BuildError> {
        let nothing =
            Coin { outpoint: OutPoint::null(), value: Satoshis(0), locking_script: LockingScript::p2pkh(&[0; 20]) };
        match self.settlement(outputs, fee_rate).add_p2pkh(nothing).fund() {
            Ok(_) => Ok(Satoshis(0)),
            Err(BuildError::InsufficientFunds { have, need }) => Ok(need.checked_sub(have)?),
            Err(error) => Err(error),
        }
    }

    /// A refund that pays `recipient`, with the contract's lock time.
    ///
    /// # Errors
    /// [`SpendError::Build`].
    pub fn draft_refund(&self, recipient: PubkeyHash, fee_rate: FeeRate) -> Result<Funded, SpendError> {
        let mut funded = self.fund_refund(recipient, fee_rate)?;
        funded.set_lock_time(LockTime::from_consensus(self.contract.terms().refund.lock_time.get()));
        Ok(funded)
    }

    pub(crate) fn fund_claim(&self, recipient: PubkeyHash, fee_rate: FeeRate) -> Result<Funded, BuildError> {
        self.spend(Draft::new(fee_rate, recipient), self.contract.max_claim_len()).fund()
    }

    pub(crate) fn fund_attested(
        &self,
        recipient: PubkeyHash,
        commitment: Fr,
        fee_rate: FeeRate,
    ) -> Result<Funded, BuildError> {
        let draft =
            Draft::new(fee_rate, recipient).pay(LockingScript::data(&commitment_bytes(commitment)), Satoshis(0));
        self.spend(draft, self.contract.max_claim_len()).fund()
    }

    pub(crate) fn fund_settlement(
        &self,
        outputs: &[Payout],
        coins: &[Coin],
        fee_rate: FeeRate,
    ) -> Result<Funded, BuildError> {
        self.settlement(outputs, fee_rate).fund_closest(coins.iter().cloned())
    }

    fn settlement(&self, outputs: &[Payout], fee_rate: FeeRate) -> Draft {
        let draft = self.spend(Draft::exact(fee_rate), self.contract.max_claim_len());
        let pay = |draft: Draft, output: &Payout| draft.pay(output.locking_script.clone(), output.value);
        outputs.iter().fold(draft, pay)
    }

    pub(crate) fn fund_refund(&self, recipient: PubkeyHash, fee_rate: FeeRate) -> Result<Funded, BuildError> {
        self.spend(Draft::new(fee_rate, recipient), self.contract.max_refund_len()).fund()
    }

    /// The draft with the contract's coin as its next input, which is the first.
    fn spend(&self, draft: Draft, unlocking_len: usize) -> Draft {
        draft.with_version(spend_version(self.contract.profile())).add_contract(self.coin.clone(), unlocking_len)
    }
}

impl Locked<'_> {
    /// The way in which the contract pays.
    pub const fn way(&self) -> Way {
        match &self.contract.terms().payee {
            Payee::Prover { signer: None } | Payee::Named { .. } => Way::Claim,
            Payee::Prover { signer: Some(_) } => Way::AttestedClaim,
            Payee::ByClass(_) => Way::Settlement,
        }
    }

    fn check_recipient(&self, evidence: &Evidence, key: &SigningKey) -> Result<(), SpendError> {
        let (bound, key) = (evidence.recipient, key.pubkey_hash());
        if bound == key { Ok(()) } else { Err(SpendError::OtherRecipient { bound, key }) }
    }

    /// The finished transaction, if the script machine takes it.
    fn checked(&self, funded: Funded) -> Result<Signed, SpendError> {
        let signed = Signed::of(funded)?;
        check(&signed.transaction, &signed.spent, self.contract)?;
        Ok(signed)
    }

    pub(crate) fn expect_way(&self, asked: Way) -> Result<(), SpendError> {
        let expected = self.way();
        if asked == expected { Ok(()) } else { Err(SpendError::OtherWay { asked, expected }) }
    }
}
