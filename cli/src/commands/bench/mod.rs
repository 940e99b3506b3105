//! `bench prove`: what proofs take on this machine.

mod measure;
mod rows;

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::BenchProveArgs;
use crate::output::Output;
use crate::values::{grouped, percent};
use anyhow::{Context as _, anyhow, bail};
use core::fmt;
use measure::Measured;
use rows::{ROWS, Row};
use serde::{Deserialize, Serialize};
use std::process::{Command, Stdio};

#[derive(Serialize, Deserialize)]
struct Answer {
    rows: Vec<Measured>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.name.len()).max().unwrap_or(0).max(7);
        write!(
            f,
            "{:<width$}  {:<31} {:>8} {:>11} {:>6} {:>10} {:>10} {:>10} {:>9} {:>8} {:>13} {:>9}",
            "circuit",
            "visibility",
            "accuracy",
            "constraints",
            "public",
            "setup ms",
            "witness ms",
            "prove ms",
            "verify ms",
            "RSS MiB",
            "key bytes",
            "load ms"
        )?;
        for row in &self.rows {
            let memory = row.peak_rss_mib.map_or_else(|| "?".to_owned(), |mib| format!("{mib:.0}"));
            write!(
                f,
                "\n{:<width$}  {:<31} {:>8} {:>11} {:>6} {:>10.0} {:>10.1} {:>10.1} {:>9.1} {:>8} {:>13} {:>9.1}",
                row.name,
                row.visibility,
                percent(row.accuracy),
                grouped(row.constraints),
                row.public_inputs,
                row.setup_ms,
                row.witness_ms,
                row.prove_ms,
                row.verify_ms,
                memory,
                grouped(row.proving_key_bytes),
                row.key_load_ms
            )?;
        }
        for row in self.rows.iter().filter(|row| row.inputs > 1) {
            let (n, constraints, ms) = (row.inputs, row.constraints_per_input, row.prove_ms_per_input);
            write!(
                f,
                "\n{}: {} inputs in one proof, each {constraints:.1} constraints, {ms:.2} ms",
                row.name,
                grouped(n)
            )?;
        }
        Ok(())
    }
}

pub(crate) fn run(args: &BenchProveArgs, output: &Output) -> anyhow::Result<Verdict> {
    let rows = match &args.only {
        Some(name) => vec![measure::row(find(name)?, output)?],
        None => {
            let wanted: Vec<_> = ROWS.iter().filter(|row| args.all || !row.is_large).collect();
            let stage = output.steps("measuring", wanted.len());
            let mut rows = Vec::with_capacity(wanted.len());
            for (done, row) in (1..).zip(wanted) {
                stage.step(row.name);
                rows.push(in_a_process_of_its_own(row)?);
                stage.done(done);
            }
            rows
        }
    };
    output.answer(&Answer { rows })?;
    Ok(Verdict::Yes)
}

fn find(name: &str) -> anyhow::Result<&'static Row> {
    let names = || ROWS.iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
    let row = ROWS.iter().find(|row| row.name == name);
    row.ok_or_else(|| anyhow!("there is no circuit {name} to measure")).advise(format_args!("name one of {}", names()))
}

/// A process keeps the peak of its memory: every row needs a new one.
fn in_a_process_of_its_own(row: &Row) -> anyhow::Result<Measured> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(program);
    command.args(["bench", "prove", "--only", row.name, "--format", "json"]);
    let result = command.stdin(Stdio::null()).output().context("cannot start this program again")?;
    if !result.status.success() {
        bail!(
            "measuring {} ended with {}: {}",
            row.name,
            result.status,
            String::from_utf8_lossy(&result.stderr).trim()
        );
    }
    let Answer { rows } = serde_json::from_slice(&result.stdout).context("the measurement is not readable")?;
    rows.into_iter().next().with_context(|| format!("measuring {} gave nothing", row.name))
}
