//! ARC's JSON, as it is: field for field what this crate reads. Other fields are ARC's business.

use serde::Deserialize;
use tx_builder::{BlockHash, MerklePath, MerklePathError, Txid};

use super::report::{self, ArcStatus, MinedIn};

/// `TransactionResponse`, `TransactionStatus`, `Callback`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    txid: String,
    tx_status: String,
    #[serde(default)]
    block_hash: Option<String>,
    #[serde(default)]
    block_height: Option<u64>,
    #[serde(default)]
    merkle_path: Option<String>,
    #[serde(default)]
    extra_info: Option<String>,
    #[serde(default)]
    competing_txs: Option<Vec<String>>,
}

/// Why a report makes no sense.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error("{0:?} is not a status of ARC")]
    Status(String),
    #[error("{0:?} is not a transaction id")]
    Txid(String),
    #[error("{0:?} is not a block hash")]
    BlockHash(String),
    #[error("{0} is not a block height")]
    BlockHeight(u64),
    #[error("a mined transaction without its block")]
    NoBlock,
    #[error("the merkle path is none")]
    MerklePath(#[from] MerklePathError),
    #[error("the merkle path is for block height {path}, the block's is {block}")]
    PathOfOtherBlock { path: u32, block: u32 },
    #[error("the merkle path does not contain the transaction")]
    PathOfOthers,
}

impl Report {
    /// Absent, null and empty mean the same to ARC.
    pub(crate) fn read(self) -> Result<report::Report, ReportError> {
        let status = ArcStatus::named(&self.tx_status).ok_or(ReportError::Status(self.tx_status))?;
        let txid = read_txid(&self.txid)?;
        let rivals = self.competing_txs.unwrap_or_default();
        let rivals = rivals.iter().map(|text| read_txid(text)).collect::<Result<_, _>>()?;
        let mined_in = match self.block_hash.filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => {
                let block: BlockHash = text.parse().map_err(|_| ReportError::BlockHash(text))?;
                let height = self.block_height.ok_or(ReportError::NoBlock)?;
                Some(MinedIn { block, height: height.try_into().map_err(|_| ReportError::BlockHeight(height))? })
            }
        };
        if status == ArcStatus::Mined && mined_in.is_none() {
            return Err(ReportError::NoBlock);
        }
        let merkle_path = self.merkle_path.filter(|text| !text.is_empty());
        let merkle_path = merkle_path.as_deref().map(MerklePath::from_hex).transpose()?;
        if let Some(path) = &merkle_path {
            if !path.contains(&txid) {
                return Err(ReportError::PathOfOthers);
            }
            if let Some(MinedIn { height: block, .. }) = mined_in
                && block != path.block_height()
            {
                return Err(ReportError::PathOfOtherBlock { path: path.block_height(), block });
            }
        }
        Ok(report::Report {
            txid,
            status,
            mined_in,
            merkle_path,
            rivals,
            detail: self.extra_info.filter(|text| !text.is_empty()),
        })
    }
}

fn read_txid(text: &str) -> Result<Txid, ReportError> {
    text.parse().map_err(|_| ReportError::Txid(text.to_owned()))
}

/// `ErrorFields`, RFC 7807
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    #[serde(default)]
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) detail: Option<String>,
    #[serde(default)]
    pub(crate) extra_info: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct PolicyResponse {
    pub(crate) policy: Policy,
}

#[derive(Deserialize)]
pub(crate) struct Policy {
    #[serde(rename = "maxscriptsizepolicy")]
    pub(crate) max_script_len: u64,
    #[serde(rename = "maxtxsizepolicy")]
    pub(crate) max_transaction_len: u64,
    #[serde(rename = "miningFee")]
    pub(crate) fee: FeeAmount,
    #[serde(default, rename = "standardFormatSupported")]
    pub(crate) takes_raw: Option<bool>,
}

#[derive(Deserialize)]
pub(crate) struct FeeAmount {
    pub(crate) satoshis: u64,
    pub(crate) bytes: u64,
}

#[derive(Deserialize)]
pub(crate) struct Health {
    pub(crate) healthy: bool,
    #[serde(default)]
    pub(crate) version: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// A callback, or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Callbacks {
    Batch { count: usize, callbacks: Option<Vec<Report>> },
    One(Box<Report>),
}
