//! A block explorer: unspent outputs, raw transactions, where they stand and who spent them.
//!
//! Source: WhatsOnChain's API, <https://docs.taal.com/core-products/whatsonchain>; other explorers that speak it are a
//! matter of the base URL.
//!
//! What an explorer says is not proved, with two exceptions: a raw transaction is checked against its txid, and a merkle
//! path can be checked against a header. A false value of a coin makes signatures over it fail; it cannot make a
//! transaction pay more than was signed.

mod wire;

use chain_types::{LockingScript, Satoshis};
use ledger::{BroadcastError, ChainInfo, Rejection, TxStatus};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tx_builder::{BlockHash, Coin, MerklePath, MerkleRoot, OutPoint, Transaction, Txid, decode_hex, encode_hex};

use crate::{
    Endpoint,
    error::{ServiceError, words},
    http::{Ask, Client, KeyForm, Reply},
};

/// Lists and descriptions.
const ANSWER_LIMIT: u64 = 16 << 20;

/// The longest transaction that nodes relay, 10,000,000 bytes, in hexadecimal.
const TRANSACTION_LIMIT: u64 = 20_000_100;

/// Pages of a list that are read at most; each has up to 1,000 coins.
const MAX_PAGES: usize = 100;

/// Who spent an output, as far as the explorer knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// It does not know the output, or the output can never be spent.
    Unknown,
    /// Nobody.
    Unspent,
    /// An input of this transaction, which may still wait in the mempool.
    By(Txid),
}

/// A block, as its header and its place in the chain tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockInfo {
    /// Number of blocks before it.
    pub height: u32,
    /// Blocks from it to the tip, both counted; 0 if it is not part of the longest chain.
    pub confirmations: u32,
    /// The root of its transactions.
    pub merkle_root: MerkleRoot,
}

/// A client of one explorer.
#[derive(Clone, Debug)]
pub struct Explorer {
    client: Client,
}

impl Explorer {
    /// Prepares requests to an explorer; none is made yet. An API key is sent as `Authorization`.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { client: Client::new(endpoint, KeyForm::Bare) }
    }

    /// Where the explorer is.
    pub const fn endpoint(&self) -> &Endpoint {
        self.client.endpoint()
    }

    /// Which chain it follows, and how long that is.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn info(&self) -> Result<ChainInfo, ServiceError> {
        let reply = self.client.ask("/chain/info", &Ask::Get, &[], ANSWER_LIMIT)?.expect_success()?;
        let wire::ChainInfo { chain, blocks, median_time } = reply.json()?;
        Ok(ChainInfo { network: chain, version: None, height: blocks, median_time })
    }

    /// The unspent outputs under a locking script, those that wait to be mined included. Outputs that a waiting
    /// transaction spends are left out.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn coins(&self, locking_script: &LockingScript) -> Result<Vec<Coin>, ServiceError> {
        let path = format!("/script/{}/unspent/all", script_hash(locking_script));
        let (mut coins, mut page) = (Vec::new(), String::new());
        for _ in 0..MAX_PAGES {
            let reply = self.client.ask(&format!("{path}{page}"), &Ask::Get, &[], ANSWER_LIMIT)?;
            if reply.status == 404 {
                return Ok(coins);
            }
            let reply = reply.expect_success()?;
            let list: wire::UnspentList = reply.json()?;
            if let Some(error) = list.error.filter(|error| !error.is_empty()) {
                return Err(reply.schema(error));
            }
            for unspent in list.result.unwrap_or_default().into_iter().filter(|unspent| !unspent.is_spent) {
                coins.push(unspent.read(locking_script).map_err(|error| reply.schema(error))?);
            }
            match list.next_page.filter(|token| !token.is_empty()) {
                None => return Ok(coins),
                Some(token) if token.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                    page = format!("?token={token}");
                }
                Some(_) => return Err(reply.schema("a page token with characters that no address has")),
            }
        }
        // What is there is enough to pay with, and true.
        Ok(coins)
    }

    /// A transaction; none if the explorer does not know it.
    ///
    /// # Errors
    /// [`ServiceError`]; [`ServiceError::OtherTransaction`] if it hashes to something else.
    pub fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, ServiceError> {
        let reply = self.client.ask(&format!("/tx/{txid}/hex"), &Ask::Get, &[], TRANSACTION_LIMIT)?;
        if reply.status == 404 {
            return Ok(None);
        }
        let reply = reply.expect_success()?;
        let transaction = decode_hex(&text(&reply)?).map_err(|error| reply.schema(error))?;
        let found = transaction.compute_txid();
        if found == txid {
            Ok(Some(transaction))
        } else {
            Err(ServiceError::OtherTransaction { request: reply.request, expected: txid, found })
        }
    }

    /// Where a transaction stands; none if the explorer does not know it.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn status(&self, txid: Txid) -> Result<Option<TxStatus>, ServiceError> {
        let document = json!({ "txids": [txid.to_string()] });
        let reply = self.client.ask("/txs/status", &Ask::Query(&document), &[], ANSWER_LIMIT)?.expect_success()?;
        let list: Vec<wire::TransactionStatus> = reply.json()?;
        let [status] = list.as_slice() else { return Err(reply.schema("not one status for one transaction")) };
        let found = status.txid.parse().map_err(|_| reply.schema("not a transaction id"))?;
        if found != txid {
            return Err(ServiceError::OtherTransaction { request: reply.request, expected: txid, found });
        }
        status.read().map_err(|error| reply.schema(error))
    }

    /// Who spent an output.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn spending(&self, outpoint: OutPoint) -> Result<Spending, ServiceError> {
        let path = format!("/tx/{}/{}/spent", outpoint.txid, outpoint.vout);
        let reply = self.client.ask(&path, &Ask::Get, &[], ANSWER_LIMIT)?;
        match reply.status {
            400 => Ok(Spending::Unknown),
            404 => Ok(Spending::Unspent),
            _ => {
                let reply = reply.expect_success()?;
                let wire::Spender { txid } = reply.json()?;
                txid.parse().map(Spending::By).map_err(|_| reply.schema("not a transaction id"))
            }
        }
    }

    /// A block; none if the explorer does not know it.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn block(&self, block: BlockHash) -> Result<Option<BlockInfo>, ServiceError> {
        let reply = self.client.ask(&format!("/block/{block}/header"), &Ask::Get, &[], ANSWER_LIMIT)?;
        if reply.status == 404 {
            return Ok(None);
        }
        let reply = reply.expect_success()?;
        let header: wire::Header = reply.json()?;
        header.read(block).map(Some).map_err(|error| reply.schema(error))
    }

    /// Proof that a transaction stands in a block of the longest chain, checked against the root that the explorer gives
    /// for that block; none if it is not mined or not known.
    ///
    /// # Errors
    /// [`ServiceError`]; [`ServiceError::Contradiction`] if the proof leads to another root.
    pub fn merkle_path(&self, txid: Txid) -> Result<Option<MerklePath>, ServiceError> {
        let reply = self.client.ask(&format!("/tx/{txid}/proof/tsc"), &Ask::Get, &[], ANSWER_LIMIT)?;
        if reply.status == 404 {
            return Ok(None);
        }
        let reply = reply.expect_success()?;
        let proofs: Option<Vec<wire::TscProof>> = reply.json()?;
        let Some(proof) = proofs.unwrap_or_default().into_iter().next() else { return Ok(None) };
        let block = proof.block().map_err(|error| reply.schema(error))?;
        let Some(info) = self.block(block)?.filter(|info| info.confirmations > 0) else { return Ok(None) };
        let path = proof.read(txid, info.height).map_err(|error| reply.schema(error))?;
        if path.root() == info.merkle_root {
            return Ok(Some(path));
        }
        let what = format!("the proof leads to root {}, block {block} has {}", path.root(), info.merkle_root);
        Err(ServiceError::Contradiction { txid, what })
    }

    /// Hands in a transaction. The explorer passes it to its node and gives the node's words.
    ///
    /// # Errors
    /// [`BroadcastError`]: refused, known already, or no answer.
    pub fn broadcast(&self, transaction: &Transaction) -> Result<Txid, BroadcastError> {
        let expected = transaction.compute_txid();
        let document = json!({ "txhex": encode_hex(transaction) });
        let no_answer = |error: ServiceError| BroadcastError::Chain(error.into());
        let reply = self.client.ask("/tx/raw", &Ask::Submit(&document), &[], ANSWER_LIMIT).map_err(no_answer)?;
        if reply.status == 400 {
            return Err(refusal(&reply, expected));
        }
        let reply = reply.expect_success().map_err(no_answer)?;
        let answer = text(&reply).map_err(no_answer)?;
        let found = answer.parse().map_err(|_| no_answer(reply.schema("not a transaction id")))?;
        if found == expected {
            Ok(found)
        } else {
            Err(no_answer(ServiceError::OtherTransaction { request: reply.request, expected, found }))
        }
    }
}

/// The node's code for a transaction it refuses; the explorer gives the words alone.
pub(crate) const TRANSACTION_REFUSED: i64 = -26;

/// What a node says of a transaction it has.
const KNOWN: [&str; 5] = [
    "txn-already-known",
    "txn-already-in-mempool",
    "already in the mempool",
    "already in mempool",
    "already in block chain",
];

fn refusal(reply: &Reply, txid: Txid) -> BroadcastError {
    let reason = String::from_utf8_lossy(&reply.body).trim().trim_matches('"').to_owned();
    let lower = reason.to_lowercase();
    if KNOWN.iter().any(|known| lower.contains(known)) {
        BroadcastError::AlreadyKnown { txid }
    } else {
        BroadcastError::Rejected(Rejection { code: TRANSACTION_REFUSED, reason: words(&reason), rival: None })
    }
}

/// An answer that is a text; some explorers write it as a JSON string.
fn text(reply: &Reply) -> Result<String, ServiceError> {
    let text = std::str::from_utf8(&reply.body).map_err(|error| reply.schema(error))?;
    Ok(text.trim().trim_matches('"').to_owned())
}

/// The SHA-256 of a script, last byte first, by which explorers know it.
fn script_hash(script: &LockingScript) -> String {
    let mut hash = Sha256::digest(script.as_bytes());
    hash.reverse();
    hex::encode(hash)
}

impl wire::Unspent {
    fn read(&self, locking_script: &LockingScript) -> Result<Coin, &'static str> {
        let txid = self.txid.parse().map_err(|_| "not a transaction id")?;
        let value = Satoshis(self.value);
        if value > Satoshis::MAX {
            return Err("more than all coins there are");
        }
        Ok(Coin { outpoint: OutPoint::new(txid, self.vout), value, locking_script: locking_script.clone() })
    }
}

impl wire::TransactionStatus {
    fn read(&self) -> Result<Option<TxStatus>, &'static str> {
        match (self.error.as_deref().unwrap_or_default(), self.block.as_deref().unwrap_or_default()) {
            ("unknown", _) => Ok(None),
            ("", "") => Ok(Some(TxStatus::WAITING)),
            ("", block) => {
                let block = block.parse().map_err(|_| "not a block hash")?;
                Ok(Some(TxStatus::mined(block, self.confirmations.unwrap_or(0).max(1))))
            }
            _ => Err("an error that is not documented"),
        }
    }
}

impl wire::Header {
    fn read(&self, expected: BlockHash) -> Result<BlockInfo, &'static str> {
        if self.hash.parse() != Ok(expected) {
            return Err("another block");
        }
        let merkle_root = self.merkle_root.parse().map_err(|_| "not a merkle root")?;
        // -1 says that the block is not part of the longest chain.
        let confirmations = u32::try_from(self.confirmations.max(0)).map_err(|_| "more blocks than there are")?;
        Ok(BlockInfo { height: self.height, confirmations, merkle_root })
    }
}

impl wire::TscProof {
    fn block(&self) -> Result<BlockHash, &'static str> {
        self.target.parse().map_err(|_| "the proof's target is not a block hash")
    }

    fn read(&self, txid: Txid, height: u32) -> Result<MerklePath, Box<dyn std::error::Error + Send + Sync>> {
        if self.txid.parse() != Ok(txid) {
            return Err("the proof is about another transaction".into());
        }
        Ok(MerklePath::of_tsc(height, txid, self.index, &self.nodes)?)
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn script_hash__documented_pair__is_that_of_the_explorer() {
        // The example of "Get Unspent UTXOs by Address": an address and the hash of its script.
        let address: tx_builder::Address = "1L2F8wYxTRagCZLnsm2engg8ngGECSeuE5".parse().expect("an address");
        let script = LockingScript::p2pkh(&address.pubkey_hash.0);
        assert_eq!(script_hash(&script), "b3005d46af31c4b5675b73c17579b7bd366dfe10635b7b43ac111aea5226efb6");
    }
}
