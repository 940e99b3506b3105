//! Rows of the forger's table: a check, a false statement, and what the script says with the check and without it.

use std::fmt;

use chain_types::LockingScript;
use script_gen::SpendData;
use script_vm::{Failure, FragmentMap, Machine, Metrics, NoSignatures, ScriptError};

use crate::black_box::Script;

/// What a script says of a spend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    /// The fragment, none at the script's end, and the reason.
    Refused(Option<String>, ScriptError),
}

impl Outcome {
    pub(crate) fn of(run: Result<Metrics, Box<Failure>>) -> Self {
        run.map_or_else(|failure| Self::Refused(failure.fragment, failure.reason), |_| Self::Accepted)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::Refused(None, ScriptError::EvalFalse) => f.write_str("refused: identity"),
            Self::Refused(None, reason) => write!(f, "refused: {reason}"),
            Self::Refused(Some(fragment), reason) => {
                let fragment = fragment.trim_start_matches("verifier/");
                // Which lengths depends on the layout.
                if matches!(reason, ScriptError::OperandLengths { .. }) {
                    write!(f, "refused: operands of unequal lengths (`{fragment}`)")
                } else {
                    write!(f, "refused: {reason} (`{fragment}`)")
                }
            }
        }
    }
}

/// A machine that names the script's fragments.
pub(crate) fn machine(script: &Script) -> (Machine, LockingScript) {
    let mut fragments = FragmentMap::default();
    for (range, path) in script.fragments() {
        fragments.add(range, path);
    }
    (Machine::policy().with_fragments(fragments), script.locking_script())
}

/// What a bare verifier's script says under a node's default policy.
pub(crate) fn judge(script: &Script, spend: &SpendData) -> Outcome {
    let (machine, locking) = machine(script);
    Outcome::of(machine.run(&spend.unlocking_script(), &locking, &NoSignatures))
}

/// What a missing check would mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// The one check taken out, a false statement passes.
    Needed,
    /// No false statement passes without this one alone, by proof; without this and another it does.
    NeededBeside,
    /// Only other unlocking scripts for true statements pass.
    Malleability,
    /// Another check refuses the same.
    Covered,
    /// No false statement is known to pass, and no proof that none does.
    Open,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Needed => "needed",
            Self::NeededBeside => "needed beside",
            Self::Malleability => "malleability",
            Self::Covered => "covered",
            Self::Open => "open",
        })
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Class of hint that the check is for.
    pub(crate) hint: &'static str,
    pub(crate) check: String,
    pub(crate) statement: &'static str,
    /// Other checks that are out both times.
    pub(crate) beside: String,
    pub(crate) with: Outcome,
    pub(crate) without: Outcome,
    pub(crate) standing: Standing,
}

impl Row {
    /// A row of a check that is needed: refused with it, accepted without.
    #[track_caller]
    pub(crate) fn needed(
        hint: &'static str,
        check: impl fmt::Display,
        statement: &'static str,
        [with, without]: [Outcome; 2],
    ) -> Self {
        let check = check.to_string();
        assert_ne!(with, Outcome::Accepted, "{check}: {statement}");
        assert_eq!(without, Outcome::Accepted, "{check}: {statement}");
        Self { hint, check, statement, beside: String::new(), with, without, standing: Standing::Needed }
    }

    #[must_use]
    pub(crate) fn standing(self, standing: Standing) -> Self {
        Self { standing, ..self }
    }

    #[must_use]
    pub(crate) fn beside(self, beside: impl fmt::Display) -> Self {
        Self { beside: beside.to_string(), standing: Standing::NeededBeside, ..self }
    }
}

/// Maps on all cores, in order.
pub(crate) fn in_parallel<T: Sync, U: Send>(items: &[T], f: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let chunk = items.len().div_ceil(n_threads).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            items.chunks(chunk).map(|part| scope.spawn(|| part.iter().map(&f).collect::<Vec<_>>())).collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}
