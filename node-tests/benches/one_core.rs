//! Processor time of everything done for a contract outside the node, on one core, beside arkworks on the same proof.
//!
//! `cargo bench -p node-tests --bench one_core`; what the numbers mean is in `docs/benchmarks.md`.

mod subject;

use std::{hint::black_box, time::Duration};

use chain_types::{Profile, Satoshis};
use criterion::{
    BenchmarkId, Criterion,
    measurement::{Measurement, ValueFormatter, WallTime},
};
use rayon::ThreadPoolBuilder;
use rustix::time::{ClockId, clock_gettime};
use subject::{Subject, run_machine};
use tx_builder::{Coin, OutPoint};

const PROFILES: [(&str, Profile); 2] = [("genesis", Profile::Genesis), ("chronicle", Profile::Chronicle)];

/// Time that the processor spends on this process, all threads together: what else the computer does does not count.
struct ProcessorTime;

impl Measurement for ProcessorTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        clock_gettime(ClockId::ProcessCPUTime).try_into().expect("time used is not negative")
    }

    fn end(&self, started: Duration) -> Duration {
        self.start() - started
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, time: &Duration) -> f64 {
        WallTime.to_f64(time)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        // Both are times.
        WallTime.formatter()
    }
}

fn measure(criterion: &mut Criterion<ProcessorTime>, subject: &Subject) {
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
    // Everything parallel in here is rayon's: with one worker, one core does it all.
    ThreadPoolBuilder::new().num_threads(1).build_global().expect("nothing has used the pool yet");
    let mut criterion = Criterion::default().sample_size(20).with_measurement(ProcessorTime).configure_from_args();
    for subject in &subject::all() {
        measure(&mut criterion, subject);
    }
    criterion.final_summary();
}
