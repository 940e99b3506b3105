//! What becomes of a finished transaction: a file; or a wallet's record, and then a chain.

use super::ancestors::beef;
use super::connect::{self, Connected};
use super::disclosure::Disclosing;
use super::progress::{follow, how_it_stands, is_taken};
use crate::advice::Advise as _;
use crate::args::SendArgs;
use crate::config::Config;
use crate::files::{self, Existing, Readers};
use crate::mainnet::{self, Preview};
use crate::output::Output;
use anyhow::{Context as _, anyhow};
use contracts::Signed;
use core::fmt;
use core::num::NonZeroU32;
use script_gen::{Contract, ContractArtifact};
use serde::Serialize;
use services::explorer::Explorer;
use std::path::{Path, PathBuf};
use tx_builder::{ExtendedTransaction, OutPoint, Txid};
use wallet::keys::KeyNetwork;
use wallet::{Pending, Progress, Purpose, Recorded, State, StoreError, Wallet};

/// Where a transaction goes.
pub(crate) enum Destination {
    File(FileDestination),
    Chain(ChainDestination),
}

pub(crate) struct FileDestination {
    raw: PathBuf,
    extended: Option<PathBuf>,
    /// With who is asked for the ancestors.
    beef: Option<(PathBuf, Explorer)>,
    existing: Existing,
    network: KeyNetwork,
}

pub(crate) struct ChainDestination {
    pub(crate) connected: Connected,
    /// The wallet's file, which need not exist yet.
    wallet: PathBuf,
    pub(crate) settled: NonZeroU32,
    wait: Option<NonZeroU32>,
    is_confirmed: bool,
}

/// A transaction that is ready, and what it is for.
pub(crate) struct Order<'a> {
    pub(crate) signed: &'a Signed,
    pub(crate) contract: &'a Contract,
    pub(crate) artifact: &'a ContractArtifact,
    pub(crate) kind: Kind,
    /// If it gives away what it pays for.
    pub(crate) disclosing: Disclosing,
    /// What it does, in words that follow "This".
    pub(crate) purpose: String,
}

/// What a wallet records a transaction as.
pub(crate) enum Kind {
    /// Output 0 is the contract.
    Deployment,
    /// With the text of the proof's file.
    Claim {
        coin: OutPoint,
        proof: String,
    },
    Refund {
        coin: OutPoint,
    },
}

/// What became of it.
#[derive(Debug, Serialize)]
pub(crate) struct Sent {
    pub(crate) accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    txid: String,
    #[serde(flatten)]
    preview: Preview,
    network: KeyNetwork,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    beef_file: Option<PathBuf>,
    /// Where it stands, if it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<Pending>,
    /// What pays the same in its place, if it was changed on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    substitute: Option<Txid>,
    /// Who was asked to take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wallet: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.preview)?;
        writeln!(f, "transaction {}", self.txid)?;
        if let Some(file) = &self.file {
            write!(f, "  not sent; raw hex in {}", file.display())?;
        }
        if let Some(file) = &self.extended_file {
            write!(f, ", Extended Format in {}", file.display())?;
        }
        if let Some(file) = &self.beef_file {
            write!(f, ", BEEF in {}", file.display())?;
        }
        if let (Some(state), Some(wallet)) = (&self.state, &self.wallet) {
            let verb = if self.accepted { "sent, and taken" } else { "not taken" };
            writeln!(f, "  {verb}: {}", how_it_stands(state, self.pending.as_ref()))?;
            if let Some(substitute) = self.substitute {
                writeln!(f, "  {substitute} pays the same in its place")?;
            }
            write!(f, "  recorded in {}", wallet.display())?;
        }
        self.warning.map_or(Ok(()), |warning| write!(f, "\nWARNING: {warning}"))
    }
}

impl Destination {
    /// Checks all that can be checked before there is a transaction. Nothing is written or sent yet.
    pub(crate) fn open(args: &SendArgs, key: Option<KeyNetwork>) -> anyhow::Result<Self> {
        let config = Config::load(args.chain.config.as_deref())?;
        let Some(path) = &args.out else {
            let connected = connect::connect(&args.chain, &config, key, "--dry-run --out FILE, ")?;
            let chain = ChainDestination {
                wallet: config.wallet(connected.network, args.wallet.as_deref())?,
                settled: config.confirmations(),
                wait: args.wait,
                is_confirmed: args.yes,
                connected,
            };
            // A wallet of another network is refused before anything is asked, shown or recorded.
            chain.wallet()?;
            return Ok(Self::Chain(chain));
        };
        connect::check_networks(&args.chain, key)?;
        let existing = Existing::with_force(args.force);
        let paths: Vec<&Path> =
            [Some(path), args.ef.as_ref(), args.beef.as_ref()].into_iter().flatten().map(PathBuf::as_path).collect();
        files::check_distinct(&paths)?;
        paths.iter().try_for_each(|path| existing.check(path))?;
        let network = connect::network_of(&args.chain, key);
        let beef = match &args.beef {
            Some(path) => Some((path.clone(), connect::explorer(&args.chain, config.services(network), network)?)),
            None => None,
        };
        Ok(Self::File(FileDestination { raw: path.clone(), extended: args.ef.clone(), beef, existing, network }))
    }

    /// The network that the transaction is for.
    pub(crate) const fn network(&self) -> KeyNetwork {
        match self {
            Self::File(file) => file.network,
            Self::Chain(chain) => chain.connected.network,
        }
    }

    /// Writes the transaction down; or records it, hands it in, and hears what becomes of it.
    pub(crate) fn send(self, order: &Order<'_>, output: &Output) -> anyhow::Result<Sent> {
        let Signed { transaction, spent, .. } = order.signed;
        let network = self.network();
        let script = order.contract.locking_script().as_bytes();
        let sent = Sent {
            accepted: true,
            reason: None,
            txid: transaction.compute_txid().to_string(),
            preview: Preview::new(order.purpose.clone(), transaction, Some(spent), script, network),
            network,
            file: None,
            extended_file: None,
            beef_file: None,
            state: None,
            pending: None,
            substitute: None,
            destination: None,
            wallet: None,
            warning: (network == KeyNetwork::Mainnet).then_some(mainnet::WARNING),
        };
        match self {
            Self::File(file) => file.write(order, sent),
            Self::Chain(chain) => chain.send(order, sent, output),
        }
    }
}

impl FileDestination {
    fn write(self, order: &Order<'_>, mut sent: Sent) -> anyhow::Result<Sent> {
        let Signed { transaction, spent, .. } = order.signed;
        // Whatever needs an answer comes before the first file.
        let beef = match &self.beef {
            Some((path, explorer)) => Some((path, beef(explorer, transaction)?)),
            None => None,
        };
        // For the owner alone: what claims the coin of a sale shows the sale's key.
        if let Some(path) = &self.extended {
            let extended = ExtendedTransaction::new(transaction.clone(), spent.clone())?;
            files::write(path, (extended.to_hex() + "\n").as_bytes(), self.existing, Readers::Owner)?;
        }
        if let Some((path, beef)) = beef {
            files::write(path, (beef.to_hex() + "\n").as_bytes(), self.existing, Readers::Owner)?;
            sent.beef_file = Some(path.clone());
        }
        let text = tx_builder::encode_hex(transaction) + "\n";
        files::write(&self.raw, text.as_bytes(), self.existing, Readers::Owner)?;
        (sent.file, sent.extended_file) = (Some(self.raw), self.extended);
        Ok(sent)
    }
}

impl ChainDestination {
    /// Opens the wallet if there is one.
    pub(crate) fn wallet(&self) -> anyhow::Result<Option<Wallet>> {
        if self.wallet.exists() { Ok(Some(open_of(&self.wallet, self.connected.network)?)) } else { Ok(None) }
    }

    fn send(mut self, order: &Order<'_>, mut sent: Sent, output: &Output) -> anyhow::Result<Sent> {
        if self.connected.network == KeyNetwork::Mainnet {
            mainnet::confirm(&sent.preview, self.is_confirmed)?;
        }
        let wallet = open_or_create(&self.wallet, self.connected.network)?;
        let mut wallet = wallet.gated_by(order.disclosing.gate(self.settled));
        let txid = record(&mut wallet, order).advise(
            "nothing was sent; `provelock wallet list` shows what is recorded, `provelock wallet resume` goes on with it",
        )?;
        let report = follow(&mut wallet, &mut self.connected, self.settled, self.wait, output, |wallet, to, depth| {
            wallet.resume_one(to.chain.as_mut(), depth, txid)
        })?;
        let Progress { after, pending, .. } =
            report.of(txid).cloned().ok_or_else(|| anyhow!("the wallet says nothing of {txid}"))?;
        // What pays the same in its place is as good.
        let substitute = wallet.substitute_of(txid);
        sent.substitute = substitute.map(Recorded::txid);
        sent.accepted = is_taken(&after) || substitute.is_some_and(|substitute| is_taken(substitute.state()));
        if let (State::Sent, Some(Pending::Answer { error })) = (&after, &pending) {
            return Err(anyhow!("{error}"))
                .with_context(|| format!("it is not known whether {} has taken {txid}", self.connected.whose))
                .advise("it is recorded: `provelock wallet resume` finds out, and sends it again if need be");
        }
        sent.reason = (!sent.accepted).then(|| how_it_stands(&after, pending.as_ref()));
        (sent.state, sent.pending) = (Some(after), pending);
        (sent.destination, sent.wallet) = (Some(self.connected.whose), Some(self.wallet));
        Ok(sent)
    }
}

/// Opens a wallet, of whatever network.
pub(crate) fn open_wallet(path: &Path) -> anyhow::Result<Wallet> {
    let error = match Wallet::open(path) {
        Ok(wallet) => return Ok(wallet),
        Err(error) => error,
    };
    let advice = match &error {
        StoreError::InUse { .. } => "wait until the other command has ended; nothing was done",
        StoreError::Damaged { .. } => {
            "give a wallet's file with --wallet FILE; if this was one, bring back a copy of it"
        }
        StoreError::Io { .. } => "give a wallet's file that may be read and written with --wallet FILE",
        _ => "give another wallet's file with --wallet FILE",
    };
    Err(error).advise(advice)
}

/// Opens a wallet that must be of `network`.
pub(crate) fn open_of(path: &Path, network: KeyNetwork) -> anyhow::Result<Wallet> {
    let wallet = open_wallet(path)?;
    if wallet.network() == network.chain_name() {
        return Ok(wallet);
    }
    let found = KeyNetwork::of_chain(wallet.network()).map_or_else(|| wallet.network().to_owned(), |it| it.to_string());
    Err(anyhow!("{} is a wallet of {found}, not of {network}: nothing was recorded or sent", path.display()))
        .advise(format!("name a wallet of {network} with --wallet FILE, or leave that out"))
}

fn open_or_create(path: &Path, network: KeyNetwork) -> anyhow::Result<Wallet> {
    if path.exists() {
        return open_of(path, network);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the wallet's folder {}", folder.display()))
            .advise("name another file with --wallet FILE")?;
    }
    Ok(Wallet::create(path, network.chain_name())?)
}

/// Writes down what is about to be sent; nothing that is not in the wallet goes out.
fn record(wallet: &mut Wallet, order: &Order<'_>) -> Result<tx_builder::Txid, wallet::RecordError> {
    let (artifact, transaction) = (order.artifact, &order.signed.transaction);
    let lock = order.contract.locking_script();
    let contract = wallet.add_contract(&artifact.contract, lock, &artifact.to_json())?;
    let purpose = match &order.kind {
        Kind::Deployment => Purpose::Deployment { contract, vout: 0 },
        Kind::Claim { coin, proof } => {
            Purpose::Claim { contract, coin: *coin, proof: Some(wallet.add_proof(contract, proof)?) }
        }
        Kind::Refund { coin } => Purpose::Refund { contract, coin: *coin },
    };
    Ok(wallet.record(transaction, purpose)?.txid())
}

/// The deployment of a contract that a wallet knows.
pub(crate) fn deployment_in(wallet: &Wallet, contract: &Contract) -> Option<tx_builder::Transaction> {
    let script = contract.locking_script().as_bytes();
    let is_ours = |transaction: &tx_builder::Transaction, vout: u32| {
        let output = usize::try_from(vout).ok().and_then(|vout| transaction.output.get(vout));
        output.is_some_and(|output| output.script_pubkey.as_bytes() == script)
    };
    let found = wallet.transactions().into_iter().rev().find(|recorded| match recorded.purpose() {
        Purpose::Deployment { vout, .. } => {
            recorded.state().name().reserves_coins() && is_ours(recorded.transaction(), *vout)
        }
        _ => false,
    });
    found.map(|recorded| recorded.transaction().clone())
}
