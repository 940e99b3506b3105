//! `contract spend`: a proof opens a contract.

use super::coin::locked;
use super::lock_time::{Clock, warn};
use super::pay_to::{refuse_to, spender};
use super::read_contract;
use super::refused::{Refused, or_refused};
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::SpendArgs;
use crate::chain::{DISCLOSURE_ADVICE, Destination, Disclosing, Kind, Order, Sent};
use crate::output::Output;
use crate::values::grouped;
use crate::wanted::other_value;
use crate::{files, keys, public};
use anyhow::{Context as _, anyhow};
use contracts::{DisclosureError, Evidence, Locked, Signed, SignedCommitment, SpendError, Spender, Way, discloses};
use core::fmt;
use prover::groth16::{NamedValue, ProofDocument};
use script_gen::{Contract, HintError};
use serde::Serialize;
use statement::PubkeyHash;
use wallet::keys::StoredKey;

/// Far above any proof's file: each of its public inputs takes a line.
const MAX_PROOF_LEN: u64 = 16 << 20;
/// Far above any attestation.
const MAX_ATTESTATION_LEN: u64 = 10_000;

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    sent: Sent,
    locking_script_bytes: usize,
    unlocking_script_bytes: usize,
    /// What may come before this spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_warning: Option<String>,
    /// What the file that was written gives away.
    #[serde(skip_serializing_if = "Option::is_none")]
    disclosure_warning: Option<&'static str>,
}

/// Of a claim in a file, which somebody else will send.
const SHOWS: &str = "whoever sees this transaction has what it pays for, mined or not: send it only when the deployment is deep in \
                     the chain, its coin unspent, and the refund's lock time far off";

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lock, unlock) = (self.locking_script_bytes, self.unlocking_script_bytes);
        writeln!(f, "The proof opens the contract: the script ran to its end here, under a node's limits.")?;
        writeln!(f, "  locking {} + unlocking {} bytes of script", grouped(lock), grouped(unlock))?;
        self.sent.fmt(f)
    }
}

pub(crate) fn run(args: &SpendArgs, output: &Output) -> anyhow::Result<Verdict> {
    let (artifact, contract) = read_contract(&args.coin.place.contract.file)?;
    let key = args.key.as_deref().map(|path| keys::read(path, &args.passphrase)).transpose()?;
    let text = files::read_text(&args.proof, MAX_PROOF_LEN)?;
    let document = ProofDocument::read(&args.proof).advise("use the file that `provelock prove` wrote, unchanged")?;
    let attested = args.attestation.as_deref().map(read_attestation).transpose()?;
    let destination = Destination::open(&args.send, key.as_ref().map(StoredKey::network))?;
    let locked = locked(&args.coin, &contract, &destination)?;
    if locked.way() == Way::Settlement {
        refuse_to(&args.to)?;
    }
    let spender = key.as_ref().map(|key| spender(&args.to, key, destination.network())).transpose()?;
    let spend = Spend { locked, spender, attested };

    if let Some(reason) = spend.other_inputs(&document) {
        return Refused::answer(reason, output);
    }
    let values: Vec<_> = document.public_inputs().iter().map(|NamedValue { value, .. }| *value).collect();
    let evidence = match Evidence::new(&contract, document.proof().inner(), &values) {
        Ok(evidence) => evidence,
        Err(error @ HintError::ProofInvalid) => {
            return Refused::answer(format!("{error}: it was made with another proving key, or changed"), output);
        }
        Err(error) => return Err(error.into()),
    };
    let signed = match or_refused(spend.sign(&evidence, args)?)? {
        Ok(signed) => signed,
        Err(reason) => return Refused::answer(reason, output),
    };
    let coin = spend.locked.coin().outpoint;
    let disclosing = Disclosing::with_flag(args.disclose_anyway);
    if let Destination::Chain(chain) = &destination {
        let claim = signed.transaction.compute_txid();
        let asked = chain.connected.chain.as_ref();
        match disclosing.check((&contract, coin), claim, chain.settled, asked) {
            Ok(()) => {}
            Err(error @ DisclosureError::Chain(_)) => return Err(error).advise(DISCLOSURE_ADVICE),
            Err(error) => return Refused::answer(format!("{error}; {DISCLOSURE_ADVICE}"), output),
        }
    }
    let is_shown = matches!(destination, Destination::File(_)) && discloses(&contract);
    let disclosure_warning = is_shown.then_some(SHOWS);
    warn(disclosure_warning)?;
    let order = Order {
        signed: &signed,
        contract: &contract,
        artifact: &artifact,
        kind: Kind::Claim { coin, proof: text },
        disclosing,
        purpose: format!("unlocks coin {coin} of a contract ({})", artifact.contract),
    };
    let unlocking_script_bytes = signed.transaction.input.first().map_or(0, |input| input.script_sig.len());
    let clock = Clock::of(&destination);
    let refund_warning = clock.and_then(|clock| clock.check_claim(contract.terms().refund.lock_time));
    warn(refund_warning.as_deref())?;
    let sent = destination.send(&order, output)?;
    let locking_script_bytes = contract.locking_script().len();
    let answer = Answer { sent, locking_script_bytes, unlocking_script_bytes, refund_warning, disclosure_warning };
    output.answer(&answer)?;
    Ok(Verdict::of(answer.sent.accepted))
}

fn read_attestation(path: &std::path::Path) -> anyhow::Result<SignedCommitment> {
    SignedCommitment::from_json(&files::read_text(path, MAX_ATTESTATION_LEN)?)
        .with_context(|| format!("{} is not a usable attestation", path.display()))
        .advise("give the file that `provelock contract attest` wrote, unchanged")
}

/// Who spends what, with whose word.
struct Spend<'a> {
    locked: Locked<'a>,
    /// With the key that the proof is for.
    spender: Option<Spender<'a>>,
    attested: Option<SignedCommitment>,
}

impl Spend<'_> {
    /// The spend in the way in which the contract pays; the outer error is about the arguments.
    fn sign(&self, evidence: &Evidence, args: &SpendArgs) -> anyhow::Result<Result<Signed, SpendError>> {
        let (way, fee_rate) = (self.locked.way(), args.fee.rate());
        match (way, self.spender, &self.attested) {
            (Way::Claim, Some(spender), None) => Ok(self.locked.claim(spender, evidence, fee_rate)),
            (Way::AttestedClaim, Some(spender), Some(attested)) => {
                Ok(self.locked.claim_attested(spender, evidence, attested, fee_rate))
            }
            (Way::Settlement, None, None) => Ok(self.locked.settle(evidence, fee_rate)),
            (Way::Claim | Way::AttestedClaim, None, _) => Err(anyhow!("this contract pays a prover, who is not given"))
                .advise("add --key FILE with the key that the proof was made for"),
            (Way::AttestedClaim, Some(_), None) => {
                Err(anyhow!("this contract wants the word of its signer, which is not given"))
                    .advise("add --attestation FILE, which the signer makes with `provelock contract attest`")
            }
            (Way::Settlement, Some(_), _) => {
                Err(anyhow!("this contract pays by class, whoever brings the proof: it takes no key"))
                    .advise("leave --key out")
            }
            (Way::Claim | Way::Settlement | Way::Refund, _, Some(_)) => {
                Err(anyhow!("this contract has no signer")).advise("leave --attestation out")
            }
            (Way::Refund, ..) => Err(anyhow!("this contract takes no proof")).advise("use `provelock contract refund`"),
        }
    }

    /// Why a proof of these public inputs cannot open the contract for this key.
    fn other_inputs(&self, proof: &ProofDocument) -> Option<String> {
        let contract: &Contract = self.locked.contract();
        let differs = |what: &str, found: String, expected: String, advice: &str| {
            (found != expected).then(|| format!("the proof is about {what} {found}, this needs {expected}; {advice}"))
        };
        let said = public::by_name(&public::of_proof(proof.public_inputs()).ok()?);
        let found = proof.binding();
        // By class, nobody is named.
        let recipient = self.spender.map_or(PubkeyHash([0; 20]), |spender| spender.key.pubkey_hash());
        let needed = contract.binding(recipient);
        let nonce = (hex::encode(found.nonce.0), hex::encode(needed.nonce.0));
        let key = (hex::encode(found.recipient.0), hex::encode(needed.recipient.0));
        let is_known = self.spender.is_some() || self.locked.way() == Way::Settlement;
        let for_whom = match self.locked.way() {
            Way::Settlement => {
                "what pays by class takes proofs for nobody: prove again with --contract FILE and no --key"
            }
            _ => "use the key it was made for, or prove again with --contract FILE and this --key",
        };
        other_value(contract, &said)
            .map(|other| other.to_string())
            .or_else(|| {
                differs("contract nonce", nonce.0, nonce.1, "prove again with --contract FILE of this contract")
            })
            .or_else(|| if is_known { differs("key hash", key.0, key.1, for_whom) } else { None })
    }
}
