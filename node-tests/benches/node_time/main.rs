//! A real node's time to validate spends: the contracts' beside a plain P2PKH spend's, and the script machine's.
//!
//! `cargo bench -p node-tests --bench node_time [-- --format json]`; what is measured, and what not, is in
//! `docs/benchmarks.md`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints")]

mod node;
mod report;
#[path = "../subject/mod.rs"]
#[allow(dead_code, reason = "each benchmark uses its own part")]
mod subject;
mod took;

use chain_types::{FeeRate, LockingScript, Profile};
use node::{Nodes, Validation};
use node_tests::contract::lock_many;
use node_tests::scenario::scenarios;
use rand::rngs::OsRng;
use report::{Format, P2PKH, Report, Row};
use subject::{Subject, run_machine};
use took::{Took, timed};
use tx_builder::{Coin, Draft, SigningKey, Transaction};

/// Spends of each kind that are counted.
const RUNS: usize = 20;
/// Spends of each kind before those, to warm up; not counted.
const WARM_UP: usize = 1;
/// Rules of the node that is packaged.
const PROFILE: Profile = Profile::Genesis;

/// Coins of one kind with their spends.
struct Batch {
    name: String,
    spends: Vec<(Coin, Transaction)>,
}

impl Batch {
    /// Locks coins and prepares a spend for each.
    fn new(nodes: &mut Nodes, name: &str, script: &LockingScript, spend: impl Fn(Coin) -> Transaction) -> Self {
        let coins = lock_many(&mut nodes.miner, script, WARM_UP + RUNS);
        Self { name: name.to_owned(), spends: coins.into_iter().map(|coin| (coin.clone(), spend(coin))).collect() }
    }

    fn p2pkh(nodes: &mut Nodes) -> Self {
        let owner = SigningKey::random(&mut OsRng);
        let script = LockingScript::p2pkh(&owner.pubkey_hash().0);
        Self::new(nodes, P2PKH, &script, |coin| {
            let mut funded = Draft::new(FeeRate::DEFAULT, owner.pubkey_hash()).add_p2pkh(coin).fund();
            let funded = funded.as_mut().expect("the coin pays the fee");
            funded.sign_all(&owner).expect("the owner's own coin");
            funded.clone().finish().expect("signed")
        })
    }

    fn contract(nodes: &mut Nodes, subject: &Subject) -> Self {
        let contract = subject.contract(PROFILE);
        let supplies = subject.supplies(&contract);
        Self::new(nodes, subject.name, contract.locking_script(), |coin| subject.spend(&contract, &supplies, coin))
    }
}

/// One spend, everywhere.
struct Run {
    node: Validation,
    machine: Took,
}

fn run(nodes: &mut Nodes, coin: &Coin, transaction: &Transaction) -> Run {
    let node = nodes.validate(transaction);
    let (_, machine) = timed(std::process::id(), || run_machine(transaction, coin, PROFILE));
    Run { node, machine }
}

fn main() {
    let format = Format::from_args(std::env::args().skip(1)).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(2);
    });
    let mut nodes = Nodes::start();
    let mut batches = vec![Batch::p2pkh(&mut nodes)];
    for subject in &subject::all() {
        batches.push(Batch::contract(&mut nodes, subject));
    }
    for scenario in &scenarios() {
        let script = scenario.contract.locking_script();
        batches.push(Batch::new(&mut nodes, &scenario.name(), script, |coin| scenario.claim(&coin).transaction));
    }
    nodes.catch_up();

    let mut runs: Vec<Vec<Run>> = batches.iter().map(|_| Vec::new()).collect();
    // Kinds take turns, so that whatever else this computer does falls on all alike.
    for k in 0..WARM_UP + RUNS {
        for (batch, runs) in batches.iter().zip(&mut runs) {
            let (coin, transaction) = &batch.spends[k];
            runs.push(run(&mut nodes, coin, transaction));
        }
    }
    let rows = batches.iter().zip(&runs).map(|(batch, runs)| {
        let (coin, transaction) = &batch.spends[0];
        Row::new(&batch.name, transaction, coin, &run_machine(transaction, coin, PROFILE), &runs[WARM_UP..])
    });
    Report::new(nodes.version(), rows.collect()).print(format);
}
