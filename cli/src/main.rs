//! The command line: every step from a network to a spent coin, with files between the steps, and the whole story
//! in one command.
//!
//! Exit codes: 0 yes, 1 the verdict is no, 2 the question could not be answered.

mod advice;
mod args;
mod bundled;
mod chain;
mod commands;
mod config;
mod digit;
mod env_vars;
mod evaluation;
mod files;
mod foreign;
mod image_file;
mod inputs;
mod keys;
mod mainnet;
mod network_picture;
mod output;
mod payment;
mod payouts;
mod proving;
mod public;
mod readout;
mod sale_key;
mod sample;
mod script_map;
mod secret;
mod svg;
mod values;
mod wanted;

use clap::Parser as _;
use std::process::ExitCode;

/// The answer of a command that could be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Yes,
    No,
}

impl Verdict {
    fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Yes => Self::SUCCESS,
            Verdict::No => Self::from(1),
        }
    }
}

fn main() -> ExitCode {
    let args = args::Args::parse();
    let output = output::Output::new(args.format, args.quiet);
    match commands::run(args.command, &output) {
        Ok(verdict) => verdict.into(),
        Err(error) => {
            output.error(&error);
            ExitCode::from(2)
        }
    }
}
