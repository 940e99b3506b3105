//! Checks proofs on the script machine against arkworks' verifier: random keys, mixes of inputs and profiles; spends that
//! are valid and spends that are changed.
//!
//! `cargo run --release -p script-gen --example differential -- --count 10000`
//!
//! Progress goes to stderr, the summary to stdout. Exit code 1 if any verdicts disagree; the same seed gives the same cases.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::{process::ExitCode, time::Instant};

use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use common::differential::{Category, Outcome, batch};

/// Checks proofs on the script machine against arkworks' verifier.
#[derive(Parser)]
struct Args {
    /// Seed of the first batch of cases; the others follow it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Cases to check, at least: batches are checked whole.
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    /// How the summary is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Counts of one category.
#[derive(Debug, Serialize)]
struct Row {
    category: &'static str,
    cases: usize,
    arkworks_accepts: usize,
    script_accepts: usize,
    disagreements: usize,
}

impl Row {
    fn of<'a>(category: &'static str, outcomes: impl Iterator<Item = &'a Outcome>) -> Self {
        let mut row = Self { category, cases: 0, arkworks_accepts: 0, script_accepts: 0, disagreements: 0 };
        for outcome in outcomes {
            row.cases += 1;
            row.arkworks_accepts += usize::from(outcome.arkworks);
            row.script_accepts += usize::from(outcome.script);
            row.disagreements += usize::from(!outcome.agrees());
        }
        row
    }
}

/// The summary.
#[derive(Debug, Serialize)]
struct Report {
    format: &'static str,
    version: u32,
    seed: u64,
    batches: u64,
    seconds: f64,
    total: Row,
    categories: Vec<Row>,
}

impl Report {
    fn print(&self, format: Format) {
        match format {
            Format::Json => println!("{}", serde_json::to_string_pretty(self).expect("numbers and names serialize")),
            Format::Text => {
                println!(
                    "{:16} {:>8} {:>10} {:>10} {:>14}",
                    "category", "cases", "arkworks", "script", "disagreements"
                );
                for row in self.categories.iter().chain([&self.total]) {
                    let Row { category, cases, arkworks_accepts, script_accepts, disagreements } = row;
                    println!(
                        "{category:16} {cases:>8} {arkworks_accepts:>10} {script_accepts:>10} {disagreements:>14}"
                    );
                }
                println!("seed {}, {} keys, {:.1} s", self.seed, self.batches, self.seconds);
            }
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let start = Instant::now();
    let style = ProgressStyle::with_template("{elapsed_precise} {wide_bar} {pos}/{len} cases, {eta} left {msg}");
    let progress = ProgressBar::new(args.count as u64).with_style(style.expect("a valid template"));
    let mut outcomes = Vec::new();
    let mut batches = 0;
    while outcomes.len() < args.count {
        let seed = args.seed.wrapping_add(batches);
        for (case, outcome) in batch(seed).into_iter().enumerate() {
            if !outcome.agrees() {
                progress.suspend(|| eprintln!("disagreement at --seed {seed}, case {case}: {outcome:?}"));
            }
            outcomes.push(outcome);
        }
        batches += 1;
        progress.set_position(outcomes.len() as u64);
    }
    progress.finish_and_clear();
    let of = |category| outcomes.iter().filter(move |outcome: &&Outcome| outcome.category == category);
    let report = Report {
        format: "provelock-differential",
        version: 1,
        seed: args.seed,
        batches,
        seconds: start.elapsed().as_secs_f64(),
        total: Row::of("total", outcomes.iter()),
        categories: Category::ALL.into_iter().map(|category| Row::of(category.name(), of(category))).collect(),
    };
    report.print(args.format);
    if report.total.disagreements == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
