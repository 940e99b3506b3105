//! How far a setup or a proof is.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A stage of a setup or a proof that has just begun, or has come further.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// What is being done, for people.
    pub stage: &'static str,
    /// Estimated share of the whole work that is done: 0 to 1, never falling.
    pub done: f64,
}

/// Adds up work from several threads.
pub(super) struct Meter<'a> {
    report: &'a (dyn Fn(Progress) + Sync),
    total: u64,
    done: AtomicU64,
}

impl<'a> Meter<'a> {
    /// `total` is the work of all stages, in the unit that [`Meter::add`] counts.
    pub(super) fn new(total: u64, report: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self { report, total: total.max(1), done: AtomicU64::new(0) }
    }

    /// Says that `stage` begins.
    pub(super) fn begin(&self, stage: &'static str) {
        self.add(stage, 0);
    }

    /// Says that `work` of `stage` is done.
    pub(super) fn add(&self, stage: &'static str, work: u64) {
        let done = self.done.fetch_add(work, Relaxed) + work;
        (self.report)(Progress { stage, done: (done as f64 / self.total as f64).min(1.0) });
    }
}
