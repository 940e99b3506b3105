//! Times of everything done for a contract outside the node, on one core, beside arkworks on the same proof.
//!
//! `cargo bench -p node-tests --bench one_core`; what the numbers mean is in `docs/benchmarks.md`.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic, as tests do")]

mod subject;

use std::hint::black_box;

use chain_types::{Profile, Satoshis};
use criterion::{BenchmarkId, Criterion};
use rayon::ThreadPoolBuilder;
use subject::{Subject, run_machine};
use tx_builder::{Coin, OutPoint};

const PROFILES: [(&str, Profile); 2] = [("genesis", Profile::Genesis), ("chronicle", Profile::Chronicle)];

fn measure(criterion: &mut Criterion, subject: &Subject) {
    let mut group = criterion.benchmark_group(subject.name);
    for (name, profile) in PROFILES {
        let contract = subject.contract(profile);
        let supplies = subject.supplies(&contract);
        let locking_script = contract.locking_script().clone();
        let coin = Coin { outpoint: OutPoint::default(), value: Satoshis(100_000), locking_script };
        let transaction = subject.spend(&contract, &supplies, coin.clone());
        group.bench_function(BenchmarkId::new("build", name), |b| b.iter(|| black_box(subject.contract(profile))));
        group.bench_function(BenchmarkId::new("hints", name), |b| b.iter(|| black_box(subject.supplies(&contract))));
        group.bench_function(BenchmarkId::new("machine", name), |b| {
            b.iter(|| black_box(run_machine(&transaction, &coin, profile)));
        });
    }
    assert!(subject.verify(), "an honest proof");
    group.bench_function("arkworks verify", |b| b.iter(|| black_box(subject.verify())));
    group.bench_function("arkworks prove", |b| b.iter(|| black_box(subject.prove())));
    group.finish();
}

fn main() {
    // Everything parallel in here is rayon's: with one worker, one core is all that is used.
    ThreadPoolBuilder::new().num_threads(1).build_global().expect("nothing has used the pool yet");
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    for subject in &subject::all() {
        measure(&mut criterion, subject);
    }
    criterion.final_summary();
}
