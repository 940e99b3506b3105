//! A contract's terms, for people and programs.

use super::lock_time::opens;
use crate::public;
use crate::values::grouped;
use core::fmt;
use script_gen::{Payee, Payout, Terms};
use serde::Serialize;
use statement::PubkeyHash;
use std::collections::BTreeMap;
use tx_builder::{Address, Network};

/// All terms but the rules they are written for.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    /// The public inputs that are fixed, by name.
    public_inputs: BTreeMap<String, String>,
    /// The names of those that the spend gives.
    open_inputs: Vec<String>,
    nonce: String,
    payee: ShownPayee,
    refund: ShownRefund,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ShownPayee {
    Prover {
        /// Whose signature for which open input a spend needs.
        #[serde(skip_serializing_if = "Option::is_none")]
        signer: Option<ShownSigner>,
    },
    Named {
        #[serde(flatten)]
        owner: Owner,
    },
    Class {
        /// The public input that is the class.
        input: String,
        /// By class; a class that is not listed pays nobody.
        payouts: BTreeMap<usize, Vec<ShownPayout>>,
    },
}

#[derive(Debug, Serialize)]
struct ShownSigner {
    public_key: String,
    input: String,
}

#[derive(Debug, Serialize)]
struct ShownPayout {
    satoshis: u64,
    locking_script: String,
    /// If the script is a key's.
    #[serde(flatten)]
    owner: Option<Owner>,
}

/// Whose key: a contract is for no network in particular.
#[derive(Debug, Serialize)]
struct Owner {
    pubkey_hash: String,
    /// As regtest and testnet write it.
    address: String,
    /// As mainnet does.
    mainnet_address: String,
}

#[derive(Debug, Serialize)]
struct ShownRefund {
    #[serde(flatten)]
    owner: Owner,
    lock_time: u32,
    /// The first block that may hold the refund, in words.
    from: String,
}

impl Shown {
    pub(super) fn of(terms: &Terms) -> Self {
        let fixed: Vec<_> = terms.fixed().cloned().collect();
        let payee = match &terms.payee {
            Payee::Prover { signer } => {
                let signer = signer.as_ref().map(|signer| ShownSigner {
                    public_key: hex::encode(signer.public_key),
                    input: signer.input.clone(),
                });
                ShownPayee::Prover { signer }
            }
            Payee::Named { recipient } => ShownPayee::Named { owner: Owner::of(*recipient) },
            Payee::ByClass(payouts) => {
                let listed = payouts.by_class().iter().enumerate();
                let listed = listed.filter_map(|(class, outputs)| {
                    Some((class, outputs.as_ref()?.iter().map(ShownPayout::of).collect()))
                });
                ShownPayee::Class { input: payouts.input().to_owned(), payouts: listed.collect() }
            }
        };
        Self {
            public_inputs: public::by_name(&fixed),
            open_inputs: terms.open().map(|open| open.name().to_owned()).collect(),
            nonce: hex::encode(terms.nonce.0),
            payee,
            refund: ShownRefund {
                owner: Owner::of(terms.refund.recipient),
                lock_time: terms.refund.lock_time.get(),
                from: opens(terms.refund.lock_time),
            },
        }
    }
}

impl Owner {
    fn of(pubkey_hash: PubkeyHash) -> Self {
        let [address, mainnet_address] =
            [Network::Test, Network::Main].map(|network| Address { pubkey_hash, network }.to_string());
        Self { pubkey_hash: hex::encode(pubkey_hash.0), address, mainnet_address }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (on mainnet {})", self.address, self.mainnet_address)
    }
}

impl ShownPayout {
    fn of(payout: &Payout) -> Self {
        // OP_DUP OP_HASH160 <20 bytes> OP_EQUALVERIFY OP_CHECKSIG.
        let hash = match payout.locking_script.as_bytes() {
            [0x76, 0xa9, 0x14, hash @ .., 0x88, 0xac] => hash.try_into().ok(),
            _ => None,
        };
        Self {
            satoshis: payout.value.0,
            locking_script: hex::encode(payout.locking_script.as_bytes()),
            owner: hash.map(|hash| Owner::of(PubkeyHash(hash))),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.public_inputs.is_empty() {
            writeln!(f, "  fixed           {}", public::listed(&self.public_inputs))?;
        }
        if !self.open_inputs.is_empty() {
            let names = public::listed_names(self.open_inputs.iter().map(String::as_str));
            writeln!(f, "  given by spend  {names}")?;
        }
        match &self.payee {
            ShownPayee::Prover { signer } => {
                writeln!(f, "  pays            whoever the proof is bound to")?;
                if let Some(ShownSigner { public_key, input }) = signer {
                    writeln!(f, "  if              {public_key} has signed {input}")?;
                }
            }
            ShownPayee::Named { owner } => writeln!(f, "  pays            {owner}, with a proof bound to it")?,
            ShownPayee::Class { input, payouts } => {
                writeln!(
                    f,
                    "  pays            by {input}, whoever sends the proof; nobody for a class that is not listed"
                )?;
                for (class, outputs) in payouts {
                    let outputs = outputs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                    writeln!(f, "    {class:>3}           {outputs}")?;
                }
            }
        }
        writeln!(f, "  refund          from {} on, to {}", self.refund.from, self.refund.owner)?;
        writeln!(f, "  nonce           {}  (proofs must name it)", self.nonce)
    }
}

impl fmt::Display for ShownPayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = grouped(self.satoshis);
        match &self.owner {
            Some(owner) => write!(f, "{value} sat to {owner}"),
            None => write!(f, "{value} sat to script {}", self.locking_script),
        }
    }
}
