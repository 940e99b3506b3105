//! The explorer's JSON, as it is: field for field what this crate reads. Other fields are the explorer's business.

use serde::Deserialize;

/// `/chain/info`
#[derive(Deserialize)]
pub(crate) struct ChainInfo {
    pub(crate) chain: String,
    pub(crate) blocks: u32,
    #[serde(default, rename = "mediantime")]
    pub(crate) median_time: Option<u32>,
}

/// `/script/{hash}/unspent/all`
#[derive(Deserialize)]
pub(crate) struct UnspentList {
    pub(crate) result: Option<Vec<Unspent>>,
    #[serde(default, rename = "nextPageToken")]
    pub(crate) next_page: Option<String>,
    #[serde(default)]
    pub(crate) error: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Unspent {
    #[serde(rename = "tx_hash")]
    pub(crate) txid: String,
    #[serde(rename = "tx_pos")]
    pub(crate) vout: u32,
    pub(crate) value: u64,
    #[serde(default, rename = "isSpentInMempoolTx")]
    pub(crate) is_spent: bool,
}

/// `/txs/status`
#[derive(Deserialize)]
pub(crate) struct TransactionStatus {
    pub(crate) txid: String,
    #[serde(default, rename = "blockhash")]
    pub(crate) block: Option<String>,
    #[serde(default)]
    pub(crate) confirmations: Option<u32>,
    #[serde(default)]
    pub(crate) error: Option<String>,
}

/// `/tx/{txid}/{vout}/spent`
#[derive(Deserialize)]
pub(crate) struct Spender {
    pub(crate) txid: String,
}

/// `/block/{hash}/header`
#[derive(Deserialize)]
pub(crate) struct Header {
    pub(crate) hash: String,
    pub(crate) height: u32,
    pub(crate) confirmations: i64,
    #[serde(rename = "merkleroot")]
    pub(crate) merkle_root: String,
}

/// `/tx/{txid}/proof/tsc`: the standard of BRC-10, whose target is a block hash here.
#[derive(Deserialize)]
pub(crate) struct TscProof {
    pub(crate) index: u64,
    #[serde(rename = "txOrId")]
    pub(crate) txid: String,
    pub(crate) target: String,
    pub(crate) nodes: Vec<String>,
}
