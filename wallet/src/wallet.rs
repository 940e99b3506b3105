//! The wallet: what is taken into it, and what may not be.

use core::fmt;
use std::{collections::BTreeMap, path::Path};

use bitcoin::{OutPoint, Transaction, Txid};
use chain_types::LockingScript;
use tx_builder::encode_hex;

use crate::{
    Action, ChangeError, Contract, ContractId, Event, Gate, Observer, Proof, ProofId, Purpose, RecordError, Recorded,
    State, StateName, StoreError,
    store::{Signed, Snapshot, Store},
};

/// An open wallet: its file is locked until it is dropped.
pub struct Wallet {
    store: Store,
    /// What the file says.
    pub(crate) known: Snapshot,
    pub(crate) observer: Box<dyn Observer>,
    pub(crate) gate: Box<dyn Gate>,
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n_transactions = self.known.transactions.len();
        f.debug_struct("Wallet").field("store", &self.store).field("n_transactions", &n_transactions).finish()
    }
}

impl Wallet {
    /// Makes a new wallet for the chain called `network` ([`ledger::ChainInfo::network`]), and opens it.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Io`], [`StoreError::Write`].
    pub fn create(path: &Path, network: &str) -> Result<Self, StoreError> {
        Store::create(path, network)?;
        Self::open(path)
    }

    /// Opens a wallet. All of it is read and checked; a file that is not whole is left as it is.
    ///
    /// # Errors
    /// [`StoreError`], one variant per defect.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let (store, known) = Store::open(path)?;
        Ok(Self { store, known, observer: Box::new(()), gate: Box::new(()) })
    }

    /// Has `observer` told of everything that outlives the process.
    #[must_use]
    pub fn observed_by(self, observer: impl Observer + 'static) -> Self {
        Self { observer: Box::new(observer), ..self }
    }

    /// Has `gate` asked before anything is sent for the first time.
    #[must_use]
    pub fn gated_by(self, gate: impl Gate + 'static) -> Self {
        Self { gate: Box::new(gate), ..self }
    }

    /// The chain it is for.
    pub fn network(&self) -> &str {
        &self.known.network
    }

    /// Takes in a contract: its name, its locking script, and the text of its artifact. Taking in the same again
    /// changes nothing.
    ///
    /// # Errors
    /// [`RecordError::OtherContract`], [`RecordError::Store`].
    pub fn add_contract(
        &mut self,
        name: &str,
        locking_script: &LockingScript,
        artifact: &str,
    ) -> Result<ContractId, RecordError> {
        let id = ContractId::of(locking_script);
        let contract = Contract { name: name.to_owned(), artifact: artifact.to_owned() };
        match self.known.contracts.get(&id) {
            Some(known) if *known == contract => return Ok(id),
            Some(known) => return Err(RecordError::OtherContract { id, known: known.name.clone() }),
            None => {}
        }
        self.act(Action::StoreContract(id), |store| store.put_contract(id, &contract))?;
        self.known.contracts.insert(id, contract);
        Ok(id)
    }

    /// Takes in the text of a proof file. Taking in the same again changes nothing.
    ///
    /// # Errors
    /// [`RecordError::UnknownContract`], [`RecordError::Store`].
    pub fn add_proof(&mut self, contract: ContractId, text: &str) -> Result<ProofId, RecordError> {
        self.require_contract(contract)?;
        let id = ProofId::of_bytes(text.as_bytes());
        if self.known.proofs.get(&id).is_some_and(|known| known.contract == contract) {
            return Ok(id);
        }
        let proof = Proof { contract, text: text.to_owned() };
        self.act(Action::StoreProof(id), |store| store.put_proof(id, &proof))?;
        self.known.proofs.insert(id, proof);
        Ok(id)
    }

    /// Records a signed transaction and what it is for, before anything is sent: only what is recorded can be. Its
    /// coins are reserved for it from here on. Recording the same again gives what there is.
    ///
    /// # Errors
    /// [`RecordError`], one variant per reason; nothing is stored then.
    pub fn record(&mut self, transaction: &Transaction, purpose: Purpose) -> Result<&Recorded, RecordError> {
        let txid = transaction.compute_txid();
        if let Some(known) = self.known.transactions.get(&txid)
            && known.purpose != purpose
        {
            return Err(RecordError::OtherPurpose { txid, known: known.purpose.to_string() });
        }
        if !self.known.transactions.contains_key(&txid) {
            self.check_purpose(transaction, &purpose)?;
            self.check_coins(transaction)?;
            let first = Event { at: self.known.next_event, state: State::Recorded };
            let signed = Signed { raw: encode_hex(transaction), purpose };
            let action = Action::Journal { txid, state: StateName::Recorded };
            self.act(action, |store| store.put_transaction(txid, &signed, &first))?;
            self.known.next_event += 1;
            let recorded = Recorded { transaction: transaction.clone(), purpose: signed.purpose, history: vec![first] };
            self.known.transactions.insert(txid, recorded);
        }
        Ok(&self.known.transactions[&txid])
    }

    /// Gives up a transaction that no chain has seen, and frees its coins.
    ///
    /// # Errors
    /// [`ChangeError::Illegal`] once it has been sent: the only way to keep a sent transaction from being mined is to
    /// have another transaction spend its coins.
    pub fn abandon(&mut self, txid: Txid) -> Result<(), ChangeError> {
        self.require_legal(txid, StateName::Abandoned)?;
        let spends_it =
            |other: &Recorded| other.state().name().reserves_coins() && other.spends().any(|coin| coin.txid == txid);
        if let Some((child, _)) = self.known.transactions.iter().find(|(_, other)| spends_it(other)) {
            return Err(ChangeError::HasChild { txid, child: *child });
        }
        Ok(self.journal(txid, State::Abandoned)?)
    }

    /// Has a refused transaction sent again by the next resumption, for instance a refund after its lock time.
    ///
    /// # Errors
    /// [`ChangeError::Illegal`], [`ChangeError::Recorded`] if its coins are reserved for another by now, or its contract
    /// has another deployment.
    pub fn retry(&mut self, txid: Txid) -> Result<(), ChangeError> {
        let recorded = self.require_legal(txid, StateName::Recorded)?;
        let may_be_sent = || {
            if let Purpose::Deployment { contract, .. } = recorded.purpose {
                self.check_sole_deployment(&recorded.transaction, contract)?;
            }
            self.check_coins(&recorded.transaction)
        };
        may_be_sent().map_err(|error| ChangeError::Recorded(Box::new(error)))?;
        Ok(self.journal(txid, State::Recorded)?)
    }

    /// A recorded transaction.
    pub fn transaction(&self, txid: Txid) -> Option<&Recorded> {
        self.known.transactions.get(&txid)
    }

    /// All recorded transactions, in the order in which they were recorded.
    pub fn transactions(&self) -> Vec<&Recorded> {
        let mut transactions: Vec<_> = self.known.transactions.values().collect();
        transactions.sort_by_key(|recorded| recorded.recorded_at());
        transactions
    }

    /// The transaction that pays the same ([`Recorded::pays_as`]) in the place of one that was refused or given up: it may
    /// be mined, or is. Made by the owner, or changed on its way to the miners by somebody else: as a signature does not
    /// cover unlocking scripts, a third party can give a transaction another id without giving it another effect. What
    /// spends an output of the one must be built anew on the same output of the other.
    pub fn substitute_of(&self, txid: Txid) -> Option<&Recorded> {
        let own = self.transaction(txid).filter(|own| !own.state().name().reserves_coins())?;
        let in_place = |other: &&Recorded| other.state().name().reserves_coins() && own.pays_as(other.transaction());
        self.known.transactions.values().find(in_place)
    }

    /// A contract.
    pub fn contract(&self, id: ContractId) -> Option<&Contract> {
        self.known.contracts.get(&id)
    }

    /// A proof.
    pub fn proof(&self, id: ProofId) -> Option<&Proof> {
        self.known.proofs.get(&id)
    }

    /// The coins that are kept for recorded transactions, and for which: no other transaction may spend them.
    pub fn reserved(&self) -> BTreeMap<OutPoint, Txid> {
        let live = self.known.transactions.iter().filter(|(_, recorded)| recorded.state().name().reserves_coins());
        live.flat_map(|(txid, recorded)| recorded.spends().map(|coin| (coin, *txid))).collect()
    }

    fn require_contract(&self, id: ContractId) -> Result<(), RecordError> {
        if self.known.contracts.contains_key(&id) { Ok(()) } else { Err(RecordError::UnknownContract { id }) }
    }

    fn require_legal(&self, txid: Txid, to: StateName) -> Result<&Recorded, ChangeError> {
        let recorded = self.transaction(txid).ok_or(ChangeError::Unknown { txid })?;
        let from = recorded.state().name();
        if from.may_become(to) { Ok(recorded) } else { Err(ChangeError::Illegal { txid, from, to }) }
    }

    fn check_purpose(&self, transaction: &Transaction, purpose: &Purpose) -> Result<(), RecordError> {
        let txid = transaction.compute_txid();
        if let Some(contract) = purpose.contract() {
            self.require_contract(contract)?;
        }
        if let Some(coin) = purpose.contract_coin()
            && !transaction.input.iter().any(|input| input.previous_output == coin)
        {
            return Err(RecordError::CoinNotSpent { txid, coin });
        }
        match *purpose {
            Purpose::Deployment { contract, vout } => self.check_deployment(transaction, contract, vout),
            Purpose::Claim { contract, proof: Some(id), .. }
                if self.known.proofs.get(&id).is_none_or(|proof| proof.contract != contract) =>
            {
                Err(RecordError::UnknownProof { id, contract })
            }
            Purpose::Claim { .. } | Purpose::Refund { .. } | Purpose::Payment { .. } => Ok(()),
        }
    }

    fn check_deployment(&self, transaction: &Transaction, contract: ContractId, vout: u32) -> Result<(), RecordError> {
        let output = usize::try_from(vout).ok().and_then(|vout| transaction.output.get(vout));
        if output.is_none_or(|output| ContractId::of_bytes(output.script_pubkey.as_bytes()) != contract) {
            return Err(RecordError::OtherScript { txid: transaction.compute_txid(), vout, contract });
        }
        self.check_sole_deployment(transaction, contract)
    }

    /// Whether no other deployment of the contract can be mined beside this one. One that was refused can be, later or
    /// by another node: only a coin that both spend keeps one of them out.
    fn check_sole_deployment(&self, transaction: &Transaction, contract: ContractId) -> Result<(), RecordError> {
        let own = transaction.compute_txid();
        let is_apart = |other: &Recorded| {
            let excludes = |coin| transaction.input.iter().any(|input| input.previous_output == coin);
            let is_deployment = matches!(other.purpose, Purpose::Deployment { contract: c, .. } if c == contract);
            is_deployment && other.may_be_mined() && !other.spends().any(excludes)
        };
        match self.known.transactions.iter().find(|(txid, other)| **txid != own && is_apart(other)) {
            Some((by, other)) => Err(RecordError::AlreadyDeployed { contract, by: *by, state: other.state().name() }),
            None => Ok(()),
        }
    }

    /// Whether every coin is free, and not known never to come to be.
    fn check_coins(&self, transaction: &Transaction) -> Result<(), RecordError> {
        let txid = transaction.compute_txid();
        if transaction.input.is_empty() {
            return Err(RecordError::NoInputs { txid });
        }
        let reserved = self.reserved();
        for coin in transaction.input.iter().map(|input| input.previous_output) {
            if let Some(by) = reserved.get(&coin) {
                let state = self.known.transactions[by].state().name();
                return Err(RecordError::CoinReserved { coin, by: *by, state });
            }
            let parent = self.known.transactions.get(&coin.txid).map(|parent| parent.state().name());
            if let Some(state) = parent.filter(|state| !state.reserves_coins()) {
                let substitute = self.substitute_of(coin.txid).map(Recorded::txid);
                return Err(RecordError::DeadParent { coin, state, substitute });
            }
        }
        Ok(())
    }

    /// Writes a new state down. The only way a state changes.
    pub(crate) fn journal(&mut self, txid: Txid, state: State) -> Result<(), StoreError> {
        let recorded = &self.known.transactions[&txid];
        debug_assert!(recorded.state().name().may_become(state.name()), "{} to {state}", recorded.state());
        let event = Event { at: self.known.next_event, state };
        let action = Action::Journal { txid, state: event.state.name() };
        self.act(action, |store| store.put_event(txid, &event))?;
        self.known.next_event += 1;
        if let Some(recorded) = self.known.transactions.get_mut(&txid) {
            recorded.history.push(event);
        }
        Ok(())
    }

    fn act(&mut self, action: Action, write: impl FnOnce(&Store) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.observer.before(&action);
        write(&self.store)?;
        self.observer.after(&action);
        Ok(())
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use bitcoin::{Amount, ScriptBuf, TxIn, TxOut, absolute::LockTime, transaction::Version};

    use super::*;

    #[test]
    fn retry__beside_another_deployment_of_the_contract__is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut wallet = Wallet::create(&folder.path().join("wallet"), "regtest").expect("a new file");
        let script = LockingScript::from_bytes(vec![0x51]);
        let contract = wallet.add_contract("one", &script, "artifact").expect("a first contract");
        let deployment = |vout| Transaction {
            version: Version::ONE,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: OutPoint::new("11".repeat(32).parse().expect("an id"), vout),
                ..TxIn::default()
            }],
            output: vec![TxOut {
                value: Amount::from_sat(1),
                script_pubkey: ScriptBuf::from_bytes(script.as_bytes().to_vec()),
            }],
        };
        let purpose = Purpose::Deployment { contract, vout: 0 };
        let refused = wallet.record(&deployment(0), purpose.clone()).expect("the first").txid();
        for state in [State::Sent, State::Rejected { code: -26, reason: "fee".to_owned() }] {
            wallet.journal(refused, state).expect("written");
        }
        // Wallets of before this rule took a second one: here, a payment that is then said to be one.
        let payment = Purpose::Payment { note: String::new() };
        let second = wallet.record(&deployment(1), payment.clone()).expect("another coin").txid();
        wallet.known.transactions.get_mut(&second).expect("recorded").purpose = purpose;
        let error = wallet.retry(refused).expect_err("both could be mined");
        let ChangeError::Recorded(error) = error else { panic!("{error:?}") };
        assert!(matches!(*error, RecordError::AlreadyDeployed { by, .. } if by == second), "{error:?}");
        // The twin: it is a payment.
        wallet.known.transactions.get_mut(&second).expect("recorded").purpose = payment;
        wallet.retry(refused).expect("the only deployment");
    }
}
