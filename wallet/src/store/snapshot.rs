//! All that a wallet's file says, read and checked at once.

use std::collections::BTreeMap;

use bitcoin::{Txid, hashes::Hash as _};
use redb::{Database, ReadTransaction, ReadableDatabase as _, ReadableTable as _};
use serde::de::DeserializeOwned;
use tx_builder::decode_hex;

use super::{
    CONTRACTS, Defect, EVENTS, FORMAT, HEADER, Header, JournalEntry, META, PROOFS, READ, Signed, TRANSACTIONS, Values,
    sealed::unseal,
};
use crate::{Contract, ContractId, Event, Proof, ProofId, Recorded, State};

/// All that a wallet's file says.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// Of the file, when it was opened.
    pub(super) version: u32,
    pub(crate) network: String,
    pub(crate) contracts: BTreeMap<ContractId, Contract>,
    pub(crate) proofs: BTreeMap<ProofId, Proof>,
    pub(crate) transactions: BTreeMap<Txid, Recorded>,
    /// Number of the next event.
    pub(crate) next_event: u64,
}

impl Snapshot {
    pub(super) fn read(database: &Database) -> Result<Self, Defect> {
        let read = database.begin_read().map_err(Defect::damaged)?;
        let Header { version, network, .. } = read_header(&read)?;
        let contracts = values(&read, CONTRACTS)?.into_iter().map(|(id, contract)| (ContractId(id), contract));
        let proofs = values(&read, PROOFS)?.into_iter().map(|(id, proof): (_, Proof)| (ProofId(id), proof));
        let proofs: BTreeMap<_, _> = proofs.collect();
        if let Some((id, _)) = proofs.iter().find(|(id, proof)| **id != ProofId::of_bytes(proof.text.as_bytes())) {
            return Err(Defect::Damaged(format!("proof {id} is another proof")));
        }
        let mut transactions = BTreeMap::new();
        for (key, signed) in values(&read, TRANSACTIONS)? {
            let txid = Txid::from_byte_array(key);
            transactions.insert(txid, recorded(txid, signed)?);
        }
        let next_event = replay(&read, &mut transactions)?;
        Ok(Self { version, network, contracts: contracts.collect(), proofs, transactions, next_event })
    }
}

fn read_header(read: &ReadTransaction) -> Result<Header, Defect> {
    let table = read.open_table(META).map_err(Defect::damaged)?;
    let header = table.get(HEADER).map_err(Defect::damaged)?;
    let header = header.ok_or_else(|| Defect::Damaged("it does not say that it is a wallet".to_owned()))?;
    let header: Header = unseal(header.value()).map_err(Defect::Damaged)?;
    if header.format != FORMAT {
        return Err(Defect::Damaged(format!("its format is {:?}, not {FORMAT:?}", header.format)));
    }
    if !READ.contains(&header.version) {
        return Err(Defect::Version(header.version));
    }
    Ok(header)
}

fn values<K, T: DeserializeOwned>(read: &ReadTransaction, table: Values<'_, K>) -> Result<Vec<(K, T)>, Defect>
where
    K: for<'a> redb::Key<SelfType<'a> = K> + 'static,
{
    let table = read.open_table(table).map_err(Defect::damaged)?;
    let rows = table.iter().map_err(Defect::damaged)?;
    let value = |row: Result<(redb::AccessGuard<'_, K>, redb::AccessGuard<'_, &[u8]>), redb::StorageError>| {
        let (key, value) = row.map_err(Defect::damaged)?;
        Ok((key.value(), unseal(value.value()).map_err(Defect::Damaged)?))
    };
    rows.map(value).collect()
}

fn recorded(txid: Txid, Signed { raw, purpose }: Signed) -> Result<Recorded, Defect> {
    let transaction = decode_hex(&raw).map_err(|error| Defect::Damaged(format!("transaction {txid}: {error}")))?;
    if transaction.compute_txid() != txid {
        return Err(Defect::Damaged(format!("transaction {txid} is another transaction")));
    }
    Ok(Recorded { transaction, purpose, history: Vec::new() })
}

/// Gives every transaction its history; how many events there are.
fn replay(read: &ReadTransaction, transactions: &mut BTreeMap<Txid, Recorded>) -> Result<u64, Defect> {
    let mut next = 0;
    for (at, JournalEntry { txid, state }) in values(read, EVENTS)? {
        let wrong = |what: String| Err(Defect::Damaged(format!("event {at} of the journal {what}")));
        if at != next {
            return wrong(format!("stands where event {next} should"));
        }
        next += 1;
        let Some(recorded) = transactions.get_mut(&txid) else {
            return wrong(format!("is about transaction {txid}, which is not there"));
        };
        let legal = match recorded.history.last() {
            None => state == State::Recorded,
            Some(last) => last.state.name().may_become(state.name()),
        };
        if !legal {
            return wrong(format!("takes transaction {txid} from {} to {}", recorded.state().name(), state.name()));
        }
        recorded.history.push(Event { at, state });
    }
    match transactions.iter().find(|(_, recorded)| recorded.history.is_empty()) {
        Some((txid, _)) => Err(Defect::Damaged(format!("transaction {txid} was never recorded in the journal"))),
        None => Ok(next),
    }
}
