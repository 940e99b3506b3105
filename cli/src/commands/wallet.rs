//! `wallet ..`: what was sent, where it stands, and going on with it.

pub(crate) mod export;

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{LocalWalletArgs, WalletChangeArgs, WalletListArgs, WalletResumeArgs, WalletShowArgs};
use crate::chain::{Connected, Disclosing, connect, follow, how_it_stands, is_taken, open_of, open_wallet};
use crate::config::Config;
use crate::mainnet::{self, Preview};
use crate::output::Output;
use crate::values::grouped;
use ::wallet::keys::KeyNetwork;
use ::wallet::{
    ContractCoin, ContractRow, Event, Pending, Progress, Purpose, Recorded, Report, State, TransactionRow, Wallet,
};
use anyhow::anyhow;
use core::fmt;
use serde::Serialize;
use std::path::{Path, PathBuf};
use tx_builder::{OutPoint, TxOut, Txid};

#[derive(Serialize)]
struct Listed {
    wallet: PathBuf,
    network: String,
    contracts: Vec<ContractRow>,
    transactions: Vec<TransactionRow>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: wallet of the network {:?}", self.wallet.display(), self.network)?;
        for ContractRow { id, name, coins } in &self.contracts {
            write!(f, "\ncontract {id}  {name}")?;
            for coin in coins {
                let value = coin.value.map_or_else(|| "?".to_owned(), grouped);
                write!(f, "\n  coin {}  {value} sat, {}", coin.coin, self.standing(coin))?;
            }
        }
        for row in &self.transactions {
            let TransactionRow { txid, purpose, state, unfinished, substitute, pays, .. } = row;
            write!(f, "\n{txid}  {}", kind(purpose))?;
            let locked =
                self.contracts.iter().flat_map(|contract| &contract.coins).find(|coin| coin.coin.txid == *txid);
            if let Some(locked) = locked.and_then(|coin| coin.value) {
                write!(f, ", locks {} sat", grouped(locked))?;
            }
            write!(f, ", outputs {} sat in all", grouped(*pays))?;
            write!(f, "\n  {state}{}", if *unfinished { " (unfinished: `wallet resume`)" } else { "" })?;
            if let Some(substitute) = substitute {
                write!(f, "\n  {substitute} pays the same in its place")?;
            }
        }
        if self.transactions.is_empty() {
            write!(f, "\nno transaction yet")?;
        }
        Ok(())
    }
}

impl Listed {
    /// What became of a contract's coin, as far as the wallet knows.
    fn standing(&self, coin: &ContractCoin) -> String {
        let spends = || self.transactions.iter().filter(|row| coin.spends.contains(&row.txid));
        if let Some(spend) = spends().find(|row| row.state.name().reserves_coins()) {
            let TransactionRow { txid, purpose, state, .. } = spend;
            let verb = if is_taken(state) { "spent by" } else { "kept for" };
            return format!("{verb} {} {txid} ({})", kind(purpose), state.name());
        }
        let is_gone =
            |row: &TransactionRow| matches!(&row.state, State::Conflicted { coin: gone, .. } if *gone == coin.coin);
        if spends().any(is_gone) {
            return "spent by a transaction that is not of this wallet".to_owned();
        }
        match &coin.deployment {
            Some(state) if !is_taken(state) => format!("not there: its deployment is {}", state.name()),
            Some(_) | None => "not spent by this wallet".to_owned(),
        }
    }
}

const fn kind(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::Deployment { .. } => "deployment",
        Purpose::Claim { .. } => "claim",
        Purpose::Refund { .. } => "refund",
        Purpose::Payment { .. } => "payment",
    }
}

pub(crate) fn list(args: &WalletListArgs, output: &Output) -> anyhow::Result<Verdict> {
    let (path, wallet) = open_local(&args.local)?;
    let listing = wallet.list();
    output.answer(&Listed {
        wallet: path,
        network: listing.network,
        contracts: listing.contracts,
        transactions: listing.transactions,
    })?;
    Ok(Verdict::Yes)
}

#[derive(Serialize)]
struct Shown {
    /// As `wallet list` has it.
    #[serde(flatten)]
    row: TransactionRow,
    /// Hex.
    transaction: String,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TransactionRow { txid, purpose, unfinished, substitute, spends, pays, history, .. } = &self.row;
        writeln!(f, "transaction {txid}\n  {purpose}")?;
        for coin in spends {
            writeln!(f, "  spends {coin}")?;
        }
        writeln!(f, "  outputs {} sat in all{}", grouped(*pays), if *unfinished { ", unfinished" } else { "" })?;
        if let Some(substitute) = substitute {
            writeln!(f, "  {substitute} pays the same in its place")?;
        }
        for Event { at, state } in history {
            writeln!(f, "  {at:>6}  {state}")?;
        }
        write!(f, "{}", self.transaction)
    }
}

pub(crate) fn show(args: &WalletShowArgs, output: &Output) -> anyhow::Result<Verdict> {
    let (path, wallet) = open_local(&args.local)?;
    let row = wallet.list().transactions.into_iter().find(|row| row.txid == args.txid);
    let (Some(row), Some(recorded)) = (row, wallet.transaction(args.txid)) else {
        return Err(anyhow!("{} has no transaction {}", path.display(), args.txid))
            .advise("`provelock wallet list` shows those it has");
    };
    output.answer(&Shown { row, transaction: tx_builder::encode_hex(recorded.transaction()) })?;
    Ok(Verdict::Yes)
}

#[derive(Serialize)]
struct Resumed {
    /// Nothing was refused or held back, and there is a verdict on everything that was sent.
    accepted: bool,
    destination: String,
    height: u32,
    transactions: Vec<Progress>,
}

impl fmt::Display for Resumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, height {}", self.destination, grouped(self.height))?;
        for Progress { txid, before, after, pending } in &self.transactions {
            let stands = how_it_stands(after, pending.as_ref());
            let was = if before.name() == after.name() { String::new() } else { format!(" (was {})", before.name()) };
            write!(f, "\n{txid}\n  {stands}{was}")?;
        }
        if self.transactions.is_empty() {
            write!(f, "\nnothing is unfinished")?;
        }
        Ok(())
    }
}

pub(crate) fn resume(args: &WalletResumeArgs, output: &Output) -> anyhow::Result<Verdict> {
    let config = Config::load(args.chain.config.as_deref())?;
    let mut connected = connect(&args.chain, &config, None, "")?;
    let path = config.wallet(connected.network, args.wallet.wallet.as_deref())?;
    check_exists(&path)?;
    let disclosing = Disclosing::with_flag(args.disclose_anyway);
    let mut wallet = open_of(&path, connected.network)?.gated_by(disclosing.gate(config.confirmations()));
    if connected.network == KeyNetwork::Mainnet {
        confirm_unsent(&wallet, &connected, args.yes)?;
    }
    let report =
        follow(&mut wallet, &mut connected, config.confirmations(), args.wait, output, |wallet, to, depth| {
            wallet.resume(to.chain.as_mut(), depth)
        })?;
    let Report { height, transactions } = report;
    let accepted = transactions.iter().all(|progress| !is_bad(&wallet, progress));
    output.answer(&Resumed { accepted, destination: connected.whose, height, transactions })?;
    Ok(Verdict::of(accepted))
}

/// Shows and asks about all that was never sent: the process may have ended before anybody was asked.
fn confirm_unsent(wallet: &Wallet, connected: &Connected, is_confirmed: bool) -> anyhow::Result<()> {
    let unsent = |recorded: &&Recorded| matches!(recorded.state(), State::Recorded);
    for recorded in wallet.transactions().into_iter().filter(unsent) {
        // Whose coin is not known any more, or not yet, is shown without its fee.
        let spent: Option<Vec<_>> = recorded.spends().map(|coin| output_of(wallet, connected, coin)).collect();
        let (transaction, network) = (recorded.transaction(), connected.network);
        let script = match recorded.purpose() {
            Purpose::Deployment { vout, .. } => {
                usize::try_from(*vout).ok().and_then(|vout| transaction.output.get(vout))
            }
            _ => None,
        };
        let script = script.map(|output| output.script_pubkey.as_bytes()).unwrap_or_default();
        let purpose = format!("is transaction {}, recorded and not sent yet ({})", recorded.txid(), recorded.purpose());
        let preview = Preview::new(purpose, transaction, spent.as_deref(), script, network);
        mainnet::confirm(&preview, is_confirmed)?;
    }
    Ok(())
}

/// What a coin holds, as the wallet or else the chain says.
fn output_of(wallet: &Wallet, connected: &Connected, coin: OutPoint) -> Option<TxOut> {
    let own = wallet
        .transaction(coin.txid)
        .and_then(|parent| parent.transaction().output.get(usize::try_from(coin.vout).ok()?).cloned());
    own.or_else(|| connected.chain.unspent(coin).ok().flatten())
}

/// Refused in this turn, held back, or without an answer. What another transaction does in its place is not refused.
fn is_bad(wallet: &Wallet, progress: &Progress) -> bool {
    let is_refused = matches!(progress.after, State::Rejected { .. } | State::Conflicted { .. })
        && wallet.substitute_of(progress.txid).is_none();
    let was_refused = matches!(progress.before, State::Rejected { .. } | State::Conflicted { .. });
    (is_refused && !was_refused) || matches!(progress.pending, Some(Pending::Answer { .. } | Pending::Held { .. }))
}

#[derive(Serialize)]
struct Changed {
    txid: Txid,
    state: State,
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "transaction {} is {} now", self.txid, self.state)
    }
}

pub(crate) fn retry(args: &WalletChangeArgs, output: &Output) -> anyhow::Result<Verdict> {
    change(args, output, Wallet::retry)
}

pub(crate) fn abandon(args: &WalletChangeArgs, output: &Output) -> anyhow::Result<Verdict> {
    change(args, output, Wallet::abandon)
}

fn change(
    args: &WalletChangeArgs,
    output: &Output,
    change: impl FnOnce(&mut Wallet, Txid) -> Result<(), ::wallet::ChangeError>,
) -> anyhow::Result<Verdict> {
    let (_, mut wallet) = open_local(&args.local)?;
    change(&mut wallet, args.txid).advise("`provelock wallet list` shows where every transaction stands")?;
    let state = wallet.transaction(args.txid).map_or(State::Recorded, |recorded| recorded.state().clone());
    output.answer(&Changed { txid: args.txid, state })?;
    Ok(Verdict::Yes)
}

fn open_local(args: &LocalWalletArgs) -> anyhow::Result<(PathBuf, Wallet)> {
    let config = Config::load(args.config.as_deref())?;
    let named = args.wallet.wallet.as_deref();
    let path = config.wallet(args.network.unwrap_or(KeyNetwork::Regtest), named)?;
    check_exists(&path)?;
    let wallet = match (args.network, named) {
        // A file that is named says itself which network it is of.
        (None, Some(_)) => open_wallet(&path)?,
        (network, _) => open_of(&path, network.unwrap_or(KeyNetwork::Regtest))?,
    };
    Ok((path, wallet))
}

fn check_exists(path: &Path) -> anyhow::Result<()> {
    if !path.exists() {
        return Err(anyhow!("there is no wallet at {}", path.display())).advise(
            "the first `provelock contract deploy` or `spend` makes it; give another with --wallet or --network",
        );
    }
    Ok(())
}
