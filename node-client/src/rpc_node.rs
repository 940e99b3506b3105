//! A node behind its JSON-RPC interface, as a chain.

use chain_types::LockingScript;
use ledger::{BroadcastError, Chain, ChainError, ChainInfo, Rejection, TestChain, TxStatus};
use serde_json::json;
use statement::PubkeyHash;
use tx_builder::{
    Address, BlockHash, Coin, MerklePath, MerkleRoot, Network, OutPoint, Transaction, TxOut, Txid, decode_hex,
    encode_hex, transaction_output,
};

use crate::{RpcClient, RpcError, amount::parse_coins, wire};

/// Error codes of the node (node v1.2.2, `src/rpc/protocol.h`).
mod code {
    /// `RPC_INVALID_ADDRESS_OR_KEY`: no such transaction or block.
    pub(super) const NOT_FOUND: i64 = -5;
    /// `RPC_INVALID_PARAMETER`: for instance a height beyond the tip.
    pub(super) const INVALID_PARAMETER: i64 = -8;
    /// `RPC_DESERIALIZATION_ERROR`: the bytes are not a transaction.
    pub(super) const DESERIALIZATION: i64 = -22;
    /// `RPC_TRANSACTION_ERROR`: its coins are not known.
    pub(super) const TRANSACTION: i64 = -25;
    /// `RPC_TRANSACTION_REJECTED`: it breaks a rule.
    pub(super) const REJECTED: i64 = -26;
    /// `RPC_TRANSACTION_ALREADY_IN_CHAIN`.
    pub(super) const ALREADY_IN_CHAIN: i64 = -27;
}

/// A node's words for a transaction it has in its mempool.
const ALREADY_IN_MEMPOOL: [&str; 2] = ["txn-already-in-mempool", "txn-already-known"];

/// A node's words for a transaction that spends what another in its mempool spends.
const CONFLICT: &str = "txn-mempool-conflict";

/// A node that keeps no index of transactions answers with this about any that is mined: that is no answer.
const NO_INDEX: &str = "Use -txindex";

/// A Bitcoin SV node.
#[derive(Clone, Debug)]
pub struct RpcNode {
    rpc: RpcClient,
}

impl RpcNode {
    /// The node that `rpc` calls.
    pub const fn new(rpc: RpcClient) -> Self {
        Self { rpc }
    }

    /// Calls to the node beyond the interface [`Chain`].
    pub const fn rpc(&self) -> &RpcClient {
        &self.rpc
    }

    /// The node's name and version, for instance `/Bitcoin SV:1.2.2/`.
    ///
    /// # Errors
    /// [`RpcError`].
    pub fn version(&self) -> Result<String, RpcError> {
        let info: wire::NetworkInfo = self.rpc.call("getnetworkinfo", json!([]))?;
        Ok(info.subversion)
    }

    /// What has taken a coin of a transaction that was just refused for that. The node says so only in its answer to
    /// this call.
    fn rival(&self, refused: &Transaction) -> Result<Option<Txid>, RpcError> {
        let method = "sendrawtransactions";
        let answer: wire::Submission = self.rpc.call(method, json!([[{ "hex": encode_hex(refused) }]]))?;
        let rivals = answer.invalid.iter().flat_map(|invalid| &invalid.collided_with);
        rivals.map(|rival| parse(method, &rival.txid)).next().transpose()
    }

    /// The unspent outputs at an address that the node's own wallet knows, unconfirmed ones included. It knows only what
    /// was imported into it (`importaddress`): of any other address it says that there is nothing.
    ///
    /// # Errors
    /// [`RpcError`]; a node built or started without a wallet does not know the call.
    pub fn coins_of(&self, address: &Address) -> Result<Vec<Coin>, RpcError> {
        let method = "listunspent";
        let any_depth = (0, 9_999_999);
        let params = json!([any_depth.0, any_depth.1, [address.to_string()]]);
        let coins: Vec<wire::WalletCoin> = self.rpc.call(method, params)?;
        coins.iter().map(wallet_coin).collect()
    }

    /// Whether the block of that height on the longest chain has this merkle root: what a BEEF is verified with.
    ///
    /// # Errors
    /// [`RpcError`].
    pub fn has_merkle_root(&self, height: u32, root: MerkleRoot) -> Result<bool, RpcError> {
        let block: Result<String, _> = self.rpc.call("getblockhash", json!([height]));
        let block = match block {
            Err(RpcError::Rpc { code: code::INVALID_PARAMETER, .. }) => return Ok(false),
            block => parse("getblockhash", &block?)?,
        };
        let header = self.header(block)?;
        Ok(header.is_some_and(|(_, found)| found == root))
    }

    /// Proof that a transaction stands in a block of the longest chain, checked against that block's header; none if it is
    /// not mined or not known.
    ///
    /// # Errors
    /// [`RpcError`]; [`RpcError::Schema`] if the proof is none, or leads to another root.
    pub fn merkle_path(&self, txid: Txid) -> Result<Option<MerklePath>, RpcError> {
        let method = "getmerkleproof2";
        let Some(block) = self.transaction_info(txid)?.and_then(|info| info.blockhash) else { return Ok(None) };
        let block = parse("getrawtransaction", &block)?;
        let Some((height, root)) = self.header(block)? else { return Ok(None) };
        let proof: Result<wire::MerkleProof, _> = self.rpc.call(method, json!([block.to_string(), txid.to_string()]));
        let path = match proof {
            Ok(proof) if parse::<Txid>(method, &proof.txid)? == txid => {
                let path = MerklePath::of_tsc(height, txid, proof.index, &proof.nodes);
                path.map_err(|error| RpcError::schema(method, &proof.nodes.join(" "), error))?
            }
            Ok(proof) => {
                return Err(RpcError::schema(method, &proof.txid, "the proof is about another transaction"));
            }
            // Where nothing is to be proved, the node says that the transaction is not there.
            Err(RpcError::Rpc { code: code::NOT_FOUND, .. }) if self.is_alone(block, txid)? => {
                MerklePath::of_branch(height, txid, 0, &[]).map_err(|error| RpcError::schema(method, "", error))?
            }
            Err(error) => return Err(error),
        };
        if path.root() == root {
            Ok(Some(path))
        } else {
            Err(RpcError::schema(method, &path.root().to_string(), format!("block {block} has merkle root {root}")))
        }
    }

    /// Whether the block holds nothing else.
    fn is_alone(&self, block: BlockHash, txid: Txid) -> Result<bool, RpcError> {
        Ok(self.block_info(block)?.is_some_and(|info| info.tx == [txid.to_string()]))
    }

    /// Height and merkle root of a block; none if it is not known or not part of the longest chain.
    fn header(&self, block: BlockHash) -> Result<Option<(u32, MerkleRoot)>, RpcError> {
        let method = "getblockheader";
        let header: Option<wire::BlockHeader> = found(self.rpc.call(method, json!([block.to_string(), 1])))?;
        let Some(header) = header.filter(|header| header.confirmations > 0) else { return Ok(None) };
        Ok(Some((header.height, parse(method, &header.merkle_root)?)))
    }

    fn transaction_info(&self, txid: Txid) -> Result<Option<wire::TransactionInfo>, RpcError> {
        found(self.rpc.call("getrawtransaction", json!([txid.to_string(), 1])))
    }

    fn block_info(&self, block: BlockHash) -> Result<Option<wire::BlockInfo>, RpcError> {
        found(self.rpc.call("getblock", json!([block.to_string(), 1])))
    }
}

/// Turns "no such thing" into none.
fn found<T>(answer: Result<T, RpcError>) -> Result<Option<T>, RpcError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(RpcError::Rpc { code: code::NOT_FOUND, message, .. }) if !message.contains(NO_INDEX) => Ok(None),
        Err(error) => Err(error),
    }
}

fn parse<T: core::str::FromStr>(method: &str, text: &str) -> Result<T, RpcError>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|error| RpcError::schema(method, text, error))
}

fn wallet_coin(coin: &wire::WalletCoin) -> Result<Coin, RpcError> {
    let method = "listunspent";
    let amount = coin.amount.get();
    let value = parse_coins(amount).ok_or_else(|| RpcError::schema(method, amount, "not an amount"))?;
    let script = hex::decode(&coin.script).map_err(|error| RpcError::schema(method, &coin.script, error))?;
    let outpoint = OutPoint::new(parse(method, &coin.txid)?, coin.vout);
    Ok(Coin { outpoint, value, locking_script: LockingScript::from_bytes(script) })
}

fn output(unspent: &wire::UnspentOutput) -> Result<TxOut, RpcError> {
    let value = unspent.value.get();
    let value = parse_coins(value).ok_or_else(|| RpcError::schema("gettxout", value, "not an amount"))?;
    let script = &unspent.script.hex;
    let script = hex::decode(script).map_err(|error| RpcError::schema("gettxout", script, error))?;
    Ok(transaction_output(LockingScript::from_bytes(script), value))
}

/// Sorts the node's answer to a transaction it did not take.
fn broadcast_error(error: RpcError, txid: Txid) -> BroadcastError {
    match error {
        RpcError::Rpc { code: code::ALREADY_IN_CHAIN, .. } => BroadcastError::AlreadyKnown { txid },
        RpcError::Rpc { message, .. } if ALREADY_IN_MEMPOOL.iter().any(|known| message.contains(known)) => {
            BroadcastError::AlreadyKnown { txid }
        }
        RpcError::Rpc {
            code: code @ (code::DESERIALIZATION | code::TRANSACTION | code::REJECTED), message, ..
        } => BroadcastError::Rejected(Rejection { code, reason: message, rival: None }),
        other => BroadcastError::Chain(other.into()),
    }
}

impl Chain for RpcNode {
    fn info(&self) -> Result<ChainInfo, ChainError> {
        let info: wire::BlockchainInfo = self.rpc.call("getblockchaininfo", json!([]))?;
        let wire::BlockchainInfo { chain, blocks, median_time } = info;
        Ok(ChainInfo { network: chain, version: Some(self.version()?), height: blocks, median_time })
    }

    fn broadcast(&mut self, transaction: &Transaction) -> Result<Txid, BroadcastError> {
        let method = "sendrawtransaction";
        let answer: Result<String, _> = self.rpc.call(method, json!([encode_hex(transaction)]));
        let answer = answer.and_then(|txid| parse(method, &txid));
        let mut error = match answer {
            Ok(txid) => return Ok(txid),
            Err(error) => broadcast_error(error, transaction.compute_txid()),
        };
        if let BroadcastError::Rejected(rejection) = &mut error
            && rejection.reason.contains(CONFLICT)
        {
            // Who was first is only for the report: the verdict stands without it.
            rejection.rival = self.rival(transaction).unwrap_or_default();
        }
        Err(error)
    }

    fn unspent(&self, outpoint: OutPoint) -> Result<Option<TxOut>, ChainError> {
        let include_mempool = true;
        let params = json!([outpoint.txid.to_string(), outpoint.vout, include_mempool]);
        let unspent: Option<wire::UnspentOutput> = self.rpc.call("gettxout", params)?;
        Ok(unspent.as_ref().map(output).transpose()?)
    }

    fn status(&self, txid: Txid) -> Result<Option<TxStatus>, ChainError> {
        let Some(info) = self.transaction_info(txid)? else { return Ok(None) };
        let block = info.blockhash.map(|block| parse("getrawtransaction", &block)).transpose()?;
        // The node's index keeps the blocks that a reorganisation has taken out of the chain. What is in such a block
        // and not in the mempool, which is asked first, is nowhere.
        if block.is_some() && info.confirmations == 0 {
            return Ok(None);
        }
        Ok(Some(TxStatus { confirmations: info.confirmations, block, rivals: Vec::new() }))
    }

    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, ChainError> {
        let method = "getrawtransaction";
        let Some(hex) = found(self.rpc.call::<String>(method, json!([txid.to_string()])))? else { return Ok(None) };
        let transaction = decode_hex(&hex).map_err(|error| RpcError::schema(method, &hex, error))?;
        let found = transaction.compute_txid();
        if found == txid {
            Ok(Some(transaction))
        } else {
            Err(RpcError::schema(method, &found.to_string(), format!("transaction {txid} was asked for")).into())
        }
    }
}

impl TestChain for RpcNode {
    fn mine(&mut self, n_blocks: u32, pay_to: PubkeyHash) -> Result<Vec<BlockHash>, ChainError> {
        let method = "generatetoaddress";
        let address = Address { pubkey_hash: pay_to, network: Network::Test }.to_string();
        let blocks: Vec<String> = self.rpc.call(method, json!([n_blocks, address]))?;
        Ok(blocks.iter().map(|block| parse(method, block)).collect::<Result<_, _>>()?)
    }

    fn coinbase(&self, block: BlockHash) -> Result<Option<Coin>, ChainError> {
        let Some(info) = self.block_info(block)? else { return Ok(None) };
        let Some(txid) = info.tx.first() else { return Ok(None) };
        let outpoint = OutPoint::new(parse("getblock", txid)?, 0);
        Ok(self.unspent(outpoint)?.map(|output| Coin::new(outpoint, &output)))
    }
}
