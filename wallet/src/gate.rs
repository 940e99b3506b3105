//! Who may hold a transaction back.

use ledger::Chain;

use crate::{Contract, Recorded};

/// Is asked before a transaction is sent that no chain is known to have had. The wallet reads no contract: that sending a
/// claim may give something away is known to whoever reads them.
pub trait Gate: Send {
    /// Why `recorded` is not to be sent now; none if it may be. `contract` is the one it is about.
    fn hold(&self, recorded: &Recorded, contract: Option<&Contract>, chain: &dyn Chain) -> Option<String> {
        let _ = (recorded, contract, chain);
        None
    }
}

/// Lets everything pass.
impl Gate for () {}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    };

    use chain_types::{FeeRate, LockingScript};
    use ledger::{EmbeddedLedger, TestChain as _, mature_coin};
    use rand::{SeedableRng as _, rngs::StdRng};
    use tx_builder::{Draft, SigningKey, Transaction};

    use super::*;
    use crate::{ContractId, Depth, Pending, Purpose, State, Wallet};

    /// Closed or open, and how often it was asked.
    #[derive(Clone, Default)]
    struct Door {
        is_open: Arc<AtomicBool>,
        asked: Arc<AtomicU32>,
    }

    impl Gate for Door {
        fn hold(&self, recorded: &Recorded, contract: Option<&Contract>, chain: &dyn Chain) -> Option<String> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            assert_eq!(contract.map(|contract| contract.name.as_str()), Some("sale"));
            assert_eq!(chain.status(recorded.txid()).expect("a ledger answers"), None);
            (!self.is_open.load(Ordering::Relaxed)).then(|| "closed".to_owned())
        }
    }

    struct Scene {
        chain: EmbeddedLedger,
        wallet: Wallet,
        door: Door,
        claim: Transaction,
        contract: ContractId,
        owner: SigningKey,
        _folder: tempfile::TempDir,
    }

    /// A wallet behind a closed door, with a claim that is recorded.
    fn scene() -> Scene {
        let owner = SigningKey::random(&mut StdRng::seed_from_u64(1));
        let mut chain = EmbeddedLedger::new(FeeRate::DEFAULT);
        let coin = mature_coin(&mut chain, owner.pubkey_hash()).expect("a ledger mines");
        let at = coin.outpoint;
        let mut funded = Draft::new(FeeRate::DEFAULT, owner.pubkey_hash()).add_p2pkh(coin).fund().expect("enough");
        funded.sign_all(&owner).expect("own coin");
        let claim = funded.finish().expect("signed");
        let folder = tempfile::tempdir().expect("a folder");
        let door = Door::default();
        let wallet = Wallet::create(&folder.path().join("wallet"), "embedded").expect("a new file");
        let mut wallet = wallet.gated_by(door.clone());
        let contract = wallet.add_contract("sale", &LockingScript::p2pkh(&[7; 20]), "text").expect("a first contract");
        wallet.record(&claim, Purpose::Claim { contract, coin: at, proof: None }).expect("a free coin");
        Scene { chain, wallet, door, claim, contract, owner, _folder: folder }
    }

    impl Scene {
        fn resume(&mut self) -> (State, Option<Pending>) {
            let report = self.wallet.resume(&mut self.chain, Depth::DEFAULT).expect("a ledger answers");
            let progress = report.of(self.claim.compute_txid()).expect("it is followed").clone();
            (progress.after, progress.pending)
        }

        fn is_known(&self) -> bool {
            self.chain.status(self.claim.compute_txid()).expect("a ledger answers").is_some()
        }
    }

    fn held() -> Option<Pending> {
        Some(Pending::Held { reason: "closed".to_owned() })
    }

    #[test]
    fn resume__closed_gate__sends_nothing_until_it_opens() {
        let mut scene = scene();
        assert_eq!(scene.resume(), (State::Recorded, held()));
        assert!(!scene.is_known());
        scene.door.is_open.store(true, Ordering::Relaxed);
        let (state, pending) = scene.resume();
        assert!(matches!(state, State::Waiting { .. }) && scene.is_known(), "{pending:?}");
    }

    #[test]
    fn resume__sent_and_never_seen__asks_the_gate_and_what_was_seen_does_not() {
        let mut scene = scene();
        let txid = scene.claim.compute_txid();
        scene.wallet.journal(txid, State::Sent).expect("written");
        assert_eq!(scene.resume(), (State::Sent, held()), "the process may have ended before it was sent");
        assert!(!scene.is_known());
        scene.door.is_open.store(true, Ordering::Relaxed);
        scene.resume();
        assert!(scene.is_known());
        // Seen once, it is out: a closed gate would only keep it from being mined.
        scene.door.is_open.store(false, Ordering::Relaxed);
        let asked = scene.door.asked.load(Ordering::Relaxed);
        assert_eq!(asked, 2);
        scene.chain.mine(6, scene.owner.pubkey_hash()).expect("a ledger mines");
        assert!(matches!(scene.resume(), (State::Settled { .. }, None)));
        assert_eq!(scene.door.asked.load(Ordering::Relaxed), asked);
        assert!(scene.wallet.contract(scene.contract).is_some());
    }
}
