//! A wallet as rows, to be shown or written as JSON.

use bitcoin::{OutPoint, Txid};
use chain_types::Satoshis;
use serde::Serialize;

use crate::{ContractId, Event, ProofId, Purpose, Recorded, State, Wallet};

/// All of a wallet but the long texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// The chain it is for.
    pub network: String,
    /// By id.
    pub contracts: Vec<ContractRow>,
    /// By id.
    pub proofs: Vec<ProofRow>,
    /// In the order of recording.
    pub transactions: Vec<TransactionRow>,
}

/// A contract and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContractRow {
    /// SHA-256 of its locking script.
    pub id: ContractId,
    /// What it is called.
    pub name: String,
    /// Its coins, as far as transactions of this wallet make or spend them.
    pub coins: Vec<ContractCoin>,
}

/// A coin under a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContractCoin {
    /// Where it stands.
    pub coin: OutPoint,
    /// Its value in satoshis; none if the wallet did not make it.
    #[serde(rename = "value_sats")]
    pub value: Option<u64>,
    /// The state of the transaction that makes it; none if that is not this wallet's.
    pub deployment: Option<State>,
    /// The transactions of this wallet that spend it.
    pub spends: Vec<Txid>,
}

/// A proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProofRow {
    /// SHA-256 of its text.
    pub id: ProofId,
    /// The contract it is for.
    pub contract: ContractId,
}

/// A transaction and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TransactionRow {
    /// Its id.
    pub txid: Txid,
    /// What it is for.
    pub purpose: Purpose,
    /// Where it stands.
    pub state: State,
    /// Whether something must still happen before its money is where it should be.
    pub unfinished: bool,
    /// The transaction of this wallet that pays the same in its place, if it was refused or given up
    /// ([`Wallet::substitute_of`]).
    pub substitute: Option<Txid>,
    /// The coins it spends.
    pub spends: Vec<OutPoint>,
    /// The sum of all its outputs, change included, in satoshis.
    #[serde(rename = "outputs_sats")]
    pub pays: u64,
    /// All its states, the first first.
    pub history: Vec<Event>,
}

impl Wallet {
    /// All of the wallet but the long texts.
    pub fn list(&self) -> Listing {
        let proof = |(id, proof): (&ProofId, &crate::Proof)| ProofRow { id: *id, contract: proof.contract };
        let contract = |(id, contract): (&ContractId, &crate::Contract)| ContractRow {
            id: *id,
            name: contract.name.clone(),
            coins: self.coins_of(*id),
        };
        Listing {
            network: self.network().to_owned(),
            contracts: self.known.contracts.iter().map(contract).collect(),
            proofs: self.known.proofs.iter().map(proof).collect(),
            transactions: self.transactions().into_iter().map(|recorded| self.row(recorded)).collect(),
        }
    }

    /// The coins under a contract, as far as transactions of this wallet make or spend them.
    pub fn coins_of(&self, contract: ContractId) -> Vec<ContractCoin> {
        let mut coins: Vec<ContractCoin> = Vec::new();
        for recorded in self.transactions() {
            match *recorded.purpose() {
                Purpose::Deployment { contract: of, vout } if of == contract => {
                    let output = usize::try_from(vout).ok().and_then(|vout| recorded.transaction.output.get(vout));
                    coins.push(ContractCoin {
                        coin: OutPoint::new(recorded.txid(), vout),
                        value: output.map(|output| output.value.to_sat()),
                        deployment: Some(recorded.state().clone()),
                        spends: Vec::new(),
                    });
                }
                Purpose::Claim { contract: of, coin, .. } | Purpose::Refund { contract: of, coin }
                    if of == contract =>
                {
                    if !coins.iter().any(|known| known.coin == coin) {
                        coins.push(ContractCoin { coin, value: None, deployment: None, spends: Vec::new() });
                    }
                    if let Some(known) = coins.iter_mut().find(|known| known.coin == coin) {
                        known.spends.push(recorded.txid());
                    }
                }
                _ => {}
            }
        }
        coins
    }
}

impl Wallet {
    fn row(&self, recorded: &Recorded) -> TransactionRow {
        let pays = recorded.transaction.output.iter().map(|output| output.value.to_sat());
        let pays = pays.fold(Satoshis(0), |sum, value| Satoshis(sum.0.saturating_add(value)));
        TransactionRow {
            txid: recorded.txid(),
            purpose: recorded.purpose.clone(),
            state: recorded.state().clone(),
            unfinished: recorded.state().name().is_unfinished(),
            substitute: self.substitute_of(recorded.txid()).map(Recorded::txid),
            spends: recorded.spends().collect(),
            pays: pays.0,
            history: recorded.history.clone(),
        }
    }
}
