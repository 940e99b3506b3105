//! The claim of a sale shows its key once it is sent: on a real node, when it is sent and when it is held back.

use crate::common::Workshop;
use crate::sale::{PROVE, sale};
use crate::sending::{coin_on, name_of, rpc};
use ledger::{Chain as _, TestChain as _};
use node_client::regtest::Node;
use serde_json::Value;
use tx_builder::{OutPoint, SigningKey, Txid};
use wallet::{Purpose, Wallet};

/// A sale that Alice, who is both sides here, has deployed and proved; the deployment waits.
struct Offer {
    shop: &'static Workshop,
    node: Node,
    alice: SigningKey,
    /// Begins the names of its files.
    name: &'static str,
}

impl Offer {
    /// With a refund from so many blocks after the deployment's on.
    fn new(name: &'static str, nonce: &str, locked_blocks: u32) -> Self {
        let shop = sale();
        let mut node = Node::start().unwrap_or_else(|error| panic!("{error}"));
        let alice = shop.signing_key("alice.key");
        coin_on(&mut node, shop, &alice, &format!("{name}-coin.hex"));
        let lock_time = node.info().unwrap().height + 1 + locked_blocks;
        let digest = shop.run("sale digest sale.json").yes()["ciphertext_digest"].as_str().unwrap().to_owned();
        shop.run(&format!(
            "contract build --contract model-sale --verifying-key sale-keys/hidden-sale-12.vk.json --public min_correct=0 \
             --public ciphertext_digest=0x{digest} --pay-to alice.key --refund-to alice.key \
             --refund-lock-time {lock_time} --nonce {nonce} --out {name}.json"
        ))
        .yes();
        shop.run(&format!("{PROVE} --nonce {nonce} --min-correct 0 --out {name}-proof.json")).yes();
        let deployed = shop
            .run(&format!(
                "contract deploy --contract {name}.json --amount 100000 --key alice.key --coin-tx {name}-coin.hex \
                 --coin-vout 0 --wallet {name}-buyer.wallet {}",
                rpc(&node)
            ))
            .yes();
        let shown =
            shop.run(&format!("wallet show {} --wallet {name}-buyer.wallet", deployed["txid"].as_str().unwrap()));
        std::fs::write(shop.path(&format!("{name}-deploy.hex")), shown.yes()["transaction"].as_str().unwrap()).unwrap();
        Self { shop, node, alice, name }
    }

    fn mine(&mut self, n_blocks: u32) {
        self.node.mine(n_blocks, self.alice.pubkey_hash()).unwrap();
    }

    fn spend(&self, rest: &str) -> String {
        let name = self.name;
        format!(
            "contract spend --contract {name}.json --deploy-tx {name}-deploy.hex --proof {name}-proof.json \
             --key alice.key {rest}"
        )
    }

    fn send(&self, rest: &str) -> crate::common::Run {
        self.shop.run(&self.spend(&format!("--wallet {}-seller.wallet {} {rest}", self.name, rpc(&self.node))))
    }

    fn knows(&self, txid: Txid) -> bool {
        self.node.status(txid).unwrap().is_some()
    }

    fn n_waiting(&self) -> usize {
        self.node.rpc().call::<Vec<String>>("getrawmempool", serde_json::json!([])).unwrap().len()
    }
}

#[test]
fn spend__sale_whose_coin_is_not_deep__is_held_back_until_it_is() {
    let mut offer = Offer::new("deep", "5e00000000000021", 30);
    offer.send("").no("is 0 blocks deep, expected 6");
    assert_eq!(offer.n_waiting(), 1, "the deployment alone");
    offer.mine(5);
    offer.send("").no("is 5 blocks deep, expected 6");
    assert!(!offer.shop.has("deep-seller.wallet") && offer.n_waiting() == 0);
    std::fs::write(offer.shop.path("deep.toml"), "format = \"provelock-config\"\nversion = 1\nconfirmations = 7\n")
        .unwrap();
    offer.mine(1);
    offer.send("--config deep.toml").no("is 6 blocks deep, expected 7");
    let sent = offer.send("").yes();
    assert_eq!((&sent["disclosure_warning"], name_of(&sent["state"])), (&Value::Null, "waiting"));
    // Known by now, it may be sent again, and followed, whatever is left.
    assert_eq!(offer.send("").yes()["txid"], sent["txid"]);
    let txid = sent["txid"].as_str().unwrap();
    // Another claim of the coin: it would be refused, and need not be shown for that.
    let other = offer.shop.run(&offer.spend("--fee-rate 200 --dry-run --out deep-other.hex")).yes();
    assert_ne!(other["txid"].as_str().unwrap(), txid);
    let rest = format!("--fee-rate 200 --wallet deep-2.wallet {}", rpc(&offer.node));
    offer.shop.run(&offer.spend(&rest)).no("is spent, or not under the contract");
}

#[test]
fn resume__recorded_claim_of_a_sale_whose_refund_is_near__is_held_back_until_the_user_insists() {
    // Seven blocks deep is five before the refund.
    let mut offer = Offer::new("near", "5e00000000000022", 11);
    let written = offer.shop.run(&offer.spend("--dry-run --out near-claim.hex")).yes();
    assert!(written["disclosure_warning"].as_str().unwrap().contains("whoever sees this transaction"), "{written}");
    let claim = offer.shop.transaction("near-claim.hex");
    let txid = claim.compute_txid();
    // Recorded, and then the process ended.
    let artifact = offer.shop.text("near.json");
    let (_, contract) = script_gen::ContractArtifact::parse(&artifact).unwrap();
    let mut wallet = Wallet::create(&offer.shop.path("near.wallet"), "regtest").unwrap();
    let id = wallet.add_contract("model-sale", contract.locking_script(), &artifact).unwrap();
    let coin = OutPoint::new(offer.shop.transaction("near-deploy.hex").compute_txid(), 0);
    wallet.record(&claim, Purpose::Claim { contract: id, coin, proof: None }).unwrap();
    drop(wallet);

    let resume = format!("wallet resume --wallet near.wallet {}", rpc(&offer.node));
    let held = |offer: &Offer, reason: &str| {
        let run = offer.shop.run(&resume);
        assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
        let answer: Value = serde_json::from_str(&run.stdout).unwrap();
        let progress = &answer["transactions"][0];
        let found = progress["pending"]["reason"].as_str().unwrap();
        assert!(found.contains(reason) && found.contains("--disclose-anyway"), "{found}");
        assert_eq!((&answer["accepted"], name_of(&progress["after"])), (&false.into(), "recorded"));
        assert!(!offer.knows(txid));
    };
    held(&offer, "is 0 blocks deep, expected 6");
    offer.mine(7);
    held(&offer, "5 blocks are left, expected 6");
    offer.send("").no("5 blocks are left, expected 6");
    let sent = offer.shop.run(&format!("{resume} --disclose-anyway")).yes();
    assert_eq!(name_of(&sent["transactions"][0]["after"]), "waiting");
    assert!(offer.knows(txid));
    // Known, it is followed without the flag.
    let followed = offer.shop.run(&resume).yes();
    assert_eq!(name_of(&followed["transactions"][0]["after"]), "waiting");
}
