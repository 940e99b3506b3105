//! The node's JSON, as it is: field for field what this crate reads. Other fields are the node's business.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

#[derive(Serialize)]
pub(crate) struct Request<'a, P> {
    pub(crate) jsonrpc: &'a str,
    pub(crate) id: &'a str,
    pub(crate) method: &'a str,
    pub(crate) params: P,
}

/// `result` is read in a second step, since its type holds only if `error` is null. It may be `null`, which says
/// something (an output is spent), and is not the same as none.
#[derive(Deserialize)]
pub(crate) struct Response<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    pub(crate) result: Option<&'a RawValue>,
    pub(crate) error: Option<ErrorObject>,
}

fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
pub(crate) struct ErrorObject {
    pub(crate) code: i64,
    pub(crate) message: String,
}

/// `getblockchaininfo`
#[derive(Deserialize)]
pub(crate) struct BlockchainInfo {
    pub(crate) chain: String,
    pub(crate) blocks: u32,
    #[serde(default, rename = "mediantime")]
    pub(crate) median_time: Option<u32>,
}

/// `getnetworkinfo`
#[derive(Deserialize)]
pub(crate) struct NetworkInfo {
    pub(crate) subversion: String,
}

/// `gettxout`
#[derive(Deserialize)]
pub(crate) struct UnspentOutput {
    /// Coins, in decimal.
    pub(crate) value: Box<RawValue>,
    #[serde(rename = "scriptPubKey")]
    pub(crate) script: Script,
}

#[derive(Deserialize)]
pub(crate) struct Script {
    pub(crate) hex: String,
}

/// `listunspent`, one of the list
#[derive(Deserialize)]
pub(crate) struct WalletCoin {
    pub(crate) txid: String,
    pub(crate) vout: u32,
    /// Coins, in decimal.
    pub(crate) amount: Box<RawValue>,
    #[serde(rename = "scriptPubKey")]
    pub(crate) script: String,
}

/// `getrawtransaction` with verbosity 1
#[derive(Deserialize)]
pub(crate) struct TransactionInfo {
    #[serde(default)]
    pub(crate) confirmations: u32,
    pub(crate) blockhash: Option<String>,
}

/// `getblock` with verbosity 1
#[derive(Deserialize)]
pub(crate) struct BlockInfo {
    pub(crate) tx: Vec<String>,
}

/// `sendrawtransactions`, for one transaction
#[derive(Deserialize)]
pub(crate) struct Submission {
    #[serde(default)]
    pub(crate) invalid: Vec<InvalidTransaction>,
}

#[derive(Deserialize)]
pub(crate) struct InvalidTransaction {
    #[serde(default, rename = "collidedWith")]
    pub(crate) collided_with: Vec<KnownTransaction>,
}

#[derive(Deserialize)]
pub(crate) struct KnownTransaction {
    pub(crate) txid: String,
}

/// `getblockheader` with verbosity 1
#[derive(Deserialize)]
pub(crate) struct BlockHeader {
    pub(crate) height: u32,
    /// -1 if the block is not part of the longest chain.
    pub(crate) confirmations: i64,
    #[serde(rename = "merkleroot")]
    pub(crate) merkle_root: String,
}

/// `getmerkleproof2`: the form of BRC-10
#[derive(Deserialize)]
pub(crate) struct MerkleProof {
    pub(crate) index: u64,
    #[serde(rename = "txOrId")]
    pub(crate) txid: String,
    pub(crate) nodes: Vec<String>,
}
