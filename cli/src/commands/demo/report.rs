//! What the demo measured.

use super::attempts::{Kind, Outcome};
use super::scene::Facts;
use crate::values::millis;
use contracts::Signed;
use ledger::ChainInfo;
use script_gen::Cost;
use serde::Serialize;
use std::time::Duration;

/// What proof and check took.
pub(super) struct Proving {
    pub(super) prove_time: Duration,
    pub(super) verify_time: Duration,
}

/// How a scene went.
pub(super) struct Played {
    pub(super) variant: Option<&'static str>,
    /// The honest spend is mined and has paid whom it should.
    pub(super) accepted: bool,
    /// So has the refund of another coin after its lock time.
    pub(super) refunded_late_accepted: bool,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) facts: Facts,
    pub(super) constraints: usize,
    pub(super) setup_time: Duration,
    pub(super) proving: Proving,
    /// Of the locking script.
    pub(super) cost: Cost,
    pub(super) deploy: Signed,
    pub(super) spend: Signed,
    pub(super) refund: Signed,
}

/// The demo's result for programs.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    contract: &'static str,
    chain: String,
    node_version: Option<String>,
    total_ms: u64,
    /// The first scene.
    #[serde(flatten)]
    main: Scene,
    /// Further ways to use the same contract.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<Scene>,
}

/// One scene.
#[derive(Debug, Serialize)]
struct Scene {
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'static str>,
    accepted: bool,
    /// Whether any attempt at all was accepted.
    tampered_accepted: bool,
    stolen_accepted: bool,
    replay_accepted: bool,
    refunded_early_accepted: bool,
    refunded_late_accepted: bool,
    #[serde(flatten)]
    facts: Facts,
    constraints: usize,
    setup_ms: u64,
    prove_ms: u64,
    verify_ms: u64,
    locking_script_bytes: usize,
    unlocking_script_bytes: usize,
    script_bytes: usize,
    refund_script_bytes: usize,
    locking_opcodes: usize,
    fee_sats: u64,
    deploy_fee_sats: u64,
    refund_fee_sats: u64,
    deploy_txid: String,
    spend_txid: String,
    refund_txid: String,
    tampers: Vec<Outcome>,
}

impl Played {
    /// The honest spend and the late refund went through, and nothing else.
    pub(super) fn holds(&self) -> bool {
        self.accepted && self.refunded_late_accepted && !self.outcomes.iter().any(|outcome| outcome.accepted)
    }

    fn report(self) -> Scene {
        let any = |kind| self.outcomes.iter().any(|outcome| outcome.accepted && outcome.kind == kind);
        let txid = |signed: &Signed| signed.transaction.compute_txid().to_string();
        let (locking, unlocking) = (self.cost.bytes, unlocking_len(&self.spend));
        Scene {
            variant: self.variant,
            accepted: self.accepted,
            tampered_accepted: self.outcomes.iter().any(|outcome| outcome.accepted),
            stolen_accepted: any(Kind::Stolen),
            replay_accepted: any(Kind::Replayed),
            refunded_early_accepted: any(Kind::RefundedEarly),
            refunded_late_accepted: self.refunded_late_accepted,
            constraints: self.constraints,
            setup_ms: millis(self.setup_time),
            prove_ms: millis(self.proving.prove_time),
            verify_ms: millis(self.proving.verify_time),
            locking_script_bytes: locking,
            unlocking_script_bytes: unlocking,
            script_bytes: locking + unlocking,
            refund_script_bytes: unlocking_len(&self.refund),
            locking_opcodes: self.cost.opcodes,
            fee_sats: self.spend.fee.0,
            deploy_fee_sats: self.deploy.fee.0,
            refund_fee_sats: self.refund.fee.0,
            deploy_txid: txid(&self.deploy),
            spend_txid: txid(&self.spend),
            refund_txid: txid(&self.refund),
            facts: self.facts,
            tampers: self.outcomes,
        }
    }
}

/// Bytes of the script that unlocks a contract.
pub(super) fn unlocking_len(spend: &Signed) -> usize {
    spend.transaction.input.first().map_or(0, |input| input.script_sig.len())
}

impl Report {
    pub(super) fn new(
        contract: &'static str,
        chain: ChainInfo,
        total: Duration,
        main: Played,
        variants: Vec<Played>,
    ) -> Self {
        Self {
            contract,
            chain: chain.network,
            node_version: chain.version,
            total_ms: millis(total),
            main: main.report(),
            variants: variants.into_iter().map(Played::report).collect(),
        }
    }
}
