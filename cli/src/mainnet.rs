//! Real money: what the user must say, and is shown, before any of it moves.

use crate::advice::Advise as _;
use crate::values::grouped;
use anyhow::{Context as _, anyhow};
use core::fmt;
use serde::Serialize;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use tx_builder::{Address, Transaction, TxOut};
use wallet::keys::KeyNetwork;

/// Stands under every answer about mainnet.
pub(crate) const WARNING: &str =
    "young software that nobody has audited: on mainnet put no more under it than you can lose";

/// Whether mainnet was named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// The default.
    TestNetworks,
    /// `--mainnet`: that network and no other.
    Mainnet,
}

impl Allowed {
    /// What `--mainnet` means.
    pub(crate) const fn with_flag(mainnet: bool) -> Self {
        if mainnet { Self::Mainnet } else { Self::TestNetworks }
    }

    /// Refuses a key, node or service of a network that was not asked for; `whose` names it, as "the node at URL".
    pub(crate) fn check(self, network: KeyNetwork, whose: &str) -> anyhow::Result<()> {
        match (self, network) {
            (Self::TestNetworks, KeyNetwork::Mainnet) => Err(anyhow!("{whose} is of mainnet, which moves real money"))
                .advise(format!("add --mainnet if that is what you want; it is {WARNING}")),
            (Self::Mainnet, KeyNetwork::Regtest | KeyNetwork::Testnet) => {
                Err(anyhow!("--mainnet is given, but {whose} is of {network}"))
                    .advise("leave --mainnet out, or give what is of mainnet")
            }
            (Self::TestNetworks, KeyNetwork::Regtest | KeyNetwork::Testnet) | (Self::Mainnet, KeyNetwork::Mainnet) => {
                Ok(())
            }
        }
    }
}

/// Refuses what is of another network than the key; `whose` names it.
pub(crate) fn check_same(key: KeyNetwork, chain: KeyNetwork, whose: &str) -> anyhow::Result<()> {
    if key == chain {
        return Ok(());
    }
    Err(anyhow!("{whose} is of {chain}, the key is of {key}"))
        .advise(format!("use a key of {chain} (`provelock key new --network {chain}`), or a destination on {key}"))
}

/// What a transaction does, in terms of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Preview {
    /// What it is for: "locks coins under contract ..".
    purpose: String,
    /// Satoshis that go in; none if it is not known what a coin holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs_sats: Option<u64>,
    outputs: Vec<OutputLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_sats: Option<u64>,
    bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_sat_per_1000_bytes: Option<u64>,
}

/// One output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct OutputLine {
    vout: usize,
    value_sats: u64,
    /// An address, "the contract", "data (34 bytes)", "script (99 bytes)".
    to: String,
}

impl Preview {
    /// `spent` are the outputs behind the inputs, in order, if they are known; `contract` is a locking script that is called so.
    pub(crate) fn new(
        purpose: String,
        transaction: &Transaction,
        spent: Option<&[TxOut]>,
        contract: &[u8],
        network: KeyNetwork,
    ) -> Self {
        let sum = |outputs: &[TxOut]| outputs.iter().map(|output| output.value.to_sat()).sum::<u64>();
        let (inputs_sats, bytes) = (spent.map(sum), transaction.total_size());
        let fee_sats = inputs_sats.map(|inputs| inputs.saturating_sub(sum(&transaction.output)));
        let len = u64::try_from(bytes).unwrap_or(u64::MAX).max(1);
        let line = |(vout, output): (usize, &TxOut)| OutputLine {
            vout,
            value_sats: output.value.to_sat(),
            to: destination(output, contract, network),
        };
        Self {
            purpose,
            inputs_sats,
            outputs: transaction.output.iter().enumerate().map(line).collect(),
            fee_sats,
            bytes,
            fee_sat_per_1000_bytes: fee_sats.map(|fee| fee.saturating_mul(1_000).div_ceil(len)),
        }
    }
}

/// Whom an output pays, as far as its script tells.
fn destination(output: &TxOut, contract: &[u8], network: KeyNetwork) -> String {
    let script = output.script_pubkey.as_bytes();
    let n = script.len();
    match script {
        _ if script == contract => "the contract".to_owned(),
        // OP_DUP OP_HASH160 <20 bytes> OP_EQUALVERIFY OP_CHECKSIG
        [0x76, 0xa9, 20, hash @ .., 0x88, 0xac] if n == 25 => {
            let hash = hash.try_into().expect("25 bytes less five");
            Address { pubkey_hash: statement::PubkeyHash(hash), network: network.prefix() }.to_string()
        }
        // OP_FALSE OP_RETURN
        [0x00, 0x6a, ..] => format!("data ({n} bytes, nobody can spend it)"),
        _ => format!("a script of {n} bytes"),
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "This {}:", self.purpose.replace("; ", ";\n  "))?;
        let amount = |sats: Option<u64>| sats.map_or_else(|| "an unknown number of".to_owned(), grouped);
        writeln!(f, "  coins in  {:>20} sat", amount(self.inputs_sats))?;
        for OutputLine { vout, value_sats, to } in &self.outputs {
            writeln!(f, "  output {vout:<2} {:>20} sat  to {to}", grouped(*value_sats))?;
        }
        write!(f, "  fee       {:>20} sat  for {} bytes", amount(self.fee_sats), grouped(self.bytes))?;
        self.fee_sats.map_or(Ok(()), |fee| {
            // To a tenth: fees are whole satoshis, a little above the rate that was asked for.
            write!(f, ": {:.1} sat per 1,000 bytes", fee as f64 * 1_000.0 / self.bytes as f64)
        })
    }
}

/// Shows what moves on mainnet, and asks, unless `--yes` was given.
pub(crate) fn confirm(preview: &Preview, is_confirmed: bool) -> anyhow::Result<()> {
    let mut stderr = io::stderr().lock();
    writeln!(stderr, "{preview}\nWARNING: {WARNING}.")?;
    if is_confirmed {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(anyhow!("there is no terminal to ask whether this may be sent; nothing was sent"))
            .advise("look at the figures above, and add --yes");
    }
    ask(&mut stderr, &mut io::stdin().lock())
}

fn ask(stderr: &mut impl io::Write, stdin: &mut dyn io::BufRead) -> anyhow::Result<()> {
    write!(stderr, "Type yes to send it on mainnet: ")?;
    stderr.flush()?;
    let mut line = String::new();
    io::Read::take(&mut *stdin, 100).read_line(&mut line).context("the terminal gave no answer")?;
    if line.trim() == "yes" {
        return Ok(());
    }
    Err(anyhow!("not confirmed: nothing was sent")).advise("run the command again and type yes")
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use chain_types::{LockingScript, Satoshis};
    use tx_builder::{OutPoint, transaction_output};

    #[test]
    fn allowed__networks__are_those_that_were_asked_for() {
        let refused = |allowed: Allowed, network| allowed.check(network, "alice.key").unwrap_err().to_string();
        for network in [KeyNetwork::Regtest, KeyNetwork::Testnet] {
            assert!(Allowed::TestNetworks.check(network, "alice.key").is_ok());
            let message = refused(Allowed::Mainnet, network);
            assert_eq!(message, format!("--mainnet is given, but alice.key is of {network}"));
        }
        assert!(Allowed::Mainnet.check(KeyNetwork::Mainnet, "alice.key").is_ok());
        let message = refused(Allowed::TestNetworks, KeyNetwork::Mainnet);
        assert_eq!(message, "alice.key is of mainnet, which moves real money");
    }

    #[test]
    fn check_same__networks_that_differ__are_both_named() {
        assert!(check_same(KeyNetwork::Testnet, KeyNetwork::Testnet, "the node").is_ok());
        // The same version bytes, and yet not the same coins.
        let error = check_same(KeyNetwork::Regtest, KeyNetwork::Testnet, "the node at URL").unwrap_err();
        assert_eq!(error.to_string(), "the node at URL is of testnet, the key is of regtest");
    }

    #[test]
    fn ask__anything_but_yes__sends_nothing() {
        let ask = |answer: &str| ask(&mut Vec::new(), &mut answer.as_bytes());
        assert!(ask("yes\n").is_ok() && ask(" yes \r\n").is_ok());
        for answer in ["", "\n", "y\n", "no\n", "YES\n", "yes please\n"] {
            assert_eq!(ask(answer).unwrap_err().to_string(), "not confirmed: nothing was sent", "{answer:?}");
        }
    }

    #[test]
    fn preview__every_kind_of_output__is_named_with_its_amount() {
        let text = concat!(
            "01000000011111111111111111111111111111111111111111111111111111111111111111",
            "000000000151ffffffff010100000000000000015100000000"
        );
        let mut transaction = tx_builder::decode_hex(text).unwrap();
        assert_eq!(transaction.input[0].previous_output, OutPoint::new("11".repeat(32).parse().unwrap(), 0));
        let contract = LockingScript::from_bytes(vec![0x51, 0x52]);
        transaction.output = vec![
            transaction_output(contract.clone(), Satoshis(100_000)),
            transaction_output(LockingScript::p2pkh(&[7; 20]), Satoshis(1_234)),
            transaction_output(LockingScript::data(&[1; 32]), Satoshis(0)),
            transaction_output(LockingScript::from_bytes(vec![0x51]), Satoshis(5)),
        ];
        let spent = [transaction_output(LockingScript::p2pkh(&[7; 20]), Satoshis(102_000))];
        let of = |network| {
            Preview::new("locks".to_owned(), &transaction, Some(spent.as_slice()), contract.as_bytes(), network)
        };
        let preview = of(KeyNetwork::Mainnet);
        assert_eq!((preview.inputs_sats, preview.fee_sats), (Some(102_000), Some(761)));
        let to: Vec<_> = preview.outputs.iter().map(|line| (line.value_sats, line.to.as_str())).collect();
        let address = |prefix| Address { pubkey_hash: statement::PubkeyHash([7; 20]), network: prefix }.to_string();
        let mainnet = address(tx_builder::Network::Main);
        let expected = [
            (100_000, "the contract"),
            (1_234, mainnet.as_str()),
            (0, "data (35 bytes, nobody can spend it)"),
            (5, "a script of 1 bytes"),
        ];
        assert_eq!(to, expected);
        assert_eq!(of(KeyNetwork::Testnet).outputs[1].to, address(tx_builder::Network::Test));
        let bytes = u64::try_from(transaction.total_size()).unwrap();
        assert_eq!(preview.fee_sat_per_1000_bytes, Some(761_000_u64.div_ceil(bytes)));
        let shown = preview.to_string();
        for part in ["102,000 sat", "100,000 sat  to the contract", "761 sat  for"] {
            assert!(shown.contains(part), "{shown}");
        }
    }
}
