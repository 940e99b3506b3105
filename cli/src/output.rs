//! Results on standard output; progress and errors on standard error.

use crate::advice::Advised;
use crate::args::Format;
use core::fmt::Display;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use prover::groth16::Progress;
use serde::Serialize;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::time::Duration;

/// How often a running stage is redrawn.
const TICK: Duration = Duration::from_millis(100);
/// Parts that a share of work is counted in.
const WHOLE: u64 = 1_000;

/// Where and how a command answers.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    shows_progress: bool,
}

/// A result with two faces: `Display` for people, `Serialize` for programs.
pub(crate) trait Answer: Display + Serialize {}
impl<T: Display + Serialize> Answer for T {}

impl Output {
    pub(crate) fn new(format: Format, quiet: bool) -> Self {
        let shows_progress = format == Format::Text && !quiet && io::stderr().is_terminal();
        Self { format, shows_progress }
    }

    /// Prints the one result of a command.
    pub(crate) fn answer(&self, answer: &impl Answer) -> anyhow::Result<()> {
        match self.format {
            Format::Text => self.text(answer),
            Format::Json => self.json(answer),
        }
    }

    /// Prints a line of a result that grows, for people only.
    pub(crate) fn text(&self, line: impl Display) -> anyhow::Result<()> {
        if self.format == Format::Text {
            writeln!(io::stdout().lock(), "{line}")?;
        }
        Ok(())
    }

    /// Prints the result for programs only: one JSON object.
    pub(crate) fn json(&self, object: &impl Serialize) -> anyhow::Result<()> {
        if self.format == Format::Json {
            let text = serde_json::to_string_pretty(object)?;
            writeln!(io::stdout().lock(), "{text}")?;
        }
        Ok(())
    }

    /// Shows that something runs; ends when dropped.
    pub(crate) fn stage(&self, what: &str) -> Stage {
        let bar = ProgressBar::with_draw_target(None, self.draw_target())
            .with_style(style("{spinner} {msg} ({elapsed})"))
            .with_message(what.to_owned());
        bar.enable_steady_tick(TICK);
        Stage { bar, what: what.to_owned() }
    }

    /// Shows how far something is that reports its progress, and how long it still takes; ends when dropped.
    pub(crate) fn work(&self, what: &str) -> Stage {
        let bar = ProgressBar::with_draw_target(Some(WHOLE), self.draw_target())
            .with_style(style("{spinner} {msg} {wide_bar} {percent} % ({elapsed}, about {eta} left)"))
            .with_message(what.to_owned());
        bar.enable_steady_tick(TICK);
        Stage { bar, what: what.to_owned() }
    }

    /// Shows how many of `n` steps are done; ends when dropped.
    pub(crate) fn steps(&self, what: &str, n: usize) -> Stage {
        let bar = ProgressBar::with_draw_target(u64::try_from(n).ok(), self.draw_target())
            .with_style(style("{spinner} {msg} {wide_bar} {human_pos}/{human_len} ({elapsed}, about {eta} left)"))
            .with_message(what.to_owned());
        bar.enable_steady_tick(TICK);
        Stage { bar, what: what.to_owned() }
    }

    fn draw_target(&self) -> ProgressDrawTarget {
        if self.shows_progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
    }

    /// Prints an error with its causes and the next step.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        let is_closed = |cause: &(dyn std::error::Error + 'static)| {
            cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
        };
        // A reader that has seen enough, such as `head`, needs no report.
        if error.chain().any(is_closed) {
            return;
        }
        let mut text = format!("error: {error}");
        for cause in error.chain().skip(1) {
            text.push_str(&format!("\n  because: {cause}"));
        }
        if let Some(advised) = error.downcast_ref::<Advised>() {
            text.push_str(&format!("\n  to go on: {}", advised.advice()));
        }
        // If standard error is closed too, there is nobody left to tell.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

/// Templates are constants of this file; one that did not parse would only look plainer.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// Something that runs.
#[derive(Debug)]
pub(crate) struct Stage {
    bar: ProgressBar,
    what: String,
}

impl Stage {
    /// So many steps are done.
    pub(crate) fn done(&self, n: u64) {
        self.bar.set_position(n);
    }

    /// Says which step runs.
    pub(crate) fn step(&self, name: &str) {
        self.bar.set_message(format!("{} {name}", self.what));
    }

    /// A setup or a proof has come this far.
    pub(crate) fn at(&self, progress: Progress) {
        self.bar.set_message(format!("{}: {}", self.what, progress.stage));
        // A share of 0 to 1.
        self.bar.set_position((progress.done * WHOLE as f64) as u64);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
