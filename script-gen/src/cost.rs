//! Where a script's bytes go: static counts, by fragment.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{compiled::Compiled, ir::schedule::Instr};

/// Bytes and opcodes of a stretch of script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Bytes, data included.
    pub bytes: usize,
    /// Instructions: opcodes and data pushes. None runs twice; a contract's branch that is not taken is skipped.
    pub opcodes: usize,
    /// Data pushes among them, small numbers included.
    pub pushes: usize,
}

impl Cost {
    fn add(&mut self, instr: &Instr) {
        self.bytes += instr.to_bytes().len();
        self.opcodes += 1;
        self.pushes += usize::from(matches!(instr, Instr::Push(_)));
    }
}

/// The static cost of a locking script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScriptCost {
    /// The whole script.
    pub total: Cost,
    /// Bound on the widest number it computes, in bytes.
    pub widest_number: u64,
    /// Cost by fragment path.
    pub fragments: BTreeMap<String, Cost>,
}

impl ScriptCost {
    pub(crate) fn of(compiled: &Compiled) -> Self {
        let mut cost =
            Self { total: Cost::default(), widest_number: compiled.widest_number(), fragments: BTreeMap::new() };
        for (path, run) in compiled.runs() {
            let of_fragment = cost.fragments.entry(path.to_owned()).or_default();
            for instr in run {
                cost.total.add(instr);
                of_fragment.add(instr);
            }
        }
        cost
    }
}
