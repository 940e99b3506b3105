//! The table, and the same as JSON.

use std::time::Duration;

use script_vm::Metrics;
use serde::Serialize;
use tx_builder::{Coin, Transaction};

use crate::{RUNS, Run, took::Took};

/// The node's default limits on a relayed transaction's validation, in milliseconds of processor time: for inputs of
/// standard form, and for all others (node v1.2.2, `src/txn_validation_config.h`).
const STANDARD_LIMIT_MS: f64 = 3.0;
const OTHER_LIMIT_MS: f64 = 1_000.0;
/// The one kind of spend here whose input is of standard form.
pub(crate) const P2PKH: &str = "p2pkh";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
}

impl Format {
    /// `--format text|json`; cargo adds `--bench`.
    pub(crate) fn from_args(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let args: Vec<String> = args.filter(|arg| arg != "--bench").collect();
        match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] | ["--format", "text"] => Ok(Self::Text),
            ["--format", "json"] => Ok(Self::Json),
            _ => Err(format!("usage: node_time [--format text|json], got {args:?}")),
        }
    }
}

/// Milliseconds of all runs.
#[derive(Serialize)]
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(times: impl Iterator<Item = Duration>) -> Self {
        let mut times: Vec<_> = times.collect();
        times.sort_unstable();
        let middle = times.len() / 2;
        // Whole microseconds: the clocks promise no more.
        let ms = |time: Duration| time.as_micros() as f64 / 1e3;
        let median = ms((times[middle - 1] + times[middle]) / 2);
        Self { median, least: ms(times[0]), most: ms(times[times.len() - 1]) }
    }
}

/// One thing measured, on both clocks.
#[derive(Serialize)]
struct Times {
    cpu_ms: Spread,
    wall_ms: Spread,
}

impl Times {
    fn of(runs: &[Run], which: impl Fn(&Run) -> Took) -> Self {
        let took = || runs.iter().map(&which);
        Self { cpu_ms: Spread::of(took().map(|took| took.cpu)), wall_ms: Spread::of(took().map(|took| took.wall)) }
    }
}

/// One kind of spend.
#[derive(Serialize)]
pub(crate) struct Row {
    name: String,
    locking_bytes: usize,
    unlocking_bytes: usize,
    /// Instructions that the script machine executed, pushes included, and those that are no pushes.
    opcodes_run: u64,
    opcodes_run_without_pushes: u64,
    node_script: Times,
    node_mempool: Times,
    node_block: Times,
    machine: Times,
}

impl Row {
    pub(crate) fn new(name: &str, transaction: &Transaction, coin: &Coin, metrics: &Metrics, runs: &[Run]) -> Self {
        assert_eq!(runs.len(), RUNS, "{name}");
        Self {
            name: name.to_owned(),
            locking_bytes: coin.locking_script.len(),
            unlocking_bytes: transaction.input[0].script_sig.len(),
            opcodes_run: metrics.instructions,
            opcodes_run_without_pushes: metrics.operations(),
            node_script: Times::of(runs, |run| run.node.script),
            node_mempool: Times::of(runs, |run| run.node.mempool),
            node_block: Times::of(runs, |run| run.node.block),
            machine: Times::of(runs, |run| run.machine),
        }
    }

    fn limit_ms(&self) -> f64 {
        if self.name == P2PKH { STANDARD_LIMIT_MS } else { OTHER_LIMIT_MS }
    }
}

/// What is measured by one run of the program.
#[derive(Serialize)]
pub(crate) struct Report {
    format: &'static str,
    version: u32,
    node: String,
    runs: usize,
    standard_limit_ms: f64,
    other_limit_ms: f64,
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(node: String, rows: Vec<Row>) -> Self {
        Self {
            format: "provelock node times",
            version: 1,
            node,
            runs: RUNS,
            standard_limit_ms: STANDARD_LIMIT_MS,
            other_limit_ms: OTHER_LIMIT_MS,
            rows,
        }
    }

    pub(crate) fn print(&self, format: Format) {
        match format {
            Format::Json => println!("{}", serde_json::to_string_pretty(self).expect("numbers and names")),
            Format::Text => self.print_table(),
        }
    }

    fn print_table(&self) {
        println!("Node {}; medians of {} spends, ms of processor time (ms on the wall)", self.node, self.runs);
        let columns = ["node: script once", "node: mempool", "node: block", "script machine"];
        let columns = columns.map(|name| format!("{name:>18}")).join("");
        println!("{:<48}{:>9}{:>11}{:>9}{columns}", "spend", "locking", "unlocking", "opcodes");
        for row in &self.rows {
            let times = [&row.node_script, &row.node_mempool, &row.node_block, &row.machine];
            let times = times.map(|t| format!("{:>9.2} ({:>6.2})", t.cpu_ms.median, t.wall_ms.median)).join("");
            println!(
                "{:<48}{:>9}{:>11}{:>9}{times}",
                row.name, row.locking_bytes, row.unlocking_bytes, row.opcodes_run
            );
        }
        println!(
            "By default the mempool grants a spend {OTHER_LIMIT_MS} ms of processor time, {STANDARD_LIMIT_MS} ms if its \
             input is of standard form."
        );
        for (row, limit) in self.rows.iter().map(|row| (row, row.limit_ms())) {
            println!(
                "{:<48}takes {:>5.2} % of its {limit} ms",
                row.name,
                100.0 * row.node_mempool.cpu_ms.median / limit
            );
        }
    }
}
