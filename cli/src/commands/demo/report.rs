//! What the demo measured.

use super::attempts::{Kind, Outcome};
use crate::evaluation::Evaluation;
use crate::payment::Signed;
use crate::values::millis;
use ledger::ChainInfo;
use prover::Image;
use script_gen::ProofContract;
use serde::Serialize;
use statement::Class;
use std::time::Duration;
use tx_builder::Txid;

/// The network and the image that is hidden.
pub(super) struct Network {
    pub(super) model: String,
    pub(super) evaluation: Evaluation,
    pub(super) index: usize,
    pub(super) image: Image,
    /// What MNIST says it is.
    pub(super) label: Class,
    /// What the network says it is.
    pub(super) class: Class,
}

/// What proof and check took.
pub(super) struct Proving {
    pub(super) prove_time: Duration,
    pub(super) verify_time: Duration,
}

/// How large the circuit is, and what took how long.
pub(super) struct Timings {
    pub(super) constraints: usize,
    pub(super) setup_time: Duration,
    pub(super) proving: Proving,
}

/// What the chain decided.
pub(super) struct Verdict {
    pub(super) accepted: bool,
    pub(super) tampers: Vec<Outcome>,
    pub(super) chain: ChainInfo,
}

/// The demo's result for programs.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) class: u8,
    pub(super) accepted: bool,
    pub(super) tampered_accepted: bool,
    pub(super) stolen_accepted: bool,
    pub(super) replay_accepted: bool,
    model: String,
    model_accuracy: Option<f64>,
    model_correct: usize,
    model_images: usize,
    image_index: usize,
    label: u8,
    constraints: usize,
    setup_ms: u64,
    prove_ms: u64,
    verify_ms: u64,
    pub(super) locking_script_bytes: usize,
    pub(super) unlocking_script_bytes: usize,
    pub(super) locking_opcodes: usize,
    pub(super) fee_sats: u64,
    deploy_fee_sats: u64,
    chain: String,
    node_version: Option<String>,
    deploy_txid: String,
    pub(super) spend_txid: String,
    pub(super) tampers: Vec<Outcome>,
}

impl Report {
    pub(super) fn new(
        network: &Network,
        timings: &Timings,
        contract: &ProofContract,
        deploy: &Signed,
        spend: &Signed,
        verdict: Verdict,
    ) -> Self {
        let Timings { constraints, setup_time, proving } = timings;
        let Verdict { accepted, tampers, chain } = verdict;
        let any = |kind| tampers.iter().any(|outcome| outcome.accepted && outcome.kind == kind);
        let txid = |signed: &Signed| -> Txid { signed.transaction.compute_txid() };
        Self {
            class: network.class.index(),
            accepted,
            tampered_accepted: tampers.iter().any(|outcome| outcome.accepted),
            stolen_accepted: any(Kind::Stolen),
            replay_accepted: any(Kind::Replayed),
            model: network.model.clone(),
            model_accuracy: network.evaluation.accuracy(),
            model_correct: network.evaluation.correct(),
            model_images: network.evaluation.images(),
            image_index: network.index,
            label: network.label.index(),
            constraints: *constraints,
            setup_ms: millis(*setup_time),
            prove_ms: millis(proving.prove_time),
            verify_ms: millis(proving.verify_time),
            locking_script_bytes: contract.locking_script().len(),
            unlocking_script_bytes: spend.transaction.input.first().map_or(0, |input| input.script_sig.len()),
            locking_opcodes: contract.cost().total.opcodes,
            fee_sats: spend.fee.0,
            deploy_fee_sats: deploy.fee.0,
            chain: chain.network,
            node_version: chain.version,
            deploy_txid: txid(deploy).to_string(),
            spend_txid: txid(spend).to_string(),
            tampers,
        }
    }

    /// The honest spend went through, and nothing else.
    pub(super) fn holds(&self) -> bool {
        self.accepted && !self.tampered_accepted
    }
}
